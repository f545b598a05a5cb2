"""Checks of the benchmarks' small problem set."""

from autograder.checks import Suite, close

from . import mistakes, reference, variants

suite = Suite("ps00_small", reference=reference, mistakes=mistakes, variants=variants)


@suite.check("cross_entropy")
def cross_entropy(student, reference, rng):
    logits, labels = rng.normal(size=(7, 5)), rng.integers(0, 5, size=7)
    yield close(student.cross_entropy(logits, labels), reference.cross_entropy(logits, labels))


def _problem(rng):
    return rng.normal(size=3), rng.normal(size=(11, 3)), rng.normal(size=11)


@suite.check("slope")
def slope(student, reference, rng):
    w, x, y = _problem(rng)
    yield close(student.slope(w, x, y), reference.slope(w, x, y))


@suite.check("descend")
def descend(student, reference, rng):
    w, x, y = _problem(rng)
    yield close(student.descend(w, x, y, 0.05, 1), reference.descend(w, x, y, 0.05, 1), label="one step")
    yield close(student.descend(w, x, y, 0.05, 4), reference.descend(w, x, y, 0.05, 4), label="four steps")
