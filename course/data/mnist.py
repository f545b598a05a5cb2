"""MNIST, downloaded on request."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from course.data.digits import Digits
from course.data.download import download
from course.errors import FileFormatError

MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"

MNIST_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
"""The one that ``keras.datasets.mnist`` asks for."""


def mnist(*, url: str = MNIST_URL, sha256: str = MNIST_SHA256, folder: str | Path | None = None) -> Digits:
    """The handwritten digits of LeCun, Cortes and Burges, 28 by 28 pixels.

    The first call downloads 11 MB; later ones need no network.

    Args:
        url: of the archive; a mirror's, where the first cannot be reached.
        sha256: of the archive.
        folder: where it is kept; None takes :func:`course.data.cache_folder`.

    Returns:
        60000 images to train on and 10000 to test, shape (n, 28, 28), float32, grey in [0, 1], 0 for paper;
        labels int64, 0 to 9.

    Raises:
        DownloadError: it is not here, and cannot be had or is another file.
        FileFormatError: the archive does not hold the four arrays.

    Source:
        LeCun, Cortes & Burges 1998; licence CC BY-SA 3.0 (LeCun and Cortes), as the archive's keepers at
        TensorFlow state it.
    """
    path = download(url, sha256, name="mnist.npz", folder=folder)
    names = ("x_train", "y_train", "x_test", "y_test")
    try:
        with np.load(path, allow_pickle=False) as archive:
            train_images, train_labels, test_images, test_labels = (archive[name] for name in names)
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise FileFormatError(
            "the archive holds four arrays", where=str(path), expected=", ".join(names), received=error
        ) from None
    scaled = [(images / np.float32(255)).astype(np.float32) for images in (train_images, test_images)]
    return Digits(scaled[0], train_labels.astype(np.int64), scaled[1], test_labels.astype(np.int64))
