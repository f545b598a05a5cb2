"""Wrong divergences and draws of Gaussians in ps07, each with what a tutor would say.

As in the other files of the bank, each is self-contained and can stand under the stub of its function.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from autograder.checks import mistake

_GAUSSIAN_KL = "gaussian_kl"
_SAMPLE_LATENT = "sample_latent"

_IN_THE_KL_IN_CLOSED_FORM = "ps07 lecture, The KL in closed form"
_IN_THE_REPARAMETERISED_DRAW = "ps07 lecture, The reparameterised draw"


# gaussian_kl


@mistake(
    _GAUSSIAN_KL,
    "the factor ½ were missing",
    hint="Every entry is twice as large.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_without_half(mean: Any, log_var: Any) -> Any:
    return tf.reduce_sum(mean**2 + tf.exp(log_var) - 1.0 - log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "its sign were turned, as in the formula for −KL in Kingma & Welling's appendix",
    hint="A KL is never negative.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_sign_turned(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum(1.0 + log_var - mean**2 - tf.exp(log_var), axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "the −1 were left out",
    hint="What is the KL of the prior from itself?",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_without_one(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum(mean**2 + tf.exp(log_var) - log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "the 1 were taken off once and not for each latent",
    hint="The sum runs over all four terms.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_one_once(mean: Any, log_var: Any) -> Any:
    return 0.5 * (tf.reduce_sum(mean**2 + tf.exp(log_var) - log_var, axis=-1) - 1.0)


@mistake(
    _GAUSSIAN_KL,
    "the latents were averaged, not summed",
    hint="Independent coordinates add their KLs.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_mean_over_latents(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_mean(mean**2 + tf.exp(log_var) - 1.0 - log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "it were KL(p(z)‖q)",
    hint="The expectation is under q, the first argument.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_turned(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum((mean**2 + 1.0) * tf.exp(-log_var) - 1.0 + log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "`log_var` were log σ, not log σ²",
    hint="exp(log_var) is the variance itself.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_log_std(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum(mean**2 + tf.exp(2.0 * log_var) - 1.0 - 2.0 * log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "σ were in the place of σ²",
    hint="Which power of σ does the formula have?",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_std_for_variance(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum(mean**2 + tf.exp(0.5 * log_var) - 1.0 - log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "the mean were not squared",
    hint="A posterior on the left of the prior costs as much as one on the right.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_mean_not_squared(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum(mean + tf.exp(log_var) - 1.0 - log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "the mean were left out",
    hint="Is a posterior far from the origin free?",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_without_mean(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum(tf.exp(log_var) - 1.0 - log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "the logarithm of σ² were squared",
    hint="log σ², not (log σ²)²: the term is negative where σ > 1.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_log_squared(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum(mean**2 + tf.exp(log_var) - 1.0 - log_var**2, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "the logarithm were added, not subtracted",
    hint="As σ → 0 the KL grows without bound.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_log_sign(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum(mean**2 + tf.exp(log_var) - 1.0 + log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "it were summed over the images too and divided by their number",
    hint="One number for each image is asked for.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_over_batch(mean: Any, log_var: Any) -> Any:
    kl = 0.5 * tf.reduce_sum(mean**2 + tf.exp(log_var) - 1.0 - log_var, axis=-1)
    return tf.fill([len(mean)], tf.reduce_mean(kl))


# sample_latent


@mistake(
    _SAMPLE_LATENT,
    "the noise were multiplied by σ²: the ½ is missing",
    hint="exp(log σ²) is a variance; noise is scaled by a standard deviation.",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_std_is_variance(mean: Any, log_var: Any, eps: Any) -> Any:
    return mean + tf.exp(log_var) * eps


@mistake(
    _SAMPLE_LATENT,
    "the noise were multiplied by log σ²",
    hint="A log variance may be negative; a scale may not.",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_log_var_as_std(mean: Any, log_var: Any, eps: Any) -> Any:
    return mean + log_var * eps


@mistake(
    _SAMPLE_LATENT,
    "the exponent were 2·log σ²",
    hint="Half of log σ² is log σ.",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_doubled(mean: Any, log_var: Any, eps: Any) -> Any:
    return mean + tf.exp(2.0 * log_var) * eps


@mistake(
    _SAMPLE_LATENT,
    "the mean were scaled as well: σ(μ + ε)",
    hint="Scale the noise first, shift it then.",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_scaled_after(mean: Any, log_var: Any, eps: Any) -> Any:
    return tf.exp(0.5 * log_var) * (mean + eps)


@mistake(
    _SAMPLE_LATENT,
    "the noise were subtracted",
    hint="As a law this is right too; with given noise, z = μ + σε is asked for.",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_minus(mean: Any, log_var: Any, eps: Any) -> Any:
    return mean - tf.exp(0.5 * log_var) * eps


@mistake(
    _SAMPLE_LATENT,
    "no noise were added: z = μ",
    hint="Then it is a plain autoencoder.",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_without_noise(mean: Any, log_var: Any, eps: Any) -> Any:
    return mean + 0.0 * log_var * eps


@mistake(
    _SAMPLE_LATENT,
    "the noise had standard deviation 1 whatever log_var says",
    hint="Where does σ enter?",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_noise_unscaled(mean: Any, log_var: Any, eps: Any) -> Any:
    return mean + eps + 0.0 * log_var


@mistake(
    _SAMPLE_LATENT,
    "z were cut from its parameters (stop_gradient)",
    hint="The values are right, but no gradient reaches the encoder.",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_detached(mean: Any, log_var: Any, eps: Any) -> Any:
    return tf.stop_gradient(mean + tf.exp(0.5 * log_var) * eps) + 0.0 * (mean + log_var)


@mistake(
    _SAMPLE_LATENT,
    "σ were cut from log_var (stop_gradient)",
    hint="The values are right; how does z move when σ does?",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_std_detached(mean: Any, log_var: Any, eps: Any) -> Any:
    return mean + tf.stop_gradient(tf.exp(0.5 * log_var)) * eps + 0.0 * log_var


@mistake(
    _SAMPLE_LATENT,
    "μ were cut (stop_gradient)",
    hint="The values are right; how does z move when μ does?",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_mean_detached(mean: Any, log_var: Any, eps: Any) -> Any:
    return tf.stop_gradient(mean) + tf.exp(0.5 * log_var) * eps + 0.0 * mean


@mistake(
    _SAMPLE_LATENT,
    "the first image's noise were used for all images",
    hint="Each image has noise of its own.",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_one_noise_for_all(mean: Any, log_var: Any, eps: Any) -> Any:
    return mean + tf.exp(0.5 * log_var) * eps[:1]
