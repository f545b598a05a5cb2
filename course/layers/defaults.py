"""Posteriors and priors that layers take unless told otherwise.

They hold settings only, so sharing is safe.
"""

from __future__ import annotations

from course.distributions.deterministic import Deterministic
from course.distributions.mean_field_normal import MeanFieldNormal
from course.distributions.normal import Normal

KERNEL_POSTERIOR = MeanFieldNormal()
"""Factorised Gaussian, std 0.05 before training."""

KERNEL_PRIOR = Normal()
"""Standard normal."""

BIAS_POSTERIOR = Deterministic()
"""A point estimate, as in TFP's layers: biases are few, and their noise buys little."""
