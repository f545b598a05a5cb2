"""Stop a training whose learning curve will not reach the best one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from scipy.special import logsumexp
from scipy.stats import t as student

from course.errors import ShapeError
from course.validation import finite_float, positive_int, probability

_POWERS = (0.25, 0.5, 1.0, 2.0)


def probability_below(curve: Sequence[float], last: int, best: float) -> float:
    """How probable it is that a falling curve ends below a value.

    ::

        y_t = a + b t^(−c) + e_t,   e ~ N(0, s²),   flat priors on a, b, log s;  c one of 1/4, 1/2, 1, 2

    For each c the prediction is Student's t with n − 2 degrees of freedom, exactly; the four are weighted by
    their marginal likelihoods.

    Args:
        curve: y_1 to y_n, n ≥ 4, for example validation losses.
        last: the step to predict, > n.
        best: the value to beat.

    Returns:
        P(y_last < best), in [0, 1].

    Raises:
        ShapeError: the curve is shorter than four, or not one-dimensional.

    Example:
        >>> probability_below([1.0, 0.81, 0.73, 0.69, 0.66], 30, best=0.1) < 0.05
        True

    Source:
        Damianou, "“Tricks”" (Transfer/meta-learning/BO); Domhan, Springenberg & Hutter 2015, section 3, with
        a family that integrates in closed form; Bishop 2006, section 3.3 for the t.
    """
    values = np.asarray(curve, dtype=np.float64)
    if values.ndim != 1 or len(values) < 4:
        raise ShapeError("a curve has at least four values", expected="(n,), n ≥ 4", received=values.shape)
    steps, freedom = np.arange(1, len(values) + 1), len(values) - 2
    weights, tails = [], []
    for power in _POWERS:
        # Scaled at the last step seen, so that the flat prior means the same for every power.
        design = np.stack([np.ones(len(values)), (steps / len(values)) ** -power], axis=1)
        ahead = np.array([1.0, (last / len(values)) ** -power])
        inverse = np.linalg.inv(design.T @ design)
        fitted = inverse @ design.T @ values
        # Rounding bounds a perfect fit away from certainty.
        square = max(float(np.sum((values - design @ fitted) ** 2)), 1e-24)
        scale = np.sqrt(square / freedom * (1.0 + ahead @ inverse @ ahead))
        tails.append(student.cdf((best - ahead @ fitted) / scale, freedom))
        weights.append(0.5 * np.linalg.slogdet(inverse)[1] - 0.5 * freedom * np.log(square))
    return float(np.exp(np.array(weights) - logsumexp(weights)) @ np.array(tails))


class LearningCurveStopping(keras.callbacks.Callback):
    """Stops where the curve is improbable to end below the best of earlier trainings.

    Args:
        best: the value to beat; infinity never stops.
        epochs: length of a whole training.
        monitor: key of the logs; lower is better.
        threshold: probability below which training stops.
        patience: epochs that always run, ≥ 4.

    Raises:
        ArgumentError: an argument is out of range.

    Source:
        Domhan, Springenberg & Hutter 2015, section 4.
    """

    def __init__(
        self,
        best: float,
        epochs: int,
        *,
        monitor: str = "val_loss",
        threshold: float = 0.05,
        patience: int = 4,
    ) -> None:
        super().__init__()
        self.best = best if best == np.inf else finite_float(best, "best")
        self.epochs = positive_int(epochs, "epochs")
        self.monitor = monitor
        self.threshold = probability(threshold, "threshold")
        self.patience = max(positive_int(patience, "patience"), 4)
        self.curve: list[float] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """A new curve."""
        self.curve = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """One more value of it."""
        self.curve.append(float((logs or {})[self.monitor]))
        if len(self.curve) < self.patience or len(self.curve) >= self.epochs or self.best == np.inf:
            return
        if probability_below(self.curve, self.epochs, self.best) < self.threshold:
            self.model.stop_training = True
