"""Worked solutions of the benchmarks' small problem set."""

import numpy as np
import tensorflow as tf


def cross_entropy(logits, labels):
    logits = tf.convert_to_tensor(logits)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))


def cross_entropy_terms(logits, labels):
    return 10.0 * np.abs(logits).max()


def slope(w, x, y):
    w, x, y = (tf.convert_to_tensor(a) for a in (w, x, y))
    with tf.GradientTape() as tape:
        tape.watch(w)
        loss = tf.reduce_mean((tf.linalg.matvec(x, w) - y) ** 2)
    return tape.gradient(loss, w)


def slope_terms(w, x, y):
    x = np.abs(x)
    return 2.0 * x.T @ (x @ np.abs(w) + np.abs(y)) / len(y) * 10.0


def descend(w, x, y, rate, steps):
    w = tf.convert_to_tensor(w)
    for _ in range(steps):
        w = w - rate * slope(w, x, y)
    return w


def descend_terms(w, x, y, rate, steps):
    w = np.abs(w)
    for _ in range(steps):
        w = w + rate * slope_terms(w, x, y)
    return w
