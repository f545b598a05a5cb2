"""Hostile submissions as files: what each tries, what must be seen, and the notebook's bytes.

``submissions/<family>/<name>.txt`` is a notebook's text, which is only read here and runs in the sandbox.
Before the first ``# %%`` it says what it tries, and by ``key: value`` what to expect:

    score     what its honest part earns; 0 by default
    sees      a regular expression that its report or its executed notebook must match
    ran       "no" when it cannot show that it ran
    twice     "yes" when it leaves something behind, and prints @FLAG@ when it finds it
    limits    limits other than the suite's

``# %%`` is a cell before the first check, ``# %% last`` one at the end, ``# %% total`` the cell of a
function, ``# %% markdown`` and ``# %% raw`` cells of that kind. ``@RAN@`` and ``@FLAG@`` become expressions
whose values stand nowhere in the source; other names between @ signs are the tests' own files.

``submissions/file/<name>.py`` defines ``submitted(right)``, the bytes of a file made from the right notebook.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from autograder.nbgrader.build import submission_notebook, to_bytes
from autograder.problem_sets import ProblemSet

FOLDER = Path(__file__).parent / "submissions"
FUNCTIONS = ("total", "noise", "scaled")
MOST_SECONDS = 60.0
_KEYS = ("score", "sees", "ran", "twice", "limits")
_NEW = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


@dataclass(frozen=True)
class Attack:
    """One hostile submission; the fields are the keys that the module's text explains."""

    family: str
    name: str
    tries: str
    build: Callable[[ProblemSet, Mapping[str, str]], bytes] = field(repr=False)
    score: float | None = 0.0
    sees: str = ""
    ran: bool = True
    twice: bool = False
    limits: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.family}/{self.name}"


def attacks() -> list[Attack]:
    """Every attack, sorted by family and name."""
    found = [_of_text(path) for path in FOLDER.glob("*/*.txt")]
    found += [_of_file(path) for path in FOLDER.glob("file/*.py")]
    return sorted(found, key=str)


def _of_text(path: Path) -> Attack:
    head, *cells = re.split(r"^(?=# %%)", path.read_text("utf-8"), flags=re.M)
    keys = dict(re.findall(rf"^({'|'.join(_KEYS)}): (.*)$", head, flags=re.M))
    tries = " ".join(line for line in head.splitlines() if line.partition(":")[0] not in keys).strip()

    def build(problem_set: ProblemSet, names: Mapping[str, str]) -> bytes:
        return to_bytes(_notebook(problem_set, [_filled(cell, names) for cell in cells]))

    return Attack(
        path.parent.name,
        path.stem,
        tries,
        build,
        score=float(keys.get("score", 0)),
        sees=keys.get("sees", ""),
        ran=keys.get("ran") != "no",
        twice=keys.get("twice") == "yes",
        limits={name: float(value) for name, value in re.findall(r"(\w+)=(\S+)", keys.get("limits", ""))},
    )


def _of_file(path: Path) -> Attack:
    spec = importlib.util.spec_from_file_location(f"hostile_file_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def build(problem_set: ProblemSet, names: Mapping[str, str]) -> bytes:
        made: bytes = module.submitted(submission_notebook(problem_set))
        return made

    return Attack(
        path.parent.name,
        path.stem,
        (module.__doc__ or "").strip(),
        build,
        score=module.SCORE,
        sees=module.SEES,
        ran=False,
    )


def _filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"@{name}@", value)
    if left := re.search(r"@[A-Z]+@", text):
        raise ValueError(f"no such name: {left[0]}")
    return text


def _notebook(problem_set: ProblemSet, cells: list[str]) -> NotebookNode:
    """Nothing solved, but for what the attack itself writes."""
    notebook = submission_notebook(problem_set, dict.fromkeys(FUNCTIONS))
    for cell in notebook.cells:
        # A stub further down would take the place of what the attack defines before it.
        if cell.metadata.get("nbgrader", {}).get("grade_id") in FUNCTIONS[1:]:
            cell.source = ""
    extra, last = [], []
    for number, text in enumerate(cells):
        title, _, source = text.partition("\n")
        where = title.removeprefix("# %%").strip()
        if where in FUNCTIONS:
            (cell,) = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == where]
            cell.source = source.rstrip()
            continue
        made = _NEW[where if where in _NEW else "code"](source.rstrip(), id=f"attack-{number}")
        (last if where == "last" else extra).append(made)
    first_check = next(i for i, c in enumerate(notebook.cells) if c.metadata.get("nbgrader", {}).get("grade"))
    notebook.cells[first_check:first_check] = extra
    notebook.cells += last
    return notebook
