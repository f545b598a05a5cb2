"""What a variational layer costs and what flipout is worth: ``python tests/benchmarks/layers.py``.

Writes ``layers.md`` beside this file. Step cost: CPU time of ``fit`` of a 784-400-400-10 network at batch
128, as a multiple of plain Dense in the same interleaved rounds; the peer is TFP's layers on tf_keras, which
do not work with Keras 3. Variance: that of the gradient with one shared noise, divided by flipout's.
"""

from __future__ import annotations

import os

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path

warnings.filterwarnings("ignore")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import tensorflow_probability as tfp  # noqa: E402
import tf_keras  # noqa: E402

from course import layers  # noqa: E402

EXAMPLES, BATCH, SIZES = 1280, 128, (400, 400, 10)
STEPS = EXAMPLES // BATCH
BOUNDS = {"reparameterisation": 2.5, "local reparameterisation": 2.2, "flipout": 3.2}
OURS = {
    "reparameterisation": layers.DenseReparameterization,
    "local reparameterisation": layers.DenseLocalReparameterization,
    "flipout": layers.DenseFlipout,
}
PEERS = {
    "reparameterisation": tfp.layers.DenseReparameterization,
    "local reparameterisation": tfp.layers.DenseLocalReparameterization,
    "flipout": tfp.layers.DenseFlipout,
}
CURVE = {1: 1.0, 16: 1.9, 256: 12.3, 1024: 40.8}
"""Shared noise ÷ flipout by batch size: the figures to be met within 15 %."""


def network(library: object, layer: Callable[..., object], jit: bool, **options: object) -> object:
    """A compiled 784-400-400-10 classifier of ``layer``s."""
    model = library.Sequential([library.Input((784,))])  # type: ignore[attr-defined]
    for units in SIZES:
        model.add(layer(units, activation=None if units == SIZES[-1] else "relu", **options))
    loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)  # type: ignore[attr-defined]
    model.compile("sgd", loss, jit_compile=jit)
    return model


def step_costs(rounds: int, jit: bool) -> dict[str, float]:
    """Median CPU seconds of one training step by layer, over interleaved rounds."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(EXAMPLES, 784)).astype("float32"), rng.integers(0, 10, EXAMPLES)
    models = {"Dense": network(keras, keras.layers.Dense, jit)}
    for name, layer in OURS.items():
        models[name] = network(keras, layer, jit, dataset_size=EXAMPLES)
    models["Dense (tf_keras)"] = network(tf_keras, tf_keras.layers.Dense, jit)
    for name, layer in PEERS.items():
        models[f"{name} (TFP)"] = network(tf_keras, layer, jit)
    for model in models.values():
        model.fit(x, y, batch_size=BATCH, verbose=0)
    seconds: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(rounds):
        for name, model in models.items():
            started = time.process_time()
            model.fit(x, y, batch_size=BATCH, epochs=2, verbose=0)
            seconds[name].append((time.process_time() - started) / (2 * STEPS))
    return {name: float(np.median(values)) for name, values in seconds.items()}


def variance_ratio(batch: int, draws: int) -> float:
    """Gradient variance with one shared noise divided by flipout's, on a random linear layer."""
    rng = np.random.default_rng(1)
    features, units = 32, 16
    x = tf.constant(rng.normal(size=(batch, features)), tf.float32)
    # Independent targets: a gradient that examples do not share, so that noise is all they have in common.
    weights = tf.constant(rng.normal(size=(batch, units)), tf.float32)
    mean = tf.constant(rng.normal(size=(features, units)) * 0.1, tf.float32)
    std = tf.fill([features, units], 0.3)

    @tf.function
    def gradient(seed: tf.Tensor, flip: bool) -> tf.Tensor:
        seeds = tf.random.split(seed, 3)
        eps = tf.random.stateless_normal([features, units], seeds[0])
        ones = tf.ones([batch, features]), tf.ones([batch, units])
        signs = (
            tuple(
                tf.sign(tf.random.stateless_uniform(tf.shape(one), s, -1.0, 1.0))
                for one, s in zip(ones, (seeds[1], seeds[2]), strict=True)
            )
            if flip
            else ones
        )
        with tf.GradientTape() as tape:
            tape.watch(mean)
            out = layers.dense_flipout(x, mean, std, eps, *signs)
            loss = tf.reduce_mean(tf.reduce_sum(weights * tf.nn.softplus(out) + 0.5 * out**2, axis=1))
        return tape.gradient(loss, mean)

    variances = []
    for flip in (False, True):
        samples = np.stack([gradient(tf.constant([7, n]), flip).numpy() for n in range(draws)])
        variances.append(samples.var(axis=0, ddof=1).mean())
    return float(variances[0] / variances[1])


def main() -> None:
    """Measures and writes the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--draws", type=int, default=2000)
    options = parser.parse_args()
    lines = ["# Variational layers: cost of a training step, and flipout's variance", ""]
    versions = f"TensorFlow {tf.__version__}, Keras {keras.__version__}, TFP {tfp.__version__}"
    lines += [f"{versions}; {os.cpu_count()} cores.", ""]
    lines += [
        "| layer | mode | ms a step | ÷ Dense | bound | TFP on tf_keras ÷ its Dense |",
        "|---|---|---|---|---|---|",
    ]
    for jit in (False, True):
        costs = step_costs(options.rounds, jit)
        for name in OURS:
            peer = costs[f"{name} (TFP)"] / costs["Dense (tf_keras)"]
            ours = f"{1e3 * costs[name]:.1f} | {costs[name] / costs['Dense']:.2f}"
            lines.append(f"| {name} | {'jit' if jit else 'graph'} | {ours} | {BOUNDS[name]} | {peer:.2f} |")
    lines += ["", "| batch | shared noise ÷ flipout | reference curve |", "|---|---|---|"]
    lines += [
        f"| {b} | {variance_ratio(b, options.draws):.1f} | {reference} |" for b, reference in CURVE.items()
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    Path(__file__).with_suffix(".md").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
