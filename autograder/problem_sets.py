"""Problem sets on disk: ``assignments/<name>/<name>.py`` and ``solutions/<name>/`` of one checkout."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING

from autograder.digests import folder_digest, sources
from autograder.errors import AuthoringError, ConfigurationError
from autograder.solution_modules import CONSTANTS, SolutionModules

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from autograder.checks.constants import Law, Value
    from autograder.checks.suite import Check, Suite
    from autograder.percent import Assignment, Cell

ROOT_VARIABLE = "AUTOGRADER_COURSE"
"""Environment variable that names the checkout."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SOLUTIONS = ("reference", "checks", "mistakes", "variants")
_KEPT = 4
"""Students' own variants of a set that stay loaded: a variant that comes back costs nothing then."""


def course_root(root: str | Path | None = None) -> Path:
    """The checkout that holds ``assignments`` and ``solutions``.

    Looked for in this order: ``root``; the variable ``AUTOGRADER_COURSE``; the working directory and the
    folders above it; the folder above the installed package.

    Args:
        root: the checkout, when it is known.

    Returns:
        Its absolute path.

    Raises:
        ConfigurationError: the place that was named is not a checkout, or none is found.
    """
    for named, origin in ((root, None), (os.environ.get(ROOT_VARIABLE), ROOT_VARIABLE)):
        if named:
            path = Path(named).expanduser().resolve()
            if not _is_root(path):
                raise ConfigurationError(
                    "a course is a folder that holds assignments and solutions",
                    where=origin,
                    received=str(path),
                )
            return path
    here = Path.cwd()
    for path in (here, *here.parents, Path(__file__).resolve().parents[1]):
        if _is_root(path):
            return path
    raise ConfigurationError(
        "no course is found here",
        expected="a folder that holds assignments and solutions",
        received=str(here),
        fix=f"name it with --course or the variable {ROOT_VARIABLE}",
    )


def _is_root(path: Path) -> bool:
    return (path / "assignments").is_dir() and (path / "solutions").is_dir()


def locate(name: str, root: str | Path | None = None) -> ProblemSet:
    """The problem set ``name`` of a checkout.

    Args:
        name: its folder's name, for instance ``ps05_estimators``.
        root: the checkout; found as :func:`course_root` says when it is None.

    Raises:
        ConfigurationError: there is no such problem set, or a file of it is missing.
    """
    problem_set = ProblemSet(name, course_root(root))
    known = [found.name for found in all_problem_sets(problem_set.root)]
    if name not in known:
        raise ConfigurationError(
            "there is no such problem set",
            where=str(problem_set.root),
            expected=" or ".join(known) or "a file assignments/<name>/<name>.py",
            received=repr(name),
        )
    missing = [module for module in _SOLUTIONS if not (problem_set.solutions / f"{module}.py").is_file()]
    if missing:
        raise ConfigurationError(
            "a problem set's solutions are reference.py, checks.py, mistakes.py and variants.py",
            where=str(problem_set.solutions),
            received=f"no {missing[0]}.py",
        )
    return problem_set


def all_problem_sets(root: str | Path | None = None) -> list[ProblemSet]:
    """Every problem set of a checkout, sorted by name."""
    base = course_root(root)
    return [
        ProblemSet(path.name, base)
        for path in sorted((base / "assignments").iterdir())
        if _NAME.fullmatch(path.name) and (path / f"{path.name}.py").is_file()
    ]


@dataclass(frozen=True)
class ProblemSet:
    """A problem set of a checkout.

    Everything derived from its files is read once, when it is first asked for.

    Args:
        name: its folder's name.
        root: the checkout.
        chosen: values of its constants, where they are others than the notebook's own; see
            :meth:`with_constants`.
    """

    name: str
    root: Path
    chosen: tuple[tuple[str, Value], ...] = ()

    @property
    def assignment(self) -> Path:
        """Folder of what students get."""
        return self.root / "assignments" / self.name

    @property
    def solutions(self) -> Path:
        """Folder of what students never get."""
        return self.root / "solutions" / self.name

    @cached_property
    def notebook(self) -> Assignment:
        """The author's notebook, with the chosen constants.

        Raises:
            AuthoringError: it breaks a rule of the form; names file and line.
        """
        from autograder.nbgrader.constants_cell import filled
        from autograder.percent import read_assignment

        path = self.assignment / f"{self.name}.py"
        read = read_assignment(path.read_text("utf-8"), path.relative_to(self.root).as_posix())
        if read.problem_set != self.name:
            raise read.error(
                "the header names the folder's problem set", expected=self.name, received=read.problem_set
            )
        return filled(read, dict(self.chosen)) if self.chosen else read

    @property
    def has_constants(self) -> bool:
        """Whether constants of it differ by student."""
        return (self.solutions / f"{CONSTANTS}.py").is_file()

    @cached_property
    def laws(self) -> Mapping[str, Law]:
        """The law of each constant, by name; empty without constants.

        Raises:
            AuthoringError: ``constants.py`` does not say them; names it and the line.
        """
        if not self.has_constants:
            return {}
        from autograder.checks.constants import require_laws

        where = f"solutions/{self.name}/{CONSTANTS}.py"
        try:
            return require_laws(getattr(self._module(CONSTANTS), "CONSTANTS", None))
        except AuthoringError as error:
            raise error.at(where) from None

    @cached_property
    def constants(self) -> Mapping[str, Value]:
        """The constants' values, by name: the chosen ones, else the notebook's own.

        Raises:
            AuthoringError: the notebook's cell and ``constants.py`` do not agree.
        """
        if self.chosen:
            return dict(self.chosen)
        self._verify_constants()
        from autograder.nbgrader.constants_cell import defaults

        return defaults(self.notebook)

    def _verify_constants(self) -> None:
        from autograder.checks.constants import require_agreement
        from autograder.nbgrader.constants_cell import defaults

        require_agreement(defaults(self.notebook), self.laws, f"solutions/{self.name}/{CONSTANTS}.py")

    def of(self, student: str, secret: bytes) -> ProblemSet:
        """The problem set as a student has it, with constants of their own; itself when it has none.

        Args:
            student: nbgrader's id.
            secret: the classroom's.
        """
        if not self.has_constants:
            return self
        from autograder.checks.constants import drawn

        return self.with_constants(drawn(self.laws, secret, self.name, student))

    def with_constants(self, values: Mapping[str, Value]) -> ProblemSet:
        """The problem set with other values of its constants, in its notebook, its checks and its reference.

        Its solutions are loaded anew, so that every function of them sees these values.

        Args:
            values: of every constant, by name.

        Raises:
            ConfigurationError: a constant is missing, unknown, or has a value that is not of its law.
        """
        from autograder.checks.constants import require_values

        require_values(values, self.laws, self.name)
        key = tuple((name, values[name]) for name in self.laws)
        if key not in self._variants:
            while len(self._variants) >= _KEPT:
                self._variants.pop(next(iter(self._variants)))._modules.unload()
            self._variants[key] = ProblemSet(self.name, self.root, key)
        return self._variants[key]

    @cached_property
    def _variants(self) -> dict[tuple[tuple[str, Value], ...], ProblemSet]:
        return {}

    @cached_property
    def suite(self) -> Suite:
        """The checks, loaded from ``solutions/<name>/checks.py``.

        Raises:
            AuthoringError: a file of the solutions cannot be imported; names it and the line.
        """
        from autograder.checks.suite import Suite

        where = f"solutions/{self.name}/checks.py"
        found = getattr(self._module("checks"), "suite", None)
        if not isinstance(found, Suite):
            raise AuthoringError(
                "checks.py defines a Suite", where=where, expected='suite = Suite("...", ...)', received=found
            )
        if found.name != self.name:
            raise AuthoringError(
                "a suite has its folder's name", where=where, expected=self.name, received=found.name
            )
        if self.has_constants:
            from autograder.checks.constants import Named

            found.constants = MappingProxyType(Named(self.constants))
        return found

    def verify(self) -> None:
        """Holds the notebook against the suite.

        Raises:
            AuthoringError: a check cell names no check, a check has no cell, or a check comes before a
                function that it judges; or the constants of the two do not agree.
        """
        from autograder.percent import Kind

        notebook, checks = self.notebook, self.suite.checks
        self._verify_constants()
        cells = {cell.check: cell for cell in notebook.of(Kind.CHECK)}
        for name, cell in cells.items():
            if name not in checks:
                raise notebook.error(
                    "a check cell names a check of the suite",
                    cell,
                    expected=" or ".join(checks) or "a check in checks.py",
                    received=name,
                )
            self._verify_order(checks[name], cell)
        for name in checks:
            if name not in cells:
                raise notebook.error(
                    f'check {name!r} of the suite has no cell; add one with kind="check" and check("{name}")'
                )

    def _verify_order(self, check: Check, cell: Cell) -> None:
        from autograder.percent import Kind

        lines = {solution.grade_id: solution.line for solution in self.notebook.of(Kind.SOLUTION)}
        for function in check.grades:
            if function not in lines:
                raise self.notebook.error(
                    "a check judges functions that have a solution cell", cell, received=function
                )
            if lines[function] > cell.line:
                raise self.notebook.error(
                    "a check comes after the functions that it judges",
                    cell,
                    received=f"{function} in line {lines[function]}",
                )

    @property
    def check_cells(self) -> Mapping[str, Cell]:
        """The check cells by ``grade_id``, in the notebook's order."""
        from autograder.percent import Kind

        return {cell.grade_id: cell for cell in self.notebook.of(Kind.CHECK)}

    @property
    def manual_points(self) -> float:
        """Points that a person awards."""
        return self.notebook.manual_points

    @cached_property
    def release_notebook(self) -> NotebookNode:
        """The notebook that students get, as nbgrader releases it; do not change it.

        Raises:
            AuthoringError: the author's notebook breaks a rule.
        """
        from autograder.nbgrader.build import release_notebook

        return release_notebook(self)

    @cached_property
    def files(self) -> Mapping[str, bytes]:
        """What lies beside the notebook in a release, by name: data files and the recorded checks.

        Raises:
            AuthoringError: a check cannot be recorded, or a data file lies in a folder of its own.
        """
        from autograder.nbgrader.build import recorded_checks

        data = {}
        for path in sources(self.assignment):
            if path.parent != self.assignment:
                raise AuthoringError(
                    "a problem set's files lie directly in its folder",
                    where=path.relative_to(self.root).as_posix(),
                )
            if path.name != f"{self.name}.py":
                data[path.name] = path.read_bytes()
        return data | recorded_checks(self)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of every source file of both folders, as hexadecimal digits."""
        return folder_digest(self.root, self.assignment, self.solutions)

    @cached_property
    def parts(self) -> Mapping[str, str]:
        """SHA-256 of each folder's source files, by its path in the checkout."""
        folders = (self.assignment, self.solutions)
        return {
            folder.relative_to(self.root).as_posix(): folder_digest(self.root, folder) for folder in folders
        }

    def _module(self, module: str) -> ModuleType:
        filled = module != CONSTANTS and self.has_constants
        return self._modules.load(module, (lambda: self.constants) if filled else None)

    @cached_property
    def _modules(self) -> SolutionModules:
        chosen = (repr(constant) for constant in self.chosen)
        return SolutionModules(self.root, self.solutions, (self.fingerprint, *chosen))
