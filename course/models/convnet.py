"""The convolutional network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from course.errors import ShapeError
from course.models.base import CourseModel
from course.models.initialization import layer_seeds, seeded
from course.validation import one_of, positive_int

PADDINGS = ("same", "valid", "circular")
POOLINGS = ("max", "average", "none")
HEADS = ("flatten", "max", "average")


def circular_pad(x: tf.Tensor, kernel_size: int) -> tf.Tensor:
    """Images continued by their other side, so that a convolution gives back their size.

    On a torus there is no border: a convolution commutes with every circular shift, exactly.

    Args:
        x: shape (batch, height, width, channels), both sides ≥ kernel_size − 1.
        kernel_size: k ≥ 1.

    Returns:
        Shape (batch, height + k − 1, width + k − 1, channels).

    Example:
        >>> circular_pad(tf.reshape(tf.range(3.0), [1, 1, 3, 1]), 1).shape
        TensorShape([1, 1, 3, 1])
    """
    before, after = (kernel_size - 1) // 2, kernel_size // 2
    for axis in (1, 2):
        length = tf.shape(x)[axis]
        x = tf.gather(x, tf.range(-before, length + after) % length, axis=axis)
    return x


@keras.saving.register_keras_serializable(package="course")
class ConvNet(CourseModel):
    """Convolutions with pooling, then one linear layer.

    ::

        h_l = pool(relu(W_l ∗ h_{l−1} + b_l)),   outputs = W·head(h_L) + b

    What it is invariant to is a matter of its parts, and :meth:`features` shows the step between them: a
    convolution moves its output as its input moves (equivariance), a pooling window forgets a movement that
    stays inside it, and a head that pools over all places forgets where altogether (invariance), and the
    size of the image with it. ``"flatten"`` remembers where.

    Args:
        filters: channels of h₁ to h_L, at least one.
        outputs: numbers that come out, ≥ 1: logits of classes.
        kernel_size: of every convolution, ≥ 1.
        padding: ``"same"`` (zeros), ``"valid"`` (none) or ``"circular"``.
        pooling: ``"max"`` or ``"average"`` over windows of 2 by 2, or ``"none"``.
        head: ``"flatten"``, or ``"max"`` or ``"average"`` over all places of a channel.
        seed: of the weights; None draws one.
        kwargs: name, dtype and trainable.

    Call arguments:
        inputs: shape (batch, height, width, channels). Height and width may differ from call to call unless
            the head is ``"flatten"``.

    Output shape:
        (batch, outputs).

    Raises:
        ArgumentError: an argument is outside its range.
        ShapeError: the inputs have no channel axis, or they are too small for the poolings.

    Example:
        >>> ConvNet([4, 8], outputs=10)(tf.zeros([2, 8, 8, 1])).shape
        TensorShape([2, 10])

    Source:
        LeCun et al. 1998; Ivanov, "Convolutional neural network (CNN)", "Pooling invariants", "Translation
        invariance", "Size invariance".
    """

    def __init__(
        self,
        filters: Sequence[int],
        outputs: int,
        *,
        kernel_size: int = 3,
        padding: str = "same",
        pooling: str = "max",
        head: str = "flatten",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = [positive_int(count, "filters") for count in filters]
        positive_int(len(self.filters), "number of filters")
        self.outputs_size = positive_int(outputs, "outputs")
        self.kernel_size = positive_int(kernel_size, "kernel_size")
        self.padding = one_of(padding, PADDINGS, "padding")
        self.pooling = one_of(pooling, POOLINGS, "pooling")
        self.head, self.seed = one_of(head, HEADS, "head"), seed
        *seeds, last = layer_seeds(seed, len(self.filters) + 1)
        policy, layers = self.dtype_policy, keras.layers
        self.convolutions = [
            layers.Conv2D(
                count,
                self.kernel_size,
                padding="same" if padding == "same" else "valid",
                activation="relu",
                kernel_initializer=seeded("he_normal", own),
                dtype=policy,
                name=f"convolution_{place}",
            )
            for place, (count, own) in enumerate(zip(self.filters, seeds, strict=True), 1)
        ]
        pools = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}
        heads = {
            "flatten": layers.Flatten,
            "max": layers.GlobalMaxPooling2D,
            "average": layers.GlobalAveragePooling2D,
        }
        self.pool = pools[self.pooling](2, dtype=policy) if self.pooling != "none" else None
        self.forget_place = heads[self.head](dtype=policy)
        initial = seeded("glorot_uniform", last)
        self.last = layers.Dense(self.outputs_size, kernel_initializer=initial, dtype=policy, name="last")

    def build(self, input_shape: Any) -> None:
        """Builds every layer.

        Args:
            input_shape: (batch, height, width, channels).
        """
        shape = tuple(input_shape)
        if len(shape) != 4 or shape[-1] is None:
            raise ShapeError(
                "inputs are images with channels",
                where=self.name,
                expected="(batch, height, width, channels)",
                received=shape,
                fix="grey images get their channel by x[..., None]" if len(shape) == 3 else None,
            )
        # Without a fixed size the head "flatten" would have no fixed number of weights.
        if self.head != "flatten":
            shape = (shape[0], None, None, shape[-1])
        elif None in shape[1:3]:
            raise ShapeError(
                "a head that flattens needs images of one size",
                where=self.name,
                expected="height and width known",
                received=shape,
                fix='take head="max" or "average"',
            )
        for convolution in self.convolutions:
            convolution.build(shape)
            if self.padding != "circular":
                shape = convolution.compute_output_shape(shape)
            else:
                shape = (*shape[:3], convolution.filters)
            if self.pool is None:
                continue
            if any(length is not None and length < 2 for length in shape[1:3]):
                raise ShapeError(
                    "every pooling has a window of 2 by 2 to look at",
                    where=self.name,
                    expected="larger images, fewer layers or padding='same'",
                    received=f"{shape[1:3]} before a pooling, of inputs {tuple(input_shape)}",
                )
            shape = self.pool.compute_output_shape(shape)
        self.last.build(self.forget_place.compute_output_shape(shape))
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The outputs.

        Args:
            inputs: shape (batch, height, width, channels).
        """
        return self.last(self.forget_place(self.features(inputs)[-1]))

    def features(self, inputs: tf.Tensor) -> list[tf.Tensor]:
        """The feature maps h₁ to h_L.

        Args:
            inputs: shape (batch, height, width, channels).

        Returns:
            L tensors of shape (batch, height_l, width_l, filters[l]).
        """
        h, found = tf.cast(inputs, self.compute_dtype), []
        if not self.built:
            self.build(h.shape)
        for convolution in self.convolutions:
            h = convolution(circular_pad(h, self.kernel_size) if self.padding == "circular" else h)
            h = h if self.pool is None else self.pool(h)
            found.append(h)
        return found

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "outputs": self.outputs_size,
            "kernel_size": self.kernel_size,
            "padding": self.padding,
            "pooling": self.pooling,
            "head": self.head,
            "seed": self.seed,
        }
