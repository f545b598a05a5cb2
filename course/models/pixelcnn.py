"""PixelCNN: an image's exact likelihood, one pixel after the other."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from course.errors import ArgumentError, ShapeError
from course.layers.masked_conv_2d import MaskedConv2D
from course.layers.noise import uniform
from course.models.base import CourseModel
from course.validation import positive_int


@keras.saving.register_keras_serializable(package="course")
class GatedBlock(keras.layers.Layer):
    """One layer of a gated PixelCNN: a vertical stack, and a horizontal one that listens to it.

    ::

        v' = K_v ⋆ v                       rows above (and, above the first block, v's own row)
        h' = K_h ⋆ h + W v'                pixels to the left (likewise)
        v ← tanh(v'₁)·σ(v'₂),   h ← W_h (tanh(h'₁)·σ(h'₂)) + h

    Together the two stacks see every earlier pixel; a single stack of raster masks leaves a blind spot to the
    right. The first block has no h to add.

    Args:
        filters: p, channels of both stacks, ≥ 1.
        kernel_size: n, odd: n × n above, 1 × n to the left.
        first: whether it reads the image, so that a pixel may not see itself.
        kwargs: as for ``keras.layers.Layer``.

    Example:
        >>> v, h = GatedBlock(4, first=True)([tf.ones([1, 8, 8, 1])] * 2)
        >>> v.shape, h.shape
        (TensorShape([1, 8, 8, 4]), TensorShape([1, 8, 8, 4]))

    Source:
        van den Oord et al. 2016b, "Conditional Image Generation with PixelCNN Decoders", eq. (2) and
        figure 2.
    """

    def __init__(self, filters: int, kernel_size: int = 3, *, first: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters = positive_int(filters, "filters")
        self.kernel_size = positive_int(kernel_size, "kernel_size")
        self.first = bool(first)
        mask, own = "A" if first else "B", self.dtype_policy
        self.vertical = MaskedConv2D(2 * filters, kernel_size, mask=mask, order="rows", dtype=own)
        self.horizontal = MaskedConv2D(2 * filters, (1, kernel_size), mask=mask, dtype=own)
        self.link = keras.layers.Conv2D(2 * filters, 1, use_bias=False, dtype=own)
        self.output_map = keras.layers.Conv2D(filters, 1, dtype=own)

    def build(self, input_shape: Any) -> None:
        """Builds the four convolutions.

        Args:
            input_shape: shapes of v and h.
        """
        v, h = (tuple(shape) for shape in input_shape)
        self.vertical.build(v)
        self.horizontal.build(h)
        self.link.build((*v[:-1], 2 * self.filters))
        self.output_map.build((*h[:-1], self.filters))
        self.built = True

    def call(self, inputs: list[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """The two stacks, one layer on.

        Args:
            inputs: [v, h].
        """
        v, h = inputs
        vertical = self.vertical(v)
        gated = self.output_map(_gate(self.horizontal(h) + self.link(vertical)))
        return _gate(vertical), gated if self.first else gated + h

    def compute_output_shape(self, input_shape: Any) -> tuple[tuple[int | None, ...], ...]:
        """Those of the inputs, with ``filters`` channels."""
        return tuple((*tuple(shape)[:-1], self.filters) for shape in input_shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        own = {"filters": self.filters, "kernel_size": self.kernel_size, "first": self.first}
        return {**super().get_config(), **own}


def _gate(x: tf.Tensor) -> tf.Tensor:
    a, b = tf.split(x, 2, axis=-1)
    return tf.tanh(a) * tf.sigmoid(b)


@keras.saving.register_keras_serializable(package="course")
class PixelCNN(CourseModel):
    """A gated PixelCNN of binary images: a density that is computed, not bounded.

    ::

        log p(x) = Σ_i log p(x_i | x_1, …, x_{i−1}),   x_i | x_<i ~ Bernoulli(σ(l_i)),   l = model(x)
        loss = −mean over the batch of  w·log p(x)

    The price is paid when sampling: one pass of the network for each pixel. ``fit(x)`` takes images alone;
    ``sample_weight`` holds the w.

    Args:
        filters: channels, ≥ 1.
        blocks: gated layers, ≥ 1. A pixel sees ``blocks·(kernel_size − 1)/2`` rows up and as many columns to
            either side: within these, every earlier pixel.
        kernel_size: odd.
        seed: of the draws; None takes a random one.
        kwargs: name, dtype and trainable.

    Call arguments:
        inputs: shape (batch, height, width), 0 or 1.

    Output shape:
        That of the inputs: logits, float32.

    Raises:
        ArgumentError: an argument is outside its range.
        ShapeError: the inputs are not a stack of images.

    Example:
        >>> model = PixelCNN(filters=4, blocks=2)
        >>> model.log_prob(tf.zeros([3, 8, 8])).shape
        TensorShape([3])

    Source:
        van den Oord, Kalchbrenner & Kavukcuoglu 2016, eq. (1); van den Oord et al. 2016b; Batra, "So far...".
    """

    def __init__(
        self,
        filters: int = 32,
        blocks: int = 4,
        kernel_size: int = 3,
        *,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.seed = positive_int(filters, "filters"), seed
        self.kernel_size = positive_int(kernel_size, "kernel_size")
        own = self.dtype_policy
        self.blocks = [
            GatedBlock(filters, kernel_size, first=index == 0, dtype=own)
            for index in range(positive_int(blocks, "blocks"))
        ]
        self.head = [
            keras.layers.Conv2D(filters, 1, activation="relu", dtype=own),
            keras.layers.Conv2D(1, 1, dtype=own),
        ]
        self.noise = keras.random.SeedGenerator(seed)

    def build(self, input_shape: Any) -> None:
        """Builds the layers.

        Args:
            input_shape: (batch, height, width).
        """
        shape = tuple(input_shape)
        if len(shape) != 3:
            raise ShapeError("images stand in a stack", expected="(batch, height, width)", received=shape)
        stack = (*shape, 1)
        for block in self.blocks:
            block.build([stack, stack])
            stack = (*shape, self.filters)
        for layer in self.head:
            layer.build(stack)
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The logit of each pixel given the pixels before it."""
        # −1 and 1, so that a light pixel is not the same as the padding beyond the edge.
        v = h = (2.0 * tf.cast(inputs, self.compute_dtype) - 1.0)[..., None]
        for block in self.blocks:
            v, h = block([v, h])
        hidden = tf.nn.relu(h)
        for layer in self.head:
            hidden = layer(hidden)
        out = hidden[..., 0]
        return out if out.dtype == tf.float64 else tf.cast(out, tf.float32)

    def log_prob(self, x: Any) -> tf.Tensor:
        """The exact log-likelihood of each image.

        Args:
            x: shape (batch, height, width), 0 or 1.

        Returns:
            Nats, shape (batch,).

        Raises:
            ArgumentError: a pixel is neither 0 nor 1.
        """
        if tf.executing_eagerly():
            check_binary(x)
        return _log_prob(x, self(x))

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> tf.Tensor:
        """Minus the weighted mean log-likelihood, nats an image."""
        del y, training
        values = -_log_prob(x, y_pred)
        if sample_weight is not None:
            # Keras hands weights over as a column, which would broadcast to a matrix.
            values *= tf.reshape(tf.cast(sample_weight, values.dtype), [-1])
        return tf.reduce_mean(values) + sum(self.losses)

    def fit(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As ``keras.Model.fit``, for images without targets.

        Raises:
            ArgumentError: an array of images holds something else than 0 and 1.
        """
        if isinstance(x, np.ndarray | tf.Tensor):
            check_binary(x)
        if kwargs.get("sample_weight") is not None and not args:
            kwargs.setdefault("y", x)  # Keras 3.15 drops the weights of inputs without targets, in silence
        return super().fit(x, *args, **kwargs)

    def sample(self, count: int, height: int, width: int) -> np.ndarray:
        """Images, each pixel drawn given those before it: ``height·width`` passes of the network.

        Args:
            count: ≥ 1.
            height: of an image, ≥ 1.
            width: of an image, ≥ 1.

        Returns:
            Shape (count, height, width), float32, 0 or 1.
        """
        shape = [positive_int(e, n) for e, n in ((count, "count"), (height, "height"), (width, "width"))]
        return self.complete(np.zeros(shape, np.float32), 0)

    def complete(self, x: Any, rows: int) -> np.ndarray:
        """Images whose first rows are given and whose others are drawn.

        Args:
            x: shape (count, height, width), 0 or 1; what stands below the given rows is not looked at.
            rows: given, 0 to height.

        Returns:
            Shape of x, float32.

        Raises:
            ArgumentError: there are not so many rows, or a given pixel is neither 0 nor 1.
            ShapeError: not a stack of images.
        """
        images = np.array(x, np.float32)
        if images.ndim != 3:
            raise ShapeError(
                "images stand in a stack", expected="(count, height, width)", received=images.shape
            )
        if isinstance(rows, bool) or rows not in range(images.shape[1] + 1):
            raise ArgumentError(
                "`rows` of the images are given", expected=f"0 to {images.shape[1]}", received=f"rows={rows}"
            )
        check_binary(images[:, :rows])
        images[:, rows:] = 0.0
        draws = uniform(self.noise, images.shape).numpy()
        for i in range(rows, images.shape[1]):
            for j in range(images.shape[2]):
                p = tf.sigmoid(self(images)[:, i, j]).numpy()
                images[:, i, j] = draws[:, i, j] < p
        return images

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "blocks": len(self.blocks),
            "kernel_size": self.kernel_size,
            "seed": self.seed,
        }


def check_binary(x: Any) -> None:
    """Refuses pixels other than 0 and 1: their "likelihood" would be none.

    Args:
        x: pixels.

    Raises:
        ArgumentError: one is neither 0 nor 1.
    """
    values = np.asarray(x)
    wrong = values[(values != 0) & (values != 1)]
    if wrong.size:
        raise ArgumentError(
            "pixels are binary",
            expected="0 or 1",
            received=f"{wrong.size} others, {wrong[0]:.3g} for one",
            fix="threshold the images, for example with digits('binary')",
        )


def _log_prob(x: Any, logits: tf.Tensor) -> tf.Tensor:
    x = tf.cast(x, logits.dtype)
    return tf.reduce_sum(x * logits - tf.nn.softplus(logits), axis=[1, 2])
