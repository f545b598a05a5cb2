"""Other correct routes through ps05, which every check must accept.

Each is self-contained, as a student's cell is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from autograder.checks import variant

# draw_score_gradients


@variant("draw_score_gradients")
def draws_in_numpy(theta: float, n: int) -> Any:
    noise = np.random.default_rng().standard_normal(n)
    return (theta + noise) ** 2 * noise


@variant("draw_score_gradients")
def draws_with_global_numpy(theta: float, n: int) -> Any:
    z = np.random.randn(n) + theta
    return np.square(z) * (z - theta)


@variant("draw_score_gradients")
def draws_in_float32(theta: float, n: int) -> Any:
    z = tf.random.normal([n], mean=theta)
    return tf.square(z) * (z - theta)


@variant("draw_score_gradients")
def draws_by_tape(theta: float, n: int) -> Any:
    import tensorflow_probability as tfp

    location = tf.fill([n], tf.constant(theta, tf.float64))
    with tf.GradientTape() as tape:
        tape.watch(location)
        law = tfp.distributions.Normal(location, tf.constant(1.0, tf.float64))
        z = tf.stop_gradient(law.sample())
        log_density = law.log_prob(z)
    return z**2 * tape.gradient(log_density, location)


@variant("draw_score_gradients")
def draws_compiled(theta: float, n: int) -> Any:
    sample = tf.function(lambda centre: centre + tf.random.normal([n], dtype=tf.float64))
    z = sample(tf.constant(theta, tf.float64))
    return z**2 * (z - theta)


# score_function_gradient


@variant("score_function_gradient")
def score_by_tape(f: Any, mean: float, std: float, eps: Any) -> Any:
    import tensorflow_probability as tfp

    eps = tf.convert_to_tensor(eps)
    # One copy of the parameters a draw, so that the tape gives one gradient a draw.
    means, stds = mean + tf.zeros_like(eps), std + tf.zeros_like(eps)
    with tf.GradientTape() as tape:
        tape.watch([means, stds])
        z = tf.stop_gradient(means + stds * eps)
        log_density = tfp.distributions.Normal(means, stds).log_prob(z)
        surrogate = tf.stop_gradient(f(z)) * log_density
    return tf.stack(tape.gradient(surrogate, [means, stds]), axis=1)


@variant("score_function_gradient")
def score_by_jacobian(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    parameters = tf.constant([mean, std], eps.dtype)
    z = mean + std * eps
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        log_density = -0.5 * ((z - parameters[0]) / parameters[1]) ** 2 - tf.math.log(parameters[1])
    return f(z)[:, None] * tape.jacobian(log_density, parameters)


@variant("score_function_gradient")
def score_from_noise(f: Any, mean: float, std: float, eps: Any) -> Any:
    values = np.asarray(f(mean + std * eps))
    return np.column_stack([values * eps, values * (eps**2 - 1.0)]) / std


@variant("score_function_gradient")
def score_in_float32(f: Any, mean: float, std: float, eps: Any) -> Any:
    mean, std = tf.constant(mean, tf.float32), tf.constant(std, tf.float32)
    z = mean + std * tf.cast(eps, tf.float32)
    residual = z - mean
    d_std = f(z) * (residual**2 - std**2) / std**3
    return tf.stack([f(z) * residual / std**2, d_std], axis=-1)


@variant("score_function_gradient")
def score_draw_by_draw(f: Any, mean: float, std: float, eps: Any) -> Any:
    rows = []
    for noise in np.asarray(eps):
        z = mean + std * noise
        value = float(f(tf.constant(z, tf.float64)))
        rows.append([value * (z - mean) / std**2, value * ((z - mean) ** 2 - std**2) / std**3])
    return rows


# pathwise_gradient


@variant("pathwise_gradient")
def path_persistent_tape(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    means, stds = mean + tf.zeros_like(eps), std + tf.zeros_like(eps)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([means, stds])
        values = f(means + stds * eps)
    return tf.stack([tape.gradient(values, means), tape.gradient(values, stds)], axis=1)


@variant("pathwise_gradient")
def path_by_jacobian(f: Any, mean: float, std: float, eps: Any) -> Any:
    mean, std = tf.constant(mean, tf.float64), tf.constant(std, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch([mean, std])
        values = f(mean + std * eps)
    return tf.stack(tape.jacobian(values, [mean, std]), axis=1)


@variant("pathwise_gradient")
def path_compiled(f: Any, mean: float, std: float, eps: Any) -> Any:
    slopes = tf.function(lambda z: tf.gradients(f(z), z)[0])
    eps = tf.convert_to_tensor(eps)
    slope = slopes(mean + std * eps)
    return tf.transpose(tf.stack([slope, slope * eps]))


@variant("pathwise_gradient")
def path_in_float32(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.cast(eps, tf.float32)
    mean, std = tf.Variable(mean, dtype=tf.float32), tf.Variable(std, dtype=tf.float32)
    with tf.GradientTape() as tape:
        values = f(mean + std * eps)
    return tf.stack(tape.jacobian(values, [mean, std]), axis=1)


@variant("pathwise_gradient")
def path_draw_by_draw(f: Any, mean: float, std: float, eps: Any) -> Any:
    rows = []
    for noise in np.asarray(eps):
        with tf.GradientTape() as tape:
            parameters = tf.constant([mean, std], tf.float64)
            tape.watch(parameters)
            value = f(parameters[0] + parameters[1] * noise)
        rows.append(tape.gradient(value, parameters).numpy())
    return np.stack(rows)


# leave_one_out_baseline


@variant("leave_one_out_baseline")
def baseline_by_loop(values: Any) -> Any:
    values = np.asarray(values)
    return np.array([np.delete(values, i).mean() for i in range(len(values))])


@variant("leave_one_out_baseline")
def baseline_by_mask(values: Any) -> Any:
    values = tf.convert_to_tensor(values)
    n = values.shape[0]
    others = 1.0 - tf.eye(n, dtype=values.dtype)
    return tf.linalg.matvec(others, values) / (n - 1)


@variant("leave_one_out_baseline")
def baseline_from_mean(values: Any) -> Any:
    values = np.asarray(values)
    n = len(values)
    return (n * values.mean() - values) / (n - 1)


@variant("leave_one_out_baseline")
def baseline_by_cumulative_sums(values: Any) -> Any:
    values = tf.convert_to_tensor(values)
    before = tf.cumsum(values, exclusive=True)
    after = tf.cumsum(values, exclusive=True, reverse=True)
    return (before + after) / (values.shape[0] - 1)


@variant("leave_one_out_baseline")
def baseline_in_float32(values: Any) -> Any:
    values = tf.cast(values, tf.float32)
    n = tf.cast(tf.size(values), tf.float32)
    return (n / (n - 1.0)) * (tf.reduce_mean(values) - values / n)


@variant("leave_one_out_baseline")
def baseline_as_list(values: Any) -> Any:
    values = [float(value) for value in values]
    return [sum(values[:i] + values[i + 1 :]) / (len(values) - 1) for i in range(len(values))]


# easy_and_hard


@variant("easy_and_hard")
def grid_by_trapezoids(theta: float, std: float, z: Any) -> Any:
    from scipy.stats import norm

    slope = norm.pdf(z, theta, std) * (z - theta) / std**2
    return 2 * theta, np.trapezoid(z**2 * slope, z)


@variant("easy_and_hard")
def grid_by_tape(theta: float, std: float, z: Any) -> Any:
    centre = tf.Variable(theta, dtype=tf.float64)
    grid = tf.convert_to_tensor(z)
    with tf.GradientTape(persistent=True) as tape:
        known = centre**2 + std**2
        density = tf.exp(-0.5 * ((grid - centre) / std) ** 2) / (std * np.sqrt(2 * np.pi))
        integral = tf.reduce_sum(grid**2 * density) * (grid[1] - grid[0])
    return tape.gradient(known, centre), tape.gradient(integral, centre)


@variant("easy_and_hard")
def grid_in_float32(theta: float, std: float, z: Any) -> Any:
    theta32, std32, z32 = np.float32(theta), np.float32(std), np.asarray(z, np.float32)
    unit = (z32 - theta32) / std32
    density = np.exp(-unit * unit / 2) / std32 / np.float32(np.sqrt(2 * np.pi))
    return theta32 + theta32, (z32 * z32 * density * unit / std32).sum() * (z32[1] - z32[0])


# control_variate


@variant("control_variate")
def control_by_covariance(estimates: Any, control: Any, expectation: float) -> Any:
    both = np.cov(estimates, control)
    coefficient = both[0, 1] / both[1, 1]
    return coefficient, estimates - coefficient * (control - expectation)


@variant("control_variate")
def control_by_least_squares(estimates: Any, control: Any, expectation: float) -> Any:
    design = np.column_stack([np.ones(len(control)), control])
    coefficient = np.linalg.lstsq(design, np.asarray(estimates), rcond=None)[0][1]
    return coefficient, (estimates - coefficient * control) + coefficient * expectation


@variant("control_variate")
def control_in_tensorflow(estimates: Any, control: Any, expectation: float) -> Any:
    g, h = tf.convert_to_tensor(estimates), tf.convert_to_tensor(control)
    centred = h - tf.reduce_mean(h)
    coefficient = tf.reduce_mean(centred * g) / tf.math.reduce_variance(h)
    return coefficient, g - coefficient * (h - expectation)


# reinforce_surrogate


@variant("reinforce_surrogate")
def surrogate_by_tfp(f: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    import tensorflow_probability as tfp

    law = tfp.distributions.Normal(mean, tf.exp(log_std))
    z = tf.stop_gradient(mean + tf.exp(log_std) * eps)
    return tf.reduce_mean(law.log_prob(z) * f(z))


@variant("reinforce_surrogate")
def surrogate_by_ratio(f: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    # exp(log p − ⊥log p) is 1 and has the slope of log p: the value is then the average of f, too.
    z = tf.stop_gradient(mean + tf.exp(log_std) * eps)
    log_density = -0.5 * (z - mean) ** 2 * tf.exp(-2.0 * log_std) - log_std
    return tf.reduce_mean(f(z) * tf.exp(log_density - tf.stop_gradient(log_density)))


@variant("reinforce_surrogate")
def surrogate_with_frozen_parameters(f: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    frozen_mean, frozen_std = tf.stop_gradient(mean), tf.stop_gradient(tf.exp(log_std))
    z = frozen_mean + frozen_std * tf.convert_to_tensor(eps)
    variance = tf.exp(log_std) ** 2
    log_density = -((z - mean) ** 2) / (2.0 * variance) - 0.5 * tf.math.log(2.0 * np.pi * variance)
    return tf.reduce_sum(f(z) * log_density) / tf.cast(tf.size(z), z.dtype)
