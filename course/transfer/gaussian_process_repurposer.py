"""A Gaussian process classifier on transferred features."""

from __future__ import annotations

import keras
import numpy as np
from scipy.special import expit
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF, ConstantKernel

from course.transfer.feature_repurposer import FeatureRepurposer
from course.transfer.kernels import squared_distances

_MOST_FOR_THE_KERNEL = 60
# The trapezoidal rule's error is e^(−2π²/(std · step)), from the logistic's pole at iπ: at the widest std the
# kernel's bounds allow, √1000, that is e^(−39). Gauss–Hermite with 40 nodes is wrong by 3e-3 there.
_NODES = np.linspace(-8.5, 8.5, 1089)
_WEIGHTS = np.exp(-0.5 * _NODES**2)


class GaussianProcessRepurposer(FeatureRepurposer):
    """One Gaussian process a class against the rest, by Laplace's approximation, fitted by scikit-learn.

    ::

        f_k ~ GP(0, s² exp(−‖z − z'‖² / 2ℓ²)),   y = k with probability σ(f_k)
        p_k(x) = ∫ σ(f) N(f; mean_k(x), variance_k(x)) df,   p(y = k | x) = p_k / Σ p_j

    s and ℓ maximise the marginal likelihood of at most 60 examples, and all examples are then conditioned
    on: an evaluation of that likelihood costs n³. The integral is by the trapezoidal rule, to rounding.

    Args:
        source: the network the features come from.
        layers: names of one or several of its layers.
        seed: of the choice of the 60.

    Raises:
        ArgumentError: a layer is unknown, or the source is of another kind.

    Source:
        Damianou, "Deployment: Transfer learning"; Rasmussen & Williams 2006, section 3.4, algorithms 3.1
        and 3.2.
    """

    def _fit_head(self, features: np.ndarray, labels: np.ndarray) -> None:
        chosen = np.random.default_rng(self.seed).permutation(len(labels))
        # Each class must be among the chosen: the first of every class, then whatever comes.
        first = [int(chosen[np.argmax(labels[chosen] == k)]) for k in range(self._classes)]
        rest = [int(i) for i in chosen if i not in first]
        chosen = np.array((first + rest)[: max(_MOST_FOR_THE_KERNEL, self._classes)])
        self._points = features
        start = ConstantKernel(1.0, (1e-2, 1e3)) * RBF(np.sqrt(features.shape[1]), (1e-1, 1e3))
        fits = []
        for k in range(self._classes):
            tuned = _quiet(GaussianProcessClassifier(start), features[chosen], labels[chosen] == k)
            fixed = GaussianProcessClassifier(tuned.kernel_, optimizer=None).fit(features, labels == k)
            fits.append(fixed.base_estimator_)
        self._log_kernel = np.stack([fit.kernel_.theta for fit in fits])
        # Algorithm 3.2: the mean needs y − π, the variance L and √W.
        self._residuals = np.stack([fit.y_train_ - fit.pi_ for fit in fits])
        self._roots = np.stack([fit.W_sr_ for fit in fits])
        self._choleskys = np.stack([fit.L_ for fit in fits])

    def latent(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of each f_k at standardised features.

        Args:
            features: shape (n, d).

        Returns:
            Two arrays of shape (n, C).
        """
        distances = squared_distances(features, self._points)
        means, variances = [], []
        for k in range(self._classes):
            amplitude, length = np.exp(self._log_kernel[k])
            cross = amplitude * np.exp(-distances / (2.0 * length**2))
            means.append(cross @ self._residuals[k])
            solved = np.linalg.solve(self._choleskys[k], (cross * self._roots[k]).T)
            variances.append(np.maximum(amplitude - np.sum(solved**2, axis=0), 0.0))
        return np.stack(means, 1), np.stack(variances, 1)

    def _head_probability(self, features: np.ndarray) -> np.ndarray:
        mean, variance = self.latent(features)
        draws = mean[..., None] + np.sqrt(variance)[..., None] * _NODES
        single = expit(draws) @ (_WEIGHTS / _WEIGHTS.sum())
        return single / single.sum(axis=1, keepdims=True)

    def _head_arrays(self) -> dict[str, np.ndarray]:
        return {
            "points": self._points,
            "log_kernel": self._log_kernel,
            "residuals": self._residuals,
            "roots": self._roots,
            "choleskys": self._choleskys,
        }

    def _restore_head(self, arrays: dict[str, np.ndarray], models: dict[str, keras.Model]) -> None:
        self._points, self._log_kernel = arrays["points"], arrays["log_kernel"]
        self._residuals, self._roots = arrays["residuals"], arrays["roots"]
        self._choleskys = arrays["choleskys"]


def _quiet(model: GaussianProcessClassifier, x: np.ndarray, y: np.ndarray) -> GaussianProcessClassifier:
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # With a few separable examples the likelihood grows up to the bounds, which are meant to stop it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(x, y)
