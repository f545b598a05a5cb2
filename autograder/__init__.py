"""The grader: knows whether a gradient or an estimator's variance is right, and which mistake was made."""

from autograder.marking import mark as mark
from autograder.results import CheckResult as CheckResult
from autograder.results import Outcome as Outcome
from autograder.results import Report as Report
from autograder.student import public_checks as public_checks
