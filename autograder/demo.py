"""A sample class: submissions from a problem set's own bank, and the odd files that every class hands in."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.checks.suite import Mistake, Variant
from autograder.errors import ConfigurationError
from autograder.nbgrader import classroom as classrooms
from autograder.nbgrader.build import submission_notebook
from autograder.nbgrader.classroom import Classroom
from autograder.problem_sets import ProblemSet

MARKER = ".expected-gradient-demo"
"""A folder with this file was made by the demo and may be made anew by it."""

_MISTAKEN = 4
"""Submissions with a mistake, in functions spread over the notebook: enough to see, and few to wait for."""


def make_class(directory: Path, problem_set: ProblemSet) -> Classroom:
    """Makes a classroom with a sample class that has handed in.

    Args:
        directory: made, or made anew if an earlier demo made it.
        problem_set: what the class hands in.

    Returns:
        The classroom; nothing is released or graded yet.

    Raises:
        ConfigurationError: the folder holds something else.
    """
    if directory.exists() and any(directory.iterdir()):
        if not (directory / MARKER).is_file():
            raise ConfigurationError(
                "the demo only replaces a folder that it made",
                where=str(directory),
                fix="name an empty folder",
            )
        shutil.rmtree(directory)
    made = classrooms.init(directory, problem_set.root)
    (directory / MARKER).touch()
    for student, content in sample_class(problem_set).items():
        hand_in(made, problem_set.name, student, content)
    return made


def hand_in(classroom: Classroom, problem_set: str, student: str, content: NotebookNode | bytes) -> Path:
    """Puts a file where nbgrader collects it.

    Args:
        classroom: whose class.
        problem_set: what it is a submission to.
        student: nbgrader's id of the student.
        content: a notebook, or the bytes of a file that claims to be one.

    Returns:
        The file.
    """
    path = classroom.submitted / student / problem_set / f"{problem_set}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else nbformat.writes(content).encode())
    return path


def sample_class(problem_set: ProblemSet) -> dict[str, NotebookNode | bytes]:
    """The submissions of the sample class, by student.

    Perfect work, other correct routes, a mistake in one function or another, work that is missing, broken
    or hostile, and files that are odd as files.
    """
    suite = problem_set.suite
    targets = [name for check in suite.checks.values() for name in check.grades]
    last = targets[-1]
    submissions: dict[str, NotebookNode | bytes] = {"perfect": submission_notebook(problem_set)}
    for number in range(2):
        routes = {name: _nth(suite.variants, name, number) for name in targets}
        submissions[f"other-route-{number + 1}"] = submission_notebook(problem_set, routes)
    for name in targets[:: -(-len(targets) // _MISTAKEN)]:
        wrong = _nth(suite.mistakes, name, 0)
        submissions[f"mistake-{wrong.name}".replace("_", "-")] = submission_notebook(
            problem_set, {name: wrong}
        )
    submissions["stub"] = submission_notebook(problem_set, dict.fromkeys(targets))
    submissions["syntax-error"] = _edited(problem_set, last, "{source}\ndef oops(:\n    pass\n")
    submissions["endless-loop"] = _edited(problem_set, last, "{head}\n    while True:\n        pass\n")
    submissions["endless-cell"] = _with_cell(problem_set, "while True:\n    pass")
    submissions["os-exit"] = _edited(problem_set, last, "{head}\n    import os\n    os._exit(0)\n")
    submissions["loud-stderr"] = _with_cell(
        problem_set, "import sys, warnings\nprint('careful!', file=sys.stderr)\nwarnings.warn('all is well')"
    )
    submissions["deleted-check"] = _without_check(problem_set)
    submissions["duplicated-id"] = _with_duplicate(problem_set)
    submissions["cheat-check"] = _cheat(problem_set, targets)
    submissions["not-a-notebook"] = b"%PDF-1.7 my homework, as a scan\n"
    return submissions


def _nth(bank: list[Mistake] | list[Variant], function: str, number: int) -> Mistake | Variant:
    entries = [entry for entry in bank if entry.function == function]
    return entries[number % len(entries)]


def _edited(problem_set: ProblemSet, function: str, template: str) -> NotebookNode:
    notebook = submission_notebook(problem_set)
    cell = _cell(notebook, function)
    body = ast.parse(cell.source).body[-1].body[0]
    head = "\n".join(cell.source.splitlines()[: body.lineno - 1])
    cell.source = template.format(source=cell.source, head=head)
    return notebook


def _with_cell(problem_set: ProblemSet, source: str) -> NotebookNode:
    notebook = submission_notebook(problem_set)
    first_check = next(i for i, c in enumerate(notebook.cells) if c.metadata.get("nbgrader", {}).get("grade"))
    notebook.cells.insert(first_check, nbformat.v4.new_code_cell(source, id="own-cell"))
    return notebook


def _without_check(problem_set: ProblemSet) -> NotebookNode:
    notebook = submission_notebook(problem_set)
    doomed = next(iter(problem_set.check_cells))
    notebook.cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") != doomed]
    return notebook


def _with_duplicate(problem_set: ProblemSet) -> NotebookNode:
    notebook = submission_notebook(problem_set)
    original = _cell(notebook, next(iter(problem_set.suite.checks.values())).grades[0])
    copy = nbformat.from_dict({**original, "id": "a-copy"})
    notebook.cells.insert(notebook.cells.index(original) + 1, copy)
    return notebook


def _cheat(problem_set: ProblemSet, functions: list[str]) -> NotebookNode:
    """Nothing solved, everything that could decide replaced."""
    notebook = submission_notebook(problem_set, dict.fromkeys(functions))
    for cell in notebook.cells:
        if cell.source.startswith("check("):
            cell.source = f"print('passed')  # {cell.source}"
    trick = (
        "import json\n"
        "import numpy.testing\n"
        "check = lambda name: print(name, 'passed')\n"
        "for name in dir(numpy.testing):\n"
        "    if name.startswith('assert'):\n"
        "        setattr(numpy.testing, name, lambda *args, **kwargs: None)\n"
        'json.dumps = lambda *args, **kwargs: \'{"passed": true, "score": 100}\'\n'
    )
    notebook.cells.append(nbformat.v4.new_code_cell(trick, id="the-trick"))
    notebook.cells.insert(1, nbformat.v4.new_code_cell(trick, id="the-trick-early"))
    return notebook


def _cell(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)
