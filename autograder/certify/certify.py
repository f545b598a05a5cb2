"""Certifies a problem set: measures all that it promises, and says where it does not keep it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import ModuleType
from typing import Any

from autograder.certify.certificate import Certificate, CheckLine, Settings
from autograder.certify.measure import SECRET, Measurement, Step, steps
from autograder.checks.constants import in_words
from autograder.checks.suite import Mistake, Suite, Variant
from autograder.errors import AuthoringError, AutograderError
from autograder.percent import Kind
from autograder.problem_sets import ProblemSet

DRAWS = 4
"""Draws of the constants that a problem set is measured with, beside the author's own, in part."""

Begin = Callable[[int], Step]
"""Told the number of steps; gives back what is told of each."""


def certify(
    problem_set: ProblemSet, settings: Settings | None = None, begin: Begin | None = None
) -> Certificate:
    """Measures a problem set of the checkout.

    Args:
        problem_set: the problem set.
        settings: how much to measure.
        begin: for progress: told how many steps there are, and through what it returns of each of them.

    Returns:
        The certificate. What is wrong with the problem set is in its problems.
    """
    try:
        problem_set.verify()
        suite = problem_set.suite
    except AutograderError as error:
        return Certificate(problem_set.name, "", settings or Settings(), (), (str(error),))
    cells = problem_set.check_cells.values()
    certificate = certify_suite(
        suite,
        settings or Settings(),
        stub=_stubs(problem_set, suite),
        points={cell.check: cell.points for cell in cells},
        fingerprint=problem_set.fingerprint,
        begin=begin,
    )
    return _with_draws(problem_set, certificate) if problem_set.has_constants else certificate


def _with_draws(problem_set: ProblemSet, certificate: Certificate) -> Certificate:
    """The certificate with what goes wrong for other draws of the constants."""
    started = time.perf_counter()
    settings = certificate.settings
    fewer = replace(settings, repetitions=max(2, settings.repetitions // DRAWS), trials=0)
    drawn = dict.fromkeys(problem_set.of(f"draw {number}", SECRET) for number in range(DRAWS))
    tried = [variant for variant in drawn if variant.constants != problem_set.constants]
    problems = []
    for variant in tried:
        try:
            found = certify_suite(variant.suite, fewer, stub=_stubs(variant, variant.suite)).all_problems
        except AutograderError as error:
            found = (str(error),)
        # What is wrong for every value has been said.
        new = [problem for problem in found if problem not in certificate.all_problems]
        problems += [f"with {in_words(variant.constants)}: {problem}" for problem in new]
    return replace(
        certificate,
        problems=(*certificate.problems, *problems),
        constants=tuple(dict(variant.constants) for variant in tried),
        seconds=certificate.seconds + time.perf_counter() - started,
    )


def certify_suite(
    suite: Suite,
    settings: Settings,
    *,
    stub: Mapping[str, Any],
    points: Mapping[str, float] | None = None,
    fingerprint: str = "",
    begin: Begin | None = None,
) -> Certificate:
    """Measures a suite.

    Args:
        suite: its checks and its bank.
        settings: how much to measure.
        stub: the notebook's functions before anything is written.
        points: points of each check's cell; 1 by default.
        fingerprint: hash of the sources, for the record.
        begin: see :func:`certify`.

    Returns:
        The certificate.
    """
    started = time.perf_counter()
    total = sum(steps(suite, check, settings) for check in suite.checks.values())
    step = begin(total) if begin else lambda _: None
    problems = []
    if not suite.checks:
        rule = AuthoringError("a suite has checks", where=f"{suite.name}/checks.py", received="none")
        problems.append(str(rule))
    lines: list[CheckLine] = []
    with _quiet_tensorflow():
        for check in suite.checks.values():
            worth = (points or {}).get(check.name, 1.0)
            lines.append(Measurement(suite, check, settings, stub=stub, points=worth, step=step).line())
    judged = {function for check in suite.checks.values() for function in check.grades}
    bank: list[Mistake | Variant] = [*suite.mistakes, *suite.variants]
    for entry in bank:
        if entry.function not in judged:
            problems.append(
                str(
                    AuthoringError(
                        "a mistake or variant stands for a function that a check judges",
                        where=f"{suite.name}/{entry.module}.py",
                        received=f"{entry.name}, for {entry.function}",
                    )
                )
            )
    return Certificate(
        problem_set=suite.name,
        fingerprint=fingerprint,
        settings=settings,
        checks=tuple(lines),
        problems=tuple(problems),
        seconds=time.perf_counter() - started,
    )


def _stubs(problem_set: ProblemSet, suite: Suite) -> dict[str, Any]:
    """The functions of the notebook as students get them, among the modules that the reference imports."""
    namespace: dict[str, Any] = {
        name: item for name, item in vars(suite.reference).items() if isinstance(item, ModuleType)
    }
    namespace |= problem_set.constants
    for cell in problem_set.notebook.of(Kind.SOLUTION):
        path = f"{problem_set.assignment.name}/{problem_set.name}.py"
        # Annotations of a stub may name what its notebook imports.
        code = compile(cell.source, path, "exec", flags=annotations.compiler_flag, dont_inherit=True)
        exec(code, namespace)
    return namespace


@contextmanager
def _quiet_tensorflow() -> Iterator[None]:
    """Mutes warnings that hundreds of runs of one function in one process give rise to, such as retracing."""
    log = logging.getLogger("tensorflow")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)
