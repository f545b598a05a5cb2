"""Lets ``sample`` travel through a model as ``training`` does."""

from __future__ import annotations

from typing import Any

import keras

from course.errors import CourseError


def pass_sample_on(layer: Any) -> Any:
    """Makes ``layer(x, sample=False)`` reach every layer inside that declares ``sample``.

    Call it before the model's first call. :class:`~course.models.CourseModel` and the layers of this library
    have it built in; Sequential and functional models need it.

    Args:
        layer: a Keras layer or model.

    Returns:
        The same object.

    Raises:
        CourseError: the object is no Keras 3 layer, or the installed Keras is older than 3.10, the first
            with arguments that travel.
        RuntimeError: the model has been called already (from Keras).

    Example:
        >>> import keras
        >>> from course.layers import MonteCarloDropout
        >>> model = pass_sample_on(keras.Sequential([MonteCarloDropout(0.5)]))
        >>> float(model(keras.ops.ones([1, 1]), sample=False)[0, 0])
        1.0
    """
    # The one private method of Keras that this library calls. Public Keras passes on `training` and nothing
    # else, and a global switch would be frozen into every graph that was traced before it was turned.
    register = getattr(layer, "_register_call_context_args", None)
    if not callable(register):
        known = isinstance(layer, keras.layers.Layer)
        raise CourseError(
            "`sample` travels through layers by the call-context arguments of Keras",
            where=type(layer).__name__,
            expected="keras >= 3.10" if known else "a layer or model of Keras 3",
            received=f"keras {keras.__version__}" if known else f"an object of {type(layer).__module__}",
            fix='pip install "keras>=3.10,<4"' if known else None,
        )
    register("sample")
    return layer
