"""The base of this library's models."""

from __future__ import annotations

from typing import Any

import keras

from course.errors import ArgumentError
from course.layers.guard import check_layers, foreign_layers, refuse
from course.layers.pass_sample_on import pass_sample_on


class CourseModel(keras.Model):
    """A ``keras.Model`` to subclass, which refuses foreign layers and passes ``sample`` on.

    A layer of tf_keras or TFP raises an error where it is assigned, or at ``compile`` where it hides in a
    list that grew later. ``model(x, sample=False)`` reaches every layer of this library inside, as
    ``training`` does.

    Args:
        kwargs: name, dtype and trainable, as for ``keras.Model``.

    Raises:
        ArgumentError: inputs and outputs are given: Keras would rewrite this class's bases for all its
            subclasses.
        NestedLayerError: a layer of another framework is nested in the model.

    Example:
        >>> from course.layers import DenseFlipout
        >>> class Net(CourseModel):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.dense = DenseFlipout(2, dataset_size=10)
        ...     def call(self, inputs):
        ...         return self.dense(inputs)
        >>> Net()(keras.ops.ones([4, 3]), sample=False).shape
        TensorShape([4, 2])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args or "inputs" in kwargs or "outputs" in kwargs:
            raise ArgumentError(
                "CourseModel is for subclassing",
                expected="no inputs or outputs",
                received="the arguments of a functional model",
                fix="use keras.Model(inputs, outputs), then check_layers(model) and pass_sample_on(model)",
            )
        super().__init__(**kwargs)
        pass_sample_on(self)

    def __setattr__(self, name: str, value: Any) -> None:
        for path, layer in foreign_layers(value, name):
            refuse(layer, f"{type(self).__name__}.{path}")
        super().__setattr__(name, value)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """As ``keras.Model.compile``, after a look for foreign layers."""
        check_layers(self)
        super().compile(*args, **kwargs)

    def make_train_function(self, force: bool = False) -> Any:
        """As ``keras.Model`` does, with the optimizer's variables made first.

        A ``tf.function`` whose first trace makes variables is traced a second time: the first step of a
        recurrent model would take twice as long.
        """
        if self.built and not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)
        return super().make_train_function(force)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles as the saved model was; Keras leaves it to classes whose ``compile`` is their own."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)
