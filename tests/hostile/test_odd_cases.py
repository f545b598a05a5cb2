"""Every odd submission that a class hands in, graded by `autograder grade` and `nbgrader autograde`."""

from __future__ import annotations

import copy
import json
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.demo import hand_in
from autograder.grading.classroom_run import ClassRun
from autograder.nbgrader.build import submission_notebook, to_bytes
from autograder.nbgrader.feedback import generate
from autograder.problem_sets import ProblemSet

from .conftest import NAME, Class, autograde, odd_classroom, processes_with

# nbgrader adds submissions in a way that SQLAlchemy 2 warns of; what it writes is right.
pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore:Object of type .* not in session"),
]

FULL = {"check_total": 3.0, "check_noise": 2.0, "why": 0.0, "check_scaled": 2.0}
DATA = "data of somebody's own"
MARKER = f"12345.{uuid.uuid4().int % 10**12}"
HIDDEN, WORKED = "canary_of_the_hidden_inputs", "canary_of_the_worked_solution"
LOOP = "def scaled(x, factor=2.0):\n    while True:\n        pass"
SWALLOW = (
    "def scaled(x, factor=2.0):\n    while True:\n        try:\n            while True: pass\n"
    "        except BaseException: pass"
)


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(c for c in notebook.cells if c.id == name)


def with_cell(notebook: NotebookNode, source: str) -> NotebookNode:
    index = notebook.cells.index(cell(notebook, "check_total"))
    notebook.cells.insert(index, new_code_cell(source, id="own"))
    return notebook


def handed_in(problem_set: ProblemSet) -> dict[str, bytes | None]:
    """The class: a name for each row, its letter giving the place of the neighbours between the odd ones."""

    def right(edit: Callable[[NotebookNode], Any] = lambda notebook: None, **work: Any) -> bytes:
        notebook = submission_notebook(problem_set, work)
        edit(notebook)
        # Not nbformat: it would mend what is odd.
        return json.dumps(notebook).encode()

    def strip(notebook: NotebookNode) -> None:
        for one in notebook.cells:
            one.metadata = NotebookNode()

    def rename(notebook: NotebookNode) -> None:
        for name in ("check_total", "total"):
            cell(notebook, name).metadata.nbgrader.grade_id = f"my_{name}"

    def delete(notebook: NotebookNode) -> None:
        notebook.cells.remove(cell(notebook, "check_total"))

    def split(notebook: NotebookNode) -> None:
        own = cell(notebook, "total")
        notebook.cells.insert(notebook.cells.index(own), new_code_cell("def helper(x):\n    return sum(x)"))
        own.source = "def total(x):\n    return helper(x)"

    def flip(notebook: NotebookNode) -> None:
        for one in notebook.cells:
            if "nbgrader" in one.metadata:
                said = one.metadata.nbgrader
                said.update(grade=not said.grade, solution=not said.solution, locked=False, points=1e6)
        notebook.metadata.kernelspec = NotebookNode(name="bash", display_name="Bash", language="bash")

    def schema(notebook: NotebookNode) -> None:
        cell(notebook, "check_total").metadata.nbgrader.schema_version = 1
        cell(notebook, "scaled").metadata.nbgrader.schema_version = 99

    loud = "import sys, warnings\nprint('cuInit: no device', file=sys.stderr)\nwarnings.warn('careful')"
    child = f"import subprocess\nchild = subprocess.Popen(['/usr/bin/setsid', '/bin/sleep', '{MARKER}'])"
    lie = (
        "class Liar(float):\n    def __eq__(self, other): return True\n    __hash__ = None\n"
        "def total(x): return Liar(1e9)\nnoise = scaled = total"
    )
    words = "print(1.0)\nimport numpy\nprint(numpy.float64(.25), float('nan'), -5, True)\n1.0"
    nothing: dict[str, Any] = dict.fromkeys(("total", "noise", "scaled"))
    return {
        "a-right": right(),
        "stderr": right(lambda n: with_cell(n, loud)),
        "deleted": right(delete),
        "stripped": right(strip),
        "renamed": right(rename),
        "split": right(split),
        "duplicated": right(lambda n: n.cells.extend(copy.deepcopy(n.cells))),
        "old-schema": right(schema),
        "flipped": right(flip),
        "malformed": right()[:2000],
        "empty-file": b"",
        "empty-folder": None,
        "exits-in-a-cell": right(lambda n: with_cell(n, "import os\nos._exit(0)")),
        "exits-in-a-call": right(scaled="def scaled(x, factor=2.0):\n    import os\n    os._exit(0)"),
        "loops": right(scaled=LOOP),
        "swallows": right(scaled=SWALLOW),
        "floods": right(lambda n: with_cell(n, "while True: print('x' * 1000)")),
        "long-line": right(lambda n: with_cell(n, "print('x' * 30_000_000)")),
        "leaves-a-child": right(lambda n: with_cell(n, child)),
        "prints-scores": right(lambda n: with_cell(n, words), **nothing),
        "lies": right(lambda n: n.cells.append(new_code_cell(lie)), **nothing),
        "z-right": right(),
    }


@pytest.fixture(scope="module", params=["autograder grade", "nbgrader autograde"])
def graded(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    isolated: None,
    problem_set: ProblemSet,
) -> Iterator[Class]:
    """The same class, graded once by each command."""
    folder = tmp_path_factory.mktemp("odd") / "room"
    room = odd_classroom(folder, problem_set, handed_in(problem_set))
    misnamed = room.submitted / "misnamed" / NAME / "Copy of my work.ipynb"
    misnamed.parent.mkdir(parents=True)
    misnamed.write_bytes(to_bytes(submission_notebook(problem_set)))
    somebody = room.submitted / "a-right"
    (somebody / NAME / "own.txt").write_text(DATA)
    (somebody / NAME / "own-link").symlink_to("own.txt")
    (room.submitted / "linked").symlink_to(somebody)
    for student in ("linked-folder", "linked-notebook"):
        (room.submitted / student).mkdir()
    (room.submitted / "linked-folder" / NAME).symlink_to(somebody / NAME)
    (room.submitted / "linked-notebook" / NAME).mkdir()
    (room.submitted / "linked-notebook" / NAME / f"{NAME}.ipynb").symlink_to(
        somebody / NAME / f"{NAME}.ipynb"
    )
    if request.param == "autograder grade":
        ClassRun(room, problem_set, workers=2).run()
        yield Class(room)
    else:
        yield autograde(room)


@pytest.mark.parametrize(
    "student",
    [
        *("a-right", "stderr", "deleted", "stripped", "renamed", "split", "duplicated", "old-schema"),
        *("flipped", "leaves-a-child", "exits-in-a-cell", "floods", "long-line", "z-right"),
    ],
)
def test_right_work_has_its_points_however_odd_its_file(graded: Class, student: str) -> None:
    assert graded.scores(student) == FULL


@pytest.mark.parametrize("student", ["exits-in-a-call", "loops", "swallows"])
def test_a_function_that_ends_badly_costs_its_own_check(graded: Class, student: str) -> None:
    assert graded.scores(student) == FULL | {"check_scaled": 0.0}


def test_a_function_that_does_not_return_says_its_limit(graded: Class) -> None:
    for student in ("loops", "swallows"):
        said = graded.page(student).read_text("utf-8")
        assert "did not return within 2 s; the limit is limits.call_seconds" in said


@pytest.mark.parametrize("student", ["prints-scores", "lies"])
def test_what_looks_like_a_score_is_none(graded: Class, student: str) -> None:
    assert graded.total(student) == 0.0


@pytest.mark.parametrize(
    ("student", "reason"),
    [("malformed", "the file is not JSON, so it is not a notebook"), ("empty-file", "the file is empty")],
)
def test_a_file_that_is_no_notebook_has_its_reason(graded: Class, student: str, reason: str) -> None:
    assert set(graded.scores(student).values()) == {None}
    assert graded.comment(student).startswith(f"Not graded: {reason}")


@pytest.mark.parametrize("student", ["linked", "linked-folder", "linked-notebook"])
def test_what_lies_behind_a_link_is_neither_graded_nor_copied(graded: Class, student: str) -> None:
    assert set(graded.scores(student).values()) == {None}
    assert re.search("Not graded: .*(not a link|not behind a link)", graded.comment(student))
    assert "return" not in graded.page(student).read_text("utf-8")
    assert not [p for p in graded.page(student).parent.iterdir() if p.name.startswith("own")]
    # Nothing is changed there either.
    somebody = graded.classroom.submitted / "a-right" / NAME
    assert (somebody / "own.txt").read_text() == DATA


def test_output_is_cut_at_a_stated_size(graded: Class) -> None:
    for student in ("floods", "long-line"):
        assert len(graded.page(student).read_bytes()) < 1_000_000


def test_no_child_is_left(graded: Class) -> None:
    assert processes_with(MARKER) == []


def test_a_wrong_name_and_an_empty_folder_cost_nobody_else(graded: Class) -> None:
    if graded.log:
        # nbgrader's own command takes files by their name only: what it does not know has no score.
        assert set(graded.scores("misnamed").values()) <= {None}
        return
    assert graded.scores("misnamed") == FULL
    assert set(graded.scores("empty-folder").values()) == {None}
    assert "no notebook" in graded.comment("empty-folder")


def test_feedback_is_written_for_all_and_shows_nothing_of_the_solutions(graded: Class) -> None:
    pages = {page.parents[1].name: page for page in generate(graded.classroom, NAME)}
    assert {"a-right", "z-right", "malformed", "loops", "floods", "lies"} <= set(pages)
    for student, page in pages.items():
        text = page.read_text("utf-8")
        assert HIDDEN not in text
        if student in (
            "prints-scores",
            "lies",
            "malformed",
            "empty-file",
        ):  # the others' work is the worked one
            assert WORKED not in text
        assert len(text) < 2_000_000


def test_wrong_work_handed_in_again_without_its_check_loses_the_old_score(
    graded: Class, problem_set: ProblemSet
) -> None:
    notebook = submission_notebook(problem_set, {"total": "def total(x):\n    return 0.0"})
    notebook.cells.remove(cell(notebook, "check_total"))
    hand_in(graded.classroom, NAME, "a-right", notebook)
    if graded.log:
        room = graded.classroom
        coursedir = room.coursedir
        coursedir.assignment_id, coursedir.student_id = NAME, "a-right"
        from nbgrader.converters import Autograde
        from nbgrader.utils import capture_log

        step = Autograde(coursedir=coursedir, config=room.config)
        step.force = True
        assert capture_log(step)["success"]
    else:
        ClassRun(graded.classroom, problem_set, workers=1).run()
    assert graded.scores("a-right") == FULL | {"check_total": 0.0}


def test_an_interrupted_run_goes_on_and_grades_nothing_twice(
    tmp_path: Path, isolated: None, problem_set: ProblemSet
) -> None:
    right = to_bytes(submission_notebook(problem_set))
    students = {f"student-{n}": right.replace(b"Why independent", f"Why {n}".encode()) for n in range(4)}
    room = odd_classroom(tmp_path / "room", problem_set, dict(students))
    seen: list[str] = []

    def interrupt(line: Any) -> None:
        seen.append(line.student)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ClassRun(room, problem_set, workers=1).run(interrupt)
    lines = ClassRun(room, problem_set, workers=1).run()
    assert {line.student for line in lines} == set(students)
    assert {line.student for line in lines if line.cached} == set(seen)
    assert all(Class(room).scores(student) == FULL | {"why": None} for student in students)
