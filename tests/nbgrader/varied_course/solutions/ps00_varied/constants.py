"""Laws of the constants of a problem set that tests use."""

from autograder.checks import Choice, Integers

RATE: float
SIZE: int

CONSTANTS = {"RATE": Choice(0.1, 0.2, 0.4), "SIZE": Integers(3, 8)}
