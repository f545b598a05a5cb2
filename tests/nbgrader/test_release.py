from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from autograder.errors import AuthoringError, ConfigurationError
from autograder.nbgrader.build import to_bytes
from autograder.nbgrader.classroom import Classroom
from autograder.nbgrader.gradebook import register
from autograder.nbgrader.release import release
from autograder.problem_sets import ProblemSet, all_problem_sets, locate

ROOT = Path(__file__).parents[2]
SHORT = 20
"""Shorter lines are Python's own: ``import numpy as np``, ``return 1``."""


def secret_lines(problem_set: ProblemSet) -> set[str]:
    """Every line of the solutions that says something, except what the author's own notebook says, too."""
    public = (problem_set.assignment / f"{problem_set.name}.py").read_text("utf-8")
    lines: set[str] = set()
    for path in problem_set.solutions.glob("*.py"):
        lines |= {line.strip() for line in path.read_text("utf-8").splitlines()}
    # The sentences that name a mistake are shipped on purpose; they may fill a line of mistakes.py.
    said = "\n".join(f"{m.clause}\n{m.hint}\n{m.lecture}" for m in problem_set.suite.mistakes)
    return {
        line for line in lines if len(line) > SHORT and line not in public and line.strip("\",' ") not in said
    }


def leaks(data: bytes, lines: set[str]) -> set[str]:
    text = data.decode("utf-8", "replace")
    # In an .ipynb file a line is JSON text.
    spellings = {
        line: (line, json.dumps(line)[1:-1], json.dumps(line, ensure_ascii=False)[1:-1]) for line in lines
    }
    return {line for line, ways in spellings.items() if any(way in text for way in ways)}


def test_a_release_is_the_authors_notebook_with_its_stubs(classroom, problem_set):
    folder = release(classroom, problem_set)
    assert folder == classroom.release / "ps00_tiny"
    assert sorted(path.name for path in folder.iterdir()) == ["ps00_tiny.checks", "ps00_tiny.ipynb"]
    released = nbformat.read(folder / "ps00_tiny.ipynb", as_version=4)
    sources = {cell.id: cell.source for cell in released.cells}
    for author in problem_set.notebook.cells:
        if author.grade_id:
            assert sources[author.grade_id] == author.source


def test_nothing_of_the_solutions_is_in_any_released_file(classroom, problem_set):
    folder = release(classroom, problem_set)
    lines = secret_lines(problem_set)
    assert len(lines) > 15  # the search is not empty
    for path in folder.rglob("*"):
        data = path.read_bytes()
        assert not leaks(data, lines)
        assert b"secret" not in data and b"BEGIN SOLUTION" not in data


def test_the_same_search_finds_the_solutions_in_the_source(classroom, problem_set):
    # Guards the tests beside it: they must be able to fail.
    release(classroom, problem_set)
    data = (classroom.source / "ps00_tiny" / "ps00_tiny.ipynb").read_bytes()
    assert len(leaks(data, secret_lines(problem_set))) > 5


@pytest.mark.slow
@pytest.mark.parametrize("name", [found.name for found in all_problem_sets(ROOT)])
def test_no_problem_set_of_the_course_gives_its_solutions_away(name):
    problem_set = locate(name, ROOT)
    lines = secret_lines(problem_set)
    released = dict(problem_set.files) | {"notebook": to_bytes(problem_set.release_notebook)}
    assert lines
    for data in released.values():
        assert not leaks(data, lines)


def test_the_gradebook_has_every_graded_cell_with_its_points(classroom, problem_set):
    release(classroom, problem_set)
    with classroom.gradebook("ps00_tiny") as gradebook:
        notebook = gradebook.find_notebook("ps00_tiny", "ps00_tiny")
        assert {cell.name: cell.max_score for cell in notebook.grade_cells} == {
            "check_sum_of_squares": 3.0,
            "why_squares": 2.0,
            "check_scaled": 2.0,
        }


def test_releasing_again_takes_the_new_text(classroom, problem_set, course):
    release(classroom, problem_set)
    path = course / "assignments" / "ps00_tiny" / "ps00_tiny.py"
    path.write_text(path.read_text("utf-8").replace("Two functions and", "Two small functions and"), "utf-8")
    folder = release(classroom, locate("ps00_tiny", course))
    assert "Two small functions" in (folder / "ps00_tiny.ipynb").read_text("utf-8")


def test_a_refusal_of_nbgrader_comes_with_its_log(classroom, problem_set, course):
    release(classroom, problem_set)
    with classroom.gradebook() as gradebook:
        register(gradebook, "ps00_tiny", "ada")
    path = course / "assignments" / "ps00_tiny" / "ps00_tiny.py"
    path.write_text(path.read_text("utf-8").replace('grade_id="why_squares"', 'grade_id="why"'), "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        release(classroom, locate("ps00_tiny", course))
    assert "ps00_tiny: nbgrader did not release the problem set" in str(caught.value)
    assert "Cannot add or remove cells for notebook 'ps00_tiny'" in str(caught.value)


def test_a_release_that_is_not_the_stubs_is_withdrawn(classroom, problem_set):
    config = classroom.directory / "nbgrader_config.py"
    lines = "c.GenerateAssignment.preprocessors = ['nbgrader.preprocessors.SaveCells']\n"
    config.write_text(config.read_text("utf-8") + lines, "utf-8")
    with pytest.raises(AuthoringError, match="nbgrader's release is the author's notebook with its stubs"):
        release(Classroom.open(classroom.directory), problem_set)
    assert not (classroom.release / "ps00_tiny" / "ps00_tiny.ipynb").exists()


def test_cells_without_a_stub_of_ours_get_nbgraders_own():
    from nbformat.v4 import new_code_cell

    from autograder.nbgrader.stubs import ClearSolutionsToStub

    metadata = {"nbgrader": {"solution": True, "grade": False, "grade_id": "f", "schema_version": 3}}
    cell = new_code_cell(
        "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION", metadata=metadata
    )
    cleared, _ = ClearSolutionsToStub().preprocess_cell(cell, {"language": "python"}, 0)
    assert cleared.source == "def f():\n    # YOUR CODE HERE\n    raise NotImplementedError()"
