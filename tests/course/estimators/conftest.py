"""The one table of exported estimators. A test that takes `row` runs for each of its rows.

Every row carries the estimator's formula, written by hand in NumPy with analytic derivatives, and nodes and
weights of a quadrature over its noise. The formula is the oracle for single draws, its quadrature that for
means and variances; the exact gradient beside it comes from a closed form or from a sum over all states.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

import course.estimators as ce

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Row:
    """An estimator on one problem.

    Args:
        name: of the row.
        estimator: what is tested.
        law: of z.
        parameters: by name, float64.
        f: for tensors.
        formula: takes noise by name, returns gradients by name; None if too long to write by hand.
        nodes: noise by name, one node a row, for `formula`.
        weights: of the nodes, summing to 1.
        exact: the true gradient by name.
        noise: own noise of the estimator for `count` draws from a NumPy generator, by name.
    """

    name: str
    estimator: ce.Estimator
    law: ce.Law
    parameters: Arrays
    f: Callable[[Any], Any]
    exact: Arrays
    noise: Callable[[np.random.Generator, int], Arrays]
    formula: Callable[[Arrays], Arrays] | None = None
    nodes: Arrays = field(default_factory=dict)
    weights: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def tensors(self, dtype: Any = tf.float64) -> dict[str, tf.Tensor]:
        return {name: tf.constant(value, dtype) for name, value in self.parameters.items()}

    def draw(self, draws: int, seed: int) -> Arrays:
        gradients = self.estimator(self.f, self.law, self.tensors(), draws=draws, seed=seed)
        return {name: value.numpy() for name, value in gradients.items()}

    def moment(self, power: int, centre: Arrays | None = None) -> Arrays:
        """Moments of one draw about a centre, by quadrature of the formula."""
        assert self.formula is not None
        values = self.formula(self.nodes)
        shift = centre or {name: np.zeros(()) for name in values}
        return {
            name: np.tensordot(self.weights, (value - shift[name]) ** power, axes=1)
            for name, value in values.items()
        }


def tensor_grid(**axes: tuple[np.ndarray, np.ndarray]) -> tuple[Arrays, np.ndarray]:
    """All combinations of one-dimensional nodes, and the products of their weights."""
    grids = np.meshgrid(*(nodes for nodes, _ in axes.values()), indexing="ij")
    weights = np.ones(())
    for _, own in axes.values():
        weights = np.multiply.outer(weights, own)
    return {name: grid.ravel() for name, grid in zip(axes, grids, strict=True)}, weights.ravel()


def normal_nodes(count: int) -> tuple[np.ndarray, np.ndarray]:
    x, w = np.polynomial.hermite_e.hermegauss(count)
    return x, w / w.sum()


def interval_nodes(low: float, high: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    x, w = np.polynomial.legendre.leggauss(count)
    return low + (high - low) * (x + 1) / 2, w * (high - low) / 2


# Gaussian, one variable: f = z², mean 2, std 1 (the lecture's), gradient (2·mean, 2·std).
THETA = {"mean": np.array(2.0), "std": np.array(1.0)}
SQUARE_EXACT = {"mean": np.array(4.0), "std": np.array(2.0)}
HERMITE, HERMITE_WEIGHTS = normal_nodes(60)


def normal_noise(shape: tuple[int, ...]) -> Callable[[np.random.Generator, int], Arrays]:
    return lambda rng, n: {"base": rng.normal(size=(n, *shape))}


def square_score(baseline: float = 0.0) -> Callable[[Arrays], Arrays]:
    def formula(noise: Arrays) -> Arrays:
        eps = noise["base"]
        gap = (2.0 + eps) ** 2 - baseline
        return {"mean": gap * eps, "std": gap * (eps**2 - 1.0)}

    return formula


def square_score_by_entry(noise: Arrays) -> Arrays:
    eps = noise["base"]
    value = (2.0 + eps) ** 2
    return {"mean": (value - 7.0) * eps, "std": (value - 11.0) * (eps**2 - 1.0)}


def square_path(noise: Arrays) -> Arrays:
    eps = noise["base"]
    return {"mean": 2 * (2.0 + eps), "std": 2 * (2.0 + eps) * eps}


def square_delta(noise: Arrays) -> Arrays:
    # c = 0.5: (f − h/2)·score + ½∇E[h], where h = f for a quadratic.
    half = square_score()({"base": noise["base"]})
    return {"mean": 0.5 * half["mean"] + 0.5 * 4.0, "std": 0.5 * half["std"] + 0.5 * 2.0}


def square_measure(noise: Arrays) -> Arrays:
    reach, far, u = noise["rayleigh"], noise["maxwell"], noise["uniform"]
    return {
        "mean": ((2 + reach) ** 2 - (2 - reach) ** 2) / np.sqrt(2 * np.pi),
        "std": (2 + far) ** 2 - (2 + far * u) ** 2,
    }


def measure_noise(shape: tuple[int, ...]) -> Callable[[np.random.Generator, int], Arrays]:
    def noise(rng: np.random.Generator, n: int) -> Arrays:
        return {
            "base": rng.normal(size=(n, *shape)),
            "rayleigh": rng.rayleigh(size=(n, *shape)),
            "maxwell": stats.maxwell.rvs(size=(n, *shape), random_state=rng)
            * rng.choice([-1, 1], size=(n, *shape)),
            "uniform": rng.uniform(size=(n, *shape)),
        }

    return noise


def measure_grid() -> tuple[Arrays, np.ndarray]:
    r, w = interval_nodes(0.0, 12.0, 60)
    x, v = normal_nodes(24)
    nodes, weights = tensor_grid(
        rayleigh=(r, w * r * np.exp(-(r**2) / 2)), maxwell=(x, v * x**2), uniform=interval_nodes(0, 1, 12)
    )
    return {**nodes, "base": np.zeros_like(nodes["uniform"])}, weights


# Gaussian, two variables that f couples: f = sin(z₀)·z₁ + z₁².
PAIR = {"mean": np.array([0.7, -0.4]), "std": np.array([0.8, 0.5])}


def coupled(z: Any) -> Any:
    return tf.sin(z[..., 0]) * z[..., 1] + z[..., 1] ** 2


def pair_exact() -> Arrays:
    # E[sin z₀] = sin(m)·exp(−s²/2), E[cos z₀] likewise.
    (m, mean), (s, std) = PAIR["mean"], PAIR["std"]
    shrink = np.exp(-(s**2) / 2)
    return {
        "mean": np.array([np.cos(m) * shrink * mean, np.sin(m) * shrink + 2 * mean]),
        "std": np.array([-s * np.sin(m) * shrink * mean, 2 * std]),
    }


def pair_parts(noise: Arrays) -> tuple[np.ndarray, ...]:
    eps = noise["base"]
    z = PAIR["mean"] + PAIR["std"] * eps
    return z, np.sin(z[:, 0]) * z[:, 1] + z[:, 1] ** 2, eps / PAIR["std"], (eps**2 - 1) / PAIR["std"]


def pair_score(noise: Arrays) -> Arrays:
    _, value, score_mean, score_std = pair_parts(noise)
    return {"mean": value[:, None] * score_mean, "std": value[:, None] * score_std}


def pair_path(noise: Arrays) -> Arrays:
    z, *_ = pair_parts(noise)
    slope = np.stack([np.cos(z[:, 0]) * z[:, 1], np.sin(z[:, 0]) + 2 * z[:, 1]], axis=1)
    return {"mean": slope, "std": slope * noise["base"]}


def pair_delta(noise: Arrays) -> Arrays:
    z, value, score_mean, score_std = pair_parts(noise)
    (a, b), std = PAIR["mean"], PAIR["std"]
    slope = np.array([np.cos(a) * b, np.sin(a) + 2 * b])
    hessian = np.array([[-np.sin(a) * b, np.cos(a)], [np.cos(a), 2.0]])
    step = z - PAIR["mean"]
    h = np.sin(a) * b + b**2 + step @ slope + 0.5 * np.einsum("ni,ij,nj->n", step, hessian, step)
    rest = (value - h)[:, None]
    return {"mean": rest * score_mean + slope, "std": rest * score_std + np.diag(hessian) * std}


def pair_grid() -> tuple[Arrays, np.ndarray]:
    nodes, weights = tensor_grid(a=normal_nodes(30), b=normal_nodes(30))
    return {"base": np.stack([nodes["a"], nodes["b"]], axis=1)}, weights


# Gamma: f = z², E = a(a + 1)/b².
GAMMA = {"concentration": np.array(2.3), "rate": np.array(1.7)}
A, B = 2.3, 1.7
GAMMA_EXACT = {"concentration": np.array((2 * A + 1) / B**2), "rate": np.array(-2 * A * (A + 1) / B**3)}


def gamma_noise(rng: np.random.Generator, n: int) -> Arrays:
    return {"base": rng.gamma(A, 1 / B, size=n)}


def gamma_grid() -> tuple[Arrays, np.ndarray]:
    # The trapezoidal rule in log z: the integrand and all its derivatives vanish at both ends.
    log_z = np.linspace(-18, 4.2, 1200)
    z = np.exp(log_z)
    return {"base": z}, stats.gamma.pdf(z, A, scale=1 / B) * z * (log_z[1] - log_z[0])


def gamma_score(noise: Arrays) -> Arrays:
    z = noise["base"]
    return {
        "concentration": z**2 * (np.log(B) - special.digamma(A) + np.log(z)),
        "rate": z**2 * (A / B - z),
    }


def gamma_implicit(noise: Arrays) -> Arrays:
    z = noise["base"]
    # The path at fixed u = F(z), by central differences of SciPy's quantile; the upper tail keeps u's digits.
    h = 1e-5
    u, v = special.gammainc(A, B * z), special.gammaincc(A, B * z)

    def quantile(a: float) -> np.ndarray:
        return np.where(u < 0.5, special.gammaincinv(a, u), special.gammainccinv(a, v)) / B

    return {"concentration": 2 * z * (quantile(A + h) - quantile(A - h)) / (2 * h), "rate": -2 * z * z / B}


def gamma_generalized(noise: Arrays) -> Arrays:
    z = noise["base"]
    psi1, psi2 = special.polygamma(1, A), special.polygamma(2, A)
    eps = (np.log(z) - special.digamma(A) + np.log(B)) / np.sqrt(psi1)
    # ∂ log z/∂a at fixed ε, and d/da of log q(ε) = a·log(bz) − lgamma(a) − bz + ½ log ψ₁.
    path = psi1 + eps * psi2 / (2 * np.sqrt(psi1))
    correction = np.log(B * z) + A * path - special.digamma(A) - B * z * path + psi2 / (2 * psi1)
    return {"concentration": 2 * z**2 * path + z**2 * correction, "rate": -2 * z**2 / B}


# Poisson: f = z², E = r² + r.
POISSON = {"rate": np.array(2.5)}


def poisson_grid() -> tuple[Arrays, np.ndarray]:
    counts = np.arange(80.0)
    return {"base": counts}, stats.poisson.pmf(counts, 2.5)


# Bernoulli, one variable: f = (z − 0.45)² + z³; categorical, two one-hot vectors of three classes.
LOGIT = {"logits": np.array(-0.6)}
P = special.expit(-0.6)
T = 0.5


def bent(z: Any) -> Any:
    return (z - 0.45) ** 2 + z**3


def bent_slope(z: np.ndarray) -> np.ndarray:
    return 2 * (z - 0.45) + 3 * z**2


BENT_EXACT = {"logits": np.array(P * (1 - P) * (bent(1.0) - bent(0.0)))}


def uniform_noise(*names: str, shape: tuple[int, ...] = ()) -> Callable[[np.random.Generator, int], Arrays]:
    return lambda rng, n: {name: rng.uniform(size=(n, *shape)) for name in names}


def threshold_nodes() -> tuple[np.ndarray, np.ndarray]:
    # Two smooth pieces: z jumps at u = 1 − p.
    (a, v), (b, w) = interval_nodes(0, 1 - P, 40), interval_nodes(1 - P, 1, 40)
    return np.concatenate([a, b]), np.concatenate([v, w])


def one_bit(u: np.ndarray) -> np.ndarray:
    return (u > 1 - P).astype(float)


def bit_score(noise: Arrays) -> Arrays:
    z = one_bit(noise["base"])
    return {"logits": bent(z) * (z - P)}


def bit_relaxed(noise: Arrays) -> Arrays:
    y = special.expit((-0.6 + special.logit(noise["base"])) / T)
    return {"logits": bent_slope(y) * y * (1 - y) / T}


def bit_straight(noise: Arrays) -> Arrays:
    return {"logits": bent_slope(one_bit(noise["base"])) * P * (1 - P)}


def bit_straight_relaxed(noise: Arrays) -> Arrays:
    y = special.expit((-0.6 + special.logit(noise["base"])) / T)
    return {"logits": bent_slope(one_bit(noise["base"])) * y * (1 - y) / T}


def bit_rebar(noise: Arrays) -> Arrays:
    z, v = one_bit(noise["base"]), noise["conditional"]
    # u given z, with v reflected for z = 0 as in the paper's stable form; then the latent and its slope.
    given = np.where(z > 0.5, 1 - P + v * P, (1 - v) * (1 - P))
    latent = special.logit(P) + special.logit(given)
    d_given = P * (1 - P) * np.where(z > 0.5, v - 1, -(1 - v))
    d_latent = 1 + d_given / (given * (1 - given))
    y = special.expit(latent / T)
    through = bent_slope(y) * y * (1 - y) / T * d_latent
    return {"logits": (bent(z) - bent(y)) * (z - P) + bit_relaxed(noise)["logits"] - through}


def bit_rebar_coupled(noise: Arrays) -> Arrays:
    # The noise of the conditional draw at which it meets the unconditional one.
    u = noise["base"]
    v = np.where(u > 1 - P, (u - (1 - P)) / P, 1 - u / (1 - P))
    return bit_rebar({"base": u, "conditional": v})


ROWS_OF_LOGITS = {"logits": np.array([[0.3, -0.5, 0.9], [0.0, 1.1, -0.2]])}
SCORES = np.array([[1.0, -2.0, 0.5], [0.3, 0.8, -1.0]])


def mixed(z: Any) -> Any:
    return tf.reduce_sum(z * SCORES, axis=[-2, -1]) ** 2


def mixed_exact() -> Arrays:
    probs = special.softmax(ROWS_OF_LOGITS["logits"], axis=1)
    total = np.zeros((2, 3))
    for i in range(3):
        for j in range(3):
            score = np.stack([np.eye(3)[i] - probs[0], np.eye(3)[j] - probs[1]])
            total += probs[0, i] * probs[1, j] * (SCORES[0, i] + SCORES[1, j]) ** 2 * score
    return {"logits": total}


def expectation(noise: Arrays) -> Arrays:
    return {"logits": np.broadcast_to(BENT_EXACT["logits"], noise["base"].shape)}


def no_noise(rng: np.random.Generator, n: int) -> Arrays:
    return {}


def _row(
    name: str, estimator: ce.Estimator, problem: tuple[Any, ...], formula: Any, noise: Any, grid: Any
) -> Row:
    law, parameters, f, exact = problem
    nodes, weights = grid if grid is not None else ({}, np.zeros(0))
    return Row(name, estimator, law, parameters, f, exact, noise, formula, nodes, weights)


SQUARE = (ce.GaussianLaw(), THETA, tf.square, SQUARE_EXACT)
COUPLED = (ce.GaussianLaw(), PAIR, coupled, pair_exact())
GAMMA_SQUARE = (ce.GammaLaw(), GAMMA, tf.square, GAMMA_EXACT)
POISSON_SQUARE = (ce.PoissonLaw(), POISSON, tf.square, {"rate": np.array(6.0)})
BENT = (ce.BernoulliLaw(), LOGIT, bent, BENT_EXACT)
MIXED = (ce.CategoricalLaw(), ROWS_OF_LOGITS, mixed, mixed_exact())
LINE = ({"base": HERMITE}, HERMITE_WEIGHTS)
BITS = tensor_grid(base=threshold_nodes())
BY_ENTRY = {"mean": 7.0, "std": 11.0}
one, two = normal_noise(()), normal_noise((2,))

UNBIASED = [
    _row("score", ce.ScoreFunction(), SQUARE, square_score(), one, LINE),
    _row("score, baseline 5", ce.ScoreFunction(5.0), SQUARE, square_score(5.0), one, LINE),
    _row("score, by entry", ce.ScoreFunction(BY_ENTRY), SQUARE, square_score_by_entry, one, LINE),
    _row("score, coupled", ce.ScoreFunction(), COUPLED, pair_score, two, pair_grid()),
    _row("score, gamma", ce.ScoreFunction(), GAMMA_SQUARE, gamma_score, gamma_noise, gamma_grid()),
    _row("score, bit", ce.ScoreFunction(), BENT, bit_score, uniform_noise("base"), BITS),
    _row("pathwise", ce.Pathwise(), SQUARE, square_path, one, LINE),
    _row("pathwise, coupled", ce.Pathwise(), COUPLED, pair_path, two, pair_grid()),
    _row("delta, c = 1/2", ce.DeltaControlVariate(0.5), SQUARE, square_delta, one, LINE),
    _row("delta, coupled", ce.DeltaControlVariate(), COUPLED, pair_delta, two, pair_grid()),
    _row("measure", ce.MeasureValued(), SQUARE, square_measure, measure_noise(()), measure_grid()),
    _row("measure, coupled", ce.MeasureValued(), COUPLED, None, measure_noise((2,)), None),
    _row(
        "measure, Poisson",
        ce.MeasureValued(),
        POISSON_SQUARE,
        lambda noise: {"rate": 2 * noise["base"] + 1},
        lambda rng, n: {"base": rng.poisson(2.5, size=n).astype(float)},
        poisson_grid(),
    ),
    _row(
        "generalised",
        ce.GeneralizedReparameterization(),
        GAMMA_SQUARE,
        gamma_generalized,
        gamma_noise,
        gamma_grid(),
    ),
    _row(
        "implicit", ce.ImplicitReparameterization(), GAMMA_SQUARE, gamma_implicit, gamma_noise, gamma_grid()
    ),
    _row("REBAR", ce.Rebar(T), BENT, bit_rebar_coupled, uniform_noise("base"), BITS),
    _row("REBAR, one-hot", ce.Rebar(0.7, 0.6), MIXED, None, uniform_noise("base", shape=(2, 3)), None),
    _row(
        "REBAR, uncoupled",
        ce.Rebar(T, coupled=False),
        BENT,
        bit_rebar,
        uniform_noise("base", "conditional"),
        tensor_grid(base=threshold_nodes(), conditional=interval_nodes(0, 1, 60)),
    ),
    _row(
        "REBAR, one-hot, uncoupled",
        ce.Rebar(0.7, 0.6, coupled=False),
        MIXED,
        None,
        uniform_noise("base", "conditional", shape=(2, 3)),
        None,
    ),
    _row("score, one-hot", ce.ScoreFunction(), MIXED, None, uniform_noise("base", shape=(2, 3)), None),
]
BIASED = [
    _row("Gumbel-softmax", ce.GumbelSoftmaxRelaxation(T), BENT, bit_relaxed, uniform_noise("base"), BITS),
    _row("straight-through", ce.StraightThrough(), BENT, bit_straight, uniform_noise("base"), BITS),
    _row(
        "straight-through Gumbel",
        ce.StraightThrough(T),
        BENT,
        bit_straight_relaxed,
        uniform_noise("base"),
        BITS,
    ),
]
EXACT = [
    _row("enumeration", ce.Enumeration(), BENT, expectation, no_noise, None),
    _row("enumeration, one-hot", ce.Enumeration(), MIXED, None, no_noise, None),
]
TABLE = UNBIASED + BIASED + EXACT


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chosen = {
        "row": TABLE,
        "noisy_row": UNBIASED + BIASED,
        "unbiased_row": UNBIASED,
        "biased_row": BIASED,
        "formula_row": [row for row in UNBIASED + BIASED if row.formula is not None],
        "exact_row": EXACT,
    }
    for name, rows in chosen.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, rows, ids=[row.name for row in rows])


@pytest.fixture
def table() -> list[Row]:
    return TABLE
