"""Mistakes of a problem set that tests use."""

import numpy as np

from autograder.checks import mistake

from .constants import RATE, SIZE


@mistake("step", "x were moved along itself")
def step_uphill(x):
    return np.asarray(x) + RATE * np.asarray(x)


@mistake("head", "the last entries were taken")
def tail(x, size=SIZE):
    return np.asarray(x)[-size:]
