"""How large the gradient is in each layer, and the callback that watches it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from course.errors import ArgumentError
from course.training.variables import put_back, values
from course.validation import one_of


def gradient_norms(loss: Callable[[], Any], variables: Any) -> dict[str, float]:
    """The Euclidean norm of a loss's gradient in each variable.

    .. math:: \\lVert \\partial L / \\partial w_l \\rVert

    Args:
        loss: gives the scalar loss; called once, under a tape.
        variables: Keras variables.

    Returns:
        By the variable's path, in the order given; 0 where the loss does not depend on it.

    Raises:
        ArgumentError: there is no variable, or the loss is not a scalar.

    Example:
        >>> w = keras.Variable([3.0, 4.0], name="w")
        >>> gradient_norms(lambda: tf.reduce_sum(w**2), [w])
        {'w': 10.0}

    Source:
        Damianou, "Vanishing and exploding gradients"; Ivanov, "Gradients problem".
    """
    variables = list(variables)
    if not variables:
        raise ArgumentError("there is a variable", expected="at least one", received="none")
    with tf.GradientTape() as tape:
        value = tf.convert_to_tensor(loss())
    if value.shape.rank != 0:
        raise ArgumentError("the loss is a scalar", expected="shape ()", received=f"shape {value.shape}")
    gradients = tape.gradient(value, [variable.value for variable in variables])
    return {
        variable.path: 0.0 if gradient is None else float(tf.norm(tf.convert_to_tensor(gradient)))
        for variable, gradient in zip(variables, gradients, strict=True)
    }


class GradientNorms(keras.callbacks.Callback):
    """Keeps the gradient's norm in every trainable weight, on one fixed batch, during ``fit``.

    The model is seen as in training (dropout on, batch statistics), and left as it was: moving statistics
    and seeds are put back, so that a training that is watched equals one that is not.

    Args:
        x: the inputs, any number of them.
        y: the targets; None for a model whose loss needs none.
        every: ``"epoch"`` or ``"batch"``: how often. A batch costs one more gradient.
        loss: from (model, x, y) to a scalar; None takes the compiled loss of ``model(x, training=True)``.

    Attributes:
        history: by the weight's path, one norm for each time; the first is taken before training.

    Raises:
        ArgumentError: ``every`` is none of the two.

    Example:
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, name="line")])
        >>> model.compile("sgd", loss="mse")
        >>> norms = GradientNorms(tf.ones([4, 1]), tf.zeros([4, 1]))
        >>> _ = model.fit(tf.ones([4, 1]), tf.zeros([4, 1]), epochs=2, verbose=0, callbacks=[norms])
        >>> {path.split("/")[-1]: len(values) for path, values in norms.history.items()}
        {'kernel': 3, 'bias': 3}

    Source:
        Damianou, "Vanishing and exploding gradients".
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        every: str = "epoch",
        loss: Callable[[keras.Model, Any, Any], Any] | None = None,
    ) -> None:
        super().__init__()
        self.x, self.y = x, y
        self.every = one_of(every, ("batch", "epoch"), "every")
        self.loss = _compiled_loss if loss is None else loss
        self.history: dict[str, list[float]] = {}

    def on_train_begin(self, logs: Any = None) -> None:
        """The norms before the first step; a second ``fit`` goes on."""
        if not self.history:
            self._measure()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """The norms after a step."""
        if self.every == "batch":
            self._measure()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """The norms after an epoch."""
        if self.every == "epoch":
            self._measure()

    def _measure(self) -> None:
        if not self.model.built:
            self.model(self.x)
        fixed = self.model.non_trainable_variables
        kept = values(fixed)
        norms = gradient_norms(lambda: self.loss(self.model, self.x, self.y), self.model.trainable_variables)
        put_back(fixed, kept)
        for path, norm in norms.items():
            self.history.setdefault(path, []).append(norm)


def _compiled_loss(model: keras.Model, x: Any, y: Any) -> Any:
    return model.compute_loss(x, y, model(x, training=True), training=True)
