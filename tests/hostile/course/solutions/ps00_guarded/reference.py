"""Worked solutions of a problem set that tests attack."""

import numpy as np


def total(x):
    canary_of_the_worked_solution = np.asarray(x, dtype=np.float64)
    return np.sum(canary_of_the_worked_solution)


def total_terms(x):
    return np.sum(np.abs(np.asarray(x, dtype=np.float64)))


def noise(n):
    return np.random.normal(size=n)


def scaled(x, factor=2.0):
    return np.asarray(x) * factor


def scaled_terms(x, factor=2.0):
    return np.abs(np.asarray(x) * factor)
