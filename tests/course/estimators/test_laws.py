"""Laws against TFP."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats
from tensorflow_probability import distributions as tfd

import course.estimators as ce

D = tf.float64
CASES = [
    (ce.GaussianLaw(), {"mean": [0.3, -1.0], "std": [0.5, 2.0]}, lambda p: tfd.Normal(p["mean"], p["std"])),
    (ce.GammaLaw(), {"concentration": [0.4, 3.0], "rate": [2.0, 0.7]}, lambda p: tfd.Gamma(**p)),
    (ce.PoissonLaw(), {"rate": [0.4, 3.0]}, lambda p: tfd.Poisson(**p)),
    (ce.BernoulliLaw(), {"logits": [-2.0, 0.7]}, lambda p: tfd.Bernoulli(**p, dtype=D)),
    (ce.CategoricalLaw(), {"logits": [-2.0, 0.7, 0.1]}, lambda p: tfd.OneHotCategorical(**p, dtype=D)),
]


@pytest.mark.parametrize(("law", "values", "build"), CASES, ids=lambda x: getattr(x, "name", ""))
def test_log_densities_are_tfps(law: ce.Law, values: dict, build: object) -> None:
    parameters = {name: tf.constant(value, D) for name, value in values.items()}
    distribution = build(parameters)  # type: ignore[operator]
    z = tf.cast(distribution.sample(7, seed=1), D)
    np.testing.assert_allclose(law.log_prob(parameters, z), distribution.log_prob(z), rtol=1e-10, atol=1e-12)
    assert type(law.distribution(parameters)) is type(distribution)


@pytest.mark.parametrize(("law", "values", "build"), CASES, ids=lambda x: getattr(x, "name", ""))
def test_draws_follow_the_law(law: ce.Law, values: dict, build: object) -> None:
    # Means of 40000 draws against TFP's: 6 standard errors, false-fail 2e-9 an entry; 0.05 std shows.
    parameters = {name: tf.constant(value, D) for name, value in values.items()}
    distribution = build(parameters)  # type: ignore[operator]
    tiled = {name: tf.tile(value[None], [40_000, 1]) for name, value in parameters.items()}
    z = law.place(tiled, law.draw_noise(tiled, tf.constant([3, 4]))).numpy()
    mean = distribution.mean().numpy()
    variance = distribution.variance() if not isinstance(law, ce.CategoricalLaw) else mean * (1 - mean)
    np.testing.assert_array_less(np.abs(z.mean(axis=0) - mean), 6 * np.sqrt(np.asarray(variance) / 40_000))


@pytest.mark.parametrize("law", [ce.BernoulliLaw(), ce.CategoricalLaw()], ids=lambda law: law.name)
def test_conditional_latents_lead_to_the_draw_they_are_given(law: ce.RelaxableLaw) -> None:
    rng = np.random.default_rng(0)
    parameters = {"logits": tf.constant(rng.normal(scale=3, size=(500, 4)))}
    z = law.place(parameters, tf.constant(rng.uniform(size=(500, 4))))
    latent = law.conditional_latent(parameters, z, tf.constant(rng.uniform(size=(500, 4))))
    np.testing.assert_array_equal(law.harden(latent), z)


@pytest.mark.parametrize("law", [ce.BernoulliLaw(), ce.CategoricalLaw()], ids=lambda law: law.name)
def test_draw_then_conditional_latent_has_the_latents_law(law: ce.RelaxableLaw) -> None:
    # If z | latent and latent | z fit together, the second latent has the first one's law: logistic at the
    # logit, or Gumbel at the log-probability. Kolmogorov-Smirnov, 20000 draws an entry: false-fail 1e-8, a
    # distance of 0.03 is found with probability 0.99.
    rng = np.random.default_rng(1)
    logits = np.array([0.8, -0.5, 0.1])
    parameters = {"logits": tf.constant(np.tile(logits, (20_000, 1)))}
    z = law.place(parameters, tf.constant(rng.uniform(size=(20_000, 3))))
    latent = law.conditional_latent(parameters, z, tf.constant(rng.uniform(size=(20_000, 3)))).numpy()
    for entry in range(3):
        if isinstance(law, ce.BernoulliLaw):
            null = stats.logistic(loc=logits[entry])
        else:
            null = stats.gumbel_r(loc=special.log_softmax(logits)[entry])
        assert stats.kstest(latent[:, entry], null.cdf).pvalue > 1e-8


@pytest.mark.parametrize("law", [ce.BernoulliLaw(), ce.CategoricalLaw()], ids=lambda law: law.name)
def test_a_coupled_latent_is_the_latent_with_the_conditional_ones_gradient(law: ce.RelaxableLaw) -> None:
    rng = np.random.default_rng(2)
    logits = tf.constant(rng.normal(scale=2, size=(300, 4)))
    u = rng.uniform(size=(300, 4))
    latent = law.latent({"logits": logits}, tf.constant(u))
    z = law.harden(latent)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        coupled = law.coupled_latent({"logits": logits}, z, latent)
    np.testing.assert_allclose(coupled, latent, rtol=1e-9, atol=1e-9)
    # The noise of the same conditional draw, by hand from the latent variables' distribution functions.
    if isinstance(law, ce.BernoulliLaw):
        p = special.expit(logits.numpy())
        v = np.where(z == 1, (u - (1 - p)) / p, 1 - u / (1 - p))
    else:
        p = special.softmax(logits.numpy(), axis=-1)
        survival = np.exp(-latent.numpy())
        top = np.where(z == 1, survival, 0).sum(-1, keepdims=True)
        v = np.exp(-np.where(z == 1, survival, p * (survival - top)))
    with tf.GradientTape() as other:
        other.watch(logits)
        conditional = law.conditional_latent({"logits": logits}, z, tf.constant(v))
    np.testing.assert_allclose(conditional, latent, rtol=1e-7, atol=1e-7)
    got, want = tape.gradient(coupled, logits), other.gradient(conditional, logits)
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-7)


def test_extreme_logits_stay_finite() -> None:
    parameters = {"logits": tf.constant([[-200.0, 200.0, 0.0]])}
    u = tf.constant([[1e-30, 1.0 - 6e-8, 0.5]])
    for law in (ce.BernoulliLaw(), ce.CategoricalLaw()):
        z = law.place(parameters, u)
        for estimator in (ce.Rebar(), ce.Rebar(coupled=False), ce.ScoreFunction()):
            kinds = estimator.noise_names(law)
            noise = u if len(kinds) == 1 else dict.fromkeys(kinds, u)
            g = estimator(
                lambda z: tf.reduce_sum(z, axis=-1), law, {"logits": parameters["logits"][0]}, noise=noise
            )
            assert np.all(np.isfinite(g["logits"])), (law.name, type(estimator).__name__)
        assert np.all(np.isfinite(law.conditional_latent(parameters, z, u)))


@pytest.mark.parametrize(
    ("build", "parameters"),
    [
        (tfd.Gamma, {"concentration": 2.3, "rate": 1.7}),
        (tfd.VonMises, {"loc": 0.4, "concentration": 2.0}),
    ],
)
def test_implicit_paths_are_tfps_where_tfp_takes_the_same(build: type, parameters: dict[str, float]) -> None:
    # TFP differentiates these two samplers implicitly, by series good to about 1e-5.
    tensors = {name: tf.constant(value, D) for name, value in parameters.items()}
    tiled = {name: tf.fill([20], value) for name, value in tensors.items()}
    with tf.GradientTape() as tape:
        tape.watch(list(tiled.values()))
        z = build(**tiled).sample(seed=[5, 6])
        value = tf.sin(z)
    want = tape.gradient(value, tiled)
    law = ce.DistributionLaw(build, tuple(parameters))
    got = ce.ImplicitReparameterization()(tf.sin, law, tensors, noise=z)
    for name in parameters:
        np.testing.assert_allclose(got[name], want[name], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("build", "parameters", "quantile", "error"),
    [
        (
            tfd.Beta,
            {"concentration1": 2.0, "concentration0": 3.5},
            lambda u, concentration1, concentration0: special.betaincinv(concentration1, concentration0, u),
            # TFP 0.25 truncates the derivative of the incomplete beta function: at (2, 3.5) it is off by up
            # to 1.3e-3 near the mean, where SciPy's quadrature and differences agree to 1e-9.
            2e-3,
        ),
        (
            tfd.StudentT,
            {"df": 5.0, "loc": 0.3, "scale": 1.2},
            lambda u, df, loc, scale: loc + scale * special.stdtrit(df, u),
            1e-5,
        ),
    ],
)
def test_implicit_paths_are_slopes_of_the_quantile(
    build: type, parameters: dict, quantile: Callable, error: float
) -> None:
    # SciPy's quantiles by central differences: truncation and rounding together are below 1e-6 at h = 1e-4.
    u = np.linspace(0.03, 0.97, 15)
    z = quantile(u, **parameters)
    law = ce.DistributionLaw(build, tuple(parameters))
    tensors = {name: tf.constant(value, D) for name, value in parameters.items()}
    got = ce.ImplicitReparameterization()(lambda z: z, law, tensors, noise=z)
    for name, value in parameters.items():
        up, down = ({**parameters, name: value + h} for h in (1e-4, -1e-4))
        want = (quantile(u, **up) - quantile(u, **down)) / 2e-4
        np.testing.assert_allclose(got[name], want, rtol=error, atol=1e-6)


def test_a_mixture_has_implicit_gradients_with_the_right_mean() -> None:
    # TFP's mixture has a distribution function: E[z²] = Σ w (loc² + 1), so d/dloc is 2·w·loc. The mean of the
    # gradients is taken by quadrature of p(z)·gradient over z.
    def build(loc: tf.Tensor) -> tfd.Distribution:
        return tfd.MixtureSameFamily(
            tfd.Categorical(probs=tf.constant([0.3, 0.7], D)),
            tfd.Normal(tf.stack([loc, -tf.ones_like(loc)], axis=-1), tf.ones([], D)),
        )

    law = ce.DistributionLaw(build, ("loc",))
    z, weights = np.polynomial.legendre.leggauss(400)
    z, weights = 9 * z, 9 * weights
    loc = tf.constant(1.5, D)
    gradients = ce.ImplicitReparameterization()(tf.square, law, {"loc": loc}, noise=z)["loc"]
    mean = np.sum(weights * build(loc).prob(z).numpy() * gradients.numpy())
    assert np.isclose(mean, 2 * 0.3 * 1.5, rtol=1e-6)


def test_all_states_are_listed_once() -> None:
    assert sorted(map(tuple, ce.BernoulliLaw().states((2,)).tolist())) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    states = ce.CategoricalLaw().states((2, 3))
    assert states.shape == (9, 2, 3) and np.all(states.sum(axis=-1) == 1)
    assert len({state.tobytes() for state in states}) == 9
