"""What a run shows while it goes: counts, rate, time left, the slowest; a bar on a terminal or lines."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from autograder.grading.observer import Line
from autograder.reports.progress import ClassProgress
from autograder.reports.run_summary import MOST_ROWS, RunSummary
from autograder.results import CheckResult, Outcome, Report


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def report(score: float = 2.0, **fields: object) -> Report:
    outcome = Outcome("close", score > 0, "right" if score else "wrong")
    return Report("ps", "abc", (CheckResult("check_f", "f", 2.0, (outcome,)),), **fields)  # type: ignore[arg-type]


def shown(progress: ClassProgress, clock: Clock) -> None:
    """Two graded in a minute, one from before, one that cannot be, of five."""
    with progress:
        progress.began(5)
        progress.line(Line("old", report(), cached=True))
        progress.cluster("Dask's dashboard: http://127.0.0.1:1/status")
        clock.now += 30
        progress.tick(5, {"ada": 12.0, "bob": 61.0})
        progress.line(Line("ada", report()))
        progress.line(Line("eve[/]", Report("ps", not_gradable="no notebook")))
        clock.now += 30
        progress.tick(5, {"bob": 91.0})
        progress.line(Line("bob", report(0.0)))


def test_lines_tell_counts_rate_and_time_left_where_there_is_no_terminal() -> None:
    out, clock = StringIO(), Clock()
    shown(ClassProgress(Console(file=out, width=120), clock), clock)
    assert out.getvalue().splitlines() == [
        "1/5 old: 2/2 (graded before)",
        "Dask's dashboard: http://127.0.0.1:1/status",
        "still grading bob, for 61 s",
        # One in 30 s, three to come.
        "2/5 ada: 2/2 · 2 a minute, about 90 s left",
        "3/5 eve[/]: none · 4 a minute, about 30 s left",
        "4/5 bob: 0/2 · 3 a minute, about 20 s left",
    ]


def test_a_bar_tells_the_same_on_a_terminal() -> None:
    out, clock = StringIO(), Clock()
    progress = ClassProgress(Console(file=out, width=200, force_terminal=True, color_system=None), clock)
    with progress:
        shown_at = clock.now
        progress.began(5)
        progress.cluster("here")
        clock.now += 60
        progress.line(Line("ada", report()))
        progress.line(Line("eve", Report("ps", not_gradable="no notebook")))
        progress.line(Line("old", report(), cached=True))
        progress.tick(6, {"bob": 35.4, "zoe": 2.0})
        assert clock.now == shown_at + 60
    assert progress.done == 3 and (progress.graded, progress.failed, progress.cached) == (1, 1, 1)
    last = out.getvalue().split("grading")[-1]
    for words in ("3/6", "1 graded · 1 failed · 1 cached · 2 a minute", "slowest now: bob, 35 s"):
        assert words in last, last


def told(summary: RunSummary) -> str:
    out = StringIO()
    console = Console(file=out, width=140)
    for part in summary.renderables():
        console.print(part)
    return out.getvalue()


def test_the_end_names_the_odd_ones_with_their_reasons_and_what_was_degraded() -> None:
    summary = RunSummary("ps")
    summary.add(Line("ada", report(seconds=4.0, layers={"cgroup": "degraded", "GPU": "degraded"})))
    summary.add(Line("bob", report(), again="a kernel was killed"))
    summary.add(Line("eve", Report("ps", not_gradable="no notebook [red]")))
    summary.add(Line("joe", Report("ps", checks=(CheckResult("check_f", "f", 2.0, reason="out of time"),))))
    summary.add(Line("old", report(), cached=True))
    text = told(summary)
    assert "5 submissions: 3 graded, 1 cached, 1 failed" in text
    assert "slowest: ada, 4.0 s" in text and "4 to look at" not in text and "3 to look at" in text
    odd = text[text.index("to look at") :]
    for words in ("graded at the second try: a kernel was killed", "not gradable: no notebook [red]"):
        assert words in odd
    assert "f was not run and counts 0: out of time" in odd
    assert "degraded: cgroup, in 1 submission;" in odd and "GPU" not in text
    assert summary.failed == 1


def test_work_that_arrives_again_counts_once() -> None:
    summary = RunSummary("ps")
    summary.add(Line("ada", Report("ps", not_gradable="empty")))
    summary.add(Line("ada", report()))
    assert summary.failed == 0 and "1 submission: 1 graded" in told(summary)
    assert "to look at" not in told(summary)


def test_a_large_class_is_not_kept_and_shows_its_odd_ones_alone() -> None:
    summary = RunSummary("ps")
    for number in range(MOST_ROWS + 1):
        summary.add(Line(f"s{number}", report()))
    summary.add(Line("eve", Report("ps", not_gradable="no notebook")))
    text = told(summary)
    assert "s17" not in text and "eve" in text and "102 submissions: 101 graded, 1 failed" in text
