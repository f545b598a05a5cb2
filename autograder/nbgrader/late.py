"""A ready policy for late work, as a plugin of nbgrader's: a share of the score for every day begun."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbgrader.plugins import LateSubmissionPlugin

from autograder.errors import ConfigurationError

if TYPE_CHECKING:
    from traitlets.config import Config

_DAY, _HOUR = 86_400.0, 3_600.0
_EXAMPLE = '{"grace_hours": 1, "percent_per_day": 10, "most_percent": 50}'


@dataclass(frozen=True)
class LatePolicy:
    """What late work costs.

    penalty = score · min(most_percent, percent_per_day · days) / 100, days = ⌈seconds late / 86400⌉,
    and nothing up to ``grace_hours``. Days count from the due date: the grace forgives, it does not extend.

    Args:
        percent_per_day: share of the score that each day begun costs, in [0, 100].
        grace_hours: late by up to this costs nothing; >= 0.
        most_percent: the largest share that is ever taken, in [0, 100].

    Example:
        >>> policy = LatePolicy(percent_per_day=10, grace_hours=1, most_percent=50)
        >>> [policy.penalty(8.0, hours * 3600) for hours in (1, 2, 25, 24 * 30)]
        [0.0, 0.8, 1.6, 4.0]
    """

    percent_per_day: float
    grace_hours: float = 0.0
    most_percent: float = 100.0

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> LatePolicy | None:
        """The policy of ``c.ExpectedGradient.late``; None when that is empty.

        Raises:
            ConfigurationError: a key is unknown or missing, or a value is no number of its range.
        """
        if not values:
            return None
        where = "c.ExpectedGradient.late"
        names = list(cls.__dataclass_fields__)
        if set(values) - set(names) or "percent_per_day" not in values:
            raise ConfigurationError(
                f"a late policy has percent_per_day, and may have {names[1]} and {names[2]}",
                where=where,
                expected=_EXAMPLE,
                received=dict(values),
            )
        for name, value in values.items():
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            most = math.inf if name == "grace_hours" else 100.0
            if not number or not 0 <= value <= most or not math.isfinite(value):
                raise ConfigurationError(
                    f"{name} is a number of {'at least 0' if most == math.inf else '0 to 100'}",
                    where=where,
                    received=repr(value),
                )
        return cls(**values)

    def penalty(self, score: float, seconds_late: float) -> float:
        """Points that late work loses, to a thousandth of a point.

        Args:
            score: what it reached; >= 0.
            seconds_late: after the due date, an extension counted in; > 0.
        """
        if seconds_late <= self.grace_hours * _HOUR:
            return 0.0
        percent = min(self.most_percent, self.percent_per_day * math.ceil(seconds_late / _DAY))
        return round(score * percent / 100, 3)


class LatePenalty(LateSubmissionPlugin):
    """nbgrader's plugin, which goes by ``c.ExpectedGradient.late`` where that is set."""

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """The penalty, or None for none.

        Args:
            student_id: nbgrader's id.
            score: of the notebook.
            total_seconds_late: seconds after the due date, extension included.
        """
        policy = policy_of(self.config)
        if policy is None:
            return super().late_submission_penalty(student_id, score, total_seconds_late)
        return policy.penalty(score, total_seconds_late) or None


def policy_of(config: Config) -> LatePolicy | None:
    """The policy of a classroom's configuration; None when it sets none.

    Raises:
        ConfigurationError: it is not one.
    """
    from autograder.nbgrader.configuration import ExpectedGradient

    return LatePolicy.from_mapping(ExpectedGradient(config=config).late)
