"""Other correct routes of a problem set that tests attack."""

import numpy as np

from autograder.checks import variant


@variant("total")
def dot(x):
    return np.dot(x, np.ones(len(x)))


@variant("noise")
def generator(n):
    return np.random.default_rng().normal(size=n)


@variant("scaled")
def added(x, factor=2.0):
    return sum([np.asarray(x) * (factor / 4.0)] * 4)
