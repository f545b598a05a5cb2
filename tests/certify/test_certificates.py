"""Every problem set of the checkout is certified, with few repetitions: the command measures more."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from io import StringIO
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

from autograder.certify.certificate import Certificate, CheckLine, Settings, schema
from autograder.certify.certify import certify
from autograder.problem_sets import all_problem_sets, locate
from autograder.reports import certificate as page

ROOT = Path(__file__).parents[2]

# Every problem set stands here; `autograder certify NAME` is what its author runs.
PROBLEM_SETS = ("ps01_backprop", "ps05_estimators", "ps07_vae")

# A mistake with power 0.999 passes one of two runs with probability 2e-3, and is then not held against the
# problem set: the evidence of both runs is. Names: p-values of a right name fall below 1e-3 in one of 1000
# runs, and two unnamed runs of two are needed to fail.
FEW = Settings(repetitions=2, trials=200)


@cache
def measured(name: str) -> Certificate:
    return certify(locate(name, ROOT), FEW)


def test_every_problem_set_is_in_the_table() -> None:
    assert set(PROBLEM_SETS) == {found.name for found in all_problem_sets(ROOT)}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:distutils Version classes are deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", PROBLEM_SETS)
def test_problem_set_is_certified(name: str) -> None:
    certificate = measured(name)
    assert certificate.all_problems == ()
    assert certificate.checks and certificate.fingerprint
    for check in certificate.checks:
        assert check.reference == 1 and check.stub == 0
        assert check.margin is not None or all(line.unit == "certain" for line in check.mistakes)


@pytest.mark.slow
@pytest.mark.parametrize("name", PROBLEM_SETS)
def test_certificate_follows_its_schema_and_fits_on_its_pages(name: str) -> None:
    certificate = measured(name)
    values = json.loads(certificate.to_json())
    jsonschema.validate(values, schema())
    assert values["certified"] is True and values["totals"]["killed"] == values["totals"]["mistake_runs"]
    html = page.to_html(certificate)
    console = Console(width=160, record=True, file=StringIO())
    console.print(page.to_terminal(certificate))
    text = console.export_text()
    for check in certificate.checks:
        assert check.name in html and check.name in text
        assert all(line.name in html for line in (*check.mistakes, *check.variants))
    assert len(text.splitlines()) < 40


def made(**changes: object) -> Certificate:
    check = CheckLine("f", 2.0, problems=("<script>alert(1)</script> & [red]",))
    empty = Certificate("ps97_<b>", "0" * 64, Settings(), (check,), seconds=1.0)
    return replace(empty, **changes)  # type: ignore[arg-type]


def test_a_page_asks_nobody_for_anything_and_escapes_everything() -> None:
    html = page.to_html(made())
    assert "<script" not in html and "&lt;script&gt;alert(1)&lt;/script&gt; &amp; [red]" in html
    assert "ps97_&lt;b&gt;" in html and "not certified" in html
    assert "default-src 'none'" in html
    assert not re.search(r"(src|href)\s*=|url\(|@import|//[a-z]", html)


def test_a_terminal_shows_problems_as_they_are() -> None:
    console = Console(width=200, record=True, file=StringIO())
    console.print(page.to_terminal(made()))
    text = console.export_text()
    assert "not certified: 1 problem\n" in text and "✗ <script>alert(1)</script> & [red]" in text


def test_an_empty_certificate_is_no_certificate() -> None:
    certificate = made(checks=(), problems=("a suite has checks",))
    jsonschema.validate(json.loads(certificate.to_json()), schema())
    assert not certificate.certified and "certified" in page.to_html(certificate)


@pytest.mark.parametrize(
    ("value", "words"), [(1.0, "1"), (1 - 1e-12, "1"), (0.99999, "1 − 1e-05"), (0.9, "0.900"), (0.0, "0.000")]
)
def test_power_is_written_with_the_nines_that_it_has(value: float, words: str) -> None:
    assert page.power(value) == words


def test_files_are_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = page.write(made(), tmp_path / "out")
    assert [path.name for path in written] == ["ps97_<b>.certificate.json", "ps97_<b>.certificate.html"]
    jsonschema.validate(json.loads(written[0].read_text("utf-8")), schema())

    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(page.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        page.write(made(), tmp_path / "second")
    assert list((tmp_path / "second").iterdir()) == []


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "autograder"), "certify", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)


@pytest.mark.slow
def test_the_command_says_where_a_problem_set_is_wanting_and_exits_with_4(tmp_path: Path) -> None:
    tiny = ROOT / "tests" / "nbgrader" / "tiny_course"
    options = ("--repetitions", 2, "--trials", 10, "--output", tmp_path)
    done = run("ps00_tiny", "--course", tiny, *options)
    assert done.returncode == 4, done.stderr
    assert "not certified" in done.stdout and "ps00_tiny/mistakes.py" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "ps00_tiny.certificate.html",
        "ps00_tiny.certificate.json",
    ]
    as_json = run("--course", tiny, *options[:4], "--json")
    (values,) = json.loads(as_json.stdout)
    jsonschema.validate(values, schema())
    assert as_json.returncode == 4 and values["certified"] is False


def test_an_unknown_problem_set_is_one_line() -> None:
    done = run("ps99_nothing")
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "no such problem set" in done.stderr
