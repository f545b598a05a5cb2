"""Discrete laws whose draws are a threshold of a continuous variable."""

from __future__ import annotations

import abc

import tensorflow as tf

from course.estimators.law import Law
from course.estimators.noise import open_uniform


class RelaxableLaw(Law):
    """A discrete law with parameter ``logits`` and draws ``harden(latent(logits, u))``, u uniform on (0, 1).

    The latent variable is differentiable in the logits; ``soften`` replaces the threshold by a function
    that is differentiable too.
    """

    parameters = ("logits",)
    discrete = True

    def draw_noise(self, parameters: dict[str, tf.Tensor], seed: tf.Tensor) -> tf.Tensor:
        """Uniform noise in (0, 1), one draw a row."""
        logits = parameters["logits"]
        return open_uniform(tf.shape(logits), seed, logits.dtype)

    def place(self, parameters: dict[str, tf.Tensor], noise: tf.Tensor) -> tf.Tensor:
        """The draws, floating 0 and 1."""
        return tf.stop_gradient(self.harden(self.latent(parameters, noise)))

    @abc.abstractmethod
    def latent(self, parameters: dict[str, tf.Tensor], noise: tf.Tensor) -> tf.Tensor:
        """The continuous variable behind a draw.

        Args:
            parameters: ``logits``.
            noise: uniform in (0, 1), the shape of the logits.
        """

    @abc.abstractmethod
    def conditional_latent(
        self, parameters: dict[str, tf.Tensor], z: tf.Tensor, noise: tf.Tensor
    ) -> tf.Tensor:
        """The continuous variable, drawn from its law given the draw that it led to.

        Args:
            parameters: ``logits``.
            z: draws.
            noise: uniform in (0, 1), independent of z.
        """

    @abc.abstractmethod
    def coupled_latent(self, parameters: dict[str, tf.Tensor], z: tf.Tensor, latent: tf.Tensor) -> tf.Tensor:
        """:meth:`conditional_latent` for the noise under which it ends where a given latent variable is.

        Its value is ``latent`` up to rounding; its gradient in the parameters is that of
        :meth:`conditional_latent` with this noise held fixed.

        Args:
            parameters: ``logits``.
            z: the draws that ``latent`` leads to.
            latent: see :meth:`latent`; its own gradient is not used.
        """

    @abc.abstractmethod
    def harden(self, latent: tf.Tensor) -> tf.Tensor:
        """The draw that a latent variable leads to.

        Args:
            latent: see :meth:`latent`.
        """

    @abc.abstractmethod
    def soften(self, latent: tf.Tensor, temperature: float) -> tf.Tensor:
        """A differentiable stand-in for the draw; tends to it as the temperature falls to 0.

        Args:
            latent: see :meth:`latent`.
            temperature: > 0.
        """

    @abc.abstractmethod
    def mean(self, parameters: dict[str, tf.Tensor]) -> tf.Tensor:
        """The expected draw.

        Args:
            parameters: ``logits``.
        """
