"""Seeds for every test, and a first use of TensorFlow Probability 0.25 out of sight of the tests: it warns
about distutils there, and warnings are errors.
"""

from __future__ import annotations

import os
import warnings

import keras
import numpy as np
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import tensorflow_probability

    # It loads its modules on first access; here, so that no test meets the warning.
    tensorflow_probability.distributions.Normal  # noqa: B018
    tensorflow_probability.bijectors.Softplus  # noqa: B018

# Another value draws all noise anew, to measure how often a test that is right fails.
SEED = int(os.environ.get("COURSE_TEST_SEED", "1"))


@pytest.fixture(autouse=True)
def _fixed_seed() -> None:
    # Python's, NumPy's and TensorFlow's global generators: a layer without a seed takes one from Python's.
    keras.utils.set_random_seed(SEED)


@pytest.fixture
def rng() -> np.random.Generator:
    """New for each test: its numbers do not depend on the tests that ran before in the same process."""
    return np.random.default_rng(SEED)
