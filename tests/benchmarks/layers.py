"""What a variational layer costs: ``python tests/benchmarks/layers.py``.

Writes ``layers.md`` beside this file. A training step of a network of variational layers, as a multiple of
the same network of plain layers, in ``fit``, in ``fit`` under jit, and in a bare ``tf.function``; the peer is
TFP's layers on tf_keras, as they do not work with Keras 3. All networks of a table run in interleaved
rounds in one process, so that a slow moment of the machine falls on all of them; figures are medians over the
rounds. The ratios that count are of CPU time, which other processes disturb little.
"""

from __future__ import annotations

import os

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

warnings.filterwarnings("ignore")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import tensorflow_probability as tfp  # noqa: E402
import tf_keras  # noqa: E402

from course import layers  # noqa: E402

STEPS = 10
"""Training steps a round."""

Step = Callable[[], None]


@dataclass(frozen=True)
class Network:
    """A classifier of ten classes and the layers it is made of.

    Args:
        name: as the table shows it.
        shape: of one input.
        batch: examples a step.
        plain: name of the plain layer in Keras and tf_keras.
        blocks: arguments of its layers.
        ours: this library's layers by the tables' names.
        peers: TFP's layers by the same names.
        bounds: on the cost of `fit` without jit, as a multiple of the plain network's.
    """

    name: str
    shape: tuple[int, ...]
    batch: int
    plain: str
    blocks: tuple[tuple[Any, ...], ...]
    ours: dict[str, Any]
    peers: dict[str, Any]
    bounds: dict[str, float]

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and classes for one round."""
        rng = np.random.default_rng(0)
        count = STEPS * self.batch
        return rng.normal(size=(count, *self.shape)).astype("float32"), rng.integers(0, 10, count)

    def model(self, library: Any, layer: Any, jit: bool, **options: Any) -> Any:
        """The network, compiled."""
        model = library.Sequential([library.Input(self.shape)])
        for block in self.blocks[:-1]:
            model.add(layer(*block, activation="relu", **options))
        model.add(layer(*self.blocks[-1], **options))
        if len(self.shape) > 1:
            model.add(library.layers.GlobalAveragePooling2D())
        loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("sgd", loss, jit_compile=jit)
        return model

    def models(self, jit: bool) -> dict[str, Any]:
        """All networks by name: plain, ours, plain in tf_keras, TFP's."""
        made = {"plain": self.model(keras, getattr(keras.layers, self.plain), jit)}
        size = STEPS * self.batch
        for name, layer in self.ours.items():
            made[name] = self.model(keras, layer, jit, dataset_size=size)
        made["TFP plain"] = self.model(tf_keras, getattr(tf_keras.layers, self.plain), jit)
        for name, layer in self.peers.items():
            made[f"TFP {name}"] = self.model(tf_keras, layer, jit)
        return made


DENSE = Network(
    "Dense 784-400-400-10, batch 128",
    (784,),
    128,
    "Dense",
    ((400,), (400,), (10,)),
    {
        "reparameterisation": layers.DenseReparameterization,
        "local reparameterisation": layers.DenseLocalReparameterization,
        "flipout": layers.DenseFlipout,
    },
    {
        "reparameterisation": tfp.layers.DenseReparameterization,
        "local reparameterisation": tfp.layers.DenseLocalReparameterization,
        "flipout": tfp.layers.DenseFlipout,
    },
    {"reparameterisation": 2.5, "local reparameterisation": 2.2, "flipout": 3.2},
)
CONV = Network(
    "Conv2D 14×14×8, filters 32-32-10 of 3×3, batch 64",
    (14, 14, 8),
    64,
    "Conv2D",
    ((32, 3), (32, 3), (10, 3)),
    {
        "reparameterisation": layers.Conv2DReparameterization,
        "local reparameterisation": layers.Conv2DLocalReparameterization,
        "flipout": layers.Conv2DFlipout,
    },
    {  # TFP has no local reparameterisation for convolutions.
        "reparameterisation": tfp.layers.Convolution2DReparameterization,
        "flipout": tfp.layers.Convolution2DFlipout,
    },
    {},
)
NETWORKS = {"dense": DENSE, "conv": CONV}
MODES = ("fit", "fit, jit", "tf.function", "tf.function, jit")


def by_fit(model: Any, x: np.ndarray, y: np.ndarray, batch: int) -> Step:
    """An epoch of ``fit``."""

    def step() -> None:
        model.fit(x, y, batch_size=batch, verbose=0)

    return step


def by_function(model: Any, x: np.ndarray, y: np.ndarray, batch: int, jit: bool) -> Step:
    """As many steps of a bare training function: loss, gradients, plain gradient descent."""
    variables = [getattr(w, "_value", w) for w in model.trainable_variables]

    @tf.function(jit_compile=jit)
    def train(inputs: tf.Tensor, targets: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            logits = model(inputs, training=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
            loss = tf.reduce_mean(losses) + sum(tf.cast(term, tf.float32) for term in model.losses)
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
            variable.assign_sub(0.01 * gradient)

    batches = [
        (tf.constant(x[i : i + batch]), tf.constant(y[i : i + batch])) for i in range(0, len(x), batch)
    ]

    def step() -> None:
        for inputs, targets in batches:
            train(inputs, targets)

    return step


def measure(network: Network, rounds: int) -> dict[tuple[str, str], tuple[float, float]]:
    """Median CPU and wall milliseconds of a training step, by mode and network, over interleaved rounds."""
    x, y = network.data()
    steps: dict[tuple[str, str], Step] = {}
    for mode in MODES:
        jit = mode.endswith("jit")
        for name, model in network.models(jit).items():
            steps[mode, name] = (
                by_fit(model, x, y, network.batch)
                if mode.startswith("fit")
                else by_function(model, x, y, network.batch, jit)
            )
    for step in steps.values():
        step()  # traced and compiled before the first round
        step()
    spent: dict[tuple[str, str], list[tuple[float, float]]] = {key: [] for key in steps}
    for _ in range(rounds):
        for key, step in steps.items():
            cpu, wall = time.process_time(), time.perf_counter()
            step()
            spent[key].append((time.process_time() - cpu, time.perf_counter() - wall))
    return {key: tuple(1e3 / STEPS * np.median(pairs, axis=0)) for key, pairs in spent.items()}  # type: ignore[misc]


def table(network: Network, costs: dict[tuple[str, str], tuple[float, float]]) -> list[str]:
    """The measured table, with what was to be met below it."""
    lines = [
        f"## {network.name}",
        "",
        "| mode | layer | CPU ms a step | ÷ plain | wall ÷ plain | bound | TFP: CPU ms a step | ÷ its plain"
        " | jit ÷ no jit |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    missed: list[str] = []
    plain: list[str] = []
    for mode in MODES:
        base, tfp_base = costs[mode, "plain"], costs[mode, "TFP plain"]
        jitted = mode.endswith("jit")
        own = base[0] / costs[mode.removesuffix(", jit"), "plain"][0] if jitted else None
        if own is not None:
            plain.append(f"{own:.2f} in `{mode}`")
        lines.append(
            f"| {mode} | plain | {base[0]:.2f} | 1 | 1 | | {tfp_base[0]:.2f} | 1"
            f" | {'' if own is None else f'{own:.2f}'} |"
        )
        for name in network.ours:
            cpu, wall = costs[mode, name]
            bound = network.bounds.get(name) if mode == "fit" else None
            peer = costs.get((mode, f"TFP {name}"))
            slower = cpu / costs[mode.removesuffix(", jit"), name][0] if jitted else None
            lines.append(
                f"| {mode} | {name} | {cpu:.2f} | {cpu / base[0]:.2f} | {wall / base[1]:.2f}"
                f" | {'' if bound is None else bound}"
                f" | {'none' if peer is None else f'{peer[0]:.2f}'}"
                f" | {'' if peer is None else f'{peer[0] / tfp_base[0]:.2f}'}"
                f" | {'' if slower is None else f'{slower:.2f}'} |"
            )
            if bound is not None and cpu / base[0] > bound:
                missed.append(f"{name} costs {cpu / base[0]:.2f} in {mode}, more than {bound}")
            if peer is not None and mode == "fit" and cpu / base[0] >= peer[0] / tfp_base[0]:
                missed.append(f"{name} costs no less than TFP's in {mode}")
            if slower is not None and slower > 1.05:
                missed.append(f"{name} in {mode} takes {slower:.2f} of the time without jit")
    verdict = "; ".join(missed) if missed else "all met"
    lines += ["", f"Bounds, below TFP's in `fit`, and jit no slower than without (to 5 %): {verdict}.", ""]
    # What XLA does to the products or convolutions is no matter of the draws.
    lines += [f"The plain network, which draws nothing, takes under jit: {', '.join(plain)}.", ""]
    return lines


def main() -> None:
    """Measures and writes the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--networks", nargs="*", default=list(NETWORKS), choices=list(NETWORKS))
    options = parser.parse_args()
    versions = f"TensorFlow {tf.__version__}, Keras {keras.__version__}, TFP {tfp.__version__}"
    lines = [
        "# Variational layers: cost of a training step",
        "",
        f"Written by `python tests/benchmarks/layers.py`: {versions}; {os.cpu_count()} cores; medians of"
        f" {options.rounds} interleaved rounds of {STEPS} steps. CPU time is that of the whole process, on"
        " all cores; wall time depends on what else the machine does.",
        "",
    ]
    for name in options.networks:
        lines += table(NETWORKS[name], measure(NETWORKS[name], options.rounds))
        print("\n".join(lines), flush=True)
    Path(__file__).with_suffix(".md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
