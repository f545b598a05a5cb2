"""Forms of right answers that must not be failed: types, containers, compilation, equivalent formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from autograder.checks import (
    Answer,
    Student,
    close,
    fresh,
    gradient_of,
    law,
    terms_of,
    trained,
    unbiased,
    unbiased_stream,
    variance,
    variance_ratio,
)
from autograder.checks.answers import in_namespace
from autograder.checks.claim import Claim
from autograder.checks.values import LEADING_AXIS, without_leading_axis
from autograder.results import Outcome

RNG = np.random.default_rng(7)
X = RNG.normal(size=(5, 3))
EXPECTED = np.tanh(X) * 2.0
TERMS = terms_of(lambda x: np.tanh(x) * 2.0, X)


def judged(
    function: Callable[..., Any], expected: Any = EXPECTED, terms: Any = TERMS, **options: Any
) -> Outcome:
    """The outcome of one call, made as the notebook makes it."""
    student = Student(in_namespace({"f": function}))
    return close(student.f(X), expected, terms=terms, **options).outcome()


FORMS: dict[str, Callable[[Any], Any]] = {
    "NumPy": lambda x: np.tanh(x) * 2,
    "TensorFlow, eager": lambda x: tf.tanh(x) * 2,
    "tf.function": tf.function(lambda x: tf.tanh(x) * 2),
    "tf.function with XLA": tf.function(lambda x: tf.tanh(x) * 2, jit_compile=True),
    "Keras ops": lambda x: keras.ops.tanh(x) * 2,
    "float32": lambda x: tf.tanh(tf.cast(x, tf.float32)) * 2,
    "float64 by way of float32": lambda x: np.tanh(x.astype(np.float32)).astype(np.float64) * 2,
    "tf.Variable": lambda x: tf.Variable(tf.tanh(x) * 2),
    "list of arrays": lambda x: [np.tanh(row) * 2 for row in x],
    "tuple of tensors": lambda x: tuple(tf.unstack(tf.tanh(x) * 2)),
    "nested lists": lambda x: (np.tanh(x) * 2).tolist(),
    "Fortran order": lambda x: np.asfortranarray(np.tanh(x) * 2),
    "big-endian": lambda x: (np.tanh(x) * 2).astype(">f8"),
    "leading axis of length 1": lambda x: np.tanh(x)[None] * 2,
    "batch of one, compiled": tf.function(lambda x: tf.tanh(x[None]) * 2),
    "list with one array": lambda x: [np.tanh(x) * 2],
    "another formula": lambda x: 2 * (1 - 2 / (np.exp(2 * x) + 1)),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_right_array_passes_in_every_form(form: str) -> None:
    outcome = judged(FORMS[form])
    assert outcome.passed, outcome.message


@pytest.mark.parametrize("form", [name for name in FORMS if name != "another formula"])
def test_a_wrong_array_fails_in_every_form(form: str) -> None:
    # Relative errors of 1e-4: a thousand times what single precision needs.
    assert not judged(lambda x: FORMS[form](x * (1 + 1e-4))).passed


def test_a_dropped_axis_is_noted() -> None:
    assert judged(lambda x: np.tanh(x)[None] * 2).evidence["note"] == LEADING_AXIS
    assert "note" not in judged(lambda x: np.tanh(x) * 2).evidence


@pytest.mark.parametrize(
    "shape", [(5, 1, 3), (5, 3, 1), (1, 1, 5, 3), (1, 3, 5), (1, 15), (1,), (0, 5, 3), (2, 5, 3)]
)
def test_no_other_axis_is_dropped(shape: tuple[int, ...]) -> None:
    assert not judged(lambda x: np.resize(EXPECTED, shape)).passed


def test_an_author_can_ask_for_the_shape_itself() -> None:
    outcome = judged(lambda x: np.tanh(x)[None] * 2, exact_shape=True)
    assert not outcome.passed and "(1, 5, 3)" in outcome.message


def test_a_scalar_may_come_as_an_array_of_one() -> None:
    for form in (lambda x: 2.5, lambda x: np.array([2.5]), lambda x: tf.constant([2.5]), lambda x: [2.5]):
        assert judged(form, 2.5, 2.5).passed
    assert not judged(lambda x: [[2.5]], 2.5, 2.5).passed


def test_columns_and_gradients_take_the_axis_too() -> None:
    student = Student(in_namespace({"f": lambda x: x[None] ** 2}))
    assert close(student.f(X).column(1, 3), X[:, 1] ** 2, terms=X[:, 1] ** 2).outcome().passed
    found = gradient_of(Answer(lambda: 2 * X[None]), 2 * X, terms=2 * np.abs(X), by="x").outcome()
    assert found.passed


def test_what_is_no_array_is_left_alone() -> None:
    ragged = [[1.0], [2.0, 3.0]]
    assert without_leading_axis(ragged, (2,)) is ragged
    assert without_leading_axis(3.0, ()) == 3.0


DRAWS = 4000
NOISE = np.random.default_rng(0).normal(size=(2, DRAWS))


def random_claims(first: Any, second: Any) -> list[Claim]:
    a, b = Answer(lambda: first), Answer(lambda: second)
    return [
        fresh(a, b, draws=DRAWS),
        unbiased(a, draws=DRAWS, mean=0.0, variances=[1.0, 1.0]),
        variance(a, draws=DRAWS, mean=0.0, variance=1.0, kurtosis=3.0),
        variance_ratio(a, NOISE[0], draws=DRAWS, mean=0.0, ratio=1.1, deviation_variances=[3.0, 3.0]),
        law(a, "norm", draws=DRAWS),
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("leading", [False, True])
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_random_claims_say_the_same_of_every_type_and_of_a_leading_axis(
    dtype: type, leading: bool, shift: float
) -> None:
    # The noise is fixed: no run differs. One standard deviation is 63 standard errors.
    rows = (NOISE + shift).astype(dtype)
    given = rows[:, None] if leading else rows
    verdicts = [claim.outcome().passed for claim in random_claims(given[0], given[1])]
    assert verdicts == [True, shift == 0, shift == 0, shift == 0, shift == 0]


def test_a_stream_of_arrays_of_one_is_a_stream_of_numbers() -> None:
    rng = np.random.default_rng(3)
    claim = unbiased_stream(
        Answer(lambda: lambda: rng.normal(size=1)), mean=0.0, variances=[1.0, 1.0], shift=0.5
    )
    assert claim.outcome().passed


def given(value: Any) -> Answer:
    return Answer(lambda: value)


def paired(layout: str, mean: float, even: bool, rng: np.random.Generator, n: int = DRAWS) -> np.ndarray:
    """Antithetic estimates of a mean: of an odd function of the noise, or of an even one."""
    eps = rng.normal(size=n // 2)
    both = np.stack([eps, -eps])
    rows = both.T.reshape(-1) if layout == "neighbours" else both.reshape(-1)
    values = rows**2 / np.sqrt(2) - 1 / np.sqrt(2) if even else rows
    return np.asarray(mean + values)  # variance 1 either way


@pytest.mark.parametrize("layout", ["neighbours", "halves"])
@pytest.mark.parametrize("even", [False, True])
def test_antithetic_draws_pass_where_they_are_declared_and_wrong_ones_fail(layout: str, even: bool) -> None:
    # alpha = 0.01, 300 right runs: at exactly alpha more than 10 have probability 1e-4; Catoni's test is far
    # below it. 300 wrong runs, the shift being what the plan finds with probability 0.999: 4 misses 3e-4.
    rng = np.random.default_rng(11)
    plan: dict[str, Any] = {
        "draws": DRAWS,
        "mean": 0.5,
        "variances": [1.0, 1.0],
        "antithetic": True,
        "alpha": 0.01,
    }
    claim = unbiased(Answer(lambda: None), mistakes={"far": 0.8}, **plan)
    assert claim.needed["far"] <= DRAWS

    def passes(mean: float) -> int:
        samples = [paired(layout, mean, even, rng) for _ in range(300)]
        return sum(unbiased(given(rows), **plan).outcome().passed for rows in samples)

    assert passes(0.5) >= 290
    assert passes(0.8) <= 3


def test_even_antithetic_draws_break_the_guarantee_where_they_are_not_declared() -> None:
    # The mean of n has twice the declared variance: at alpha = 0.01 some of 2000 correct runs fail, while
    # the declared form fails none of them more often than alpha (20 expected at most; 38 has 1e-4).
    rng = np.random.default_rng(12)
    failed = {False: 0, True: 0}
    for _ in range(2000):
        rows = paired("halves", 0.5, True, rng, n=400)
        for declared in failed:
            claim = unbiased(
                Answer(lambda rows=rows: rows),
                draws=400,
                mean=0.5,
                variances=[0.8, 0.8],  # with the safety factor 1.25 exactly the variance of one draw
                antithetic=declared,
                alpha=0.01,
            )
            failed[declared] += not claim.outcome().passed
    assert failed[True] <= 38
    assert failed[False] > failed[True]


def test_antithetic_rows_are_fresh_where_they_are_declared() -> None:
    rng = np.random.default_rng(13)
    first, second = (paired("halves", 0.0, True, rng) for _ in range(2))
    a, b = Answer(lambda: first), Answer(lambda: second)
    assert not fresh(a, b, draws=DRAWS).outcome().passed
    assert fresh(a, b, draws=DRAWS, antithetic=True).outcome().passed
    thrice = np.tile(first[: DRAWS // 4], 4)
    assert not fresh(Answer(lambda: thrice), b, draws=DRAWS, antithetic=True).outcome().passed


def test_a_leave_one_out_baseline_is_unbiased_with_its_own_declared_variance() -> None:
    # E z² gradient at θ = 1.5, 400 batches of 10 draws. With b = E z² + cov/… the variance is at most the
    # plain estimator's. alpha = 0.01, 300 right runs: see above. Own value included: (1 − 1/10) of it.
    rng, theta, n = np.random.default_rng(14), 1.5, 10
    spread = theta**4 + 14 * theta**2 + 15

    def batch(own: bool) -> np.ndarray:
        z = rng.normal(theta, 1.0, size=(400, n))
        f = z**2
        others = (f.sum(axis=1, keepdims=True) - f) / (n - 1)
        baseline = f.mean(axis=1, keepdims=True) if own else others
        return np.asarray(((f - baseline) * (z - theta)).reshape(-1))

    def passed(rows: np.ndarray) -> bool:
        plan: dict[str, Any] = {"draws": 4000, "mean": 2 * theta, "variances": [spread, 0.6 * spread]}
        return unbiased(Answer(lambda: rows), alpha=0.01, **plan).outcome().passed

    assert sum(passed(batch(own=False)) for _ in range(300)) >= 290


# Equivalent formulas and conventions that graders are known to have failed, and what is tested here:
#
#   1 − tanh(z)² for 1 − a²                        the_slope_of_tanh
#   mask before softmax, or after and renormalise  a_mask_before_the_softmax
#   logits or log-probabilities in Gumbel-softmax  logits_and_log_probabilities
#   dropout keeps u < p or u > 1 − p               a_dropout_mask
#   real = 0, fake = 1 in both players             a_discriminator_of_the_other_label
#   no detach in the discriminator's step          a_generator_that_is_not_detached
#   −ELBO times a constant, in training            a_loss_times_a_constant
#   analytic or sampled KL                         an_analytic_and_a_sampled_kl
#   MSE with 2, L2 with ½, sum or mean, inverted dropout, batch norm's momentum: conventions that an exercise
#   states; the other one is named as a factor     a_convention_is_named_as_a_factor


def test_the_slope_of_tanh_may_come_from_z_or_from_the_activation() -> None:
    slope, terms = 1 - np.tanh(X) ** 2, 1 + np.tanh(X) ** 2
    for form in (lambda z: 1 - tf.tanh(z) ** 2, lambda z: 1 / np.cosh(z) ** 2, lambda z: 1 - np.tanh(z) ** 2):
        assert judged(form, slope, terms).passed


def test_a_mask_before_the_softmax_equals_one_after_it_renormalised() -> None:
    keep = np.array([True, False, True])
    weights = np.where(keep, np.exp(X), 0.0)
    expected = weights / weights.sum(axis=1, keepdims=True)

    def before(x: Any) -> Any:
        return tf.nn.softmax(tf.where(keep, x, -np.inf))

    def after(x: Any) -> Any:
        p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True) * keep
        return p / p.sum(axis=1, keepdims=True)

    # exp rounds by |x|·u, and each normalisation by its terms.
    terms = expected * (4 + 2 * np.abs(X).max(axis=1, keepdims=True))
    assert judged(before, expected, terms).passed and judged(after, expected, terms).passed


def test_logits_and_log_probabilities_give_the_same_gumbel_softmax() -> None:
    gumbel = RNG.gumbel(size=X.shape)
    y = (X + gumbel) / 0.5
    expected = np.exp(y - y.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    terms = expected * (4 + 4 * (np.abs(X) + np.abs(gumbel)).max(axis=1, keepdims=True) / 0.5)
    assert judged(lambda x: tf.nn.softmax((x + gumbel) / 0.5), expected, terms).passed
    assert judged(lambda x: tf.nn.softmax((tf.nn.log_softmax(x) + gumbel) / 0.5), expected, terms).passed


@pytest.mark.parametrize("drop", [lambda u: u < 0.8, lambda u: u > 0.2, lambda u: np.floor(u + 0.8)])
def test_a_dropout_mask_may_be_drawn_either_way(drop: Callable[[Any], Any]) -> None:
    # Categories 0 and 1 with probabilities 0.2 and 0.8: exact binomial tests at 1e-9, fixed noise.
    mask = np.asarray(drop(np.random.default_rng(5).uniform(size=DRAWS))).astype(np.float64)
    again = np.asarray(drop(np.random.default_rng(6).uniform(size=DRAWS))).astype(np.float64)
    assert law(Answer(lambda: mask), draws=DRAWS, probabilities=[0.2, 0.8]).outcome().passed
    assert fresh(Answer(lambda: mask), Answer(lambda: again), draws=DRAWS, discrete=True).outcome().passed


@pytest.mark.parametrize(
    ("factor", "words"),
    [(2.0, "is twice"), (0.5, "is half"), (-1.0, "wrong sign"), (5.0, "N = 5 times too large")],
)
def test_a_convention_is_named_as_a_factor_and_not_only_called_wrong(factor: float, words: str) -> None:
    outcome = judged(lambda x: factor * EXPECTED, sizes={"N": 5})
    assert not outcome.passed and words in outcome.message


def log_density(z: Any, mean: float, std: float) -> Any:
    return -0.5 * ((z - mean) / std) ** 2 - np.log(std) - 0.5 * np.log(2 * np.pi)


def test_an_analytic_and_a_sampled_kl_are_both_unbiased() -> None:
    # KL(N(0.5, 0.8²), N(0, 1)); log q − log p is a quadratic of the noise, whose variance is in closed form.
    mean, std = 0.5, 0.8
    kl = 0.5 * (mean**2 + std**2 - 1) - np.log(std)
    spread = (mean * std) ** 2 + 0.5 * (1 - std**2) ** 2
    z = mean + std * NOISE[0]
    sampled = log_density(z, mean, std) - log_density(z, 0.0, 1.0)
    plan: dict[str, Any] = {"draws": DRAWS, "mean": kl, "variances": [spread, spread]}
    wrong = {"no log std": kl + np.log(std)}  # 23 standard errors off
    for rows, passed in ((sampled, True), (np.full(DRAWS, kl), True), (sampled + np.log(std), False)):
        assert unbiased(given(rows), mistakes=wrong, **plan).outcome().passed is passed


def logistic(logits: Any, labels: Any) -> Any:
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))


def test_a_discriminator_of_the_other_label_has_the_same_loss() -> None:
    # With real = 0 the same discriminator says 1 − D: its logits are the negative ones.
    labels = np.array([1.0] * 3 + [0.0] * 2)
    expected = float(np.mean(np.log1p(np.exp(-(2 * labels - 1) * X[:, 0]))))
    size = float(np.mean(np.abs(X[:, 0])) + 1)
    for form in (lambda x: logistic(x[:, 0], labels), lambda x: logistic(-x[:, 0], 1 - labels)):
        assert judged(form, expected, size).passed
    assert not judged(lambda x: logistic(x[:, 0], 1 - labels), expected, size).passed


def test_a_generator_that_is_not_detached_leaves_the_discriminator_s_gradient_alone() -> None:
    noise = RNG.normal(size=(4, 2))
    generator, weights = RNG.normal(size=(2, 3)), RNG.normal(size=3)

    def player(detach: bool) -> Callable[..., Any]:
        def loss(w: Any) -> Any:
            fake = tf.constant(noise) @ tf.Variable(generator)
            fake = tf.stop_gradient(fake) if detach else fake
            return logistic(tf.linalg.matvec(tf.constant(X), w), np.ones(5)) + logistic(
                tf.linalg.matvec(fake, w), np.zeros(4)
            )

        return loss

    made = noise @ generator
    # d/dw of both means in closed form, and the same sums of absolute terms.
    real_share, fake_share = 1 / (1 + np.exp(X @ weights)) / 5, 1 / (1 + np.exp(-made @ weights)) / 4
    expected = -real_share @ X + fake_share @ made
    terms = 8 * (real_share @ np.abs(X) + fake_share @ np.abs(made))
    for detach in (False, True):
        student = Student(in_namespace({"loss": player(detach)}))
        (got,) = student.gradient_of("loss", weights, wrt=[0]).parts(1)
        assert gradient_of(got, expected, terms=terms, by="w").outcome().passed


@pytest.mark.parametrize("constant", [1.0, 0.01, 40.0])
def test_a_loss_times_a_constant_trains_as_well(constant: float) -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=(200, 2))
    y = (x @ [1.0, -2.0] > 0).astype(np.float64)
    w = np.zeros(2)
    for _ in range(50):  # a step of Adam's kind: it does not see the scale of a loss
        slope = constant * x[:100].T @ (1 / (1 + np.exp(-x[:100] @ w)) - y[:100]) / 100
        w = w - 0.1 * slope / np.linalg.norm(slope)
    found = (x[100:] @ w > 0).astype(np.float64)
    assert trained(given(found), y[100:], metric="accuracy", bound=0.9, margin=0.03).outcome().passed
