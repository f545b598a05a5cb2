"""The convolutional autoencoder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from course.errors import ShapeError
from course.models.base import CourseModel
from course.models.initialization import layer_seeds, seeded
from course.validation import int_tuple, positive_int


@keras.saving.register_keras_serializable(package="course")
class ConvAutoencoder(CourseModel):
    """An image through a short code and back: convolutions down, transposed convolutions up.

    ::

        code = encode(x),   x̂ = decode(code),   fit(x, x) with the loss "mse"

    Each convolution has stride 2 and halves the image; the transposed convolution of the same shape doubles
    it again. With no filters both halves are one linear layer each, and the best of them is principal
    component analysis.

    Args:
        image_shape: height, width and channels; height and width divisible by 2 to the number of filters.
        code_size: numbers in the code, ≥ 1.
        filters: channels after each convolution; none makes the model linear.
        kernel_size: of every convolution, ≥ 1.
        seed: of the weights; None draws one.
        kwargs: name, dtype and trainable.

    Call arguments:
        inputs: shape (batch, height, width, channels).

    Output shape:
        That of the inputs: the reconstruction.

    Raises:
        ArgumentError: an argument is not a positive integer.
        ShapeError: the image cannot be halved so often, or inputs and codes have another shape.

    Example:
        >>> model = ConvAutoencoder((8, 8, 1), code_size=3, filters=[4])
        >>> model.encode(tf.zeros([2, 8, 8, 1])).shape, model(tf.zeros([2, 8, 8, 1])).shape
        (TensorShape([2, 3]), TensorShape([2, 8, 8, 1]))

    Source:
        Ivanov, "Autoencoder", "Transposed convolution"; Hinton & Salakhutdinov 2006; Baldi & Hornik 1989 for
        the linear one.
    """

    def __init__(
        self,
        image_shape: Sequence[int],
        code_size: int,
        *,
        filters: Sequence[int] = (16, 32),
        kernel_size: int = 3,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.image_shape = int_tuple(list(image_shape), 3, "image_shape")
        self.code_size = positive_int(code_size, "code_size")
        self.filters = [positive_int(count, "filters") for count in filters]
        self.kernel_size, self.seed = positive_int(kernel_size, "kernel_size"), seed
        *sides, channels = self.image_shape
        steps = 2 ** len(self.filters)
        if any(side % steps for side in sides):
            raise ShapeError(
                f"{len(self.filters)} convolutions of stride 2 halve the image as often",
                expected=f"height and width divisible by {steps}",
                received=f"image_shape={self.image_shape}",
            )
        smallest = (*(side // steps for side in sides), self.filters[-1] if self.filters else channels)
        seeds = iter(layer_seeds(seed, 2 * len(self.filters) + 2))
        layers = keras.layers
        shared = {"padding": "same", "strides": 2, "dtype": self.dtype_policy}
        self.encoder = keras.Sequential(
            [
                keras.Input(self.image_shape, dtype=self.compute_dtype),
                *(
                    layers.Conv2D(
                        count,
                        self.kernel_size,
                        activation="relu",
                        kernel_initializer=seeded("he_normal", next(seeds)),
                        **shared,
                    )
                    for count in self.filters
                ),
                layers.Flatten(dtype=self.dtype_policy),
                self._dense(self.code_size, next(seeds)),
            ],
            name="encoder",
        )
        # The last transposed convolution is linear: a pixel may be anything.
        upward = [*self.filters[-2::-1], channels] if self.filters else []
        self.decoder = keras.Sequential(
            [
                keras.Input((self.code_size,), dtype=self.compute_dtype),
                self._dense(math.prod(smallest), next(seeds), "relu" if self.filters else None),
                layers.Reshape(smallest, dtype=self.dtype_policy),
                *(
                    layers.Conv2DTranspose(
                        count,
                        self.kernel_size,
                        activation=None if place == len(upward) else "relu",
                        kernel_initializer=seeded("he_normal", next(seeds)),
                        **shared,
                    )
                    for place, count in enumerate(upward, 1)
                ),
            ],
            name="decoder",
        )
        self.build((None, *self.image_shape))

    def build(self, input_shape: Any) -> None:
        """The networks are built already; refuses images of another shape.

        Args:
            input_shape: (batch, height, width, channels).
        """
        if tuple(input_shape)[1:] != self.image_shape:
            raise ShapeError(
                "inputs are images of the shape that the model was made for",
                where=self.name,
                expected=f"(batch, {', '.join(map(str, self.image_shape))})",
                received=tuple(input_shape),
                fix="grey images get their channel by x[..., None]" if len(input_shape) == 3 else None,
            )
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The reconstruction.

        Args:
            inputs: shape (batch, height, width, channels).
        """
        return self.decode(self.encode(inputs))

    def encode(self, x: tf.Tensor) -> tf.Tensor:
        """The codes.

        Args:
            x: shape (batch, height, width, channels).

        Returns:
            Shape (batch, code_size).

        Raises:
            ShapeError: x has another shape.
        """
        self.build(tf.convert_to_tensor(x).shape)
        return self.encoder(x)

    def decode(self, code: tf.Tensor) -> tf.Tensor:
        """The images of codes.

        Args:
            code: shape (batch, code_size).

        Returns:
            Shape (batch, height, width, channels).

        Raises:
            ShapeError: the codes have another shape.
        """
        code = tf.convert_to_tensor(code)
        if code.shape.rank != 2 or code.shape[-1] != self.code_size:
            raise ShapeError(
                "codes are rows", expected=f"(batch, {self.code_size})", received=tuple(code.shape)
            )
        return self.decoder(code)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "image_shape": list(self.image_shape),
            "code_size": self.code_size,
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "seed": self.seed,
        }

    def _dense(self, units: int, seed: int | None, activation: str | None = None) -> keras.layers.Layer:
        name = "he_normal" if activation else "glorot_uniform"
        return keras.layers.Dense(
            units, activation, kernel_initializer=seeded(name, seed), dtype=self.dtype_policy
        )
