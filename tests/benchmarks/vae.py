"""How good a density of digits a small VAE is: ``python tests/benchmarks/vae.py``.

Writes ``vae.md`` beside this file. Held-out nats an image of the bundled digits, dequantised so that
densities can be compared, of a VAE with each of two noises beside the linear model with the same latent size
and the same noise, whose likelihood is exact: probabilistic PCA has one variance, factor analysis one a
pixel. And of a VAE of binary digits, beside pixels that are independent. A tenth of the training images says
when to stop; the held-out images are looked at once.
"""

from __future__ import annotations

import os

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import argparse
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from sklearn.decomposition import PCA, FactorAnalysis  # noqa: E402

from course.data import digits  # noqa: E402
from course.models import GaussianLikelihood, dense_vae  # noqa: E402

DRAWS = 64
EPOCHS, PATIENCE, BATCH, RATE = 300, 40, 128, 3e-3
SIZES = (2,)


def bound(images: tuple[np.ndarray, np.ndarray], latent: int, noise: str | None, seed: int) -> float:
    """L_64 of one VAE on the held-out images."""
    train, test = images
    keras.utils.set_random_seed(seed)
    likelihood = "bernoulli" if noise is None else GaussianLikelihood(noise, log_var=-3.0)
    model = dense_vae((64,), latent, (64,), likelihood=likelihood, seed=seed)
    steps = EPOCHS * (len(train) * 9 // 10 // BATCH + 1)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, steps)), jit_compile=False
    )
    stop = keras.callbacks.EarlyStopping("val_loss", patience=PATIENCE, restore_best_weights=True)
    # The last tenth of a fixed order: fit takes it before it shuffles.
    model.fit(train, validation_split=0.1, batch_size=BATCH, epochs=EPOCHS, verbose=0, callbacks=[stop])
    return float(np.mean(model.log_likelihood_bound(test, draws=DRAWS)))


def flat(pixels: str) -> tuple[np.ndarray, np.ndarray]:
    """Training and held-out images as rows."""
    data = digits(pixels)
    return data.train_images.reshape(-1, 64), data.test_images.reshape(-1, 64)


def independent(images: tuple[np.ndarray, np.ndarray]) -> float:
    """Mean held-out log-likelihood of binary pixels that know nothing of each other, one count added."""
    train, test = images
    p = (train.sum(axis=0) + 1) / (len(train) + 2)
    return float((test * np.log(p) + (1 - test) * np.log1p(-p)).sum(axis=1).mean())


def main() -> None:
    """Measures and writes the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5, help="trainings of each VAE")
    seeds = range(parser.parse_args().seeds)
    tf.get_logger().setLevel("ERROR")
    grey, binary = flat("dequantized"), flat("binary")
    lines = [
        "# Digits: a VAE beside linear models",
        "",
        f"Written by `python tests/benchmarks/vae.py`: TensorFlow {tf.__version__}, Keras"
        f" {keras.__version__}; {len(seeds)} seeds, mean ± standard deviation over them. Held-out nats an"
        " image, 360 of the bundled digits. VAE: 64 hidden units on either side, at most"
        f" {EPOCHS} epochs, stopped by a tenth of the training images; its figure is the importance-weighted"
        f" bound with k = {DRAWS} draws, a lower bound. The linear models' are exact.",
        "",
        "| pixels | noise | latent size | VAE, L_64 | linear model | exact |",
        "|---|---|---|---|---|---|",
    ]

    def add(pixels: str, noise: str, latent: int, values: list[float], other: str, exact: float) -> None:
        spread = np.std(values, ddof=1) if len(values) > 1 else float("nan")
        ours = f"{np.mean(values):.2f} ± {spread:.2f}"
        lines.append(f"| {pixels} | {noise} | {latent} | {ours} | {other} | {exact:.2f} |")
        print(lines[-1], flush=True)

    for latent in SIZES:
        linear = {
            "one variance": ("isotropic", "probabilistic PCA", PCA(latent)),
            "one a pixel": ("diagonal", "factor analysis", FactorAnalysis(latent, tol=1e-4, max_iter=5000)),
        }
        for words, (noise, name, model) in linear.items():
            exact = model.fit(grey[0].astype(float)).score(grey[1])
            values = [bound(grey, latent, noise, seed) for seed in seeds]
            add("dequantised", words, latent, values, name, exact)
        values = [bound(binary, latent, None, seed) for seed in seeds]
        add("binary", "Bernoulli", latent, values, "independent pixels", independent(binary))
    Path(__file__).with_suffix(".md").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
