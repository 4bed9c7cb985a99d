"""A solid as volume samples: which point stands for how much of it.

A voxel that the surface cuts counts with the covered share of its area, and is represented by a
point of the covered part, not of the voxel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.distance import FAR_MM, Fields, PixelGrid, slope
from rtcheck.geometry.lattice import Lattice

NO_POINTS = np.empty((0, 3))


CHUNK_VOXELS = 400_000
"""Voxels worked on at a time: they stay in the processor's cache."""


class Sampled(Protocol):
    """What can be sampled: a solid, or several in a tower."""

    def field(self, at_mm: NDArray[np.float64], grid: PixelGrid) -> Fields:
        """Return the field (height, y, x) at heights, on a pixel grid."""

    def exact_areas_mm2(self, at_mm: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return the area in mm2 at heights where it is known better than by samples."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Volume samples of a part of a solid.

    Parameters
    ----------
    x_mm, y_mm, z_mm : ndarray of shape (n,)
        The points, patient axes.
    volume_mm3 : ndarray of shape (n,)
        What each stands for.
    slab : ndarray of int64, shape (n,)
        The slab of the lattice that each lies in.
    surface_mm : ndarray of shape (m, 3)
        Points (x, y, z) on the surface.
    whole : int
        How many of them, the first, lie in voxels that the surface does not cut.
    box_mm : tuple of float
        Where the group of slabs lies: (x_min, x_max, y_min, y_max, z_min, z_max).
    are_inside : callable
        Takes points (x, y, z), returns which of them lie inside the solid in these slabs.
    """

    x_mm: NDArray[np.float64]
    y_mm: NDArray[np.float64]
    z_mm: NDArray[np.float64]
    volume_mm3: NDArray[np.float64]
    slab: NDArray[np.int64]
    surface_mm: NDArray[np.float64]
    whole: int = 0
    box_mm: tuple[float, ...] = ()
    are_inside: Callable[[NDArray[np.float64]], NDArray[np.bool_]] = lambda points: np.zeros(
        len(points), np.bool_
    )

    @property
    def cut_mm3(self) -> float:
        """Return the volume of the samples in voxels that the surface cuts."""
        return float(self.volume_mm3[self.whole :].sum())


def iter_samples(solid: Sampled, lattice: Lattice) -> Iterator[Samples]:
    """Return the samples of a solid, group of slabs by group of slabs.

    Parameters
    ----------
    solid : Solid
        The solid.
    lattice : Lattice
        Where to sample; its grid must hold the solid.
    """
    before: Fields | None = None
    for rows, field in iter_fields(solid, lattice):
        samples = _with_exact_area(cover(field, lattice, rows), solid, lattice, rows)
        known = field if before is None else np.concatenate([before, field])
        lids = lid_points(known, lattice, slice(rows.stop - len(known), rows.stop))
        before = field[-1:].copy()
        yield replace(
            samples,
            surface_mm=np.concatenate([samples.surface_mm, lids]),
            box_mm=_box_mm(lattice, rows),
            are_inside=partial(are_inside, field, lattice, rows),
        )


def _with_exact_area(samples: Samples, solid: Sampled, lattice: Lattice, rows: slice) -> Samples:
    """Return the samples weighted so that each slab has its exact area, where that is known."""
    areas = solid.exact_areas_mm2(lattice.z_mm[rows])
    if areas is None or np.isnan(areas).all():
        return samples
    slab = samples.slab - rows.start
    exact = areas * lattice.thickness_mm[rows]
    found = np.bincount(slab, samples.volume_mm3, len(exact))
    known = (found > 0) & ~np.isnan(exact)
    share = np.divide(exact, found, out=np.ones(len(exact)), where=known)
    return replace(samples, volume_mm3=samples.volume_mm3 * share[slab])


def iter_fields(solid: Sampled, lattice: Lattice) -> Iterator[tuple[slice, Fields]]:
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
    # Where two solids share a border, or a field is flat outside, it grazes zero without a body.
    flat = field.ravel()
    around = [flat[edge + step] for step in (0, 1, -1, grid.nx, -grid.nx)]
    cut = (share > 0) & (np.minimum.reduce(around) < 0)
    edge, share, width, distance = edge[cut], share[cut], width[cut], distance[cut]
    nx, ny = nx[cut], ny[cut]
    # Anywhere in the covered part, which reaches from the pixel's inner end to the surface; where
    # the surface lies slanting or cuts, not quite to the ends: at a corner that would be outside.
    square = width < 1.05
    spread = np.where(square & (share == 1), 1.0, 0.8)
    back = width / 2 - (spread * _within(edge, 0) + 0.5) * share * width
    aside = np.where(square, _within(edge, 1), 0.0)
    # A border that falls on pixel borders cuts no pixel, and is a surface all the same.
    surface = np.abs(distance) <= 0.501 * width

    size = grid.nx * grid.ny

    slab_e, pixel = np.divmod(edge, size)
    row, column = np.divmod(pixel, grid.nx)
    x_e = grid.x0_mm + pitch * (column - back * nx - aside * ny)
    y_e = grid.y0_mm + pitch * (row - back * ny + aside * nx)
    # Inside a corner the slope of a distance is less than one, and would lead beyond the solid.
    gentle = np.minimum(steep[cut] / np.float32(pitch), 1)
    to_surface = np.where(distance < 0, distance * gentle, distance)
    on_surface = np.column_stack(
        [
            grid.x0_mm + pitch * (column - to_surface * nx),
            grid.y0_mm + pitch * (row - to_surface * ny),
            lattice.z_mm[slab_e + rows.start],
        ]
    )[surface]
    slab_f, pixel = np.divmod(full, size)
    row, column = np.divmod(pixel, grid.nx)
    x_f = grid.x0_mm + pitch * (column + _within(full, 0))
    y_f = grid.y0_mm + pitch * (row + _within(full, 1))
    slab = np.concatenate([slab_f, slab_e]) + rows.start
    weight = np.concatenate([np.ones(len(full)), share])
    thickness = lattice.thickness_mm[slab]
    volume = weight * thickness * pitch**2
    return Samples(
        np.concatenate([x_f, x_e]),
        np.concatenate([y_f, y_e]),
        lattice.z_mm[slab] + thickness * _within(np.concatenate([full, edge]), 2),
        volume,
        slab,
        on_surface,
        len(full),
    )


def lid_points(field: Fields, lattice: Lattice, rows: slice) -> NDArray[np.float64]:
    """Return points (x, y, z) in mm where the body begins or ends along z.

    Parameters
    ----------
    field : ndarray of float32, shape (slab, y, x)
        The field of the slabs `rows` of the lattice.
    lattice : Lattice
        The lattice; above its last slab and below its first there is nothing.
    rows : slice
        Which slabs.
    """
    grid, z = lattice.grid, lattice.z_mm[rows]
    half = lattice.thickness_mm[rows] / 2
    inside = field < 0
    below, row, column = np.nonzero(inside[1:] != inside[:-1])
    here = np.where(inside[below, row, column], below, below + 1)
    there = 2 * below + 1 - here
    depth, height = -field[here, row, column], field[there, row, column]
    up = there - here
    # Between two slabs the fields say where; next to nothing it is the slab's own border.
    rise = np.abs(z[there] - z[here]) * depth / (depth + height)
    rise = np.where(height >= FAR_MM / 2, half[here], rise)
    points = [_points(grid, row, column, z[here] + up * rise)]
    for end, next_to, first in ((0, 1, rows.start == 0), (-1, -2, rows.stop == len(lattice.z_mm))):
        if not first:
            continue
        row, column = np.nonzero(inside[end])
        depth, rise = -field[end][row, column], half[end]
        if len(z) > 1:  # at an end it goes on as before, at most to the slab's border
            closing = np.maximum(-field[next_to][row, column] - depth, 1e-6)
            rise = np.minimum(rise, np.abs(z[end] - z[next_to]) * depth / closing)
        points.append(_points(grid, row, column, z[end] + (rise if end else -rise)))
    return np.concatenate(points)


def are_inside(
    field: Fields, lattice: Lattice, rows: slice, points: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which points (x, y, z) lie inside the slabs `rows`, whose field is given."""
    grid, half, slab_z = lattice.grid, lattice.thickness_mm[rows] / 2, lattice.z_mm[rows]
    x, y, z = points.T
    u, v = (x - grid.x0_mm) / grid.pitch_mm, (y - grid.y0_mm) / grid.pitch_mm
    i, j = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
    seen = (i >= 0) & (i < grid.nx - 1) & (j >= 0) & (j < grid.ny - 1)
    i, j = np.clip(i, 0, grid.nx - 2), np.clip(j, 0, grid.ny - 2)
    slab = np.clip(np.searchsorted(slab_z - half, z, side="right") - 1, 0, None)
    fu, fv = u - i, v - j
    near = field[slab, j, i] * (1 - fu) + field[slab, j, i + 1] * fu
    far = field[slab, j + 1, i] * (1 - fu) + field[slab, j + 1, i + 1] * fu
    in_slab = np.abs(z - slab_z[slab]) <= half[slab]
    return np.asarray(seen & in_slab & (near * (1 - fv) + far * fv < 0))


def _box_mm(lattice: Lattice, rows: slice) -> tuple[float, ...]:
    x, y, z = lattice.grid.x_mm, lattice.grid.y_mm, lattice.z_mm[rows]
    half = lattice.thickness_mm[rows] / 2
    return tuple(map(float, (x[0], x[-1], y[0], y[-1], z[0] - half[0], z[-1] + half[-1])))


def _points(
    grid: PixelGrid,
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    z_mm: NDArray[np.float64],
) -> NDArray[np.float64]:
    x, y = grid.x0_mm + grid.pitch_mm * column, grid.y0_mm + grid.pitch_mm * row
    return np.column_stack([x, y, np.broadcast_to(z_mm, x.shape)])


SPREAD = tuple(np.uint32(round(2**32 / 1.2207440846**n)) for n in (1, 2, 3))
"""Powers of 1/1.2207440846: multiples of them modulo 1 fill a cube evenly (Roberts 2018)."""


def _within(index: NDArray[np.int64], axis: int) -> NDArray[np.float64]:
    """Return where in its voxel (-0.5 to 0.5) a sample lies, along one axis.

    In the middle of every voxel, the samples of a slab would all have one dose where the gradient
    runs along an axis, and the histogram would be a staircase.
    """
    # Whole numbers of 32 bits wrap around by themselves: a product modulo 1.
    return np.asarray((index.astype(np.uint32) * SPREAD[axis]) * 2.0**-32 - 0.5)
