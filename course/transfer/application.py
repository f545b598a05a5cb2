"""Networks of keras.applications as sources to transfer from."""

from __future__ import annotations

from typing import Any
from urllib.error import URLError

import keras

from course.errors import ArgumentError


def application(
    name: str, input_shape: tuple[int, int, int], *, weights: str | None = None, **options: Any
) -> keras.Model:
    """A network of ``keras.applications`` without its classifier, averaged over positions.

    Only ``weights="imagenet"`` downloads anything (some 10 to 500 MB, kept in ``~/.keras/models``).

    Args:
        name: of the function in ``keras.applications``, for example ``"MobileNetV2"``.
        input_shape: (height, width, 3), pixels.
        weights: None for random ones, or ``"imagenet"``, on explicit request.
        options: further arguments of that function, for example ``alpha=0.35``.

    Returns:
        A functional model, output shape (batch, features).

    Raises:
        ArgumentError: the name or the weights are unknown, or a download fails.

    Example:
        >>> application("MobileNetV2", (32, 32, 3), alpha=0.35).output_shape
        (None, 1280)

    Source:
        Damianou, "Deployment: Transfer learning".
    """
    maker = getattr(keras.applications, name, None) if name[:1].isupper() else None
    if not callable(maker):
        known = sorted(n for n in dir(keras.applications) if n[:1].isupper())
        raise ArgumentError(
            "no application of that name", expected=f"one of {', '.join(known)}", received=name
        )
    if weights not in (None, "imagenet"):
        raise ArgumentError("unknown `weights`", expected="None or 'imagenet'", received=repr(weights))
    try:
        return maker(input_shape=input_shape, weights=weights, include_top=False, pooling="avg", **options)
    except (URLError, OSError) as error:
        raise ArgumentError(_offline(name)) from error
    except Exception as error:
        # keras.utils.get_file wraps what the network says in a bare Exception.
        if type(error) is Exception and weights:
            raise ArgumentError(_offline(name)) from error
        raise


def _offline(name: str) -> str:
    return f"the imagenet weights of {name} cannot be downloaded; go online once, or use weights=None"
