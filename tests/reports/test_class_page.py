"""The class page: figures against SciPy and counts by hand, words escaped, nothing asked of anybody."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from autograder.reports.class_figures import (
    MOST_TOKENS,
    ClassFigures,
    Pair,
    class_figures,
    similar_pairs,
    tokens_of,
)
from autograder.reports.class_page import class_page
from autograder.results import CheckResult, Outcome, Report

ADD = "def add(a, b):\n    # the sum\n    return a + b\n"
EVIL = "<script>alert(1)</script>"


def check(name: str, points: float, share: float, mistakes: tuple[str, ...] = ()) -> CheckResult:
    """A check of ten outcomes, of which a share passed; the failed ones name the mistakes."""
    outcomes = tuple(
        Outcome("close", k < round(10 * share), "", mistakes=() if k < round(10 * share) else mistakes)
        for k in range(10)
    )
    return CheckResult(f"check_{name}", name, points, outcomes)


@pytest.fixture(scope="module")
def shares() -> np.ndarray:
    """Of three checks, for forty students; the third has nothing to do with the others."""
    rng = np.random.default_rng(7)
    skill = rng.uniform(size=(40, 1))
    return np.round(
        np.hstack([np.clip(skill + 0.2 * rng.normal(size=(40, 2)), 0, 1), rng.uniform(size=(40, 1))]), 1
    )


@pytest.fixture(scope="module")
def figures(shares: np.ndarray) -> ClassFigures:
    points = (3.0, 2.0, 5.0)
    reports = {
        f"student {k:02}": Report(
            "ps99_sample",
            checks=tuple(
                check(name, p, s, ("twin_a", "twin_b") if name == "second" and k % 4 == 0 else ())
                for name, p, s in zip(("first", "second", "third"), points, row, strict=True)
            ),
            manual_points=2.0,
            seconds=float(k),
            layers={"memory": "degraded" if k < 5 else "present", "seccomp": "present"},
            notes=("a cell was restored",) if k < 3 else (),
        )
        for k, row in enumerate(shares)
    }
    reports["nobody"] = Report("ps99_sample", not_gradable=f"the file is {EVIL}")
    return class_figures(
        "ps99_sample", reports, {"twin_a": "the sign were turned"}, {"a": ADD, "b": f"\n{ADD}"}
    )


def test_difficulty_and_discrimination_are_those_of_classical_test_theory(
    figures: ClassFigures, shares: np.ndarray
) -> None:
    scores = shares * [3.0, 2.0, 5.0]
    for k, one in enumerate(figures.checks):
        assert one.mean == pytest.approx(shares[:, k].mean(), abs=1e-12)
        rest = scores.sum(axis=1) - scores[:, k]
        assert one.discrimination == pytest.approx(stats.pearsonr(shares[:, k], rest).statistic, abs=1e-9)
        assert one.passed == (shares[:, k] == 1).sum() and one.failed == (shares[:, k] == 0).sum()
        assert one.passed + one.partly + one.failed + one.not_run == 40
    assert figures.mean == pytest.approx(scores.sum(axis=1).mean())
    assert figures.median == pytest.approx(np.median(scores.sum(axis=1)))


def test_every_graded_score_is_in_the_histogram_once(figures: ClassFigures, shares: np.ndarray) -> None:
    scores = (shares * [3.0, 2.0, 5.0]).sum(axis=1)
    assert sum(figures.histogram) == 40
    assert figures.histogram[0] == (np.round(scores, 3) < 1.0).sum()


def test_a_mistake_counts_once_a_student_and_twins_together(
    figures: ClassFigures, shares: np.ndarray
) -> None:
    (made,) = figures.misconceptions
    assert made.names == ("twin_a", "twin_b") and made.clause == "the sign were turned or twin_b"
    assert made.students == (shares[::4, 1] < 1).sum()


def test_what_was_odd_slow_or_degraded_is_said(figures: ClassFigures) -> None:
    assert figures.submissions == 41 and figures.odd == (("nobody", f"the file is {EVIL}"),)
    assert figures.seconds == (19.5, 39.0, "student 39")
    assert figures.layers == (("memory", 5),) and figures.repaired == (("a cell was restored", 3),)


def test_a_check_that_everybody_passes_tells_nothing() -> None:
    reports = {
        k: Report("p", checks=(check("a", 1, 1.0), check("b", 1, s))) for k, s in (("x", 0.0), ("y", 1.0))
    }
    first, second = class_figures("p", reports, {}, {}).checks
    assert first.discrimination is None and second.discrimination is None


def test_a_class_without_a_grade_has_a_page() -> None:
    page = class_page(class_figures("p", {"x": Report("p", not_gradable="no file")}, {}, {}))
    assert "1 submissions, 0 graded." in page and "no file" in page


def test_similarity_is_the_share_of_common_tokens() -> None:
    assert len(tokens_of(ADD)) == 13
    renamed = ADD.replace("return a + b", "return a + c")
    texts = {"x": ADD, "y": ADD.replace("\n", "\n\n").replace(", ", ","), "z": renamed, "stub": " \n"}
    # One of 13 tokens differs: the longest common subsequence has 12 of them.
    assert similar_pairs(texts, alike=0.9) == (
        Pair("x", "y", 1.0),
        Pair("x", "z", pytest.approx(24 / 26)),
        Pair("y", "z", pytest.approx(24 / 26)),
    )
    assert similar_pairs(texts) == (Pair("x", "y", 1.0),)


def test_text_that_is_no_python_is_compared_by_words() -> None:
    assert tokens_of("def f(:\n '''") == ["def", "f(:", "'''"]
    assert similar_pairs({"a": "def (((\n x", "b": "def ((( x"}) == (Pair("a", "b", 1.0),)


def test_a_text_without_end_takes_no_more_time_than_a_long_one() -> None:
    # The rest is not read: both end differently, and are still alike in all that is looked at.
    long = "x = 1\n" * MOST_TOKENS
    assert (
        len(tokens_of(long)) <= MOST_TOKENS and len(tokens_of("((" + "a " * 2 * MOST_TOKENS)) <= MOST_TOKENS
    )
    assert similar_pairs({"a": f"{long}y = 2", "b": f"{long}z = 3"}) == (Pair("a", "b", 1.0),)


class Requests(HTMLParser):
    """Whatever a page would load, and its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")]


def test_the_page_runs_nothing_and_asks_nobody(figures: ClassFigures) -> None:
    page = Requests(class_page(figures))
    assert "script" not in page.tags and "link" not in page.tags
    assert page.found and all(target.startswith("#") for target in page.found)
    assert "&lt;script&gt;" in class_page(figures)


def test_the_command_writes_the_page_of_a_graded_class(tmp_path: Path) -> None:
    import nbformat

    from autograder.grading.graded import NO_GRADE, graded_class
    from autograder.grading.journal import Entry, Journal
    from autograder.nbgrader.build import submission_notebook
    from autograder.nbgrader.classroom import init
    from autograder.problem_sets import locate

    tiny = Path(__file__).parents[1] / "nbgrader" / "tiny_course"
    room, tiny_set = init(tmp_path / "room", tiny), locate("ps00_tiny", tiny)
    journal = Journal(room.results)
    for key, student, replace in (
        ("k1", "right", {}),
        ("k2", "empty", {"scaled": None, "sum_of_squares": None}),
    ):
        text = nbformat.writes(submission_notebook(tiny_set, replace))
        entry = Entry(
            key, student, Report("ps00_tiny", checks=(check("scaled", 2, float(not replace)),)), text
        )
        journal.put(entry)
        journal.deliver(entry)
    (room.submitted / "late" / "ps00_tiny").mkdir(parents=True)
    graded = graded_class(room, tiny_set)
    assert {student: one.report.score for student, one in graded.items()} == {
        "right": 2,
        "empty": 0,
        "late": None,
    }
    assert graded["late"].report.not_gradable == NO_GRADE
    assert "def scaled" in graded["right"].solutions and graded["empty"].solutions == ""


def test_the_page_says_how_much_memory_the_class_took() -> None:
    reports = {
        name: Report("ps", checks=(CheckResult("a", "a", 1.0),), peak_bytes=megabytes * 10**6)
        for name, megabytes in (("ada", 500), ("ben", 900), ("eve", 700))
    }
    figures = class_figures("ps", reports, {}, {})
    assert figures.memory == (700.0, 900.0, "ben")
    assert "less than 700 MB of memory" in class_page(figures) and "900 MB (ben)" in class_page(figures)
    assert class_figures("ps", {"ada": Report("ps")}, {}, {}).memory is None
