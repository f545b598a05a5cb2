"""Settings for every test: no GPU unless a test asks for one, and TensorFlow without its start-up lines."""

from __future__ import annotations

import os

from hypothesis import settings

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

# A failure is a change of ours, never new examples; HYPOTHESIS_PROFILE=default draws new ones.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))
