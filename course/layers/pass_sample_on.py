"""Lets ``sample`` travel through a model as ``training`` does."""

from __future__ import annotations

from typing import Any


def pass_sample_on(layer: Any) -> Any:
    """Makes ``layer(x, sample=False)`` reach every layer inside that declares ``sample``.

    Call it before the model's first call. :class:`~course.models.CourseModel` and the layers of this library
    have it built in; Sequential and functional models need it.

    Args:
        layer: a Keras layer or model.

    Returns:
        The same object.

    Raises:
        RuntimeError: the model has been called already (from Keras).

    Example:
        >>> import keras
        >>> from course.layers import MonteCarloDropout
        >>> model = pass_sample_on(keras.Sequential([MonteCarloDropout(0.5)]))
        >>> float(model(keras.ops.ones([1, 1]), sample=False)[0, 0])
        1.0
    """
    # The one private method of Keras that this library calls; Keras documents it, with an underscore.
    layer._register_call_context_args("sample")
    return layer
