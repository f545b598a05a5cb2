"""Checks of a problem set that tests use."""

from autograder.checks import Suite, close

from . import mistakes, reference, variants

suite = Suite("ps00_varied", reference=reference, mistakes=mistakes, variants=variants)


@suite.check("step")
def step(student, reference, rng):
    x = rng.normal(1.5, 2.0, size=5)
    yield close(student.step(x), reference.step(x))


@suite.check("head")
def head(student, reference, rng, constants):
    x = rng.normal(1.5, 2.0, size=2 * constants["SIZE"] + 1)
    yield close(student.head(x), reference.head(x))
