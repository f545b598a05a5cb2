"""Imports point one way, and importing the grader is cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import autograder

PACKAGE = Path(autograder.__file__).parent
ROOT = PACKAGE.parent

# What each part of the grader may import, by the first name below `autograder`; itself it always may.
ALLOWED = {
    "errors": set(),
    "callables": {"errors"},
    "wire": {"callables", "errors"},
    "calling": {"wire", "errors"},
    "results": {"errors"},
    "environment": {"errors"},
    "light_imports": set(),
    "digests": set(),
    "solution_modules": {"errors"},
    "checks": {"calling", "callables", "wire", "results", "errors"},
    "reports": {"environment", "results", "errors", "grading"},
    "certify": {"calling", "checks", "percent", "problem_sets", "results", "errors"},
    "student": {"checks", "environment", "reports", "results", "errors"},
    "sandbox": {"calling", "callables", "light_imports", "wire", "results", "errors"},
    "percent": {"errors"},
    "notebook": {"errors", "percent"},
    "problem_sets": {
        "checks",
        "digests",
        "nbgrader",
        "notebook",
        "percent",
        "results",
        "solution_modules",
        "errors",
    },
    "grading": {
        "checks",
        "sandbox",
        "reports",
        "nbgrader",
        "problem_sets",
        "digests",
        "light_imports",
        "notebook",
        "results",
        "solution_modules",
        "errors",
        "wire",
    },
    "nbgrader": {
        "checks",
        "environment",
        "sandbox",
        "grading",
        "reports",
        "problem_sets",
        "notebook",
        "percent",
        "results",
        "errors",
    },
    "export": {
        "digests",
        "environment",
        "grading",
        "nbgrader",
        "problem_sets",
        "reports",
        "sandbox",
        "results",
        "errors",
    },
    "marking": {"grading", "problem_sets", "results", "errors"},
    "demo": {"checks", "nbgrader", "problem_sets", "errors"},
    "cli": None,
    "commands": None,
}


def modules() -> dict[str, Path]:
    names = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def imports(path: Path, at_run_time_only: bool) -> set[str]:
    """Modules of this project that a file imports; without those behind `if TYPE_CHECKING`."""
    tree = ast.parse(path.read_text("utf-8"))
    if at_run_time_only:
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("name", sorted(modules()))
def test_a_module_imports_only_what_its_part_may(name: str) -> None:
    parts = name.split(".")
    if len(parts) == 1:
        return
    allowed = ALLOWED[parts[1]]
    for target in imports(modules()[name], at_run_time_only=True):
        if target.split(".")[0] in ("course", "solutions", "assignments"):
            pytest.fail(f"{name} imports {target}: the grader knows no course")
        if allowed is not None and target.startswith("autograder."):
            part = target.split(".")[1]
            assert part == parts[1] or part in allowed, f"{name} imports {target}"


def test_no_module_imports_itself_through_others() -> None:
    known = modules()
    graph = {
        name: {
            target for target in imports(path, at_run_time_only=True) if target in known and target != name
        }
        for name, path in known.items()
        if path.name != "__init__.py"  # packages re-export their modules, and are not imported by them
    }
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"modules import each other: {error.args[1]}")


@pytest.mark.parametrize(
    "path", sorted((ROOT / "course").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT))
)
def test_the_course_does_not_import_the_grader(path: Path) -> None:
    if "lectures" in path.parts:
        return
    assert not {
        t for t in imports(path, at_run_time_only=False) if t.split(".")[0] in ("autograder", "solutions")
    }


def test_importing_the_grader_loads_no_tensorflow_and_no_jupyter() -> None:
    heavy = (
        "tensorflow",
        "keras",
        "tensorflow_probability",
        "scipy",
        "nbclient",
        "nbgrader",
        "distributed",
        "jinja2",
    )
    probe = f"import autograder, sys; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("__init__.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_packages_hold_no_logic(path: Path) -> None:
    allowed = (ast.Import, ast.ImportFrom)
    for node in ast.parse(path.read_text("utf-8")).body:
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_all = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        assert isinstance(node, allowed) or is_docstring or is_all, f"{path}: line {node.lineno}"
