"""LSTM whose weights are drawn once a sequence."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from course.distributions.resolve import get_posterior, get_prior
from course.errors import ShapeError
from course.layers.defaults import BIAS_POSTERIOR, KERNEL_POSTERIOR, KERNEL_PRIOR
from course.layers.lstm_sequence import Activation, lstm_sequence
from course.layers.variational_layer import VariationalLayer
from course.layers.variational_weight import VariationalWeight
from course.validation import positive_int


def lstm_reparameterization(
    x: tf.Tensor,
    mean: tuple[tf.Tensor, tf.Tensor],
    std: tuple[tf.Tensor, tf.Tensor],
    eps: tuple[tf.Tensor, tf.Tensor],
    bias: tf.Tensor | None = None,
    mask: tf.Tensor | None = None,
    activation: Activation = tf.tanh,
    recurrent_activation: Activation = tf.sigmoid,
    initial_state: tuple[tf.Tensor, tf.Tensor] | None = None,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Hidden and cell states with ``kernel = mean + std·eps``, the same at every step.

    Args:
        x: shape (batch, time, features).
        mean: of the kernel, shape (features, 4·units), and of the recurrent kernel, shape (units, 4·units).
        std: standard deviations of both, ≥ 0.
        eps: standard normal noise for both.
        bias: shape (4·units,), or None.
        mask: booleans, shape (batch, time), or None.
        activation: of candidate and cell state.
        recurrent_activation: of the gates.
        initial_state: hidden and cell state before the first step, each of shape (batch, units); None for
            zeros.

    Returns:
        Hidden and cell states after every step, each of shape (batch, time, units).

    Source:
        Fortunato et al. 2017, "Bayesian recurrent neural networks".
    """
    kernel, recurrent = (tf.cast(m + s * e, x.dtype) for m, s, e in zip(mean, std, eps, strict=True))
    return lstm_sequence(x, kernel, recurrent, bias, mask, activation, recurrent_activation, initial_state)


@keras.saving.register_keras_serializable(package="course")
class LSTMReparameterization(VariationalLayer):
    """LSTM with one draw of its weights for all steps and the whole batch.

    ::

        W, U = mean + std·eps, drawn once;   h_t, c_t = LSTM(x_t, h_{t−1}, c_{t−1}; W, U, b)

    Noise that changed at every step would be another model: the posterior is over one set of weights, and the
    sequence is one observation of them.

    Args:
        units: size of the state, ≥ 1.
        activation: of candidate and cell state.
        recurrent_activation: of the gates.
        use_bias: whether there is a bias.
        unit_forget_bias: whether the forget gate's bias starts at 1.
        return_sequences: whether to return all hidden states or the last.
        return_state: whether to return the last hidden and cell state beside the output.
        go_backwards: whether to read the sequence from its end; the outputs are in the order read, as in
            Keras.
        kernel_posterior: default ``MeanFieldNormal()``.
        kernel_prior: default ``Normal()``; None for no KL.
        recurrent_posterior: default ``MeanFieldNormal()``; its mean starts orthogonal.
        recurrent_prior: default ``Normal()``.
        bias_posterior: default ``Deterministic()``.
        bias_prior: default None.
        kwargs: dataset_size, kl_weight, seed and dtype as for :class:`VariationalLayer`.

    Dropout, ``stateful`` and ``unroll`` of ``keras.layers.LSTM`` are not there.

    Call arguments:
        inputs: floating, shape (batch, time, features).
        initial_state: the list [hidden, cell], each of shape (batch, units), such as another layer returned;
            None for zeros.
        mask: booleans, shape (batch, time); masked steps leave the state as it is.
        training: no effect.
        sample: None or True draws; False takes the posterior means.

    Output shape:
        (batch, units), or (batch, time, units); with ``return_state`` a tuple of that and twice
        (batch, units).

    Example:
        >>> layer = LSTMReparameterization(4, dataset_size=100)
        >>> layer(tf.ones([2, 5, 3])).shape
        TensorShape([2, 4])

    Source:
        Fortunato et al. 2017, "Bayesian recurrent neural networks".
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        unit_forget_bias: bool = True,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        *,
        kernel_posterior: Any = KERNEL_POSTERIOR,
        kernel_prior: Any = KERNEL_PRIOR,
        recurrent_posterior: Any = KERNEL_POSTERIOR,
        recurrent_prior: Any = KERNEL_PRIOR,
        bias_posterior: Any = BIAS_POSTERIOR,
        bias_prior: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = positive_int(units, "units")
        self.activation = keras.activations.get(activation)
        self.recurrent_activation = keras.activations.get(recurrent_activation)
        self.use_bias = bool(use_bias)
        self.unit_forget_bias = bool(unit_forget_bias)
        self.return_sequences = bool(return_sequences)
        self.return_state = bool(return_state)
        self.go_backwards = bool(go_backwards)
        self.kernel_posterior = get_posterior(kernel_posterior, "kernel_posterior")
        self.kernel_prior = get_prior(kernel_prior, "kernel_prior")
        self.recurrent_posterior = get_posterior(recurrent_posterior, "recurrent_posterior")
        self.recurrent_prior = get_prior(recurrent_prior, "recurrent_prior")
        self.bias_posterior = get_posterior(bias_posterior, "bias_posterior")
        self.bias_prior = get_prior(bias_prior, "bias_prior")
        bias_prior_in_use = self.bias_prior if self.use_bias else None
        self.require_dataset_size(self.kernel_prior, self.recurrent_prior, bias_prior_in_use)
        self.input_spec = keras.layers.InputSpec(ndim=3)
        self.supports_masking = True
        self._kernel: VariationalWeight
        self._recurrent: VariationalWeight
        self._bias: VariationalWeight | None = None

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes kernel (features, 4·units), recurrent kernel (units, 4·units) and bias (4·units,)."""
        features = input_shape[-1]
        if features is None:
            raise ShapeError(
                "the last axis of the inputs is known when the layer is built",
                where=self.name,
                expected="(batch, time, features)",
                received=input_shape,
            )
        self._kernel = self.add_variational_weight(
            "kernel",
            (features, 4 * self.units),
            posterior=self.kernel_posterior,
            prior=self.kernel_prior,
            initializer="glorot_uniform",
        )
        self._recurrent = self.add_variational_weight(
            "recurrent_kernel",
            (self.units, 4 * self.units),
            posterior=self.recurrent_posterior,
            prior=self.recurrent_prior,
            initializer="orthogonal",
        )
        if self.use_bias:
            self._bias = self.add_variational_weight(
                "bias",
                (4 * self.units,),
                posterior=self.bias_posterior,
                prior=self.bias_prior,
                initializer=self._forget_bias if self.unit_forget_bias else "zeros",
            )
        self.input_spec = keras.layers.InputSpec(ndim=3, axes={-1: features})
        self.built = True

    def _forget_bias(self, shape: tuple[int, ...], dtype: Any = None) -> tf.Tensor:
        # A gate that starts open lets gradients reach far back (Jozefowicz et al. 2015).
        gate = tf.range(shape[0]) // self.units
        return tf.cast(gate == 1, dtype)

    def call(
        self,
        inputs: tf.Tensor,
        initial_state: Any = None,
        mask: tf.Tensor | None = None,
        training: bool | None = None,
        sample: bool | None = None,
    ) -> Any:
        """Hidden states for weights drawn before the first step.

        Args:
            inputs: shape (batch, time, features).
            initial_state: [hidden, cell], each of shape (batch, units), or None.
            mask: booleans, shape (batch, time), or None.
            training: has no effect.
            sample: None or True draws new weights; False takes the posterior means.

        Raises:
            ShapeError: ``initial_state`` is not two tensors of shape (batch, units).
        """
        del training
        self.check_inputs(inputs)
        draws = self.resolve_sample(sample)
        bias = None if self._bias is None else tf.cast(self._bias.draw(draws), inputs.dtype)
        if self.go_backwards:
            inputs = tf.reverse(inputs, axis=[1])
            mask = None if mask is None else tf.reverse(mask, axis=[1])
        parts = [self._parts(weight, draws) for weight in (self._kernel, self._recurrent)]
        mean, std, eps = zip(*parts, strict=True)
        state = None if initial_state is None else self._check_state(initial_state, inputs)
        hidden, cell = lstm_reparameterization(
            inputs, mean, std, eps, bias, mask, self.activation, self.recurrent_activation, state
        )
        outputs = hidden if self.return_sequences else hidden[:, -1]
        return (outputs, hidden[:, -1], cell[:, -1]) if self.return_state else outputs

    def _check_state(self, state: Any, inputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        parts = list(state) if isinstance(state, list | tuple) else [state]
        shapes = [tuple(part.shape) for part in parts]
        wanted = tf.TensorShape([inputs.shape[0], self.units])
        if len(parts) != 2 or not all(wanted.is_compatible_with(shape) for shape in shapes):
            raise ShapeError(
                "`initial_state` is a list of the hidden and the cell state",
                where=self.name,
                expected=f"two tensors of shape (batch, {self.units})",
                received=f"shapes {shapes}",
            )
        return tf.cast(parts[0], inputs.dtype), tf.cast(parts[1], inputs.dtype)

    def _parts(self, weight: VariationalWeight, draws: bool) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        mean, std = weight.mean_and_std()
        if not draws or std is None:
            return mean, tf.zeros_like(mean), tf.zeros_like(mean)
        return mean, std, self.standard_normal(mean.shape, mean.dtype)

    def recurrent_distribution(self) -> Any:
        """The recurrent kernel's posterior as it is now: a fresh TFP distribution."""
        return self.weight_distribution("recurrent_kernel")

    def compute_mask(self, inputs: tf.Tensor, mask: Any = None) -> Any:
        """The incoming mask, if sequences are returned; states have none."""
        del inputs
        outgoing = mask if self.return_sequences else None
        return (outgoing, None, None) if self.return_state else outgoing

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> Any:
        """(batch, units), or (batch, time, units); with ``return_state`` the states' shapes too."""
        batch, time, _ = input_shape
        state = (batch, self.units)
        outputs = (batch, time, self.units) if self.return_sequences else state
        return (outputs, state, state) if self.return_state else outputs

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "recurrent_activation": keras.activations.serialize(self.recurrent_activation),
            "use_bias": self.use_bias,
            "unit_forget_bias": self.unit_forget_bias,
            "return_sequences": self.return_sequences,
            "return_state": self.return_state,
            "go_backwards": self.go_backwards,
            "kernel_posterior": serialize(self.kernel_posterior),
            "kernel_prior": serialize(self.kernel_prior),
            "recurrent_posterior": serialize(self.recurrent_posterior),
            "recurrent_prior": serialize(self.recurrent_prior),
            "bias_posterior": serialize(self.bias_posterior),
            "bias_prior": serialize(self.bias_prior),
        }
