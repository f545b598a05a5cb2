"""Distances that kernels are made of."""

from __future__ import annotations

import numpy as np


def squared_distances(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """``‖leftᵢ − rightⱼ‖²``, never below zero.

    Args:
        left: shape (n, d).
        right: shape (m, d).

    Returns:
        Shape (n, m).

    Example:
        >>> squared_distances(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]]))
        array([[25.]])
    """
    product = left @ right.T
    # Expanded squares cancel between near points, and rounding may go below zero.
    return np.maximum(np.sum(left**2, 1)[:, None] - 2 * product + np.sum(right**2, 1)[None], 0.0)
