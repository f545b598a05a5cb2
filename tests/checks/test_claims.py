"""Every kind of claim survives the wire: what is recorded decides as what was declared."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from autograder import wire
from autograder.checks import (
    Answer,
    avoids,
    close,
    fresh,
    gradient_of,
    law,
    trained,
    unbiased,
    unbiased_stream,
    uses,
    variance,
    variance_ratio,
)
from autograder.checks.claim import _KINDS, Claim, from_parameters
from autograder.results import json_safe

NORMAL = np.random.default_rng(0).normal(size=500)
OTHER = np.random.default_rng(1).normal(size=500)
SOURCE = Answer(lambda: "def f(x):\n    return x")


def answer(value: Any) -> Answer:
    return Answer(lambda: value)


MOMENTS: dict[str, Any] = {"draws": 500, "mean": 0.0}
CLAIMS: list[Claim] = [
    close(answer(NORMAL), NORMAL + 1.0, terms=np.abs(NORMAL) + 1, sizes={"N": 7}, label="x", weight=2.0),
    gradient_of(answer(None), NORMAL, by="x", terms=np.abs(NORMAL)),
    fresh(answer(NORMAL), answer(OTHER), draws=500),
    unbiased(answer(NORMAL), **MOMENTS, variances=[1.0, 0.9], mistakes={"shifted": 3.0}),
    unbiased(
        answer(np.stack([NORMAL, OTHER], 1)), draws=500, mean=[0.0, 0.0], covariances=[np.eye(2)] * 2,
        mistakes={"a": [3.0, 0.0]},
    ),
    unbiased_stream(answer(iter(NORMAL).__next__), mean=0.0, variances=[1.0, 1.0], shift=0.5),
    variance(answer(NORMAL), **MOMENTS, variance=1.0, kurtosis=3.0),
    variance_ratio(answer(0.1 * NORMAL), answer(NORMAL), **MOMENTS, ratio=0.5, deviation_variances=[1.0] * 2),
    variance_ratio(answer(0.1 * NORMAL), NORMAL, **MOMENTS, ratio=0.5, deviation_variances=[1.0, 1.0]),
    law(answer(NORMAL), "norm", draws=500, loc=0.0, scale=1.0),
    law(answer((NORMAL > 0).astype(int)), draws=500, probabilities=[0.5, 0.5]),
    trained(answer(NORMAL), OTHER, metric="mean_squared_error", bound=1.0, margin=0.1),
    uses(SOURCE, "f", "np.sum"),
    avoids(SOURCE, "f", "np.sum"),
]  # fmt: skip


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.kind)
def test_a_claim_that_crossed_the_wire_decides_as_before(claim: Claim) -> None:
    parameters = wire.loads(wire.dumps(claim.parameters()))
    again = from_parameters(claim.kind, parameters, claim.answers)
    first, second = claim.outcome(), again.outcome()
    if claim.kind == "unbiased_stream":  # the second one sees later draws
        assert first.passed and second.passed
        return
    assert (first.passed, first.message, first.label, first.weight) == (
        second.passed, second.message, second.label, second.weight,
    )  # fmt: skip
    assert json_safe(first.evidence) == json_safe(second.evidence)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.kind)
@pytest.mark.parametrize(
    "value", [None, 3.0, "x", [], {}, [[1.0], [1.0, 2.0]], np.zeros((0, 2)), np.full(500, 1e308)]
)
def test_no_answer_makes_a_claim_raise(claim: Claim, value: Any) -> None:
    other = from_parameters(claim.kind, claim.parameters(), tuple(answer(value) for _ in claim.answers))
    outcome = other.outcome()
    assert isinstance(outcome.passed, bool) and outcome.message
    other.observation()


def test_every_registered_kind_is_in_the_table() -> None:
    assert {claim.kind for claim in CLAIMS} == set(_KINDS)


def test_checks_load_without_tensorflow_and_without_scipy() -> None:
    heavy = ("scipy", "tensorflow", "keras")
    script = f"import sys, autograder.checks; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
