"""What a student's notebook shows beyond single checks: points so far, and the right environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import public_checks
from autograder.environment import LOCK, release_lock
from autograder.errors import ConfigurationError
from autograder.problem_sets import locate

TINY = Path(__file__).parent / "nbgrader" / "tiny_course"
STUB = """
def sum_of_squares(x):
    raise NotImplementedError("sum_of_squares")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("release")
    for name, data in locate("ps00_tiny", TINY).files.items():
        (made / name).write_bytes(data)
    return made


def scaled(x, factor=2.0):
    return x * factor


def sum_of_squares(x):
    return (x**2).sum()


def test_all_shows_points_so_far_and_what_a_person_grades(folder: Path) -> None:
    check = public_checks("ps00_tiny", {"scaled": scaled}, folder)
    assert repr(check.all()).splitlines() == [
        "sum_of_squares  0 of 3  not yet",
        "scaled          2 of 2  passed",
        "why_squares     – of 2  graded by a person",
        "so far 2 of 5 points; 2 more are graded by a person."
        " After hand-in the same checks run on other numbers.",
    ]
    page = check.all()._repr_html_()
    assert "<td" in page and "why_squares" in page and "<script" not in page


def test_all_counts_everything_when_everything_is_right(folder: Path) -> None:
    check = public_checks("ps00_tiny", {"scaled": scaled, "sum_of_squares": sum_of_squares}, folder)
    assert "so far 5 of 5 points" in repr(check.all())


def test_a_question_for_a_person_is_no_check(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no such check .*received 'why_squares'"):
        public_checks("ps00_tiny", {}, folder)("why_squares")


def test_doctor_compares_with_the_lock_beside_the_notebook(folder: Path) -> None:
    lock = release_lock(Path(__file__).resolve().parents[1])
    assert lock is not None
    (folder / LOCK).write_bytes(lock)
    assert "is the graders'" in repr(public_checks("ps00_tiny", {}, folder).doctor())


def test_what_a_notebook_shows_is_readable_on_a_dark_page_and_runs_nothing(folder: Path) -> None:
    # VS Code and Colab put fragments on the page's own background, and drop style sheets and scripts.
    lock = release_lock(Path(__file__).resolve().parents[1])
    assert lock is not None
    (folder / LOCK).write_bytes(lock)
    check = public_checks("ps00_tiny", {"scaled": scaled}, folder)
    for shown in (check("scaled"), check("sum_of_squares"), check.all(), check.doctor()):
        fragment = shown._repr_html_()
        assert 'style="' in fragment.split(">")[0]
        assert "background: #ffffff; color: #1f2328" in fragment.split(">")[0]
        assert not any(tag in fragment for tag in ("<script", "<style", "<link", 'src="http'))
