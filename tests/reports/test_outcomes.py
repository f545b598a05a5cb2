"""What a student reads: everything that helps, nothing that the author hides, nothing that runs."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from rich.console import Console

from autograder.reports.outcomes import headline, to_html, to_text
from autograder.reports.tables import class_table, clean, remarks, report_table
from autograder.results import CheckResult, Outcome, Report, Show, Status

RIGHT = Outcome("close", True, "right", label="d/dmean")
WRONG = Outcome("close", False, "3 of 7 numbers are off", label="d/dstd", mistakes=("no_eps",))
EVIL = Outcome("close", False, "</div><script>alert(1)</script>\x1b[2J[red]", label="<img src=x onerror=y>")


def result(*outcomes: Outcome, show: Show = Show.FULL, reason: str = "") -> CheckResult:
    return CheckResult("check_f", "f", 4.0, outcomes, show, reason=reason)


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_a_partly_right_check_says_what_is_right_and_what_is_not() -> None:
    text = to_text(result(RIGHT, WRONG))
    assert text.splitlines() == [
        "f: partly right, 2 of 4 points",
        "  ✓ d/dmean",
        "  ✗ d/dstd: 3 of 7 numbers are off",
    ]


@pytest.mark.parametrize("render", [to_html, to_text])
@pytest.mark.parametrize(
    ("show", "seen", "hidden"),
    [
        (Show.FULL, ["d/dmean", "3 of 7", "2 of 4 points"], []),
        (Show.MESSAGE, ["3 of 7", "2 of 4 points"], ["d/dmean"]),
        (Show.VERDICT, ["d/dstd", "2 of 4 points"], ["3 of 7"]),
        (Show.NOTHING, ["graded"], ["d/dstd", "3 of 7", "points"]),
    ],
)
def test_the_author_decides_how_much_is_shown(
    render: object, show: Show, seen: list[str], hidden: list[str]
) -> None:
    text = render(result(RIGHT, WRONG, show=show))  # type: ignore[operator]
    assert all(words in text for words in seen)
    assert not any(words in text for words in hidden)


def test_a_reason_stands_where_there_is_no_outcome() -> None:
    assert headline(result(reason="graded after hand-in")) == "graded after hand-in"


def test_a_check_that_did_not_run_says_that_its_zero_is_no_verdict() -> None:
    lost = result(reason="the kernel ended before it")
    assert headline(lost) == "not run, 0 of 4 points: the kernel ended before it"
    assert headline(result(reason="its cell is missing", show=Show.NOTHING)) == "not run: its cell is missing"
    assert "not run, 0 of 4 points: the kernel ended before it" in to_html(lost)
    report = Report("ps", checks=(lost, result(RIGHT)))
    assert remarks(report) == "f: not run, counted as 0 (the kernel ended before it)"
    console = Console(width=160, record=True)
    console.print(report_table(report))
    console.print(class_table("ps", [("ada", report, False)]))
    text = console.export_text()
    assert "not run, counted as 0: the kernel ended before it" in text
    (line,) = [line for line in text.splitlines() if "ada" in line]
    assert "!" in line and "4/8" in line


def test_one_reason_for_many_outcomes_is_said_once() -> None:
    assert to_text(result(WRONG, WRONG, WRONG)).count("3 of 7") == 1


def test_html_is_made_of_our_tags_only() -> None:
    tags = Tags(to_html(result(EVIL)))
    assert tags.tags == {"div", "strong", "span"}
    assert tags.attributes <= {"style", "role", "aria-hidden", "class"}


def test_a_terminal_gets_neither_control_sequences_nor_markup() -> None:
    console = Console(width=120, force_terminal=True, color_system="truecolor", record=True)
    report = Report("ps", checks=(result(EVIL),), notes=("\x1b]0;title\x07note",))
    console.print(report_table(report))
    console.print(class_table("ps", [("\x1b[31mmallory", report, False)]))
    text = console.export_text()
    assert "\x1b" not in text and "\x07" not in text
    assert "[red]" in text
    assert clean("a\x9bb\tc") == "ab\tc"


def test_a_class_line_gives_the_mistake_or_the_first_message_and_counts_the_others() -> None:
    assert remarks(Report("ps", checks=(result(RIGHT, WRONG),))) == "no_eps"
    other = Outcome("close", False, "the shape is (2,)\n  line 3")
    plain = Outcome("close", False, "off")
    assert remarks(Report("ps", checks=(result(other, plain),), notes=("restored", "ran late"))) == (
        "the shape is (2,) (and 1 more); restored (and 1 more)"
    )
    assert "not JSON" in remarks(Report("ps", not_gradable="the file is not JSON"))


def test_statuses_follow_the_outcomes() -> None:
    assert result(RIGHT).status is Status.PASSED
    assert result(RIGHT, WRONG).status is Status.PARTIAL
    assert result(WRONG).status is Status.FAILED
    assert result().status is Status.NOT_RUN


def test_a_mistake_with_a_name_is_drawn_once_and_unnamed_ones_each() -> None:
    picture = {"kind": "entries", "got": [1.0, 2.0], "expected": [2.0, 1.0], "wrong": [True] * 2, "length": 2}
    for mistakes, images in ((("swapped",), 1), ((), 2)):
        outcomes = [
            Outcome("close", False, k, mistakes=mistakes, evidence={"picture": picture}) for k in "ab"
        ]
        assert to_html(result(*outcomes)).count("<img") == images
