"""Mistakes of a problem set that tests use."""

import numpy as np

from autograder.checks import mistake


@mistake("sum_of_squares", "the mean were taken, not the sum", hint="Count the terms.")
def mean_of_squares(x):
    wrong_secret_mean_of_squares = np.mean(np.asarray(x) ** 2)
    return wrong_secret_mean_of_squares


@mistake("scaled", "the factor were left out")
def unscaled(x, factor=2.0):
    return np.asarray(x) * 1.0
