"""Wrong training steps of ps07, each with what a tutor would say.

As in the other files of the bank, each is self-contained and can stand under the stub of its function.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from autograder.checks import mistake

from .reference import negative_elbo

_GRADIENT_STEP = "gradient_step"

_IN_TRAINING = "ps07 lecture, Training"


# gradient_step


@mistake(
    _GRADIENT_STEP,
    "the step went uphill: the loss was turned before it was differentiated",
    hint="An optimiser subtracts what it is given.",
    lecture=_IN_TRAINING,
)
def step_uphill(vae: Any, optimizer: Any, x: Any, eps: Any) -> Any:
    with tf.GradientTape() as tape:
        loss = -negative_elbo(vae, x, eps, 1.0)
    variables = vae.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return -loss


@mistake(
    _GRADIENT_STEP,
    "the decoder alone were trained",
    hint="Both networks have weights.",
    lecture=_IN_TRAINING,
)
def step_decoder_only(vae: Any, optimizer: Any, x: Any, eps: Any) -> Any:
    with tf.GradientTape() as tape:
        loss = negative_elbo(vae, x, eps, 1.0)
    variables = vae.decoder.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return loss


@mistake(
    _GRADIENT_STEP,
    "the encoder alone were trained",
    hint="Both networks have weights.",
    lecture=_IN_TRAINING,
)
def step_encoder_only(vae: Any, optimizer: Any, x: Any, eps: Any) -> Any:
    with tf.GradientTape() as tape:
        loss = negative_elbo(vae, x, eps, 1.0)
    variables = vae.encoder.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return loss


@mistake(
    _GRADIENT_STEP,
    "the loss after the step were returned",
    hint="The loss whose gradient was taken is asked for: it costs nothing more.",
    lecture=_IN_TRAINING,
)
def step_loss_after(vae: Any, optimizer: Any, x: Any, eps: Any) -> Any:
    with tf.GradientTape() as tape:
        loss = negative_elbo(vae, x, eps, 1.0)
    variables = vae.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return negative_elbo(vae, x, eps, 1.0)


@mistake(
    _GRADIENT_STEP,
    "the step were made twice",
    hint="One call, one step.",
    lecture=_IN_TRAINING,
)
def step_twice(vae: Any, optimizer: Any, x: Any, eps: Any) -> Any:
    with tf.GradientTape() as tape:
        loss = negative_elbo(vae, x, eps, 1.0)
    variables = vae.trainable_variables
    gradients = tape.gradient(loss, variables)
    for _ in range(2):
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
    return loss


@mistake(
    _GRADIENT_STEP,
    "β were 0",
    hint="The bound has β = 1.",
    lecture=_IN_TRAINING,
)
def step_without_kl(vae: Any, optimizer: Any, x: Any, eps: Any) -> Any:
    with tf.GradientTape() as tape:
        loss = negative_elbo(vae, x, eps, 0.0)
    variables = vae.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return loss


@mistake(
    _GRADIENT_STEP,
    "the noise were replaced by zeros",
    hint="Use the noise that is given.",
    lecture=_IN_TRAINING,
)
def step_without_noise(vae: Any, optimizer: Any, x: Any, eps: Any) -> Any:
    with tf.GradientTape() as tape:
        loss = negative_elbo(vae, x, 0.0 * eps, 1.0)
    variables = vae.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return loss


@mistake(
    _GRADIENT_STEP,
    "the loss were a sum over the batch",
    hint="`negative_elbo` averages; the step should be the same for a batch listed twice.",
    lecture=_IN_TRAINING,
)
def step_summed(vae: Any, optimizer: Any, x: Any, eps: Any) -> Any:
    with tf.GradientTape() as tape:
        loss = len(x) * negative_elbo(vae, x, eps, 1.0)
    variables = vae.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return loss


@mistake(
    _GRADIENT_STEP,
    "the gradient were never applied",
    hint="Which line changes the weights?",
    lecture=_IN_TRAINING,
)
def step_not_applied(vae: Any, optimizer: Any, x: Any, eps: Any) -> Any:
    with tf.GradientTape() as tape:
        loss = negative_elbo(vae, x, eps, 1.0)
    variables = vae.trainable_variables
    tape.gradient(loss, variables)
    return loss


@mistake(
    _GRADIENT_STEP,
    "the gradients were scaled to length 1",
    hint="Clipping is for exploding gradients; this one is not asked for.",
    lecture=_IN_TRAINING,
)
def step_normalised(vae: Any, optimizer: Any, x: Any, eps: Any) -> Any:
    with tf.GradientTape() as tape:
        loss = negative_elbo(vae, x, eps, 1.0)
    variables = vae.trainable_variables
    gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, variables), 1.0)
    unit = [g / tf.linalg.global_norm(gradients) for g in gradients]
    optimizer.apply_gradients(zip(unit, variables, strict=True))
    return loss


@mistake(
    _GRADIENT_STEP,
    "the first image alone were used",
    hint="Every image of the batch counts.",
    lecture=_IN_TRAINING,
)
def step_first_image(vae: Any, optimizer: Any, x: Any, eps: Any) -> Any:
    with tf.GradientTape() as tape:
        loss = negative_elbo(vae, x[:1], eps[:1], 1.0)
    variables = vae.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return loss
