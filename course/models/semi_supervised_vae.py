"""A VAE that uses the labels it has: model M2."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from course.distributions import diagonal_gaussian_kl
from course.errors import ArgumentError, ShapeError
from course.layers.gaussian_sampling import gaussian_sampling
from course.layers.noise import standard_normal
from course.models.base import CourseModel
from course.models.likelihoods import BernoulliLikelihood, Likelihood, check_binary_range
from course.validation import positive_int

UNLABELLED = -1
"""Stands where a label is not known."""


class M2Terms(NamedTuple):
    """Both bounds of each example, nats.

    Args:
        labelled: −L(x, y) for every y, shape (batch, K): bounds on log p(x, y).
        log_q: log q(y|x), shape (batch, K).
        unlabelled: −U(x), shape (batch,): bounds on log p(x).
    """

    labelled: tf.Tensor
    log_q: tf.Tensor
    unlabelled: tf.Tensor


@keras.saving.register_keras_serializable(package="course")
class SemiSupervisedVAE(CourseModel):
    """Kingma's M2: a label and a style make an image, and a missing label is summed out.

    ::

        y ~ Categorical(1/K),   z ~ N(0, I),   x | y, z ~ p(x; decoder([z, y]))
        q(y|x) = softmax(classifier(x)),   q(z|x, y) = N(mean, exp(log_var)),  by encoder([x, y])
        −L(x, y) = E_q(z|x,y)[log p(x|y, z)] + log p(y) − KL(q(z|x, y) ‖ N(0, I))    ≤ log p(x, y)
        −U(x)    = Σ_y q(y|x)·(−L(x, y)) + H[q(y|x)]                                 ≤ log p(x)
        loss = mean over the batch of  L(x, y) − α·log q(y|x)  where y is known, and U(x) where it is not

    ``fit(x, y)`` takes labels 0 to K − 1, and −1 where there is none. α counts for each labelled example; the
    paper's α = 0.1·N over all labelled ones is 0.1·N/N_labelled here.

    Args:
        encoder: from (batch, pixels + K), the flat image and the label one-hot, to (batch, 2·latent_size).
        decoder: from (batch, latent_size + K) to (batch, *event): logits, or means.
        classifier: from (batch, *event) to (batch, K): logits.
        latent_size: d ≥ 1.
        num_classes: K ≥ 2.
        alpha: weight of the classifier's own loss, ≥ 0.
        likelihood: of an image; None takes :class:`BernoulliLikelihood`.
        seed: of the noise; None takes a random one.
        kwargs: name, dtype and trainable.

    Call arguments:
        inputs: shape (batch, *event).

    Output shape:
        (batch, K): logits of q(y|x), float32.

    Raises:
        ArgumentError: an argument or a label is outside its range.
        ShapeError: the networks' outputs do not fit.

    Example:
        >>> model = dense_semi_supervised_vae((8, 8), 3, 10)
        >>> model.terms(tf.zeros([5, 8, 8])).labelled.shape
        TensorShape([5, 10])

    Source:
        Kingma, Rezende, Mohamed & Welling 2014, "Semi-supervised Learning with Deep Generative Models",
        eqs. (2), (6), (7) and (9); Aziz, "Summary".
    """

    def __init__(
        self,
        encoder: keras.layers.Layer,
        decoder: keras.layers.Layer,
        classifier: keras.layers.Layer,
        *,
        latent_size: int,
        num_classes: int,
        alpha: float = 1.0,
        likelihood: Likelihood | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.encoder, self.decoder, self.classifier = encoder, decoder, classifier
        self.latent_size = positive_int(latent_size, "latent_size")
        self.num_classes = positive_int(num_classes, "num_classes")
        if num_classes < 2:
            raise ArgumentError(
                "there are classes to tell apart", expected="num_classes ≥ 2", received=num_classes
            )
        if isinstance(alpha, bool) or not isinstance(alpha, int | float) or not 0 <= alpha < float("inf"):
            raise ArgumentError("`alpha` is not negative", expected="alpha ≥ 0", received=f"alpha={alpha!r}")
        self.alpha, self.seed = float(alpha), seed
        self.likelihood = BernoulliLikelihood() if likelihood is None else likelihood
        self.noise = keras.random.SeedGenerator(seed)

    def build(self, input_shape: Any) -> None:
        """Builds the networks and the likelihood.

        Args:
            input_shape: (batch, *event).
        """
        shape = tuple(input_shape)
        for part, entering in (
            (self.encoder, (None, math.prod(shape[1:]) + self.num_classes)),
            (self.decoder, (None, self.latent_size + self.num_classes)),
            (self.classifier, shape),
            (self.likelihood, shape),
        ):
            if not part.built:
                part.build(entering)
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The logits of q(y|x), float32."""
        return self._sized(tf.cast(self.classifier(inputs), tf.float32), self.num_classes, "classifier")

    def encode(self, x: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and log variance of q(z|x, y), float32, shape (batch, latent_size) each.

        Args:
            x: shape (batch, *event).
            labels: 0 to K − 1, shape (batch,).
        """
        flat = tf.reshape(tf.cast(x, tf.float32), [tf.shape(x)[0], math.prod(x.shape[1:])])
        params = self.encoder(tf.concat([flat, self._one_hot(labels)], axis=1))
        params = self._sized(tf.cast(params, tf.float32), 2 * self.latent_size, "encoder")
        mean, log_var = tf.split(params, 2, axis=-1)
        return mean, log_var

    def decode(self, z: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """The decoder's output, shape (n, *event): logits, or means.

        Args:
            z: shape (n, latent_size).
            labels: 0 to K − 1, shape (n,).
        """
        z = self._sized(tf.convert_to_tensor(z, tf.float32), self.latent_size, "style")
        return self.decoder(tf.concat([z, self._one_hot(labels)], axis=1))

    def generate(self, z: Any, labels: Any) -> tf.Tensor:
        """The images E[x|y, z] of given styles and labels.

        Args:
            z: shape (n, latent_size).
            labels: 0 to K − 1, shape (n,).

        Returns:
            Shape (n, *event), float32.

        Raises:
            ArgumentError: a label is outside its range.
            ShapeError: z has another shape.
        """
        self.check_labels(labels)
        return self.likelihood.mean(self.decode(z, tf.convert_to_tensor(labels))[None])[0]

    def terms(self, x: tf.Tensor, eps: tf.Tensor | None = None) -> M2Terms:
        """Both bounds, with every label tried on every example.

        Args:
            x: shape (batch, *event).
            eps: standard normal noise, shape (draws, batch, K, latent_size); None draws it once.

        Raises:
            ShapeError: the noise has another shape.
        """
        x = tf.convert_to_tensor(x)
        batch, k = tf.shape(x)[0], self.num_classes
        # Example by example, its K labels side by side: shape (batch·K, …).
        repeated = tf.repeat(x, k, axis=0)
        labels = tf.tile(tf.range(k), [batch])
        mean, log_var = self.encode(repeated, labels)
        z = gaussian_sampling(mean, log_var, self._noise(batch, eps))
        draws = tf.shape(z)[0]
        params = self.decode(tf.reshape(z, [-1, self.latent_size]), tf.tile(labels, [draws]))
        params = tf.reshape(params, tf.concat([[draws, batch * k], tf.shape(params)[1:]], axis=0))
        expected = tf.reduce_mean(self.likelihood.log_prob(repeated, params), axis=0)
        bound = expected - math.log(k) - diagonal_gaussian_kl(mean, log_var)
        labelled, log_q = tf.reshape(bound, [batch, k]), tf.nn.log_softmax(self(x))
        unlabelled = tf.reduce_sum(tf.exp(log_q) * (labelled - log_q), axis=1)
        return M2Terms(labelled, log_q, unlabelled)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> tf.Tensor:
        """Mean over the batch of what the example's label allows, nats."""
        del y_pred, training
        terms = self.terms(x)
        y = tf.reshape(tf.cast(y, tf.int32), [-1])
        known = y >= 0
        chosen = tf.one_hot(tf.maximum(y, 0), self.num_classes)
        joint = tf.reduce_sum(chosen * (terms.labelled + self.alpha * terms.log_q), axis=1)
        values = -tf.where(known, joint, terms.unlabelled)
        if sample_weight is not None:
            values *= tf.reshape(tf.cast(sample_weight, values.dtype), [-1])
        return tf.reduce_mean(values) + sum(self.losses)

    def fit(self, x: Any = None, y: Any = None, **kwargs: Any) -> Any:
        """As ``keras.Model.fit``, for images and labels of which some are −1.

        Raises:
            ArgumentError: a label or a pixel is outside its range.
            ShapeError: there are no labels beside an array of images.
        """
        if isinstance(x, np.ndarray | tf.Tensor):
            if y is None or tuple(np.shape(y)) != tuple(np.shape(x))[:1]:
                raise ShapeError(
                    "every image has a label, −1 where it is unknown",
                    expected=tuple(np.shape(x))[:1],
                    received=None if y is None else tuple(np.shape(y)),
                )
            self.check_labels(y, lowest=UNLABELLED)
            if isinstance(self.likelihood, BernoulliLikelihood):
                check_binary_range(x)
        return super().fit(x, y, **kwargs)

    def check_labels(self, labels: Any, lowest: int = 0) -> None:
        """Refuses labels outside ``lowest`` to K − 1.

        Raises:
            ArgumentError: there is one.
        """
        values = np.asarray(labels)
        if not np.issubdtype(values.dtype, np.integer) or not np.all(
            (lowest <= values) & (values < self.num_classes)
        ):
            raise ArgumentError(
                "labels are classes",
                expected=f"integers {lowest} to {self.num_classes - 1}",
                received=f"{values.min()} to {values.max()}, {values.dtype}",
            )

    def _one_hot(self, labels: Any) -> tf.Tensor:
        return tf.one_hot(tf.cast(labels, tf.int32), self.num_classes)

    def _sized(self, value: tf.Tensor, size: int, what: str) -> tf.Tensor:
        if value.shape.rank != 2 or value.shape[-1] != size:
            raise ShapeError(
                f"the {what} has a size", expected=f"(batch, {size})", received=tuple(value.shape)
            )
        return value

    def _noise(self, batch: tf.Tensor, eps: tf.Tensor | None) -> tf.Tensor:
        if eps is None:
            shape = tf.stack([1, batch * self.num_classes, self.latent_size])
            return standard_normal(self.noise, shape, tf.float32)
        eps = tf.convert_to_tensor(eps, tf.float32)
        if eps.shape.rank != 4 or tuple(eps.shape[2:]) != (self.num_classes, self.latent_size):
            raise ShapeError(
                "noise has the shape (draws, batch, K, latent_size)",
                expected=f"(draws, batch, {self.num_classes}, {self.latent_size})",
                received=tuple(eps.shape),
            )
        return tf.reshape(eps, [tf.shape(eps)[0], -1, self.latent_size])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, the networks serialised."""
        config = super().get_config()
        for name in _PARTS:
            config[name] = keras.saving.serialize_keras_object(getattr(self, name))
        return config | {
            "latent_size": self.latent_size,
            "num_classes": self.num_classes,
            "alpha": self.alpha,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> SemiSupervisedVAE:
        """The model that :meth:`get_config` described."""
        config = dict(config)
        for name in _PARTS:
            config[name] = keras.saving.deserialize_keras_object(config[name], custom_objects=custom_objects)
        return cls(**config)


_PARTS = ("encoder", "decoder", "classifier", "likelihood")


def dense_semi_supervised_vae(
    event_shape: Sequence[int],
    latent_size: int,
    num_classes: int,
    hidden: Sequence[int] = (128,),
    activation: str = "relu",
    **kwargs: Any,
) -> SemiSupervisedVAE:
    """M2 with dense networks of the same hidden widths.

    Args:
        event_shape: of one image.
        latent_size: d ≥ 1.
        num_classes: K ≥ 2.
        hidden: widths of the hidden layers; none makes the networks linear.
        activation: of the hidden layers.
        kwargs: as for :class:`SemiSupervisedVAE`.

    Raises:
        ArgumentError: a size is not a positive integer.
    """
    event = tuple(positive_int(extent, "event_shape") for extent in event_shape)
    widths = [positive_int(width, "hidden") for width in hidden]
    latent, k = positive_int(latent_size, "latent_size"), positive_int(num_classes, "num_classes")
    pixels, dense = math.prod(event), keras.layers.Dense

    def body() -> list[keras.layers.Layer]:
        return [dense(width, activation) for width in widths]

    encoder = [keras.Input((pixels + k,)), *body(), dense(2 * latent)]
    decoder = [keras.Input((latent + k,)), *body(), dense(pixels), keras.layers.Reshape(event)]
    classifier = [keras.Input(event), keras.layers.Flatten(), *body(), dense(k)]
    parts = zip((encoder, decoder, classifier), ("encoder", "decoder", "classifier"), strict=True)
    networks = [keras.Sequential(layers, name=name) for layers, name in parts]
    model = SemiSupervisedVAE(*networks, latent_size=latent, num_classes=k, **kwargs)
    model.build((None, *event))
    return model
