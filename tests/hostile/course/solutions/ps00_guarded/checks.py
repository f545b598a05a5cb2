"""Checks of a problem set that tests attack."""

from autograder.checks import Suite, close, fresh, unbiased

from . import mistakes, reference, variants

suite = Suite("ps00_guarded", reference=reference, mistakes=mistakes, variants=variants)


@suite.check("total")
def total(student, reference, rng):
    canary_of_the_hidden_inputs = rng.normal(size=7)
    yield close(student.total(canary_of_the_hidden_inputs), reference.total(canary_of_the_hidden_inputs))


@suite.check("noise")
def noise(student, reference, rng):
    yield fresh(student.noise(50), student.noise(50), draws=50)
    yield unbiased(student.noise(20_000), draws=20_000, mean=0.0, variances=[1.0, 1.0])


@suite.check("scaled")
def scaled(student, reference, rng):
    x = rng.normal(size=5)
    yield close(student.scaled(x, 3.0), reference.scaled(x, 3.0))
    yield close(student.scaled(x), reference.scaled(x))
