"""What every problem set promises: the stub scores nothing, the reference all, and each mistake is named."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from autograder.checks import run
from autograder.checks.answers import Student, in_namespace
from autograder.checks.recording import PUBLIC_SECRET, Recording, load, record, replay, save
from autograder.checks.run import run_check, seed_for
from autograder.checks.suite import Check, Mistake, Suite, Variant
from autograder.nbgrader.build import submission_notebook
from autograder.percent import Kind
from autograder.problem_sets import ProblemSet, all_problem_sets, locate
from autograder.results import CheckResult, Status

# A student's cell may import TensorFlow Probability, which warns of its own version check.
# Keras 3.15 and NumPy 2.4 disagree on a keyword when a notebook saves a model.
pytestmark = [
    pytest.mark.filterwarnings("ignore:distutils Version classes are deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

ROOT = Path(__file__).resolve().parents[2]

# Every problem set, with its mistakes that no check can tell apart: those are named together.
TWINS: dict[str, list[set[str]]] = {
    "ps01_backprop": [],
    "ps05_estimators": [{"draws_noise_shared", "draws_average_repeated"}],
    "ps07_vae": [],
}

# How many students' inputs each property is tried on, beside the public ones.
SUBMISSIONS = 4

CHECKS = [(name, check) for name in TWINS for check in locate(name, ROOT).suite.checks]


@cache
def problem_set(name: str) -> ProblemSet:
    return locate(name, ROOT)


@cache
def recordings(name: str) -> dict[str, Recording]:
    """Recorded as the build does, with the points of the notebook's cells."""
    found = problem_set(name)
    return {
        cell.check: record(found.suite, found.suite.checks[cell.check], cell.points)
        for cell in found.notebook.of(Kind.CHECK)
    }


@pytest.fixture(autouse=True)
def bank_is_observed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # What a check sees of a mistake depends on the seed alone; every diagnosis would compute it anew.
    monkeypatch.setattr(run, "observe_bank", observe_once)


@cache
def _observe(suite: Suite, check: str, seed: int, original: Callable[..., Any]) -> Any:
    return original(suite, suite.checks[check], seed)


def observe_once(
    suite: Suite, check: Check, seed: int, original: Callable[..., Any] = run.observe_bank
) -> Any:
    return _observe(suite, check.name, seed, original)


def result(suite: Suite, check: Check, replacement: Mistake | Variant | None, seed: int) -> CheckResult:
    return judged(suite, check, suite.namespace(replacement), seed)


def judged(suite: Suite, check: Check, namespace: dict[str, Any], seed: int) -> CheckResult:
    return run_check(
        suite, check, Student(in_namespace(namespace)), seed=seed, grade_id=check.name, points=1.0
    )


def seeds(check: Check) -> Iterator[int]:
    for number in range(SUBMISSIONS):
        yield seed_for(b"secret of the tests", f"submission {number}", check.name)


def fix_noise(text: str) -> None:
    """Seeds what mistakes draw from; they run eagerly, so that TensorFlow's seed makes no two calls alike."""
    seed = seed_for(b"noise of the tests", text, "") % 2**32
    np.random.seed(seed)
    tf.random.set_seed(seed)


@cache
def fresh_notebook(name: str) -> dict[str, Any]:
    """What a notebook holds after all its cells were run with nothing written."""
    import matplotlib.pyplot as plt

    namespace: dict[str, Any] = {}
    for cell in problem_set(name).notebook.cells:
        if cell.cell_type == "code":
            # Cells that use what is not written yet fail, as they do in the student's notebook.
            with contextlib.suppress(Exception):
                exec(cell.source, namespace)
    plt.close("all")
    return namespace


def banks(entries: Iterable[Mistake | Variant]) -> list[list[Mistake | Variant]]:
    """The entries, those of one function in one list."""
    found: dict[str, list[Mistake | Variant]] = {}
    for entry in entries:
        found.setdefault(entry.function, []).append(entry)
    return list(found.values())


def names(found: CheckResult) -> set[str]:
    return {name for outcome in found.outcomes for name in outcome.mistakes}


def expected_names(name: str, mistake: Mistake) -> set[str]:
    return next((twins for twins in TWINS[name] if mistake.name in twins), {mistake.name})


@pytest.mark.parametrize("name", TWINS)
def test_notebook_and_suite_belong_together(name: str) -> None:
    problem_set(name).verify()


def test_every_problem_set_is_in_the_table() -> None:
    assert set(TWINS) == {found.name for found in all_problem_sets(ROOT)}


@pytest.mark.parametrize(("name", "check_name"), CHECKS)
def test_check_has_a_bank_worth_the_name(name: str, check_name: str) -> None:
    suite = problem_set(name).suite
    check = suite.checks[check_name]
    for function in check.grades:
        assert sum(m.function == function for m in suite.mistakes) >= 8
        assert sum(v.function == function for v in suite.variants) >= 2


@pytest.mark.parametrize("name", TWINS)
def test_mistakes_and_variants_can_stand_in_the_notebook(name: str) -> None:
    # The build refuses other parameters than the stub's, and names that the notebook does not define. One
    # notebook holds one entry for each function, so that as few are built as the largest bank has entries.
    suite = problem_set(name).suite
    for together in zip_longest(*banks([*suite.mistakes, *suite.variants])):
        replaced = {entry.function: entry for entry in together if entry is not None}
        cells = submission_notebook(problem_set(name), replaced).cells
        for function, entry in replaced.items():
            (written,) = [cell.source for cell in cells if f"def {function}(" in cell.source]
            assert "NotImplementedError" not in written, entry.name


@pytest.mark.parametrize("name", TWINS)
def test_every_mistake_has_a_sentence_of_its_own_and_a_place_to_read(name: str) -> None:
    suite = problem_set(name).suite
    for function in {m.function for m in suite.mistakes}:
        clauses = [m.clause for m in suite.mistakes if m.function == function]
        assert len(set(clauses)) == len(clauses)
    for mistake in suite.mistakes:
        assert mistake.hint and mistake.lecture, mistake.name
        assert not mistake.clause.endswith("."), mistake.name


@pytest.mark.parametrize(("name", "check_name"), CHECKS)
def test_stub_scores_nothing_and_is_told_so(name: str, check_name: str) -> None:
    suite = problem_set(name).suite
    namespace = fresh_notebook(name)
    check = suite.checks[check_name]
    for found in (
        judged(suite, check, namespace, seed_for(PUBLIC_SECRET, name, check_name)),
        replay(recordings(name)[check_name], namespace),
    ):
        assert found.score == 0
        # A model that nobody has trained is a further reason.
        messages = {outcome.message for outcome in found.outcomes}
        told = {message for message in messages if "digits_vae" not in message}
        assert told == {f"`{check_name}` is not written yet"}


@pytest.mark.parametrize(("name", "check_name"), CHECKS)
def test_reference_and_every_variant_pass(name: str, check_name: str) -> None:
    # Variants draw unseeded noise: with TensorFlow's global seed set, a tf.function that is built at each
    # call repeats its draws. Each statistical outcome fails a correct route with probability at most 1e-9,
    # so that this test fails by chance less than once in 1e7 runs.
    suite = problem_set(name).suite
    check = suite.checks[check_name]
    for seed in seeds(check):
        for entry in (None, *suite.variants_of(check)):
            found = result(suite, check, entry, seed)
            assert found.status is Status.PASSED, (entry and entry.name, [o.message for o in found.outcomes])
    for entry in (None, *suite.variants_of(check)):
        assert replay(recordings(name)[check_name], suite.namespace(entry)).status is Status.PASSED


@pytest.mark.parametrize(("name", "check_name"), CHECKS)
def test_every_mistake_fails_its_check_and_is_named(name: str, check_name: str) -> None:
    # Exact outcomes: certain. Statistical ones: a mistake passes with probability at most 1e-3 (see the
    # problem set's test of power) and goes unnamed in about 2 runs of 1000; the noise is fixed, so that no
    # run of this test differs.
    suite = problem_set(name).suite
    check = suite.checks[check_name]
    for seed in seeds(check):
        for mistake in suite.mistakes_of(check):
            fix_noise(f"{mistake.name} {seed}")
            found = result(suite, check, mistake, seed)
            assert found.score < 1, mistake.name
            assert names(found) == expected_names(name, mistake), mistake.name
            # Explained once; the other outcomes say where.
            first, *others = (outcome for outcome in found.outcomes if not outcome.passed)
            assert mistake.clause in first.message, mistake.name
            assert all(": the same mistake as at “" in outcome.message for outcome in others), mistake.name


@pytest.mark.parametrize(("name", "check_name"), CHECKS)
def test_mistake_in_another_function_fails_nothing_here(name: str, check_name: str) -> None:
    # One mistake in each of the other functions at a time, so that there are as few runs as the largest bank
    # has entries.
    suite = problem_set(name).suite
    check = suite.checks[check_name]
    seed = next(seeds(check))
    tf.random.set_seed(None)
    for together in zip_longest(*banks(m for m in suite.mistakes if m.function not in check.grades)):
        namespace = suite.namespace()
        for mistake in together:
            if mistake is not None:
                namespace |= {mistake.function: mistake.run}
        wrong = [mistake.name for mistake in together if mistake is not None]
        assert judged(suite, check, namespace, seed).status is Status.PASSED, wrong


@pytest.mark.parametrize(("name", "check_name"), CHECKS)
def test_notebook_says_what_grading_says(name: str, check_name: str, tmp_path: Path) -> None:
    # Scores, messages and names of a replay, through a file, equal those of a graded run on the public seed.
    suite = problem_set(name).suite
    check = suite.checks[check_name]
    seed = seed_for(PUBLIC_SECRET, name, check_name)
    save([recordings(name)[check_name]], tmp_path / "one.checks")
    (loaded,) = load(tmp_path / "one.checks")
    for entry in (None, *suite.mistakes_of(check)):
        text = f"{entry and entry.name} in public"
        fix_noise(text)
        graded = result(suite, check, entry, seed)
        fix_noise(text)
        replayed = replay(loaded, suite.namespace(entry))
        assert replayed.fraction == graded.fraction, text
        assert names(replayed) == names(graded) == (expected_names(name, entry) if entry else set()), text
        assert [o.message for o in replayed.outcomes] == [o.message for o in graded.outcomes], text


@pytest.mark.parametrize("name", TWINS)
def test_two_recordings_have_the_same_bytes(name: str, tmp_path: Path) -> None:
    suite = problem_set(name).suite
    for number in (1, 2):
        tf.random.normal([number])  # whatever was drawn before must not show
        save([record(suite, check, 1.0) for check in suite.checks.values()], tmp_path / f"{number}.checks")
    assert (tmp_path / "1.checks").read_bytes() == (tmp_path / "2.checks").read_bytes()


@pytest.mark.parametrize("name", TWINS)
def test_solved_notebook_runs_passes_its_checks_and_labels_its_axes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib.pyplot as plt

    shown: list[Any] = []

    def show() -> None:
        shown.extend(plt.gcf().axes)
        assert all(axes.get_ylabel() for axes in plt.gcf().axes)
        assert plt.gcf().axes[-1].get_xlabel()
        plt.close("all")

    save(list(recordings(name).values()), tmp_path / f"{name}.checks")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plt, "show", show)
    reference = problem_set(name).suite.reference
    namespace: dict[str, Any] = {}
    for cell in problem_set(name).notebook.cells:
        if cell.kind is Kind.SOLUTION:
            namespace[cell.grade_id] = getattr(reference, cell.grade_id)
        elif cell.kind is Kind.CHECK:
            shown_result = eval(cell.source, namespace).result
            assert (shown_result.score, shown_result.status) == (cell.points, Status.PASSED)
        elif cell.cell_type == "code":
            exec(cell.source, namespace)
    assert shown
