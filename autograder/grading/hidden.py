"""Hidden tests: the lines of a test cell that students do not get, and whether one of them failed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_FAILED_LINE = re.compile(r"(?:Cell In|Input In) ?\[\d+\], (?:line |in <cell line: )(\d+)")
"""The first frame of IPython's traceback: the line of the cell itself."""


@dataclass(frozen=True)
class Delimiters:
    """What stands around a hidden region, in lines of their own.

    Args:
        begin: nbgrader's ``ClearHiddenTests.begin_test_delimeter``.
        end: nbgrader's ``ClearHiddenTests.end_test_delimeter``.
    """

    begin: str = "BEGIN HIDDEN TESTS"
    end: str = "END HIDDEN TESTS"

    def hidden_lines(self, source: str) -> frozenset[int]:
        """Numbers, from 1, of the lines between the delimiters, these included; to the end without a second.

        Example:
            >>> sorted(Delimiters().hidden_lines("a\\n### BEGIN HIDDEN TESTS\\nb\\n### END HIDDEN TESTS\\nc"))
            [2, 3, 4]
        """
        hidden, inside = set(), False
        for number, line in enumerate(source.split("\n"), start=1):
            begins, ends = self.begin in line, self.end in line
            if inside or begins:
                hidden.add(number)
            inside = begins or (inside and not ends)
        return frozenset(hidden)


def failed_line(outputs: Iterable[Mapping[str, Any]]) -> int | None:
    """The line of a cell in which its error arose, counted from 1; None when the outputs do not say."""
    for output in outputs:
        if output.get("output_type") == "error":
            lines = output.get("traceback")
            said = [line for line in lines if isinstance(line, str)] if isinstance(lines, list) else []
            text = "\n".join(said)
            found = _FAILED_LINE.search(_COLOUR.sub("", text))
            return int(found[1]) if found else None
    return None
