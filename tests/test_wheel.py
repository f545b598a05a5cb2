"""What students install: the library and the grader, and no answer."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_holds_the_library_and_the_grader_and_nothing_else(names: list[str]) -> None:
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"course", "autograder"}


def test_the_wheel_has_the_schema_and_the_templates(names: list[str]) -> None:
    assert {"autograder/report.schema.json", "autograder/reports/templates/check.html"} <= set(names)


def test_no_answer_is_in_the_wheel(names: list[str]) -> None:
    secret = {path.name for path in (ROOT / "solutions").rglob("*.py")} - {"__init__.py"}
    assert secret
    assert not {name for name in names if Path(name).name in secret}


def test_the_top_level_is_what_the_project_says() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("not a git checkout: the list of committed files is git's")
    files = tracked.stdout.splitlines()
    assert {name.split("/")[0] for name in files} == {
        *("README.md", "pyproject.toml", "requirements.lock", "Makefile", "LICENSE", ".gitignore", ".ci"),
        *("course", "assignments", "solutions", "autograder", "tests"),
    }
    assert not [name for name in files if name.endswith(".ipynb")]
