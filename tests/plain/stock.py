"""A course as nbgrader's quickstart makes it, graded by stock nbgrader and by people; no code of ours.

Run as a program in the course's folder: nbgrader changes the working directory and keeps global state.
"""

from __future__ import annotations

import copy
import os
import shutil
import sys
from datetime import timedelta
from pathlib import Path

import nbformat
import nbgrader
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

EXAMPLE = Path(nbgrader.__file__).parent / "docs" / "source" / "user_guide" / "source"
STUDENTS = {"ada": "solved", "ben": "half"}


def make(course: Path) -> None:
    """What ``nbgrader quickstart`` makes, with a configuration of some weeks later."""
    shutil.copytree(EXAMPLE / "ps1", course / "source" / "ps1")
    shutil.copy(EXAMPLE / "header.ipynb", course / "source")
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\n\n"
        "# You only need this if you are running nbgrader on a shared server set up.\n"
        'c.CourseDirectory.course_id = "course101"\n'
        'c.IncludeHeaderFooter.header = "source/header.ipynb"\n'
        "c.Autograde.autograde_preprocessors = [  # our own, without the output limit\n"
        '    "nbgrader.preprocessors.Execute",\n'
        '    "nbgrader.preprocessors.SaveAutoGrades",\n'
        '    "nbgrader.preprocessors.AssignLatePenalties",\n'
        "]\n"
    )


def main() -> None:
    course = Path.cwd()
    config = Config()
    config.merge(PyFileConfigLoader("nbgrader_config.py", str(course)).load_config())
    config.ExecutePreprocessor.shutdown_kernel = "immediate"
    api = NbGraderAPI(CourseDirectory(config=config, root=str(course)), config=config)
    check(api.generate_assignment("ps1"))
    for student, state in STUDENTS.items():
        folder = course / "submitted" / student / "ps1"
        shutil.copytree(course / "release" / "ps1", folder)
        for name in ("problem1", "problem2"):
            work(course, folder, name, half=state == "half")
        (folder / "timestamp.txt").write_text("2026-03-02 12:00:00 UTC")
        check(api.autograde("ps1", student))
    with Gradebook(api.coursedir.db_url, "course101") as gradebook:
        by_hand(gradebook)


def work(course: Path, folder: Path, name: str, half: bool) -> None:
    """The source's own solutions as work that was handed in; of half of the functions only, if so."""
    made = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    source = nbformat.read(course / "source" / "ps1" / f"{name}.ipynb", as_version=4)
    solutions = {
        cell.metadata.nbgrader.grade_id: cell.source for cell in source.cells if "nbgrader" in cell.metadata
    }
    for cell in made.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("solution") and not (half and about["grade_id"] == "sum_of_squares"):
            cell.source = copy.copy(solutions[about["grade_id"]])
    nbformat.write(made, folder / f"{name}.ipynb")


def by_hand(gradebook: Gradebook) -> None:
    """What people have entered since: scores, extra credit, comments, a date, an extension, names."""
    gradebook.update_or_create_assignment("ps1", duedate="2026-03-01 12:00:00 UTC")
    gradebook.update_or_create_student("ada", first_name="Ada", last_name="L.", email="ada@example.org")
    grade = gradebook.find_grade("sum_of_squares_equation", "problem1", "ps1", "ada")
    grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 0.75, 0.5, False
    gradebook.find_comment("part-a", "problem2", "ps1", "ada").manual_comment = "Well said.\nAnd short."
    gradebook.find_submission("ps1", "ben").extension = timedelta(days=2)
    gradebook.update_or_create_student("dan")
    gradebook.db.commit()


def check(result: dict) -> None:
    if not result["success"]:
        sys.exit(str(result.get("log") or result.get("error")))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()
