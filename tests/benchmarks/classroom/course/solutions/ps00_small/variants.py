"""Other correct routes of the benchmarks' small problem set."""

import tensorflow as tf

from autograder.checks import variant


@variant("cross_entropy")
def from_log_softmax(logits, labels):
    rows = tf.gather(tf.nn.log_softmax(tf.convert_to_tensor(logits)), labels, batch_dims=1)
    return -tf.reduce_mean(rows)


@variant("slope")
def by_hand(w, x, y):
    residual = tf.linalg.matvec(x, tf.convert_to_tensor(w)) - y
    return 2.0 * tf.linalg.matvec(x, residual, transpose_a=True) / len(y)
