"""Dates as people write them, and in ISO form: a small language to translate."""

from __future__ import annotations

import datetime
from typing import NamedTuple

import numpy as np

from course.data.vocabulary import Vocabulary
from course.errors import ArgumentError
from course.validation import positive_int

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_FIRST = datetime.date(1970, 1, 1).toordinal()
_LAST = datetime.date(2029, 12, 31).toordinal()

# strftime's names of months follow the machine's language; these do not.
_FORMATS = ("{d} {month} {y}", "{month} {d}, {y}", "{mon} {d} {y}", "{d:02}.{m:02}.{y}")

SOURCE_LENGTH = 20
"""Start, the 18 letters of "September 30, 2029", and end."""

TARGET_LENGTH = 12
"""Start, the ten letters of "2029-09-30", and end."""

SOURCE_VOCABULARY = Vocabulary(sorted({*"".join(_MONTHS), *"0123456789 ,."}))
TARGET_VOCABULARY = Vocabulary("-0123456789")


class Dates(NamedTuple):
    """Dates in both forms, letter by letter; train and test have no day in common.

    Args:
        train_sources: shape (n, 20), int32: start, letters, end, padding, of ``SOURCE_VOCABULARY``.
        train_targets: shape (n, 12), int32, of ``TARGET_VOCABULARY``.
        test_sources: as the first.
        test_targets: as the second.
    """

    train_sources: np.ndarray
    train_targets: np.ndarray
    test_sources: np.ndarray
    test_targets: np.ndarray


def dates(train: int, test: int, rng: np.random.Generator) -> Dates:
    """Days of 1970 to 2029, each written in one of four ways, and in ISO form.

    The ways are "3 May 2021", "May 3, 2021", "May 3 2021" with the month's first three letters, and
    "03.05.2021". No day of the test is among those of training, in any form.

    Args:
        train: days to train on, ≥ 1.
        test: days to test on, ≥ 1; 21915 together at most.
        rng: chooses days and forms.

    Raises:
        ArgumentError: there are not so many days.

    Example:
        >>> data = dates(100, 10, np.random.default_rng(0))
        >>> "".join(SOURCE_VOCABULARY.decode(data.test_sources[:1])[0])
        '12 June 1972'
        >>> "".join(TARGET_VOCABULARY.decode(data.test_targets[:1])[0])
        '1972-06-12'

    Source:
        ISO 8601 for the target. The task is a common first one for attention.
    """
    total = positive_int(train, "train") + positive_int(test, "test")
    if total > _LAST - _FIRST + 1:
        raise ArgumentError(
            "there are so many days", expected=f"at most {_LAST - _FIRST + 1}", received=total
        )
    days = [
        datetime.date.fromordinal(int(day)) for day in _FIRST + rng.choice(_LAST - _FIRST + 1, total, False)
    ]
    forms = rng.integers(len(_FORMATS), size=total)
    written = [written_date(day, int(form)) for day, form in zip(days, forms, strict=True)]
    sources = SOURCE_VOCABULARY.encode(written, SOURCE_LENGTH)
    targets = TARGET_VOCABULARY.encode([day.isoformat() for day in days], TARGET_LENGTH)
    return Dates(sources[:train], targets[:train], sources[train:], targets[train:])


def written_date(day: datetime.date, form: int) -> str:
    """A day in one of the four forms, 0 to 3.

    Raises:
        ArgumentError: there is no such form.

    Example:
        >>> [written_date(datetime.date(2021, 5, 3), form) for form in range(4)]
        ['3 May 2021', 'May 3, 2021', 'May 3 2021', '03.05.2021']
    """
    if form not in range(len(_FORMATS)):
        raise ArgumentError("there are four forms", expected="0 to 3", received=form)
    month = _MONTHS[day.month - 1]
    return _FORMATS[form].format(d=day.day, m=day.month, y=day.year, month=month, mon=month[:3])
