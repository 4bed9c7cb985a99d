"""What lies in an axial plane: dose, CT and contours, on one raster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.dvh.trilinear import dose_at
from rtcheck.plan import DoseGrid, Structure
from rtcheck.plan.arrays import median
from rtcheck.plan.image import CtPlane

Values = NDArray[np.float64]

MOST_PIXELS = 320
"""Pixels across a picture: as many as a report shows, and few enough to embed."""

FINEST_MM = 0.5
"""Pixels are not made smaller: neither dose nor CT holds more."""

SAME_PLANE_MM = 0.05
"""Contours nearer than this in z lie on one plane: exports jitter."""

WINDOW_CENTER_HU, WINDOW_WIDTH_HU = 40.0, 400.0
"""Soft tissue."""


@dataclass(frozen=True)
class Raster:
    """Square pixels over a box of an axial plane; y grows to the back, downwards in the picture.

    Parameters
    ----------
    x0_mm, y0_mm : float
        The corner at low x and low y: upper left.
    step_mm : float
        Size of a pixel.
    nx, ny : int
        How many.
    """

    x0_mm: float
    y0_mm: float
    step_mm: float
    nx: int
    ny: int

    @classmethod
    def over(cls, low_mm: Values, high_mm: Values) -> Raster:
        """Return the raster over a box given by two corners (x, y)."""
        width, height = (max(float(mm), 1.0) for mm in high_mm - low_mm)
        step = max(max(width, height) / MOST_PIXELS, FINEST_MM)
        nx, ny = (max(int(np.ceil(mm / step)), 2) for mm in (width, height))
        return cls(float(low_mm[0]), float(low_mm[1]), step, nx, ny)

    @property
    def x_mm(self) -> Values:
        """Return the centres of the pixels in x."""
        return np.asarray(self.x0_mm + self.step_mm * (np.arange(self.nx) + 0.5))

    @property
    def y_mm(self) -> Values:
        """Return the centres of the pixels in y."""
        return np.asarray(self.y0_mm + self.step_mm * (np.arange(self.ny) + 0.5))

    @property
    def size_mm(self) -> tuple[float, float]:
        """Return its width and height."""
        return self.nx * self.step_mm, self.ny * self.step_mm


def dose_on(raster: Raster, dose: DoseGrid, z_mm: float) -> Values:
    """Return the trilinear dose in Gy on a raster, shape (ny, nx); NaN outside the grid."""
    x, y = np.meshgrid(raster.x_mm, raster.y_mm)
    gy, inside = dose_at(dose, x.ravel(), y.ravel(), np.full(x.size, z_mm))
    return np.where(inside, gy, np.nan).reshape(x.shape)


def grey_on(raster: Raster, ct: CtPlane) -> NDArray[np.uint8]:
    """Return the CT on a raster as grey values in a soft tissue window, shape (ny, nx).

    Where pixels are much smaller than those of the raster, their mean is taken; what lies beyond
    the CT is black.
    """
    hu, x_mm, y_mm = ct.hu.astype(np.float64), ct.x_mm, ct.y_mm
    merged_x = max(int(raster.step_mm / median(np.diff(x_mm))), 1)
    merged_y = max(int(raster.step_mm / median(np.diff(y_mm))), 1)
    hu = _merged(_merged(hu, merged_y).T, merged_x).T
    x_mm, y_mm = _merged(x_mm, merged_x), _merged(y_mm, merged_y)
    if min(hu.shape) < 2:
        return np.zeros((raster.ny, raster.nx), dtype=np.uint8)
    i, fx, in_x = _between(x_mm, raster.x_mm)
    j, fy, in_y = _between(y_mm, raster.y_mm)
    rows = hu[j] * (1 - fy)[:, None] + hu[j + 1] * fy[:, None]
    at = rows[:, i] * (1 - fx) + rows[:, i + 1] * fx
    grey = (at - WINDOW_CENTER_HU) / WINDOW_WIDTH_HU + 0.5
    grey = np.where(in_y[:, None] & in_x, grey, 0.0)
    return (255 * np.clip(grey, 0, 1)).round().astype(np.uint8)


def _merged(values: Values, count: int) -> Values:
    """Return the means of every `count` neighbours along the first axis; a rest is left out."""
    whole = len(values) // count * count
    groups = values[:whole].reshape(-1, count, *values.shape[1:])
    return np.asarray(groups.mean(axis=1), dtype=np.float64)


def _between(axis_mm: Values, at_mm: Values) -> tuple[NDArray[np.int64], Values, NDArray[np.bool_]]:
    """Return (lower point, share of the upper one, inside) along an axis."""
    place = np.interp(at_mm, axis_mm, np.arange(len(axis_mm)))
    lower = np.minimum(place.astype(np.int64), len(axis_mm) - 2)
    half = median(np.diff(axis_mm)) / 2
    inside = (at_mm >= axis_mm[0] - half) & (at_mm <= axis_mm[-1] + half)
    return lower, place - lower, inside


def heights_mm(structure: Structure) -> Values:
    """Return the heights of a structure's contour planes, ascending."""
    return np.unique(structure.points_mm[structure.contour_starts[:-1], 2])


def contours_at(structure: Structure, z_mm: float) -> list[Values]:
    """Return the contours (x, y) of a structure on its plane nearest to a height.

    None if that plane is farther away than half a slice: the structure is not there.
    """
    if structure.is_empty:
        return []
    heights = heights_mm(structure)
    reach = median(np.diff(heights)) / 2 if len(heights) > 1 else 0.0
    nearest = heights[np.abs(heights - z_mm).argmin()]
    if abs(nearest - z_mm) > reach + SAME_PLANE_MM:
        return []
    starts = structure.contour_starts
    at = structure.points_mm[starts[:-1], 2]
    here = np.flatnonzero(np.abs(at - nearest) <= SAME_PLANE_MM)
    return [structure.points_mm[starts[i] : starts[i + 1], :2] for i in here]
