"""Signed distance on a pixel grid, exact to a fraction of a pixel at the contour.

Two sources give the same thing, *seeds*: pixels next to the boundary, each with the boundary
point nearest to it. Contours give seeds exactly; a field gives them from its slope. A feature
transform then carries every pixel to its nearest seed, and so to a boundary point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Fields = NDArray[np.float32]
"""Array of shape (plane, y, x)."""

PAD_PIXELS = 3
"""Pixels that a grid keeps free around what it holds, so that neighbours always exist."""

FAR_MM = np.float32(1e4)
"""Distance of a plane where there is nothing."""

Exact = Callable[[Fields], NDArray[np.bool_]]
"""Takes rough signed distances in pixels, returns where they must be exact."""


@dataclass(frozen=True)
class PixelGrid:
    """Square pixels in a transverse plane.

    Parameters
    ----------
    x0_mm, y0_mm : float
        Centre of pixel (0, 0) in mm.
    nx, ny : int
        Number of pixels.
    pitch_mm : float
        Size of a pixel.
    """

    x0_mm: float
    y0_mm: float
    nx: int
    ny: int
    pitch_mm: float

    @classmethod
    def around(cls, extent_mm: tuple[float, float, float, float], pitch_mm: float) -> PixelGrid:
        """Return a grid with room around (x_min, x_max, y_min, y_max)."""
        x_min, x_max, y_min, y_max = extent_mm
        pad = PAD_PIXELS * pitch_mm
        nx = int(np.ceil((x_max - x_min) / pitch_mm)) + 2 * PAD_PIXELS + 1
        ny = int(np.ceil((y_max - y_min) / pitch_mm)) + 2 * PAD_PIXELS + 1
        # Half a pixel aside, so that a contour on round coordinates does not run through centres.
        return cls(x_min - pad + pitch_mm / 2, y_min - pad + pitch_mm / 2, nx, ny, pitch_mm)

    def enlarged(self, left: int, right: int, front: int, back: int) -> PixelGrid:
        """Return the grid with pixels added at low x, high x, low y and high y."""
        return PixelGrid(
            self.x0_mm - left * self.pitch_mm,
            self.y0_mm - front * self.pitch_mm,
            self.nx + left + right,
            self.ny + front + back,
            self.pitch_mm,
        )

    @property
    def x_mm(self) -> NDArray[np.float64]:
        """Return the pixel centres in x."""
        return self.x0_mm + self.pitch_mm * np.arange(self.nx, dtype=np.float64)

    @property
    def y_mm(self) -> NDArray[np.float64]:
        """Return the pixel centres in y."""
        return self.y0_mm + self.pitch_mm * np.arange(self.ny, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Seeds:
    """Pixels near a boundary (flat index), with the nearest boundary point in pixel units."""

    index: NDArray[np.int64]
    x: NDArray[np.float32]
    y: NDArray[np.float32]


def field_seeds(field: Fields, pitch_mm: float) -> Seeds:
    """Return the pixels next to a change of sign, with the boundary point along the slope."""
    negative = field < 0
    near = np.zeros(field.shape, dtype=np.bool_)
    change = negative[:, :, 1:] != negative[:, :, :-1]
    near[:, :, 1:] |= change
    near[:, :, :-1] |= change
    change = negative[:, 1:] != negative[:, :-1]
    near[:, 1:] |= change
    near[:, :-1] |= change
    near[:, [0, -1]] = False
    near[:, :, [0, -1]] = False
    index = np.flatnonzero(near)
    value, gx, gy = slope(field, index)
    steep2 = np.maximum(gx**2 + gy**2, 1e-12)
    row, column = np.divmod(index % (field.shape[1] * field.shape[2]), field.shape[2])
    # Inside a corner the slope of a distance is less than one, and would lead beyond the solid.
    gentle = np.minimum(np.sqrt(steep2) / np.float32(pitch_mm), 1)
    shift = np.clip(np.where(value < 0, gentle, 1) * value / steep2, -2.0, 2.0)
    return Seeds(
        index,
        (column - shift * gx).astype(np.float32),
        (row - shift * gy).astype(np.float32),
    )


def slope(
    field: Fields, index: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return (value, slope in x, slope in y) per pixel at flat indices not on the rim."""
    flat = field.ravel()
    nx = field.shape[2]
    half = np.float32(0.5)
    gx = (flat[index + 1] - flat[index - 1]) * half
    gy = (flat[index + nx] - flat[index - nx]) * half
    return flat[index], gx, gy


def spread(
    seeds: Seeds, inside: NDArray[np.bool_], pitch_mm: float, exact: Exact
) -> tuple[Fields, NDArray[np.int64]]:
    """Return the signed distance in mm of every pixel, and the nearest seed of each.

    Parameters
    ----------
    seeds : Seeds
        Pixels at the boundary.
    inside : ndarray of bool, shape (plane, y, x)
        Gives the sign: negative inside.
    pitch_mm : float
        Size of a pixel.
    exact : callable
        Takes rough signed distances in pixels and returns where they must be exact; elsewhere they
        are too long by up to a pixel.

    Returns
    -------
    distance : ndarray of float32, shape (plane, y, x)
        In mm; ``±FAR_MM`` on a plane without boundary.
    nearest : ndarray of int64, same shape
        Position in `seeds` of the nearest seed; 0 on a plane without boundary.
    """
    from scipy.ndimage import distance_transform_edt

    k, ny, nx = inside.shape
    number = np.full(inside.shape, -1, dtype=np.int64)
    number.reshape(-1)[seeds.index] = np.arange(len(seeds.index))
    nearest = np.zeros(inside.shape, dtype=np.int64)
    pixels = np.full(inside.shape, FAR_MM / np.float32(pitch_mm), dtype=np.float32)
    first = np.searchsorted(seeds.index, np.arange(k + 1) * ny * nx)
    drawn = np.flatnonzero(np.diff(first))
    x, y = np.arange(nx, dtype=np.float32)[None, :], np.arange(ny, dtype=np.float32)[:, None]
    for plane in drawn:
        row, column = distance_transform_edt(
            number[plane] < 0, return_distances=False, return_indices=True
        )
        of = nearest[plane] = number[plane][row, column]
        np.hypot(x - seeds.x[of], y - seeds.y[of], out=pixels[plane])
    np.negative(pixels, where=inside, out=pixels)
    needed = exact(pixels) & (number < 0)
    for plane in drawn:
        _refine(
            pixels[plane], nearest[plane], seeds, slice(*first[plane : plane + 2]), needed[plane]
        )
    pixels *= np.float32(pitch_mm)
    return pixels, nearest


def where_within(low_mm: float, high_mm: float, pitch_mm: float) -> Exact:
    """Return what asks for exact distances between two distances in mm."""
    low, high = np.float32(low_mm / pitch_mm), np.float32(high_mm / pitch_mm)
    return lambda pixels: (pixels > low) & (pixels < high)


def _refine(
    pixels: Fields, nearest: NDArray[np.int64], seeds: Seeds, own: slice, needed: NDArray[np.bool_]
) -> None:
    """Put the exact distance of a plane where it is needed.

    The nearest seed need not hold the nearest boundary point: without this up to a pixel is wrong.
    """
    from scipy.spatial import cKDTree

    row, column = np.nonzero(needed)
    if not len(row):
        return
    boundary = cKDTree(
        np.column_stack([seeds.x[own], seeds.y[own]]), balanced_tree=False, compact_nodes=False
    )
    exact, at = boundary.query(np.column_stack([column, row]))
    pixels[row, column] = np.copysign(exact, pixels[row, column])
    nearest[row, column] = at + own.start


def redistance(field: Fields, pitch_mm: float, exact: Exact) -> Fields:
    """Return the signed distance in mm, plane by plane, of a field whose sign alone is right."""
    return spread(field_seeds(field, pitch_mm), field < 0, pitch_mm, exact)[0]
