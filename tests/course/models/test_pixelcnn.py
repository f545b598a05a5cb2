"""PixelCNN: order by perturbation, the density by enumeration of all images, samples by their law."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.signal import correlate2d
from scipy.stats import chisquare

from course.data import BinaryLaw, ising
from course.errors import ArgumentError, ShapeError
from course.layers import MaskedConv2D, causal_mask
from course.models import PixelCNN


def loud(model: PixelCNN, shape: tuple[int, int], gain: float = 2.0) -> PixelCNN:
    """The model with larger weights, so that every dependence is seen."""
    model.build((None, *shape))
    model.set_weights([gain * weight for weight in model.get_weights()])
    return model


@pytest.mark.parametrize(("mask", "order"), [("A", "raster"), ("B", "raster"), ("A", "rows"), ("B", "rows")])
def test_a_masked_convolution_is_scipys_with_a_masked_kernel(
    mask: str, order: str, rng: np.random.Generator
) -> None:
    layer = MaskedConv2D(1, (3, 5), mask=mask, order=order, dtype="float64")
    layer.build((None, 6, 7, 1))
    image, kernel = rng.normal(size=(6, 7)), rng.normal(size=(3, 5))
    layer.set_weights([kernel[..., None, None], np.array([0.25])])
    kept = np.ones((3, 5))
    kept[2] = 0.0
    if order == "raster":
        kept[1, 3:] = 0.0
        kept[1, 2] = mask == "B"
    elif mask == "A":
        kept[1] = 0.0
    expected = correlate2d(image, kernel * kept, mode="same") + 0.25
    np.testing.assert_allclose(layer(image[None, ..., None])[0, ..., 0], expected, atol=1e-12)


def influence(network: Any, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Whether a change of pixel j changes the output at pixel i: bool, shape (i, j)."""
    pixels = height * width
    x = rng.integers(0, 2, size=pixels).astype(np.float64)
    changed = np.abs(np.eye(pixels) - x)
    outputs = np.asarray(network(np.concatenate([x[None], changed]).reshape(-1, height, width)))
    outputs = outputs.reshape(pixels + 1, pixels)
    return (outputs[1:] != outputs[0]).T


def test_an_output_depends_on_every_earlier_pixel_and_on_no_other(rng: np.random.Generator) -> None:
    model = loud(PixelCNN(4, 4, seed=1, dtype="float64"), (5, 4))
    # Exactly equal where it must not depend; the ReLUs of the head may hide a change at one image: any of 3.
    seen = np.any([influence(model, 5, 4, rng) for _ in range(3)], axis=0)
    np.testing.assert_array_equal(seen, np.tri(20, k=-1, dtype=bool))


def test_one_stack_of_raster_masks_has_a_blind_spot_to_the_right(rng: np.random.Generator) -> None:
    masks = ("A", "B", "B", "B")
    stack = [MaskedConv2D(3, 3, mask=mask, activation="tanh", dtype="float64") for mask in masks]

    def network(x: np.ndarray) -> np.ndarray:
        for layer in stack:
            x = layer(x[..., None] if x.ndim == 3 else x)
        return np.asarray(x).sum(-1)

    seen = influence(network, 5, 5, rng)[2 * 5 + 1].reshape(5, 5)
    # From (2, 1): a step up reaches one column to the right, and within a row there is no step to the right.
    expected = np.zeros((5, 5), bool)
    expected[0, :4] = expected[1, :3] = expected[2, :1] = True
    np.testing.assert_array_equal(seen, expected)


def test_a_receptive_field_is_as_wide_as_documented(rng: np.random.Generator) -> None:
    model = loud(PixelCNN(8, 1, 5, seed=1, dtype="float64"), (5, 7))
    seen = np.any([influence(model, 5, 7, rng) for _ in range(3)], axis=0)
    field = seen[4 * 7 + 3].reshape(5, 7)
    expected = np.zeros((5, 7), bool)
    expected[2:4, 1:6] = expected[4, 1:3] = True
    np.testing.assert_array_equal(field, expected)


@pytest.fixture(scope="module")
def law() -> BinaryLaw:
    return ising(3, 3, coupling=0.5, field=0.1)


@pytest.fixture(scope="module")
def trained(law: BinaryLaw) -> PixelCNN:
    """Fitted to the law itself: each of the 512 images once, weighted by its probability."""
    keras.utils.set_random_seed(1)
    model = PixelCNN(12, 2, seed=1)
    model.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    weights = (512 * law.probabilities).astype(np.float32)
    model.fit(law.images, sample_weight=weights, batch_size=512, epochs=80, verbose=0)
    return model


def test_probabilities_of_all_512_images_sum_to_one_whatever_the_weights(law: BinaryLaw) -> None:
    model = loud(PixelCNN(4, 2, seed=3, dtype="float64"), (3, 3), 3.0)
    log_prob = model.log_prob(law.images).numpy()
    assert log_prob.std() > 0.5  # far from uniform
    assert np.exp(log_prob).sum() == pytest.approx(1.0, abs=1e-12)


def test_it_learns_a_known_law_to_a_small_divergence(law: BinaryLaw, trained: PixelCNN) -> None:
    # Independent pixels, the best a network without order could do, are at 1.8 nats.
    log_prob = trained.log_prob(law.images).numpy().astype(np.float64)
    assert np.exp(log_prob).sum() == pytest.approx(1.0, abs=1e-5)
    divergence = float(law.probabilities @ (np.log(law.probabilities) - log_prob))
    assert 0 < divergence < 0.05
    pixels = np.tensordot(law.probabilities, law.images, 1)[None]
    independent = np.sum(law.images * np.log(pixels) + (1 - law.images) * np.log1p(-pixels), axis=(1, 2))
    assert float(law.probabilities @ (np.log(law.probabilities) - independent)) > 20 * divergence


def test_the_loss_is_the_weighted_cross_entropy(law: BinaryLaw, trained: PixelCNN) -> None:
    weights = (512 * law.probabilities).astype(np.float32)
    loss = trained.evaluate(law.images, law.images, sample_weight=weights, batch_size=512, verbose=0)
    log_prob = trained.log_prob(law.images).numpy().astype(np.float64)
    assert loss == pytest.approx(-law.probabilities @ log_prob, rel=1e-5)


def test_samples_have_the_models_law(law: BinaryLaw, trained: PixelCNN) -> None:
    # χ² of 8000 samples over the 512 images, rare ones together: a right sampler fails once in 10⁵ seeds; one
    # that left out a single neighbour's pull (the divergence of independent pixels) gives p < 1e-100.
    samples = trained.sample(8000, 3, 3)
    codes = samples.reshape(-1, 9) @ (2 ** np.arange(9))
    counts = np.bincount(codes.astype(int), minlength=512)
    expected = np.exp(trained.log_prob(law.images).numpy().astype(np.float64))
    expected *= 8000 / expected.sum()
    rare = expected < 5
    observed = np.append(counts[~rare], counts[rare].sum())
    assert chisquare(observed, np.append(expected[~rare], expected[rare].sum())).pvalue > 1e-5


def test_completions_keep_the_given_rows_and_follow_the_conditional_law(
    law: BinaryLaw, trained: PixelCNN
) -> None:
    # The next pixel's share among 4000: four standard errors are 0.032; a completion that did not look at the
    # dark row above it would be off by more than 0.3.
    given = np.zeros((4000, 3, 3), np.float32)
    given[:, 0] = 1.0
    given[:, 1:] = 7.0  # not looked at
    drawn = trained.complete(given, 1)
    assert np.all(drawn[:, 0] == 1.0) and set(np.unique(drawn)) == {0.0, 1.0}
    probabilities = np.exp(trained.log_prob(law.images).numpy().astype(np.float64))
    fits = np.all(law.images[:, 0] == 1.0, axis=1)
    exact = probabilities[fits] @ law.images[fits][:, 1, 1] / probabilities[fits].sum()
    assert exact > 0.65
    assert drawn[:, 1, 1].mean() == pytest.approx(exact, abs=0.032)


def test_ising_is_the_closed_form_of_a_chain() -> None:
    # Z = 2·(2 cosh J)^(n−1) for a chain without a field; all spins up have exp((n−1)J)/Z.
    chain = ising(1, 6, coupling=0.7)
    aligned = chain.probabilities[np.all(chain.images == 1.0, axis=(1, 2))]
    np.testing.assert_allclose(aligned, math.exp(5 * 0.7) / (2 * (2 * math.cosh(0.7)) ** 5), rtol=1e-12)
    ends = np.mean(chain.sample(20000, np.random.default_rng(0))[:, 0, [0, 1]] == 1.0)
    assert ends == pytest.approx(0.5, abs=0.02)  # more than five standard errors
    free = ising(2, 2, coupling=0.0, field=0.3)
    assert free.entropy() == pytest.approx(4 * _bernoulli_entropy(1 / (1 + math.exp(-0.6))), rel=1e-12)


def _bernoulli_entropy(p: float) -> float:
    return -p * math.log(p) - (1 - p) * math.log(1 - p)


REFUSALS: list[tuple[Any, type, str]] = [
    (lambda: MaskedConv2D(2, 4), ArgumentError, "a masked kernel has a middle.*odd.*kernel_size=4"),
    (lambda: MaskedConv2D(2, 3, mask="C"), ArgumentError, "unknown `mask`.*'A', 'B'.*'C'"),
    (lambda: MaskedConv2D(2, 3, order="spiral"), ArgumentError, "unknown `order`.*'raster', 'rows'"),
    (lambda: MaskedConv2D(2, 3, strides=2), ArgumentError, "at the pixels of the inputs.*strides=2"),
    (lambda: MaskedConv2D(2, 3, padding="valid"), ArgumentError, "padding='same'.*padding='valid'"),
    (lambda: PixelCNN(0), ArgumentError, "`filters` is a positive integer.*filters=0"),
    (lambda: PixelCNN(2, 2, 2), ArgumentError, "a masked kernel has a middle"),
    (lambda: PixelCNN(2, 1)(tf.zeros([2, 3, 3, 1])), ShapeError, r"in a stack.*\(2, 3, 3, 1\)"),
    (
        lambda: PixelCNN(2, 1).log_prob(np.full((1, 2, 2), 0.5, np.float32)),
        ArgumentError,
        r"pixels are binary.*0 or 1.*4 others, 0.5 for one.*digits\('binary'\)",
    ),
    (lambda: PixelCNN(2, 1).fit(np.full((1, 2, 2), np.nan)), ArgumentError, "pixels are binary"),
    (lambda: PixelCNN(2, 1).complete(np.zeros((1, 2, 2)), 3), ArgumentError, "0 to 2, received rows=3"),
    (lambda: PixelCNN(2, 1).complete(np.zeros((2, 2)), 0), ShapeError, r"stack.*\(2, 2\)"),
    (lambda: PixelCNN(2, 1).sample(0, 2, 2), ArgumentError, "`count` is a positive integer"),
    (lambda: ising(5, 5), ArgumentError, "every image is enumerated.*≤ 16.*25 pixels"),
]


@pytest.mark.parametrize(("make", "error", "words"), REFUSALS)
def test_refusals_say_the_rule_what_was_expected_and_received(make: Any, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        make()


def test_the_mask_of_a_raster_keeps_the_first_half() -> None:
    assert causal_mask((3, 3), "A").sum() == 4 and causal_mask((3, 3), "B").sum() == 5
