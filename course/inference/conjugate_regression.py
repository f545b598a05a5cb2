"""Bayesian linear regression with known noise: exact."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.inference.arrays import finite_array
from course.inference.gaussian import Gaussian
from course.inference.linear_gaussian import LinearGaussian
from course.validation import positive_float


class ConjugateRegression:
    """Linear regression with a Gaussian prior on the weights and noise of known std.

    ::

        w ~ N(0, prior_std² I),   y | w ~ N(X w, noise_std² I)

    Args:
        features: X, shape (n, d); a column of ones makes an intercept.
        targets: y, shape (n,).
        noise_std: > 0, in units of y.
        prior_std: > 0.

    Raises:
        ArgumentError: a std is not positive, or an entry is not finite.
        ShapeError: the shapes do not fit.

    Example:
        >>> model = ConjugateRegression([[1.0], [1.0]], [1.0, 3.0], noise_std=1.0, prior_std=1.0)
        >>> round(float(model.posterior().mean[0]), 4)  # (1 + 3)/(2 + 1)
        1.3333

    Source:
        Bishop 2006, eqs. (3.53), (3.54) and (3.58).
    """

    def __init__(self, features: Any, targets: Any, *, noise_std: float, prior_std: float) -> None:
        self.features = finite_array(features, "features", (None, None))
        self.targets = finite_array(targets, "targets", (len(self.features),))
        self.noise_std = positive_float(noise_std, "noise_std")
        self.prior_std = positive_float(prior_std, "prior_std")
        count, size = self.features.shape
        self.model = LinearGaussian(
            Gaussian(np.zeros(size), self.prior_std**2 * np.eye(size)),
            self.features,
            np.zeros(count),
            self.noise_std**2 * np.eye(count),
        )

    def posterior(self) -> Gaussian:
        """Of the weights, dimension d."""
        return self.model.posterior(self.targets)

    def log_evidence(self) -> float:
        """Log p(y), the weights summed out, nats."""
        return self.model.log_evidence(self.targets)

    def mean_field(self) -> Gaussian:
        """The factorised Gaussian of least KL(q ‖ posterior): right means, each variance 1/precision_jj.

        Its variances are too small wherever features are correlated.
        """
        return Gaussian(self.posterior().mean, np.diag(1.0 / np.diag(self.model.precision())))

    def predictive(self, features: Any) -> tuple[np.ndarray, np.ndarray]:
        """Mean and std of new targets, noise included.

        Args:
            features: shape (m, d).

        Returns:
            Two arrays of shape (m,).
        """
        rows = finite_array(features, "features", (None, self.features.shape[1]))
        posterior = self.posterior()
        variance = self.noise_std**2 + np.einsum("md,de,me->m", rows, posterior.covariance, rows)
        return rows @ posterior.mean, np.sqrt(variance)
