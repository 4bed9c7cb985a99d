"""Where a solid is sampled: square pixels in thin slabs, fitted to its own size.

Slab borders lie on the contour planes and on the solid's ends.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import CannotSay, Reason
from rtcheck.geometry.distance import PAD_PIXELS, PixelGrid
from rtcheck.geometry.models import LINEAR_BETWEEN, GeometryModel
from rtcheck.geometry.solid import Solid
from rtcheck.plan.arrays import distinct

TARGET_VOXELS = 60_000
"""Voxels aimed at inside a solid: the error of a volume is then near 0.1 % or less."""

MAX_LATTICE_VOXELS = 12_000_000
"""Voxels of the box around a solid; a thin shell in a large box is sampled more coarsely."""

WALL_PIXELS = 4
"""Pixels across a wall: with less, its two surfaces are not told apart."""

MOST_FINER = 2.5
"""How much smaller than by the volume a pixel is made for that, at most."""

PITCH_LIMITS_MM = (0.05, 8.0)


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


Parts = tuple[tuple[Solid, Lattice], ...]
"""The parts of a solid that lie apart, each with a lattice of its own."""


def grid_for(
    solid: Solid,
    voxels: int = TARGET_VOXELS,
    extent_mm: tuple[float, float, float, float] | None = None,
    heights_mm: tuple[float, float] = (-np.inf, np.inf),
) -> PixelGrid:
    """Return the pixel grid of the lattice that `lattice_for` returns of the same.

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
    pitch = (volume / voxels) ** (1 / 3)
    pitch = max(min(pitch, solid.thickness_mm / WALL_PIXELS), pitch / MOST_FINER)
    pitch = float(np.clip(pitch, *PITCH_LIMITS_MM))
    low, high = solid.heights_mm
    depth = max(0.0, min(high, heights_mm[1]) - max(low, heights_mm[0]))
    box = (width + 2 * PAD_PIXELS * pitch) * (height + 2 * PAD_PIXELS * pitch) * depth
    return PixelGrid.around(extent, max(pitch, (box / MAX_LATTICE_VOXELS) ** (1 / 3)))


def lattice_for(
    solid: Solid,
    *,
    voxels: int = TARGET_VOXELS,
    extent_mm: tuple[float, float, float, float] | None = None,
    heights_mm: tuple[float, float] = (-np.inf, np.inf),
) -> Lattice:
    """Return a lattice whose resolution fits the solid's own size.

    Parameters
    ----------
    solid : Solid
        The solid.
    voxels : int
        Voxels aimed at inside it.
    extent_mm : tuple of float, optional
        The box (x_min, x_max, y_min, y_max) to lay it over; by default the solid's.
    heights_mm : tuple of float
        Slabs whose middles lie between these are kept.

    Raises
    ------
    CannotSay
        If nothing can be there.
    """
    grid = grid_for(solid, voxels, extent_mm, heights_mm)
    z, thickness = _slabs(solid.breaks_mm(grid), grid.pitch_mm, even=True)
    kept = (z >= heights_mm[0]) & (z <= heights_mm[1])
    z, thickness = z[kept], thickness[kept]
    if not len(z):
        raise CannotSay(Reason.STRUCTURE_EMPTY, solid.name)
    return Lattice(grid, z, thickness)


def lattices_for(solid: Solid, voxels: int = TARGET_VOXELS) -> Parts:
    """Return the parts of a solid that lie apart, each with a lattice of its own.

    Raises
    ------
    CannotSay
        If nothing can be there.
    """
    found = []
    for part in solid.apart():
        with suppress(CannotSay):  # an empty part adds nothing to the others
            found.append((part, lattice_for(part, voxels=voxels)))
    if not found:
        raise CannotSay(Reason.STRUCTURE_EMPTY, solid.name)
    return tuple(found)


def coarser_lattices(solid: Solid, lattice: Lattice) -> dict[GeometryModel, Lattice]:
    """Return lattices of about an eighth of the voxels, on one pixel grid, for each model.

    Those of models that are linear between contours have the same slabs there.
    """
    grid = PixelGrid.around(solid.extent_mm, 2 * lattice.grid.pitch_mm)
    found = {}
    for model in GeometryModel:
        breaks = solid.with_model(model).breaks_mm(grid)
        if model in LINEAR_BETWEEN and len(breaks):
            zones = np.array(solid.end_zones_mm).ravel()
            zones = zones[(zones > breaks[0]) & (zones < breaks[-1])]
            breaks = distinct(np.concatenate([breaks, zones]))
        found[model] = Lattice(grid, *_slabs(breaks, grid.pitch_mm))
    return found


def divided_at_ends(solid: Solid, lattice: Lattice) -> tuple[Lattice, Lattice]:
    """Return the slabs of a lattice between all contours, and those about the ends.

    What lies between contours is the same for all models that are linear there.
    """
    z = lattice.z_mm
    at_end = np.zeros(len(z), dtype=np.bool_)
    for low, high in solid.end_zones_mm:
        at_end |= (z > low) & (z < high)
    between, about_ends = (
        Lattice(lattice.grid, z[kept], lattice.thickness_mm[kept]) for kept in (~at_end, at_end)
    )
    return between, about_ends


def _slabs(
    breaks_mm: NDArray[np.float64], step_mm: float, even: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return middles and thicknesses of slabs of at most `step_mm` between the breaks.

    Where they are even in number, half as many are another resolution.
    """
    gaps = np.diff(breaks_mm)
    keep = gaps > 1e-6
    low, gaps = breaks_mm[:-1][keep], gaps[keep]
    count = np.maximum(1, np.ceil(gaps / step_mm - 1e-9)).astype(np.int64)
    if even:
        count += (count > 1) & (count % 2 == 1)
    gap = np.repeat(np.arange(len(count)), count)
    first = np.cumsum(count) - count
    thickness = (gaps / count)[gap]
    return low[gap] + (np.arange(len(gap)) - first[gap] + 0.5) * thickness, thickness
