"""The mean test keeps its error rates on laws where z and t do not, and finds what it says it finds."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from autograder.checks.catoni import detectable_shift, draws_needed, psi, test_mean, too_noisy
from autograder.errors import AuthoringError

Sampler = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def score_function(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    # z²(z − θ), the score-function estimator of d/dθ E z² at θ = 2; skewness 3.86.
    z = rng.normal(2.0, 1.0, size=shape)
    return z * z * (z - 2.0)


LAWS: dict[str, tuple[Sampler, float, float]] = {
    "normal": (lambda rng, shape: rng.normal(1.0, 2.0, size=shape), 1.0, 4.0),
    "score function": (score_function, 4.0, 87.0),
    "Student t, 3 degrees": (lambda rng, shape: rng.standard_t(3, size=shape), 0.0, 3.0),
    "lognormal": (
        lambda rng, shape: rng.lognormal(0.0, 1.0, size=shape),
        math.exp(0.5),
        math.e * (math.e - 1),
    ),
    "rare spikes": (
        lambda rng, shape: (rng.uniform(size=shape) < 1e-3).astype(float),
        1e-3,
        1e-3 * (1 - 1e-3),
    ),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("n", [50, 500])
def test_a_correct_mean_fails_at_most_as_often_as_promised(law: str, n: int) -> None:
    # alpha = 1e-2, 4000 runs, exact variance as the bound. A true rate of 2·alpha would give 80 failures; 61
    # or more of a rate of at most alpha = 40 expected have probability 1e-3: that is this test's own
    # false-alarm rate.
    sample, mean, variance = LAWS[law]
    rng = np.random.default_rng(hash_of(law))
    draws = sample(rng, (n, 4000))
    failures = 0
    for column in range(4000):
        result = test_mean(draws[:, column : column + 1], np.array([mean]), np.array([variance]), alpha=1e-2)
        failures += bool(result.rejected[0])
    assert failures <= 61


def hash_of(name: str) -> int:
    return sum(name.encode())


@pytest.mark.parametrize("share", [0.5, 0.1, 0.01])
def test_the_exact_tail_of_a_two_point_law_is_within_the_bound(share: float) -> None:
    # Oracle: draws take two values, Σψ is a function of a binomial count, and SciPy knows its law exactly
    # down to 1e-9, where no simulation reaches.
    n, alpha = 400, 1e-9
    values = np.array([0.0, 1.0])
    mean, variance = share, share * (1 - share)
    probability = 0.0
    for count in range(n + 1):
        draws = np.repeat(values, [n - count, count])[:, None]
        if test_mean(draws, np.array([mean]), np.array([variance]), alpha).rejected[0]:
            probability += stats.binom.pmf(count, n, share)
    assert 0 < probability <= alpha


def test_the_exact_tail_of_a_skewed_law_is_within_the_bound_where_the_z_test_is_not() -> None:
    # Oracle: a law on a grid, whose Σψ and Σx have exact laws by n-fold FFT convolution. The law of z²(z − 2)
    # on a grid of z; ψ values are rounded away from zero to the lattice, which can only make the test fail
    # more.
    n, alpha = 100, 1e-6
    z = np.linspace(-6, 10, 4001)
    weights = np.exp(-0.5 * (z - 2.0) ** 2)
    weights /= weights.sum()
    values = z * z * (z - 2.0)
    mean = float(weights @ values)
    variance = float(weights @ (values - mean) ** 2)
    threshold = math.log(2 / alpha)
    rate = math.sqrt(2 * threshold / (n * variance))
    catoni = upper_tail(psi(rate * (values - mean)), weights, n, 2 * threshold)
    plain = upper_tail(
        (values - mean) / math.sqrt(variance), weights, n, math.sqrt(n) * stats.norm.isf(alpha / 2)
    )
    assert catoni <= alpha / 2
    assert plain > 20 * alpha / 2  # measured 92 times nominal for the upper tail, 46 for both


def upper_tail(values: np.ndarray, weights: np.ndarray, n: int, level: float) -> float:
    step = 2e-3
    cells = np.ceil(values / step).astype(int)
    low = cells.min()
    size = 1 << math.ceil(math.log2((cells.max() - low) * n + 2))
    law = np.bincount(cells - low, weights, minlength=size)
    total = np.fft.irfft(np.fft.rfft(law) ** n, size)
    sums = (np.arange(size) + n * low) * step
    return float(total[sums >= level].sum())


@pytest.mark.parametrize("law", ["normal", "score function", "lognormal"])
def test_a_shift_of_the_declared_size_is_found(law: str) -> None:
    # beta = 1e-3 at the declared shift: 1000 runs of which more than 6 miss with probability 1e-4.
    sample, mean, variance = LAWS[law]
    n, alpha = 2000, 1e-9
    shift = float(detectable_shift(n, np.array([variance]), 1, alpha)[0])
    draws = sample(np.random.default_rng(7), (n, 1000))
    for sign in (-1, 1):
        missed = sum(
            not test_mean(
                draws[:, [i]], np.array([mean + sign * shift]), np.array([variance]), alpha
            ).rejected[0]
            for i in range(1000)
        )
        assert missed <= 6


@pytest.mark.parametrize("shift", [0.05, 0.3, 1.0])
@pytest.mark.parametrize("coordinates", [1, 6])
def test_the_draws_needed_are_the_draws_at_which_the_shift_becomes_detectable(
    shift: float, coordinates: int
) -> None:
    n = draws_needed(shift, 2.0, coordinates)
    bound = np.array([2.0])
    assert detectable_shift(n, bound, coordinates)[0] <= shift
    assert detectable_shift(n - 2, bound, coordinates)[0] > shift


def test_no_shift_is_detectable_with_too_few_draws() -> None:
    assert np.isinf(detectable_shift(3, np.array([1.0]))[0])


def test_psi_is_the_logarithm_it_claims_to_be_up_to_the_largest_double() -> None:
    small = np.linspace(-50, 50, 1001)
    size = np.abs(small)
    assert psi(small) == pytest.approx(np.sign(small) * np.log(1 + size + size**2 / 2), abs=1e-13)
    huge = np.array([1e99, 1e101, 1e200, np.finfo(float).max])
    assert psi(huge) == pytest.approx(2 * np.log(huge) - math.log(2), rel=1e-14)
    assert psi(np.array([np.inf]))[0] == psi(np.array([np.finfo(float).max]))[0]


@pytest.mark.parametrize("size", [1e2, 1e6, 1e200, 1.7e308])
def test_balanced_noise_does_not_hide_a_mean(size: float) -> None:
    # ψ grows like a logarithm: without the second test ±1e6 around 0 would pass for any mean.
    draws = np.where(np.arange(1000) % 2 == 0, size, -size)[:, None]
    assert too_noisy(draws, np.array([4.0]), np.array([87.0]))[0]


@pytest.mark.parametrize("law", LAWS)
def test_the_noise_test_leaves_correct_estimators_alone(law: str) -> None:
    # At alpha = 1e-3 the bound promises less than 1e-6 for a variance within the bound: one failure in 1000
    # runs would already be a sign of an error (false alarm 1e-3).
    sample, mean, variance = LAWS[law]
    draws = sample(np.random.default_rng(3), (200, 1000))
    assert not too_noisy(draws, np.full(1000, mean), np.full(1000, variance), alpha=1e-3).any()


def test_an_answer_whose_evidence_cannot_be_computed_is_rejected() -> None:
    with np.errstate(invalid="ignore"):
        result = test_mean(np.full((10, 1), np.nan), np.zeros(1), np.ones(1))
    assert result.rejected.all()


def test_a_variance_bound_must_be_positive() -> None:
    with pytest.raises(AuthoringError, match="a variance bound is positive"):
        test_mean(np.zeros((5, 1)), np.zeros(1), np.zeros(1))
