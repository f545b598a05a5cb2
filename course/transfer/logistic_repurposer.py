"""Logistic regression on transferred features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from course.transfer.feature_repurposer import FeatureRepurposer
from course.validation import positive_float


class LogisticRepurposer(FeatureRepurposer):
    """Multinomial logistic regression, fitted by scikit-learn, kept as two arrays.

    ::

        p(y | x) = softmax(W z + b),   minimising C Σₙ −log p(yₙ | xₙ) + ‖W‖² / 2

    Args:
        source: the network the features come from.
        layers: names of one or several of its layers.
        inverse_penalty: C, > 0.
        seed: unused by the solver, which is deterministic.

    Raises:
        ArgumentError: an argument is out of range or a layer unknown.

    Source:
        Damianou, "Deployment: Transfer learning"; Bishop 2006, section 4.3.4.
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

    def _fit_head(self, features: np.ndarray, labels: np.ndarray) -> None:
        model = LogisticRegression(C=self.inverse_penalty, max_iter=2000).fit(features, labels)
        self._weights, self._bias = logits_of(model)

    def _head_probability(self, features: np.ndarray) -> np.ndarray:
        return softmax(features @ self._weights.T + self._bias, axis=1)

    def _head_arrays(self) -> dict[str, np.ndarray]:
        return {"weights": self._weights, "bias": self._bias}

    def _restore_head(self, arrays: dict[str, np.ndarray], models: dict[str, keras.Model]) -> None:
        self._weights, self._bias = arrays["weights"], arrays["bias"]


def logits_of(model: LogisticRegression) -> tuple[np.ndarray, np.ndarray]:
    """Weights and bias of a logit for each class, also of a model of two.

    Args:
        model: fitted.

    Returns:
        Shapes (classes, features) and (classes,).
    """
    weights, bias = model.coef_, model.intercept_
    if len(weights) > 1:
        return weights, bias
    # scikit-learn keeps one row, the log odds of class 1: class 0 has logit 0.
    return np.vstack([0 * weights, weights]), np.concatenate([0 * bias, bias])
