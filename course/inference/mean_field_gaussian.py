"""Mean field for a correlated Gaussian."""

from __future__ import annotations

from functools import partial

import numpy as np

from course.inference.arrays import finite_array
from course.inference.gaussian import Gaussian
from course.inference.mean_field import Factors, MeanFieldResult, mean_field


def mean_field_gaussian(
    target: Gaussian,
    start: np.ndarray | None = None,
    *,
    sweeps: int = 1_000,
    tolerance: float = 1e-12,
    progress: bool | None = None,
) -> MeanFieldResult:
    """Coordinate ascent towards a Gaussian with precision Λ by a product of univariate Gaussians.

    ::

        m_j = μ_j − Σ_{i ≠ j} Λ_ji (m_i − μ_i) / Λ_jj,   variance_j = 1/Λ_jj

    The means converge to the target's; the variances are too small wherever variables are correlated.

    Args:
        target: what is approximated.
        start: first means, shape (d,); zeros if not given.
        sweeps: most passes, ≥ 1.
        tolerance: nats a sweep, > 0.
        progress: whether to draw a bar; None on a terminal only.

    Returns:
        Factors ``"0"``, ``"1"``, …, each a pair (mean, variance), and the ELBO −KL(q ‖ target) at every
        update.

    Raises:
        ArgumentError: a number is outside its range.
        ShapeError: ``start`` has not the target's dimension.

    Example:
        >>> run = mean_field_gaussian(Gaussian([1.0, 2.0], [[1.0, 0.5], [0.5, 1.0]]))
        >>> [round(float(x), 4) for x in run.factors["0"]]
        [1.0, 0.75]

    Source:
        Bishop 2006, section 10.1.2.
    """
    size = len(target.mean)
    means = finite_array(np.zeros(size) if start is None else start, "start", (size,))
    precision = np.linalg.inv(target.covariance)
    variances = 1.0 / np.diag(precision)

    def update(j: int, factors: Factors) -> tuple[float, float]:
        gaps = np.array([factors[str(i)][0] for i in range(size)]) - target.mean
        gaps[j] = 0.0
        return float(target.mean[j] - variances[j] * (precision[j] @ gaps)), float(variances[j])

    def elbo(factors: Factors) -> float:
        pairs = np.array([factors[str(i)] for i in range(size)])
        return -Gaussian(pairs[:, 0], np.diag(pairs[:, 1])).kl(target)

    return mean_field(
        {str(j): partial(update, j) for j in range(size)},
        elbo,
        {str(j): (float(means[j]), float(target.covariance[j, j])) for j in range(size)},
        sweeps=sweeps,
        tolerance=tolerance,
        progress=progress,
    )
