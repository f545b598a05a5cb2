"""What all variational layers share: weights with posteriors, the KL, the noise."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.distributions.posterior import Posterior
from course.distributions.prior import Prior
from course.distributions.tensors import accumulation_dtype
from course.errors import ArgumentError, CourseError
from course.layers.sampling_layer import SamplingLayer
from course.layers.variational_weight import VariationalWeight
from course.validation import finite_float, positive_int


class VariationalLayer(SamplingLayer):
    """Base of layers whose weights have a posterior q and a prior p.

    The training loss gets, for every weight with a prior::

        kl_weight · KL(q‖p) / dataset_size

    Keras averages the data term over the batch, so with ``kl_weight = 1`` the total is the negative ELBO a
    training example. The term is counted once however often the layer is called, and not at all while the
    layer is frozen (``trainable = False``).

    Args:
        dataset_size: number of training examples, ≥ 1; needed as soon as a weight has a prior. Take 1 if
            your data term is summed over the whole data set.
        kl_weight: initial value of the variable ``layer.kl_weight``, ≥ 0; assign to it to anneal, also under
            jit.
        seed: of the noise (not of the initial weights); None takes a random one from Python's generator,
            which ``keras.utils.set_random_seed`` makes reproducible.
        kwargs: as for ``keras.layers.Layer``: name, dtype, trainable, activity_regularizer.

    Raises:
        ArgumentError: an argument is outside its range.
        DtypeError: the dtype policy computes in integers.
    """

    def __init__(
        self,
        *,
        dataset_size: int | None = None,
        kl_weight: float = 1.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.dataset_size = None if dataset_size is None else positive_int(dataset_size, "dataset_size")
        start = finite_float(kl_weight, "kl_weight")
        if start < 0:
            raise ArgumentError(
                "`kl_weight` is not negative", expected="kl_weight ≥ 0", received=f"kl_weight={kl_weight!r}"
            )
        self.kl_weight = self.add_weight(
            name="kl_weight",
            shape=(),
            initializer=keras.initializers.Constant(start),
            dtype=accumulation_dtype(self.variable_dtype).name,
            trainable=False,
            autocast=False,
        )
        self._kl_weight_start = start
        self._variational: dict[str, VariationalWeight] = {}

    def require_dataset_size(self, *priors: Prior | None) -> None:
        """Refuses a prior without a stated data set size: the commonest silent mistake with these layers.

        Args:
            priors: the layer's priors.

        Raises:
            ArgumentError: there is a prior and no ``dataset_size``.
        """
        if self.dataset_size is None and any(prior is not None for prior in priors):
            raise ArgumentError(
                "a layer with a prior knows the number of training examples that its KL is shared by",
                where=self.name,
                expected="dataset_size ≥ 1",
                received="dataset_size=None",
                fix="pass dataset_size=len(x_train), or no prior for no KL",
            )

    def add_variational_weight(
        self,
        name: str,
        shape: tuple[int, ...],
        *,
        posterior: Posterior,
        prior: Prior | None,
        initializer: Any,
        regularizer: Any = None,
        constraint: Any = None,
    ) -> VariationalWeight:
        """Makes a weight tensor with a posterior; its KL joins the training loss.

        Args:
            name: e.g. "kernel".
            shape: of the tensor.
            posterior: its configuration.
            prior: its configuration, or None for no KL.
            initializer: of the posterior's mean, unless the posterior has its own.
            regularizer: on the posterior's mean.
            constraint: on the posterior's mean.
        """
        weight = VariationalWeight(
            self,
            name,
            shape,
            posterior=posterior,
            prior=prior,
            initializer=initializer,
            regularizer=regularizer,
            constraint=constraint,
            generator=self.seed_generator,
            kl_scale=self._kl_scale,
        )
        self._variational[name] = weight
        return weight

    def kl(self) -> tf.Tensor:
        """KL(q‖p) of all the layer's weights in nats: unscaled, a scalar, in float32 or float64.

        Raises:
            CourseError: the layer is not built yet.
        """
        self._require_built("kl()")
        return tf.add_n([weight.kl() for weight in self._variational.values()])

    def weight_distribution(self, name: str) -> tfd.Distribution:
        """The posterior of one weight as it is now.

        Args:
            name: the weight's name, e.g. "kernel" or "bias".

        Raises:
            CourseError: the layer is not built, or has no weight of that name.
        """
        self._require_built(f"{name}_distribution()")
        if name not in self._variational:
            raise ArgumentError(
                "unknown weight", where=self.name, expected=f"one of {list(self._variational)}", received=name
            )
        return self._variational[name].distribution()

    def kernel_distribution(self) -> tfd.Distribution:
        """The kernel's posterior as it is now: a fresh TFP distribution, its event the whole kernel."""
        return self.weight_distribution("kernel")

    def bias_distribution(self) -> tfd.Distribution:
        """The bias's posterior as it is now: a fresh TFP distribution, its event the whole bias."""
        return self.weight_distribution("bias")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; ``kl_weight`` is the initial value, the present one is a weight."""
        return {
            **super().get_config(),
            "dataset_size": self.dataset_size,
            "kl_weight": self._kl_weight_start,
        }

    def _kl_scale(self) -> tf.Tensor:
        weight = tf.convert_to_tensor(self.kl_weight)
        return weight / tf.cast(self.dataset_size, weight.dtype)

    def _require_built(self, what: str) -> None:
        if not self.built:
            raise CourseError(
                f"{what} needs the layer's weights", where=self.name, fix="build or call the layer first"
            )
