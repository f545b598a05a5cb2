"""Ordinary assignments, graded: what stock nbgrader voids, keeps, stops at or pays for is decided strictly.

Each test stands behind a row of the table in autograder/nbgrader/README.md.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.grading.plain_submission import NOT_HANDED_IN
from autograder.nbgrader import plain
from autograder.nbgrader.classroom import Classroom
from autograder.results import Report, Show, Status
from autograder.sandbox.isolation import Status as Layer
from autograder.sandbox.isolation import doctor

from .conftest import RIGHT, TESTS, grade, hand_in, page, plain_code, released, rows, solved

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]


@pytest.fixture(autouse=True, scope="module")
def isolated() -> None:
    missing = [layer for layer in doctor() if layer.status is Layer.MISSING]
    if missing:
        pytest.skip(f"no sandbox on this machine: {missing[0].name}: {missing[0].detail}")


def odd(release: NotebookNode) -> Iterator[tuple[str, NotebookNode]]:
    right = solved(release, **RIGHT)

    def right_with(*cells: str, at: int = 1) -> NotebookNode:
        made = copy.deepcopy(right)
        made.cells[at:at] = [plain_code(source) for source in cells]
        return made

    yield "right", right
    yield "stub", release
    yield "warned", right_with("import sys, warnings\nwarnings.warn('old')\nprint('no GPU', file=sys.stderr)")
    yield (
        "warned-in-test",
        solved(
            right,
            square="import warnings\ndef square(x):\n    warnings.warn('slow')\n    return x * x",
        ),
    )
    yield "wrong", solved(right, square="def square(x):\n    return 3 * x", numbers="numbers = [2, 3]")
    yield "hidden-wrong", solved(right, square="def square(x):\n    return x * abs(x)")
    yield "hidden-crash", solved(right, square="def square(x):\n    return {2: 4}[x]")

    without = copy.deepcopy(right)
    without.cells = [c for c in without.cells if c.metadata.get("nbgrader", {}).get("grade_id") not in TESTS]
    yield "deleted-tests", without
    bare = copy.deepcopy(right)
    for cell in bare.cells:
        cell.metadata.pop("nbgrader", None)
    yield "no-metadata", bare
    twice = copy.deepcopy(right)
    twice.cells += [copy.deepcopy(cell) for cell in right.cells]
    yield "duplicated", twice
    flipped = copy.deepcopy(right)
    for cell in flipped.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("grade_id") in TESTS:
            about.update(grade=False, solution=True, points=1e6, schema_version=1)
            cell.source = "pass"
    flipped.metadata.kernelspec = {"name": "elsewhere", "display_name": "Elsewhere", "language": "r"}
    yield "flipped", flipped

    yield "dies", right_with("os._exit(1)", at=5)
    yield "dies-in-test", solved(right, square="def square(x):\n    os._exit(1)")
    yield "loops", solved(right, numbers="import time\nnumbers = [2]\nwhile True:\n    time.sleep(0.1)")
    yield (
        "swallows",
        solved(
            right,
            square="import time\ndef square(x):\n    while True:\n        try:\n            time.sleep(9)\n"
            "        except BaseException:\n            pass",
        ),
    )
    yield "floods", right_with("print('x' * 3_000_000)")
    yield (
        "no-traceback",
        solved(release, square="get_ipython().showtraceback = lambda *a, **k: None\ndef square(x): return 0"),
    )
    yield (
        "strips-asserts",
        solved(
            release,
            square="""
import ast
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
shell = get_ipython()
shell.ast_transformers.append(Strip())
shell.input_transformers_post.append(lambda lines: [l.replace("assert", "0 and") for l in lines])
shell.input_transformers_cleanup.append(lambda lines: [l.replace("assert", "0 and") for l in lines])
shell.ast_node_interactivity = "all"
def square(x): return 0
""",
        ),
    )
    yield (
        "forged",
        solved(
            release,
            square="class Yes:\n    def __eq__(self, other): return True\ndef square(x): return Yes()",
        ),
    )
    yield "side-effects", right_with("open('data.txt', 'w').write('mine')\nopen('own.txt', 'w').write('x')")
    yield "told", right_with("assert os.environ['NBGRADER_EXECUTION'] == 'autograde'\ntold = 1", at=2)


@pytest.fixture(scope="module")
def graded(template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Classroom, dict[str, Report]]:
    import shutil

    room = Classroom.open(shutil.copytree(template, tmp_path_factory.mktemp("graded") / "room"))
    students = []
    for student, made in odd(released(room)):
        hand_in(room, student, made)
        students.append(student)
    return room, grade(room, students)


Graded = tuple[Classroom, dict[str, Report]]


def scores(graded: Graded, student: str) -> dict[str, float]:
    return {check.grade_id: check.score for check in graded[1][student].checks}


@pytest.mark.parametrize(
    "student",
    [
        *("right", "warned", "warned-in-test", "deleted-tests", "no-metadata", "duplicated", "flipped"),
        *("dies", "floods", "told"),
    ],
)
def test_right_work_has_full_marks_whatever_happened_to_its_notebook(student: str, graded: Graded) -> None:
    assert scores(graded, student) == TESTS
    assert not graded[1][student].not_gradable


@pytest.mark.parametrize(
    ("student", "expected"),
    [
        ("stub", {"test_square": 0, "test_numbers": 0, "test_file": 1}),
        ("wrong", {"test_square": 2 * 0, "test_numbers": 2, "test_file": 1}),
        ("hidden-wrong", {"test_square": 0, "test_numbers": 4, "test_file": 1}),
        ("hidden-crash", {"test_square": 0, "test_numbers": 4, "test_file": 1}),
        ("dies-in-test", {"test_square": 0, "test_numbers": 4, "test_file": 1}),
        ("swallows", {"test_square": 0, "test_numbers": 4, "test_file": 1}),
        ("loops", {"test_square": 2, "test_numbers": 0, "test_file": 1}),
        ("no-traceback", {"test_square": 0, "test_numbers": 0, "test_file": 1}),
        ("strips-asserts", {"test_square": 0, "test_numbers": 0, "test_file": 1}),
        ("side-effects", {"test_square": 2, "test_numbers": 4, "test_file": 0}),
    ],
)
def test_what_fails_costs_its_own_test_and_no_other(
    student: str, expected: dict[str, float], graded: Graded
) -> None:
    assert scores(graded, student) == expected


@pytest.mark.parametrize(
    ("student", "test", "reason"),
    [
        ("dies-in-test", "test_square", "the test did not end: the kernel ended: exit status 1"),
        ("swallows", "test_square", "the test did not end: a cell did not finish within 3 s"),
        ("loops", "test_numbers", "NameError: name 'numbers' is not defined"),
        ("no-traceback", "test_square", "AssertionError"),
        ("hidden-wrong", "test_square", "AssertionError: of minus three"),
        ("wrong", "test_numbers", "the test gave 2 of 4 points"),
    ],
)
def test_every_lost_point_has_its_reason(student: str, test: str, reason: str, graded: Graded) -> None:
    check = next(check for check in graded[1][student].checks if check.grade_id == test)
    assert [outcome.message for outcome in check.outcomes if not outcome.passed] == [reason]


def test_a_forged_verdict_is_possible_and_nobody_elses(graded: Graded) -> None:
    # Tests that run in the student's kernel can be fooled there; the documentation and the class page say so.
    assert scores(graded, "forged")["test_square"] == 2
    assert scores(graded, "stub")["test_square"] == 0


def test_what_was_mended_and_what_died_is_noted(graded: Graded) -> None:
    notes = {student: "\n".join(report.notes) for student, report in graded[1].items()}
    assert notes["right"] == notes["hidden-wrong"] == ""  # a test without its hidden part is as handed out
    assert "cell 'test_square' had been deleted" in notes["deleted-tests"]
    assert "cell 'numbers' had lost its id; it was recognised by its place" in notes["no-metadata"]
    assert "the id 'test_square' stood on several cells" in notes["duplicated"]
    assert "the metadata of cell 'test_numbers' had been changed" in notes["flipped"]
    assert "ended the kernel" in notes["dies"] and "ended the kernel" in notes["loops"]


@pytest.mark.parametrize("student", ["right", "no-metadata", "duplicated", "flipped"])
def test_written_work_and_tasks_wait_for_a_person(student: str, graded: Graded) -> None:
    assert graded[1][student].manual_points == 8
    assert rows(graded[0], student) == {
        **{name: (points, False) for name, points in TESTS.items()},
        "why": (None, True),
        "explore": (None, True),
    }


def test_an_answer_that_is_as_handed_out_has_no_points_and_a_task_still_waits(graded: Graded) -> None:
    assert rows(graded[0], "stub")["why"] == (0.0, False)
    assert rows(graded[0], "stub")["explore"] == (None, True)


def test_the_authors_lines_run_whatever_stood_in_the_submission(graded: Graded) -> None:
    ran = {
        c.metadata.nbgrader.grade_id: c for c in page(graded[0], "flipped").cells if "nbgrader" in c.metadata
    }
    assert "square(-3) == 9" in ran["test_square"].source
    assert ran["test_square"].metadata.nbgrader.points == 2


def test_an_executed_page_holds_the_authors_files_and_nothing_that_the_notebook_wrote(graded: Graded) -> None:
    folder = graded[0].autograded / "side-effects" / "hw"
    assert (folder / "data.txt").read_text() == "of the author"
    assert sorted(path.name for path in folder.iterdir()) == [
        "data.txt",
        "figure.png",
        "hw.ipynb",
        "submission_secret.txt",
        "timestamp.txt",
    ]


def test_output_without_end_is_cut(graded: Graded) -> None:
    assert (graded[0].autograded / "floods" / "hw" / "hw.ipynb").stat().st_size < 2_000_000


def hidden(graded: Graded, student: str) -> Show:
    return next(check.show for check in graded[1][student].checks if check.grade_id == "test_square")


def test_only_a_failure_in_a_hidden_line_is_hidden(graded: Graded) -> None:
    assert hidden(graded, "hidden-wrong") is Show.VERDICT
    assert hidden(graded, "hidden-crash") is Show.VERDICT
    assert hidden(graded, "wrong") is Show.FULL
    assert hidden(graded, "right") is Show.FULL
    # Nothing says where: then it may have been there.
    assert hidden(graded, "no-traceback") is Show.VERDICT


def test_reports_survive_their_json_form(graded: Graded) -> None:
    for report in graded[1].values():
        assert Report.from_json(report.to_json()).to_dict() == report.to_dict()


def test_values_of_every_kind_in_one_notebook(room: Classroom) -> None:
    from autograder.nbgrader.release import release_ordinary

    from .cells import notebook, tests
    from .conftest import write

    values = {
        "number": ("1.25", 1.25),
        "numpy": ("import numpy as np\nnp.float64(.5) + np.float64(.25)", 0.75),
        "quiet": ("1;", 2.0),
        "nothing": ("None", 2.0),
        "printed": ("print(0)", 2.0),
        "loud": ("import sys, warnings\nwarnings.warn('w')\nprint('e', file=sys.stderr)", 2.0),
        "text": ("'0.5'", None),
        "truth": ("1 == 1", None),
        "nan": ("float('nan')", None),
        "negative": ("-5", None),
        "above": ("2.5", None),
        "array": ("np.ones(2)", None),
    }
    made = notebook(*(tests(name, 2, source) for name, (source, _) in values.items()))
    write(room.source / "values" / "values.ipynb", made)
    release_ordinary(room, "values")
    hand_in(room, "ada", released(room, "values", "values"), "values", "values")
    report = grade(room, ["ada"], "values")["ada"]
    assert {name: score for name, (score, _) in rows(room, "ada", "values", "values").items()} == {
        name: score for name, (_, score) in values.items()
    }
    by_hand = {check.grade_id for check in report.checks if check.status is Status.BY_HAND}
    assert by_hand == {name for name, (_, score) in values.items() if score is None}
    assert rows(room, "ada", "values", "values")["truth"] == (None, True)


def test_several_notebooks_are_one_submission_and_a_bad_one_leaves_the_others(room: Classroom) -> None:
    first, second = released(room, "pair", "first"), released(room, "pair", "second")
    for student in ("both", "one-missing", "one-broken"):
        hand_in(room, student, solved(first, one="one = 1"), "pair", "first")
    hand_in(room, "both", solved(second, two="two = 3", said="Said."), "pair", "second")
    broken = room.submitted / "one-broken" / "pair" / "second.ipynb"
    broken.write_text("{")
    reports = grade(room, ["both", "one-missing", "one-broken"], "pair")

    named = [check.check for check in reports["both"].checks]
    assert named == ["first/same_id", "second/same_id"]
    assert [check.score for check in reports["both"].checks] == [1, 0]
    assert rows(room, "both", "pair", "second") == {"same_id": (0, False), "said": (None, True)}

    missing = reports["one-missing"].checks
    assert [check.score for check in missing] == [1, 0] and missing[1].reason == NOT_HANDED_IN
    assert rows(room, "one-missing", "pair", "second") == {"same_id": (0, False), "said": (0, False)}

    assert reports["one-broken"].not_gradable == ""
    assert rows(room, "one-broken", "pair", "first") == {"same_id": (1, False)}
    assert rows(room, "one-broken", "pair", "second") == {"same_id": (None, True), "said": (None, True)}
    assert any("second: not graded: the file is not JSON" in note for note in reports["one-broken"].notes)
    with room.gradebook("pair") as gradebook:
        comment = gradebook.find_comment("said", "second", "pair", "one-broken").comment
    assert comment.startswith("Not graded: the file is not JSON")


def test_no_stale_score_stays_and_a_persons_does(room: Classroom) -> None:
    right = solved(released(room), **RIGHT)
    hand_in(room, "ada", right)
    grade(room, ["ada"])
    with room.gradebook("hw") as gradebook:
        found = gradebook.find_grade("why", "hw", "hw", "ada")
        found.manual_score, found.needs_manual_grade = 2.5, False
        gradebook.find_comment("why", "hw", "hw", "ada").manual_comment = "Good."
        gradebook.db.commit()
    # A wrong answer, and the test that would show it deleted: stock nbgrader keeps the old full score.
    wrong = solved(right, square="def square(x):\n    return 0")
    wrong.cells = [c for c in wrong.cells if c.metadata.get("nbgrader", {}).get("grade_id") != "test_square"]
    hand_in(room, "ada", wrong)
    grade(room, ["ada"])
    assert rows(room, "ada") == {
        "test_square": (0, False),
        "test_numbers": (4, False),
        "test_file": (1, False),
        "why": (None, True),
        "explore": (None, True),
    }
    with room.gradebook("hw") as gradebook:
        assert gradebook.find_grade("why", "hw", "hw", "ada").manual_score == 2.5
        assert gradebook.find_comment("why", "hw", "hw", "ada").comment == "Good."


def test_a_students_own_files_are_there_and_the_authors_win_unless_they_say_otherwise(
    room: Classroom,
) -> None:
    made = solved(released(room), **RIGHT)
    made.cells.insert(2, plain_code("import helper\nassert helper.a == open('sub/b.txt').read() == 'b'"))
    made.cells.insert(3, plain_code("square = None"))
    made.cells[2].source += "\nfine = 1"
    made.cells[5].source = "fine\n" + RIGHT["square"]
    folder = hand_in(room, "ada", made).parent
    (folder / "helper.py").write_text("a = 'b'")
    (folder / "sub").mkdir()
    (folder / "sub" / "b.txt").write_text("b")
    (folder / "data.txt").write_text("of the student")
    assert [check.score for check in grade(room, ["ada"])["ada"].checks] == [2, 4, 1]

    config = room.directory / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.Autograde.exclude_overwriting = {'hw': ['data.txt']}\n")
    again = Classroom.open(room.directory)
    assert [check.score for check in grade(again, ["ada"])["ada"].checks] == [2, 4, 0]


def test_json_of_pages_is_valid_nbformat(graded: Graded) -> None:
    for student in graded[1]:
        nbformat.validate(json.loads((graded[0].autograded / student / "hw" / "hw.ipynb").read_text("utf-8")))


def test_the_fingerprint_follows_all_that_a_verdict_depends_on(room: Classroom) -> None:
    before = plain.load(room, "hw").fingerprint
    assert plain.load(room, "hw").fingerprint == before
    (room.source / "hw" / "data.txt").write_text("of the author, again")
    assert plain.load(room, "hw").fingerprint != before
