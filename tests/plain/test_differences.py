"""The page on what differs from stock nbgrader: every row names a test, and the test is there."""

from __future__ import annotations

import re
from pathlib import Path

import autograder

PAGE = Path(autograder.__file__).parent / "nbgrader" / "README.md"
TESTS = Path(__file__).parents[1]


def rows() -> list[list[str]]:
    text = PAGE.read_text("utf-8").split("## What differs from stock nbgrader")[1].split("\n\n")[1]
    return [line.strip("|").split(" | ") for line in text.splitlines()[2:]]


def test_every_row_names_the_test_behind_it() -> None:
    assert len(rows()) > 20
    for row in rows():
        assert len(row) == 4 and re.fullmatch(r" ?`test_\w+` ?", row[-1]), row


def test_every_test_that_the_page_names_is_there() -> None:
    written = "\n".join(path.read_text("utf-8") for path in TESTS.glob("*/test_*.py"))
    for name in set(re.findall(r"`(test_\w+)`", PAGE.read_text("utf-8"))):
        assert f"def {name}(" in written, name
