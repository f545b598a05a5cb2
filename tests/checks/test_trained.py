"""``trained``: metrics computed by the trusted side."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from autograder.checks import Answer, Student, code, trained
from autograder.checks.answers import in_namespace
from autograder.checks.claim import from_parameters
from autograder.checks.trained import METRICS
from autograder.errors import AuthoringError
from autograder.results import Outcome
from autograder.wire import dumps, loads

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 3, size=200)
SCORES = RNG.dirichlet(np.ones(3), size=200)


@pytest.mark.parametrize(
    ("metric", "predictions", "targets", "right"),
    [
        ("accuracy", SCORES, LABELS, metrics.accuracy_score(LABELS, SCORES.argmax(1))),
        ("accuracy", SCORES.argmax(1), LABELS, metrics.accuracy_score(LABELS, SCORES.argmax(1))),
        ("log_loss", SCORES, LABELS, metrics.log_loss(LABELS, SCORES)),
        ("mean_squared_error", SCORES[:, 0], LABELS, metrics.mean_squared_error(LABELS, SCORES[:, 0])),
        ("mean_absolute_error", SCORES[:, 0], LABELS, metrics.mean_absolute_error(LABELS, SCORES[:, 0])),
    ],
)
def test_metrics_are_scikit_learns(metric: str, predictions: Any, targets: Any, right: float) -> None:
    outcome = trained(Answer(lambda: predictions), targets, metric=metric, bound=0.0, margin=0.0).outcome()
    assert outcome.evidence["value"] == pytest.approx(right, rel=1e-12)


@pytest.mark.parametrize(
    ("share", "passed"), [(0.95, True), (0.90, True), (0.87, True), (0.85, True), (0.84, False), (0.0, False)]
)
def test_more_is_better_up_to_the_margin(share: float, passed: bool) -> None:
    predictions = np.where(np.arange(200) < round(200 * share), LABELS, (LABELS + 1) % 3)
    outcome = trained(
        Answer(lambda: predictions), LABELS, metric="accuracy", bound=0.9, margin=0.05
    ).outcome()
    assert outcome.passed == passed
    assert outcome.message == f"accuracy on 200 held-out examples: {share:.3g}, with at least 0.9 asked for"


@pytest.mark.parametrize(("error", "passed"), [(0.3, True), (0.39, True), (0.5, False)])
def test_less_error_is_better_up_to_the_margin(error: float, passed: bool) -> None:
    claim = trained(
        Answer(lambda: LABELS + error), LABELS, metric="mean_absolute_error", bound=0.3, margin=0.1
    )
    assert claim.outcome().passed == passed


@pytest.mark.parametrize(
    ("metric", "predictions", "text"),
    [
        ("accuracy", SCORES[:, :2], "the shape is (200, 2), but (200, 3) was asked for"),
        ("accuracy", SCORES[:5].argmax(1), "the shape is (5,), but (200,) was asked for"),
        (
            "log_loss",
            np.log(SCORES),
            "every row should hold probabilities that add to 1; were logits returned?",
        ),
        ("log_loss", LABELS, "the shape is (200,), but (200, 200) was asked for"),
        ("mean_squared_error", np.full(200, np.nan), "200 of 200 numbers are NaN or infinite"),
        ("mean_squared_error", None, "the prediction is None; is the `return` missing?"),
    ],
)
def test_predictions_that_are_none_are_told_so(metric: str, predictions: Any, text: str) -> None:
    outcome = trained(Answer(lambda: predictions), LABELS, metric=metric, bound=1.0, margin=0.0).outcome()
    assert not outcome.passed and outcome.message.startswith(text.split(", but (200, 200)")[0])


@pytest.mark.parametrize("options", [{"metric": "luck"}, {"margin": -1.0}, {"targets": []}])
def test_authors_are_told_what_trained_takes(options: dict[str, Any]) -> None:
    with pytest.raises(AuthoringError, match=", ".join(METRICS)):
        trained(
            Answer(lambda: 0),
            **({"targets": LABELS, "metric": "accuracy", "bound": 0.9, "margin": 0.0} | options),
        )


def test_a_model_that_a_function_returns_is_judged_by_its_predictions() -> None:
    import keras
    from sklearn.linear_model import LogisticRegression

    x = np.random.default_rng(0).normal(size=(60, 2))
    y = (x[:, 0] > 0).astype(int)

    def network(x: Any, y: Any) -> Any:
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dropout(0.9), keras.layers.Dense(2)])
        model.layers[-1].set_weights([np.array([[-1.0, 1.0], [0.0, 0.0]]), np.zeros(2)])
        return model

    def classifier(x: Any, y: Any) -> Any:
        return LogisticRegression().fit(x, y)

    def number(x: Any, y: Any) -> Any:
        return 3.0

    def broken(x: Any, y: Any) -> Any:
        return lambda inputs: 1 / 0

    student = Student(in_namespace({f.__name__: f for f in (network, classifier, number, broken)}))

    def judge_model(name: str) -> Outcome:
        predictions = student.predict(getattr(student, name)(x, y), x)
        return trained(predictions, y, metric="accuracy", bound=0.95, margin=0.0).outcome()

    # Dropout would leave a third of the network's answers to chance, were it called as in training.
    assert judge_model("network").passed
    assert judge_model("classifier").passed
    assert judge_model("number").message == "a model should be returned, not a float"
    assert "ZeroDivisionError" in judge_model("broken").message
    assert judge_model("missing").message.startswith("`missing` is not defined")


# A standard normal model of one number, with the answer as its mean: −log p up to the constant.
DENSITY = code("lambda parts, x: 0.5 * (x - parts[0].reshape(1)) ** 2")


@pytest.mark.parametrize(("mean", "passed"), [(0.0, True), (0.2, True), (0.6, False)])
def test_a_density_is_judged_by_its_weights(mean: float, passed: bool) -> None:
    targets = np.array([-1.0, 1.0])
    claim = trained(
        Answer(lambda: [np.array([mean], np.float32)]),
        targets,
        metric="negative_log_likelihood",
        bound=0.5,
        margin=0.05,
        of=DENSITY,
    )
    outcome = claim.outcome()
    assert outcome.passed is passed
    assert outcome.evidence["value"] == pytest.approx(0.5 + mean**2 / 2, rel=1e-6)
    again = from_parameters(claim.kind, loads(dumps(claim.parameters()), accept_code=True), claim.answers)
    assert again.outcome() == outcome


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ([np.array([np.nan])], "not finite|NaN|nan"),
        ([np.zeros(3)], "cannot be judged"),
        ([], "cannot be judged"),
        ("weights", "number"),
    ],
)
def test_weights_of_no_model_fail_with_a_reason(answer: Any, text: str) -> None:
    outcome = trained(
        Answer(lambda: answer), [1.0], metric="negative_log_likelihood", bound=9.0, margin=0.0, of=DENSITY
    ).outcome()
    assert not outcome.passed
    assert re.search(text, outcome.message)
