from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import course.estimators as ce


def test_exact_variances_are_the_lectures_anchors() -> None:
    exact = ce.exact_variances(2.0, 1000)
    got = [exact[name] for name in ("score function", "baseline E[f]", "optimal baseline", "pathwise")]
    np.testing.assert_allclose(got, [0.087, 0.042, 0.038, 0.004], rtol=1e-12)


@pytest.mark.parametrize("theta", [-1.3, 0.0, 2.0])
def test_exact_variances_follow_from_quadrature(theta: float) -> None:
    eps, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()
    f = (theta + eps) ** 2
    draws = {
        "score function": f * eps,
        "baseline E[f]": (f - theta**2 - 1) * eps,
        "optimal baseline": (f - theta**2 - 3) * eps,
        "pathwise": 2 * (theta + eps),
    }
    exact = ce.exact_variances(theta, 10)
    for name, values in draws.items():
        assert np.isclose(weights @ values, 2 * theta, atol=1e-12)
        assert np.isclose(exact[name], weights @ (values - 2 * theta) ** 2 / 10, rtol=1e-12)
    # Leave-one-out with two draws is ½(f₁ − f₂)(ε₁ − ε₂).
    pair = 0.5 * np.subtract.outer(f, f) * np.subtract.outer(eps, eps)
    second = np.einsum("i,j,ij->", weights, weights, (pair - 2 * theta) ** 2)
    assert np.isclose(ce.exact_variances(theta, 2)["leave-one-out"], second, rtol=1e-12)


def test_the_optimal_baseline_is_optimal() -> None:
    # (z² − b)(z − θ): the quadratic in b by three points.
    eps, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()
    values = [weights @ (((2 + eps) ** 2 - b) * eps - 4) ** 2 for b in (6.9, 7.0, 7.1)]
    assert values[1] == min(values)


def test_the_table_agrees_with_its_exact_columns() -> None:
    # At N ≥ 1000 an estimate is a mean of so many draws that it is Gaussian to within 1 %, and its scaled
    # sample variance χ². False-fail of one row 4e-8, of the test below 1e-6; a variance off by 60 % is
    # found with probability above 0.99.
    rows = ce.variance_table(sizes=(1_000, 10_000), repetitions=400, seed=5)
    assert len(rows) == 10
    for row in rows:
        error = np.sqrt(row.exact_variance / 400)
        assert abs(row.mean - row.exact_mean) < 5.6 * error, row
        ratio = 399 * row.variance / row.exact_variance
        assert 1e-8 < stats.chi2.cdf(ratio, 399) < 1 - 1e-8, row


def test_the_table_depends_on_its_seed_alone() -> None:
    first = ce.variance_table(sizes=(10,), repetitions=5, seed=1)
    assert first == ce.variance_table(sizes=(10,), repetitions=5, seed=1)
    assert first != ce.variance_table(sizes=(10,), repetitions=5, seed=2)


def test_the_table_prints_as_markdown() -> None:
    rows = ce.variance_table(sizes=(10, 20), repetitions=5)
    lines = ce.markdown_table(rows).splitlines()
    assert len(lines) == 2 + 10 and lines[2].startswith("| score function | 10 |")
    assert len({line.count("|") for line in lines}) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"sizes": (1,)}, r"draws ≥ 2, received 1"),
        ({"sizes": (0,)}, r"draws ≥ 1, received draws=0"),
        ({"repetitions": 1}, r"repetitions ≥ 2, received 1"),
        ({"theta": float("nan")}, r"finite theta, received theta=nan"),
    ],
)
def test_bad_arguments_are_named(arguments: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ce.variance_table(**arguments)
