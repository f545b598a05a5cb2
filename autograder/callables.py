"""Functions that cross the trust boundary as text, in one direction only."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from autograder.errors import AuthoringError

_MAX_SOURCE = 4096


class Code:
    """A function of the author's, sent to the sandbox as source and callable on both sides.

    The source is a lambda over ``np``, ``tf`` and ``math``; nothing else is in scope. The student's
    code receives an ordinary callable. Nothing is ever received in this form.

    Args:
        source: a lambda expression.

    Raises:
        AuthoringError: the source is not a lambda expression.

    Example:
        >>> Code("lambda z: z**3 - 2.0 * z")(2.0)
        4.0
    """

    def __init__(self, source: str) -> None:
        if len(source) > _MAX_SOURCE or not source.lstrip().startswith("lambda"):
            raise AuthoringError(
                "code() takes the text of one lambda expression",
                expected=f"'lambda ...' of at most {_MAX_SOURCE} characters",
                received=repr(source[:60]),
            )
        self.source = source

    @cached_property
    def _function(self) -> Any:
        import math

        import numpy as np

        names: dict[str, Any] = {"np": np, "math": math}
        if "tf." in self.source:
            # TensorFlow costs seconds to import: only for sources that name it.
            import tensorflow as tf

            names["tf"] = tf
        try:
            return eval(compile(self.source, "<author's function>", "eval"), names)
        except SyntaxError as error:
            raise AuthoringError(
                "code() takes the text of one lambda expression",
                received=repr(self.source[:60]),
            ) from error

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The lambda's value."""
        return self._function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"code({self.source!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Code) and other.source == self.source

    def __hash__(self) -> int:
        return hash(self.source)


def code(source: str) -> Code:
    """The function that ``source`` spells, ready to be an argument of ``student.f(...)``."""
    return Code(source)
