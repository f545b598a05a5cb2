"""A switch for catching NaN and infinity where they enter a layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from course.errors import NumericsError

_enabled = False


@contextmanager
def debug_numerics() -> Iterator[None]:
    """Makes variational layers refuse NaN and infinite inputs while the context is open.

    For eager calls, or models compiled with ``run_eagerly=True``: a compiled graph has no values to look at.
    It is off otherwise, as each look waits for the device.

    Example:
        >>> with debug_numerics():
        ...     output = layer(inputs)  # doctest: +SKIP
    """
    global _enabled
    before, _enabled = _enabled, True
    try:
        yield
    finally:
        _enabled = before


def check_finite(inputs: tf.Tensor, layer: str) -> None:
    """Refuses NaN and infinity, if :func:`debug_numerics` is on and there are values to look at.

    Args:
        inputs: a floating tensor.
        layer: the layer's name, for the message.

    Raises:
        NumericsError: an entry is not finite; the message counts them.
    """
    if not _enabled or not isinstance(inputs, tf.Tensor) or not hasattr(inputs, "numpy"):
        return
    bad = int(tf.reduce_sum(tf.cast(~tf.math.is_finite(inputs), tf.int32)))
    if bad:
        raise NumericsError(
            "inputs are finite",
            where=layer,
            expected="no NaN or infinity",
            received=f"{bad} of {int(tf.size(inputs))} entries NaN or infinite",
            fix="look at the layer before, or at the data",
        )
