"""What a grading run is allowed and what its hidden inputs are drawn from."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from autograder.sandbox.isolation import Isolation
from autograder.sandbox.limits import Limits


@dataclass(frozen=True)
class GradingSettings:
    """Settings of a grading run.

    Args:
        secret: the hidden inputs of a submission are drawn from it; never leaves the trusted side.
        isolation: where students' code runs.
        limits: what it may use.
    """

    secret: bytes = field(repr=False)
    isolation: Isolation = Isolation.BUBBLEWRAP
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def fresh(cls, isolation: Isolation = Isolation.BUBBLEWRAP) -> GradingSettings:
        """Settings with a new secret."""
        return cls(secrets.token_bytes(32), isolation)
