"""What the simplest classifier reaches, to hold exhibits against."""

from __future__ import annotations

import numpy as np

from course.data import Digits
from course.data.vocabulary import PAD


def nearest_mean_accuracy(data: Digits) -> float:
    """Held-out accuracy of the nearest class mean, which no training has to find.

    Args:
        data: of :func:`course.data.digits`.
    """
    train, test = data.train_images.reshape(-1, 64), data.test_images.reshape(-1, 64)
    means = np.stack([train[data.train_labels == digit].mean(axis=0) for digit in range(10)])
    distances = np.linalg.norm(test[:, None] - means[None], axis=-1)
    return float(np.mean(distances.argmin(axis=1) == data.test_labels))


def independent_pixels_log_prob(data: Digits) -> float:
    """Mean held-out log-likelihood of independent Bernoulli pixels, nats an image.

    The probabilities follow Laplace's rule of succession, so that none is 0 or 1.

    Args:
        data: of :func:`course.data.digits`, binary.
    """
    p = (data.train_images.sum(axis=0) + 1.0) / (len(data.train_images) + 2.0)
    x = data.test_images
    return float(np.mean(np.sum(x * np.log(p) + (1.0 - x) * np.log1p(-p), axis=(1, 2))))


def unigram_cross_entropy(sentences: np.ndarray, probabilities: np.ndarray) -> float:
    """Cross entropy of the best law that draws every token alone, nats a sentence.

    Args:
        sentences: every sentence of the language, rows of :class:`course.data.Vocabulary`.
        probabilities: of each row.
    """
    tokens = sentences[:, 1:]
    written = probabilities[:, None] * (tokens != PAD)
    counts = np.bincount(tokens.ravel(), weights=written.ravel())
    counts = counts[counts > 0]
    return float(-np.sum(counts * np.log(counts / counts.sum())))
