"""Limits and where they are enforced."""

from __future__ import annotations

import dataclasses
import subprocess

import pytest

from autograder.errors import ConfigurationError
from autograder.sandbox.limits import Limits


def test_a_table_of_limits_is_read_back():
    limits = Limits(cell_seconds=5, processes=99)
    assert Limits.from_mapping(limits.to_mapping()) == limits
    assert Limits.from_mapping({}) == Limits()


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Limits)])
@pytest.mark.parametrize("value", [0, -1, True, "10", None, float("nan"), float("inf")])
def test_a_limit_must_be_a_positive_number(field, value):
    with pytest.raises(ConfigurationError) as caught:
        Limits(**{field: value})
    assert str(caught.value).startswith(f"limits.{field}: a limit must be a positive number (expected ")
    assert f"received {value!r}" in str(caught.value)


def test_counts_and_sizes_are_whole_numbers():
    with pytest.raises(ConfigurationError, match=r"expected an integer > 0, received 1\.5"):
        Limits(processes=1.5)


def test_an_unknown_limit_is_refused_with_the_known_ones():
    with pytest.raises(ConfigurationError, match=r"no such limit .*cell_seconds.* received 'cel_seconds'"):
        Limits.from_mapping({"cel_seconds": 3})


def test_prlimit_accepts_the_options_and_sets_what_they_say():
    limits = Limits(open_files=64, processes=10_000, file_bytes=4096, cpu_seconds=7, memory_bytes=1 << 28)
    shown = subprocess.run(
        [
            "prlimit",
            *limits.prlimit_options(),
            "--",
            "prlimit",
            "--noheadings",
            "--raw",
            "-o",
            "RESOURCE,SOFT,HARD",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    table = {name: (soft, hard) for name, soft, hard in (line.split() for line in shown.splitlines())}
    assert table["NOFILE"] == ("64", "64")
    assert table["NPROC"] == ("10000", "10000")
    assert table["FSIZE"] == ("4096", "4096")
    assert table["DATA"] == (str(1 << 28), str(1 << 28))
    assert table["CPU"] == ("7", "12")
    assert table["CORE"] == ("0", "0")
