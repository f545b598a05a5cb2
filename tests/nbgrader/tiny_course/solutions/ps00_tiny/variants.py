"""Other correct routes of a problem set that tests use."""

import functools

import numpy as np

from autograder.checks import variant


@variant("sum_of_squares")
@functools.cache
def by_inner_product(x):
    return np.dot(x, x)


@variant("scaled")
def by_addition(x, factor=2.0):
    return sum([np.asarray(x) * (factor / 4.0)] * 4)
