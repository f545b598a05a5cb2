"""Generative adversarial networks."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from course.errors import ArgumentError, ShapeError
from course.layers.noise import standard_normal, uniform
from course.models.adversarial import LOSSES, discriminator_loss, generator_loss, gradient_penalty
from course.models.base import CourseModel
from course.validation import one_of, positive_int


@keras.saving.register_keras_serializable(package="course")
class GAN(CourseModel):
    """A generator and the discriminator that it has to deceive.

    ::

        z ~ N(0, I),   x = generator(z),   D(x) = σ(discriminator(x))
        min_G max_D  V = E_data[log D(x)] + E_z[log(1 − D(G(z)))]

    A step of ``fit(x)`` is ``critic_steps`` steps of the discriminator on the batch, with fresh z in each,
    then one step of the generator. ``losses`` of both are in :mod:`course.models.adversarial`; neither says
    how good the samples are.

    Args:
        generator: layer or model from (batch, latent_size) to (batch, *event).
        discriminator: from (batch, *event) to (batch, 1): logits, or a critic's scores.
        latent_size: d ≥ 1.
        loss: ``"non_saturating"``, ``"minimax"`` or ``"wasserstein"``.
        penalty: λ ≥ 0, weight of the gradient penalty in the discriminator's loss; None takes 10 for
            ``"wasserstein"`` and 0 for the others.
        critic_steps: of the discriminator to one of the generator, ≥ 1.
        seed: of the noise; None takes a random one.
        kwargs: name, dtype and trainable.

    Call arguments:
        inputs: shape (batch, *event).

    Output shape:
        (batch,): the discriminator's logits.

    Raises:
        ArgumentError: an argument is outside its range.
        ShapeError: the networks' outputs do not fit.

    Example:
        >>> dense = keras.layers.Dense
        >>> gan = GAN(dense(2), dense(1), latent_size=3)
        >>> gan(tf.zeros([4, 2])).shape, gan.sample(5).shape
        (TensorShape([4]), TensorShape([5, 2]))

    Source:
        Goodfellow et al. 2014, algorithm 1; Gulrajani et al. 2017, algorithm 1; Ivanov, "Generative
        Adversarial Networks (GAN)".
    """

    def __init__(
        self,
        generator: keras.layers.Layer,
        discriminator: keras.layers.Layer,
        *,
        latent_size: int,
        loss: str = "non_saturating",
        penalty: float | None = None,
        critic_steps: int = 1,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.generator, self.discriminator = generator, discriminator
        self.latent_size = positive_int(latent_size, "latent_size")
        self.critic_steps = positive_int(critic_steps, "critic_steps")
        self.adversarial_loss = one_of(loss, LOSSES, "loss")
        if penalty is None:
            penalty = 10.0 if loss == "wasserstein" else 0.0
        if isinstance(penalty, bool) or not isinstance(penalty, int | float) or not 0 <= penalty < 1e30:
            raise ArgumentError(
                "`penalty` is not negative", expected="penalty ≥ 0", received=f"penalty={penalty!r}"
            )
        self.penalty, self.seed = float(penalty), seed
        self.noise = keras.random.SeedGenerator(seed)
        self.discriminator_tracker = keras.metrics.Mean(name="discriminator_loss")
        self.generator_tracker = keras.metrics.Mean(name="generator_loss")
        self.loss_tracker = keras.metrics.Mean(name="loss")

    def build(self, input_shape: Any) -> None:
        """Builds both networks.

        Args:
            input_shape: (batch, *event).
        """
        for part, entering in (
            (self.generator, (None, self.latent_size)),
            (self.discriminator, tuple(input_shape)),
        ):
            if not part.built:
                part.build(entering)
        self.built = True
        self._build_optimizers()

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The discriminator's logits, float32, shape (batch,)."""
        logits = self.discriminator(inputs)
        if logits.shape.rank != 2 or logits.shape[-1] != 1:
            raise ShapeError(
                "the discriminator gives one logit", expected="(batch, 1)", received=tuple(logits.shape)
            )
        return tf.cast(logits[:, 0], tf.float32)

    def generate(self, z: Any) -> tf.Tensor:
        """What the generator makes of given latents.

        Args:
            z: shape (n, latent_size).

        Returns:
            Shape (n, *event), float32.

        Raises:
            ShapeError: z has another shape.
        """
        z = tf.convert_to_tensor(z, tf.float32)
        if z.shape.rank != 2 or z.shape[-1] != self.latent_size:
            raise ShapeError(
                "latents have the shape (n, latent_size)",
                expected=f"(n, {self.latent_size})",
                received=tuple(z.shape),
            )
        return tf.cast(self.generator(z), tf.float32)

    def sample(self, count: int) -> tf.Tensor:
        """New samples.

        Args:
            count: ≥ 1.

        Returns:
            Shape (count, *event), float32.
        """
        return self.generate(self._latents(positive_int(count, "count")))

    def compile(self, optimizer: Any = "rmsprop", discriminator_optimizer: Any = None, **kwargs: Any) -> None:
        """As ``keras.Model.compile``, with two optimisers.

        Args:
            optimizer: the generator's.
            discriminator_optimizer: None takes another one of the generator's settings.
            kwargs: as for ``keras.Model.compile``.
        """
        super().compile(optimizer=optimizer, **kwargs)
        # Not self.optimizer itself: Keras may have wrapped it for loss scaling.
        own = keras.optimizers.get(optimizer)
        if discriminator_optimizer is None:
            other = type(own).from_config(own.get_config())
        else:
            other = keras.optimizers.get(discriminator_optimizer)
        self.discriminator_optimizer = other
        if self.built:
            self._build_optimizers()

    def get_compile_config(self) -> dict[str, Any]:
        """What ``compile`` was called with."""
        config = super().get_compile_config()
        if config:
            other = keras.saving.serialize_keras_object(self.discriminator_optimizer)
            config = {**config, "discriminator_optimizer": other}
        return config

    def _build_optimizers(self) -> None:
        if getattr(self, "optimizer", None) is None:
            return
        # Here and not in Keras' fit, which would give one of them the variables of both networks.
        for optimizer, part in (
            (self.optimizer, self.generator),
            (self.discriminator_optimizer, self.discriminator),
        ):
            if not optimizer.built:
                optimizer.build(part.trainable_variables)

    def discriminator_batch_loss(self, real: tf.Tensor, z: tf.Tensor, mix: tf.Tensor) -> tf.Tensor:
        """The discriminator's loss with its penalty.

        Args:
            real: data, shape (batch, *event).
            z: latents, shape (batch, latent_size).
            mix: in [0, 1], shape (batch,), for the penalty.
        """
        real, fake = tf.cast(real, tf.float32), tf.stop_gradient(self.generate(z))
        loss = discriminator_loss(self(real), self(fake), self.adversarial_loss)
        if self.penalty:
            loss += self.penalty * gradient_penalty(self, real, fake, mix)
        return loss

    def generator_batch_loss(self, z: tf.Tensor) -> tf.Tensor:
        """The generator's loss.

        Args:
            z: latents, shape (batch, latent_size).
        """
        return generator_loss(self(self.generate(z)), self.adversarial_loss)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step of ``fit``: the discriminator, then the generator."""
        real, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        batch = tf.shape(real)[0]
        for _ in range(self.critic_steps):
            with tf.GradientTape() as tape:
                loss = self.discriminator_batch_loss(
                    real, self._latents(batch), uniform(self.noise, batch[None])
                )
                scaled = self.discriminator_optimizer.scale_loss(loss)
            _apply(self.discriminator_optimizer, tape, scaled, self.discriminator)
        with tf.GradientTape() as tape:
            deceit = self.generator_batch_loss(self._latents(batch))
            scaled = self.optimizer.scale_loss(deceit)
        _apply(self.optimizer, tape, scaled, self.generator)
        return self._report(loss, deceit)

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step of ``evaluate``: both losses, on fresh latents."""
        real, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        batch = tf.shape(real)[0]
        loss = self.discriminator_batch_loss(real, self._latents(batch), uniform(self.noise, batch[None]))
        return self._report(loss, self.generator_batch_loss(self._latents(batch)))

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Both losses; ``loss`` is the generator's."""
        return [self.loss_tracker, self.generator_tracker, self.discriminator_tracker]

    def _report(self, discriminator: tf.Tensor, generator: tf.Tensor) -> dict[str, tf.Tensor]:
        for tracker, value in zip(self.metrics, (generator, generator, discriminator), strict=True):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.metrics}

    def _latents(self, count: Any) -> tf.Tensor:
        return standard_normal(self.noise, tf.stack([count, self.latent_size]), tf.float32)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, the networks serialised."""
        config = super().get_config()
        parts = {name: getattr(self, name) for name in ("generator", "discriminator")}
        config |= {name: keras.saving.serialize_keras_object(part) for name, part in parts.items()}
        return config | {
            "latent_size": self.latent_size,
            "loss": self.adversarial_loss,
            "penalty": self.penalty,
            "critic_steps": self.critic_steps,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> GAN:
        """The model that :meth:`get_config` described."""
        config = dict(config)
        for name in ("generator", "discriminator"):
            config[name] = keras.saving.deserialize_keras_object(config[name], custom_objects=custom_objects)
        return cls(**config)


def _apply(optimizer: Any, tape: tf.GradientTape, loss: tf.Tensor, part: keras.layers.Layer) -> None:
    variables = part.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
