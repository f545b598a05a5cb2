"""What MAML, Reptile and plain joint training have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from course.data import SinusoidTasks
from course.errors import ArgumentError
from course.transfer.adaptation import adapt
from course.transfer.episodes import learn_from_sinusoids
from course.transfer.meta_network import initial_weights, network, task_losses
from course.validation import positive_float, positive_int


class MetaLearner(ABC):
    """A start for a dense network from which a few gradient steps fit a new task.

    It is a procedure, not a ``keras.Model``: the network runs on weights that are adapted for each task at
    once, which layers with weights of their own cannot. ``weights`` is all that there is to keep.

    Args:
        sizes: widths of the network.
        inner_rate: step size within a task, > 0.
        inner_steps: steps within a task while learning to learn, ≥ 1.
        learning_rate: Adam's for the start, > 0.
        seed: of the first start.

    Raises:
        ArgumentError: an argument is out of range.

    Source:
        Damianou, "Meta-learning".
    """

    def __init__(
        self,
        sizes: Sequence[int] = (1, 40, 40, 1),
        *,
        inner_rate: float = 0.02,
        inner_steps: int = 1,
        learning_rate: float = 2e-3,
        seed: int = 0,
    ) -> None:
        self.inner_rate = positive_float(inner_rate, "inner_rate")
        self.inner_steps = positive_int(inner_steps, "inner_steps")
        self.weights = [tf.Variable(weight) for weight in initial_weights(sizes, seed)]
        self.optimizer = keras.optimizers.Adam(positive_float(learning_rate, "learning_rate"))
        self.optimizer.build(self.weights)
        # One trace a learner: XLA would compile for longer than a few hundred steps take.
        self._step = tf.function(self._update, reduce_retracing=True)

    @abstractmethod
    def _gradient(
        self, support_x: tf.Tensor, support_y: tf.Tensor, query_x: tf.Tensor, query_y: tf.Tensor
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Loss to report, and the direction in which the start moves downhill."""

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
            The loss of each step.

        Raises:
            ArgumentError: a number is not a positive integer.
        """
        return learn_from_sinusoids(self._step, steps, tasks=tasks, shots=shots, seed=seed)

    def adapted(self, x: np.ndarray, y: np.ndarray, steps: int) -> list[tf.Tensor]:
        """Weights of each task after gradient steps on its examples.

        Args:
            x: shape (tasks, examples, inputs).
            y: shape (tasks, examples, outputs).
            steps: ≥ 0.
        """
        return adapt(
            lambda ws: tf.reduce_sum(task_losses(ws, tf.constant(x), tf.constant(y))),
            _tiled(self.weights, len(x)),
            self.inner_rate,
            steps,
            second_order=False,
        )

    def predict(self, x: np.ndarray, y: np.ndarray, at: np.ndarray, steps: int) -> np.ndarray:
        """Outputs after gradient steps on some examples.

        Args:
            x: shape (tasks, examples, inputs).
            y: shape (tasks, examples, outputs).
            at: inputs to predict at, shape (tasks, n, inputs).
            steps: ≥ 0.

        Returns:
            Shape (tasks, n, outputs).
        """
        return network(self.adapted(x, y, steps), tf.constant(at)).numpy()

    def error_curve(self, data: SinusoidTasks, steps: int) -> np.ndarray:
        """Mean squared query error of each task after 0, 1, ... gradient steps.

        Args:
            data: tasks that were not learnt on.
            steps: the last number of steps, ≥ 1.

        Returns:
            Shape (tasks, steps + 1).

        Raises:
            ArgumentError: ``steps`` is not a positive integer.
        """
        weights, columns = _tiled(self.weights, len(data.support_x)), []
        for step in range(positive_int(steps, "steps") + 1):
            columns.append(task_losses(weights, data.query_x, data.query_y).numpy())
            if step < steps:
                weights = adapt(
                    lambda ws: tf.reduce_sum(task_losses(ws, data.support_x, data.support_y)),
                    weights,
                    self.inner_rate,
                    1,
                    second_order=False,
                )
        return np.stack(columns, axis=1)


class JointLearner(MetaLearner):
    """A start that fits all tasks at once, without adaptation: what meta-learning is compared with.

    Its best prediction is the mean over tasks, which for sinusoids is nearly flat.

    Source:
        Finn, Abbeel & Levine 2017, section 5.1, "pretrained".
    """

    def _gradient(
        self, support_x: tf.Tensor, support_y: tf.Tensor, query_x: tf.Tensor, query_y: tf.Tensor
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(task_losses(self.weights, query_x, query_y))
        return loss, tape.gradient(loss, self.weights)


class MAML(MetaLearner):
    """The start whose loss after adaptation is least.

    ::

        minimise Σ_tasks query(w − rate · ∇ support(w))

    Args:
        second_order: False drops the Hessian from the gradient (first-order MAML): about half the cost.
        kwargs: as for :class:`MetaLearner`.

    Source:
        Damianou, "Meta-learning"; Finn, Abbeel & Levine 2017, algorithm 2.
    """

    def __init__(
        self, sizes: Sequence[int] = (1, 40, 40, 1), *, second_order: bool = True, **kwargs: float
    ) -> None:
        if not isinstance(second_order, bool):
            raise ArgumentError("`second_order` is True or False", received=f"second_order={second_order!r}")
        self.second_order = second_order
        super().__init__(sizes, **kwargs)  # type: ignore[arg-type]

    def _gradient(
        self, support_x: tf.Tensor, support_y: tf.Tensor, query_x: tf.Tensor, query_y: tf.Tensor
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            adapted = adapt(
                lambda ws: tf.reduce_sum(task_losses(ws, support_x, support_y)),
                _tiled(self.weights, tf.shape(support_x)[0]),
                self.inner_rate,
                self.inner_steps,
                second_order=self.second_order,
            )
            loss = tf.reduce_mean(task_losses(adapted, query_x, query_y))
        return loss, tape.gradient(loss, self.weights)


class Reptile(MetaLearner):
    """The start moves towards where each task's own descent leads.

    ::

        direction = w − mean over tasks of w_task,   w_task after ``inner_steps`` steps on all examples

    Source:
        Damianou, "Meta-learning"; Nichol, Achiam & Schulman 2018, algorithm 2 (batched).
    """

    def _gradient(
        self, support_x: tf.Tensor, support_y: tf.Tensor, query_x: tf.Tensor, query_y: tf.Tensor
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        x, y = tf.concat([support_x, query_x], 1), tf.concat([support_y, query_y], 1)
        adapted = adapt(
            lambda ws: tf.reduce_sum(task_losses(ws, x, y)),
            _tiled(self.weights, tf.shape(x)[0]),
            self.inner_rate,
            self.inner_steps,
            second_order=False,
        )
        slopes = [
            weight - tf.reduce_mean(moved, axis=0)
            for weight, moved in zip(self.weights, adapted, strict=True)
        ]
        return tf.reduce_mean(task_losses(adapted, x, y)), slopes


def _tiled(weights: Sequence[tf.Tensor], tasks: int | tf.Tensor) -> list[tf.Tensor]:
    return [
        tf.tile(tf.convert_to_tensor(weight)[None], [tasks, *[1] * len(weight.shape)]) for weight in weights
    ]
