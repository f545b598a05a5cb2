"""A bar for long runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Advance = Callable[[int, str], None]
"""Takes the steps done since the last call and a few words on how it goes."""


@contextmanager
def progress_bar(description: str, total: int, show: bool | None = None) -> Iterator[Advance]:
    """A progress bar on standard error.

    Args:
        description: what runs.
        total: steps.
        show: whether to draw it; None draws it on a terminal only, so that logs stay short.

    Yields:
        A function that moves the bar.

    Example:
        >>> with progress_bar("EM", total=2, show=False) as advance:
        ...     advance(1, "ELBO -3.2")
    """
    console = Console(stderr=True)
    if not (console.is_terminal if show is None else show):
        yield lambda steps, words: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[words]}"),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(description, total=total, words="")
        yield lambda steps, words: progress.update(task, advance=steps, words=words)
