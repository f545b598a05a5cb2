"""A graded class in figures: scores, hard and telling checks, misconceptions, nearly identical work."""

from __future__ import annotations

import io
import tokenize
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import fmean, median

import numpy as np

from autograder.results import CheckResult, Report, Status

BINS = 10
"""Columns of the score histogram."""

ALIKE = 0.95
"""Similarity from which a pair is shown to a person."""

MOST_TOKENS = 20_000
"""Of one student that are compared: a worked set has some thousands, and the time grows with the square."""

MOST_PAIRS = 20
"""Pairs that are shown: whoever reads them has an afternoon."""

_LAYOUT = {
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True)
class CheckFigures:
    """One check over the class.

    Args:
        name: the check.
        points: what it can give.
        passed: students with all of its points.
        partly: students with some of them.
        failed: students with none, after it ran.
        not_run: students for whom it did not run.
        by_hand: students whose points a person awards; they count in neither of the two figures below.
        mean: mean share of the points, in [0, 1]: the classical difficulty index; 0 when nothing was decided.
        discrimination: correlation of that share with the score on all other checks, in [-1, 1]; None where
            one of the two is the same for everybody.
    """

    name: str
    points: float
    passed: int
    partly: int
    failed: int
    not_run: int
    by_hand: int
    mean: float
    discrimination: float | None


@dataclass(frozen=True)
class Misconception:
    """A mistake, or a set of twins, that somebody made.

    Args:
        check: where.
        names: names in the bank; several are twins.
        clause: completes "the result is what one gets if ...".
        students: how many made it.
    """

    check: str
    names: tuple[str, ...]
    clause: str
    students: int


@dataclass(frozen=True)
class Pair:
    """Two students whose solutions are nearly the same text.

    Args:
        first: one.
        second: the other.
        similarity: in [0, 1]; 1 is the same but for blanks and line breaks.
    """

    first: str
    second: str
    similarity: float


@dataclass(frozen=True)
class ClassFigures:
    """Everything that the class page shows.

    Args:
        problem_set: its name.
        points: what the checks can give.
        manual_points: what a person adds.
        submissions: work that was handed in.
        scores: sorted, of what could be graded.
        histogram: counts of ``BINS`` equal parts of [0, points]; the last holds full marks.
        checks: in the notebook's order.
        misconceptions: most frequent first.
        seconds: median and largest wall time, and whose it was; None without graded work.
        memory: median and largest peak of memory in MB, and whose it was; None where none was seen.
        odd: students whose work could not be graded, with the reason.
        repaired: notes about repaired or replayed notebooks, with how many have them.
        layers: layers of the sandbox that were degraded, with how many submissions were graded so.
        pairs: nearly identical solutions, most similar first.
        in_kernel: whether test cells in the student's own kernel decided.
    """

    problem_set: str
    points: float
    manual_points: float
    submissions: int
    scores: tuple[float, ...]
    histogram: tuple[int, ...]
    checks: tuple[CheckFigures, ...]
    misconceptions: tuple[Misconception, ...]
    seconds: tuple[float, float, str] | None
    memory: tuple[float, float, str] | None
    odd: tuple[tuple[str, str], ...]
    repaired: tuple[tuple[str, int], ...]
    layers: tuple[tuple[str, int], ...]
    pairs: tuple[Pair, ...]
    in_kernel: bool = False

    @property
    def mean(self) -> float:
        """Mean score."""
        return fmean(self.scores)

    @property
    def median(self) -> float:
        """Median score."""
        return median(self.scores)


def class_figures(
    problem_set: str,
    reports: Mapping[str, Report],
    clauses: Mapping[str, str],
    solutions: Mapping[str, str],
    *,
    in_kernel: bool = False,
) -> ClassFigures:
    """Sums up a class.

    Args:
        problem_set: its name.
        reports: the verdicts, by student.
        clauses: of every registered mistake.
        solutions: text of the solution cells, by student, of those to compare.
        in_kernel: whether test cells in the student's own kernel decided.
    """
    graded = {student: report for student, report in reports.items() if not report.not_gradable}
    points = max((report.points for report in graded.values()), default=0.0)
    scores = sorted(report.score or 0.0 for report in graded.values())
    counts, _ = np.histogram(scores, bins=BINS, range=(0.0, points or 1.0))
    notes = Counter(note for report in graded.values() for note in dict.fromkeys(report.notes))
    degraded = Counter(
        layer for report in graded.values() for layer, state in report.layers.items() if state != "present"
    )
    return ClassFigures(
        problem_set=problem_set,
        points=points,
        manual_points=max((report.manual_points for report in graded.values()), default=0.0),
        submissions=len(reports),
        scores=tuple(scores),
        histogram=tuple(int(count) for count in counts),
        checks=_checks(list(graded.values())),
        misconceptions=_misconceptions(list(graded.values()), clauses),
        seconds=_most({student: report.seconds for student, report in graded.items()}),
        memory=_most({s: r.peak_bytes / 1e6 for s, r in graded.items() if r.peak_bytes}),
        odd=tuple((student, r.not_gradable) for student, r in sorted(reports.items()) if r.not_gradable),
        repaired=tuple(notes.most_common()),
        layers=tuple(degraded.most_common()),
        pairs=similar_pairs(solutions),
        in_kernel=in_kernel,
    )


def _checks(reports: Sequence[Report]) -> tuple[CheckFigures, ...]:
    if not reports:
        return ()
    shares = np.array([[check.fraction for check in report.checks] for report in reports])
    scores = shares * np.array([check.points for check in reports[0].checks])
    return tuple(
        _check([report.checks[k] for report in reports], shares[:, k], scores.sum(axis=1) - scores[:, k])
        for k in range(shares.shape[1])
    )


def _check(results: Sequence[CheckResult], shares: np.ndarray, others: np.ndarray) -> CheckFigures:
    count = Counter(result.status for result in results)
    decided = np.array([not result.by_hand for result in results])
    shares, others = shares[decided], others[decided]
    told = len(shares) > 0 and np.ptp(shares) > 0 and np.ptp(others) > 0
    return CheckFigures(
        name=results[0].check,
        points=results[0].points,
        passed=count[Status.PASSED],
        partly=count[Status.PARTIAL],
        failed=count[Status.FAILED],
        not_run=count[Status.NOT_RUN],
        by_hand=count[Status.BY_HAND],
        mean=float(shares.mean()) if len(shares) else 0.0,
        # Against the score on the others: a check is always correlated with a sum that it is part of.
        discrimination=float(np.corrcoef(shares, others)[0, 1]) if told else None,
    )


def _misconceptions(reports: Sequence[Report], clauses: Mapping[str, str]) -> tuple[Misconception, ...]:
    count = Counter(
        made
        for report in reports
        for made in {
            (check.check, outcome.mistakes)
            for check in report.checks
            for outcome in check.outcomes
            if outcome.mistakes
        }
    )
    return tuple(
        Misconception(
            check, names, " or ".join(dict.fromkeys(clauses.get(name, name) for name in names)), number
        )
        for (check, names), number in sorted(count.items(), key=lambda item: (-item[1], item[0]))
    )


def _most(figures: Mapping[str, float]) -> tuple[float, float, str] | None:
    """Median and largest figure, and whose it is."""
    if not figures:
        return None
    whose = max(figures, key=lambda student: figures[student])
    return median(figures.values()), figures[whose], whose


def similar_pairs(solutions: Mapping[str, str], alike: float = ALIKE) -> tuple[Pair, ...]:
    """Pairs of nearly identical texts: the share of tokens in their longest common subsequence.

    Names and comments count, blanks and line breaks do not. Short functions have few ways to be written, so
    that honest pairs are among them; the figure is for a person, never for a score.

    Args:
        solutions: Python text, by student.
        alike: similarity from which a pair is given, in (0, 1].
    """
    from rapidfuzz.distance import Indel
    from rapidfuzz.process import cdist

    students = sorted(student for student in solutions if solutions[student].strip())
    if len(students) < 2:
        return ()
    tokens = [tokens_of(solutions[student]) for student in students]
    table = cdist(tokens, tokens, scorer=Indel.normalized_similarity, score_cutoff=alike, dtype=np.float32)
    rows, columns = np.nonzero(np.triu(table >= alike, k=1))
    pairs = [Pair(students[i], students[j], float(table[i, j])) for i, j in zip(rows, columns, strict=True)]
    return tuple(sorted(pairs, key=lambda pair: (-pair.similarity, pair.first, pair.second))[:MOST_PAIRS])


def tokens_of(source: str) -> list[str]:
    """The first ``MOST_TOKENS`` tokens of a Python text, layout left out; of no Python, its words."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    try:
        return [token.string for token in islice(tokens, MOST_TOKENS) if token.type not in _LAYOUT]
    except (tokenize.TokenError, SyntaxError, ValueError):
        return source.split()[:MOST_TOKENS]
