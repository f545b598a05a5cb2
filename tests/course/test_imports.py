from __future__ import annotations

import ast
from pathlib import Path

import course

ROOT = Path(course.__file__).parent


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_the_library_never_imports_the_grader_or_private_keras() -> None:
    files = list(ROOT.rglob("*.py"))
    assert len(files) > 40
    for path in files:
        bad = {
            name
            for name in _imports(path)
            if name.split(".")[0] == "autograder" or name.startswith("keras.src")
        }
        assert not bad, path


def test_distributions_do_not_import_layers() -> None:
    for path in (ROOT / "distributions").glob("*.py"):
        assert not any(name.startswith(("course.layers", "course.models")) for name in _imports(path)), path
