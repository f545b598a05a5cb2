"""CSV that a spreadsheet shows and does not execute, and that an import reads back unchanged."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from autograder.errors import ConfigurationError

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula, in full width too."""


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might execute a cell; leading spaces do not stop some of them."""
    return text.startswith(_STARTS_FORMULA) or text.lstrip().startswith(_STARTS_FORMULA)


def as_text(text: str) -> str:
    """A text that no spreadsheet executes: an apostrophe stands before what could be a formula.

    Control characters go, line ends stay.

    Example:
        >>> as_text('=HYPERLINK("http://evil.example","click")')
        '\\'=HYPERLINK("http://evil.example","click")'
    """
    kept = "".join(c for c in text.replace("\r\n", "\n") if c == "\n" or c.isprintable())
    return f"'{kept}" if is_formula(kept) else kept


def id_fault(text: str) -> str:
    """Why a value cannot stand in a column that an import looks people up by; empty when it can.

    Such a value must be written as it is or not at all: with an apostrophe it would be somebody else's.
    """
    if is_formula(text):
        return f"the id {text!r} would be a formula in a spreadsheet"
    if not text.isprintable():
        return f"the id {text!r} holds what no id has"
    return ""


def points(number: float) -> str:
    """A number of points, to a thousandth, without what follows from floating point.

    Example:
        >>> [points(7.0), points(2 / 3), points(0.1 + 0.2)]
        ['7', '0.667', '0.3']
    """
    return f"{number:.3f}".rstrip("0").rstrip(".")


def to_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as a CSV file: UTF-8, commas, quotes where they are needed, lines that end as RFC 4180 says."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def read_ids(path: Path, columns: Iterable[str]) -> dict[str, dict[str, str]]:
    """Reads who is who elsewhere: a CSV file whose column ``student`` is nbgrader's id.

    Args:
        path: the file.
        columns: the other columns that it may have; others are not looked at.

    Returns:
        What stands in those columns, by student; empty values are left out.

    Raises:
        ConfigurationError: it cannot be read, lacks a column, or names a student or an id twice.
    """
    wanted = list(columns)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            names = [name.strip() for name in reader.fieldnames or []]
            reader.fieldnames = names
            rows = [{k: (v or "").strip() for k, v in row.items() if isinstance(k, str)} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(
            "ids are read from a CSV file in UTF-8", where=str(path), received=error
        ) from None
    if "student" not in names or not set(names) & set(wanted):
        raise ConfigurationError(
            "a file of ids has the column student and one that the platform knows people by",
            where=str(path),
            expected=f"student and any of {', '.join(wanted)}",
            received=", ".join(names) or "an empty file",
        )
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        if row["student"] in found:
            raise ConfigurationError(
                "a file of ids names each student once", where=str(path), received=repr(row["student"])
            )
        found[row["student"]] = {name: row[name] for name in wanted if row.get(name)}
    _refuse_shared(found, path)
    return found


def _refuse_shared(found: Mapping[str, Mapping[str, str]], path: Path) -> None:
    """Two students with one id: the second one's grade would be written over the first one's."""
    owner: dict[tuple[str, str], str] = {}
    for student, ids in found.items():
        for column, value in ids.items():
            if column in ("Student", "Section"):
                continue
            first = owner.setdefault((column, value), student)
            if first != student:
                raise ConfigurationError(
                    f"no two students have the same {column}",
                    where=str(path),
                    received=f"{value!r} for {first!r} and {student!r}",
                )
