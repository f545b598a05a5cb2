"""TensorFlow Probability 0.25 warns about distutils at first use, and warnings are errors in the tests."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import tensorflow_probability

    # It loads its modules on first access; here, so that no test meets the warning.
    tensorflow_probability.distributions.Normal  # noqa: B018
    tensorflow_probability.bijectors.Softplus  # noqa: B018
