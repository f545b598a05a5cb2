"""Work is taken once, when it has stopped changing."""

from __future__ import annotations

import os
from pathlib import Path

from autograder.grading.arrivals import Present, Watch, signature


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def hand_in(folder: Path, text: str, at: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "work.ipynb"
    path.write_text(text)
    os.utime(path, (at, at))


def watch(root: Path, clock: Clock) -> Watch:
    return Watch(lambda: sorted(p.name for p in root.iterdir()), lambda s: root / s, settle=3.0, clock=clock)


def test_those_who_are_there_come_once() -> None:
    arrivals = Present(["ada", "bob"])
    assert (arrivals.total, arrivals.ended) == (2, False)
    assert [arrivals.next(()), arrivals.next(()), arrivals.next(())] == ["ada", "bob", None]
    assert arrivals.ended


def test_what_was_there_before_is_taken_at_once_and_what_is_being_copied_is_not(tmp_path: Path) -> None:
    clock = Clock()
    hand_in(tmp_path / "old", "finished", clock.now - 60)
    hand_in(tmp_path / "new", "hal", clock.now - 1)
    arrivals = watch(tmp_path, clock)
    assert arrivals.next(()) == "old" and arrivals.next(()) is None
    clock.now += 3
    hand_in(tmp_path / "new", "half of it", clock.now)
    assert arrivals.next(()) is None  # it has grown
    clock.now += 3
    assert arrivals.next(()) == "new"
    clock.now += 60
    assert arrivals.next(()) is None and not arrivals.ended and arrivals.total == 2


def test_work_handed_in_again_comes_again_but_not_while_the_first_is_graded(tmp_path: Path) -> None:
    clock = Clock()
    hand_in(tmp_path / "ada", "one", clock.now - 60)
    arrivals = watch(tmp_path, clock)
    assert arrivals.next(()) == "ada"
    hand_in(tmp_path / "ada", "two", clock.now)
    for _ in range(3):
        clock.now += 3
        assert arrivals.next({"ada"}) is None
    assert arrivals.next(()) == "ada" and arrivals.next(()) is None


def test_a_later_date_on_another_machines_clock_is_no_reason_to_wait_for_ever(tmp_path: Path) -> None:
    clock = Clock()
    hand_in(tmp_path / "ada", "one", clock.now + 3600)
    arrivals = watch(tmp_path, clock)
    assert arrivals.next(()) is None
    clock.now += 3
    assert arrivals.next(()) == "ada"


def test_a_link_is_not_looked_behind(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("text")
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "work.ipynb").symlink_to(tmp_path / "target")
    before = signature(tmp_path / "ada")
    (tmp_path / "target").write_text("a longer text")
    assert signature(tmp_path / "ada") == before
    assert signature(tmp_path / "nobody") == ()
