"""Worked solutions of a problem set that tests use."""

import numpy as np

from .constants import RATE, SIZE


def step(x):
    return np.asarray(x) - RATE * np.asarray(x)


def head(x, size=SIZE):
    return np.asarray(x)[:size]
