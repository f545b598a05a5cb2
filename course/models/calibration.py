"""Whether a probability of 0.8 is right eight times in ten, and the one number that helps when it is not."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from course.errors import ArgumentError, ShapeError
from course.validation import positive_int


class Reliability(NamedTuple):
    """Confidence and accuracy by bins of confidence.

    Args:
        confidence: mean of the largest probability in each bin, shape (bins,); NaN where a bin is empty.
        accuracy: share of right predictions in each bin, shape (bins,); NaN where a bin is empty.
        counts: predictions in each bin, shape (bins,).
        error: the expected calibration error, Σ counts/n·|accuracy − confidence|.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    counts: np.ndarray
    error: float


def reliability(log_probs: Any, labels: Any, bins: int = 10) -> Reliability:
    """Confidence against accuracy, in bins of equal width.

    The error depends on the bins, and is above zero by chance even for a calibrated model of n predictions:
    compare models on the same bins and data.

    Args:
        log_probs: of the classes, shape (n, classes).
        labels: integers, shape (n,).
        bins: ≥ 1, of equal width on [0, 1].

    Returns:
        Both curves and the error.

    Raises:
        ArgumentError: a label is no class, or ``bins`` is not positive.
        ShapeError: the shapes do not fit.

    Example:
        >>> reliability(np.log([[0.75, 0.25], [0.75, 0.25]]), [0, 1]).error
        0.25

    Source:
        Guo et al. 2017, eqs. (2) and (3).
    """
    z, labels = _checked(log_probs, labels)
    confidence, right = np.exp(z.max(axis=1)), z.argmax(axis=1) == labels
    # A confidence of exactly 1 belongs to the last bin.
    place = np.minimum((confidence * positive_int(bins, "bins")).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(place, confidence, bins) / counts
        accuracy = np.bincount(place, right, bins) / counts
    gaps = np.abs(accuracy - mean)[counts > 0]
    return Reliability(mean, accuracy, counts, float(np.sum(gaps * counts[counts > 0]) / len(labels)))


def fitted_temperature(logits: Any, labels: Any) -> float:
    """The temperature T > 0 that makes softmax(logits/T) most likely on data that was not trained on.

    It changes no prediction, only how sure they are.

    Args:
        logits: or log-probabilities, shape (n, classes).
        labels: integers, shape (n,).

    Returns:
        T; above 1 where the model was too sure.

    Raises:
        ArgumentError: a label is no class.
        ShapeError: the shapes do not fit.

    Source:
        Guo et al. 2017, section 4.2.
    """
    z, labels = _checked(logits, labels)
    rows = np.arange(len(z)), labels

    def loss(log_temperature: float) -> float:
        scaled = z * np.exp(-log_temperature)
        top = scaled.max(axis=1, keepdims=True)
        total = np.log(np.exp(scaled - top).sum(axis=1)) + top[:, 0]
        return float(np.mean(total - scaled[rows]))

    # Convex in 1/T, and so of one minimum in log T.
    return float(np.exp(minimize_scalar(loss, bounds=(-5.0, 5.0), method="bounded").x))


def _checked(log_probs: Any, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    z, y = np.asarray(log_probs, np.float64), np.asarray(labels)
    if z.ndim != 2 or y.shape != z.shape[:1] or not len(y):
        raise ShapeError(
            "one label a row of classes",
            expected="(n, classes) and (n,), n ≥ 1",
            received=f"{z.shape} and {y.shape}",
        )
    if y.min() < 0 or y.max() >= z.shape[1] or not np.issubdtype(y.dtype, np.integer):
        raise ArgumentError(
            "a label is a class",
            expected=f"integers 0 to {z.shape[1] - 1}",
            received=f"{y.dtype} from {y.min()} to {y.max()}",
        )
    return z, y
