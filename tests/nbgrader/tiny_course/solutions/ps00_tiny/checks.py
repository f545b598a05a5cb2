"""Checks of a problem set that tests use."""

from autograder.checks import Suite, close

from . import mistakes, reference, variants

suite = Suite("ps00_tiny", reference=reference, mistakes=mistakes, variants=variants)


@suite.check("sum_of_squares")
def sum_of_squares(student, reference, rng):
    secret_hidden_vector = rng.normal(size=7)
    yield close(student.sum_of_squares(secret_hidden_vector), reference.sum_of_squares(secret_hidden_vector))


@suite.check("scaled")
def scaled(student, reference, rng):
    secret_hidden_vector = rng.normal(size=5)
    yield close(student.scaled(secret_hidden_vector, 3.0), reference.scaled(secret_hidden_vector, 3.0))
    yield close(student.scaled(secret_hidden_vector), reference.scaled(secret_hidden_vector))
