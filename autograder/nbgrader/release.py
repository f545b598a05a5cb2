"""Releases an assignment into a classroom: build, nbgrader's own ``generate_assignment``, and a last look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.errors import AuthoringError, ConfigurationError

if TYPE_CHECKING:
    from autograder.nbgrader.classroom import Classroom
    from autograder.problem_sets import ProblemSet

BY_STUDENT = "release_by_student"
"""Folder of a classroom with what each student gets, where that differs."""
_LOG_LINES = 8


def release(classroom: Classroom, problem_set: ProblemSet) -> Path:
    """Makes ``source/<name>`` and ``release/<name>``, and enters the assignment in the gradebook.

    nbgrader changes the working directory while it works: call this in the main thread.

    Args:
        classroom: where to.
        problem_set: what.

    Returns:
        The folder that students get.

    Raises:
        AuthoringError: the problem set breaks a rule of the build, or its release is not what it should be.
        ConfigurationError: nbgrader refuses, for instance because cells changed after work was handed
            in; ends with the
            last lines of its log.
    """
    import nbformat

    from autograder.nbgrader.build import write_source

    name = problem_set.name
    write_source(problem_set, classroom.source)
    folder = _generate(classroom, name)
    released = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    if released != problem_set.release_notebook:
        # Also the last guard of the solutions: what is compared with never held one.
        (folder / f"{name}.ipynb").unlink()
        raise AuthoringError(
            "nbgrader's release is the author's notebook with its stubs",
            where=f"{folder / name}.ipynb",
            received=_difference(released, problem_set.release_notebook),
            fix="release with the preprocessors that the classroom's configuration sets",
        )
    return folder


def release_by_student(
    classroom: Classroom, problem_set: ProblemSet, students: Sequence[str]
) -> Iterator[Path]:
    """Makes ``release_by_student/<student>/<name>`` of a problem set whose constants differ by student.

    Each holds what :func:`release` would make, with the student's own constants in the notebook and in the
    recorded checks. Every check is recorded anew for each set of constants.

    Args:
        classroom: where to; its secret says which constants are whose.
        problem_set: what.
        students: nbgrader's ids.

    Yields:
        The folder of each student, once it is written.

    Raises:
        ConfigurationError: the problem set has no constants, there is no student, or an id is no folder's
            name; nothing is written then.
        AuthoringError: the problem set breaks a rule, for some student's constants at least.
    """
    from autograder.environment import LOCK, release_lock
    from autograder.grading.journal import write_atomically
    from autograder.nbgrader.build import to_bytes

    require_students(problem_set, problem_set.name, students)
    lock = release_lock(problem_set.root)
    built: dict[str, dict[str, bytes]] = {}
    for student in dict.fromkeys(students):
        own = problem_set.of(student, classroom.settings.secret)
        key = repr(own.constants)
        if key not in built:
            files = {f"{own.name}.ipynb": to_bytes(own.release_notebook), **own.files}
            built[key] = files | ({LOCK: lock} if lock else {})
        folder = classroom.directory / BY_STUDENT / student / own.name
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in built[key].items():
            write_atomically(folder / name, data, durable=False)
        yield folder


def require_students(problem_set: ProblemSet | None, name: str, students: Sequence[str]) -> None:
    """Makes sure that there is something to release by student.

    Args:
        problem_set: what; None when it is an assignment without constants at any rate.
        name: its name.
        students: for whom.

    Raises:
        ConfigurationError: as for :func:`release_by_student`.
    """
    from autograder.grading.incoming import id_fault

    if problem_set is None or not problem_set.has_constants:
        raise ConfigurationError(
            "a release by student is of a problem set whose constants differ by student",
            where=name,
            received="no constants",
            fix="release it without --students and --from-gradebook: everybody gets the same",
        )
    if not students:
        raise ConfigurationError("a release by student names students", where=name, received="none")
    for student in students:
        if student in ("", ".", "..") or set(student) & set("/\\") or id_fault(student):
            raise ConfigurationError(
                "a student's id is the name of a folder", expected="such as ada", received=ascii(student)[:80]
            )


def release_ordinary(classroom: Classroom, name: str) -> Path:
    """Makes ``release/<name>`` of an ordinary assignment's ``source/<name>``, as nbgrader does.

    nbgrader changes the working directory while it works: call this in the main thread.

    Args:
        classroom: where it is.
        name: nbgrader's name of it.

    Returns:
        The folder that students get.

    Raises:
        ConfigurationError: there are no source notebooks, or nbgrader refuses; ends with its log.
    """
    if not any((classroom.source / name).glob("*.ipynb")):
        raise ConfigurationError(
            "an ordinary assignment is released from its source notebooks",
            where=str(classroom.source / name),
            received="no notebook",
        )
    return _generate(classroom, name)


def _generate(classroom: Classroom, name: str) -> Path:
    from nbgrader.converters import GenerateAssignment
    from nbgrader.utils import capture_log

    # nbgrader makes the tables of a new database only where its helper programs are on the path.
    classroom.gradebook().close()
    coursedir = classroom.coursedir
    coursedir.assignment_id = name
    step = GenerateAssignment(coursedir=coursedir, config=classroom.config)
    step.force = True
    result = capture_log(step)
    if not result["success"]:
        log = result.get("log", "").strip() or result.get("error", "").strip()
        raise ConfigurationError(
            "nbgrader did not release the problem set",
            where=name,
            received="\n".join(["its log:", *log.splitlines()[-_LOG_LINES:]]),
        )
    return classroom.release / name


def _difference(released: dict, expected: dict) -> str:
    for number, (ours, theirs) in enumerate(zip(expected["cells"], released["cells"], strict=False), start=1):
        if ours != theirs:
            keys = sorted(k for k in {*ours, *theirs} if ours.get(k) != theirs.get(k))
            return f"another {' and '.join(keys)} in cell {number}"
    return "another number of cells, or other metadata"
