"""Trilinear dose between grid points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rtcheck.plan import DoseGrid

GRID_SLACK_MM = 1e-3
"""A point this little beyond the outermost grid points is inside: coordinates are decimals."""


def locate(
    axis_mm: NDArray[np.float64], step_mm: float, at_mm: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return (lower grid point, share of the upper one, inside) along an axis."""
    inside = (at_mm >= axis_mm[0] - GRID_SLACK_MM) & (at_mm <= axis_mm[-1] + GRID_SLACK_MM)
    last = len(axis_mm) - 1
    if last == 0:
        return np.zeros(len(at_mm), np.int64), np.zeros(len(at_mm)), inside
    if step_mm > 0:
        place = np.clip((at_mm - axis_mm[0]) / step_mm, 0.0, last)
    else:
        place = np.interp(at_mm, axis_mm, np.arange(last + 1))
    lower = np.minimum(place.astype(np.int64), last - 1)
    return lower, place - lower, inside


def dose_at(
    grid: DoseGrid,
    x_mm: NDArray[np.float64],
    y_mm: NDArray[np.float64],
    z_mm: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the dose in Gy at points, and whether each point lies inside the grid.

    Parameters
    ----------
    grid : DoseGrid
        The dose.
    x_mm, y_mm, z_mm : ndarray of shape (n,)
        The points in mm, patient axes.

    Returns
    -------
    dose_gy : ndarray of shape (n,)
        Trilinear; meaningless where `inside` is False.
    inside : ndarray of bool, shape (n,)
        The grid ends at its outermost points, not half a voxel beyond.
    """
    step_z, step_y, step_x = grid.steps_mm
    ix, fx, in_x = locate(grid.x_mm, step_x, x_mm)
    iy, fy, in_y = locate(grid.y_mm, step_y, y_mm)
    iz, fz, in_z = locate(grid.z_mm, step_z, z_mm)
    nz, ny, nx = grid.dose_gy.shape
    flat = grid.dose_gy.ravel()
    next_x, next_y, next_z = int(nx > 1), nx * (ny > 1), nx * ny * (nz > 1)
    corner = (iz * ny + iy) * nx + ix

    def along_x(start: NDArray[np.int64]) -> NDArray[np.float64]:
        low = flat[start]
        return low + fx * (flat[start + next_x] - low)

    def along_y(start: NDArray[np.int64]) -> NDArray[np.float64]:
        low = along_x(start)
        return low + fy * (along_x(start + next_y) - low)

    low = along_y(corner)
    return low + fz * (along_y(corner + next_z) - low), in_x & in_y & in_z
