"""Worked solutions of ps07: bounds, their terms, and a variational autoencoder of binary images.

NumPy where the numbers are the lesson, TensorFlow where a gradient has to pass. Σ|terms| of the latter comes
from the same formula written in NumPy (:mod:`autograder.checks.terms`), in ``networks`` where it takes more
than a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from autograder.checks import terms_of

LOG_2PI = float(np.log(2.0 * np.pi))
"""The notebook has the same constant."""


def jensen(probabilities: Any, values: Any) -> tuple[Any, Any]:
    """Both sides of Jensen's inequality for the logarithm.

    .. math:: \\log \\sum_z p_z g_z \\ge \\sum_z p_z \\log g_z

    Args:
        probabilities: shape (K,), add to 1.
        values: g > 0, shape (K,).

    Returns:
        The left and the right side, scalars.

    Example:
        >>> left, right = jensen(np.array([0.5, 0.5]), np.array([1.0, 4.0]))
        >>> round(float(left), 4), round(float(right), 4)
        (0.9163, 0.6931)

    Source: Batra, "Jensen's inequality".
    """
    return np.log(np.sum(probabilities * values)), np.sum(probabilities * np.log(values))


def elbo_both_ways(x: Any, w: Any, noise_var: Any, q_mean: Any, q_var: Any) -> tuple[Any, Any, Any, Any]:
    """The four terms of the two factorisations, for one observation of a linear-Gaussian model.

    .. math:: z ∼ N(0, 1), \\quad x | z ∼ N(w z, σ^2 I), \\quad q(z) = N(m, v)

    Args:
        x: shape (D,).
        w: shape (D,).
        noise_var: σ² > 0.
        q_mean: m.
        q_var: v > 0.

    Returns:
        E_q[log p(x|z)], KL(q‖p(z)), log p(x) and KL(q‖p(z|x)); first − second = third − fourth.

    Source: Batra, "ELBO: Factorization #1" and "#2"; Bishop 2006, eqs. (2.113) to (2.117).
    """
    d = len(x)
    square = np.sum((x - w * q_mean) ** 2) + np.sum(w**2) * q_var
    likelihood = -0.5 * (square / noise_var + d * np.log(2.0 * np.pi * noise_var))
    kl_prior = 0.5 * (q_mean**2 + q_var - 1.0 - np.log(q_var))
    # The posterior of a linear-Gaussian model: precisions add.
    precision = 1.0 + np.sum(w**2) / noise_var
    posterior_mean = np.sum(w * x) / noise_var / precision
    # Determinant and inverse of σ²I + wwᵀ by the matrix determinant lemma and Sherman-Morrison.
    quadratic = np.sum(x**2) / noise_var - posterior_mean**2 * precision
    evidence = -0.5 * (quadratic + d * np.log(2.0 * np.pi * noise_var) + np.log(precision))
    ratio = q_var * precision
    kl_posterior = 0.5 * (ratio - 1.0 - np.log(ratio) + (q_mean - posterior_mean) ** 2 * precision)
    return likelihood, kl_prior, evidence, kl_posterior


def gaussian_kl(mean: Any, log_var: Any) -> Any:
    """KL of a diagonal Gaussian from the standard normal law.

    .. math:: \\frac12 \\sum_j (μ_j^2 + σ_j^2 - 1 - \\log σ_j^2)

    Args:
        mean: shape (N, d).
        log_var: log σ², shape (N, d).

    Returns:
        Nats, shape (N,).

    Source: Kingma & Welling 2014, Appendix B.
    """
    return 0.5 * tf.reduce_sum(mean**2 + tf.exp(log_var) - 1.0 - log_var, axis=-1)


def gaussian_kl_terms(mean: Any, log_var: Any) -> Any:
    """Σ|terms| of :func:`gaussian_kl`, shape (N,)."""
    return terms_of(lambda m, s: 0.5 * np.sum(m**2 + np.exp(s) - 1.0 - s, axis=-1), mean, log_var)


def sample_latent(mean: Any, log_var: Any, eps: Any) -> Any:
    """A draw from N(mean, exp(log_var)) as a function of standard noise.

    Args:
        mean: shape (N, d).
        log_var: shape (N, d).
        eps: shape (N, d).

    Returns:
        z of shape (N, d), differentiable in both parameters.

    Source: Kingma & Welling 2014, eq. (10); Batra, "Reparameterization trick".
    """
    return mean + tf.exp(0.5 * log_var) * eps


def sample_latent_terms(mean: Any, log_var: Any, eps: Any) -> Any:
    """Σ|terms| of :func:`sample_latent`, shape (N, d)."""
    return terms_of(lambda m, s, e: m + np.exp(0.5 * s) * e, mean, log_var, eps)


def sample_latent_gradient_terms(mean: Any, log_var: Any, eps: Any, wrt: Sequence[int | str]) -> list[Any]:
    """Σ|terms| of the gradients of the sum of all draws, by mean and by log_var."""
    by = [np.ones_like(mean), terms_of(lambda s, e: 0.5 * np.exp(0.5 * s) * e, log_var, eps)]
    return [by[int(key)] for key in wrt]


def bernoulli_log_likelihood(x: Any, logits: Any) -> Any:
    """Log-probability of binary images under independent pixels.

    .. math:: \\sum_d x_d l_d - \\log(1 + e^{l_d})

    Args:
        x: 0 or 1, shape (N, D).
        logits: l, shape (N, D), of any size.

    Returns:
        Nats, shape (N,).

    Source: Kingma & Welling 2014, eq. (11).
    """
    return tf.reduce_sum(x * logits - tf.nn.softplus(logits), axis=-1)


def bernoulli_log_likelihood_terms(x: Any, logits: Any) -> Any:
    """Σ|terms| of :func:`bernoulli_log_likelihood`, shape (N,)."""

    def stable(x: Any, logits: Any) -> Any:
        softplus = np.maximum(logits, 0.0) + np.log1p(np.exp(-np.abs(logits)))
        return np.sum(x * logits - softplus, axis=-1)

    return terms_of(stable, x, logits)


def gaussian_log_likelihood(x: Any, mean: Any, log_var: Any) -> Any:
    """Log-density of grey images under independent Gaussian pixels.

    .. math:: -\\frac12 \\sum_d (x_d - μ_d)^2 / σ^2 + \\log σ^2 + \\log 2π

    Args:
        x: shape (N, D).
        mean: μ, shape (N, D).
        log_var: log σ², shape (D,): one for each pixel, shared by the images.

    Returns:
        Nats, shape (N,).

    Source: Kingma & Welling 2014, eq. (12).
    """
    return -0.5 * tf.reduce_sum((x - mean) ** 2 * tf.exp(-log_var) + log_var + LOG_2PI, axis=-1)


def gaussian_log_likelihood_terms(x: Any, mean: Any, log_var: Any) -> Any:
    """Σ|terms| of :func:`gaussian_log_likelihood`, shape (N,)."""
    return terms_of(
        lambda x, m, s: -0.5 * np.sum((x - m) ** 2 * np.exp(-s) + s + np.log(2.0 * np.pi), axis=-1),
        x,
        mean,
        log_var,
    )


@keras.saving.register_keras_serializable("ps07")
class VAE(keras.Model):
    """Encoder and decoder as one Keras model; the notebook has the same class.

    Args:
        encoder: model from images to the pair mean, log variance.
        decoder: model from latents to logits.
    """

    def __init__(self, encoder: Any, decoder: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.encoder, self.decoder = encoder, decoder

    def call(self, x: Any) -> Any:
        """Probabilities of dark pixels at the posterior mean."""
        return tf.sigmoid(self.decoder(self.encoder(x)[0]))

    def train_step(self, x: Any) -> dict[str, Any]:
        """One step of ``fit``."""
        eps = tf.random.normal([tf.shape(x)[0], self.decoder.input_shape[-1]])
        return {"loss": gradient_step(self, self.optimizer, x, eps)}

    def get_config(self) -> dict[str, Any]:
        """Both networks, serialised."""
        networks = {"encoder": self.encoder, "decoder": self.decoder}
        return {name: keras.saving.serialize_keras_object(part) for name, part in networks.items()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> VAE:
        """The model that :meth:`get_config` described."""
        return cls(**{name: keras.saving.deserialize_keras_object(part) for name, part in config.items()})


def linear_vae(weights: Sequence[Any]) -> VAE:
    """A VAE without hidden layers; the notebook has the same function.

    Args:
        weights: kernel and bias of the mean, of the log variance, and of the decoder: six arrays.
    """
    x = keras.Input((len(weights[0]),))
    z = keras.Input((len(weights[4]),))
    heads = [keras.layers.Dense(len(weights[1]))(x) for _ in range(2)]
    vae = VAE(keras.Model(x, heads), keras.Model(z, keras.layers.Dense(len(weights[5]))(z)))
    return with_weights(vae, weights)


def with_weights(vae: VAE, weights: Sequence[Any]) -> VAE:
    """Gives a VAE its weights, the encoder's first; the notebook has the same function."""
    count = len(vae.encoder.weights)
    vae.encoder.set_weights(weights[:count])
    vae.decoder.set_weights(weights[count:])
    return vae


def weights_of(vae: VAE, after: Any = None) -> list[Any]:
    """The weights of a VAE, the encoder's first; the notebook has the same function.

    Args:
        vae: the model.
        after: what has to be there first. A step that fails leaves the weights as they are, and the reason is
            a better answer than those.
    """
    return [*vae.encoder.get_weights(), *vae.decoder.get_weights()]


def encode(vae: VAE, x: Any) -> Any:
    """Mean and log variance of q(z|x); the notebook has the same function."""
    return vae.encoder(x)


def decode(vae: VAE, z: Any) -> Any:
    """Logits for given latents; the notebook has the same function."""
    return vae.decoder(z)


def build_vae(pixels: int, hidden: int, latent: int) -> VAE:
    """Encoder and decoder with one hidden layer of tanh units each.

    Args:
        pixels: D, numbers of an image.
        hidden: units of either hidden layer.
        latent: d, size of z.

    Returns:
        The model; its encoder gives the pair mean, log variance, its decoder logits.

    Source: Kingma & Welling 2014, Appendix C.
    """
    x = keras.Input((pixels,))
    h = keras.layers.Dense(hidden, activation="tanh")(x)
    encoder = keras.Model(x, [keras.layers.Dense(latent)(h), keras.layers.Dense(latent)(h)])
    z = keras.Input((latent,))
    g = keras.layers.Dense(hidden, activation="tanh")(z)
    decoder = keras.Model(z, keras.layers.Dense(pixels)(g))
    return VAE(encoder, decoder)


def negative_elbo(vae: VAE, x: Any, eps: Any, beta: float) -> Any:
    """The loss of a VAE at given noise, with a weight on the KL.

    .. math:: \\frac1N \\sum_n β KL(q_n ‖ p(z)) - \\log p(x_n | z_n), \\qquad z_n = μ_n + σ_n ε_n

    Args:
        vae: the model.
        x: binary images, float32, shape (N, D).
        eps: standard normal noise, float32, shape (N, d).
        beta: β >= 0; 1 makes the loss minus the ELBO.

    Returns:
        Nats an image, a scalar.

    Source: Kingma & Welling 2014, eq. (10); Higgins et al. 2017 for β.
    """
    mean, log_var = vae.encoder(x)
    z = sample_latent(mean, log_var, eps)
    likelihood = bernoulli_log_likelihood(x, vae.decoder(z))
    return tf.reduce_mean(beta * gaussian_kl(mean, log_var) - likelihood)


def gradient_step(vae: VAE, optimizer: Any, x: Any, eps: Any) -> Any:
    """One step of an optimiser downhill on the loss with β = 1.

    Args:
        vae: the model; its weights change.
        optimizer: a Keras optimiser.
        x: binary images, float32, shape (N, D).
        eps: standard normal noise, float32, shape (N, d).

    Returns:
        The loss before the step, a scalar.
    """
    with tf.GradientTape() as tape:
        loss = negative_elbo(vae, x, eps, 1.0)
    variables = vae.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return loss


def sgd(rate: float) -> Any:
    """Plain gradient descent; the notebook has the same function."""
    return keras.optimizers.SGD(rate)


def train_on_digits(vae: VAE, images: Any) -> Any:
    """The training of the notebook, which has the same function; returns Keras's history."""
    vae.compile(optimizer=keras.optimizers.Adam(5e-3), jit_compile=False)
    return vae.fit(images, batch_size=128, epochs=60, verbose=0)


def trained_weights() -> list[Any]:
    """Weights of the model that the notebook trains: 64 pixels, 64 hidden units, 2 latents."""
    return _trained()


@cache
def _trained() -> list[Any]:
    # Once a process: a diagnosis asks for it again for every registered mistake.
    from course.data import digits

    vae = build_vae(64, 64, 2)
    train_on_digits(vae, digits("binary").train_images.reshape(-1, 64))
    return weights_of(vae)


def iwae_bound(log_likelihood: Any, z: Any, mean: Any, log_var: Any) -> Any:
    """The importance-weighted bound on log p(x), from k draws of z for each image.

    .. math:: \\log \\frac1k \\sum_i \\frac{p(x|z_i) p(z_i)}{q(z_i|x)}

    Args:
        log_likelihood: log p(x|z), shape (k, N).
        z: draws from q, shape (k, N, d).
        mean: of q, shape (N, d).
        log_var: of q, shape (N, d).

    Returns:
        Nats, shape (N,).

    Source: Burda, Grosse & Salakhutdinov 2016, eq. (8).
    """
    log_prior = -0.5 * np.sum(z**2 + LOG_2PI, axis=-1)
    log_q = -0.5 * np.sum((z - mean) ** 2 / np.exp(log_var) + log_var + LOG_2PI, axis=-1)
    log_weights = log_likelihood + log_prior - log_q
    largest = np.max(log_weights, axis=0)
    return largest + np.log(np.mean(np.exp(log_weights - largest), axis=0))


def unit_statistics(mean: Any, log_var: Any) -> tuple[Any, Any]:
    """What each latent unit carries: its KL, and how much its mean moves with the image.

    Args:
        mean: of q(z|x) for N images, shape (N, d).
        log_var: shape (N, d).

    Returns:
        The mean over images of each unit's KL from the prior, nats, and the variance over images of each
        unit's posterior mean, both of shape (d,).

    Source: Burda, Grosse & Salakhutdinov 2016, Section 5 (activity).
    """
    kl = np.mean(0.5 * (mean**2 + np.exp(log_var) - 1.0 - log_var), axis=0)
    return kl, np.mean((mean - np.mean(mean, axis=0)) ** 2, axis=0)
