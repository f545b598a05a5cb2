"""Checks: what an author of a problem set writes with."""

from autograder.callables import code as code
from autograder.checks.answers import Answer as Answer
from autograder.checks.answers import Student as Student
from autograder.checks.close import close as close
from autograder.checks.constants import Choice as Choice
from autograder.checks.constants import Integers as Integers
from autograder.checks.constants import Uniform as Uniform
from autograder.checks.fresh import fresh as fresh
from autograder.checks.gradient_of import gradient_of as gradient_of
from autograder.checks.law import law as law
from autograder.checks.source import avoids as avoids
from autograder.checks.source import uses as uses
from autograder.checks.suite import Check as Check
from autograder.checks.suite import Suite as Suite
from autograder.checks.suite import mistake as mistake
from autograder.checks.suite import variant as variant
from autograder.checks.terms import terms_of as terms_of
from autograder.checks.trained import trained as trained
from autograder.checks.unbiased import unbiased as unbiased
from autograder.checks.unbiased_stream import unbiased_stream as unbiased_stream
from autograder.checks.variance import variance as variance
from autograder.checks.variance_ratio import variance_ratio as variance_ratio
from autograder.results import Show as Show
