"""One weight tensor with its posterior and prior."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.distributions.divergence import kl_divergence
from course.distributions.posterior import Posterior
from course.distributions.prior import Prior
from course.layers.noise import standard_normal


class VariationalWeight:
    """A weight tensor of a layer: its posterior's and prior's variables, and what is computed from them.

    Nothing derived is stored: a distribution kept from build time would go stale at the first update.

    Args:
        layer: owner of the variables.
        name: e.g. "kernel"; the variables are called after it.
        shape: the tensor's shape.
        posterior: its configuration.
        prior: its configuration, or None for no KL term.
        initializer: Keras initializer of the mean, unless the posterior has its own.
        regularizer: callable on the posterior's mean, or None.
        constraint: projection of the posterior's mean, or None.
        generator: source of seeds for divergences taken by sample.
        kl_scale: gives the factor on the KL in the training loss; with ``prior=None`` it is never called.
    """

    def __init__(
        self,
        layer: keras.Layer,
        name: str,
        shape: tuple[int, ...],
        *,
        posterior: Posterior,
        prior: Prior | None,
        initializer: Any,
        regularizer: Any,
        constraint: Any,
        generator: keras.random.SeedGenerator,
        kl_scale: Any,
    ) -> None:
        self.name, self.shape = name, shape
        self.posterior, self.prior = posterior, prior
        self._generator = generator
        if prior is not None:
            regularizer = _KLRegularizer(self, kl_scale, regularizer)
        self._variables = posterior.add_variables(layer, name, shape, initializer, regularizer, constraint)
        self._prior_variables = {} if prior is None else prior.add_variables(layer, name)

    def mean_and_std(self) -> tuple[tf.Tensor, tf.Tensor | None]:
        """The posterior's mean and std now, in the weight's shape; std is None for a point estimate."""
        parameters = self.posterior.parameters(self._variables)
        return parameters["mean"], parameters.get("std")

    def draw(self, sample: bool) -> tf.Tensor:
        """The weight: a fresh draw, or the posterior mean.

        Args:
            sample: whether to draw.
        """
        parameters = self.posterior.parameters(self._variables)
        if not (sample and self.posterior.random):
            return parameters["mean"]
        return self.posterior.draw(parameters, self._noise(parameters["mean"].dtype))

    def distribution(self) -> tfd.Distribution:
        """The posterior now; its event is the whole tensor."""
        return self.posterior.distribution(self.posterior.parameters(self._variables))

    def kl(self) -> tf.Tensor:
        """KL(q‖p) in nats, a scalar in float32 or float64; 0 without a prior."""
        q = self.posterior.parameters(self._variables)
        dtype = q["mean"].dtype
        if self.prior is None:
            return tf.zeros([], dtype)
        p = self.prior.parameters(self._prior_variables, dtype)
        return kl_divergence(self.posterior, q, self.prior, p, lambda: self._noise(dtype))

    def _noise(self, dtype: tf.DType) -> tf.Tensor:
        return standard_normal(self._generator, self.shape, dtype)


class _KLRegularizer(keras.regularizers.Regularizer):
    """The scaled KL as the regulariser of the posterior's mean.

    Keras evaluates a regulariser once for each variable whenever losses are read. ``add_loss`` in ``call``
    would count the KL of a layer that is called twice twice, and leave tensors of a dead graph in
    ``model.losses``.
    """

    def __init__(self, weight: VariationalWeight, scale: Any, other: Any) -> None:
        self._weight, self._scale, self._other = weight, scale, other

    def __call__(self, mean: Any) -> tf.Tensor:
        kl = self._weight.kl()
        loss = tf.cast(self._scale(), kl.dtype) * kl
        if self._other is not None:
            loss += tf.cast(self._other(mean), kl.dtype)
        # Keras adds the losses of a model without casting them: one dtype for all, that of the data term.
        return tf.cast(loss, keras.config.floatx())
