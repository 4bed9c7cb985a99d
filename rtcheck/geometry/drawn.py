"""The solid that a structure's contours stand for."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import CannotSay
from rtcheck.geometry.bodies import bodies_of
from rtcheck.geometry.combined import CombinedSolid
from rtcheck.geometry.contour_distance import PlaneFields, Radii, plane_fields
from rtcheck.geometry.distance import FAR_MM, PAD_PIXELS, Fields, PixelGrid
from rtcheck.geometry.lattice import grid_for
from rtcheck.geometry.models import GeometryModel
from rtcheck.geometry.planes import Planes
from rtcheck.geometry.rows import exact_areas_mm2
from rtcheck.geometry.solid import Extent, Solid
from rtcheck.geometry.stack import Stack
from rtcheck.plan.arrays import distinct

MAX_FIELD_PIXELS = 16_000_000
"""Pixels of all planes up to which a structure is always looked at whole."""

WINDOW_MM = 40.0
"""Beyond that, how far around a smaller grid at most: more than shapes move from slice to slice."""


KEPT_GRIDS = 3
"""Grids of which a structure keeps its distances."""


def solid_of(planes: Planes, model: GeometryModel) -> Solid:
    """Return the solid of a structure: the union of its bodies."""
    solids: list[Solid] = [StructureSolid(body, model) for body in bodies_of(planes)]
    while len(solids) > 1:  # in pairs, so that many bodies do not nest deeply
        pairs = [
            CombinedSolid("|", a, b, planes.name)
            for a, b in zip(solids[::2], solids[1::2], strict=False)
        ]
        solids = [*pairs, *solids[2 * len(pairs) :]]
    for part in solids[0].apart():
        with suppress(CannotSay):  # an empty part has no radius
            _settle_radii(part, grid_for(part))
    return solids[0]


def _settle_radii(solid: Solid, grid: PixelGrid) -> None:
    """Have the radii of bodies found on the grid that the structure itself is sampled on."""
    if isinstance(solid, CombinedSolid):
        _settle_radii(solid.left, grid)
        _settle_radii(solid.right, grid)
    elif isinstance(solid, StructureSolid):
        solid.drawing.radii_on = solid.window(grid)[0]


class Drawing:
    """The contours of a structure, with their distances on the grids last asked for.

    All geometry models of a structure share one: what was drawn is the same for all of them.

    Attributes
    ----------
    radii_on : PixelGrid or None
        Where the radii of its parts are found, whichever grid is asked for first; there if None.
    """

    def __init__(self, planes: Planes) -> None:
        self.planes = planes
        self._fields: dict[PixelGrid, PlaneFields] = {}
        self._radii: Radii | None = None
        self.radii_on: PixelGrid | None = None

    def fields(self, grid: PixelGrid) -> PlaneFields:
        """Return the distances of every plane to its contours, on a grid."""
        if grid not in self._fields:
            found = self._fields_on(grid)
            # A structure is asked on its own grids and on those of an expression it stands in.
            while len(self._fields) >= KEPT_GRIDS:
                del self._fields[next(iter(self._fields))]
            self._fields[grid] = found
        return self._fields[grid]

    def forget_fields(self) -> None:
        """Let go of the distances of all grids."""
        self._fields.clear()

    def _fields_on(self, grid: PixelGrid) -> PlaneFields:
        """Return the fields on a grid that may show only a part of the structure.

        A distance needs the nearest contour and a radius the whole part, wherever they lie, so
        they are computed on a grid that holds the structure and cut out of it. A structure much
        larger than the grid is looked at only in a window around it: nearer than the window's
        border nothing changes.
        """
        planes = self.planes
        whole, add, window_mm = self._held_by(grid)
        if self._radii is None and self.radii_on is not None:
            own, _, _ = self._held_by(self.radii_on)
            if own != whole:
                self._radii = plane_fields(planes, own)[1]
        fields, self._radii = plane_fields(planes, whole, self._radii)
        cut = (slice(None), slice(add[2], add[2] + grid.ny), slice(add[0], add[0] + grid.nx))
        distance, radius = fields.distance_mm[cut], fields.radius_mm
        if radius.shape[1] > 1:
            radius = radius[cut]
        if window_mm:
            distance = np.clip(distance, -window_mm, window_mm)
            radius = np.minimum(radius, np.float32(window_mm))
        return PlaneFields(np.ascontiguousarray(distance), np.ascontiguousarray(radius))

    def _held_by(self, grid: PixelGrid) -> tuple[PixelGrid, list[int], float]:
        """Return a grid enlarged so that it holds the structure, by how many pixels on each side.

        And how many mm the window reaches where it cannot be whole; else 0.
        """
        planes = self.planes
        x0, x1, y0, y1 = planes.extent_mm
        pitch, last = grid.pitch_mm, (grid.nx - 1, grid.ny - 1)
        missing = (
            grid.x0_mm - x0,
            x1 - (grid.x0_mm + last[0] * pitch),
            grid.y0_mm - y0,
            y1 - (grid.y0_mm + last[1] * pitch),
        )
        add = [max(0, int(np.ceil(mm / pitch)) + PAD_PIXELS) for mm in missing]
        whole = grid.enlarged(*add)
        if whole.nx * whole.ny * len(planes.z_mm) <= MAX_FIELD_PIXELS:
            return whole, add, 0.0
        affordable = (MAX_FIELD_PIXELS / len(planes.z_mm)) ** 0.5
        around = int((affordable - (grid.nx + grid.ny) / 2) / 2)
        least = int(3 * planes.spacing_mm / pitch) + PAD_PIXELS
        around = max(min(int(WINDOW_MM / pitch), around), least)
        add = [min(n, around) for n in add]
        return grid.enlarged(*add), add, around * pitch

    @cached_property
    def areas_mm2(self) -> NDArray[np.float64]:
        """Return the area of every plane in mm2."""
        return exact_areas_mm2(self.planes)


class StructureSolid(Solid):
    """The solid that a structure's contours stand for.

    Parameters
    ----------
    drawing : Drawing or Planes
        The contours.
    model : GeometryModel
        The rule for what was not drawn.
    """

    def __init__(self, drawing: Drawing | Planes, model: GeometryModel) -> None:
        self.drawing = drawing if isinstance(drawing, Drawing) else Drawing(drawing)
        self.planes, self.model, self.name = self.drawing.planes, model, self.drawing.planes.name
        self._stacks = lru_cache(maxsize=KEPT_GRIDS)(self._make_stacks)

    @property
    def extent_mm(self) -> Extent:
        return self.planes.extent_mm

    @property
    def heights_mm(self) -> tuple[float, float]:
        z, spacings = self.planes.z_mm, self.planes.spacings_mm
        return float(z[0] - spacings[0]), float(z[-1] + spacings[-1])

    @property
    def rough_volume_mm3(self) -> float:
        return self.planes.rough_volume_mm3

    @property
    def thickness_mm(self) -> float:
        return self.planes.thickness_mm

    @property
    def spacing_mm(self) -> float:
        return self.planes.spacing_mm

    def with_model(self, model: GeometryModel) -> Solid:
        return self if model is self.model else StructureSolid(self.drawing, model)

    def forget_fields(self) -> None:
        self.drawing.forget_fields()
        self._stacks.cache_clear()

    def _make_stacks(self, grid: PixelGrid) -> tuple[Stack, ...]:
        fields = self.drawing.fields(grid)
        spacings = self.planes.spacings_mm
        runs = (slice(int(run[0]), int(run[-1]) + 1) for run in self.planes.stacks)
        return tuple(
            Stack(
                self.planes.z_mm[run],
                PlaneFields(fields.distance_mm[run], fields.radius_mm[run]),
                (float(spacings[run][0]), float(spacings[run][-1])),
                self.model,
            )
            for run in runs
        )

    def _is_far(self, grid: PixelGrid) -> bool:
        """Return whether nothing of the structure is anywhere near a grid."""
        x0, x1, y0, y1 = self.planes.extent_mm
        x, y = grid.x_mm, grid.y_mm
        apart = max(x0 - x[-1], x[0] - x1, y0 - y[-1], y[0] - y1)
        return bool(apart > WINDOW_MM)

    @property
    def end_zones_mm(self) -> list[tuple[float, float]]:
        z, spacings = self.planes.z_mm, self.planes.spacings_mm
        ends = [(run[0], run[-1]) for run in self.planes.stacks]
        zones = [
            ((z[low] - spacings[low], z[low]), (z[high], z[high] + spacings[high]))
            for low, high in ends
        ]
        return [(float(a), float(b)) for pair in zones for a, b in pair]

    def exact_areas_mm2(self, at_mm: NDArray[np.float64]) -> NDArray[np.float64] | None:
        # Prisms have the area of their contour throughout.
        if self.model is not GeometryModel.PRISM:
            return None
        z = self.planes.z_mm
        nearest = np.abs(at_mm[:, None] - z[None, :]).argmin(axis=1)
        return np.asarray(self.drawing.areas_mm2[nearest])

    def breaks_mm(self, grid: PixelGrid) -> NDArray[np.float64]:
        if self._is_far(grid):
            return np.empty(0)
        breaks: list[NDArray[np.float64]] = []
        for stack in self._stacks(self.window(grid)[0]):
            below, above = stack.ends_mm
            z = stack.z_mm
            between = (z[1:] + z[:-1]) / 2 if self.model is GeometryModel.PRISM else z
            breaks += [between, np.array([z[0] - below, z[-1] + above])]
        return distinct(np.concatenate(breaks))

    def field(self, at_mm: NDArray[np.float64], grid: PixelGrid) -> Fields:
        low, high = self.heights_mm
        if self._is_far(grid) or at_mm.max() < low or at_mm.min() > high:
            return _far(at_mm, grid)
        window, place = self.window(grid)
        stacks = self._stacks(window)
        field = stacks[0].field(at_mm)
        for stack in stacks[1:]:
            np.minimum(field, stack.field(at_mm), out=field)
        if window is grid:
            return field
        whole = _far(at_mm, grid)
        whole[:, *place] = field
        return whole

    def window(self, grid: PixelGrid) -> tuple[PixelGrid, tuple[slice, slice]]:
        """Return the part of a grid that the structure is in, and its pixels (rows, columns).

        A speck in an ROI as large as the body is not looked for everywhere.
        """
        x0, x1, y0, y1 = self.planes.extent_mm
        x, y = grid.x_mm, grid.y_mm
        pad = 2 * PAD_PIXELS * grid.pitch_mm
        columns = np.flatnonzero((x >= x0 - pad) & (x <= x1 + pad))
        rows = np.flatnonzero((y >= y0 - pad) & (y <= y1 + pad))
        if not 0 < 2 * len(columns) * len(rows) < grid.nx * grid.ny:
            return grid, (slice(None), slice(None))
        left, front = int(columns[0]), int(rows[0])
        right, back = grid.nx - left - len(columns), grid.ny - front - len(rows)
        place = (slice(front, front + len(rows)), slice(left, left + len(columns)))
        return grid.enlarged(-left, -right, -front, -back), place


def _far(at_mm: NDArray[np.float64], grid: PixelGrid) -> Fields:
    return np.full((len(at_mm), grid.ny, grid.nx), FAR_MM, dtype=np.float32)
