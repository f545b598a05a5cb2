"""Which lines of a test are hidden, and in which line it failed."""

from __future__ import annotations

import pytest

from autograder.grading.hidden import Delimiters, failed_line


@pytest.mark.parametrize(
    ("source", "hidden"),
    [
        ("a\nb", set()),
        ("a\n### BEGIN HIDDEN TESTS\nb\n### END HIDDEN TESTS\nc", {2, 3, 4}),
        ("# BEGIN HIDDEN TESTS\na\n# END HIDDEN TESTS\nb\n# BEGIN HIDDEN TESTS\nc", {1, 2, 3, 5, 6}),
        ("a\n### END HIDDEN TESTS", set()),
    ],
)
def test_hidden_lines_are_counted_with_their_delimiters(source: str, hidden: set[int]) -> None:
    assert Delimiters().hidden_lines(source) == hidden


def test_other_delimiters_hide_other_lines() -> None:
    assert Delimiters("FROM", "TO").hidden_lines("BEGIN HIDDEN TESTS\nFROM\nx\nTO") == {2, 3, 4}


def error(*lines: str) -> list[dict]:
    return [{"output_type": "stream"}, {"output_type": "error", "traceback": list(lines)}]


@pytest.mark.parametrize(
    ("outputs", "line"),
    [
        ([], None),
        ([{"output_type": "error", "traceback": "no list"}], None),
        (error("AssertionError"), None),
        # The first frame is the test's own, whatever it calls; with the colours of the terminal.
        (error("\x1b[32mCell \x1b[39m\x1b[32mIn[7], line 12\x1b[39m", "Cell In[2], line 3, in f(x)"), 12),
        (error("Input In [7], in <cell line: 4>()"), 4),
        (error("  Cell In[3], line 2\n    x =\n       ^\nSyntaxError: invalid syntax"), 2),
    ],
)
def test_the_line_that_failed_is_read_from_the_traceback(outputs: list[dict], line: int | None) -> None:
    assert failed_line(outputs) == line
