"""Mistakes of the benchmarks' small problem set."""

import tensorflow as tf

from autograder.checks import mistake

from .reference import slope


@mistake(
    "cross_entropy",
    "the rows were added up, not averaged",
    hint="Is the loss of two equal batches twice that of one?",
)
def summed(logits, labels):
    logits = tf.convert_to_tensor(logits)
    return tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))


@mistake("slope", "the square's factor of 2 were missing")
def half(w, x, y):
    w, x, y = (tf.convert_to_tensor(a) for a in (w, x, y))
    with tf.GradientTape() as tape:
        tape.watch(w)
        loss = tf.reduce_mean((tf.linalg.matvec(x, w) - y) ** 2) / 2
    return tape.gradient(loss, w)


@mistake("descend", "the steps went uphill")
def uphill(w, x, y, rate, steps):
    w = tf.convert_to_tensor(w)
    for _ in range(steps):
        w = w + rate * slope(w, x, y)
    return w


@mistake("descend", "only one step were taken")
def once(w, x, y, rate, steps):
    return w - rate * slope(w, x, y)
