"""A support vector machine on transferred features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC

from course.transfer.feature_repurposer import FeatureRepurposer
from course.transfer.kernels import squared_distances
from course.transfer.logistic_repurposer import logits_of
from course.validation import positive_float


class SvmRepurposer(FeatureRepurposer):
    """One support vector machine a class against the rest, fitted by scikit-learn.

    ::

        f_k(z) = Σᵢ aₖᵢ exp(−γ ‖z − zᵢ‖²) + bₖ,   γ = 1/d for standardised features
        p(y = k | x) = softmax_k(A f(z) + c)

    Labels come from the largest f, probabilities from a logistic regression on decisions that
    cross-validation made for examples they were not fitted on (Platt's scaling, all classes at once). With a
    single example of some class no such decision exists, and A is the identity.

    Args:
        source: the network the features come from.
        layers: names of one or several of its layers.
        inverse_penalty: C of the margin, > 0.
        seed: of the cross-validation's folds.

    Raises:
        ArgumentError: an argument is out of range or a layer unknown.

    Source:
        Damianou, "Deployment: Transfer learning"; Bishop 2006, section 7.1; Platt 1999.
    """

    def __init__(
        self,
        source: keras.Model,
        layers: Sequence[str] | str,
        *,
        inverse_penalty: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__(source, layers, seed=seed)
        self.inverse_penalty = positive_float(inverse_penalty, "inverse_penalty")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, without the source."""
        return {**super().get_config(), "inverse_penalty": self.inverse_penalty}

    def predict_label(self, inputs: Any) -> np.ndarray:
        """The class of the largest decision value, int64, shape (n,).

        Args:
            inputs: shape (n, ...).

        Raises:
            ArgumentError: nothing was fitted yet.
            ShapeError: the inputs do not fit the source.
        """
        features = (self.features(self._ready(inputs)) - self._mean) / self._std
        return np.argmax(self._decisions(features), axis=1).astype(np.int64)

    def _machines(self, features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        duals, biases = np.zeros((self._classes, len(features))), np.zeros(self._classes)
        for k in range(self._classes):
            machine = SVC(C=self.inverse_penalty, gamma=1.0 / features.shape[1]).fit(features, labels == k)
            duals[k, machine.support_] = machine.dual_coef_[0]
            biases[k] = machine.intercept_[0]
        return duals, biases

    def _fit_head(self, features: np.ndarray, labels: np.ndarray) -> None:
        self._points = features
        self._duals, self._biases = self._machines(features, labels)
        self._scale, self._shift = np.eye(self._classes), np.zeros(self._classes)
        folds = min(5, int(np.bincount(labels).min()))
        if folds < 2:
            return
        held_out = np.empty((len(labels), self._classes))
        for train, test in StratifiedKFold(folds, shuffle=True, random_state=self.seed).split(
            features, labels
        ):
            duals, biases = self._machines(features[train], labels[train])
            held_out[test] = self._kernel(features[test], features[train]) @ duals.T + biases
        platt = LogisticRegression(max_iter=2000).fit(held_out, labels)
        self._scale, self._shift = logits_of(platt)

    @staticmethod
    def _kernel(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.exp(-squared_distances(left, right) / left.shape[1])

    def _decisions(self, features: np.ndarray) -> np.ndarray:
        return self._kernel(features, self._points) @ self._duals.T + self._biases

    def _head_probability(self, features: np.ndarray) -> np.ndarray:
        return softmax(self._decisions(features) @ self._scale.T + self._shift, axis=1)

    def _head_arrays(self) -> dict[str, np.ndarray]:
        return {
            "points": self._points,
            "duals": self._duals,
            "biases": self._biases,
            "scale": self._scale,
            "shift": self._shift,
        }

    def _restore_head(self, arrays: dict[str, np.ndarray], models: dict[str, keras.Model]) -> None:
        self._points, self._duals, self._biases = arrays["points"], arrays["duals"], arrays["biases"]
        self._scale, self._shift = arrays["scale"], arrays["shift"]
