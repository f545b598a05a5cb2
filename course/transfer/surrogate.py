"""A Gaussian process over the unit cube, by TensorFlow Probability."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from scipy.optimize import minimize
from tensorflow_probability import distributions as tfd
from tensorflow_probability import math as tfm

from course.errors import ShapeError

_JITTER = 1e-6
# Means and standard deviations of log-normal priors on amplitude, lengths and noise std: they keep a fit to
# five points from calling everything noise, or everything smooth.
_PRIORS = ((0.0, 1.0), (-1.0, 0.7), (-4.0, 1.5))


def _kernel(theta: tf.Tensor) -> Any:
    amplitude, lengths = tf.exp(theta[0]), tf.exp(theta[2:])
    base = tfm.psd_kernels.MaternFiveHalves(amplitude=amplitude)
    return tfm.psd_kernels.FeatureScaled(base, scale_diag=lengths)


_VECTOR = tf.TensorSpec([None], tf.float64)
_MATRIX = tf.TensorSpec([None, None], tf.float64)


# Any number of points in one trace: a trace costs as much as some hundred evaluations.
@tf.function(input_signature=[_VECTOR, _MATRIX, _VECTOR])
def _objective(theta: tf.Tensor, x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    with tf.GradientTape() as tape:
        tape.watch(theta)
        gp = tfd.GaussianProcess(
            _kernel(theta), x, observation_noise_variance=tf.exp(2.0 * theta[1]) + _JITTER, jitter=0.0
        )
        (m_a, s_a), (m_l, s_l), (m_n, s_n) = _PRIORS
        penalty = (
            ((theta[0] - m_a) / s_a) ** 2
            + ((theta[1] - m_n) / s_n) ** 2
            + tf.reduce_sum(((theta[2:] - m_l) / s_l) ** 2)
        )
        value = 0.5 * penalty - gp.log_prob(y)
    return value, tape.gradient(value, theta)


@tf.function(input_signature=[_VECTOR, _MATRIX, _VECTOR, _MATRIX])
def _posterior(theta: tf.Tensor, x: tf.Tensor, y: tf.Tensor, at: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    model = tfd.GaussianProcessRegressionModel(
        _kernel(theta),
        index_points=at,
        observation_index_points=x,
        observations=y,
        observation_noise_variance=tf.exp(2.0 * theta[1]) + _JITTER,
        predictive_noise_variance=tf.zeros([], tf.float64),
        jitter=0.0,
    )
    return model.mean(), model.variance()


class Surrogate:
    """Regression by a Gaussian process with a Matérn 5/2 kernel and a length scale a dimension.

    ::

        f ~ GP(0, a² k(‖(x − x') / ℓ‖)),   y = f(x) + noise,   y standardised

    Amplitude, lengths and noise are at the maximum of the marginal likelihood times log-normal priors, found
    by L-BFGS.

    Source:
        Damianou, "“Tricks”"; Rasmussen & Williams 2006, equations 2.25, 2.26, 4.17 and 5.8.
    """

    def fit(self, x: Any, y: Any) -> Surrogate:
        """Conditions on observations.

        Args:
            x: shape (n, d), in [0, 1].
            y: shape (n,).

        Raises:
            ShapeError: the shapes do not fit.
        """
        points, values = np.asarray(x, np.float64), np.asarray(y, np.float64)
        if points.ndim != 2 or values.shape != points.shape[:1] or not values.size:
            raise ShapeError("points are (n, d) and values (n,)", received=(points.shape, values.shape))
        self._shift, self._scale = float(values.mean()), float(values.std()) or 1.0
        self._x, self._y = tf.constant(points), tf.constant((values - self._shift) / self._scale)
        size = points.shape[1]
        start = np.concatenate([[0.0, -4.0], np.full(size, -1.0)])
        bounds = [(-3.0, 3.0), (-7.0, 1.0), *[(-4.0, 3.0)] * size]

        def evaluate(theta: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope = _objective(tf.constant(theta), self._x, self._y)
            return float(value), slope.numpy()

        # Hyper-parameters to a percent are enough: the next trial moves them by more.
        fit = minimize(evaluate, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 12})
        self.theta = fit.x
        return self

    def predict(self, at: Any) -> tuple[np.ndarray, np.ndarray]:
        """Mean and std of f, without noise, in the units of y.

        Args:
            at: shape (m, d).

        Returns:
            Two arrays of shape (m,).
        """
        mean, variance = _posterior(
            tf.constant(self.theta), self._x, self._y, tf.constant(np.asarray(at, np.float64))
        )
        std = np.sqrt(np.maximum(variance.numpy(), 0.0))
        return mean.numpy() * self._scale + self._shift, std * self._scale
