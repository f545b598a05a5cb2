"""Wrong generalised reparameterisations, each with what a tutor would say.

Each is self-contained and uses only what the notebook defines, so that its body can stand under the stub of
its function: that is why the derivatives are written out again and again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks import mistake

_GAMMA = "gamma_gradient"

_IN_GAMMA = "ps05 lecture, Beyond location and scale"


@mistake(
    _GAMMA,
    "the correction were left out, as if the law of ε did not depend on α",
    hint="For a normal ε it would be zero; this ε is only standardised, its shape still changes with α.",
    lecture=_IN_GAMMA,
)
def gamma_no_correction(f: Any, slope: Any, shape: float, psi: Any, z: Any) -> Any:
    psi0, psi1, psi2 = psi
    eps = (np.log(z) - psi0) / np.sqrt(psi1)
    moved = z * (psi1 + eps * psi2 / (2.0 * np.sqrt(psi1)))
    return slope(z) * moved, np.zeros_like(z)


@mistake(
    _GAMMA,
    "the correction were the plain score function, log z − ψ(α)",
    hint="The law of ε is asked for: z moves with α as well, and the change of variables has a Jacobian.",
    lecture=_IN_GAMMA,
)
def gamma_plain_score(f: Any, slope: Any, shape: float, psi: Any, z: Any) -> Any:
    psi0, psi1, psi2 = psi
    eps = (np.log(z) - psi0) / np.sqrt(psi1)
    moved = z * (psi1 + eps * psi2 / (2.0 * np.sqrt(psi1)))
    score = np.log(z) - psi0
    return slope(z) * moved, f(z) * score


@mistake(
    _GAMMA,
    "the Jacobian of z(ε) were missing from the correction",
    hint="The density of ε is that of z times |dz/dε|.",
    lecture=_IN_GAMMA,
)
def gamma_jacobian_forgotten(f: Any, slope: Any, shape: float, psi: Any, z: Any) -> Any:
    psi0, psi1, psi2 = psi
    eps = (np.log(z) - psi0) / np.sqrt(psi1)
    moved = z * (psi1 + eps * psi2 / (2.0 * np.sqrt(psi1)))
    score = ((shape - 1.0) / z - 1.0) * moved + np.log(z) - psi0
    return slope(z) * moved, f(z) * score


@mistake(
    _GAMMA,
    "the correction lacked the part that comes through z: (∂ log q/∂z) ż",
    hint="In log q(z(ε, α); α) the α stands twice.",
    lecture=_IN_GAMMA,
)
def gamma_density_held_at_z(f: Any, slope: Any, shape: float, psi: Any, z: Any) -> Any:
    psi0, psi1, psi2 = psi
    eps = (np.log(z) - psi0) / np.sqrt(psi1)
    moved = z * (psi1 + eps * psi2 / (2.0 * np.sqrt(psi1)))
    score = np.log(z) - psi0 + moved / z + psi2 / (2.0 * psi1)
    return slope(z) * moved, f(z) * score


@mistake(
    _GAMMA,
    "the correction lacked the part at fixed z: log z − ψ(α)",
    hint="In log q(z(ε, α); α) the α stands twice.",
    lecture=_IN_GAMMA,
)
def gamma_parameter_part_forgotten(f: Any, slope: Any, shape: float, psi: Any, z: Any) -> Any:
    psi0, psi1, psi2 = psi
    eps = (np.log(z) - psi0) / np.sqrt(psi1)
    moved = z * (psi1 + eps * psi2 / (2.0 * np.sqrt(psi1)))
    score = ((shape - 1.0) / z - 1.0) * moved + moved / z + psi2 / (2.0 * psi1)
    return slope(z) * moved, f(z) * score


@mistake(
    _GAMMA,
    "the spread √ψ′(α) were taken as fixed when z is differentiated",
    hint="Both the centre and the spread of log z move with α.",
    lecture=_IN_GAMMA,
)
def gamma_spread_fixed(f: Any, slope: Any, shape: float, psi: Any, z: Any) -> Any:
    psi0, psi1, psi2 = psi
    eps = (np.log(z) - psi0) / np.sqrt(psi1)
    moved = z * psi1 + 0.0 * eps
    score = ((shape - 1.0) / z - 1.0) * moved + np.log(z) - psi0 + moved / z + psi2 / (2.0 * psi1)
    return slope(z) * moved, f(z) * score


@mistake(
    _GAMMA,
    "the centre ψ(α) were taken as fixed when z is differentiated",
    hint="Both the centre and the spread of log z move with α.",
    lecture=_IN_GAMMA,
)
def gamma_centre_fixed(f: Any, slope: Any, shape: float, psi: Any, z: Any) -> Any:
    psi0, psi1, psi2 = psi
    eps = (np.log(z) - psi0) / np.sqrt(psi1)
    moved = z * eps * psi2 / (2.0 * np.sqrt(psi1))
    score = ((shape - 1.0) / z - 1.0) * moved + np.log(z) - psi0 + moved / z + psi2 / (2.0 * psi1)
    return slope(z) * moved, f(z) * score


@mistake(
    _GAMMA,
    "log z, not z, were differentiated: ż without the factor z",
    hint="z = exp(ψ + ε√ψ′): the chain rule has an outer derivative.",
    lecture=_IN_GAMMA,
)
def gamma_factor_z_forgotten(f: Any, slope: Any, shape: float, psi: Any, z: Any) -> Any:
    psi0, psi1, psi2 = psi
    eps = (np.log(z) - psi0) / np.sqrt(psi1)
    moved = psi1 + eps * psi2 / (2.0 * np.sqrt(psi1))
    score = ((shape - 1.0) / z - 1.0) * moved + np.log(z) - psi0 + moved / z + psi2 / (2.0 * psi1)
    return slope(z) * moved, f(z) * score


@mistake(
    _GAMMA,
    "ε were divided by ψ′(α) and not by its root",
    hint="ψ′(α) is the variance of log z.",
    lecture=_IN_GAMMA,
)
def gamma_variance_for_spread(f: Any, slope: Any, shape: float, psi: Any, z: Any) -> Any:
    psi0, psi1, psi2 = psi
    eps = (np.log(z) - psi0) / psi1
    moved = z * (psi1 + eps * psi2 / (2.0 * np.sqrt(psi1)))
    score = ((shape - 1.0) / z - 1.0) * moved + np.log(z) - psi0 + moved / z + psi2 / (2.0 * psi1)
    return slope(z) * moved, f(z) * score


@mistake(
    _GAMMA,
    "the derivative of √ψ′ lacked its ½",
    hint="Differentiate a square root.",
    lecture=_IN_GAMMA,
)
def gamma_half_forgotten(f: Any, slope: Any, shape: float, psi: Any, z: Any) -> Any:
    psi0, psi1, psi2 = psi
    eps = (np.log(z) - psi0) / np.sqrt(psi1)
    moved = z * (psi1 + eps * psi2 / np.sqrt(psi1))
    score = ((shape - 1.0) / z - 1.0) * moved + np.log(z) - psi0 + moved / z + psi2 / psi1
    return slope(z) * moved, f(z) * score


@mistake(
    _GAMMA,
    "the correction were multiplied by f′(z) and not by f(z)",
    hint="The correction is a score: f weighs it and is not differentiated.",
    lecture=_IN_GAMMA,
)
def gamma_slope_in_correction(f: Any, slope: Any, shape: float, psi: Any, z: Any) -> Any:
    psi0, psi1, psi2 = psi
    eps = (np.log(z) - psi0) / np.sqrt(psi1)
    moved = z * (psi1 + eps * psi2 / (2.0 * np.sqrt(psi1)))
    score = ((shape - 1.0) / z - 1.0) * moved + np.log(z) - psi0 + moved / z + psi2 / (2.0 * psi1)
    return slope(z) * moved, slope(z) * score


@mistake(
    _GAMMA,
    "the correction were not multiplied by f(z)",
    hint="The mean of a score is 0 whatever f is; where does f enter?",
    lecture=_IN_GAMMA,
)
def gamma_correction_without_f(f: Any, slope: Any, shape: float, psi: Any, z: Any) -> Any:
    psi0, psi1, psi2 = psi
    eps = (np.log(z) - psi0) / np.sqrt(psi1)
    moved = z * (psi1 + eps * psi2 / (2.0 * np.sqrt(psi1)))
    score = ((shape - 1.0) / z - 1.0) * moved + np.log(z) - psi0 + moved / z + psi2 / (2.0 * psi1)
    return slope(z) * moved, score


@mistake(
    _GAMMA,
    "the log-density of z were taken with α log z in place of (α − 1) log z",
    hint="Write the density of Gamma(α, 1) out in full.",
    lecture=_IN_GAMMA,
)
def gamma_wrong_power(f: Any, slope: Any, shape: float, psi: Any, z: Any) -> Any:
    psi0, psi1, psi2 = psi
    eps = (np.log(z) - psi0) / np.sqrt(psi1)
    moved = z * (psi1 + eps * psi2 / (2.0 * np.sqrt(psi1)))
    score = (shape / z - 1.0) * moved + np.log(z) - psi0 + moved / z + psi2 / (2.0 * psi1)
    return slope(z) * moved, f(z) * score


@mistake(
    _GAMMA,
    "the whole gradient were returned as the first part and nothing as the second",
    hint="The two parts are asked for apart: their sizes are the lesson.",
    lecture=_IN_GAMMA,
)
def gamma_sum_in_first_part(f: Any, slope: Any, shape: float, psi: Any, z: Any) -> Any:
    psi0, psi1, psi2 = psi
    eps = (np.log(z) - psi0) / np.sqrt(psi1)
    moved = z * (psi1 + eps * psi2 / (2.0 * np.sqrt(psi1)))
    score = ((shape - 1.0) / z - 1.0) * moved + np.log(z) - psi0 + moved / z + psi2 / (2.0 * psi1)
    return slope(z) * moved + f(z) * score, np.zeros_like(z)
