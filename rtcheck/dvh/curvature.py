"""Dose between grid points if it bends as its neighbours say: what trilinear cannot know.

Trilinear dose cuts the corners of a dose that bends. How much is told by the second differences
of the grid points; it bounds values, and is never the value itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rtcheck.dvh.trilinear import locate
from rtcheck.plan import DoseGrid


def bent_dose_gy(
    dose_gy: NDArray[np.float64],
    grid: DoseGrid,
    x_mm: NDArray[np.float64],
    y_mm: NDArray[np.float64],
    z_mm: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the dose in Gy at points, bent between grid points.

    Parameters
    ----------
    dose_gy : ndarray of shape (n,)
        The trilinear dose there.
    grid : DoseGrid
        The dose grid.
    x_mm, y_mm, z_mm : ndarray of shape (n,)
        The points in mm, patient axes.

    Notes
    -----
    Along each axis a parabola through the ends of the cell, with the mean of the second
    differences at both, on the grid line nearest to the point: D - f (1 - f) D'' / 2.
    """
    where = [
        locate(axis, step, at)[:2]
        for axis, step, at in zip(
            (grid.z_mm, grid.y_mm, grid.x_mm), grid.steps_mm, (z_mm, y_mm, x_mm), strict=True
        )
    ]
    nearest = [lower + (share > 0.5) for lower, share in where]
    bend = np.zeros_like(dose_gy)
    for axis, (lower, share) in enumerate(where):
        last = grid.dose_gy.shape[axis] - 1
        if last < 2:
            continue

        def along(index: NDArray[np.int64], axis: int = axis) -> NDArray[np.float64]:
            return np.asarray(grid.dose_gy[(*nearest[:axis], index, *nearest[axis + 1 :])])

        # At the rim of the grid the one second difference there is stands for both.
        second = [
            along(middle - 1) - 2 * along(middle) + along(middle + 1)
            for middle in (np.clip(lower, 1, last - 1), np.clip(lower + 1, 1, last - 1))
        ]
        bend += share * (1 - share) * (second[0] + second[1]) / 4
    return np.maximum(dose_gy - bend, np.minimum(dose_gy, 0.0))
