"""Checks of arrays for the exact methods, which compute in NumPy and double precision."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.errors import ArgumentError, ShapeError


def finite_array(value: Any, name: str, shape: tuple[int | None, ...]) -> np.ndarray:
    """The value as a float64 array.

    Args:
        value: anything that NumPy takes.
        name: the argument's name, for the message.
        shape: expected; None stands for any extent ≥ 1.

    Raises:
        ArgumentError: an entry is NaN or infinite.
        ShapeError: the shape is another.

    Example:
        >>> finite_array([1, 2], "x", (None,)).dtype
        dtype('float64')
    """
    array = np.asarray(value, dtype=np.float64)
    fits = array.ndim == len(shape) and all(
        extent >= 1 if wanted is None else extent == wanted
        for extent, wanted in zip(array.shape, shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if extent is None else str(extent) for extent in shape)
        raise ShapeError(f"`{name}` has the wrong shape", expected=f"({wanted})", received=array.shape)
    if not np.all(np.isfinite(array)):
        raise ArgumentError(f"`{name}` is finite", received=f"{np.sum(~np.isfinite(array))} NaN or infinite")
    return array


def covariance_matrix(value: Any, name: str, size: int) -> np.ndarray:
    """The value as a symmetric, positive definite matrix.

    Args:
        value: anything that NumPy takes.
        name: the argument's name, for the message.
        size: number of rows.

    Raises:
        ArgumentError: the matrix is not symmetric or not positive definite.
        ShapeError: the shape is another.
    """
    matrix = finite_array(value, name, (size, size))
    if not np.allclose(matrix, matrix.T, rtol=1e-10, atol=1e-12):
        raise ArgumentError(
            f"`{name}` is symmetric",
            expected="a covariance matrix",
            received=f"asymmetry {np.abs(matrix - matrix.T).max():.3g}",
        )
    least = float(np.linalg.eigvalsh(matrix)[0])
    if least <= 0:
        raise ArgumentError(
            f"`{name}` is positive definite",
            expected="positive eigenvalues",
            received=f"least eigenvalue {least:.3g}",
            fix="variances are squared standard deviations, and no direction is without noise",
        )
    return matrix
