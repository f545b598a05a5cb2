from __future__ import annotations

import numpy as np
import tensorflow as tf

import course.estimators as ce
from autograder.checks.catoni import VARIANCE_SAFETY, draws_needed, test_mean

THETA = {"mean": tf.constant(2.0, tf.float64), "std": tf.constant(1.0, tf.float64)}


def _estimates(baseline: object, draws: int, repetitions: int, seed: int) -> np.ndarray:
    """Independent means of `draws` gradients, shape (repetitions, 1)."""
    many = {name: tf.fill([repetitions], value) for name, value in THETA.items()}
    gradients = ce.ScoreFunction(baseline)(tf.square, ce.GaussianLaw(), many, draws=draws, seed=seed)
    return tf.reduce_mean(gradients["mean"], axis=0).numpy()[:, None]


def test_the_leave_one_out_baseline_is_the_mean_of_the_others() -> None:
    values = np.random.default_rng(0).normal(size=(5, 2))
    want = np.array([np.delete(values, i, axis=0).mean(axis=0) for i in range(5)])
    np.testing.assert_allclose(ce.leave_one_out_baseline(values), want, rtol=1e-12)


def test_leave_one_out_gradients_have_the_right_mean_where_a_batch_mean_would_shrink_them() -> None:
    # Four draws: a baseline that includes the own draw gives 3/4 of the gradient, 3 for 4. Variance of the
    # mean of four by the U-statistic formula: (2·42 + 76)/12 = 13.33. False-fail 1e-9; the shift of 1 is
    # found with probability 0.999.
    bound = np.array([VARIANCE_SAFETY * (2 * 42 + 76) / 12])
    draws = _estimates("leave_one_out", 4, draws_needed(1.0, bound[0]), seed=21)
    assert not test_mean(draws, np.array([4.0]), bound).rejected.any()
    assert test_mean(draws, np.array([3.0]), bound).rejected.all()


def test_means_of_leave_one_out_gradients_have_the_u_statistics_variance() -> None:
    # Two draws: the estimate is ½d²(t + 4) with independent d, t ~ N(0, 2), E d⁴ = 12: mean 4, variance
    # ¼·12·(2 + 16) − 16 = 38. The bound on the variance of squared deviations is 1.5 times its value over 4e6
    # such d and t. False-fail 1e-9; a variance off by half is found with probability 0.999.
    rng = np.random.default_rng(1)
    d, t = rng.normal(scale=np.sqrt(2), size=(2, 4_000_000))
    fourth = ((0.5 * d**2 * (t + 4) - 4) ** 4).mean()
    bound = np.array([1.5 * fourth])
    assert ce.exact_variances(2.0, 2)["leave-one-out"] == 38.0
    draws = _estimates("leave_one_out", 2, draws_needed(19.0, bound[0]), seed=22)
    assert not test_mean((draws - 4.0) ** 2, np.array([38.0]), bound).rejected.any()


def test_the_optimal_baseline_is_seven_where_the_mean_of_f_is_five() -> None:
    # b = E[f s²]/E[s²]: for the mean E[(2 + ε)²ε²] = 4 + 3; for the std, with v = ε² − 1, it is
    # E[(2 + ε)²v²]/E[v²] = (4·2 + 10)/2 = 9. Standard errors at 4e5 draws are below 0.02 and
    # 0.06 (delta method); five of them are allowed, and 5, the mean of f, is far outside.
    best = ce.optimal_baseline(tf.square, ce.GaussianLaw(), THETA, draws=400_000, seed=3)
    assert abs(float(best["mean"]) - 7.0) < 0.1
    assert abs(float(best["std"]) - 9.0) < 0.3


def test_an_optimal_baseline_has_the_gradients_shape() -> None:
    shape = [2, 3]
    parameters = {"mean": tf.zeros(shape, tf.float64), "std": tf.ones(shape, tf.float64)}
    best = ce.optimal_baseline(
        lambda z: tf.reduce_sum(z**2, axis=-1), ce.GaussianLaw(), parameters, draws=50, seed=1
    )
    assert {name: value.shape.as_list() for name, value in best.items()} == {"mean": shape, "std": shape}
