"""What every estimator of the table has to satisfy."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy import special

import course.estimators as ce
from autograder.checks.catoni import VARIANCE_SAFETY, draws_needed, test_mean

DRAWS = 20_000


def _rows(gradients: dict[str, np.ndarray], lead: int) -> np.ndarray:
    return np.concatenate(
        [
            np.asarray(gradients[name]).reshape(*np.shape(gradients[name])[:lead], -1)
            for name in sorted(gradients)
        ],
        axis=-1,
    )


def _sample_variance(row: Any) -> np.ndarray:
    """Variance of a draw, over draws of a seed that no other test takes."""
    return ((_rows(row.draw(100_000, seed=987), 1) - _rows(row.exact, 0)) ** 2).mean(axis=0)


def test_every_exported_estimator_stands_in_the_table(table: list[Any]) -> None:
    exported = {
        value
        for value in vars(ce).values()
        if isinstance(value, type) and issubclass(value, ce.Estimator) and value is not ce.Estimator
    }
    assert exported == {type(row.estimator) for row in table}


def test_every_exported_law_stands_in_the_table(table: list[Any]) -> None:
    exported = {
        value
        for value in vars(ce).values()
        if isinstance(value, type)
        and issubclass(value, ce.Law)
        and not getattr(value, "__abstractmethods__", None)
    }
    # Adapters of TFP's distributions have tests of their own.
    assert exported - {ce.DistributionLaw} == {type(row.law) for row in table}


def test_the_table_says_which_estimators_are_biased(row: Any) -> None:
    assert row.estimator.unbiased == (
        not isinstance(row.estimator, ce.GumbelSoftmaxRelaxation | ce.StraightThrough)
    )


def test_single_draws_follow_the_formula(formula_row: Any) -> None:
    noise = formula_row.noise(np.random.default_rng(3), 50)
    given = noise if len(noise) > 1 else noise["base"]
    got = formula_row.estimator(formula_row.f, formula_row.law, formula_row.tensors(), noise=given)
    want = formula_row.formula(noise)
    assert set(got) == set(want)
    for name, value in want.items():
        # Finite differences of the gamma quantile are good to 1e-9, all else to rounding.
        np.testing.assert_allclose(got[name].numpy(), value, rtol=1e-7, atol=1e-8)


def test_the_formula_has_the_exact_gradient_as_its_mean(formula_row: Any) -> None:
    mean = formula_row.moment(1)
    for name, value in formula_row.exact.items():
        if formula_row.estimator.unbiased:
            np.testing.assert_allclose(mean[name], value, rtol=1e-6, atol=1e-7)
        else:
            assert np.all(np.abs(mean[name] - value) > 0.02 * np.abs(value))


def test_exact_estimators_give_the_exact_gradient(exact_row: Any) -> None:
    got = exact_row.estimator(exact_row.f, exact_row.law, exact_row.tensors())
    for name, value in exact_row.exact.items():
        assert got[name].shape == (1, *value.shape)
        np.testing.assert_allclose(got[name][0], value, rtol=1e-12, atol=1e-13)


def test_the_mean_of_own_draws_is_the_exact_gradient(unbiased_row: Any) -> None:
    # Catoni's test: false-fail 1e-9 a row, whatever the law. The number of draws is what finds a shift by
    # half the largest entry of the gradient with probability 0.999.
    if unbiased_row.formula is None:
        bound = 2.0 * _sample_variance(unbiased_row)  # no quadrature: the sample's, doubled
    else:
        bound = VARIANCE_SAFETY * _rows(unbiased_row.moment(2, unbiased_row.exact), 0)
    exact = _rows(unbiased_row.exact, 0)
    needed = max(draws_needed(0.5 * np.abs(exact).max(), v, exact.size) for v in bound)
    draws = _rows(unbiased_row.draw(max(needed, 1000), seed=11), 1)
    result = test_mean(draws, exact, bound)
    assert not result.rejected.any(), (result.estimate, exact)


def test_the_variance_of_own_draws_is_the_stated_one(formula_row: Any) -> None:
    # The same test on squared deviations from the exact mean, whose own variance is known by quadrature:
    # false-fail 1e-9, and a variance off by half, up or down, is found with probability 0.999, so that a
    # missing baseline, a missing η or a factor of 2 shows.
    centre = formula_row.moment(1)
    variance = _rows(formula_row.moment(2, centre), 0)
    bound = VARIANCE_SAFETY * np.maximum(_rows(formula_row.moment(4, centre), 0) - variance**2, 1e-9)
    needed = max(draws_needed(0.5 * s, v, s.size) for s, v in zip(variance, bound, strict=True) if s > 1e-9)
    assert needed < 3_000_000
    draws = _rows(formula_row.draw(max(needed, 1000), seed=12), 1)
    result = test_mean((draws - _rows(centre, 0)) ** 2, variance, bound)
    assert not result.rejected.any(), (result.estimate, variance)


@pytest.mark.parametrize("coupled", [True, False])
def test_rebars_variance_is_far_below_the_score_functions(coupled: bool) -> None:
    # f = Σz over eight bits: a gradient that hears the noise of the seven others. The variance of the score
    # function is exact, by a sum over the 256 states; REBAR's is a mean of squared deviations from the exact
    # gradient, with its own standard error. Two seeds of every hundred million would put that mean 5.5 errors
    # too high; the truth is near 1/30, so that the bound of a tenth fails as soon as the control variate is
    # lost.
    logits = np.linspace(-1.0, 1.0, 8)
    p = special.expit(logits)
    states = np.array(list(itertools.product([0.0, 1.0], repeat=8)))
    mass = np.prod(np.where(states == 1, p, 1 - p), axis=1)
    each = states.sum(axis=1, keepdims=True) * (states - p)
    exact = p * (1 - p)
    np.testing.assert_allclose(mass @ each, exact, rtol=1e-12)
    score = float(mass @ ((each - exact) ** 2).sum(axis=1))
    got = ce.Rebar(0.5, coupled=coupled)(
        lambda z: tf.reduce_sum(z, axis=-1), ce.BernoulliLaw(), {"logits": logits}, draws=20_000, seed=4
    )["logits"].numpy()
    squares = ((got - exact) ** 2).sum(axis=1)
    assert squares.mean() + 5.5 * squares.std() / np.sqrt(len(squares)) < 0.1 * score


def test_rebars_scale_goes_from_the_score_function_to_a_minimum_of_the_variance() -> None:
    logits, f = (
        {"logits": tf.constant([0.4, -1.0, 0.0], tf.float64)},
        lambda z: (tf.reduce_sum(z, -1) - 0.9) ** 2,
    )
    draws = {"draws": 20_000, "seed": 5}
    score = ce.ScoreFunction()(f, ce.BernoulliLaw(), logits, **draws)["logits"].numpy()
    by_scale = {
        scale: ce.Rebar(0.5, scale)(f, ce.BernoulliLaw(), logits, **draws)["logits"].numpy()
        for scale in (0.0, 0.5, 1.0)
    }
    np.testing.assert_allclose(by_scale[0.0], score, rtol=1e-12)
    # The gradient is affine in the scale, draw by draw, so that the variance is a parabola.
    np.testing.assert_allclose(by_scale[0.5], (by_scale[0.0] + by_scale[1.0]) / 2, rtol=1e-9, atol=1e-12)


def test_a_shifted_mean_is_rejected_by_the_same_test(table: list[Any]) -> None:
    # The power claimed above, once: 25 % off the pathwise gradient of z² with the bound of that estimator.
    row = next(row for row in table if row.name == "pathwise")
    draws = _rows(row.draw(DRAWS, seed=13), 1)
    result = test_mean(draws, 0.75 * _rows(row.exact, 0), 1.25 * _rows(row.moment(2, row.exact), 0))
    assert result.rejected.all()


def test_graph_and_jit_give_what_eager_gives_on_the_same_noise(row: Any) -> None:
    noise = row.noise(np.random.default_rng(5), 7)
    given = noise if len(noise) > 1 else noise.get("base")
    kwargs = {} if given is None else {"noise": given}

    def run(parameters: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return row.estimator(row.f, row.law, parameters, **kwargs)

    eager = run(row.tensors())
    for jit in (False, True):
        compiled = tf.function(run, jit_compile=jit)(row.tensors())
        for name, value in eager.items():
            np.testing.assert_allclose(compiled[name], value, rtol=1e-9, atol=1e-11)


def test_own_noise_compiles_and_follows_the_seed(noisy_row: Any) -> None:
    row = noisy_row

    def run(seed: tf.Tensor) -> dict[str, tf.Tensor]:
        return row.estimator(row.f, row.law, row.tensors(), draws=64, seed=seed)

    for call in (run, tf.function(run), tf.function(run, jit_compile=True)):
        first, again, other = (_rows(call(tf.constant(seed)), 1) for seed in ([1, 2], [1, 2], [1, 3]))
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)
        assert np.all(np.isfinite(first))


def test_single_precision_stays_single_and_close(noisy_row: Any) -> None:
    noise = noisy_row.noise(np.random.default_rng(6), 30)
    given = noise if len(noise) > 1 else noise["base"]
    low = noisy_row.estimator(
        lambda z: tf.cast(noisy_row.f(tf.cast(z, tf.float64)), tf.float32),
        noisy_row.law,
        noisy_row.tensors(tf.float32),
        noise={k: v.astype(np.float32) for k, v in noise.items()}
        if len(noise) > 1
        else given.astype(np.float32),
    )
    high = noisy_row.estimator(noisy_row.f, noisy_row.law, noisy_row.tensors(), noise=given)
    for name, value in high.items():
        assert low[name].dtype == tf.float32
        # 2e-4: TensorFlow's single-precision igamma derivative, the worst of them, is good to about 1e-4.
        np.testing.assert_allclose(low[name], value, rtol=2e-3, atol=2e-4 * np.abs(value).max())


def test_the_loss_has_the_mean_gradient_and_a_meaningful_value(noisy_row: Any) -> None:
    row = noisy_row
    noise = row.noise(np.random.default_rng(7), 40)
    given = noise if len(noise) > 1 else noise["base"]
    variables = {name: tf.Variable(value) for name, value in row.tensors().items()}
    with tf.GradientTape() as tape:
        loss = row.estimator.loss(row.f, row.law, variables, noise=given)
    gradients = tape.gradient(loss, variables)
    each = row.estimator(row.f, row.law, row.tensors(), noise=given)
    for name, value in each.items():
        np.testing.assert_allclose(gradients[name], tf.reduce_mean(value, axis=0), rtol=1e-9, atol=1e-12)
    if not isinstance(row.estimator, ce.GumbelSoftmaxRelaxation):
        tensors = {name: np.broadcast_to(v, (40, *v.shape)) for name, v in row.parameters.items()}
        z = row.law.place({k: tf.constant(v) for k, v in tensors.items()}, tf.constant(noise["base"]))
        np.testing.assert_allclose(loss, tf.reduce_mean(row.f(z)), rtol=1e-12)


def test_weights_behind_f_and_behind_the_parameters_get_their_gradients(noisy_row: Any) -> None:
    # loss = E[w·f(z)] under s·parameters: d/dw is f's mean, d/ds follows from the chain rule.
    row = noisy_row
    noise = row.noise(np.random.default_rng(8), 40)
    given = noise if len(noise) > 1 else noise["base"]
    weight, size = tf.Variable(1.0, dtype=tf.float64), tf.Variable(1.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        parameters = {name: size * value for name, value in row.tensors().items()}
        loss = row.estimator.loss(lambda z: weight * row.f(z), row.law, parameters, noise=given)
    by_weight, by_size = tape.gradient(loss, [weight, size])
    each = row.estimator(row.f, row.law, row.tensors(), noise=given)
    chained = sum(tf.reduce_sum(tf.reduce_mean(g, axis=0) * row.tensors()[n]) for n, g in each.items())
    np.testing.assert_allclose(by_size, chained, rtol=1e-9, atol=1e-11)
    if isinstance(row.estimator, ce.Rebar):
        # REBAR's control variate moves with f's weights, with mean zero; the rest is f's mean.
        return
    np.testing.assert_allclose(by_weight, loss, rtol=1e-9)


@pytest.mark.parametrize("batch", [(3,), (2, 2)])
def test_batch_entries_do_not_mix(noisy_row: Any, batch: tuple[int, ...]) -> None:
    # Each batch entry alone gives what it gives inside the batch.
    row = noisy_row
    rng = np.random.default_rng(9)
    cells = int(np.prod(batch))
    alone = [row.noise(rng, 5) for _ in range(cells)]
    noise = {
        name: np.stack([one[name] for one in alone], axis=1).reshape(5, *batch, *alone[0][name].shape[1:])
        for name in alone[0]
    }
    scales = 1.0 + 0.1 * np.arange(cells)
    tensors = {
        name: tf.constant(np.stack([s * value for s in scales]).reshape(*batch, *value.shape))
        for name, value in row.parameters.items()
    }
    f = row.f
    together = row.estimator(f, row.law, tensors, noise=noise if len(noise) > 1 else noise["base"])
    for cell in range(cells):
        single = row.estimator(
            f,
            row.law,
            {name: tf.constant(scales[cell] * value) for name, value in row.parameters.items()},
            noise=alone[cell] if len(alone[cell]) > 1 else alone[cell]["base"],
        )
        for name, value in single.items():
            got = tf.reshape(together[name], [5, cells, *value.shape[1:]])[:, cell]
            np.testing.assert_allclose(got, value, rtol=1e-9, atol=1e-11)


def test_a_batch_of_unknown_size_is_fine_inside_a_graph(row: Any) -> None:
    # Keras traces `fit` with an unknown batch axis.
    kwargs = {} if isinstance(row.estimator, ce.Enumeration) else {"draws": 6, "seed": 3}

    def run(parameters: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return row.estimator(row.f, row.law, parameters, **kwargs)

    signature = {
        name: tf.TensorSpec([None, *value.shape], tf.float64) for name, value in row.parameters.items()
    }
    many = {name: tf.tile(value[None], [4, *[1] * value.shape.rank]) for name, value in row.tensors().items()}
    for name, value in tf.function(run, input_signature=[signature])(many).items():
        np.testing.assert_allclose(value, run(many)[name], rtol=1e-9, atol=1e-11)


def test_documented_examples_run() -> None:
    import doctest
    import importlib
    import pkgutil

    from tensorflow_probability import distributions as tfd

    names = {**vars(ce), "tf": tf, "tfd": tfd, "np": np}
    tried = 0
    for module in pkgutil.iter_modules(ce.__path__):
        done = doctest.testmod(importlib.import_module(f"course.estimators.{module.name}"), extraglobs=names)
        assert not done.failed, module.name
        tried += done.attempted
    assert tried > 40
