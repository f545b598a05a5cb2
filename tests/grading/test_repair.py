"""Whatever happened to a notebook's cells, the graded ones are back, once each, and no work is lost."""

from __future__ import annotations

import copy

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.grading.repair import grade_id, repair


def solution(name: str, body: str = "raise NotImplementedError") -> NotebookNode:
    return _graded(new_code_cell(f"def {name}(x):\n    {body}"), name, solution=True)


def check(name: str, points: float = 2) -> NotebookNode:
    return _graded(new_code_cell(f'check("{name}")'), f"check_{name}", grade=True, locked=True, points=points)


def question(name: str) -> NotebookNode:
    return _graded(new_markdown_cell("Your answer."), name, grade=True, solution=True, points=1)


def _graded(cell: NotebookNode, name: str, **flags: object) -> NotebookNode:
    defaults = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    cell.metadata["nbgrader"] = NotebookNode({**defaults, "grade_id": name, **flags})
    return cell


@pytest.fixture
def release() -> NotebookNode:
    cells = [new_markdown_cell("# Title"), new_code_cell("import math")]
    cells += [
        solution("f"),
        check("f"),
        new_markdown_cell("Part 2"),
        solution("g"),
        check("g"),
        question("why"),
    ]
    return new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})


@pytest.fixture
def submitted(release: NotebookNode) -> NotebookNode:
    notebook = copy.deepcopy(release)
    notebook.cells[2].source = "def f(x):\n    return x"
    notebook.cells[5].source = "def g(x):\n    return 2 * x"
    notebook.cells[7].source = "Because."
    return notebook


def graded_ids(notebook: NotebookNode) -> list[str]:
    return [grade_id(cell) for cell in notebook.cells if grade_id(cell)]


def index(notebook: NotebookNode, name: str) -> int:
    return next(i for i, cell in enumerate(notebook.cells) if grade_id(cell) == name)


ALL = ["f", "check_f", "g", "check_g", "why"]


def test_an_honest_submission_is_left_as_it_is(submitted: NotebookNode, release: NotebookNode) -> None:
    repaired = repair(submitted, release)
    assert repaired.notes == ()
    assert repaired.notebook.cells == submitted.cells


def test_the_submission_itself_is_not_touched(submitted: NotebookNode, release: NotebookNode) -> None:
    del submitted.cells[3]
    before = copy.deepcopy(submitted)
    repair(submitted, release)
    assert submitted == before


def test_a_deleted_check_comes_back_behind_its_function(
    submitted: NotebookNode, release: NotebookNode
) -> None:
    del submitted.cells[index(submitted, "check_f")]
    repaired = repair(submitted, release)
    assert graded_ids(repaired.notebook) == ALL
    assert index(repaired.notebook, "check_f") == index(repaired.notebook, "f") + 1
    assert repaired.notes == ("cell 'check_f' had been deleted; it was restored from the release",)


def test_a_deleted_check_follows_a_function_that_moved_to_the_end(
    submitted: NotebookNode, release: NotebookNode
) -> None:
    del submitted.cells[index(submitted, "check_f")]
    moved = submitted.cells.pop(index(submitted, "f"))
    submitted.cells.append(moved)
    repaired = repair(submitted, release).notebook
    assert index(repaired, "check_f") == index(repaired, "f") + 1


def test_a_changed_check_is_restored(submitted: NotebookNode, release: NotebookNode) -> None:
    submitted.cells[3].source = "print('passed')"
    repaired = repair(submitted, release)
    assert repaired.notebook.cells[3].source == 'check("f")'
    assert "cell 'check_f' had been changed; it was restored from the release" in repaired.notes


def test_points_and_flags_are_not_believed(submitted: NotebookNode, release: NotebookNode) -> None:
    submitted.cells[3].metadata.nbgrader.points = 100
    submitted.cells[6].metadata.nbgrader.grade = False
    repaired = repair(submitted, release)
    assert repaired.notebook.cells[3].metadata.nbgrader.points == 2
    assert repaired.notebook.cells[6].metadata.nbgrader.grade is True
    assert len(repaired.notes) == 2


def test_of_two_cells_with_one_id_the_first_keeps_it_and_both_stay(
    submitted: NotebookNode, release: NotebookNode
) -> None:
    copied = copy.deepcopy(submitted.cells[2])
    submitted.cells.insert(3, copied)
    repaired = repair(submitted, release)
    assert graded_ids(repaired.notebook) == ALL
    assert len(repaired.notebook.cells) == len(release.cells) + 1
    assert "the id 'f' stood on several cells; the first one keeps it" in repaired.notes


def test_cells_without_metadata_are_recognised_by_what_they_say(
    submitted: NotebookNode, release: NotebookNode
) -> None:
    for cell in submitted.cells:
        cell.metadata.pop("nbgrader", None)
    repaired = repair(submitted, release)
    assert graded_ids(repaired.notebook)[:4] == ALL[:4]
    assert repaired.notebook.cells[2].source == "def f(x):\n    return x"


def test_a_renamed_cell_keeps_its_work(submitted: NotebookNode, release: NotebookNode) -> None:
    submitted.cells[2].metadata.nbgrader.grade_id = "mine"
    repaired = repair(submitted, release).notebook
    assert repaired.cells[2].source == "def f(x):\n    return x"
    assert grade_id(repaired.cells[2]) == "f"


def test_merged_functions_are_found_and_no_stub_is_put_over_them(
    submitted: NotebookNode, release: NotebookNode
) -> None:
    submitted.cells[2].source += "\n\n" + submitted.cells[5].source
    del submitted.cells[5]
    repaired = repair(submitted, release)
    assert not any("NotImplementedError" in cell.source for cell in repaired.notebook.cells)
    assert "check_g" in graded_ids(repaired.notebook)


def test_a_function_that_is_nowhere_comes_back_as_its_stub(
    submitted: NotebookNode, release: NotebookNode
) -> None:
    del submitted.cells[5]
    repaired = repair(submitted, release).notebook
    assert "NotImplementedError" in repaired.cells[index(repaired, "g")].source
    assert index(repaired, "g") < index(repaired, "check_g")


def test_an_answer_turned_into_code_is_an_answer_again(
    submitted: NotebookNode, release: NotebookNode
) -> None:
    submitted.cells[7] = new_code_cell("Because.", metadata=submitted.cells[7].metadata)
    cell = repair(submitted, release).notebook.cells[7]
    assert cell.cell_type == "markdown" and cell.source == "Because."


@pytest.mark.parametrize("metadata", ["text", 7, None, [], {"grade_id": 3}, {"grade_id": ["f"]}, {}])
def test_metadata_of_any_form_is_survived(
    metadata: object, submitted: NotebookNode, release: NotebookNode
) -> None:
    submitted.cells[2].metadata["nbgrader"] = metadata
    assert sorted(graded_ids(repair(submitted, release).notebook)) == sorted(ALL)


def test_an_empty_notebook_gets_every_graded_cell(release: NotebookNode) -> None:
    assert graded_ids(repair(new_notebook(), release).notebook) == ALL


def test_code_that_does_not_parse_is_still_the_student_s(
    submitted: NotebookNode, release: NotebookNode
) -> None:
    submitted.cells[2].source = "def f(x:\n    return x"
    repaired = repair(submitted, release)
    assert repaired.notebook.cells[2].source == "def f(x:\n    return x"
    assert repaired.notes == ()


def answer(name: str, source: str) -> NotebookNode:
    return _graded(new_code_cell(source), name, solution=True)


@pytest.fixture
def numbers() -> NotebookNode:
    """A release whose answers define no function, as in ordinary assignments."""
    cells = [new_markdown_cell("# Title"), answer("first", "raise NotImplementedError()"), check("first")]
    cells += [new_code_cell("print(1)"), answer("second", "x = None"), check("second"), question("why")]
    return new_notebook(cells=cells)


def stripped(notebook: NotebookNode, *names: str) -> NotebookNode:
    made = copy.deepcopy(notebook)
    for cell in made.cells:
        if grade_id(cell) in names:
            del cell.metadata["nbgrader"]
    return made


def test_answers_without_a_function_are_found_by_their_place(numbers: NotebookNode) -> None:
    work = copy.deepcopy(numbers)
    work.cells[1].source, work.cells[4].source, work.cells[6].source = "y = 1", "x = 2", "Because."
    repaired = repair(stripped(work, "first", "check_first", "second", "check_second", "why"), numbers)
    assert [cell.source for cell in repaired.notebook.cells] == [cell.source for cell in work.cells]
    assert graded_ids(repaired.notebook) == ["first", "check_first", "second", "check_second", "why"]
    assert "cell 'second' had lost its id; it was recognised by its place" in repaired.notes


def test_the_authors_own_cells_are_nobodys_answer(numbers: NotebookNode) -> None:
    work = copy.deepcopy(numbers)
    del work.cells[4]  # the answer; before its place stands a cell of the author's
    repaired = repair(work, numbers)
    assert index(repaired.notebook, "second") == 3 and repaired.notebook.cells[3].source == "x = None"
    assert repaired.notes == ("cell 'second' had been deleted; it was restored from the release",)


def test_what_stood_in_place_of_an_answer_runs_before_what_the_student_wrote(numbers: NotebookNode) -> None:
    # Markdown is no code cell's answer; a code cell further on, behind the check, is not in its place.
    work = copy.deepcopy(numbers)
    work.cells[4] = new_markdown_cell("I moved my answer down.")
    work.cells.append(new_code_cell("x = 2"))
    cells = repair(work, numbers).notebook.cells
    assert [c.source for c in cells].index("x = None") < [c.source for c in cells].index("x = 2")


def test_a_cell_that_its_author_left_open_keeps_what_a_student_wrote(numbers: NotebookNode) -> None:
    for locked, kept in ((True, "Do it."), (False, "Done.")):
        task = _graded(new_markdown_cell("Do it."), "task", task=True, locked=locked, points=1)
        release = copy.deepcopy(numbers)
        release.cells.append(task)
        work = copy.deepcopy(release)
        work.cells[-1].source = "Done."
        assert repair(work, release).notebook.cells[-1].source == kept
