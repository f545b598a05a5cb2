"""What a certificate holds, and its JSON form.

``certificate.schema.json`` beside this file describes the JSON form.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

from autograder.results import json_safe

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Settings:
    """How much is measured, and against which rates.

    Args:
        repetitions: hidden inputs that every mistake and every variant meets, >= 2.
        trials: statistical decisions about every variant at ``raised_alpha``; 1e-9 could not be measured.
        raised_alpha: the false-fail rate at which they are made.
        beta: the largest probability with which a mistake may pass.
        named: the smallest share of its runs in which a mistake has to be named.
        mistakes: the fewest mistakes of a check.
        variants: the fewest other correct routes of a check.
    """

    repetitions: int = 25
    trials: int = 10_000
    raised_alpha: float = 1e-3
    beta: float = 1e-3
    named: float = 0.95
    mistakes: int = 8
    variants: int = 2


@dataclass(frozen=True)
class MistakeLine:
    """One registered mistake before one check.

    Args:
        name: its name.
        function: the function that it stands for.
        runs: how often it was judged, each time on other hidden inputs.
        killed: how often the check failed it.
        named: how often it was named, alone or with exactly its stated twins.
        power: probability of failing it, from a normal law fitted to the evidence of the runs; 1 where the
            decision is exact; ``killed / runs`` where neither applies.
        margin: smallest distance from right over the runs, in ``unit``; None when it is failed for certain.
        unit: ``tolerances`` for exact outcomes, ``standard errors`` for estimates.
        twins: the mistakes that are stated to give the same result.
    """

    name: str
    function: str
    runs: int
    killed: int
    named: int
    power: float
    margin: float | None
    unit: str
    twins: tuple[str, ...] = ()


@dataclass(frozen=True)
class VariantLine:
    """One correct route before one check; the reference is one of them.

    Args:
        name: its name.
        function: the function that it stands for.
        runs: how often it was judged as in grading.
        failed: how often it failed.
        trials: statistical decisions at the raised false-fail rate.
        false_fails: how many of them were against it.
    """

    name: str
    function: str
    runs: int
    failed: int
    trials: int
    false_fails: int


@dataclass(frozen=True)
class PointLine:
    """Where a check calls a function.

    Args:
        function: the function.
        argument: its argument's name.
        seen: the range of its values or its shapes over all hidden inputs, in words.
        degenerate: why it is a point at which mistakes hide, in words; empty when it is none.
        meant: the author's reason for it, if it is.
    """

    function: str
    argument: str
    seen: str
    degenerate: str = ""
    meant: str = ""


@dataclass(frozen=True)
class CheckLine:
    """Everything about one check.

    Args:
        name: its name.
        points: points of its cell.
        stub: share of the points that the notebook's stub earns.
        reference: share that the worked solution earns.
        mistakes: its bank.
        variants: the reference and the other routes that it accepts.
        places: where it calls the functions.
        calls: calls of the student's functions in a run.
        draws: random draws asked for in a run.
        student_seconds: mean wall time inside the functions, for correct work.
        right_seconds: mean CPU time of the trusted side for correct work.
        wrong_seconds: the same for mistakes, diagnosis included.
        problems: what keeps it from being certified; each says where.
    """

    name: str
    points: float
    stub: float = 0.0
    reference: float = 0.0
    mistakes: tuple[MistakeLine, ...] = ()
    variants: tuple[VariantLine, ...] = ()
    places: tuple[PointLine, ...] = ()
    calls: int = 0
    draws: int = 0
    student_seconds: float = 0.0
    right_seconds: float = 0.0
    wrong_seconds: float = 0.0
    problems: tuple[str, ...] = ()

    @property
    def margin(self) -> MistakeLine | None:
        """The mistake that comes closest to passing; estimates come before exact outcomes."""
        close = [line for line in self.mistakes if line.margin is not None]
        return min(close, key=lambda m: (m.unit == "tolerances", m.margin), default=None)


@dataclass(frozen=True)
class Certificate:
    """The page that says whether a problem set can be trusted to grade.

    Args:
        problem_set: its name.
        fingerprint: hash of its sources; empty for a suite without files.
        settings: how much was measured.
        checks: one entry a check.
        problems: what is wrong with the problem set as a whole.
        seconds: wall time of the measurement.
        constants: the other values of constants with which everything was measured once more, fewer times.
    """

    problem_set: str
    fingerprint: str
    settings: Settings
    checks: tuple[CheckLine, ...]
    problems: tuple[str, ...] = ()
    seconds: float = 0.0
    constants: tuple[Mapping[str, Any], ...] = ()

    @property
    def all_problems(self) -> tuple[str, ...]:
        """Everything that keeps the problem set from being certified."""
        return (*self.problems, *(problem for check in self.checks for problem in check.problems))

    @property
    def certified(self) -> bool:
        """Whether nothing does."""
        return not self.all_problems

    @property
    def totals(self) -> Mapping[str, float]:
        """Sums over the checks, for the headline."""
        mistakes = [line for check in self.checks for line in check.mistakes]
        variants = [line for check in self.checks for line in check.variants]
        return {
            "mistakes": len(mistakes),
            "mistake_runs": sum(line.runs for line in mistakes),
            "killed": sum(line.killed for line in mistakes),
            "named": sum(line.named for line in mistakes),
            "variants": len(variants),
            "variant_runs": sum(line.runs for line in variants),
            "failed": sum(line.failed for line in variants),
            "trials": sum(line.trials for line in variants),
            "false_fails": sum(line.false_fails for line in variants),
            "right_seconds": sum(check.right_seconds for check in self.checks),
            "wrong_seconds": sum(check.wrong_seconds for check in self.checks),
        }

    def to_dict(self) -> dict[str, Any]:
        """The certificate as JSON values, derived figures included."""
        values = asdict(self)
        values |= {
            "schema_version": SCHEMA_VERSION,
            "certified": self.certified,
            "totals": dict(self.totals),
            "problems": list(self.problems),
        }
        plain: dict[str, Any] = json_safe(values)
        return plain

    def to_json(self, indent: int | None = 2) -> str:
        """The certificate as JSON text that ``certificate.schema.json`` describes."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)


def schema() -> dict[str, Any]:
    """The JSON schema of a certificate."""
    text = files("autograder.certify").joinpath("certificate.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
