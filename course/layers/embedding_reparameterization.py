"""Embedding whose table is drawn once a call."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from course.distributions.resolve import get_posterior, get_prior
from course.errors import DtypeError
from course.layers.defaults import KERNEL_POSTERIOR, KERNEL_PRIOR
from course.layers.variational_layer import VariationalLayer
from course.layers.variational_weight import VariationalWeight
from course.validation import positive_int


def embedding_reparameterization(
    indices: tf.Tensor, mean: tf.Tensor, std: tf.Tensor, eps: tf.Tensor
) -> tf.Tensor:
    """Rows ``indices`` of ``mean + std·eps``.

    Args:
        indices: integers in [0, input_dim), any shape.
        mean: shape (input_dim, output_dim).
        std: standard deviations, ≥ 0, shape (input_dim, output_dim).
        eps: standard normal noise, shape (input_dim, output_dim).

    Returns:
        Shape (*indices.shape, output_dim); equal indices give equal rows.

    Source:
        Kingma & Welling 2014, section 2.4.
    """
    return tf.gather(mean + std * eps, indices)


@keras.saving.register_keras_serializable(package="course")
class EmbeddingReparameterization(VariationalLayer):
    """Embedding with one draw of the table for the whole batch.

    ::

        outputs[i] = E[inputs[i]],   E = mean + std·eps,   eps ~ N(0, 1)

    A word that occurs twice in a batch has the same vector in both places. The noise has the size of the
    table, so a call costs in proportion to ``input_dim`` even for a short sentence.

    Args:
        input_dim: number of rows, ≥ 1: the largest index + 1.
        output_dim: length of a row, ≥ 1.
        mask_zero: whether index 0 is padding, to be masked in the layers behind.
        embeddings_posterior: default ``MeanFieldNormal()``.
        embeddings_prior: default ``Normal()``; None for no KL.
        embeddings_regularizer: on the mean of the table.
        embeddings_constraint: projects the mean of the table after an update.
        kwargs: dataset_size, kl_weight, seed and dtype as for :class:`VariationalLayer`.

    Call arguments:
        inputs: integers in [0, input_dim), shape (batch, ...).
        training: no effect.
        sample: None or True draws; False takes the posterior mean.

    Output shape:
        (batch, ..., output_dim).

    Example:
        >>> layer = EmbeddingReparameterization(10, 4, dataset_size=100)
        >>> layer(tf.constant([[1, 2, 1]])).shape
        TensorShape([1, 3, 4])

    Source:
        Blundell et al. 2015, section 3.2, for a table instead of a kernel.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        mask_zero: bool = False,
        *,
        embeddings_posterior: Any = KERNEL_POSTERIOR,
        embeddings_prior: Any = KERNEL_PRIOR,
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.input_dim = positive_int(input_dim, "input_dim")
        self.output_dim = positive_int(output_dim, "output_dim")
        self.mask_zero = bool(mask_zero)
        self.supports_masking = self.mask_zero
        self.embeddings_posterior = get_posterior(embeddings_posterior, "embeddings_posterior")
        self.embeddings_prior = get_prior(embeddings_prior, "embeddings_prior")
        self.require_dataset_size(self.embeddings_prior)
        self.embeddings_regularizer = keras.regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = keras.constraints.get(embeddings_constraint)
        # Keras would cast indices that arrive as floats to the compute dtype; bfloat16 ends at 256.
        self.autocast = False
        self._embeddings: VariationalWeight

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the table, shape (input_dim, output_dim)."""
        del input_shape
        self._embeddings = self.add_variational_weight(
            "embeddings",
            (self.input_dim, self.output_dim),
            posterior=self.embeddings_posterior,
            prior=self.embeddings_prior,
            initializer="uniform",
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
        )
        self.built = True

    def call(self, inputs: tf.Tensor, training: bool | None = None, sample: bool | None = None) -> tf.Tensor:
        """The rows of the table at the indices.

        Args:
            inputs: indices.
            training: has no effect.
            sample: None or True draws a new table; False takes the posterior mean.
        """
        del training
        if not (inputs.dtype.is_integer or inputs.dtype.is_floating):
            raise DtypeError("indices are numbers", where=self.name, received=inputs.dtype.name)
        indices = inputs if inputs.dtype.is_integer else tf.cast(inputs, tf.int32)
        mean, std = self._embeddings.mean_and_std()
        if self.resolve_sample(sample) and std is not None:
            eps = self.standard_normal(mean.shape, mean.dtype)
            rows = embedding_reparameterization(indices, mean, std, eps)
        else:
            rows = tf.gather(mean, indices)
        return tf.cast(rows, self.compute_dtype)

    def embeddings_distribution(self) -> Any:
        """The table's posterior as it is now: a fresh TFP distribution, its event the whole table."""
        return self.weight_distribution("embeddings")

    def kernel_distribution(self) -> Any:
        """The same as :meth:`embeddings_distribution`: the table is this layer's kernel."""
        return self.embeddings_distribution()

    def compute_mask(self, inputs: tf.Tensor, mask: Any = None) -> tf.Tensor | None:
        """Where the index is not 0, if ``mask_zero``."""
        del mask
        return keras.ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(batch, ..., output_dim)."""
        return (*input_shape, self.output_dim)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "mask_zero": self.mask_zero,
            "embeddings_posterior": serialize(self.embeddings_posterior),
            "embeddings_prior": serialize(self.embeddings_prior),
            "embeddings_regularizer": keras.regularizers.serialize(self.embeddings_regularizer),
            "embeddings_constraint": keras.constraints.serialize(self.embeddings_constraint),
        }
