"""Measures one check: what it does to the stub, to correct work and to every registered mistake."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.certify import evidence, judging, points, trials
from autograder.certify.certificate import CheckLine, MistakeLine, Settings, VariantLine
from autograder.checks.answers import Student, in_namespace
from autograder.checks.claim import Claim
from autograder.checks.diagnose import Observations
from autograder.checks.run import collect, observe_bank, run_check, seed_for
from autograder.checks.suite import Check, Mistake, Suite, Variant
from autograder.errors import AuthoringError
from autograder.results import CheckResult, Outcome

SECRET = b"certificate"
"""What the hidden inputs of certificates are drawn from; no classroom's secret."""

EXCESS = 1.1
"""Multiple of a declared moment that a correct route may have: less than the tests' own safety factor."""

Step = Callable[[str], None]
"""Told what has just been done; as often as :func:`steps` says."""


def steps(suite: Suite, check: Check, settings: Settings) -> int:
    """How many steps measuring a check takes."""
    routes = 1 + len(suite.variants_of(check))
    return 1 + routes + settings.repetitions * (1 + len(suite.mistakes_of(check)))


class _Clock:
    """Calls functions in a namespace and counts the time spent there."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._call = in_namespace(namespace)
        self.wall = self.cpu = 0.0

    def __call__(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            return self._call(name, args, kwargs)
        finally:
            self.wall += time.perf_counter() - wall
            self.cpu += time.process_time() - cpu


class Measurement:
    """One check under measurement.

    Args:
        suite: the problem set's suite.
        check: which of its checks.
        settings: how much to measure.
        stub: the notebook's functions before anything is written.
        points: points of the check's cell.
        step: told of every step.
    """

    def __init__(
        self,
        suite: Suite,
        check: Check,
        settings: Settings,
        *,
        stub: Mapping[str, Any],
        points: float,
        step: Step = lambda _: None,
    ) -> None:
        self._suite, self._check, self._settings = suite, check, settings
        self._stub, self._points, self._step = stub, points, step
        self._problems = judging.Problems(suite.name)
        self._student: list[float] = []
        self._right: list[float] = []
        self._wrong: list[float] = []
        self._nameable = self._random = True
        self._trials = 0

    def line(self) -> CheckLine:
        """Measures; what the author did wrong becomes problems of the line, never an exception."""
        try:
            return self._line()
        except AuthoringError as error:
            # The rest of the check cannot be measured; the other checks can.
            self._problems.say(str(error))
            return CheckLine(self._check.name, self._points, problems=self._problems.texts)

    def _line(self) -> CheckLine:
        suite, check = self._suite, self._check
        self._enough("mistake", len(suite.mistakes_of(check)), self._settings.mistakes)
        self._enough("variant", len(suite.variants_of(check)), self._settings.variants)
        stub = self._share("stub")
        reference = self._share("reference")
        self._step(f"{check.name}: the stub and the reference")
        if stub > 0:
            self._problems.add(f"check {check.name!r}: the stub scores 0", expected=0, received=f"{stub:.3g}")
        recorded, claims = self._recorded()
        lines = points.places(recorded, check.meant)
        for text in points.problems(lines, check, f"{suite.name}/checks.py"):
            self._problems.say(text)
        self._nameable = any(claim.observation() is not None for claim in claims)
        self._random = any(map(trials.statistical, claims))
        self._trials = trials.affordable(claims, self._settings.trials)
        routes: list[Variant | None] = [None, *suite.variants_of(check)]
        variants = tuple(map(self._route, routes))
        self._false_fails(variants)
        mistakes = self._mistakes()
        return CheckLine(
            name=check.name,
            points=self._points,
            stub=stub,
            reference=reference,
            mistakes=mistakes,
            variants=variants,
            places=lines,
            calls=len(recorded[0]),
            draws=_draws(claims),
            student_seconds=_mean(self._student),
            right_seconds=_mean(self._right),
            wrong_seconds=_mean(self._wrong),
            problems=self._problems.texts,
        )

    def _seeds(self) -> list[int]:
        return [
            seed_for(SECRET, str(number), self._check.name) for number in range(self._settings.repetitions)
        ]

    def _enough(self, kind: str, count: int, least: int) -> None:
        if count < least:
            self._problems.add(
                f"check {self._check.name!r} has enough {kind}s",
                file=f"{kind}s.py",
                expected=f"at least {least}",
                received=count,
                fix="register more for " + " or ".join(self._check.grades),
            )

    def _run(
        self,
        namespace: Mapping[str, Any],
        seed: int,
        observed: Mapping[str, Observations] | None = None,
    ) -> tuple[CheckResult, float, float]:
        clock = _Clock(namespace)
        cpu = time.process_time()
        result = run_check(
            self._suite,
            self._check,
            Student(clock),
            seed=seed,
            grade_id=self._check.name,
            points=1.0,
            observed=observed,
        )
        return result, clock.wall, time.process_time() - cpu - clock.cpu

    def _share(self, who: str) -> float:
        namespace = self._stub if who == "stub" else self._suite.namespace()
        # The stub raises at once, so that it needs no bank.
        return self._run(namespace, self._seeds()[0], {} if who == "stub" else None)[0].fraction

    def _recorded(self) -> tuple[list[list[points.Call]], list[Claim]]:
        runs: list[list[points.Call]] = []
        claims: list[Claim] = []
        for seed in self._seeds():
            names = self._suite.namespace()
            student = points.RecordingStudent(in_namespace(names), names)
            claims, error = collect(self._suite, self._check, student, seed)
            if error is not None or not claims:
                raise AuthoringError(
                    "a check yields claims about its own reference",
                    where=f"{self._suite.name}/checks.py",
                    received=f"{self._check.name}: {error or 'none'}",
                )
            runs.append(student.calls)
        return runs, claims

    def _route(self, variant: Variant | None) -> VariantLine:
        name = variant.name if variant else "reference"
        namespace = self._suite.namespace(variant)
        failed = decided = against = trial = 0
        messages: Counter[str] = Counter()
        spreads: dict[tuple[str, str], list[float]] = {}
        for seed in self._seeds():
            result, wall, cpu = self._run(namespace, seed, {})
            self._student.append(wall)
            self._right.append(cpu)
            for outcome in result.outcomes:
                if not outcome.passed:
                    messages[f"{outcome.label or outcome.kind}: {outcome.message}"] += 1
            failed += result.fraction < 1
            for claim in self._random_claims(namespace, seed):
                if found := trials.moments(claim):
                    spreads.setdefault((claim.label or claim.kind, found[1]), []).append(found[0])
        while decided < self._trials and not failed:
            seed = seed_for(SECRET, f"trial {trial}", self._check.name)
            trial += 1
            for claim in self._random_claims(namespace, seed):
                for passed in trials.decisions(claim, self._settings.raised_alpha):
                    decided, against = decided + 1, against + (not passed)
        if failed:
            text, _ = messages.most_common(1)[0]
            self._problems.add(
                f"check {self._check.name!r}: correct work passes",
                received=f"{name} failed {failed} of {self._settings.repetitions} runs ({text})",
                fix="correct the declared numbers, or the route",
            )
        self._declared(name, spreads)
        self._step(f"{self._check.name}: {name}")
        function = variant.function if variant else " and ".join(self._check.grades)
        return VariantLine(name, function, self._settings.repetitions, failed, decided, against)

    def _random_claims(self, namespace: Mapping[str, Any], seed: int) -> list[Claim]:
        if not self._random:
            return []
        claims, _ = collect(self._suite, self._check, Student(in_namespace(namespace)), seed)
        return [claim for claim in claims if trials.statistical(claim)]

    def _declared(self, name: str, spreads: Mapping[tuple[str, str], Sequence[float]]) -> None:
        from scipy.stats import t as student_t

        for (label, moment), ratios in spreads.items():
            # Fourth moments of heavy tails vary: Student's quantile asks for more than two runs to agree.
            error = float(np.std(ratios, ddof=1)) / math.sqrt(len(ratios))
            lower = (
                float(np.mean(ratios)) - float(student_t.isf(judging.CHANCE / 10, len(ratios) - 1)) * error
            )
            if np.isfinite(ratios).all() and lower > EXCESS:
                self._problems.add(
                    f"check {self._check.name!r}: the declared {moment} covers every correct route",
                    received=f"{name} has {float(np.mean(ratios)):.3g} times the declared one in {label!r}",
                )

    def _false_fails(self, lines: Sequence[VariantLine]) -> None:
        for line in lines:
            allowed = judging.most_by_chance(line.trials, self._settings.raised_alpha)
            if line.false_fails > allowed:
                self._problems.add(
                    f"check {self._check.name!r}: correct work fails no more often than alpha says",
                    expected=f"at most {allowed} of {line.trials} at {self._settings.raised_alpha:g}",
                    received=f"{line.false_fails} of {line.name}",
                )

    def _mistakes(self) -> tuple[MistakeLine, ...]:
        suite, check = self._suite, self._check
        bank = suite.mistakes_of(check)
        runs: dict[str, list[tuple[Outcome, ...]]] = {m.name: [] for m in bank}
        killed: Counter[str] = Counter()
        named: dict[str, Counter[frozenset[str]]] = {m.name: Counter() for m in bank}
        for seed in self._seeds():
            observing = time.process_time()
            observed = observe_bank(suite, check, seed)
            observing = time.process_time() - observing
            self._step(f"{check.name}: what the bank shows")
            for mistake in bank:
                result, _, cpu = self._run(suite.namespace(mistake), seed, observed)
                self._wrong.append(cpu + observing)
                runs[mistake.name].append(result.outcomes)
                killed[mistake.name] += result.fraction < 1
                found = frozenset(name for outcome in result.outcomes for name in outcome.mistakes)
                if result.fraction < 1:
                    named[mistake.name][found] += 1
                self._step(f"{check.name}: {mistake.name}")
        return tuple(self._mistake(m, runs[m.name], killed[m.name], named[m.name]) for m in bank)

    def _mistake(
        self,
        mistake: Mistake,
        runs: Sequence[tuple[Outcome, ...]],
        killed: int,
        named: Counter[frozenset[str]],
    ) -> MistakeLine:
        twins = self._suite.twins_of(mistake)
        right = sum(count for names, count in named.items() if mistake.name in names and names <= twins)
        miss = evidence.miss_probability(runs)
        power = 1 - miss if miss is not None else killed / len(runs)
        margin, unit = min(map(evidence.distance, runs), key=lambda found: found[0])
        judging.power(self._problems, self._check, mistake, self._settings, len(runs), killed, miss)
        if self._nameable:  # training noise makes no two runs of one mistake comparable
            judging.names(self._problems, self._check, mistake, self._settings, named, twins)
        finite = margin if math.isfinite(margin) else None
        return MistakeLine(
            name=mistake.name,
            function=mistake.function,
            runs=len(runs),
            killed=killed,
            named=right,
            power=max(0.0, min(1.0, power)),
            margin=finite,
            unit=unit if finite is not None else evidence.CERTAIN,
            twins=tuple(sorted(twins - {mistake.name})),
        )


def _draws(claims: Sequence[Claim]) -> int:
    # Several claims may judge the same draws.
    asked = {id(answer): getattr(claim, "draws", 0) for claim in claims for answer in claim.answers}
    return sum(asked.values())


def _mean(numbers: Sequence[float]) -> float:
    return float(np.mean(numbers)) if numbers else 0.0
