"""Everything that the library refuses, in one tree.

    CourseError                 is a ValueError
    ├── ArgumentError           an argument is outside its range or of an unknown kind
    ├── ShapeError              shapes do not fit together
    ├── DtypeError              a dtype that the arithmetic cannot use
    ├── NumericsError           NaN or infinity where a finite number is needed (debugging only)
    ├── DownloadError           a file cannot be fetched, or is not the one that was asked for
    ├── FileFormatError         a file's content breaks its format
    └── NestedLayerError        a layer of another framework inside one of our models

Every message states the rule, and where they are known what was expected, what was received and the fix.
"""

from __future__ import annotations


class CourseError(ValueError):
    """Base of all errors raised on purpose by this package.

    A ``ValueError``, because Keras raises those for the same mistakes and adds the call's context to them.

    Args:
        rule: the rule that was broken, as a clause without a final full stop.
        where: layer or argument the rule was broken in.
        expected: what would have been right.
        received: what was found instead.
        fix: what to do about it.
    """

    def __init__(
        self,
        rule: str,
        *,
        where: str | None = None,
        expected: object = None,
        received: object = None,
        fix: str | None = None,
    ) -> None:
        # Keras rebuilds an error with one positional argument, the finished text: keep that form valid.
        text = f"{where}: {rule}" if where else rule
        contrast = []
        if expected is not None:
            contrast.append(f"expected {expected}")
        if received is not None:
            contrast.append(f"received {received}")
        if contrast:
            text += f" ({', '.join(contrast)})"
        if fix:
            text += f"; {fix}"
        super().__init__(text)


class ArgumentError(CourseError):
    """An argument is outside its range or of an unknown kind."""


class ShapeError(CourseError):
    """Shapes do not fit together."""


class DtypeError(CourseError):
    """A dtype that the arithmetic cannot use."""


class NumericsError(CourseError):
    """NaN or infinity where a finite number is needed."""


class DownloadError(CourseError):
    """A file cannot be fetched, or is not the one that was asked for."""


class FileFormatError(CourseError):
    """A file's content breaks its format."""


class NestedLayerError(CourseError):
    """A layer of another framework inside one of our models, where it would train nothing."""
