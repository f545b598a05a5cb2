"""A certificate on one page: for the terminal and as HTML."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from autograder.reports.templating import render

if TYPE_CHECKING:
    from autograder.certify.certificate import Certificate, CheckLine, MistakeLine


def to_terminal(certificate: Certificate) -> RenderableType:
    """The certificate as rich output: a line a check, then what is wrong."""
    table = Table(title=_title(certificate), title_justify="left", header_style="bold")
    table.add_column("check", overflow="fold")
    for column in ("stub", "ref.", "mistakes failed", "named", "power", "routes", "false fails", "margin"):
        table.add_column(column, justify="right")
    for column in ("draws", "CPU s"):
        table.add_column(column, justify="right")
    for check in certificate.checks:
        table.add_row(*_row(check))
    parts: list[RenderableType] = [table, Text(legend(certificate), style="dim")]
    if certificate.certified:
        parts.append(Text("certified", style="bold green"))
    else:
        count = len(certificate.all_problems)
        parts.append(Text(f"not certified: {count} problem{'s' if count > 1 else ''}", style="bold red"))
        parts += [Text(f"  ✗ {problem}") for problem in certificate.all_problems]
    return Group(*parts)


def to_html(certificate: Certificate) -> str:
    """The certificate as one self-contained page: no script, nothing fetched, everything escaped."""
    return render(
        "certificate.html",
        certificate=certificate,
        legend=legend(certificate),
        margin=margin,
        power=power,
        seconds=seconds,
        lowest=lowest_power,
    )


def legend(certificate: Certificate) -> str:
    """What the columns mean, with the numbers that they were measured with."""
    settings = certificate.settings
    tried = f" Also with {len(certificate.constants)} other draws of its constants." * bool(
        certificate.constants
    )
    return (
        f"Each mistake and route met {settings.repetitions} hidden inputs. False fails: statistical"
        f" decisions about correct work at alpha {settings.raised_alpha:g}, {settings.trials} a route"
        " where draws are free. Power: the least against any mistake, at the check's own alpha, from the"
        " evidence of the runs. Margin: how far from right the mistake is that comes closest to passing."
        f" CPU s: of the trusted side, for correct and for wrong work.{tried}"
    )


def write(certificate: Certificate, directory: Path) -> list[Path]:
    """Writes ``<name>.certificate.json`` and ``.html``; each is there as a whole or not at all.

    Args:
        certificate: the certificate.
        directory: where to; made if need be.

    Returns:
        The files.
    """
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for suffix, text in (("json", certificate.to_json() + "\n"), ("html", to_html(certificate))):
        path = directory / f"{certificate.problem_set}.certificate.{suffix}"
        part = path.with_name(f".{path.name}.part")
        try:
            part.write_text(text, encoding="utf-8")
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
        written.append(path)
    return written


def margin(line: MistakeLine | None) -> str:
    """A mistake's distance from right, in words; for a check without a number, that it is certain."""
    if line is None or line.margin is None:
        return "certain"
    figure = f"{line.margin:.0f}" if line.margin < 1e5 else f"{line.margin:.0e}".replace("e+", "e")
    return f"{figure} {'tol.' if line.unit == 'tolerances' else 's.e.'}"


def power(value: float) -> str:
    """A power, with as many nines as it has; ``1`` only where a decision is exact or as good as it."""
    if value >= 1 - 1e-9:
        return "1"
    return f"{value:.3f}" if value < 0.999 else f"1 − {1 - value:.0e}"


def lowest_power(check: CheckLine) -> float:
    """The smallest power against a registered mistake; 0 where there is none."""
    return min((line.power for line in check.mistakes), default=0.0)


def seconds(value: float) -> str:
    """A time that has two significant digits."""
    return f"{value:.2g}" if value >= 1e-3 else "<0.001"


def _title(certificate: Certificate) -> str:
    sources = certificate.fingerprint[:12] or "–"
    return f"{certificate.problem_set} ({certificate.seconds:.0f} s, sources {sources})"


def _row(check: CheckLine) -> Sequence[str]:
    runs = sum(line.runs for line in check.mistakes)
    killed = sum(line.killed for line in check.mistakes)
    named = sum(line.named for line in check.mistakes)
    tried = sum(line.trials for line in check.variants)
    against = sum(line.false_fails for line in check.variants)
    return (
        check.name,
        f"{check.stub:g}",
        f"{check.reference:g}",
        f"{len(check.mistakes)}: {killed}/{runs}",
        f"{named}/{killed}",
        power(lowest_power(check)),
        f"{max(len(check.variants) - 1, 0)}",
        f"{against}/{tried}" if tried else "exact",
        margin(check.margin),
        f"{check.draws}",
        f"{seconds(check.right_seconds)}, {seconds(check.wrong_seconds)}",
    )
