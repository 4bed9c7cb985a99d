"""The margin a planner left: how far a solid can grow and still lie inside another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import CannotSay, Reason
from rtcheck.geometry.distance import FAR_MM, Fields, redistance
from rtcheck.geometry.models import GeometryModel
from rtcheck.geometry.sampling import Lattice, cover, iter_fields, lattice_for, lid_points
from rtcheck.geometry.solid import Margins, Solid

MARGIN_VOXELS = 60_000
"""Voxels of the inner solid; its surface is then found to some hundredths of a millimetre."""


def measure_margins(inner: Solid, outer: Solid) -> Margins:
    """Return the margins in mm from `inner` to `outer`; negative where it sticks out.

    Parameters
    ----------
    inner, outer : Solid
        Two solids of one plan.

    Raises
    ------
    CannotSay
        If one of them is empty, or no part of `outer` touches `inner`.

    Notes
    -----
    Only the parts of `outer` that touch `inner` count.

    - isotropic: least distance from the surface of `inner` to that of `outer`, in space;
    - axial: least distance within a transverse plane, over the heights of `inner`;
    - superior, inferior: distance between the ends, both taken half a slice beyond the end
      contours whatever the geometry model: a planner counts from contour to contour.
    """
    inner_shape = _shape(inner)
    pitch = inner_shape.lattice.grid.pitch_mm
    outer_shape, within = _touching_part(inner, _shape(outer, pitch, inner))
    body, lattice = outer_shape.field, outer_shape.lattice
    from scipy.spatial import cKDTree

    gaps = cKDTree(_surface(outer_shape)).query(surface := _surface(inner_shape))[0]
    out = _sample(body, lattice, surface) > 0.1 * lattice.grid.pitch_mm
    ends = _ends(inner)
    outer_ends = _ends(outer, inner)
    return Margins(
        isotropic_mm=-float(gaps[out].max()) if out.any() else float(gaps.min()),
        axial_mm=_axial_mm(within, body, lattice.grid.pitch_mm),
        superior_mm=outer_ends[1] - ends[1],
        inferior_mm=ends[0] - outer_ends[0],
    )


def _axial_mm(inner: Fields, outer: Fields, pitch_mm: float) -> float:
    """Return the least margin in mm within any slab that the inner solid is in.

    On the way from a point to the outer surface that crosses the inner one, the margin is the
    difference of the point's two distances; on any other it is less than the difference. So the
    least difference near the inner surface is the margin.
    """
    slabs = (inner < 0).any(axis=(1, 2))
    to_inner = redistance(inner[slabs], pitch_mm)
    to_outer = redistance(outer[slabs], pitch_mm)
    # In a slab without the outer solid the inner one sticks out by all its depth.
    np.minimum(to_outer, 0, out=to_outer, where=~(to_outer < 0).any(axis=(1, 2), keepdims=True))
    near = (to_inner < 0) & (to_inner >= -pitch_mm)
    alone = ~(outer[slabs] < 0).any(axis=(1, 2))
    near[alone] = True
    return float((to_inner - to_outer)[near].min())


@dataclass(frozen=True, eq=False)
class _Shape:
    """The field of a solid on a whole lattice."""

    field: Fields
    lattice: Lattice


def _shape(solid: Solid, pitch_mm: float = 0.0, beside: Solid | None = None) -> _Shape:
    """Return a solid's field, on a lattice of that pitch that holds `beside` too."""
    a = solid.extent_mm
    if beside is not None:
        b = beside.extent_mm
        a = (min(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), max(a[3], b[3]))
    voxels = MARGIN_VOXELS
    if pitch_mm:
        voxels = max(1000, int(solid.rough_volume_mm3 / pitch_mm**3))
    lattice = lattice_for(solid, voxels=voxels, extent_mm=a)
    field = np.concatenate([f.copy() for _, f in iter_fields(solid, lattice)])
    if not (field < 0).any():
        raise CannotSay(Reason.STRUCTURE_EMPTY, solid.name)
    return _Shape(field, lattice)


def _touching_part(inner: Solid, shape: _Shape) -> tuple[_Shape, Fields]:
    """Return the connected parts of a shape that `inner` touches, and its field on that lattice."""
    from scipy import ndimage

    field = shape.field
    labels, parts = ndimage.label(field < 0, np.ones((3, 3, 3), dtype=np.bool_))
    within = np.concatenate([f.copy() for _, f in iter_fields(inner, shape.lattice)])
    touched = np.unique(labels[within < 0])
    touched = touched[touched > 0]
    if not len(touched):
        raise CannotSay(Reason.UNDEFINED, f"{inner.name} does not lie in it")
    if len(touched) < parts:
        other = (labels > 0) & ~np.isin(labels, touched)
        field = np.where(other, -field + np.float32(1e-3), field)
    return _Shape(np.asarray(field, dtype=np.float32), shape.lattice), within


def _ends(solid: Solid, inner: Solid | None = None) -> tuple[float, float]:
    """Return the lower and upper end in mm, end contours extruded by half a slice."""
    model = GeometryModel.LINEAR_HALF_SLICE
    shape = _shape(solid.with_model(model))
    if inner is not None:
        shape, _ = _touching_part(inner.with_model(model), shape)
    occupied = np.flatnonzero((shape.field < 0).any(axis=(1, 2)))
    z, half = shape.lattice.z_mm, shape.lattice.thickness_mm / 2
    low, high = occupied[0], occupied[-1]
    return float(z[low] - half[low]), float(z[high] + half[high])


def _surface(shape: _Shape) -> NDArray[np.float64]:
    """Return points (x, y, z) on the surface: on its walls, and on its lids."""
    field, lattice = shape.field, shape.lattice
    whole = slice(0, len(lattice.z_mm))
    walls = cover(field.copy(), lattice, whole).surface_mm
    return np.concatenate([walls, lid_points(field, lattice, whole)])


def _sample(
    field: NDArray[np.float32], lattice: Lattice, points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the field at points, linear within the nearest slab; far beyond the ends."""
    grid = lattice.grid
    slab = np.clip(np.searchsorted(lattice.z_mm, points[:, 2]), 1, len(lattice.z_mm) - 1)
    below = points[:, 2] - lattice.z_mm[slab - 1] < lattice.z_mm[slab] - points[:, 2]
    slab = slab - below
    beyond = np.abs(points[:, 2] - lattice.z_mm[slab]) > lattice.thickness_mm[slab]
    u = np.clip((points[:, 0] - grid.x0_mm) / grid.pitch_mm, 0, grid.nx - 1.001)
    v = np.clip((points[:, 1] - grid.y0_mm) / grid.pitch_mm, 0, grid.ny - 1.001)
    i, j = u.astype(np.int64), v.astype(np.int64)
    fu, fv = u - i, v - j
    value = (
        field[slab, j, i] * (1 - fu) * (1 - fv)
        + field[slab, j, i + 1] * fu * (1 - fv)
        + field[slab, j + 1, i] * (1 - fu) * fv
        + field[slab, j + 1, i + 1] * fu * fv
    )
    return np.where(beyond, float(FAR_MM), value)
