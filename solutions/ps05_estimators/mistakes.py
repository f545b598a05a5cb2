"""Wrong gradients from a closed form and from a grid, each with what a tutor would say.

Each is self-contained and uses only what the notebook defines, so that its body can stand under the stub of
its function: that is why the density is written out again and again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks import mistake

_GRID = "easy_and_hard"

_IN_TWO_WAYS = "ps05 lecture, Two ways to a gradient"


@mistake(
    _GRID,
    "the expectation θ² + σ² were returned, not its derivative",
    hint="The gradient is asked for, in both parts.",
    lecture=_IN_TWO_WAYS,
)
def grid_value_for_easy(theta: float, std: float, z: Any) -> Any:
    density = np.exp(-0.5 * ((z - theta) / std) ** 2) / (std * np.sqrt(2.0 * np.pi))
    return theta**2 + std**2, np.sum(z**2 * density * (z - theta) / std**2) * (z[1] - z[0])


@mistake(
    _GRID,
    "the easy gradient were returned for the hard one, too",
    hint="On a coarse grid the two differ; that is what the second number is there to show.",
    lecture=_IN_TWO_WAYS,
)
def grid_easy_twice(theta: float, std: float, z: Any) -> Any:
    return 2.0 * theta, 2.0 * theta


@mistake(
    _GRID,
    "f were differentiated under the integral, 2z in place of z², and the density not",
    hint="Which of the two factors depends on θ?",
    lecture=_IN_TWO_WAYS,
)
def grid_wrong_factor_differentiated(theta: float, std: float, z: Any) -> Any:
    density = np.exp(-0.5 * ((z - theta) / std) ** 2) / (std * np.sqrt(2.0 * np.pi))
    return 2.0 * theta, np.sum(2.0 * z * density) * (z[1] - z[0])


@mistake(
    _GRID,
    "the slope of the log-density stood where that of the density belongs",
    hint="∂p/∂θ is p times the slope of log p.",
    lecture=_IN_TWO_WAYS,
)
def grid_density_forgotten(theta: float, std: float, z: Any) -> Any:
    return 2.0 * theta, np.sum(z**2 * (z - theta) / std**2) * (z[1] - z[0])


@mistake(
    _GRID,
    "the density were integrated, and not its derivative with respect to θ",
    hint="That sum is E[z²] itself.",
    lecture=_IN_TWO_WAYS,
)
def grid_expectation_for_hard(theta: float, std: float, z: Any) -> Any:
    density = np.exp(-0.5 * ((z - theta) / std) ** 2) / (std * np.sqrt(2.0 * np.pi))
    return 2.0 * theta, np.sum(z**2 * density) * (z[1] - z[0])


@mistake(
    _GRID,
    "the density were differentiated by z, so that the sign is turned",
    hint="The density moves with θ and against z.",
    lecture=_IN_TWO_WAYS,
)
def grid_slope_in_z(theta: float, std: float, z: Any) -> Any:
    density = np.exp(-0.5 * ((z - theta) / std) ** 2) / (std * np.sqrt(2.0 * np.pi))
    return 2.0 * theta, np.sum(z**2 * density * (theta - z) / std**2) * (z[1] - z[0])


@mistake(
    _GRID,
    "the terms were added up without the width Δ of a cell",
    hint="A finer grid has more terms; what keeps the sum from growing?",
    lecture=_IN_TWO_WAYS,
)
def grid_width_forgotten(theta: float, std: float, z: Any) -> Any:
    density = np.exp(-0.5 * ((z - theta) / std) ** 2) / (std * np.sqrt(2.0 * np.pi))
    return 2.0 * theta, np.sum(z**2 * density * (z - theta) / std**2)


@mistake(
    _GRID,
    "the terms were averaged over the grid",
    hint="The grid's points are no draws: they do not come in proportion to the density.",
    lecture=_IN_TWO_WAYS,
)
def grid_averaged(theta: float, std: float, z: Any) -> Any:
    density = np.exp(-0.5 * ((z - theta) / std) ** 2) / (std * np.sqrt(2.0 * np.pi))
    return 2.0 * theta, np.mean(z**2 * density * (z - theta) / std**2)


@mistake(
    _GRID,
    "the normaliser 1/(σ√2π) were missing from the density",
    hint="What does your density integrate to?",
    lecture=_IN_TWO_WAYS,
)
def grid_not_normalised(theta: float, std: float, z: Any) -> Any:
    density = np.exp(-0.5 * ((z - theta) / std) ** 2)
    return 2.0 * theta, np.sum(z**2 * density * (z - theta) / std**2) * (z[1] - z[0])


@mistake(
    _GRID,
    "the slope of the log-density were (z − θ)/σ, with σ in place of σ²",
    hint="Differentiate −(z − θ)²/2σ² once more, on paper.",
    lecture=_IN_TWO_WAYS,
)
def grid_std_for_variance(theta: float, std: float, z: Any) -> Any:
    density = np.exp(-0.5 * ((z - theta) / std) ** 2) / (std * np.sqrt(2.0 * np.pi))
    return 2.0 * theta, np.sum(z**2 * density * (z - theta) / std) * (z[1] - z[0])


@mistake(
    _GRID,
    "σ were 1 throughout",
    hint="`std` is an argument.",
    lecture=_IN_TWO_WAYS,
)
def grid_unit_std(theta: float, std: float, z: Any) -> Any:
    density = np.exp(-0.5 * (z - theta) ** 2) / np.sqrt(2.0 * np.pi)
    return 2.0 * theta, np.sum(z**2 * density * (z - theta)) * (z[1] - z[0])
