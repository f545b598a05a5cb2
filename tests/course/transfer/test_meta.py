"""Meta-gradients against finite differences and against the Hessian of a quadratic."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from course.data import sinusoids
from course.errors import ArgumentError
from course.transfer import LEO, MAML, JointLearner, Reptile, adapt, meta_gradient
from course.transfer.meta_network import initial_weights, task_losses


def test_sinusoids_are_what_they_say() -> None:
    data = sinusoids(50, 4, 6, seed=3)
    for x, y in ((data.support_x, data.support_y), (data.query_x, data.query_y)):
        assert x.dtype == y.dtype == np.float32 and np.abs(x).max() <= 5
        exact = data.amplitude[:, None, None] * np.sin(x.astype(float) - data.phase[:, None, None])
        # x is rounded to float32 after the sine: 5 · 2⁻²⁴ of slope at most 5.
        np.testing.assert_allclose(y, exact, atol=3e-6)
    assert data.amplitude.min() >= 0.1 and data.amplitude.max() <= 5 and data.phase.max() <= np.pi
    np.testing.assert_array_equal(data.query_x, sinusoids(50, 4, 6, seed=3).query_x)
    with pytest.raises(ArgumentError, match=r"`tasks`.*tasks=0"):
        sinusoids(0, seed=1)


@pytest.mark.parametrize("steps", [1, 3])
def test_the_second_order_gradient_is_the_finite_differences(steps: int, rng: np.random.Generator) -> None:
    start = initial_weights([1, 5, 1], seed=2, dtype="float64")
    data = sinusoids(1, 6, 6, seed=4)
    sx, sy, qx, qy = (tf.constant(part, tf.float64) for part in data[:4])

    def support(ws: list[tf.Tensor]) -> tf.Tensor:
        return tf.reduce_sum(task_losses(ws, sx, sy))

    def query(ws: list[tf.Tensor]) -> tf.Tensor:
        return tf.reduce_sum(task_losses(ws, qx, qy))

    value, slopes = meta_gradient(support, query, start, 0.05, steps)
    _, first = meta_gradient(support, query, start, 0.05, steps, second_order=False)
    step, worst = 1e-5, 0.0
    for _direction in range(4):
        along = [rng.standard_normal(w.shape) for w in start]
        ends = [
            float(query(adapt(support, [w + s * a for w, a in zip(start, along, strict=True)], 0.05, steps)))
            for s in (step, -step)
        ]
        slope = sum(float(tf.reduce_sum(g * a)) for g, a in zip(slopes, along, strict=True))
        # Central differences: step² of truncation and 2⁻⁵³/step of rounding, both near 1e-10 of the value.
        np.testing.assert_allclose(
            slope, (ends[0] - ends[1]) / (2 * step), rtol=1e-6, atol=1e-8 * float(value)
        )
        other = sum(float(tf.reduce_sum(g * a)) for g, a in zip(first, along, strict=True))
        worst = max(worst, abs(other / slope - 1))
    assert worst > 1e-3  # what the first order leaves out is no rounding


def test_on_a_quadratic_the_orders_differ_by_the_hessians_term(rng: np.random.Generator) -> None:
    root = rng.standard_normal((3, 3))
    a, target, w = root @ root.T, rng.standard_normal(3), rng.standard_normal(3)
    rate = 0.1

    def support(ws: list[tf.Tensor]) -> tf.Tensor:
        return 0.5 * tf.tensordot(ws[0], tf.linalg.matvec(a, ws[0]), 1)

    def query(ws: list[tf.Tensor]) -> tf.Tensor:
        return 0.5 * tf.reduce_sum((ws[0] - target) ** 2)

    second = meta_gradient(support, query, [w], rate, 2)[1][0]
    first = meta_gradient(support, query, [w], rate, 2, second_order=False)[1][0]
    shrink = np.eye(3) - rate * a
    outer = shrink @ shrink @ w - target
    np.testing.assert_allclose(first, outer, rtol=1e-12)
    np.testing.assert_allclose(second, shrink @ shrink @ outer, rtol=1e-12)


def test_reptiles_direction_is_the_start_minus_where_the_tasks_end() -> None:
    learner = Reptile((1, 4, 1), inner_steps=3, inner_rate=0.05, seed=1)
    data = sinusoids(3, 5, 5, seed=2)
    _, slopes = learner._gradient(*data[:4])
    x, y = (np.concatenate(pair, 1) for pair in ((data[0], data[2]), (data[1], data[3])))
    ends = []
    for task in range(3):  # one task at a time, by hand
        ws = [weight.numpy() for weight in learner.weights]
        for _ in range(3):
            with tf.GradientTape() as tape:
                tensors = [tf.constant(w) for w in ws]
                tape.watch(tensors)
                hidden = tf.tanh(x[task] @ tensors[0] + tensors[1])
                loss = tf.reduce_mean((hidden @ tensors[2] + tensors[3] - y[task]) ** 2)
            ws = [w - 0.05 * g.numpy() for w, g in zip(ws, tape.gradient(loss, tensors), strict=True)]
        ends.append(ws)
    for place, slope in enumerate(slopes):
        mean = np.mean([ws[place] for ws in ends], axis=0)
        np.testing.assert_allclose(slope, learner.weights[place].numpy() - mean, rtol=1e-4, atol=1e-6)


def test_leo_decodes_and_its_error_falls_with_steps_on_the_latents() -> None:
    model = LEO((1, 10, 1), latents=4, seed=0)
    weights = model.decode(tf.zeros([2, 4]))
    for mine, start in zip(weights, initial_weights([1, 10, 1], 0), strict=True):
        np.testing.assert_array_equal(mine[1], start)
    losses = model.fit(150, tasks=8)
    assert np.mean(losses[-30:]) < 0.7 * np.mean(losses[:10])
    curve = model.error_curve(sinusoids(50, 10, 10, seed=77), 3).mean(axis=0)
    assert curve[1] < curve[0] and np.isfinite(curve).all()


def test_after_ten_shots_maml_is_ahead_of_joint_training() -> None:
    data = sinusoids(100, 10, 20, seed=99)
    curves = {}
    for kind in (MAML, JointLearner):
        learner = kind((1, 20, 20, 1), learning_rate=5e-3, inner_rate=0.03, seed=0)
        learner.fit(250, tasks=8)
        curves[kind] = learner.error_curve(data, 1)[:, 1]
    gain = curves[JointLearner] - curves[MAML]
    # The same tasks for both: five standard errors of the paired difference.
    assert gain.mean() > 5 * gain.std() / np.sqrt(len(gain))


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"`inner_steps`.*≥ 1.*inner_steps=0"):
        MAML(inner_steps=0)
    with pytest.raises(ArgumentError, match=r"`second_order` is True or False.*second_order=2"):
        MAML(second_order=2)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"an input and an output"):
        MAML((3,))
