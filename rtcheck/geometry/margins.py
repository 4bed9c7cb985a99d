"""The margin a planner left: how far a solid can grow and still lie inside another."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import CannotSay, Reason
from rtcheck.geometry.distance import FAR_MM, Fields, redistance, where_within
from rtcheck.geometry.lattice import Lattice, lattice_for
from rtcheck.geometry.models import GeometryModel
from rtcheck.geometry.sampling import cover, iter_fields, lid_points
from rtcheck.geometry.solid import Margins, Solid
from rtcheck.plan.arrays import distinct

REACHES_MM = (5.0, 20.0, 80.0, 320.0, float(FAR_MM))
"""How far around the inner solid is looked at, if the margin was not found nearer."""

REACH_PIXELS = 40
"""Pixels that a reach is looked at with at least: surface points s apart, D away, cost s² / 8 D."""

RIM_PIXELS = 4
"""How deep, in pixels along an axis, a point less than 2.5 pixels deep may seem to be."""

COARSEST_MM, OUTER_VOXELS = 3.0, 4_000_000
"""Largest pixel that a margin is looked for with, and most voxels of the outer solid."""

ENDS_BESIDE_MM, ENDS_BEYOND_MM = 60.0, 300.0
"""How far beside, and above and below the inner solid the ends of the outer are looked for."""


def measure_margins(inner: Solid, outer: Solid, voxels: int) -> Margins:
    """Return the margins in mm from `inner` to `outer`; negative where it sticks out.

    Parameters
    ----------
    inner, outer : Solid
        Two solids of one plan.
    voxels : int
        Voxels of the inner one; with 80 000 its surface is found to some hundredths of a mm.

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
    each = [_margins_of_part(part, outer, voxels) for part in inner.apart()]
    return Margins(
        min(m.isotropic_mm for m in each),
        min(m.axial_mm for m in each),
        min(m.superior_mm for m in each),
        min(m.inferior_mm for m in each),
    )


def _margins_of_part(inner: Solid, outer: Solid, voxels: int) -> Margins:
    surface = _shape(inner, voxels)
    finest = max(surface.lattice.grid.pitch_mm, (outer.rough_volume_mm3 / OUTER_VOXELS) ** (1 / 3))
    for reach_mm in REACHES_MM:
        outer_pitch_mm = max(finest, min(reach_mm / REACH_PIXELS, COARSEST_MM))
        isotropic, axial = _surface_margins(surface, inner, outer, reach_mm, outer_pitch_mm)
        if max(isotropic, axial) < reach_mm:
            break
    low, high = _ends(inner, voxels)
    outer_low, outer_high = _ends(
        outer, voxels, inner, max(finest, 2 * surface.lattice.grid.pitch_mm)
    )
    return Margins(isotropic, axial, outer_high - high, low - outer_low)


def _surface_margins(
    inner_shape: _Shape, inner: Solid, outer: Solid, reach_mm: float, outer_pitch_mm: float
) -> tuple[float, float]:
    """Return the isotropic and the axial margin in mm, right if less than `reach_mm`."""
    from scipy.spatial import cKDTree

    pitch = inner_shape.lattice.grid.pitch_mm
    points = _inside_points(inner_shape)
    outer_shape = _touching_part(_shape(outer, 0, outer_pitch_mm, inner, reach_mm), points, inner)
    axial = _axial_mm(inner_shape, outer_shape)
    surface = cKDTree(_surface(inner_shape))
    rim = _points_of(_rim(inner_shape), inner_shape.lattice)
    # What lies deeper comes out as infinitely deep, and is found much faster.
    to_inner = surface.query(rim, distance_upper_bound=4 * pitch)[0]
    near = _little_inside(-to_inner, pitch)
    points, to_inner = rim[near], to_inner[near]
    outside = _sample(outer_shape.field, outer_shape.lattice, points) >= 0
    other = cKDTree(_surface(outer_shape))
    if outside.any():
        return float((-other.query(points[outside])[0] - to_inner[outside]).min()), axial
    # A few points bound the margin; with that bound the others are looked up much faster.
    few = slice(None, None, 20)
    bound = (other.query(points[few])[0] - to_inner[few]).min() + to_inner.max() + pitch
    to_outer = other.query(points, distance_upper_bound=bound)[0]
    return float((to_outer - to_inner).min()), axial


def _little_inside(distance_mm: NDArray[Any], pitch_mm: float) -> NDArray[np.bool_]:
    """Return which points inside are used to find a margin: those one to two pixels deep.

    On the way from a point to the outer surface that crosses the inner one, the margin is the
    difference of the point's two distances; on any other it is less than the difference. So the
    least difference is the margin, from any points. Nearer to the inner surface its corners are
    known less well; deeper the points miss its tips.
    """
    near = (distance_mm < -pitch_mm) & (distance_mm > -2.5 * pitch_mm)
    return near if near.any() else (distance_mm < 0) & np.isfinite(distance_mm)


def _rim(shape: _Shape) -> NDArray[np.bool_]:
    """Return the voxels inside that may be less than 2.5 pixels deep, and few that are deeper."""
    inside = shape.field < 0
    core = inside.copy()
    steps = int(
        np.ceil(RIM_PIXELS * shape.lattice.grid.pitch_mm / shape.lattice.thickness_mm.min())
    )
    for axis, reach in enumerate((steps, RIM_PIXELS, RIM_PIXELS)):
        along, before = np.moveaxis(core, axis, 0), np.moveaxis(core.copy(), axis, 0)
        along[:reach] = along[-reach:] = False  # nothing is known beyond: it counts as outside
        for step in range(1, reach + 1):
            along[step:] &= before[:-step]
            along[:-step] &= before[step:]
    return inside & ~core


def _axial_mm(inner: _Shape, outer: _Shape) -> float:
    """Return the least margin in mm within any slab that the inner solid is in."""
    pitch = inner.lattice.grid.pitch_mm
    to_inner = redistance(inner.field, pitch, where_within(-4 * pitch, 0.0, pitch))
    near = np.asarray(_little_inside(to_inner, pitch))
    points, depth = _points_of(near, inner.lattice), to_inner[near]
    place = _Place.of(outer.lattice, points)
    slabs = distinct(place.slab)
    needed = np.zeros(outer.field.shape, dtype=np.bool_)
    for row, column in itertools.product((0, 1), (0, 1)):
        needed[place.slab, place.row + row, place.column + column] = True
    exact = needed[slabs]
    to_outer = np.full(outer.field.shape, FAR_MM, dtype=np.float32)
    to_outer[slabs] = redistance(outer.field[slabs], outer.lattice.grid.pitch_mm, lambda _: exact)
    # In a slab without the outer solid the inner one sticks out by all its depth.
    occupied = np.asarray((outer.field < 0).any(axis=(1, 2)))
    beside = occupied[place.slab] & ~place.beyond
    margins = (depth - place.value(to_outer))[beside]
    all_inner = to_inner < 0
    everywhere = _Place.of(outer.lattice, _points_of(all_inner, inner.lattice))
    alone = ~occupied[everywhere.slab] | everywhere.beyond
    return min(float(found.min()) for found in (margins, to_inner[all_inner][alone]) if len(found))


@dataclass(frozen=True, eq=False)
class _Shape:
    """The field of a solid on a whole lattice."""

    field: Fields
    lattice: Lattice


def _shape(
    solid: Solid,
    voxels: int,
    pitch_mm: float = 0.0,
    beside: Solid | None = None,
    reach_mm: float = 0.0,
    above_mm: float = 0.0,
) -> _Shape:
    """Return a solid's field; with `beside`, only what lies within `reach_mm` of that solid.

    Along z it is looked at within `above_mm`, if that is more.
    """
    if beside is None:
        lattice = lattice_for(solid, voxels=voxels)
    else:
        a, b = solid.extent_mm, beside.extent_mm
        low, high = beside.heights_mm
        voxels = max(1000, int(solid.rough_volume_mm3 / pitch_mm**3))
        lattice = lattice_for(
            solid,
            voxels=voxels,
            extent_mm=(
                min(max(a[0], b[0] - reach_mm), b[0]),
                max(min(a[1], b[1] + reach_mm), b[1]),
                min(max(a[2], b[2] - reach_mm), b[2]),
                max(min(a[3], b[3] + reach_mm), b[3]),
            ),
            heights_mm=(low - max(reach_mm, above_mm), high + max(reach_mm, above_mm)),
        )
    field = np.concatenate([f.copy() for _, f in iter_fields(solid, lattice)])
    if not (field < 0).any():
        if beside is not None:
            raise CannotSay(Reason.UNDEFINED, f"{beside.name} does not lie in {solid.name}")
        raise CannotSay(Reason.STRUCTURE_EMPTY, solid.name)
    return _Shape(field, lattice)


def _touching_part(shape: _Shape, points: NDArray[np.float64], inner: Solid) -> _Shape:
    """Return the connected parts of a shape that hold points of `inner`."""
    from scipy import ndimage

    field = shape.field
    labels, parts = ndimage.label(field < 0, np.ones((3, 3, 3), dtype=np.bool_))
    place = _Place.of(shape.lattice, points)
    row = np.rint(place.row + place.down).astype(np.int64)
    column = np.rint(place.column + place.across).astype(np.int64)
    touched = distinct(labels[place.slab, row, column][~place.beyond])
    touched = touched[touched > 0]
    if not len(touched):
        raise CannotSay(Reason.UNDEFINED, f"{inner.name} does not lie in it")
    if len(touched) < parts:
        other = (labels > 0) & ~np.isin(labels, touched)
        field = np.where(other, -field + np.float32(1e-3), field)
    return _Shape(np.asarray(field, dtype=np.float32), shape.lattice)


def _ends(
    solid: Solid, voxels: int, inner: Solid | None = None, pitch_mm: float = 0.0
) -> tuple[float, float]:
    """Return the lower and upper end in mm, end contours extruded by half a slice."""
    model = GeometryModel.LINEAR_HALF_SLICE
    shape = _shape(solid.with_model(model), voxels, pitch_mm, inner, ENDS_BESIDE_MM, ENDS_BEYOND_MM)
    if inner is not None:
        inner = inner.with_model(model)
        shape = _touching_part(shape, _inside_points(_shape(inner, voxels)), inner)
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


def _inside_points(shape: _Shape) -> NDArray[np.float64]:
    """Return the voxel centres (x, y, z) in mm that lie inside."""
    return _points_of(shape.field < 0, shape.lattice)


def _points_of(voxels: NDArray[np.bool_], lattice: Lattice) -> NDArray[np.float64]:
    """Return the centres (x, y, z) in mm of chosen voxels."""
    slab, row, column = np.nonzero(voxels)
    return np.column_stack([lattice.grid.x_mm[column], lattice.grid.y_mm[row], lattice.z_mm[slab]])


class _Place(NamedTuple):
    """Where points lie on a lattice: nearest slab, pixel before, and how far on to the next."""

    slab: NDArray[np.int64]
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    down: NDArray[np.float64]
    across: NDArray[np.float64]
    beyond: NDArray[np.bool_]

    @classmethod
    def of(cls, lattice: Lattice, points: NDArray[np.float64]) -> _Place:
        """Return the place of points (x, y, z); beyond are those above or below all slabs."""
        grid = lattice.grid
        slab = _nearest(lattice.z_mm, points[:, 2])
        beyond = np.abs(points[:, 2] - lattice.z_mm[slab]) > lattice.thickness_mm[slab]
        u = np.clip((points[:, 0] - grid.x0_mm) / grid.pitch_mm, 0, grid.nx - 1.001)
        v = np.clip((points[:, 1] - grid.y0_mm) / grid.pitch_mm, 0, grid.ny - 1.001)
        row, column = v.astype(np.int64), u.astype(np.int64)
        return cls(slab, row, column, v - row, u - column, beyond)

    def value(self, field: Fields) -> NDArray[np.float64]:
        """Return a field there, linear within the slab."""
        slab, row, column, down, across, _ = self
        near = field[slab, row, column] * (1 - across) + field[slab, row, column + 1] * across
        far = (
            field[slab, row + 1, column] * (1 - across) + field[slab, row + 1, column + 1] * across
        )
        return np.asarray(near * (1 - down) + far * down)


def _nearest(ascending: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return which of some ascending numbers is the nearest to each of others."""
    if len(ascending) == 1:
        return np.zeros(len(at), dtype=np.int64)
    above = np.clip(np.searchsorted(ascending, at), 1, len(ascending) - 1)
    return above - (at - ascending[above - 1] < ascending[above] - at)


def _sample(field: Fields, lattice: Lattice, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the field at points, linear within the nearest slab; far beyond the ends."""
    place = _Place.of(lattice, points)
    return np.where(place.beyond, float(FAR_MM), place.value(field))
