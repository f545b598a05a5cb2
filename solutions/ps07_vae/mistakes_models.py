"""Wrong networks and losses of ps07, each with what a tutor would say.

As in the other files of the bank, each is self-contained and can stand under the stub of its function.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from autograder.checks import mistake

from .reference import VAE, bernoulli_log_likelihood, gaussian_kl, sample_latent

_BUILD_VAE = "build_vae"
_NEGATIVE_ELBO = "negative_elbo"

_IN_TWO_NETWORKS = "ps07 lecture, Two networks"
_IN_THE_LOSS = "ps07 lecture, The loss"


# build_vae


@mistake(
    _BUILD_VAE,
    "the hidden layers were ReLU",
    hint="Both hidden layers are tanh here.",
    lecture=_IN_TWO_NETWORKS,
)
def build_relu(pixels: Any, hidden: Any, latent: Any) -> Any:
    x = keras.Input((pixels,))
    h = keras.layers.Dense(hidden, activation="relu")(x)
    heads = [keras.layers.Dense(latent)(h), keras.layers.Dense(latent)(h)]
    z = keras.Input((latent,))
    g = keras.layers.Dense(hidden, activation="relu")(z)
    logits = keras.layers.Dense(pixels)(g)
    return VAE(keras.Model(x, heads), keras.Model(z, logits))


@mistake(
    _BUILD_VAE,
    "the encoder's hidden layer had no activation",
    hint="Two linear layers in a row are one linear layer.",
    lecture=_IN_TWO_NETWORKS,
)
def build_linear_encoder(pixels: Any, hidden: Any, latent: Any) -> Any:
    x = keras.Input((pixels,))
    h = keras.layers.Dense(hidden)(x)
    heads = [keras.layers.Dense(latent)(h), keras.layers.Dense(latent)(h)]
    z = keras.Input((latent,))
    g = keras.layers.Dense(hidden, activation="tanh")(z)
    logits = keras.layers.Dense(pixels)(g)
    return VAE(keras.Model(x, heads), keras.Model(z, logits))


@mistake(
    _BUILD_VAE,
    "the decoder's hidden layer had no activation",
    hint="Two linear layers in a row are one linear layer.",
    lecture=_IN_TWO_NETWORKS,
)
def build_linear_decoder(pixels: Any, hidden: Any, latent: Any) -> Any:
    x = keras.Input((pixels,))
    h = keras.layers.Dense(hidden, activation="tanh")(x)
    heads = [keras.layers.Dense(latent)(h), keras.layers.Dense(latent)(h)]
    z = keras.Input((latent,))
    g = keras.layers.Dense(hidden)(z)
    logits = keras.layers.Dense(pixels)(g)
    return VAE(keras.Model(x, heads), keras.Model(z, logits))


@mistake(
    _BUILD_VAE,
    "the decoder ended in a sigmoid",
    hint="The likelihood takes logits and applies the sigmoid itself.",
    lecture=_IN_TWO_NETWORKS,
)
def build_sigmoid_twice(pixels: Any, hidden: Any, latent: Any) -> Any:
    x = keras.Input((pixels,))
    h = keras.layers.Dense(hidden, activation="tanh")(x)
    heads = [keras.layers.Dense(latent)(h), keras.layers.Dense(latent)(h)]
    z = keras.Input((latent,))
    g = keras.layers.Dense(hidden, activation="tanh")(z)
    logits = keras.layers.Dense(pixels, activation="sigmoid")(g)
    return VAE(keras.Model(x, heads), keras.Model(z, logits))


@mistake(
    _BUILD_VAE,
    "the decoder's last layer had a tanh",
    hint="Logits are any real numbers.",
    lecture=_IN_TWO_NETWORKS,
)
def build_tanh_logits(pixels: Any, hidden: Any, latent: Any) -> Any:
    x = keras.Input((pixels,))
    h = keras.layers.Dense(hidden, activation="tanh")(x)
    heads = [keras.layers.Dense(latent)(h), keras.layers.Dense(latent)(h)]
    z = keras.Input((latent,))
    g = keras.layers.Dense(hidden, activation="tanh")(z)
    logits = keras.layers.Dense(pixels, activation="tanh")(g)
    return VAE(keras.Model(x, heads), keras.Model(z, logits))


@mistake(
    _BUILD_VAE,
    "the encoder's outputs had a tanh",
    hint="A posterior mean may lie beyond ±1.",
    lecture=_IN_TWO_NETWORKS,
)
def build_tanh_heads(pixels: Any, hidden: Any, latent: Any) -> Any:
    x = keras.Input((pixels,))
    h = keras.layers.Dense(hidden, activation="tanh")(x)
    heads = [keras.layers.Dense(latent, activation="tanh")(h) for _ in range(2)]
    z = keras.Input((latent,))
    g = keras.layers.Dense(hidden, activation="tanh")(z)
    logits = keras.layers.Dense(pixels)(g)
    return VAE(keras.Model(x, heads), keras.Model(z, logits))


@mistake(
    _BUILD_VAE,
    "the log variance passed a ReLU",
    hint="A log variance may be negative: it is, wherever the posterior is narrower than the prior.",
    lecture=_IN_TWO_NETWORKS,
)
def build_relu_log_var(pixels: Any, hidden: Any, latent: Any) -> Any:
    x = keras.Input((pixels,))
    h = keras.layers.Dense(hidden, activation="tanh")(x)
    heads = [keras.layers.Dense(latent)(h), keras.layers.Dense(latent, activation="relu")(h)]
    z = keras.Input((latent,))
    g = keras.layers.Dense(hidden, activation="tanh")(z)
    logits = keras.layers.Dense(pixels)(g)
    return VAE(keras.Model(x, heads), keras.Model(z, logits))


@mistake(
    _BUILD_VAE,
    "the second output passed a softplus, as if it were a standard deviation",
    hint="A log variance needs no constraint; that is why one uses it.",
    lecture=_IN_TWO_NETWORKS,
)
def build_softplus_log_var(pixels: Any, hidden: Any, latent: Any) -> Any:
    x = keras.Input((pixels,))
    h = keras.layers.Dense(hidden, activation="tanh")(x)
    heads = [keras.layers.Dense(latent)(h), keras.layers.Dense(latent, activation="softplus")(h)]
    z = keras.Input((latent,))
    g = keras.layers.Dense(hidden, activation="tanh")(z)
    logits = keras.layers.Dense(pixels)(g)
    return VAE(keras.Model(x, heads), keras.Model(z, logits))


@mistake(
    _BUILD_VAE,
    "the second output were the mean again",
    hint="Two heads, each with weights of its own.",
    lecture=_IN_TWO_NETWORKS,
)
def build_mean_twice(pixels: Any, hidden: Any, latent: Any) -> Any:
    x = keras.Input((pixels,))
    h = keras.layers.Dense(hidden, activation="tanh")(x)
    mean, log_var = keras.layers.Dense(latent)(h), keras.layers.Dense(latent)(h)
    heads = [mean, mean + 0.0 * log_var]
    z = keras.Input((latent,))
    g = keras.layers.Dense(hidden, activation="tanh")(z)
    logits = keras.layers.Dense(pixels)(g)
    return VAE(keras.Model(x, heads), keras.Model(z, logits))


@mistake(
    _BUILD_VAE,
    "the encoder gave the variance, not its logarithm",
    hint="The rest of the notebook takes the logarithm.",
    lecture=_IN_TWO_NETWORKS,
)
def build_exponentiated(pixels: Any, hidden: Any, latent: Any) -> Any:
    x = keras.Input((pixels,))
    h = keras.layers.Dense(hidden, activation="tanh")(x)
    heads = [keras.layers.Dense(latent)(h), keras.layers.Dense(latent, activation="exponential")(h)]
    z = keras.Input((latent,))
    g = keras.layers.Dense(hidden, activation="tanh")(z)
    logits = keras.layers.Dense(pixels)(g)
    return VAE(keras.Model(x, heads), keras.Model(z, logits))


# negative_elbo


@mistake(
    _NEGATIVE_ELBO,
    "it were the ELBO, not minus the ELBO",
    hint="An optimiser goes downhill.",
    lecture=_IN_THE_LOSS,
)
def loss_is_elbo(vae: Any, x: Any, eps: Any, beta: Any) -> Any:
    mean, log_var = vae.encoder(x)
    z = sample_latent(mean, log_var, eps)
    likelihood = bernoulli_log_likelihood(x, vae.decoder(z))
    return tf.reduce_mean(likelihood - beta * gaussian_kl(mean, log_var))


@mistake(
    _NEGATIVE_ELBO,
    "the KL were subtracted",
    hint="The KL is a cost.",
    lecture=_IN_THE_LOSS,
)
def loss_kl_subtracted(vae: Any, x: Any, eps: Any, beta: Any) -> Any:
    mean, log_var = vae.encoder(x)
    z = sample_latent(mean, log_var, eps)
    likelihood = bernoulli_log_likelihood(x, vae.decoder(z))
    return tf.reduce_mean(-likelihood - beta * gaussian_kl(mean, log_var))


@mistake(
    _NEGATIVE_ELBO,
    "the KL were left out",
    hint="Then the posterior shrinks to a point, and the model cannot generate.",
    lecture=_IN_THE_LOSS,
)
def loss_without_kl(vae: Any, x: Any, eps: Any, beta: Any) -> Any:
    mean, log_var = vae.encoder(x)
    z = sample_latent(mean, log_var, eps)
    likelihood = bernoulli_log_likelihood(x, vae.decoder(z))
    return tf.reduce_mean(-likelihood) + 0.0 * beta


@mistake(
    _NEGATIVE_ELBO,
    "β were left out",
    hint="It is right at β = 1 only.",
    lecture=_IN_THE_LOSS,
)
def loss_without_beta(vae: Any, x: Any, eps: Any, beta: Any) -> Any:
    mean, log_var = vae.encoder(x)
    z = sample_latent(mean, log_var, eps)
    likelihood = bernoulli_log_likelihood(x, vae.decoder(z))
    return tf.reduce_mean(gaussian_kl(mean, log_var) - likelihood) + 0.0 * beta


@mistake(
    _NEGATIVE_ELBO,
    "β weighed the likelihood",
    hint="β is the price of the KL.",
    lecture=_IN_THE_LOSS,
)
def loss_beta_on_likelihood(vae: Any, x: Any, eps: Any, beta: Any) -> Any:
    mean, log_var = vae.encoder(x)
    z = sample_latent(mean, log_var, eps)
    likelihood = bernoulli_log_likelihood(x, vae.decoder(z))
    return tf.reduce_mean(gaussian_kl(mean, log_var) - beta * likelihood)


@mistake(
    _NEGATIVE_ELBO,
    "β weighed both terms",
    hint="A factor on the whole loss changes no minimum.",
    lecture=_IN_THE_LOSS,
)
def loss_beta_on_both(vae: Any, x: Any, eps: Any, beta: Any) -> Any:
    mean, log_var = vae.encoder(x)
    z = sample_latent(mean, log_var, eps)
    likelihood = bernoulli_log_likelihood(x, vae.decoder(z))
    return beta * tf.reduce_mean(gaussian_kl(mean, log_var) - likelihood)


@mistake(
    _NEGATIVE_ELBO,
    "the images were summed, not averaged",
    hint="The loss should not grow with the batch.",
    lecture=_IN_THE_LOSS,
)
def loss_summed(vae: Any, x: Any, eps: Any, beta: Any) -> Any:
    mean, log_var = vae.encoder(x)
    z = sample_latent(mean, log_var, eps)
    likelihood = bernoulli_log_likelihood(x, vae.decoder(z))
    return tf.reduce_sum(beta * gaussian_kl(mean, log_var) - likelihood)


@mistake(
    _NEGATIVE_ELBO,
    "the likelihood were a mean over pixels",
    hint="Then the KL weighs D times too much, and the posterior collapses.",
    lecture=_IN_THE_LOSS,
)
def loss_pixels_averaged(vae: Any, x: Any, eps: Any, beta: Any) -> Any:
    mean, log_var = vae.encoder(x)
    z = sample_latent(mean, log_var, eps)
    likelihood = bernoulli_log_likelihood(x, vae.decoder(z)) / x.shape[1]
    return tf.reduce_mean(beta * gaussian_kl(mean, log_var) - likelihood)


@mistake(
    _NEGATIVE_ELBO,
    "the KL were a mean over latents",
    hint="Both terms are sums over their coordinates.",
    lecture=_IN_THE_LOSS,
)
def loss_kl_averaged(vae: Any, x: Any, eps: Any, beta: Any) -> Any:
    mean, log_var = vae.encoder(x)
    z = sample_latent(mean, log_var, eps)
    likelihood = bernoulli_log_likelihood(x, vae.decoder(z))
    return tf.reduce_mean(beta * gaussian_kl(mean, log_var) / eps.shape[1] - likelihood)


@mistake(
    _NEGATIVE_ELBO,
    "the KL were divided by the number of pixels",
    hint="The likelihood is not divided by it, so neither is the KL.",
    lecture=_IN_THE_LOSS,
)
def loss_kl_over_pixels(vae: Any, x: Any, eps: Any, beta: Any) -> Any:
    mean, log_var = vae.encoder(x)
    z = sample_latent(mean, log_var, eps)
    likelihood = bernoulli_log_likelihood(x, vae.decoder(z))
    return tf.reduce_mean(beta * gaussian_kl(mean, log_var) / x.shape[1] - likelihood)


@mistake(
    _NEGATIVE_ELBO,
    "the posterior mean were decoded: no noise",
    hint="The expectation under q is over draws; without noise log_var has no reason to be large.",
    lecture=_IN_THE_LOSS,
)
def loss_without_noise(vae: Any, x: Any, eps: Any, beta: Any) -> Any:
    mean, log_var = vae.encoder(x)
    z = mean + 0.0 * eps
    likelihood = bernoulli_log_likelihood(x, vae.decoder(z))
    return tf.reduce_mean(beta * gaussian_kl(mean, log_var) - likelihood)


@mistake(
    _NEGATIVE_ELBO,
    "the noise were scaled by σ², not by σ",
    hint="`sample_latent` does it right.",
    lecture=_IN_THE_LOSS,
)
def loss_std_is_variance(vae: Any, x: Any, eps: Any, beta: Any) -> Any:
    mean, log_var = vae.encoder(x)
    z = mean + tf.exp(log_var) * eps
    likelihood = bernoulli_log_likelihood(x, vae.decoder(z))
    return tf.reduce_mean(beta * gaussian_kl(mean, log_var) - likelihood)


@mistake(
    _NEGATIVE_ELBO,
    "z were cut from the encoder (stop_gradient)",
    hint="The value is right, but the likelihood teaches the encoder nothing.",
    lecture=_IN_THE_LOSS,
)
def loss_detached(vae: Any, x: Any, eps: Any, beta: Any) -> Any:
    mean, log_var = vae.encoder(x)
    z = tf.stop_gradient(sample_latent(mean, log_var, eps)) + 0.0 * eps
    likelihood = bernoulli_log_likelihood(x, vae.decoder(z))
    return tf.reduce_mean(beta * gaussian_kl(mean, log_var) - likelihood)


@mistake(
    _NEGATIVE_ELBO,
    "mean and log variance had changed places",
    hint="The encoder gives the mean first.",
    lecture=_IN_THE_LOSS,
)
def loss_swapped_networks_outputs(vae: Any, x: Any, eps: Any, beta: Any) -> Any:
    log_var, mean = vae.encoder(x)
    z = sample_latent(mean, log_var, eps)
    likelihood = bernoulli_log_likelihood(x, vae.decoder(z))
    return tf.reduce_mean(beta * gaussian_kl(mean, log_var) - likelihood)


@mistake(
    _NEGATIVE_ELBO,
    "a sigmoid were applied to the logits",
    hint="`bernoulli_log_likelihood` takes logits.",
    lecture=_IN_THE_LOSS,
)
def loss_sigmoid_twice(vae: Any, x: Any, eps: Any, beta: Any) -> Any:
    mean, log_var = vae.encoder(x)
    z = sample_latent(mean, log_var, eps)
    likelihood = bernoulli_log_likelihood(x, tf.sigmoid(vae.decoder(z)))
    return tf.reduce_mean(beta * gaussian_kl(mean, log_var) - likelihood)
