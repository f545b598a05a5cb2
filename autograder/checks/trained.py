"""Did training work? The trusted side computes the metric, from predictions on held-out data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from autograder.callables import Code
from autograder.checks import sketches
from autograder.checks.answers import Answer
from autograder.checks.claim import Claim, Observation, expect_finite, expect_shape, real, register
from autograder.errors import AuthoringError, StudentError
from autograder.results import Outcome


def accuracy(predictions: np.ndarray, targets: np.ndarray) -> float:
    """Share of rows whose largest score, or whose label, is the target's; targets of shape (n,)."""
    if predictions.ndim == targets.ndim + 1:
        predictions = predictions.argmax(axis=-1)
    return float(np.mean(predictions == targets))


def mean_squared_error(predictions: np.ndarray, targets: np.ndarray) -> float:
    """Mean of (prediction − target)² over all entries."""
    with np.errstate(over="ignore"):
        return float(np.mean((predictions - targets) ** 2))


def mean_absolute_error(predictions: np.ndarray, targets: np.ndarray) -> float:
    """Mean of |prediction − target| over all entries."""
    return float(np.mean(np.abs(predictions - targets)))


def log_loss(predictions: np.ndarray, targets: np.ndarray) -> float:
    """Mean of −log p(target); predictions are probabilities of shape (n, k), targets of shape (n,).

    Raises:
        StudentError: the rows are no probabilities.
    """
    if predictions.min() < 0 or np.any(np.abs(predictions.sum(axis=-1) - 1) > 1e-4):
        raise StudentError("every row should hold probabilities that add to 1; were logits returned?")
    chosen = np.take_along_axis(predictions, targets.astype(np.int64)[:, None], axis=1)
    return float(np.mean(-np.log(np.maximum(chosen, np.finfo(np.float32).tiny))))


def negative_log_likelihood(predictions: np.ndarray, targets: np.ndarray) -> float:
    """Mean of the predictions, −log p(target) or a bound on it in nats, one a target."""
    return float(np.mean(predictions))


METRICS: Mapping[str, tuple[Callable[[np.ndarray, np.ndarray], float], bool]] = {
    "accuracy": (accuracy, True),
    "mean_squared_error": (mean_squared_error, False),
    "mean_absolute_error": (mean_absolute_error, False),
    "log_loss": (log_loss, False),
    "negative_log_likelihood": (negative_log_likelihood, False),
}
"""Metrics by name, and whether more is better."""


@register
@dataclass(frozen=True, kw_only=True)
class Trained(Claim):
    """A metric of predictions on held-out data, against a stated bound and an unstated margin.

    The exercise states ``bound``; a run passes up to ``margin`` short of it, so that nobody who meets the
    statement in the notebook fails by the noise of another data set.

    Args:
        targets: the held-out data's targets.
        metric: a name of ``METRICS``.
        bound: the value that the exercise asks for.
        margin: how far short of it still passes, >= 0.
        of: from the answer and the targets to the predictions; None where the answer is the predictions.
    """

    kind: ClassVar[str] = "trained"

    targets: np.ndarray
    metric: str
    bound: float
    margin: float
    of: Code | None = None

    def decide(self, *values: Any) -> Outcome:
        """Computes the metric and compares."""
        value = self._value(values[0])
        more = METRICS[self.metric][1]
        name = self.metric.replace("_", " ")
        passed = value >= self.bound - self.margin if more else value <= self.bound + self.margin
        evidence = {"metric": self.metric, "value": value, "bound": self.bound, "margin": self.margin}
        wanted = f"at least {self.bound:.3g}" if more else f"at most {self.bound:.3g}"
        message = f"{name} on {len(self.targets)} held-out examples: {value:.3g}, with {wanted} asked for"
        if not passed and len(values) > 1 and (picture := sketches.loss_curves(values[1])):
            evidence["picture"] = picture
        return self._outcome(bool(passed), message, **evidence)

    def observe(self, *values: Any) -> Observation | None:
        """Nothing: training noise makes two runs of the same mistake differ."""
        return None

    def _value(self, value: Any) -> float:
        if self.of is not None:
            parts = value if isinstance(value, list) else [value]
            arrays = [real(part, "a part of the answer").astype(np.float64) for part in parts]
            for array in arrays:
                expect_finite(array)
            value = self.of(arrays, self.targets)
        got = real(value, "the prediction")
        shape = self.targets.shape
        if self.metric == "negative_log_likelihood":
            shape = shape[:1]
        if (self.metric == "accuracy" and got.ndim == len(shape) + 1) or self.metric == "log_loss":
            # One more axis, of scores: any number of classes that covers the targets.
            scores = got.shape[-1] if got.ndim else 0
            expect_shape(got, (*shape, max(scores, int(self.targets.max()) + 1)))
        else:
            expect_shape(got, shape)
        expect_finite(got)
        return METRICS[self.metric][0](got, self.targets)


def _or_nothing(answer: Answer) -> Answer:
    """The answer, or None where it has no value."""

    def resolve() -> Any:
        try:
            return answer.resolve()
        except StudentError:
            return None

    return Answer(resolve, answer.origin)


def trained(
    predictions: Answer,
    targets: Any,
    *,
    metric: str,
    bound: float,
    margin: float,
    history: Answer | None = None,
    of: Code | None = None,
    label: str = "",
    weight: float = 1.0,
) -> Trained:
    """The student's model does on held-out data what the exercise asks for.

    Args:
        predictions: the model's output on inputs that were drawn for this submission.
        targets: what is right there.
        metric: ``accuracy`` (labels or scores), ``log_loss`` (probabilities), ``mean_squared_error``,
            ``mean_absolute_error`` or ``negative_log_likelihood`` (one number a target).
        bound: the value that the exercise states.
        margin: what the noise of training and of the held-out data may cost; choose it from repeated runs of
            the variants.
        history: the losses by epoch that the function returned beside its model, to be shown when the model
            falls short: a list, or lists by name. Whatever it is, it decides nothing.
        of: for a model whose targets are its inputs, as a density's are: the answer is the model's weights,
            and this function computes the predictions from them, a list of float64 arrays, and the targets.
            The held-out data then never meets the student's code, which could otherwise answer by heart. It
            should reshape every array to the size it must have, so that no other size costs more.
        label: what is looked at.
        weight: share of the check's points.

    Raises:
        AuthoringError: there is no such metric, no targets, or the margin is negative.

    Example:
        >>> answer = Answer(lambda: [0, 1, 1])
        >>> trained(answer, [0, 1, 1], metric="accuracy", bound=0.9, margin=0.05).outcome().passed
        True
    """
    right = np.asarray(targets, dtype=np.float64)
    if metric not in METRICS or not right.size or not margin >= 0:
        raise AuthoringError(
            "trained() takes a known metric, targets and a margin of at least 0",
            expected=", ".join(METRICS),
            received=(metric, right.shape, margin),
        )
    return Trained(
        answers=(predictions,) if history is None else (predictions, _or_nothing(history)),
        targets=right,
        metric=metric,
        bound=float(bound),
        margin=float(margin),
        of=of,
        label=label,
        weight=weight,
    )
