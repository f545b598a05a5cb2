"""A class for every pixel: pooling down, unpooling up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from course.errors import ShapeError
from course.layers.max_pooling_with_argmax_2d import MaxPoolingWithArgmax2D
from course.layers.max_unpooling_2d import MaxUnpooling2D
from course.models.base import CourseModel
from course.models.initialization import layer_seeds, seeded
from course.validation import one_of, positive_int

UPSAMPLINGS = ("unpooling", "nearest")


@keras.saving.register_keras_serializable(package="course")
class SegmentationNet(CourseModel):
    """An encoder that pools and a decoder that undoes it, to logits for every pixel.

    ::

        down:  h_l, places_l = maxpool(relu(W_l ∗ h_{l−1}))
        up:    g_{l−1} = relu(V_l ∗ unpool(g_l, places_l)),   logits = V ∗ g₀

    Pooling keeps what is there and forgets where. Unpooling with the places puts each maximum back on its
    pixel, so that borders stay sharp; ``"nearest"`` repeats the maximum over its window, and is the twin to
    compare with: the same weights, without the places.

    Args:
        filters: channels on each level, at least one.
        classes: ≥ 1.
        kernel_size: of every convolution, ≥ 1.
        upsampling: ``"unpooling"`` or ``"nearest"``.
        seed: of the weights; None draws one. Twins of one seed start with equal weights.
        kwargs: name, dtype and trainable.

    Call arguments:
        inputs: shape (batch, height, width, channels), height and width divisible by 2 to the number of
            filters.

    Output shape:
        (batch, height, width, classes): logits.

    Raises:
        ArgumentError: an argument is outside its range.
        ShapeError: the image cannot be halved so often.

    Example:
        >>> SegmentationNet([4, 8], classes=3)(tf.zeros([2, 8, 12, 1])).shape
        TensorShape([2, 8, 12, 3])

    Source:
        Ivanov, "Unpooling", "Inside decoder for segmentation"; Badrinarayanan, Kendall & Cipolla 2017
        (SegNet).
    """

    def __init__(
        self,
        filters: Sequence[int],
        classes: int,
        *,
        kernel_size: int = 3,
        upsampling: str = "unpooling",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = [positive_int(count, "filters") for count in filters]
        positive_int(len(self.filters), "number of filters")
        self.classes = positive_int(classes, "classes")
        self.kernel_size = positive_int(kernel_size, "kernel_size")
        self.upsampling, self.seed = one_of(upsampling, UPSAMPLINGS, "upsampling"), seed
        depth = len(self.filters)
        seeds = layer_seeds(seed, 2 * depth + 1)
        # Back on a level the channels are those that its places were counted in.
        upward = [*self.filters[-2::-1], self.filters[0]]
        self.down = [self._convolution(n, seeds[i], f"down_{i + 1}") for i, n in enumerate(self.filters)]
        self.up = [self._convolution(n, seeds[depth + i], f"up_{depth - i}") for i, n in enumerate(upward)]
        self.last = keras.layers.Conv2D(
            self.classes,
            1,
            kernel_initializer=seeded("glorot_uniform", seeds[-1]),
            dtype=self.dtype_policy,
            name="last",
        )
        self.pool = MaxPoolingWithArgmax2D(2, dtype=self.dtype_policy)
        self.repeat = keras.layers.UpSampling2D(2, dtype=self.dtype_policy)
        self.unpools: list[keras.layers.Layer] = []

    def build(self, input_shape: Any) -> None:
        """Builds every layer.

        Args:
            input_shape: (batch, height, width, channels).
        """
        shape, steps = tuple(input_shape), 2 ** len(self.filters)
        if len(shape) != 4 or None in shape[1:] or shape[1] % steps or shape[2] % steps:
            raise ShapeError(
                f"inputs are images that can be halved {len(self.filters)} times",
                where=self.name,
                expected=f"(batch, height, width, channels), height and width divisible by {steps}",
                received=shape,
                fix="grey images get their channel by x[..., None]" if len(shape) == 3 else None,
            )
        _, height, width, channels = shape
        for level, convolution in enumerate(self.down):
            convolution.build((None, height // 2**level, width // 2**level, channels))
            channels = convolution.filters
        self.pool.build((None, height, width, channels))
        for convolution in self.up:
            convolution.build((None, None, None, channels))
            channels = convolution.filters
        self.last.build((None, None, None, channels))
        self.unpools = [
            MaxUnpooling2D((height // 2**level, width // 2**level), dtype=self.dtype_policy)
            for level in range(len(self.filters))
        ]
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The logits.

        Args:
            inputs: shape (batch, height, width, channels).
        """
        h, found = inputs, []
        for convolution in self.down:
            h, places = self.pool(convolution(h))
            found.append(places)
        for convolution, places, unpool in zip(self.up, reversed(found), reversed(self.unpools), strict=True):
            h = convolution(unpool([h, places]) if self.upsampling == "unpooling" else self.repeat(h))
        return self.last(h)

    def segment(self, inputs: tf.Tensor) -> tf.Tensor:
        """The likeliest class of every pixel.

        Args:
            inputs: shape (batch, height, width, channels).

        Returns:
            int64, shape (batch, height, width).
        """
        return tf.argmax(self(inputs), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "classes": self.classes,
            "kernel_size": self.kernel_size,
            "upsampling": self.upsampling,
            "seed": self.seed,
        }

    def _convolution(self, filters: int, seed: int | None, name: str) -> keras.layers.Layer:
        return keras.layers.Conv2D(
            filters,
            self.kernel_size,
            padding="same",
            activation="relu",
            kernel_initializer=seeded("he_normal", seed),
            dtype=self.dtype_policy,
            name=name,
        )
