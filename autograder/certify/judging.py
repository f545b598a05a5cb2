"""What is held against a problem set: a mistake that may pass, a name that is missing, wrong or unstated."""

from __future__ import annotations

from collections import Counter
from typing import Any

from autograder.certify.certificate import Settings
from autograder.checks.suite import Check, Mistake
from autograder.errors import AuthoringError

CHANCE = 1e-3
"""A count is held against a problem set when chance alone exceeds it no more often than this."""


class Problems:
    """Sentences that say where a problem set breaks which rule, each once, in the order in which they arise.

    Args:
        suite: name of the problem set, the folder of its files.
    """

    def __init__(self, suite: str) -> None:
        self._suite = suite
        self._texts: dict[str, None] = {}

    def add(self, rule: str, *, file: str = "checks.py", **contrast: Any) -> None:
        """Adds a broken rule of a file, in the form of our errors."""
        self.say(str(AuthoringError(rule, where=f"{self._suite}/{file}", **contrast)))

    def say(self, text: str) -> None:
        """Adds a sentence."""
        self._texts[text] = None

    @property
    def texts(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self._texts)


def power(
    problems: Problems,
    check: Check,
    mistake: Mistake,
    settings: Settings,
    runs: int,
    killed: int,
    miss: float | None,
) -> None:
    """Holds a mistake that passes against the problem set.

    Args:
        problems: where to.
        check: the check that should fail it.
        mistake: the mistake.
        settings: has the largest probability with which it may pass.
        runs: how often it was judged.
        killed: how often it failed.
        miss: the probability that it passes, from the evidence of the runs; None when they have none.
    """
    by_chance = most_by_chance(runs, settings.beta) if miss is not None else 0
    if runs - killed <= by_chance and (miss or 0.0) <= settings.beta:
        return
    by_evidence = f", and by their evidence {miss:.2g} do" if miss is not None else ""
    problems.add(
        f"check {check.name!r} fails every mistake",
        file=f"{mistake.module}.py",
        expected=f"{mistake.name} fails with probability at least {1 - settings.beta:g}",
        received=f"{runs - killed} of {runs} runs passed{by_evidence}",
        fix="choose a point where it is farther off, or ask for more draws",
    )


def names(
    problems: Problems,
    check: Check,
    mistake: Mistake,
    settings: Settings,
    named: Counter[frozenset[str]],
    twins: frozenset[str],
) -> None:
    """Holds a missing or wrong name, an unstated twin, or a twin that is none against the problem set.

    Args:
        problems: where to.
        check: the check.
        mistake: the mistake that was judged.
        settings: has the share of runs in which it has to be named.
        named: how often it failed under which names.
        twins: the mistake and its stated twins.
    """
    file = f"{mistake.module}.py"
    for found in named:
        if not found or (mistake.name in found and found <= twins):
            continue
        if mistake.name in found:
            strangers = ", ".join(sorted(found - twins))
            problems.add(
                f"check {check.name!r}: twins are stated",
                file=file,
                received=f"{mistake.name} cannot be told from {strangers}",
                fix=f"state twins=(...) at {mistake.name}, or add a point that tells them apart",
            )
        else:
            problems.add(
                f"check {check.name!r}: a mistake is given its own name",
                file=file,
                received=f"{mistake.name} is called {', '.join(sorted(found))} in {named[found]} runs",
            )
    killed = sum(named.values())
    if len(twins) > 1 and killed and not any(len(found) > 1 for found in named):
        problems.add(
            f"check {check.name!r}: stated twins are twins",
            file=file,
            received=f"{mistake.name} is always told from {', '.join(sorted(twins - {mistake.name}))}",
            fix="drop twins=(...)",
        )
    silent = named[frozenset()]
    # One run in a thousand goes unnamed by chance: a single one is not held against anybody.
    if silent > max(1, (1 - settings.named) * killed) or 0 < silent == killed:
        problems.add(
            f"check {check.name!r} names every mistake",
            file=file,
            expected=f"in {settings.named:.0%} of its runs",
            received=f"{mistake.name} was named in {killed - silent} of {killed}",
        )


def most_by_chance(runs: int, rate: float) -> int:
    """The largest count that events of this rate reach with a probability above ``CHANCE``.

    Example:
        >>> most_by_chance(10_000, 1e-3)
        21
    """
    from scipy.stats import binom

    return int(binom.isf(CHANCE, runs, rate)) if runs else 0
