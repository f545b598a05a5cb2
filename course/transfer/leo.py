"""Latent embedding optimisation: adaptation in a few latents that the weights are decoded from."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from course.data import SinusoidTasks
from course.transfer.adaptation import adapt
from course.transfer.episodes import learn_from_sinusoids
from course.transfer.meta_network import initial_weights, network, task_losses
from course.validation import finite_float, positive_float, positive_int


class LEO:
    """An encoder reads a task's examples, latents are adapted by gradient, a decoder makes the weights.

    ::

        q(z | D) = N(mean, exp(log_std)²),   mean and log_std from the average of an encoder over examples
        z' = z − α ∇_z support(decoder(z)),   repeated;   w = decoder(z')
        minimise query(w) + β KL(q ‖ N(0, I)) + γ ‖stop(z') − z‖²

    A small variant of the paper's: no relation network between pairs, the decoder gives weights rather than
    a distribution of them, and no fine-tuning in the space of weights.

    Args:
        sizes: widths of the network whose weights are decoded.
        latents: dimension of z, ≥ 1.
        inner_rate: α's first value; it is learnt with the rest.
        inner_steps: gradient steps on z, ≥ 1.
        kl_weight: β, ≥ 0.
        encoder_weight: γ, ≥ 0.
        learning_rate: Adam's, > 0.
        seed: of weights and noise.

    Raises:
        ArgumentError: an argument is out of range.

    Source:
        Damianou, "Meta-learning"; Rusu et al. 2019, algorithm 1 and equations 3 to 7.
    """

    def __init__(
        self,
        sizes: Sequence[int] = (1, 40, 40, 1),
        *,
        latents: int = 16,
        inner_rate: float = 0.1,
        inner_steps: int = 2,
        kl_weight: float = 1e-3,
        encoder_weight: float = 1e-3,
        learning_rate: float = 2e-3,
        seed: int = 0,
    ) -> None:
        self.latents = positive_int(latents, "latents")
        self.inner_steps = positive_int(inner_steps, "inner_steps")
        self.kl_weight = finite_float(kl_weight, "kl_weight")
        self.encoder_weight = finite_float(encoder_weight, "encoder_weight")
        start = initial_weights(sizes, seed)
        self._shapes = [weight.shape for weight in start]
        width = sizes[0] + sizes[-1]
        encoder = initial_weights([width, 64, 64, 2 * self.latents], seed + 1)
        total = sum(weight.size for weight in start)
        decoder = initial_weights([self.latents, total], seed + 2)
        # The decoder's bias is a start for the network: z = 0 decodes to an ordinary initialisation.
        decoder[1] = np.concatenate([weight.ravel() for weight in start])
        self._encoder = [tf.Variable(weight) for weight in encoder]
        self._decoder = [tf.Variable(weight) for weight in decoder]
        self._log_rate = tf.Variable(np.float32(np.log(positive_float(inner_rate, "inner_rate"))))
        self.weights = [*self._encoder, *self._decoder, self._log_rate]
        self.optimizer = keras.optimizers.Adam(
            positive_float(learning_rate, "learning_rate"), global_clipnorm=1.0
        )
        self.optimizer.build(self.weights)
        self._noise = np.random.default_rng(seed)
        self._step = tf.function(self._update, reduce_retracing=True)

    def encode(self, x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and log_std of z, each of shape (tasks, latents).

        Args:
            x: shape (tasks, examples, inputs).
            y: shape (tasks, examples, outputs).
        """
        codes = tf.reduce_mean(network(self._encoder, tf.concat([x, y], axis=-1)), axis=1)
        return codes[:, : self.latents], tf.clip_by_value(codes[:, self.latents :] - 2.0, -6.0, 2.0)

    def decode(self, z: tf.Tensor) -> list[tf.Tensor]:
        """Weights of the network, one set a task.

        Args:
            z: shape (tasks, latents).
        """
        flat = tf.matmul(z, self._decoder[0]) + self._decoder[1]
        sizes = [int(np.prod(shape)) for shape in self._shapes]
        return [
            tf.reshape(part, [-1, *shape])
            for part, shape in zip(tf.split(flat, sizes, axis=1), self._shapes, strict=True)
        ]

    def adapted(self, z: tf.Tensor, x: tf.Tensor, y: tf.Tensor, steps: int) -> tf.Tensor:
        """Latents after gradient steps on a task's examples.

        Args:
            z: shape (tasks, latents).
            x: shape (tasks, examples, inputs).
            y: shape (tasks, examples, outputs).
            steps: ≥ 0.
        """
        loss = lambda zs: tf.reduce_sum(task_losses(self.decode(zs[0]), x, y))  # noqa: E731
        return adapt(loss, [z], tf.exp(self._log_rate), steps)[0]

    def _gradient(
        self,
        support_x: tf.Tensor,
        support_y: tf.Tensor,
        query_x: tf.Tensor,
        query_y: tf.Tensor,
        eps: tf.Tensor,
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            mean, log_std = self.encode(support_x, support_y)
            z = mean + tf.exp(log_std) * eps
            moved = self.adapted(z, support_x, support_y, self.inner_steps)
            loss = tf.reduce_mean(task_losses(self.decode(moved), query_x, query_y))
            kl = 0.5 * tf.reduce_sum(mean**2 + tf.exp(2.0 * log_std) - 1.0 - 2.0 * log_std, axis=1)
            drift = tf.reduce_sum((tf.stop_gradient(moved) - z) ** 2, axis=1)
            total = loss + tf.reduce_mean(self.kl_weight * kl + self.encoder_weight * drift)
        return loss, tape.gradient(total, self.weights)

    def _update(self, *arrays: tf.Tensor) -> tf.Tensor:
        loss, slopes = self._gradient(*arrays)
        self.optimizer.apply(slopes, self.weights)
        return loss

    def fit(self, steps: int, *, tasks: int = 16, shots: int = 10, seed: int = 0) -> list[float]:
        """Learns on sinusoids, new ones at each step.

        Args:
            steps: ≥ 1.
            tasks: sinusoids a step, ≥ 1.
            shots: examples to adapt to, and as many to judge by, ≥ 1.
            seed: of the tasks.

        Returns:
            The query loss of each step.

        Raises:
            ArgumentError: a number is not a positive integer.
        """
        return learn_from_sinusoids(
            self._step, steps, tasks=tasks, shots=shots, seed=seed, noise=self._draw_noise
        )

    def _draw_noise(self, tasks: int) -> np.ndarray:
        return self._noise.standard_normal((tasks, self.latents)).astype(np.float32)

    def predict(self, x: np.ndarray, y: np.ndarray, at: np.ndarray, steps: int) -> np.ndarray:
        """Outputs after gradient steps on the latents, from z's mean.

        Args:
            x: shape (tasks, examples, inputs).
            y: shape (tasks, examples, outputs).
            at: inputs to predict at, shape (tasks, n, inputs).
            steps: ≥ 0.

        Returns:
            Shape (tasks, n, outputs).
        """
        z = self.adapted(
            self.encode(tf.constant(x), tf.constant(y))[0], tf.constant(x), tf.constant(y), steps
        )
        return network(self.decode(z), tf.constant(at)).numpy()

    def error_curve(self, data: SinusoidTasks, steps: int) -> np.ndarray:
        """Mean squared query error of each task after 0, 1, ... steps on its latents, from z's mean.

        Args:
            data: tasks that were not learnt on.
            steps: the last number of steps, ≥ 1.

        Returns:
            Shape (tasks, steps + 1).

        Raises:
            ArgumentError: ``steps`` is not a positive integer.
        """
        x, y = tf.constant(data.support_x), tf.constant(data.support_y)
        z, columns = self.encode(x, y)[0], []
        for step in range(positive_int(steps, "steps") + 1):
            columns.append(task_losses(self.decode(z), data.query_x, data.query_y).numpy())
            if step < steps:
                z = self.adapted(z, x, y, 1)
        return np.stack(columns, axis=1)
