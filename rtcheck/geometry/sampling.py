"""A solid as volume samples: which point stands for how much of it.

A voxel that the surface cuts counts with the covered share of its area, and is represented by the
middle of the covered part, not of the voxel.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.distance import FAR_MM, Fields, PixelGrid, slope
from rtcheck.geometry.lattice import Lattice
from rtcheck.geometry.solid import Solid

NO_POINTS = np.empty((0, 3))

Axes = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""The x, y and z of the nodes of a grid, in mm, ascending."""

CHUNK_VOXELS = 400_000
"""Voxels worked on at a time: they stay in the processor's cache."""


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
    cut_mm3 : float
        Volume of the samples in voxels that the surface cuts.
    nodes_mm : ndarray of shape (k, 3)
        Which of the nodes asked for lie inside.
    """

    x_mm: NDArray[np.float64]
    y_mm: NDArray[np.float64]
    z_mm: NDArray[np.float64]
    volume_mm3: NDArray[np.float64]
    slab: NDArray[np.int64]
    surface_mm: NDArray[np.float64]
    cut_mm3: float = 0.0
    nodes_mm: NDArray[np.float64] = dataclasses.field(default_factory=lambda: NO_POINTS)


def iter_samples(solid: Solid, lattice: Lattice, nodes: Axes | None = None) -> Iterator[Samples]:
    """Return the samples of a solid, group of slabs by group of slabs.

    Parameters
    ----------
    solid : Solid
        The solid.
    lattice : Lattice
        Where to sample; its grid must hold the solid.
    nodes : tuple of ndarray, optional
        Axes of a grid: the samples then tell which of its nodes lie inside.
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
            nodes_mm=NO_POINTS if nodes is None else nodes_inside(field, lattice, rows, nodes),
        )


def _with_exact_area(samples: Samples, solid: Solid, lattice: Lattice, rows: slice) -> Samples:
    """Return the samples weighted so that each slab has its exact area, where that is known."""
    areas = solid.exact_areas_mm2(lattice.z_mm[rows])
    if areas is None:
        return samples
    slab = samples.slab - rows.start
    exact = areas * lattice.thickness_mm[rows]
    found = np.bincount(slab, samples.volume_mm3, len(exact))
    share = np.divide(exact, found, out=np.ones(len(exact)), where=found > 0)
    volume = samples.volume_mm3 * share[slab]
    scale = volume.sum() / max(samples.volume_mm3.sum(), 1e-30)
    return replace(samples, volume_mm3=volume, cut_mm3=float(samples.cut_mm3 * scale))


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
    # Where two solids share a border, or a field is flat outside, it grazes zero without a body.
    flat = field.ravel()
    around = [flat[edge + step] for step in (0, 1, -1, grid.nx, -grid.nx)]
    cut = (share > 0) & (np.minimum.reduce(around) < 0)
    edge, share, width, distance = edge[cut], share[cut], width[cut], distance[cut]
    nx, ny = nx[cut], ny[cut]
    back = (1 - share) * width / 2
    # A border that falls on pixel borders cuts no pixel, and is a surface all the same.
    surface = np.abs(distance) <= 0.501 * width

    size = grid.nx * grid.ny

    def place(
        index: NDArray[np.int64], shift: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        slab, pixel = np.divmod(index, size)
        row, column = np.divmod(pixel, grid.nx)
        x, y = column - shift * nx, row - shift * ny
        return slab + rows.start, grid.x0_mm + pitch * x, grid.y0_mm + pitch * y

    slab_f, pixel = np.divmod(full, size)
    row, column = np.divmod(pixel, grid.nx)
    x_f = grid.x0_mm + pitch * (column + _within(full, 0))
    y_f = grid.y0_mm + pitch * (row + _within(full, 1))
    slab_e, x_e, y_e = place(edge, back)
    slab_s, x_s, y_s = place(edge, distance)
    slab = np.concatenate([slab_f + rows.start, slab_e])
    weight = np.concatenate([np.ones(len(full)), share])
    thickness = lattice.thickness_mm[slab]
    volume = weight * thickness * pitch**2
    return Samples(
        np.concatenate([x_f, x_e]),
        np.concatenate([y_f, y_e]),
        lattice.z_mm[slab] + thickness * _within(np.concatenate([full, edge]), 2),
        volume,
        slab,
        np.column_stack([x_s, y_s, lattice.z_mm[slab_s]])[surface],
        float(volume[len(full) :].sum()),
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


def nodes_inside(field: Fields, lattice: Lattice, rows: slice, nodes: Axes) -> NDArray[np.float64]:
    """Return the nodes (x, y, z) of a grid that lie inside the slabs `rows`, whose field is given.

    What is linear between nodes has its extremes on them or on the surface: a single hot node of
    the dose grid may lie between samples.
    """
    grid, half = lattice.grid, lattice.thickness_mm[rows] / 2
    x, y, z = nodes
    x = x[(x >= grid.x_mm[0]) & (x <= grid.x_mm[-1])]
    y = y[(y >= grid.y_mm[0]) & (y <= grid.y_mm[-1])]
    slab_z = lattice.z_mm[rows]
    slab, node = np.nonzero(np.abs(z[None, :] - slab_z[:, None]) <= half[:, None])
    if not (len(x) and len(y) and len(slab)):
        return NO_POINTS
    u, v = (x - grid.x_mm[0]) / grid.pitch_mm, (y - grid.y_mm[0]) / grid.pitch_mm
    i = np.minimum(u.astype(np.int64), grid.nx - 2)
    j = np.minimum(v.astype(np.int64), grid.ny - 2)
    fu, fv = u - i, (v - j)[:, None]
    low, high = field[slab][:, j], field[slab][:, j + 1]
    low = low[:, :, i] * (1 - fu) + low[:, :, i + 1] * fu
    high = high[:, :, i] * (1 - fu) + high[:, :, i + 1] * fu
    at, row, column = np.nonzero(low * (1 - fv) + high * fv < 0)
    return np.column_stack([x[column], y[row], z[node[at]]])


def _points(
    grid: PixelGrid,
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    z_mm: NDArray[np.float64],
) -> NDArray[np.float64]:
    x, y = grid.x0_mm + grid.pitch_mm * column, grid.y0_mm + grid.pitch_mm * row
    return np.column_stack([x, y, np.broadcast_to(z_mm, x.shape)])


SPREAD = (0.8191725134, 0.6710436067, 0.5497004779)
"""Powers of 1/1.2207440846: multiples of them modulo 1 fill a cube evenly (Roberts 2018)."""


def _within(index: NDArray[np.int64], axis: int) -> NDArray[np.float64]:
    """Return where in its voxel (-0.5 to 0.5) a sample lies, along one axis.

    In the middle of every voxel, the samples of a slab would all have one dose where the gradient
    runs along an axis, and the histogram would be a staircase.
    """
    return np.asarray((index * SPREAD[axis]) % 1.0 - 0.5)
