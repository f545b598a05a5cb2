from __future__ import annotations

import doctest
import importlib
import pkgutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_probability import distributions as tfd

import course.inference as ci
from course.inference.progress import progress_bar


def test_nothing_is_printed_where_there_is_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with progress_bar("quiet", 3) as advance:
        advance(3, "done")
    assert capfd.readouterr() == ("", "")


def test_a_bar_shows_title_steps_and_words_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with progress_bar("EM", 4, show=True) as advance:
        advance(3, "ELBO -2.5")
    out, err = capfd.readouterr()
    assert not out and "EM" in err and "3/4" in err and "ELBO -2.5" in err


def test_documented_examples_run() -> None:
    names = {**vars(ci), "tf": tf, "tfd": tfd, "np": np, "keras": keras}
    tried = 0
    for module in pkgutil.iter_modules(ci.__path__):
        done = doctest.testmod(importlib.import_module(f"course.inference.{module.name}"), extraglobs=names)
        assert not done.failed, module.name
        tried += done.attempted
    assert tried > 20
