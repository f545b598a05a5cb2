"""Worked solutions of a problem set that tests use."""

import numpy as np


def sum_of_squares(x):
    """The sum of squares, as the worked solution says it."""
    # A worked solution's comment explains the secret trick.
    worked_secret_array = np.asarray(x, dtype=np.float64)
    message = """a text over two lines
  whose indentation is its own"""
    assert message
    return np.sum(worked_secret_array**2)
    # Nothing is left to do after the worked solution.


def sum_of_squares_terms(x):
    return np.sum(np.asarray(x, dtype=np.float64) ** 2)


def scaled(x, factor=2.0):
    """x times factor, worked."""
    worked_secret_product = np.asarray(x) * factor
    return worked_secret_product


def scaled_terms(x, factor=2.0):
    return np.abs(np.asarray(x) * factor)
