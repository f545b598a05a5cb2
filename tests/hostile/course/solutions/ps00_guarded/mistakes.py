"""Mistakes of a problem set that tests attack."""

import numpy as np

from autograder.checks import mistake


@mistake("total", "the mean were taken, not the sum")
def mean(x):
    return np.mean(x)


@mistake("noise", "one draw were repeated")
def repeated(n):
    return np.full(n, np.random.normal())


@mistake("scaled", "the factor were left out")
def unscaled(x, factor=2.0):
    return np.asarray(x) * 1.0
