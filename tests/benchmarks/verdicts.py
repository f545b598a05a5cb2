"""Measures the grader's verdicts on ps05: false fails, power, names, draws needed, time.

Run by hand; rewrites the table beside this file::

    python tests/benchmarks/verdicts.py            # a quarter of an hour on one core
    python tests/benchmarks/verdicts.py --only Power Names

Every figure comes from the functions that grade: the suite's claims, ``run_check`` and the certificate's
measurements. Only the sandbox is left out.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from autograder.certify.evidence import miss_probability
from autograder.certify.trials import BLOCK, affordable, decisions, statistical
from autograder.checks import Answer, catoni, unbiased, unbiased_stream
from autograder.checks.answers import Student, in_namespace
from autograder.checks.run import collect, observe_bank, run_check, seed_for
from autograder.checks.suite import Check, Mistake, Suite, Variant
from autograder.problem_sets import locate
from autograder.results import CheckResult

ROOT = Path(__file__).resolve().parents[2]
RAISED = 1e-3
WHOLE = 4000
POWER_RUNS = 250
NAME_SEEDS = 20
STREAM_RUNS = 500
UNRELATED, UNRELATED_DRAWN = 10_000, 2500

suite: Suite = locate("ps05_estimators", ROOT).suite


def seed(text: str, check: Check) -> int:
    """Hidden inputs of this benchmark."""
    return seed_for(b"verdicts", text, check.name)


def drawn(check: Check) -> bool:
    """Whether a check decides from draws."""
    claims, _ = collect(suite, check, Student(in_namespace(suite.namespace())), seed("kind", check))
    return any(map(statistical, claims))


def judge(
    check: Check, entry: Mistake | Variant | dict[str, Any] | None, at: int, observed: Any = None
) -> CheckResult:
    """One run of a check, as in grading."""
    namespace = suite.namespace() | entry if isinstance(entry, dict) else suite.namespace(entry)
    student = Student(in_namespace(namespace))
    return run_check(suite, check, student, seed=at, grade_id=check.name, points=1.0, observed=observed)


def false_fails(runs: int, whole: int) -> Iterator[str]:
    """Correct submissions of the checks that decide from draws, at a raised and at the default alpha.

    The first calls stand for one submission each. Of the later ones the rows are dealt out as well, so that
    one call stands for many submissions of ``BLOCK`` draws: it is with few draws that a test without a
    finite-sample guarantee fails correct work.
    """
    yield "| check | draws | alpha | correct submissions | decisions | false fails | nominal, at most |"
    yield "|---|---|---|---|---|---|---|"
    for check in filter(drawn, suite.checks.values()):
        routes: list[Variant | None] = [None, *suite.variants_of(check)]
        made: Counter[tuple[bool, float]] = Counter()
        submissions: Counter[tuple[bool, float]] = Counter()
        failed: Counter[tuple[bool, float]] = Counter()
        run, target = 0, 1
        while submissions[True, RAISED] + submissions[False, RAISED] < target:
            student = Student(in_namespace(suite.namespace(routes[run % len(routes)])))
            claims, _ = collect(suite, check, student, seed(f"correct {run}", check))
            random = [claim for claim in claims if statistical(claim)]
            run, target = run + 1, affordable(claims, runs)
            for alpha in (RAISED, catoni.ALPHA):
                # The first of a claim's decisions is about the whole answer.
                dealt = [islice(decisions(claim, alpha), 1 if run <= whole else None) for claim in random]
                for number, together in enumerate(zip_longest(*dealt)):
                    passed = [verdict for verdict in together if verdict is not None]
                    submissions[number == 0, alpha] += 1
                    made[number == 0, alpha] += len(passed)
                    failed[number == 0, alpha] += len(passed) - sum(passed)
        for key in sorted(made, reverse=True):
            all_draws, alpha = key
            yield (
                f"| {check.name} | {'all' if all_draws else BLOCK} | {alpha:g} | {submissions[key]}"
                f" | {made[key]} | {failed[key]} | {made[key] * alpha:.3g} |"
            )


def power(runs: int) -> Iterator[str]:
    """Every mistake of the bank before its check."""
    yield "| check | mistakes | runs of each | killed | least power |"
    yield "|---|---|---|---|---|"
    for check in suite.checks.values():
        repeated = runs if drawn(check) else max(2, runs // 10)
        killed, least, bank = 0, 1.0, suite.mistakes_of(check)
        for mistake in bank:
            found = [judge(check, mistake, seed(f"power {n}", check), {"": []}) for n in range(repeated)]
            dead = sum(result.fraction < 1 for result in found)
            miss = miss_probability([result.outcomes for result in found])
            killed += dead
            least = min(least, dead / repeated if miss is None else 1 - miss)
        yield f"| {check.name} | {len(bank)} | {repeated} | {killed}/{repeated * len(bank)} | {least:.9g} |"


def names(seeds: int) -> Iterator[str]:
    """Is each mistake named, alone or with exactly its stated twins?"""
    yield "| check | failed runs | named rightly | of these as twins | unnamed | named wrongly |"
    yield "|---|---|---|---|---|---|"
    overall: Counter[str] = Counter()
    for check in suite.checks.values():
        counts: Counter[str] = Counter()
        for n in range(seeds):
            at = seed(f"names {n}", check)
            observed = observe_bank(suite, check, at)
            for mistake in suite.mistakes_of(check):
                result = judge(check, mistake, at, observed)
                found = {name for outcome in result.outcomes for name in outcome.mistakes}
                counts["total"] += 1
                counts["right"] += found == suite.twins_of(mistake)
                counts["twins"] += found == suite.twins_of(mistake) and len(found) > 1
                counts["silent"] += not found
                counts["wrong"] += bool(found) and not found <= suite.twins_of(mistake)
        overall += counts
        yield _named(check.name, counts)
    yield _named("all", overall)


def _named(label: str, counts: Counter[str]) -> str:
    share = counts["right"] / counts["total"]
    return (
        f"| {label} | {counts['total']} | {counts['right']} ({share:.1%}) | {counts['twins']}"
        f" | {counts['silent']} | {counts['wrong']} |"
    )


def unrelated(answers: int, answers_drawn: int) -> Iterator[str]:
    """Wrong answers of no known origin: how many are given a name all the same?"""
    yield "| check | wrong answers | failed | given a name |"
    yield "|---|---|---|---|"
    rng = np.random.default_rng(41)
    overall: Counter[str] = Counter()
    for check in suite.checks.values():
        counts: Counter[str] = Counter()
        random = drawn(check)
        each = max(-(-answers // len(suite.checks)), answers_drawn if random else 0)
        while counts["made"] < each:
            at = seed(f"unrelated {counts['made']}", check)
            observed = observe_bank(suite, check, at)
            for _ in range(min(250, each - counts["made"])):
                function = check.grades[int(rng.integers(len(check.grades)))]
                wrong = (sampler if random else array)(function, rng)
                result = judge(check, {function: wrong}, at, observed)
                counts["made"] += 1
                counts["failed"] += result.fraction < 1
                counts["named"] += any(outcome.mistakes for outcome in result.outcomes)
        overall += counts
        yield _misnamed(check.name, counts)
    yield _misnamed("all", overall)


def _misnamed(label: str, counts: Counter[str]) -> str:
    named, made = counts["named"], counts["made"]
    return f"| {label} | {made} | {counts['failed']} | {named} ({named / made:.3%}) |"


def sampler(function: str, rng: np.random.Generator) -> Callable[..., Any]:
    """An estimator of something else: mostly a random polynomial of random noise, in the right draws' shape.

    One in ten is a random affine map of the right draws, one in twenty a constant.
    """
    weights = rng.normal(size=5) * (rng.uniform(size=5) < 0.7)
    noise = rng.choice(["normal", "uniform", "laplace", "exponential"])
    scale, shift = rng.lognormal(sigma=0.5), rng.normal()
    kind, a, b = rng.uniform(), rng.normal(), rng.normal()

    def draws(right: np.ndarray) -> np.ndarray:
        if kind < 0.05:
            return np.full(right.shape, a)
        if kind < 0.15:
            return a * right + b
        z = shift + scale * getattr(rng, noise)(size=right.shape)
        return np.asarray(sum(w * z**k for k, w in enumerate(weights)) + rng.normal(0, 0.1, right.shape))

    return lambda *args: _like(getattr(suite.reference, function)(*args), draws)


def array(function: str, rng: np.random.Generator) -> Callable[..., Any]:
    """A random change of the right answer, or a random polynomial of the inputs."""
    kind, weights = int(rng.integers(6)), rng.normal(size=5)
    state = rng.integers(2**32)

    def change(*args: Any) -> Any:
        own = np.random.default_rng(state)

        def entries(right: np.ndarray) -> np.ndarray:
            match kind:
                case 0:
                    return right * own.normal(size=right.shape)
                case 1:
                    return right + weights[0]
                case 2:
                    return right * weights[0]
                case 3:
                    return np.asarray(own.permutation(right) if right.ndim else right) + 0.1 * weights[1]
                case 4:
                    return own.normal(size=right.shape)
            given = [np.asarray(a, float) for a in args if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
            inputs = next((a for a in reversed(given) if a.size), np.ones(1))
            z = np.resize(inputs, right.shape)
            return np.asarray(sum(w * z**k for k, w in enumerate(weights)))

        return _like(getattr(suite.reference, function)(*args), entries)

    return change


def _like(right: Any, change: Callable[[np.ndarray], np.ndarray]) -> Any:
    """A changed answer of the right one's structure; what holds no numbers stays."""
    if isinstance(right, dict):
        return {key: _like(value, change) for key, value in right.items()}
    if isinstance(right, (list, tuple)) and not all(isinstance(item, (int, float)) for item in right):
        return [_like(value, change) for value in right]
    numbers = np.asarray(right)
    return change(numbers.astype(np.float64)) if numbers.dtype.kind in "iuf" else right


def differentiated(check: Check) -> bool:
    """Whether a check takes the gradient of what the function returns."""
    claims, _ = collect(suite, check, Student(in_namespace(suite.namespace())), seed("kind", check))
    return any(claim.kind == "gradient_of" for claim in claims)


def same_verdicts() -> Iterator[str]:
    """Reference, routes and mistakes once more in other types and compiled."""
    yield "| how the function is run | entries that run so | verdict and name as in float64, eager | others |"
    yield "|---|---|---|---|"
    for label, wrap in WRAPPERS.items():
        same = able = 0
        others = []
        for check in suite.checks.values():
            at = seed("same", check)
            if label not in IN_THE_LIBRARY and differentiated(check):
                continue
            observed = observe_bank(suite, check, at)
            for entry in (None, *suite.variants_of(check), *suite.mistakes_of(check)):
                names = suite.namespace(entry)
                plain = judge(check, entry, at, observed)
                other = judge(check, {name: wrap(names[name]) for name in check.grades}, at, observed)
                if any(" raised " in outcome.message for outcome in other.outcomes):
                    continue  # NumPy inside a graph, a type mixed into another: no such code runs
                able += 1
                agree = [(o.passed, o.mistakes) for o in plain.outcomes] == [
                    (o.passed, o.mistakes) for o in other.outcomes
                ]
                same += agree
                if not agree:
                    others.append(entry.name if entry else "reference")
        # Draws are new each time: one right name in a thousand is lost to chance.
        yield f"| {label} | {able} | {same} | {', '.join(others)} |"


def _cast(dtype: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any) -> Any:
            args = tuple(a.astype(dtype) if isinstance(a, np.ndarray) else a for a in args)
            return _each(function(*args), lambda numbers: np.asarray(numbers).astype(dtype))

        return run

    return wrap


def _graph(function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any) -> Any:
        # A function of its own for each call, with its arrays as arguments.
        places = [k for k, a in enumerate(args) if isinstance(a, np.ndarray)]

        def traced(*given: Any) -> Any:
            whole = list(args)
            for k, tensor in zip(places, given, strict=True):
                whole[k] = tensor
            return function(*whole)

        return tf.function(traced, autograph=False)(*(tf.constant(args[k]) for k in places))

    return run


WRAPPERS: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    "float32 arguments and result": _cast("float32"),
    "float64 result": _cast("float64"),
    "inside tf.function": _graph,
    "Keras tensor result": lambda f: lambda *args: _each(f(*args), tf.convert_to_tensor),
    "list of numbers": lambda f: lambda *args: _each(f(*args), lambda numbers: np.asarray(numbers).tolist()),
    "with a leading axis of length 1": lambda f: lambda *args: _each(f(*args), lambda n: np.asarray(n)[None]),
}

IN_THE_LIBRARY = ("inside tf.function", "Keras tensor result")
"""Forms that a tape sees through."""


def _each(result: Any, form: Callable[[Any], Any]) -> Any:
    """Every array of an answer in another form; an answer of several arrays keeps its structure."""
    if isinstance(result, dict):
        return {key: _each(value, form) for key, value in result.items()}
    if isinstance(result, tuple):
        return tuple(_each(value, form) for value in result)
    return form(result)


def draws_needed(runs: int) -> Iterator[str]:
    """Draws of the score-function estimator that settle its mean, one at a time, at alpha 1e-9."""
    yield "| estimate handed in | θ | runs | mean draws | 99 % quantile | most | wrong verdicts | undecided |"
    yield "|---|---|---|---|---|---|---|---|"
    rng = np.random.default_rng(7)
    # What people make of one draw; the bank's own functions draw a batch.
    forms: dict[str, tuple[Callable[[float, float], float], bool]] = {
        "correct": (lambda t, z: z * z * (z - t), True),
        "½ of it": (lambda t, z: 0.5 * z * z * (z - t), False),
        "f forgotten": (lambda t, z: z - t, False),
        "sign turned": (lambda t, z: z * z * (t - z), False),
        "twice it": (lambda t, z: 2 * z * z * (z - t), False),
        "z for z − θ": (lambda t, z: z**3, False),
        "pathwise added": (lambda t, z: z * z * (z - t) + 2 * z, False),
    }
    for theta in (1.4, 1.6, 1.8):
        spread = theta**4 + 14 * theta**2 + 15
        for name, (form, right) in forms.items():
            repeated = runs if right else max(1, runs // 10)
            calls, wrong, undecided = [], 0, 0
            for _ in range(repeated):
                claim = unbiased_stream(
                    Answer(lambda: lambda: form(theta, rng.normal(theta, 1.0))),  # noqa: B023
                    mean=2 * theta,
                    variances=[spread, spread],
                    shift=theta,  # half of the gradient
                )
                outcome = claim.outcome()
                calls.append(outcome.evidence["calls"])
                wrong += outcome.passed != right
                undecided += outcome.evidence["verdict"] == "undecided"
            yield (
                f"| {name} | {theta} | {repeated} | {np.mean(calls):.0f} | {np.quantile(calls, 0.99):.0f}"
                f" | {max(calls)} | {wrong} | {undecided} |"
            )
    yield ""
    yield "Draws that the fixed test asks for, to find a mean with probability 0.999 at alpha 1e-9:"
    yield ""
    yield "| θ | gradient 0 | sign turned | twice it | half of it |"
    yield "|---|---|---|---|---|"
    for theta in (1.4, 1.6, 1.8, 2.0):
        spread = theta**4 + 14 * theta**2 + 15
        wrong_means = {"0": 0.0, "sign": -2 * theta, "twice": 4 * theta, "half": theta}
        claim = unbiased(
            Answer(lambda: None), draws=10**6, mean=2 * theta, variances=[spread] * 2, mistakes=wrong_means
        )
        cells = " | ".join(str(claim.needed[key]) for key in wrong_means)
        yield f"| {theta} | {cells} |"


def seconds() -> Iterator[str]:
    """CPU time of the trusted side: everything but the student's own functions."""
    from autograder.certify.certificate import Settings
    from autograder.certify.measure import Measurement

    yield "| check | correct work, CPU-s | wrong work, diagnosis included, CPU-s |"
    yield "|---|---|---|"
    right = wrong = 0.0
    for check in suite.checks.values():
        settings = Settings(repetitions=5, trials=0)
        line = Measurement(suite, check, settings, stub={}, points=1.0).line()
        yield f"| {check.name} | {line.right_seconds:.4f} | {line.wrong_seconds:.3f} |"
        right, wrong = right + line.right_seconds, wrong + line.wrong_seconds
    yield f"| the whole problem set | {right:.3f} | {wrong:.2f} |"


def main() -> None:
    """Measures and rewrites ``verdicts.md``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=100_000, help="correct submissions a check")
    parser.add_argument("--whole", type=int, default=WHOLE, help="of these with all draws, one a call")
    parser.add_argument("--only", nargs="*", default=[], help="titles of the sections to measure again")
    parser.add_argument("--quick", action="store_true", help="a hundredth of everything, to try the script")
    options = parser.parse_args()
    tf.get_logger().setLevel("ERROR")
    part = 100 if options.quick else 1
    sections: dict[str, Callable[[], Iterator[str]]] = {
        "False fails": lambda: false_fails(options.runs // part, options.whole // part),
        "Power": lambda: power(POWER_RUNS // part),
        "Names": lambda: names(max(1, NAME_SEEDS // part)),
        "Unrelated wrong answers": lambda: unrelated(UNRELATED // part, UNRELATED_DRAWN // part),
        "Same verdicts": same_verdicts,
        "Draws needed, one at a time": lambda: draws_needed(STREAM_RUNS // part),
        "Time": seconds,
    }
    unknown = set(options.only) - set(sections)
    if unknown:
        parser.error(f"no such section: {', '.join(unknown)}; there are {', '.join(sections)}")
    target = Path(__file__).with_suffix(".md")
    for title, section in sections.items():
        if options.only and title not in options.only:
            continue
        started = time.perf_counter()
        measured = []
        for line in section():
            measured.append(line)
            print(line, flush=True)
        print(f"{title}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        if options.quick:
            continue
        # After each section: an interrupted run loses one, and two runs may share the work.
        kept = _sections(target.read_text("utf-8")) if target.exists() else {}
        kept[title] = measured
        lines = ["# Verdicts of ps05", "", "Written by `python tests/benchmarks/verdicts.py`."]
        for name in sections:
            lines += ["", f"## {name}", "", *kept[name]] if name in kept else []
        target.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _sections(text: str) -> dict[str, list[str]]:
    """The lines of an earlier table, by heading."""
    found: dict[str, list[str]] = {}
    for part in text.split("\n## ")[1:]:
        title, _, body = part.partition("\n")
        found[title] = body.strip().splitlines()
    return found


if __name__ == "__main__":
    main()
