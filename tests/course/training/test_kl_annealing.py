"""Schedules against the papers' formulas, and the weight that a compiled step really used."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from course.errors import ArgumentError
from course.models import dense_vae
from course.training import CyclicalAnnealing, KLAnnealing, LinearAnnealing, SigmoidAnnealing


def test_linear_annealing_is_a_straight_line_and_then_stays() -> None:
    schedule = LinearAnnealing(steps=7, start=0.2, stop=0.9)
    assert [schedule(t) for t in range(12)] == pytest.approx(np.interp(range(12), [0, 7], [0.2, 0.9]))


def test_sigmoid_annealing_is_the_logistic_function_even_far_out() -> None:
    t = np.arange(0, 200, 7)
    expected = 1 / (1 + np.exp(-(t - 90.0) / 12.5))
    assert [SigmoidAnnealing(90, 12.5)(int(step)) for step in t] == pytest.approx(expected, abs=1e-15)
    assert SigmoidAnnealing(5000, 1)(0) == 0 and SigmoidAnnealing(-5000, 1)(0) == 1


@pytest.mark.parametrize(
    ("steps", "cycles", "ratio"), [(40, 4, 0.5), (30, 3, 1.0), (64, 4, 0.25), (12, 12, 0.5)]
)
def test_cyclical_annealing_is_fus_formula(steps: int, cycles: int, ratio: float) -> None:
    # Equation (7) with the paper's ceiling, where T/M is whole; t counts from 1 there.
    t = np.arange(1, steps + 1)
    tau = np.mod(t - 1, np.ceil(steps / cycles)) / (steps / cycles)
    expected = np.where(tau <= ratio, tau / ratio, 1.0)
    schedule = CyclicalAnnealing(steps, cycles, ratio)
    assert [schedule(step) for step in range(steps)] == pytest.approx(expected, abs=1e-15)
    assert schedule(steps) == schedule(10 * steps) == 1.0


def test_cycles_begin_where_they_should_when_steps_do_not_divide() -> None:
    schedule = CyclicalAnnealing(steps=10, cycles=3)
    betas = [schedule(t) for t in range(10)]
    # At 10/3 and 20/3: the first steps in each cycle are 0, 4 and 7.
    assert [t for t in range(10) if t == 0 or betas[t] < betas[t - 1]] == [0, 4, 7]


@pytest.mark.parametrize("jit", [False, True])
def test_the_compiled_step_uses_the_weight_of_its_batch(jit: bool, rng: np.random.Generator) -> None:
    vae = dense_vae((4,), 2, hidden=(3,), seed=1)
    vae.compile(keras.optimizers.SGD(0.1), jit_compile=jit)
    annealing = KLAnnealing(LinearAnnealing(steps=5, start=0.5, stop=2.0))
    rows: list[dict[str, float]] = []

    class Logs(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            rows.append(dict(logs or {}))

    x = (rng.random((6, 4)) < 0.5).astype("float32")
    # One batch an epoch, so that the logs are that batch's.
    vae.fit(x, batch_size=6, epochs=4, verbose=0, callbacks=[annealing, Logs()])
    assert annealing.betas == pytest.approx([0.5, 0.8, 1.1, 1.4])
    used = [(row["loss"] + row["log_likelihood"]) / row["kl"] for row in rows]
    assert used == pytest.approx(annealing.betas, rel=1e-4)
    vae.fit(x, batch_size=3, epochs=1, verbose=0, callbacks=[annealing])
    assert annealing.betas[4:] == pytest.approx([1.7, 2.0])


def test_epochs_can_be_counted() -> None:
    vae = dense_vae((2,), 1, hidden=())
    vae.compile("sgd", run_eagerly=True)
    annealing = KLAnnealing(lambda epoch: 0.25 * epoch, per="epoch")
    vae.fit(np.zeros((6, 2), "float32"), batch_size=2, epochs=3, verbose=0, callbacks=[annealing])
    assert annealing.betas == [0.0, 0.25, 0.5]


def test_refusals_say_what_is_wrong() -> None:
    with pytest.raises(ArgumentError, match=r"`steps` is a positive integer.*steps=0"):
        LinearAnnealing(0)
    with pytest.raises(ArgumentError, match=r"`width` is positive.*width=-1"):
        SigmoidAnnealing(3, -1)
    with pytest.raises(ArgumentError, match=r"`ratio` is a share of a cycle.*0 < ratio ≤ 1.*ratio=1.5"):
        CyclicalAnnealing(10, ratio=1.5)
    with pytest.raises(ArgumentError, match=r"at least one step.*cycles ≤ 3.*cycles=4"):
        CyclicalAnnealing(3)
    with pytest.raises(ArgumentError, match=r"`schedule` is a function of the step.*schedule=0.5"):
        KLAnnealing(0.5)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"unknown `per`.*'batch', 'epoch'.*per='step'"):
        KLAnnealing(float, per="step")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    x = np.zeros((2, 1), "float32")
    with pytest.raises(
        ArgumentError, match=r"Sequential: the model's `beta` is a variable.*add_weight.*beta=None"
    ):
        model.fit(x, x, verbose=0, callbacks=[KLAnnealing(float)])
    vae = dense_vae((2,), 1, hidden=())
    vae.compile("sgd", run_eagerly=True)
    with pytest.raises(ArgumentError, match=r"finite and not negative.*β ≥ 0.*β=-1.0 at step 0"):
        vae.fit(np.zeros((2, 2), "float32"), verbose=0, callbacks=[KLAnnealing(lambda step: -1.0)])
