"""Messages state the rule, what was expected and what was received."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_probability import distributions as tfd

import course.estimators as ce
from course.errors import ArgumentError, DtypeError, ShapeError

GAUSS, GAMMA, BIT, ONE_HOT = ce.GaussianLaw(), ce.GammaLaw(), ce.BernoulliLaw(), ce.CategoricalLaw()
THETA = {"mean": tf.zeros([2]), "std": tf.ones([2])}
LOGITS = {"logits": tf.zeros([2])}
SHAPES = {"concentration": 1.0, "rate": 1.0}


def _sum(z: Any) -> Any:
    return tf.reduce_sum(z, axis=-1)


def _score(f: Any = _sum, law: Any = GAUSS, parameters: Any = THETA, **kwargs: Any) -> Any:
    return ce.ScoreFunction(kwargs.pop("baseline", None))(
        f, law, parameters, **(kwargs or {"draws": 3, "seed": 1})
    )


CASES: list[tuple[Callable[[], Any], type, str]] = [
    (
        lambda: _score(parameters={"mean": 0.0, "std": -1.0}),
        ArgumentError,
        r"Gaussian: `std` is positive \(expected std > 0, received std=-1.0\)",
    ),
    (
        lambda: _score(parameters={"mean": np.nan, "std": 1.0}),
        ArgumentError,
        r"`mean` is finite \(expected a finite mean, received mean=nan\)",
    ),
    (
        lambda: _score(parameters={"mean": 0.0, "scale": 1.0}),
        ArgumentError,
        r"parameters come by name \(expected \['mean', 'std'\], received \['mean', 'scale'\]\)",
    ),
    (lambda: _score(parameters=0.0), ArgumentError, r"parameters come by name .*received float"),
    (
        lambda: _score(parameters={"mean": tf.zeros([2]), "std": 1.0}),
        ShapeError,
        r"all parameters of a law have one shape .*'mean': \(2,\), 'std': \(\).*broadcast them first",
    ),
    (
        lambda: _score(parameters={"mean": tf.zeros([2], tf.int32), "std": tf.ones([2], tf.int32)}),
        DtypeError,
        r"expected float, received int32",
    ),
    (
        lambda: _score(parameters={"mean": tf.zeros([2], tf.float16), "std": tf.ones([2], tf.float16)}),
        DtypeError,
        r"expected float32 or float64, received float16",
    ),
    (lambda: _score(law="normal"), ArgumentError, r"ScoreFunction: `law` is a law .*received normal"),
    (
        lambda: _score(draws=0, seed=1),
        ArgumentError,
        r"`draws` is a positive integer \(expected draws ≥ 1, received draws=0\)",
    ),
    (lambda: _score(draws=3), ArgumentError, r"noise is given, or drawn from a seed .*draws=3, seed=None"),
    (
        lambda: _score(draws=3, seed=1, noise=tf.zeros([3, 2])),
        ArgumentError,
        r"expected `noise`, or `draws` and `seed`",
    ),
    (
        lambda: _score(draws=3, noise=tf.zeros([3, 2])),
        ArgumentError,
        r"received noise=given, draws=3, seed=None",
    ),
    (lambda: _score(draws=3, seed=1.5), ArgumentError, r"`seed` is an integer or two integers .*float32"),
    (
        lambda: _score(noise=tf.zeros([3, 4])),
        ShapeError,
        r"noise has one row a draw.*expected \(draws, 2\), received \(3, 4\)",
    ),
    (lambda: _score(noise=tf.zeros([0, 2])), ShapeError, r"noise has one row a draw.*received \(0, 2\)"),
    (
        lambda: _score(noise={"eps": tf.zeros([3, 2])}),
        ArgumentError,
        r"expected \['base'\], received \['eps'\]",
    ),
    (
        lambda: _score(f=tf.reduce_mean),
        ShapeError,
        r"f gives one value a draw and batch entry .*received \(\).*sum over the axes",
    ),
    (lambda: _score(f=lambda z: tf.transpose(z)), ShapeError, r"leading axes of \(3, 2\), received \(2, 3\)"),
    (
        lambda: _score(f=lambda z: z, law=ONE_HOT, parameters=LOGITS),
        ShapeError,
        r"without the last 1, received \(3, 2\)",
    ),
    (lambda: _score(law=ONE_HOT, parameters={"logits": 0.0}), ShapeError, r"at least 1 axes"),
    (
        lambda: _score(baseline="mean"),
        ArgumentError,
        r"unknown `baseline` .*'leave_one_out', received 'mean'",
    ),
    (
        lambda: _score(baseline="leave_one_out", draws=1, seed=1),
        ShapeError,
        r"draws ≥ 2, received shape \(1,\)",
    ),
    (lambda: _score(baseline={"mean": 1.0}), ArgumentError, r"names every parameter .*received \['mean'\]"),
    (
        lambda: ce.Pathwise()(_sum, BIT, LOGITS, draws=3, seed=1),
        ArgumentError,
        r"move with the parameters .*received the Bernoulli law\); use GumbelSoftmaxRelaxation or Rebar",
    ),
    (
        lambda: ce.Pathwise()(tf.square, GAMMA, SHAPES, draws=3, seed=1),
        ArgumentError,
        r"use ImplicitReparameterization",
    ),
    (
        lambda: ce.ImplicitReparameterization()(_sum, BIT, LOGITS, draws=3, seed=1),
        ArgumentError,
        r"continuous draws",
    ),
    (
        lambda: ce.DeltaControlVariate()(tf.square, GAMMA, SHAPES, draws=3, seed=1),
        ArgumentError,
        r"expected GaussianLaw\(\), received the gamma law",
    ),
    (lambda: ce.DeltaControlVariate(float("inf")), ArgumentError, r"finite scale, received scale=inf"),
    (
        lambda: ce.MeasureValued()(tf.square, GAMMA, SHAPES, draws=3, seed=1),
        ArgumentError,
        r"decomposition .*received the gamma law",
    ),
    (
        lambda: ce.MeasureValued()(_sum, GAUSS, THETA, noise=tf.zeros([3, 2])),
        ArgumentError,
        r"expected \['base', 'rayleigh', 'maxwell', 'uniform'\], received one tensor",
    ),
    (
        lambda: ce.GeneralizedReparameterization()(_sum, BIT, LOGITS, draws=3, seed=1),
        ArgumentError,
        r"the Bernoulli law has no standardised form here; use a GammaLaw",
    ),
    (
        lambda: ce.Enumeration()(_sum, GAUSS, THETA),
        ArgumentError,
        r"only discrete laws can be enumerated .*Gaussian",
    ),
    (
        lambda: ce.Enumeration()(tf.square, ce.PoissonLaw(), {"rate": 1.0}),
        ArgumentError,
        r"Poisson law has no finitely many states",
    ),
    (
        lambda: ce.Enumeration()(_sum, BIT, LOGITS, draws=5, seed=1),
        ArgumentError,
        r"an exact gradient has no noise .*draws=5",
    ),
    (
        lambda: ce.Enumeration()(_sum, BIT, {"logits": tf.zeros([40])}),
        ArgumentError,
        r"at most max_states=65536, received 1099511627776 states of an event of shape \(40,\)",
    ),
    (lambda: ce.Enumeration(0), ArgumentError, r"max_states ≥ 1, received max_states=0"),
    (
        lambda: ce.GumbelSoftmaxRelaxation(0.0),
        ArgumentError,
        r"`temperature` is positive \(expected temperature > 0, received temperature=0.0\)",
    ),
    (lambda: ce.StraightThrough(-1.0), ArgumentError, r"temperature > 0, received temperature=-1.0"),
    (lambda: ce.Rebar(0), ArgumentError, r"temperature > 0, received temperature=0"),
    (lambda: ce.Rebar(1.0, float("nan")), ArgumentError, r"finite scale, received scale=nan"),
    (
        lambda: ce.Rebar()(_sum, GAUSS, THETA, draws=3, seed=1),
        ArgumentError,
        r"Rebar: only thresholds .*the Gaussian law",
    ),
    (lambda: ce.leave_one_out_baseline([1.0]), ShapeError, r"draws ≥ 2, received shape \(1,\)"),
    (lambda: ce.optimal_baseline(_sum, GAUSS, THETA, draws=0, seed=1), ArgumentError, r"draws ≥ 1"),
    (
        lambda: ce.DistributionLaw(tfd.Beta, ("a", "b"), positive=("c",)),
        ArgumentError,
        r"among \['a', 'b'\], received \['c'\]",
    ),
]


@pytest.mark.parametrize(("call", "error", "words"), CASES, ids=[words[:45] for _, _, words in CASES])
def test_a_wrong_argument_is_named(call: Callable[[], Any], error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_values_that_are_not_known_yet_pass_into_a_graph() -> None:
    def run(std: tf.Tensor) -> tf.Tensor:
        return ce.Pathwise()(_sum, GAUSS, {"mean": tf.zeros([2]), "std": std}, draws=3, seed=1)["std"]

    traced = tf.function(run, input_signature=[tf.TensorSpec([2])])
    assert np.all(np.isfinite(traced(tf.ones([2]))))


def test_enumeration_takes_any_number_of_batch_entries_and_events() -> None:
    # 2·3 independent bits in one event: 64 states, all six batch entries at once.
    logits = tf.constant(np.random.default_rng(0).normal(size=(6, 2, 3)))
    weights = np.arange(6.0).reshape(2, 3)
    got = ce.Enumeration()(lambda z: tf.reduce_sum(weights * z, axis=[-2, -1]), BIT, {"logits": logits})[
        "logits"
    ]
    p = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(got[0], weights * p * (1 - p), rtol=1e-10, atol=1e-13)


def test_a_loss_trains_a_keras_model_through_fit() -> None:
    import keras

    class Bits(keras.Model):
        """Learns the logits of three bits whose f = Σ(z − target)² is least; only f's values are seen."""

        def __init__(self) -> None:
            super().__init__()
            self.logits = self.add_weight(shape=(3,), initializer="zeros", name="logits")
            self.seeds = keras.random.SeedGenerator(1)

        def call(self, inputs: Any) -> Any:
            return tf.sigmoid(self.logits) + 0.0 * inputs

        def compute_loss(self, x: Any = None, y: Any = None, *rest: Any, **kwargs: Any) -> Any:
            estimator = ce.ScoreFunction("leave_one_out")
            cost = lambda z: tf.reduce_sum((z - y[0]) ** 2, axis=-1)  # noqa: E731
            return estimator.loss(
                cost, BIT, {"logits": tf.convert_to_tensor(self.logits)}, draws=8, seed=self.seeds.next()
            )

    keras.utils.set_random_seed(0)
    model = Bits()
    model.compile(optimizer=keras.optimizers.Adam(0.2), jit_compile=True)
    target = np.tile(np.array([[1.0, 0.0, 1.0]], np.float32), (160, 1))
    history = model.fit(target, target, batch_size=4, epochs=3, verbose=0)
    np.testing.assert_array_equal(np.asarray(model.logits) > 0, [True, False, True])
    # With p = sigmoid(logit) the expected cost falls from 3/2 towards 0.
    assert history.history["loss"][-1] < 0.2
