"""Wrong MAP objectives of ps01, and what a tutor would say.

As in ``mistakes``, each can stand under the stub of its function: every one has the whole formula.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks import mistake

_MAP = "map_objective"

_IN_MAP = "ps01 lecture, Priors"


# map_objective


@mistake(
    _MAP,
    "the likelihood were averaged over the N examples, but the prior left whole",
    hint="With more data the prior should matter less; here it matters the same however many there are.",
    lecture=_IN_MAP,
)
def map_data_averaged(x: Any, y: Any, w: Any, b: Any, noise_std: Any, prior: Any, width: Any) -> Any:
    r, n = x @ w + b - y, len(y)
    fit = np.sum(r**2) / (2 * noise_std**2) + n * 0.5 * np.log(2 * np.pi * noise_std**2)
    if prior == "gaussian":
        penalty, pull = (
            np.sum(w**2) / (2 * width**2) + len(w) * 0.5 * np.log(2 * np.pi * width**2),
            w / width**2,
        )
    else:
        penalty, pull = np.sum(np.abs(w)) / width + len(w) * np.log(2 * width), np.sign(w) / width
    return fit / n + penalty, x.T @ r / noise_std**2 / n + pull, np.sum(r) / noise_std**2 / n


@mistake(
    _MAP,
    "the prior were divided by N as well, although the likelihood is a sum",
    hint="The prior speaks once for the whole data set, not once for each example.",
    lecture=_IN_MAP,
)
def map_prior_divided(x: Any, y: Any, w: Any, b: Any, noise_std: Any, prior: Any, width: Any) -> Any:
    r, n = x @ w + b - y, len(y)
    fit = np.sum(r**2) / (2 * noise_std**2) + n * 0.5 * np.log(2 * np.pi * noise_std**2)
    if prior == "gaussian":
        penalty, pull = (
            np.sum(w**2) / (2 * width**2) + len(w) * 0.5 * np.log(2 * np.pi * width**2),
            w / width**2,
        )
    else:
        penalty, pull = np.sum(np.abs(w)) / width + len(w) * np.log(2 * width), np.sign(w) / width
    return fit + penalty / n, x.T @ r / noise_std**2 + pull / n, np.sum(r) / noise_std**2


@mistake(
    _MAP,
    "the log-prior were added to minus the log-likelihood, where it should be subtracted",
    hint="Such a prior pushes the weights away from zero.",
    lecture=_IN_MAP,
)
def map_prior_sign(x: Any, y: Any, w: Any, b: Any, noise_std: Any, prior: Any, width: Any) -> Any:
    r = x @ w + b - y
    fit = np.sum(r**2) / (2 * noise_std**2) + len(y) * 0.5 * np.log(2 * np.pi * noise_std**2)
    if prior == "gaussian":
        penalty, pull = (
            np.sum(w**2) / (2 * width**2) + len(w) * 0.5 * np.log(2 * np.pi * width**2),
            w / width**2,
        )
    else:
        penalty, pull = np.sum(np.abs(w)) / width + len(w) * np.log(2 * width), np.sign(w) / width
    return fit - penalty, x.T @ r / noise_std**2 - pull, np.sum(r) / noise_std**2


@mistake(
    _MAP,
    "the log joint density itself were returned: everything has the wrong sign",
    hint="Gradient descent minimises; the MAP estimate maximises a density.",
    lecture=_IN_MAP,
)
def map_maximised(x: Any, y: Any, w: Any, b: Any, noise_std: Any, prior: Any, width: Any) -> Any:
    r = x @ w + b - y
    fit = np.sum(r**2) / (2 * noise_std**2) + len(y) * 0.5 * np.log(2 * np.pi * noise_std**2)
    if prior == "gaussian":
        penalty, pull = (
            np.sum(w**2) / (2 * width**2) + len(w) * 0.5 * np.log(2 * np.pi * width**2),
            w / width**2,
        )
    else:
        penalty, pull = np.sum(np.abs(w)) / width + len(w) * np.log(2 * width), np.sign(w) / width
    return -(fit + penalty), -(x.T @ r / noise_std**2 + pull), -np.sum(r) / noise_std**2


@mistake(
    _MAP,
    "the ½ of the Gaussian prior were missing: λ‖w‖² in place of λ/2‖w‖²",
    hint="Only the Gaussian's part is off: twice the pull.",
    lecture=_IN_MAP,
)
def map_half_forgotten(x: Any, y: Any, w: Any, b: Any, noise_std: Any, prior: Any, width: Any) -> Any:
    r = x @ w + b - y
    fit = np.sum(r**2) / (2 * noise_std**2) + len(y) * 0.5 * np.log(2 * np.pi * noise_std**2)
    if prior == "gaussian":
        penalty, pull = (
            np.sum(w**2) / width**2 + len(w) * 0.5 * np.log(2 * np.pi * width**2),
            2 * w / width**2,
        )
    else:
        penalty, pull = np.sum(np.abs(w)) / width + len(w) * np.log(2 * width), np.sign(w) / width
    return fit + penalty, x.T @ r / noise_std**2 + pull, np.sum(r) / noise_std**2


@mistake(
    _MAP,
    "the prior's width were used as a variance",
    hint="`width` is a standard deviation: it enters the Gaussian squared.",
    lecture=_IN_MAP,
)
def map_width_as_variance(x: Any, y: Any, w: Any, b: Any, noise_std: Any, prior: Any, width: Any) -> Any:
    r = x @ w + b - y
    fit = np.sum(r**2) / (2 * noise_std**2) + len(y) * 0.5 * np.log(2 * np.pi * noise_std**2)
    if prior == "gaussian":
        penalty, pull = np.sum(w**2) / (2 * width) + len(w) * 0.5 * np.log(2 * np.pi * width), w / width
    else:
        penalty, pull = np.sum(np.abs(w)) / width + len(w) * np.log(2 * width), np.sign(w) / width
    return fit + penalty, x.T @ r / noise_std**2 + pull, np.sum(r) / noise_std**2


@mistake(
    _MAP,
    "the noise's standard deviation were used as a variance",
    hint="The fit is off by a power of σ; the prior is right.",
    lecture=_IN_MAP,
)
def map_noise_as_variance(x: Any, y: Any, w: Any, b: Any, noise_std: Any, prior: Any, width: Any) -> Any:
    r = x @ w + b - y
    fit = np.sum(r**2) / (2 * noise_std) + len(y) * 0.5 * np.log(2 * np.pi * noise_std)
    if prior == "gaussian":
        penalty, pull = (
            np.sum(w**2) / (2 * width**2) + len(w) * 0.5 * np.log(2 * np.pi * width**2),
            w / width**2,
        )
    else:
        penalty, pull = np.sum(np.abs(w)) / width + len(w) * np.log(2 * width), np.sign(w) / width
    return fit + penalty, x.T @ r / noise_std + pull, np.sum(r) / noise_std


@mistake(
    _MAP,
    "the constants of the densities were left out: the objective is off, its gradient is not",
    hint="They do not move the minimum, but they belong to log p; you will need them when σ is learned.",
    lecture=_IN_MAP,
)
def map_constants_forgotten(x: Any, y: Any, w: Any, b: Any, noise_std: Any, prior: Any, width: Any) -> Any:
    r = x @ w + b - y
    fit = np.sum(r**2) / (2 * noise_std**2)
    if prior == "gaussian":
        penalty, pull = np.sum(w**2) / (2 * width**2), w / width**2
    else:
        penalty, pull = np.sum(np.abs(w)) / width, np.sign(w) / width
    return fit + penalty, x.T @ r / noise_std**2 + pull, np.sum(r) / noise_std**2


@mistake(
    _MAP,
    "the Laplace prior summed w and not |w|",
    hint="A negative weight is as unlikely as a positive one.",
    lecture=_IN_MAP,
)
def map_laplace_without_size(x: Any, y: Any, w: Any, b: Any, noise_std: Any, prior: Any, width: Any) -> Any:
    r = x @ w + b - y
    fit = np.sum(r**2) / (2 * noise_std**2) + len(y) * 0.5 * np.log(2 * np.pi * noise_std**2)
    if prior == "gaussian":
        penalty, pull = (
            np.sum(w**2) / (2 * width**2) + len(w) * 0.5 * np.log(2 * np.pi * width**2),
            w / width**2,
        )
    else:
        penalty, pull = np.sum(w) / width + len(w) * np.log(2 * width), np.ones_like(w) / width
    return fit + penalty, x.T @ r / noise_std**2 + pull, np.sum(r) / noise_std**2


@mistake(
    _MAP,
    "the Laplace prior pulled in proportion to w, as a Gaussian does",
    hint="The slope of |w| does not depend on how large w is: that is why small weights reach zero.",
    lecture=_IN_MAP,
)
def map_laplace_pulls_like_gaussian(
    x: Any, y: Any, w: Any, b: Any, noise_std: Any, prior: Any, width: Any
) -> Any:
    r = x @ w + b - y
    fit = np.sum(r**2) / (2 * noise_std**2) + len(y) * 0.5 * np.log(2 * np.pi * noise_std**2)
    if prior == "gaussian":
        penalty, pull = (
            np.sum(w**2) / (2 * width**2) + len(w) * 0.5 * np.log(2 * np.pi * width**2),
            w / width**2,
        )
    else:
        penalty, pull = np.sum(np.abs(w)) / width + len(w) * np.log(2 * width), w / width
    return fit + penalty, x.T @ r / noise_std**2 + pull, np.sum(r) / noise_std**2


@mistake(
    _MAP,
    "the two priors were exchanged",
    hint="Squares are Gaussian, sizes are Laplace.",
    lecture=_IN_MAP,
)
def map_priors_exchanged(x: Any, y: Any, w: Any, b: Any, noise_std: Any, prior: Any, width: Any) -> Any:
    r = x @ w + b - y
    fit = np.sum(r**2) / (2 * noise_std**2) + len(y) * 0.5 * np.log(2 * np.pi * noise_std**2)
    if prior == "laplace":
        penalty, pull = (
            np.sum(w**2) / (2 * width**2) + len(w) * 0.5 * np.log(2 * np.pi * width**2),
            w / width**2,
        )
    else:
        penalty, pull = np.sum(np.abs(w)) / width + len(w) * np.log(2 * width), np.sign(w) / width
    return fit + penalty, x.T @ r / noise_std**2 + pull, np.sum(r) / noise_std**2


@mistake(
    _MAP,
    "the bias had the prior too",
    hint="Shrinking the bias would move the whole curve towards zero; here it is free.",
    lecture=_IN_MAP,
)
def map_prior_on_bias(x: Any, y: Any, w: Any, b: Any, noise_std: Any, prior: Any, width: Any) -> Any:
    r, every = x @ w + b - y, np.append(w, b)
    fit = np.sum(r**2) / (2 * noise_std**2) + len(y) * 0.5 * np.log(2 * np.pi * noise_std**2)
    if prior == "gaussian":
        penalty = np.sum(every**2) / (2 * width**2) + len(every) * 0.5 * np.log(2 * np.pi * width**2)
        pull = every / width**2
    else:
        penalty = np.sum(np.abs(every)) / width + len(every) * np.log(2 * width)
        pull = np.sign(every) / width
    return fit + penalty, x.T @ r / noise_std**2 + pull[:-1], np.sum(r) / noise_std**2 + pull[-1]


@mistake(
    _MAP,
    "there were no prior: that is maximum likelihood",
    hint="The density of the weights is a factor of the joint density.",
    lecture=_IN_MAP,
)
def map_without_prior(x: Any, y: Any, w: Any, b: Any, noise_std: Any, prior: Any, width: Any) -> Any:
    r = x @ w + b - y
    fit = np.sum(r**2) / (2 * noise_std**2) + len(y) * 0.5 * np.log(2 * np.pi * noise_std**2)
    return fit, x.T @ r / noise_std**2, np.sum(r) / noise_std**2
