"""Notebooks out of a problem set: nbgrader's source, the release, and filled-in submissions.

Cell ids are the ``grade_id``, or ``cell-001`` and so on by position, and nothing else varies either, so
that two builds of the same files are the same bytes.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from autograder.checks.recording import SUFFIX, by_hand, record, save
from autograder.checks.suite import Mistake, Variant
from autograder.environment import LOCK, release_lock
from autograder.errors import AuthoringError
from autograder.grading.journal import write_atomically
from autograder.nbgrader import functions, solution_cells
from autograder.percent import Cell, Kind

if TYPE_CHECKING:
    from autograder.problem_sets import ProblemSet

Work = Mistake | Variant | Callable[..., Any] | str | None
"""What fills a solution cell: a banked function, a function, the text of one, or None for the stub."""

METADATA_KEY = "expected_gradient"
"""Key of our own metadata in cells and notebooks; nothing under it is released."""

_NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
_FLAGS = {
    Kind.SOLUTION: {"grade": False, "solution": True, "locked": False, "task": False},
    Kind.CHECK: {"grade": True, "solution": False, "locked": True, "task": False},
    Kind.MANUAL: {"grade": True, "solution": True, "locked": False, "task": False},
    Kind.CONSTANTS: {"grade": False, "solution": False, "locked": True, "task": False},
}
SCHEMA_VERSION = 3
"""nbgrader 0.9's version of its cell metadata."""


def source_notebook(problem_set: ProblemSet, replace: Mapping[str, Work] | None = None) -> NotebookNode:
    """The source notebook for nbgrader: stubs joined with the worked functions.

    Args:
        problem_set: the problem set.
        replace: other work for some functions, by name; the reference's by default.

    Returns:
        The notebook, with ``### BEGIN SOLUTION`` around every worked body.

    Raises:
        AuthoringError: notebook and suite disagree, the reference lacks a function or has another
            signature than
            its stub, or its work needs a name that the notebook does not define before it.
    """
    problem_set.verify()
    sources = _solutions(problem_set, replace or {}, fenced=True)

    def cell(index: int, author: Cell) -> NotebookNode:
        built = _cell(index, author, sources.get(author.grade_id, author.source))
        if author.kind in (Kind.SOLUTION, Kind.MANUAL):
            built.metadata[METADATA_KEY] = {"stub": author.source}
        return built

    return _notebook(problem_set, cell)


def release_notebook(problem_set: ProblemSet) -> NotebookNode:
    """The notebook that students get: what nbgrader makes of the source notebook, without a classroom.

    Raises:
        AuthoringError: the author's notebook breaks a rule.
    """
    for author in problem_set.notebook.of(Kind.SOLUTION):
        solution_cells.stub(problem_set.notebook, author)
    return _notebook(problem_set, _released)


def submission_notebook(problem_set: ProblemSet, replace: Mapping[str, Work] | None = None) -> NotebookNode:
    """A release as a student might hand it in.

    Args:
        problem_set: the problem set.
        replace: what stands in the solution cells, by function: a mistake, a variant, a function, the text of
            one, or None for the untouched stub. Functions that are not named are solved as in the reference.

    Returns:
        The notebook, not executed.

    Raises:
        AuthoringError: as for :func:`source_notebook`.
    """
    sources = _solutions(problem_set, replace or {}, fenced=False)

    def cell(index: int, author: Cell) -> NotebookNode:
        built = _released(index, author)
        built.source = sources.get(author.grade_id, built.source)
        return built

    return _notebook(problem_set, cell)


def recorded_checks(problem_set: ProblemSet) -> dict[str, bytes]:
    """The recordings that ``check(...)`` replays in a student's notebook, as a file name and its bytes.

    Raises:
        AuthoringError: notebook and suite disagree, or a check cannot be recorded.
    """
    problem_set.verify()
    suite = problem_set.suite
    recordings = [
        record(suite, suite.checks[cell.check], cell.points) for cell in problem_set.check_cells.values()
    ]
    recordings += [by_hand(cell.grade_id, cell.points) for cell in problem_set.notebook.of(Kind.MANUAL)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recorded"
        save(recordings, path)
        return {f"{problem_set.name}{SUFFIX}": path.read_bytes()}


def to_bytes(notebook: NotebookNode) -> bytes:
    """A notebook as the bytes of an ``.ipynb`` file."""
    return (nbformat.writes(notebook, version=4) + "\n").encode()


def write_source(problem_set: ProblemSet, source_directory: Path) -> Path:
    """Writes what nbgrader releases from: notebook, recorded checks, data files and the environment's lock.

    Args:
        problem_set: the problem set.
        source_directory: nbgrader's ``source`` folder.

    Returns:
        The folder of the problem set in it. Each file is replaced in one step, after all of them were built.

    Raises:
        AuthoringError: as for :func:`source_notebook` and :func:`recorded_checks`.
    """
    files = {f"{problem_set.name}.ipynb": to_bytes(source_notebook(problem_set))} | dict(problem_set.files)
    if lock := release_lock(problem_set.root):
        files[LOCK] = lock
    folder = source_directory / problem_set.name
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write_atomically(folder / name, data)
    return folder


def _notebook(problem_set: ProblemSet, make: Callable[[int, Cell], NotebookNode]) -> NotebookNode:
    notebook = new_notebook()
    notebook.metadata = NotebookNode(
        kernelspec=NotebookNode(display_name="Python 3", language="python", name="python3"),
        language_info=NotebookNode(file_extension=".py", mimetype="text/x-python", name="python"),
    )
    notebook.nbformat_minor = 5
    notebook.cells = [make(i, author) for i, author in enumerate(problem_set.notebook.cells, start=1)]
    return notebook


def _cell(index: int, author: Cell, source: str) -> NotebookNode:
    cell = _NEW_CELL[author.cell_type](id=author.grade_id or f"cell-{index:03}", source=source)
    if author.kind is not Kind.PLAIN:
        cell.metadata.nbgrader = NotebookNode(
            _FLAGS[author.kind], grade_id=author.grade_id, schema_version=SCHEMA_VERSION
        )
        if author.points:
            cell.metadata.nbgrader.points = author.points
    return cell


def _released(index: int, author: Cell) -> NotebookNode:
    cell = _cell(index, author, author.source)
    if author.kind is not Kind.PLAIN:
        cell.metadata.nbgrader.update(cell_type=cell.cell_type, checksum=checksum(cell))
        cell.metadata.deletable = False
        if author.kind in (Kind.CHECK, Kind.CONSTANTS):
            cell.metadata.editable = False
    return cell


def checksum(cell: NotebookNode) -> str:
    """What nbgrader writes into a released cell, and by which it knows whether somebody has changed it.

    Here, because workers build releases, and nbgrader costs each of them a second to import.
    """
    said = cell.metadata.nbgrader
    parts = [
        cell.source,
        cell.cell_type,
        str(said.grade),
        str(said.solution),
        str(said.locked),
        said.grade_id,
    ]
    if said.grade:
        parts.append(str(float(said.points)))
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def _solutions(problem_set: ProblemSet, replace: Mapping[str, Work], *, fenced: bool) -> dict[str, str]:
    """Text of every solution cell, by ``grade_id``."""
    assignment = problem_set.notebook
    cells = assignment.of(Kind.SOLUTION)
    if unknown := sorted(set(replace) - {cell.grade_id for cell in cells}):
        raise assignment.error(
            "a replacement stands for a function of the notebook",
            expected=" or ".join(cell.grade_id for cell in cells),
            received=", ".join(unknown),
        )
    texts: dict[str, str] = {}
    known: set[str] = set(solution_cells.EVERYWHERE)
    for cell in assignment.cells:
        if cell.kind is Kind.SOLUTION:
            target = solution_cells.stub(assignment, cell)
            work = _work(problem_set, cell, replace)
            known.add(cell.grade_id)
            if work is None:
                texts[cell.grade_id] = cell.source
                continue
            if missing := sorted(work.global_names() - known):
                raise AuthoringError(
                    f"{work.name!r} uses names that the notebook defines before line {cell.line}",
                    where=work.where,
                    received=", ".join(missing),
                    fix="import or define them inside the function, or in an earlier cell",
                )
            texts[cell.grade_id] = solution_cells.pasted(target, work, fenced=fenced)
        elif cell.cell_type == "code":
            known |= solution_cells.defined_names(assignment, cell)
    return texts


def _work(problem_set: ProblemSet, cell: Cell, replace: Mapping[str, Work]) -> functions.Source | None:
    name = cell.grade_id
    if name not in replace:
        return _in_solutions(problem_set, "reference", name)
    work = replace[name]
    if work is None:
        return None
    if isinstance(work, str):
        return functions.of_text(work)
    if isinstance(work, (Mistake, Variant)):
        return _in_solutions(problem_set, work.module, work.name)
    return functions.of_callable(work)


def _in_solutions(problem_set: ProblemSet, module: str, name: str) -> functions.Source:
    path = problem_set.solutions / f"{module}.py"
    return functions.in_file(path, name, path.relative_to(problem_set.root).as_posix())
