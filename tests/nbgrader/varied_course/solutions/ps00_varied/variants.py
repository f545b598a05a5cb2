"""Other correct routes of a problem set that tests use."""

import numpy as np

from autograder.checks import variant

from .constants import RATE


@variant("step")
def step_at_once(x):
    return (1.0 - RATE) * np.asarray(x)
