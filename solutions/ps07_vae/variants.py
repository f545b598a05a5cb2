"""Other correct routes through ps07, which every check must accept.

Each is self-contained, as a student's cell is.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from autograder.checks import variant

from .reference import LOG_2PI, VAE, bernoulli_log_likelihood, gaussian_kl, negative_elbo, sample_latent

# jensen


@variant("jensen")
def jensen_by_products(probabilities: Any, values: Any) -> Any:
    return np.log(probabilities @ values), np.dot(probabilities, np.log(values))


@variant("jensen")
def jensen_in_a_loop(probabilities: Any, values: Any) -> Any:
    mean = mean_log = 0.0
    for p, g in zip(probabilities, values, strict=True):
        mean += p * g
        mean_log += p * np.log(g)
    return [np.log(mean), mean_log]


@variant("jensen")
def jensen_in_tensorflow(probabilities: Any, values: Any) -> Any:
    p, g = tf.constant(probabilities, tf.float32), tf.constant(values, tf.float32)
    return tf.math.log(tf.reduce_sum(p * g)), tf.reduce_sum(p * tf.math.log(g))


# elbo_both_ways


@variant("elbo_both_ways")
def elbo_by_scipy(x: Any, w: Any, noise_var: Any, q_mean: Any, q_var: Any) -> Any:
    from scipy.stats import multivariate_normal, norm

    evidence = multivariate_normal.logpdf(x, np.zeros(len(x)), np.outer(w, w) + noise_var * np.eye(len(x)))
    likelihood = norm.logpdf(x, w * q_mean, np.sqrt(noise_var)).sum() - w @ w * q_var / (2 * noise_var)
    post_var = 1 / (1 + w @ w / noise_var)
    post_mean = post_var * (w @ x) / noise_var

    kls = [
        0.5 * (q_var / var - 1 + np.log(var / q_var) + (q_mean - mean) ** 2 / var)
        for mean, var in ((0.0, 1.0), (post_mean, post_var))
    ]
    return likelihood, kls[0], evidence, kls[1]


@variant("elbo_both_ways")
def elbo_by_the_gap(x: Any, w: Any, noise_var: Any, q_mean: Any, q_var: Any) -> Any:
    # log p(x) = log p(x, z)/p(z|x) at any z, here 0; the last KL is what is then left over.
    d = len(x)
    square = np.sum(x**2) - 2 * q_mean * np.sum(w * x) + np.sum(w**2) * (q_mean**2 + q_var)
    likelihood = -square / (2 * noise_var) - d / 2 * np.log(2 * np.pi * noise_var)
    kl_prior = (q_mean**2 + q_var - 1) / 2 - np.log(q_var) / 2
    precision = (noise_var + np.sum(w**2)) / noise_var
    mean = np.sum(w * x) / (noise_var + np.sum(w**2))
    at_zero = -np.sum(x**2) / (2 * noise_var) - d / 2 * np.log(2 * np.pi * noise_var)
    evidence = at_zero - np.log(precision) / 2 + precision * mean**2 / 2
    return likelihood, kl_prior, evidence, evidence - (likelihood - kl_prior)


# gaussian_kl


@variant("gaussian_kl")
def kl_by_tfp(mean: Any, log_var: Any) -> Any:
    import tensorflow_probability as tfp

    q = tfp.distributions.MultivariateNormalDiag(mean, tf.exp(0.5 * tf.convert_to_tensor(log_var)))
    prior = tfp.distributions.MultivariateNormalDiag(tf.zeros_like(mean), tf.ones_like(mean))
    return tfp.distributions.kl_divergence(q, prior)


@variant("gaussian_kl")
def kl_in_float32(mean: Any, log_var: Any) -> Any:
    mean, log_var = tf.cast(mean, tf.float32), tf.cast(log_var, tf.float32)
    return tf.reduce_sum((tf.square(mean) + tf.exp(log_var) - log_var - 1) / 2, axis=1)


@variant("gaussian_kl")
def kl_in_numpy(mean: Any, log_var: Any) -> Any:
    std = np.exp(log_var / 2)
    return np.sum(-np.log(std) + (std**2 + mean**2) / 2 - 0.5, axis=1)


# sample_latent


@variant("sample_latent")
def sample_by_sqrt(mean: Any, log_var: Any, eps: Any) -> Any:
    return tf.add(mean, tf.multiply(eps, tf.sqrt(tf.exp(log_var))))


@variant("sample_latent")
def sample_in_float32(mean: Any, log_var: Any, eps: Any) -> Any:
    mean, log_var, eps = (tf.cast(part, tf.float32) for part in (mean, log_var, eps))
    return tf.exp(log_var / 2) * eps + mean


# bernoulli_log_likelihood


@variant("bernoulli_log_likelihood")
def bernoulli_by_cross_entropy(x: Any, logits: Any) -> Any:
    return -tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits), axis=1)


@variant("bernoulli_log_likelihood")
def bernoulli_by_log_sigmoid(x: Any, logits: Any) -> Any:
    return tf.reduce_sum(x * tf.math.log_sigmoid(logits) + (1 - x) * tf.math.log_sigmoid(-logits), axis=-1)


@variant("bernoulli_log_likelihood")
def bernoulli_by_tfp(x: Any, logits: Any) -> Any:
    import tensorflow_probability as tfp

    return tfp.distributions.Independent(tfp.distributions.Bernoulli(logits=logits), 1).log_prob(x)


@variant("bernoulli_log_likelihood")
def bernoulli_in_numpy(x: Any, logits: Any) -> Any:
    return -np.sum(np.logaddexp(0.0, (1.0 - 2.0 * x) * logits), axis=1)


# gaussian_log_likelihood


@variant("gaussian_log_likelihood")
def gaussian_by_tfp(x: Any, mean: Any, log_var: Any) -> Any:
    import tensorflow_probability as tfp

    law = tfp.distributions.MultivariateNormalDiag(mean, tf.exp(0.5 * tf.convert_to_tensor(log_var)))
    return law.log_prob(x)


@variant("gaussian_log_likelihood")
def gaussian_by_scipy(x: Any, mean: Any, log_var: Any) -> Any:
    from scipy.stats import norm

    return norm.logpdf(x, mean, np.exp(log_var / 2)).sum(axis=1)


@variant("gaussian_log_likelihood")
def gaussian_in_float32(x: Any, mean: Any, log_var: Any) -> Any:
    x, mean, log_var = (tf.cast(part, tf.float32) for part in (x, mean, log_var))
    scaled = (x - mean) / tf.exp(log_var / 2)
    return -tf.reduce_sum(scaled**2, axis=-1) / 2 - tf.reduce_sum(log_var + LOG_2PI) / 2


# build_vae


@variant("build_vae")
def build_in_sequence(pixels: int, hidden: int, latent: int) -> Any:
    inputs = keras.Input((pixels,))
    h = keras.Sequential([keras.layers.Dense(hidden, "tanh")])(inputs)
    mean = keras.layers.Dense(latent, name="mean")(h)
    log_var = keras.layers.Dense(latent, name="log_var")(h)
    decoder = keras.Sequential(
        [keras.Input((latent,)), keras.layers.Dense(hidden, "tanh"), keras.layers.Dense(pixels)]
    )
    return VAE(keras.Model(inputs, (mean, log_var)), decoder)


@variant("build_vae")
def build_with_activation_layers(pixels: int, hidden: int, latent: int) -> Any:
    x, z = keras.Input([pixels]), keras.Input([latent])
    h = keras.layers.Activation("tanh")(keras.layers.Dense(hidden)(x))
    g = keras.ops.tanh(keras.layers.Dense(hidden)(z))
    heads = [keras.layers.Dense(latent)(h) for _ in range(2)]
    return VAE(keras.Model(x, heads), keras.Model(z, keras.layers.Dense(pixels, activation="linear")(g)))


# negative_elbo


@variant("negative_elbo")
def loss_term_by_term(vae: Any, x: Any, eps: Any, beta: Any) -> Any:
    mean, log_var = vae.encoder(x)
    z = sample_latent(mean, log_var, eps)
    reconstruction = -tf.reduce_mean(bernoulli_log_likelihood(x, vae.decoder(z)))
    return reconstruction + beta * tf.reduce_mean(gaussian_kl(mean, log_var))


@variant("negative_elbo")
def loss_from_scratch(vae: Any, x: Any, eps: Any, beta: Any) -> Any:
    mean, log_var = vae.encoder(x)
    logits = vae.decoder(mean + tf.sqrt(tf.exp(log_var)) * eps)
    per_pixel = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits)
    kl = tf.reduce_sum((mean**2 + tf.exp(log_var) - 1 - log_var) / 2, axis=1)
    return tf.reduce_sum(tf.reduce_sum(per_pixel, axis=1) + beta * kl) / len(x)


# gradient_step


@variant("gradient_step")
def step_by_apply(vae: Any, optimizer: Any, x: Any, eps: Any) -> Any:
    with tf.GradientTape() as tape:
        loss = negative_elbo(vae, x, eps, 1.0)
    optimizer.apply(tape.gradient(loss, vae.trainable_variables), vae.trainable_variables)
    return loss


@variant("gradient_step")
def step_by_networks(vae: Any, optimizer: Any, x: Any, eps: Any) -> Any:
    variables = [*vae.decoder.trainable_variables, *vae.encoder.trainable_variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([v.value for v in variables])
        loss = negative_elbo(vae, x, eps, 1)
    gradients = tape.gradient(loss, [v.value for v in variables])
    optimizer.apply_gradients(list(zip(gradients, variables, strict=True)))
    return tf.identity(loss)


# iwae_bound


@variant("iwae_bound")
def iwae_by_scipy(log_likelihood: Any, z: Any, mean: Any, log_var: Any) -> Any:
    from scipy.special import logsumexp
    from scipy.stats import norm

    log_ratio = norm.logpdf(z).sum(axis=-1) - norm.logpdf(z, mean, np.exp(log_var / 2)).sum(axis=-1)
    return logsumexp(log_likelihood + log_ratio, axis=0) - np.log(len(z))


@variant("iwae_bound")
def iwae_in_tensorflow(log_likelihood: Any, z: Any, mean: Any, log_var: Any) -> Any:
    eps = (z - mean) / tf.exp(0.5 * tf.convert_to_tensor(log_var))
    log_weights = log_likelihood + 0.5 * tf.reduce_sum(eps**2 + log_var - z**2, axis=-1)
    return tf.reduce_logsumexp(log_weights, axis=0) - np.log(len(z))


@variant("iwae_bound")
def iwae_image_by_image(log_likelihood: Any, z: Any, mean: Any, log_var: Any) -> Any:
    bounds = []
    for n in range(len(mean)):
        eps = (z[:, n] - mean[n]) * np.exp(-log_var[n] / 2)
        weights = log_likelihood[:, n] + (eps**2 - z[:, n] ** 2).sum(axis=1) / 2 + log_var[n].sum() / 2
        bounds.append(np.logaddexp.reduce(weights) - np.log(len(weights)))
    return np.array(bounds)


# unit_statistics


@variant("unit_statistics")
def units_by_numpy(mean: Any, log_var: Any) -> Any:
    std = np.exp(log_var / 2)
    kl = (mean**2 + std**2 - 1) / 2 - log_var / 2
    return kl.mean(axis=0), mean.var(axis=0)


@variant("unit_statistics")
def units_one_by_one(mean: Any, log_var: Any) -> Any:
    kl, activity = [], []
    for m, s in zip(mean.T, log_var.T, strict=True):
        kl.append(np.mean(m**2 + np.exp(s) - s - 1) / 2)
        activity.append(np.mean(m * m) - np.mean(m) ** 2)
    return np.array(kl), np.array(activity)
