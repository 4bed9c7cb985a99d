"""Trilinear dose between grid points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rtcheck.plan import DoseGrid

GRID_SLACK_MM = 1e-3
"""A point this little beyond the outermost grid points is inside: coordinates are decimals."""


EVEN_MM = 1e-6
"""Grid points this near to even spacing are evenly spaced: coordinates are decimals."""


def locate(
    axis_mm: NDArray[np.float64], at_mm: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return (lower grid point, share of the upper one, inside) along an axis."""
    inside = (at_mm >= axis_mm[0] - GRID_SLACK_MM) & (at_mm <= axis_mm[-1] + GRID_SLACK_MM)
    last = len(axis_mm) - 1
    if last == 0:
        return np.zeros(len(at_mm), np.int64), np.zeros(len(at_mm)), inside
    step = (axis_mm[-1] - axis_mm[0]) / last
    if np.abs(axis_mm - (axis_mm[0] + step * np.arange(last + 1))).max() < EVEN_MM:
        place = np.clip((at_mm - axis_mm[0]) / step, 0.0, last)
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
    ix, fx, in_x = locate(grid.x_mm, x_mm)
    iy, fy, in_y = locate(grid.y_mm, y_mm)
    iz, fz, in_z = locate(grid.z_mm, z_mm)
    nz, ny, nx = grid.dose_gy.shape
    flat = grid.dose_gy.ravel()
    step_x, step_y, step_z = int(nx > 1), nx * (ny > 1), nx * ny * (nz > 1)
    corner = (iz * ny + iy) * nx + ix

    def along_x(start: NDArray[np.int64]) -> NDArray[np.float64]:
        low = flat[start]
        return low + fx * (flat[start + step_x] - low)

    def along_y(start: NDArray[np.int64]) -> NDArray[np.float64]:
        low = along_x(start)
        return low + fy * (along_x(start + step_y) - low)

    low = along_y(corner)
    return low + fz * (along_y(corner + step_z) - low), in_x & in_y & in_z
