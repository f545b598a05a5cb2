"""Conversion of arguments to tensors of one floating dtype."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from course.errors import DtypeError


def common_tensors(*values: Any) -> tuple[tf.Tensor, ...]:
    """The values as tensors of one dtype: that of the arrays among them, float32 if all are Python numbers.

    Python numbers adapt to the arrays they meet, as in NumPy, so that ``gaussian_kl(mean64, std64, 0.0,
    1.0)`` stays in float64.

    Args:
        values: tensors, arrays, Keras variables or Python numbers.

    Raises:
        DtypeError: the arrays have different dtypes, or one that is not floating.
    """
    dtypes = {tf.as_dtype(value.dtype) for value in values if hasattr(value, "dtype")}
    if len(dtypes) > 1:
        names = sorted(dtype.name for dtype in dtypes)
        raise DtypeError("all arguments have one dtype", expected="one dtype", received=", ".join(names))
    dtype = dtypes.pop() if dtypes else tf.float32
    if not dtype.is_floating:
        raise DtypeError("parameters are floating-point numbers", expected="float", received=dtype.name)
    return tuple(tf.convert_to_tensor(value, dtype) for value in values)


def accumulation_dtype(dtype: Any) -> tf.DType:
    """The dtype in which a sum over many weights is taken: float64 for float64, float32 for all others.

    bfloat16 has 8 bits of mantissa: adding a term of 1 to a sum of 256 already changes nothing.

    Args:
        dtype: anything that ``tf.as_dtype`` takes.
    """
    return tf.float64 if tf.as_dtype(dtype) == tf.float64 else tf.float32
