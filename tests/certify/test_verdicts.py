"""Small versions of ``tests/benchmarks/verdicts.py``, whose table has the measured rates."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from autograder.checks import Answer, unbiased_stream
from autograder.checks.run import observe_bank

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "verdicts.py"
EXACT = ("score_function_gradient", "pathwise_gradient", "leave_one_out_baseline")

pytestmark = pytest.mark.filterwarnings("ignore:distutils Version classes are deprecated:DeprecationWarning")


@cache
def verdicts() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verdicts_benchmark", SCRIPT)
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@cache
def bank(check_name: str) -> tuple[Any, int, Any]:
    """A check, hidden inputs, and what the check sees of its mistakes there."""
    suite = verdicts().suite
    check = suite.checks[check_name]
    at = verdicts().seed("small", check)
    return check, at, observe_bank(suite, check, at)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["float32 arguments and result", "inside tf.function", "list of numbers"])
@pytest.mark.parametrize("check_name", EXACT)
def test_verdicts_and_names_do_not_depend_on_type_or_compilation(check_name: str, form: str) -> None:
    module = verdicts()
    check, at, observed = bank(check_name)
    able = 0
    for entry in (None, *module.suite.variants_of(check)[:2], *module.suite.mistakes_of(check)[:6]):
        function = module.suite.namespace(entry)[check_name]
        plain = module.judge(check, entry, at, observed)
        other = module.judge(check, {check_name: module.WRAPPERS[form](function)}, at, observed)
        if any(" raised " in outcome.message for outcome in other.outcomes):
            continue  # NumPy inside a graph
        able += 1
        assert [(o.passed, o.mistakes) for o in other.outcomes] == [
            (o.passed, o.mistakes) for o in plain.outcomes
        ], entry and entry.name
    assert able >= 5


@pytest.mark.parametrize("check_name", EXACT)
def test_unrelated_wrong_answers_get_no_name(check_name: str) -> None:
    # Exact arrays that agree with a banked mistake to about 13 digits do not arise by chance.
    check, at, observed = bank(check_name)
    rng = np.random.default_rng(3)
    for _ in range(60):
        result = verdicts().judge(check, {check_name: verdicts().array(check_name, rng)}, at, observed)
        assert result.fraction < 1
        assert not any(outcome.mistakes for outcome in result.outcomes)


def test_one_call_at_a_time_settles_a_mean_within_a_thousand_draws_on_average() -> None:
    # The standard deviation of one run's draws is about 250: the mean of 40 runs has a standard error of 40,
    # and a design that needs 1100 passes with probability 6e-3. Measured: about 600.
    rng, theta = np.random.default_rng(5), 1.6
    spread = theta**4 + 14 * theta**2 + 15

    def draw() -> float:
        z = rng.normal(theta, 1.0)
        return float(z * z * (z - theta))

    plan: dict[str, Any] = {"mean": 2 * theta, "variances": [spread, spread], "shift": theta}
    outcomes = [unbiased_stream(Answer(lambda: draw), **plan).outcome() for _ in range(40)]
    assert all(outcome.passed for outcome in outcomes)
    assert np.mean([outcome.evidence["calls"] for outcome in outcomes]) <= 1000
