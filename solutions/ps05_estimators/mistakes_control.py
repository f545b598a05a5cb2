"""Wrong control variates, each with what a tutor would say.

Each is self-contained and uses only what the notebook defines, so that its body can stand under the stub of
its function: that is why the sums are written out again and again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks import mistake

_CONTROL = "control_variate"

_IN_CONTROL = "ps05 lecture, Control variates"


@mistake(
    _CONTROL,
    "E[h] were not added back, so that the estimates lose c·E[h]",
    hint="What is the mean of c·h, and what should it be?",
    lecture=_IN_CONTROL,
)
def control_expectation_forgotten(estimates: Any, control: Any, expectation: float) -> Any:
    g, h = estimates - np.mean(estimates), control - np.mean(control)
    coefficient = g @ h / (h @ h)
    return coefficient, estimates - coefficient * control


@mistake(
    _CONTROL,
    "the average of the control's draws stood in place of its exact expectation",
    hint="Then the average of your estimates is what it was before, and nothing is gained.",
    lecture=_IN_CONTROL,
)
def control_sample_mean_for_expectation(estimates: Any, control: Any, expectation: float) -> Any:
    g, h = estimates - np.mean(estimates), control - np.mean(control)
    coefficient = g @ h / (h @ h)
    return coefficient, estimates - coefficient * h


@mistake(
    _CONTROL,
    "the coefficient were Cov(g, h)/Var(g)",
    hint="Minimise Var(g − c·h) over c on paper: which variance stands with c²?",
    lecture=_IN_CONTROL,
)
def control_variance_of_estimates(estimates: Any, control: Any, expectation: float) -> Any:
    g, h = estimates - np.mean(estimates), control - np.mean(control)
    coefficient = g @ h / (g @ g)
    return coefficient, estimates - coefficient * (control - expectation)


@mistake(
    _CONTROL,
    "the coefficient were the correlation of g and h",
    hint="The coefficient has units: those of g per unit of h.",
    lecture=_IN_CONTROL,
)
def control_correlation(estimates: Any, control: Any, expectation: float) -> Any:
    g, h = estimates - np.mean(estimates), control - np.mean(control)
    coefficient = g @ h / np.sqrt((g @ g) * (h @ h))
    return coefficient, estimates - coefficient * (control - expectation)


@mistake(
    _CONTROL,
    "the coefficient were 1, whatever the two arrays are",
    hint="c = 1 is right only where g and h move by the same amount.",
    lecture=_IN_CONTROL,
)
def control_coefficient_one(estimates: Any, control: Any, expectation: float) -> Any:
    coefficient = 1.0
    return coefficient, estimates - coefficient * (control - expectation)


@mistake(
    _CONTROL,
    "the control were added and not subtracted",
    hint="When h is above its mean, is g likely to be above or below its own?",
    lecture=_IN_CONTROL,
)
def control_sign_turned(estimates: Any, control: Any, expectation: float) -> Any:
    g, h = estimates - np.mean(estimates), control - np.mean(control)
    coefficient = g @ h / (h @ h)
    return coefficient, estimates + coefficient * (control - expectation)


@mistake(
    _CONTROL,
    "the coefficient were Σgh/Σh², with no mean taken off",
    hint="A covariance is about deviations from the mean.",
    lecture=_IN_CONTROL,
)
def control_not_centred(estimates: Any, control: Any, expectation: float) -> Any:
    coefficient = estimates @ control / (control @ control)
    return coefficient, estimates - coefficient * (control - expectation)


@mistake(
    _CONTROL,
    "the coefficient were the covariance, not divided by Var(h)",
    hint="Double h: should c double, stay, or halve?",
    lecture=_IN_CONTROL,
)
def control_covariance_only(estimates: Any, control: Any, expectation: float) -> Any:
    g, h = estimates - np.mean(estimates), control - np.mean(control)
    coefficient = g @ h / len(g)
    return coefficient, estimates - coefficient * (control - expectation)


@mistake(
    _CONTROL,
    "the covariance were divided by n and the variance by n − 1",
    hint="Either divisor is right, as long as both have the same; np.cov and np.var do not agree by default.",
    lecture=_IN_CONTROL,
)
def control_divisors_mixed(estimates: Any, control: Any, expectation: float) -> Any:
    g, h = estimates - np.mean(estimates), control - np.mean(control)
    coefficient = (g @ h / len(g)) / (h @ h / (len(h) - 1))
    return coefficient, estimates - coefficient * (control - expectation)


@mistake(
    _CONTROL,
    "the covariance were divided by the standard deviation of h and not by its variance",
    hint="Which power of h does the denominator need, so that c·h has the units of g?",
    lecture=_IN_CONTROL,
)
def control_divided_by_std(estimates: Any, control: Any, expectation: float) -> Any:
    g, h = estimates - np.mean(estimates), control - np.mean(control)
    coefficient = g @ h / len(g) / np.std(control)
    return coefficient, estimates - coefficient * (control - expectation)


@mistake(
    _CONTROL,
    "the whole control, its expectation included, were taken off the average of g and not off each estimate",
    hint="One estimate a draw is asked for: the deviations of g have to survive.",
    lecture=_IN_CONTROL,
)
def control_off_the_average(estimates: Any, control: Any, expectation: float) -> Any:
    g, h = estimates - np.mean(estimates), control - np.mean(control)
    coefficient = g @ h / (h @ h)
    return coefficient, np.mean(estimates) - coefficient * (control - expectation)
