"""The variational autoencoder."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from course.distributions import diagonal_gaussian_kl
from course.errors import ArgumentError, ShapeError
from course.inference.elbo import ElboTerms
from course.inference.iwae_bound import iwae_bound
from course.layers.gaussian_sampling import gaussian_sampling
from course.layers.noise import standard_normal
from course.models.base import CourseModel
from course.models.likelihoods import (
    BernoulliLikelihood,
    GaussianLikelihood,
    Likelihood,
    check_binary_range,
)
from course.models.standard_latent import bound_of_many, latent_noise, log_prior_over_posterior
from course.validation import one_of, positive_int

_LIKELIHOODS: dict[str, type[Likelihood]] = {
    "bernoulli": BernoulliLikelihood,
    "gaussian": GaussianLikelihood,
}


@keras.saving.register_keras_serializable(package="course")
class VAE(CourseModel):
    """A variational autoencoder over two networks of your own.

    ::

        z ~ N(0, I),   x | z ~ p(x; decoder(z))
        q(z|x) = N(mean, exp(log_var)),   [mean, log_var] = encoder(x)
        loss = −mean over the batch of  E_q[log p(x|z)] − β·KL(q ‖ N(0, I))

    ``fit(x)`` takes images alone. With ``objective="iwae"`` the loss is minus the importance-weighted bound
    of ``draws`` draws.

    Args:
        encoder: layer or model from (batch, *event) to (batch, 2·latent_size).
        decoder: from (batch, latent_size) to (batch, *event): logits, or means.
        latent_size: d ≥ 1.
        likelihood: ``"bernoulli"``, ``"gaussian"`` (one learned variance) or a :class:`Likelihood`.
        beta: weight of the KL in the loss, ≥ 0; 1 makes the loss a bound (β-VAE: Higgins et al. 2017).
        objective: ``"elbo"``, with the closed-form KL, or ``"iwae"``, which takes β = 1.
        draws: of z for each image in the loss, ≥ 1.
        seed: of the noise; None takes a random one.
        kwargs: name, dtype and trainable.

    Call arguments:
        inputs: shape (batch, *event).
        sample: whether z is drawn; otherwise the posterior mean is decoded. The default.

    Output shape:
        That of the inputs: E[x|z], the reconstruction.

    Raises:
        ArgumentError: an argument is outside its range, or β ≠ 1 meets ``"iwae"``.
        ShapeError: the networks' outputs do not fit.

    Example:
        >>> vae = VAE(keras.layers.Dense(4), keras.layers.Dense(6), latent_size=2)
        >>> vae(tf.zeros([3, 6])).shape
        TensorShape([3, 6])

    Source:
        Kingma & Welling 2014, eq. (10); Batra, "Variational Auto Encoders"; Burda, Grosse & Salakhutdinov
        2016 for the weighted bound.
    """

    def __init__(
        self,
        encoder: keras.layers.Layer,
        decoder: keras.layers.Layer,
        *,
        latent_size: int,
        likelihood: str | Likelihood = "bernoulli",
        beta: float = 1.0,
        objective: str = "elbo",
        draws: int = 1,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.encoder, self.decoder = encoder, decoder
        self.latent_size = positive_int(latent_size, "latent_size")
        self.draws = positive_int(draws, "draws")
        self.objective = one_of(objective, ("elbo", "iwae"), "objective")
        if isinstance(beta, bool) or not isinstance(beta, int | float) or not 0 <= beta < float("inf"):
            raise ArgumentError("`beta` is not negative", expected="beta ≥ 0", received=f"beta={beta!r}")
        if objective == "iwae" and beta != 1:
            raise ArgumentError(
                "the weighted bound has no separate KL to weigh",
                expected="beta=1 with objective='iwae'",
                received=f"beta={beta!r}",
            )
        if not isinstance(likelihood, Likelihood):
            likelihood = _LIKELIHOODS[one_of(likelihood, _LIKELIHOODS, "likelihood")]()
        # A variable: annealing reaches a compiled step.
        self.beta = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(beta),
            trainable=False,
            name="beta",
            dtype="float32",
        )
        self.likelihood, self.seed = likelihood, seed
        self.noise = keras.random.SeedGenerator(seed)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.log_likelihood_tracker = keras.metrics.Mean(name="log_likelihood")
        self.kl_tracker = keras.metrics.Mean(name="kl")

    def build(self, input_shape: Any) -> None:
        """Builds the networks and the likelihood.

        Args:
            input_shape: (batch, *event).
        """
        shape = tuple(input_shape)
        for part, entering in ((self.encoder, shape), (self.decoder, (None, self.latent_size))):
            if not part.built:
                part.build(entering)
        if not self.likelihood.built:
            self.likelihood.build(shape)
        self.built = True

    def call(self, inputs: tf.Tensor, sample: bool = False) -> tf.Tensor:
        """The reconstruction E[x|z]."""
        mean, log_var = self.encode(inputs)
        if sample:
            eps = standard_normal(self.noise, tf.shape(mean), tf.float32)
            mean = gaussian_sampling(mean, log_var, eps)
        return self.likelihood.mean(self.decode(mean[None]))[0]

    def encode(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and log variance of q(z|x), float32, shape (batch, latent_size) each.

        Args:
            x: shape (batch, *event).

        Raises:
            ShapeError: the encoder does not give 2·latent_size numbers.
        """
        params = tf.cast(self.encoder(x), tf.float32)
        if params.shape.rank != 2 or params.shape[-1] != 2 * self.latent_size:
            raise ShapeError(
                "the encoder gives a mean and a log variance for each latent",
                expected=f"(batch, {2 * self.latent_size})",
                received=tuple(params.shape),
            )
        mean, log_var = tf.split(params, 2, axis=-1)
        return mean, log_var

    def decode(self, z: tf.Tensor) -> tf.Tensor:
        """The decoder's output for draws of z.

        Args:
            z: shape (draws, batch, latent_size).

        Returns:
            Shape (draws, batch, *event): logits, or means.

        Raises:
            ShapeError: z has another shape.
        """
        z = tf.convert_to_tensor(z)
        if z.shape.rank != 3 or z.shape[-1] != self.latent_size:
            raise ShapeError(
                "latents have the shape (draws, batch, latent_size)",
                expected=f"(draws, batch, {self.latent_size})",
                received=tuple(z.shape),
            )
        # Images one below the other: convolutions take one batch axis.
        params = self.decoder(tf.reshape(z, [-1, self.latent_size]))
        return tf.reshape(params, tf.concat([tf.shape(z)[:2], tf.shape(params)[1:]], axis=0))

    def generate(self, z: Any) -> tf.Tensor:
        """The images E[x|z] of given latents.

        Args:
            z: shape (n, latent_size).

        Returns:
            Shape (n, *event), float32.
        """
        z = tf.convert_to_tensor(z, tf.float32)
        return self.likelihood.mean(self.decode(z[None]))[0]

    def elbo_terms(self, x: tf.Tensor, eps: tf.Tensor | None = None) -> ElboTerms:
        """Both terms of the ELBO for each image, without β.

        Args:
            x: shape (batch, *event).
            eps: standard normal noise, shape (draws, batch, latent_size); None draws it.

        Returns:
            Terms of shape (batch,), nats; the first is averaged over the draws.
        """
        mean, log_var = self.encode(x)
        z = gaussian_sampling(mean, log_var, latent_noise(self.noise, mean, eps, self.draws))
        expected = tf.reduce_mean(self.likelihood.log_prob(x, self.decode(z)), axis=0)
        return ElboTerms(expected, diagonal_gaussian_kl(mean, log_var))

    def log_weights(self, x: tf.Tensor, eps: tf.Tensor | None = None) -> tf.Tensor:
        """Log importance weights log p(x|z) + log p(z) − log q(z|x).

        Args:
            x: shape (batch, *event).
            eps: as for :meth:`elbo_terms`.

        Returns:
            Nats, shape (draws, batch).
        """
        mean, log_var = self.encode(x)
        eps = latent_noise(self.noise, mean, eps, self.draws)
        z = gaussian_sampling(mean, log_var, eps)
        return self.likelihood.log_prob(x, self.decode(z)) + log_prior_over_posterior(z, eps, log_var)

    def log_likelihood_bound(self, x: Any, draws: int = 64, batch_size: int = 128) -> np.ndarray:
        """The importance-weighted bound on log p(x) of each image.

        Args:
            x: shape (n, *event).
            draws: k ≥ 1; the bound rises with it.
            batch_size: images at a time, ≥ 1.

        Returns:
            Nats, float64, shape (n,).

        Source:
            Burda, Grosse & Salakhutdinov 2016, eq. (8).
        """
        return bound_of_many(
            self.log_weights,
            np.asarray(x, np.float32),
            self.noise,
            latent_size=self.latent_size,
            draws=draws,
            batch_size=batch_size,
        )

    def batch_loss(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Loss, mean log-likelihood and mean KL of a batch, scalars in nats."""
        if self.objective == "iwae":
            weights = self.log_weights(x)
            loss = -tf.reduce_mean(iwae_bound(weights))
            return loss, -loss, tf.zeros_like(loss)
        terms = self.elbo_terms(x)
        likelihood, kl = tf.reduce_mean(terms.expected_log_likelihood), tf.reduce_mean(terms.kl_to_prior)
        return tf.convert_to_tensor(self.beta) * kl - likelihood, likelihood, kl

    def fit(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As ``keras.Model.fit``, for images without targets.

        Raises:
            ArgumentError: an array of images holds values that the likelihood cannot have.
        """
        if isinstance(self.likelihood, BernoulliLikelihood) and isinstance(x, np.ndarray | tf.Tensor):
            check_binary_range(x)
        return super().fit(x, *args, **kwargs)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step of ``fit``."""
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            loss, likelihood, kl = self.batch_loss(x)
            total = loss + sum(self.losses)  # regularisers of the networks
            scaled = self.optimizer.scale_loss(total)
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(scaled, variables), variables, strict=True))
        return self._report(total, likelihood, kl)

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step of ``evaluate``."""
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        return self._report(*self.batch_loss(x))

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Loss, mean log-likelihood and mean KL; the last two are the bound and 0 under ``"iwae"``."""
        return [self.loss_tracker, self.log_likelihood_tracker, self.kl_tracker]

    def _report(self, *values: tf.Tensor) -> dict[str, tf.Tensor]:
        for tracker, value in zip(self.metrics, values, strict=True):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.metrics}

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, the networks serialised."""
        config = super().get_config()
        parts = {name: getattr(self, name) for name in ("encoder", "decoder", "likelihood")}
        config |= {name: keras.saving.serialize_keras_object(part) for name, part in parts.items()}
        return config | {
            "latent_size": self.latent_size,
            "beta": float(self.beta.numpy()),
            "objective": self.objective,
            "draws": self.draws,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> VAE:
        """The model that :meth:`get_config` described."""
        config = dict(config)
        for name in ("encoder", "decoder", "likelihood"):
            config[name] = keras.saving.deserialize_keras_object(config[name], custom_objects=custom_objects)
        return cls(**config)
