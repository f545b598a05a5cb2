"""Ordinary nbgrader assignments of a classroom: found, and read from its gradebook and its folders.

The gradebook has every graded cell as nbgrader keeps it, hidden tests included; the release has the cells
around them and their order.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.errors import ConfigurationError
from autograder.grading.hidden import Delimiters
from autograder.grading.plain import PlainAssignment, PlainNotebook
from autograder.grading.repair import grade_id
from autograder.nbgrader.build import SCHEMA_VERSION
from autograder.results import Show

if TYPE_CHECKING:
    from autograder.nbgrader.classroom import Classroom

_NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell}


def names(classroom: Classroom) -> list[str]:
    """Ordinary assignments of a classroom: what its gradebook or its ``source`` folder has, sorted."""
    in_source = {path.parent.name for path in classroom.source.glob("*/*.ipynb")}
    with classroom.gradebook() as gradebook:
        released = {assignment.name for assignment in gradebook.assignments if assignment.notebooks}
    return sorted(in_source | released)


def load(classroom: Classroom, name: str) -> PlainAssignment:
    """An ordinary assignment, as it was released.

    Args:
        classroom: where it was released.
        name: nbgrader's name of it.

    Raises:
        ConfigurationError: it was not released, its release is damaged, or it is not in Python.
    """
    from nbgrader.preprocessors import ClearHiddenTests

    from autograder.nbgrader.configuration import ExpectedGradient

    config = classroom.config
    with classroom.gradebook(name) as gradebook:
        rows = sorted(gradebook.find_assignment(name).notebooks, key=lambda row: str(row.name))
        notebooks = tuple(_notebook(classroom, name, row) for row in rows)
    regions = ClearHiddenTests(config=config)
    files, defaults = _files(classroom, name)
    return PlainAssignment(
        name,
        notebooks,
        files,
        defaults,
        tuple(classroom.coursedir.ignore),
        Delimiters(regions.begin_test_delimeter, regions.end_test_delimeter),
        Show(ExpectedGradient(config=config).hidden_tests),
    )


def _notebook(classroom: Classroom, assignment: str, row: Any) -> PlainNotebook:
    release = _released(classroom.release / assignment / f"{row.name}.ipynb")
    if release is None:
        spec = json.loads(row.kernelspec or "{}")
        release = new_notebook(metadata={"kernelspec": spec} if spec else {})
    _require_python(release, f"{assignment}/{row.name}")
    sources = {str(cell.name): cell for cell in row.source_cells}
    cells = []
    for cell in release.cells:
        source = sources.pop(grade_id(cell), None)
        cell.metadata.pop("nbgrader", None)
        cells.append(cell if source is None else _cell(source, row, cell))
    # What the release on disk does not have, because it was changed or is gone, in the order of its making.
    cells += [_cell(source, row, None) for source in sources.values()]
    full = {str(c.name): str(c.source) for c in row.source_cells if c.locked}
    release.cells = cells
    return PlainNotebook(str(row.name), _handed_out(classroom, release), full)


def _released(path: Path) -> NotebookNode | None:
    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        return None
    except Exception as error:
        raise ConfigurationError(
            "a released notebook cannot be read",
            where=str(path),
            received=type(error).__name__,
            fix=f"release it again: autograder release {path.parent.name}",
        ) from None
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _cell(source: Any, row: Any, released: NotebookNode | None) -> NotebookNode:
    """A cell of the gradebook, with its flags and points, in place of the released one."""
    name = str(source.name)
    points = {str(c.name): float(c.max_score) for c in (*row.grade_cells, *row.task_cells)}
    grade = name in {str(c.name) for c in row.grade_cells}
    task = name in {str(c.name) for c in row.task_cells}
    made = _NEW_CELL[str(source.cell_type)](source=str(source.source), id=_id(name, released))
    if released is not None:
        made.metadata = NotebookNode(released.metadata)
        if "attachments" in released and made.cell_type == "markdown":
            made.attachments = released.attachments
    made.metadata.nbgrader = NotebookNode(
        grade=grade,
        solution=name in {str(c.name) for c in row.solution_cells},
        locked=bool(source.locked),
        task=task,
        grade_id=name,
        schema_version=SCHEMA_VERSION,
    )
    if grade or task:
        made.metadata.nbgrader.points = points[name]
    return made


def _id(name: str, released: NotebookNode | None) -> str:
    own = released.get("id") if released is not None else None
    return str(own or name[:64])


def _handed_out(classroom: Classroom, notebook: NotebookNode) -> NotebookNode:
    """A notebook without what students do not get, and with nbgrader's checksums of the rest."""
    from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ComputeChecksums

    config = classroom.config
    for step in (ClearHiddenTests(config=config), ClearMarkScheme(config=config), ComputeChecksums()):
        notebook, _ = step.preprocess(notebook, {})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def _require_python(notebook: NotebookNode, where: str) -> None:
    spec = notebook.metadata.get("kernelspec", {})
    said = spec.get("language") or notebook.metadata.get("language_info", {}).get("name") or "python"
    if said.lower() not in ("python", "ipython"):
        raise ConfigurationError(
            "notebooks are graded in Python only", where=where, expected="a Python kernel", received=said
        )


def _files(classroom: Classroom, name: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The author's files beside the notebooks, and those of them that a student's may replace."""
    from nbgrader.converters import Autograde

    folder = classroom.source / name
    if not folder.is_dir():
        folder = classroom.release / name
    mine = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in _below(folder, classroom.coursedir.ignore)
    }
    step = Autograde(coursedir=classroom.coursedir, config=classroom.config)
    theirs = set(step.exclude_overwriting.get(name, []))
    return (
        {file: data for file, data in mine.items() if file not in theirs},
        {file: data for file, data in mine.items() if file in theirs},
    )


def _below(folder: Path, ignored: Iterable[str]) -> list[Path]:
    from nbgrader.utils import find_all_files

    if not folder.is_dir():
        return []
    found = find_all_files(str(folder), [*ignored, "*.ipynb"])
    return sorted(Path(os.path.abspath(path)) for path in found)
