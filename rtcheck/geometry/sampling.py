"""A solid as volume samples: which point stands for how much of it.

A lattice of square pixels in thin slabs is laid over the solid. Slab borders lie on the contour
planes and on the solid's ends. A voxel that the surface cuts counts with the covered share of
its area, and is represented by the middle of the covered part, not of the voxel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import CannotSay, Reason
from rtcheck.geometry.distance import PAD_PIXELS, Fields, PixelGrid, slope
from rtcheck.geometry.solid import Solid

TARGET_VOXELS = 250_000
"""Voxels aimed at inside a solid: the error of a volume is then below 0.1 % for round bodies."""

MAX_LATTICE_VOXELS = 12_000_000
"""Voxels of the box around a solid; a thin shell in a large box is sampled more coarsely."""

PITCH_LIMITS_MM = (0.05, 3.0)
CHUNK_VOXELS = 400_000


@dataclass(frozen=True, eq=False)
class Lattice:
    """Pixels and slabs over a solid.

    Parameters
    ----------
    grid : PixelGrid
        The pixels.
    z_mm, thickness_mm : ndarray of shape (n,)
        Middle and thickness of each slab.
    """

    grid: PixelGrid
    z_mm: NDArray[np.float64]
    thickness_mm: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Samples:
    """Volume samples of a part of a solid.

    Parameters
    ----------
    x_mm, y_mm, z_mm : ndarray of shape (n,)
        The points, patient axes.
    volume_mm3 : ndarray of shape (n,)
        What each stands for.
    surface_mm : ndarray of shape (m, 3)
        Points (x, y, z) on the surface.
    """

    x_mm: NDArray[np.float64]
    y_mm: NDArray[np.float64]
    z_mm: NDArray[np.float64]
    volume_mm3: NDArray[np.float64]
    surface_mm: NDArray[np.float64]


def lattice_for(
    solid: Solid,
    *,
    voxels: int = TARGET_VOXELS,
    extent_mm: tuple[float, float, float, float] | None = None,
) -> Lattice:
    """Return a lattice whose resolution fits the solid's own size.

    Raises
    ------
    CannotSay
        If nothing can be there.
    """
    extent = extent_mm or solid.extent_mm
    volume = solid.rough_volume_mm3
    width, height = extent[1] - extent[0], extent[3] - extent[2]
    if not (volume > 0 and width > 0 and height > 0):
        raise CannotSay(Reason.STRUCTURE_EMPTY, solid.name)
    pitch = float(np.clip((volume / voxels) ** (1 / 3), *PITCH_LIMITS_MM))
    low, high = solid.heights_mm
    depth = high - low
    box = (width + 2 * PAD_PIXELS * pitch) * (height + 2 * PAD_PIXELS * pitch) * depth
    pitch = max(pitch, (box / MAX_LATTICE_VOXELS) ** (1 / 3))
    grid = PixelGrid.around(extent, pitch)
    z, thickness = _slabs(solid.breaks_mm(grid), pitch)
    if not len(z):
        raise CannotSay(Reason.STRUCTURE_EMPTY, solid.name)
    return Lattice(grid, z, thickness)


def _slabs(
    breaks_mm: NDArray[np.float64], step_mm: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return middles and thicknesses of slabs of at most `step_mm` between the breaks."""
    gaps = np.diff(breaks_mm)
    keep = gaps > 1e-6
    low, gaps = breaks_mm[:-1][keep], gaps[keep]
    count = np.maximum(1, np.ceil(gaps / step_mm - 1e-9)).astype(np.int64)
    gap = np.repeat(np.arange(len(count)), count)
    first = np.cumsum(count) - count
    thickness = (gaps / count)[gap]
    return low[gap] + (np.arange(len(gap)) - first[gap] + 0.5) * thickness, thickness


def iter_samples(solid: Solid, lattice: Lattice) -> Iterator[Samples]:
    """Return the samples of a solid, slab group by slab group, in falling memory order of need.

    Parameters
    ----------
    solid : Solid
        The solid.
    lattice : Lattice
        Where to sample; its grid must hold the solid.
    """
    for rows, field in iter_fields(solid, lattice):
        yield cover(field, lattice, rows)


def iter_fields(solid: Solid, lattice: Lattice) -> Iterator[tuple[slice, Fields]]:
    """Return (slabs, field) groups of a size that stays in the processor's cache."""
    grid = lattice.grid
    group = max(1, CHUNK_VOXELS // (grid.nx * grid.ny))
    for start in range(0, len(lattice.z_mm), group):
        rows = slice(start, min(start + group, len(lattice.z_mm)))
        yield rows, solid.field(lattice.z_mm[rows], grid)


def cover(field: Fields, lattice: Lattice, rows: slice) -> Samples:
    """Return the samples of the slabs `rows`, whose field is given."""
    grid = lattice.grid
    pitch = grid.pitch_mm
    reach = np.float32(1.5 * pitch)
    field[:, [0, -1]] = np.maximum(field[:, [0, -1]], 2 * reach)
    field[:, :, [0, -1]] = np.maximum(field[:, :, [0, -1]], 2 * reach)
    candidate = np.flatnonzero(field < reach)
    value = field.ravel()[candidate]
    deep = value < -reach
    full = candidate[deep]
    edge = candidate[~deep]
    value, gx, gy = slope(field, edge)
    steep = np.maximum(np.hypot(gx, gy), 1e-6)
    nx, ny = gx / steep, gy / steep
    distance = value / steep  # in pixels
    # The covered share of a square pixel by a half-plane; the ramp is exact for axis-parallel
    # edges and has the right mean for all others.
    width = np.abs(nx) + np.abs(ny)
    share = np.clip(0.5 - distance / np.maximum(width, 1e-6), 0.0, 1.0)
    cut = share > 0
    edge, share, width, distance = edge[cut], share[cut], width[cut], distance[cut]
    nx, ny = nx[cut], ny[cut]
    back = (1 - share) * width / 2
    # A border that falls on pixel borders cuts no pixel, and is a surface all the same.
    surface = np.abs(distance) <= 0.501 * width

    size = grid.nx * grid.ny

    def place(
        index: NDArray[np.int64], shift: NDArray[np.float32] | float = 0.0
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        slab, pixel = np.divmod(index, size)
        row, column = np.divmod(pixel, grid.nx)
        shifted = np.ndim(shift) > 0
        x = column - (shift * nx if shifted else 0.0)
        y = row - (shift * ny if shifted else 0.0)
        return slab + rows.start, grid.x0_mm + pitch * x, grid.y0_mm + pitch * y

    slab_f, x_f, y_f = place(full)
    slab_e, x_e, y_e = place(edge, back)
    slab_s, x_s, y_s = place(edge, distance)
    slab = np.concatenate([slab_f, slab_e])
    weight = np.concatenate([np.ones(len(full)), share])
    return Samples(
        np.concatenate([x_f, x_e]),
        np.concatenate([y_f, y_e]),
        lattice.z_mm[slab],
        weight * lattice.thickness_mm[slab] * pitch**2,
        np.column_stack([x_s, y_s, lattice.z_mm[slab_s]])[surface],
    )
