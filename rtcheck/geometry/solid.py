"""Solids: a structure, a combination of solids, or a grown solid, each as a field in space."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.bodies import bodies_of
from rtcheck.geometry.distance import (
    FAR_MM,
    PAD_PIXELS,
    Fields,
    PixelGrid,
    redistance,
    where_within,
)
from rtcheck.geometry.models import GeometryModel
from rtcheck.geometry.planes import Planes
from rtcheck.geometry.stack import PlaneFields, Stack, plane_fields

Extent = tuple[float, float, float, float]

MAX_FIELD_PIXELS = 16_000_000
"""Pixels of all planes up to which a structure is always looked at whole."""

WINDOW_MM = 40.0
"""Beyond that, how far around a smaller grid: more than shapes move from slice to slice."""


class Solid(ABC):
    """A body in space. Negative field inside, in mm near the surface, patient axes.

    Attributes
    ----------
    name : str
        Structure or expression.
    """

    name: str

    @property
    @abstractmethod
    def extent_mm(self) -> Extent:
        """Return a box (x_min, x_max, y_min, y_max) in mm that holds the solid."""

    @property
    @abstractmethod
    def heights_mm(self) -> tuple[float, float]:
        """Return heights (low, high) in mm between which the solid lies."""

    @abstractmethod
    def breaks_mm(self, grid: PixelGrid) -> NDArray[np.float64]:
        """Return heights, ascending, where the solid's rule along z changes; the ends included."""

    @abstractmethod
    def field(self, at_mm: NDArray[np.float64], grid: PixelGrid) -> Fields:
        """Return the field (height, y, x) at heights, on a pixel grid."""

    @property
    @abstractmethod
    def rough_volume_mm3(self) -> float:
        """Return an upper estimate of the volume in mm3, to choose a resolution by."""

    @property
    @abstractmethod
    def spacing_mm(self) -> float:
        """Return the nominal contour spacing in mm."""

    @abstractmethod
    def with_model(self, model: GeometryModel) -> Solid:
        """Return the same solid under another geometry model."""

    def apart(self) -> list[Solid]:
        """Return solids whose boxes do not touch and that together are this one.

        Lesions in both lungs are measured one by one: a lattice over the chest would be coarse
        and mostly empty.
        """
        return [self]

    # What follows is measured on samples; the room's other files do the work.

    @property
    def volume_cm3(self) -> float:
        """Return the volume in cm3."""
        return self.measures.volume_cm3

    @property
    def diameter_mm(self) -> float:
        """Return the longest distance in mm between two points of one connected part."""
        return self.measures.diameter_mm

    @property
    def number_of_parts(self) -> int:
        """Return the number of connected parts."""
        return self.measures.number_of_parts

    @property
    def measured(self) -> Measures | None:
        """Return what was measured so far, if anything was."""
        found: Measures | None = self.__dict__.get("measures")
        return found

    @cached_property
    def measures(self) -> Measures:
        """Return volume, diameter and number of parts, measured once."""
        from rtcheck.geometry.measure import measure_solid

        return measure_solid(self)

    def inside_fraction(self, outer: Solid) -> float:
        """Return the share (0–1) of this solid's volume that lies inside another."""
        from rtcheck.geometry.measure import inside_fraction

        return inside_fraction(self, outer)

    def margins_mm(self, outer: Solid) -> Margins:
        """Return the margins in mm from this solid to an enclosing one, measured once."""
        from rtcheck.geometry.margins import measure_margins

        if outer not in self._margins:
            self._margins[outer] = measure_margins(self, outer)
        return self._margins[outer]

    @cached_property
    def _margins(self) -> dict[Solid, Margins]:
        return {}


@dataclass(frozen=True)
class Measures:
    """What a solid measures.

    Parameters
    ----------
    volume_cm3 : float
        Volume.
    diameter_mm : float
        Longest diameter of a connected part.
    number_of_parts : int
        Connected parts.
    cut_fraction : float
        Share of the volume in voxels that the surface cuts.
    """

    volume_cm3: float
    diameter_mm: float
    number_of_parts: int
    cut_fraction: float = 0.0


@dataclass(frozen=True)
class Margins:
    """Margins in mm from a solid to an enclosing one; negative where it sticks out."""

    isotropic_mm: float
    axial_mm: float
    superior_mm: float
    inferior_mm: float


class StructureSolid(Solid):
    """The solid that a structure's contours stand for.

    Parameters
    ----------
    planes : Planes
        The contours.
    model : GeometryModel
        The rule for what was not drawn.
    """

    def __init__(self, planes: Planes, model: GeometryModel) -> None:
        self.planes, self.model, self.name = planes, model, planes.name
        # The fields of the last two grids: one structure is asked on its own grid and on that of
        # an expression it stands in.
        self._stacks = lru_cache(maxsize=2)(self._make_stacks)

    @property
    def extent_mm(self) -> Extent:
        return self.planes.extent_mm

    @property
    def heights_mm(self) -> tuple[float, float]:
        z, spacing = self.planes.z_mm, self.planes.spacing_mm
        return float(z[0]) - spacing, float(z[-1]) + spacing

    @property
    def rough_volume_mm3(self) -> float:
        return self.planes.rough_volume_mm3

    @property
    def spacing_mm(self) -> float:
        return self.planes.spacing_mm

    def with_model(self, model: GeometryModel) -> Solid:
        return self if model is self.model else StructureSolid(self.planes, model)

    def _make_stacks(self, grid: PixelGrid) -> tuple[Stack, ...]:
        fields = self._plane_fields(grid)
        return tuple(
            Stack(
                self.planes.z_mm[run],
                PlaneFields(fields.distance_mm[run], fields.radius_mm[run]),
                self.planes.spacing_mm,
                self.model,
            )
            for run in self.planes.stacks
        )

    def _plane_fields(self, grid: PixelGrid) -> PlaneFields:
        """Return the fields on a grid that may show only a part of the structure.

        A distance needs the nearest contour and a radius the whole part, wherever they lie, so
        they are computed on a grid that holds the structure and cut out of it. A structure much
        larger than the grid is looked at only in a window around it: nearer than the window's
        border nothing changes.
        """
        x0, x1, y0, y1 = self.planes.extent_mm
        pitch, last = grid.pitch_mm, (grid.nx - 1, grid.ny - 1)
        missing = (
            grid.x0_mm - x0,
            x1 - (grid.x0_mm + last[0] * pitch),
            grid.y0_mm - y0,
            y1 - (grid.y0_mm + last[1] * pitch),
        )
        add = [max(0, int(np.ceil(mm / pitch)) + PAD_PIXELS) for mm in missing]
        whole = grid.enlarged(*add)
        window = whole.nx * whole.ny * len(self.planes.z_mm) > MAX_FIELD_PIXELS
        if window:
            add = [min(n, int(np.ceil(WINDOW_MM / pitch))) for n in add]
            whole = grid.enlarged(*add)
        fields = plane_fields(self.planes, whole)
        cut = (slice(None), slice(add[2], add[2] + grid.ny), slice(add[0], add[0] + grid.nx))
        distance, radius = fields.distance_mm[cut], fields.radius_mm
        if radius.shape[1] > 1:
            radius = radius[cut]
        if window:
            distance = np.clip(distance, -WINDOW_MM, WINDOW_MM)
            radius = np.minimum(radius, np.float32(WINDOW_MM))
        return PlaneFields(np.ascontiguousarray(distance), np.ascontiguousarray(radius))

    def _is_far(self, grid: PixelGrid) -> bool:
        """Return whether nothing of the structure is anywhere near a grid."""
        x0, x1, y0, y1 = self.planes.extent_mm
        x, y = grid.x_mm, grid.y_mm
        apart = max(x0 - x[-1], x[0] - x1, y0 - y[-1], y[0] - y1)
        return bool(apart > WINDOW_MM)

    def breaks_mm(self, grid: PixelGrid) -> NDArray[np.float64]:
        if self._is_far(grid):
            return np.empty(0)
        breaks: list[NDArray[np.float64]] = []
        for stack in self._stacks(grid):
            below, above = stack.ends_mm()
            z = stack.z_mm
            breaks += [z, np.array([z[0] - below, z[-1] + above])]
            if self.model is GeometryModel.PRISM:
                breaks.append((z[1:] + z[:-1]) / 2)
        return np.unique(np.concatenate(breaks))

    def field(self, at_mm: NDArray[np.float64], grid: PixelGrid) -> Fields:
        low, high = self.heights_mm
        if self._is_far(grid) or at_mm.max() < low or at_mm.min() > high:
            return np.full((len(at_mm), grid.ny, grid.nx), FAR_MM, dtype=np.float32)
        stacks = self._stacks(grid)
        field = stacks[0].field(at_mm)
        for stack in stacks[1:]:
            np.minimum(field, stack.field(at_mm), out=field)
        return field


class CombinedSolid(Solid):
    """Union ``|``, intersection ``&`` or difference ``-`` of two solids."""

    def __init__(self, operator: str, left: Solid, right: Solid, name: str) -> None:
        self.operator, self.left, self.right, self.name = operator, left, right, name

    @property
    def extent_mm(self) -> Extent:
        if self.operator == "-":
            return self.left.extent_mm
        a, b = self.left.extent_mm, self.right.extent_mm
        if self.operator == "|":
            return min(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), max(a[3], b[3])
        x0, x1 = max(a[0], b[0]), min(a[1], b[1])
        y0, y1 = max(a[2], b[2]), min(a[3], b[3])
        return x0, max(x0, x1), y0, max(y0, y1)

    @property
    def heights_mm(self) -> tuple[float, float]:
        if self.operator == "-":
            return self.left.heights_mm
        a, b = self.left.heights_mm, self.right.heights_mm
        if self.operator == "|":
            return min(a[0], b[0]), max(a[1], b[1])
        low, high = max(a[0], b[0]), min(a[1], b[1])
        return low, max(low, high)

    @property
    def rough_volume_mm3(self) -> float:
        a, b = self.left.rough_volume_mm3, self.right.rough_volume_mm3
        return {"|": a + b, "&": min(a, b), "-": a}[self.operator]

    @property
    def spacing_mm(self) -> float:
        return min(self.left.spacing_mm, self.right.spacing_mm)

    def with_model(self, model: GeometryModel) -> Solid:
        return CombinedSolid(
            self.operator, self.left.with_model(model), self.right.with_model(model), self.name
        )

    def apart(self) -> list[Solid]:
        if self.operator != "|":
            return [self]
        groups: list[Solid] = []
        for solid in (*self.left.apart(), *self.right.apart()):
            near = [other for other in groups if _boxes_meet(solid, other)]
            groups = [other for other in groups if other not in near]
            for other in near:
                solid = CombinedSolid("|", other, solid, self.name)
            groups.append(solid)
        return groups

    def breaks_mm(self, grid: PixelGrid) -> NDArray[np.float64]:
        a, b = self.left.breaks_mm(grid), self.right.breaks_mm(grid)
        both = np.unique(np.concatenate([a, b]))
        if self.operator == "|":
            return both
        if not len(a) or (self.operator == "&" and not len(b)):
            return np.empty(0)
        low, high = a[0], a[-1]
        if self.operator == "&":
            low, high = max(low, b[0]), min(high, b[-1])
        kept: NDArray[np.float64] = both[(both >= low) & (both <= high)]
        return kept

    def field(self, at_mm: NDArray[np.float64], grid: PixelGrid) -> Fields:
        left, right = self.left.field(at_mm, grid), self.right.field(at_mm, grid)
        if self.operator == "|":
            return np.minimum(left, right)
        return np.maximum(left, right if self.operator == "&" else -right)


def _boxes_meet(a: Solid, b: Solid) -> bool:
    """Return whether the boxes around two solids touch, with a slice between them to spare."""
    (ax0, ax1, ay0, ay1), (bx0, bx1, by0, by1) = a.extent_mm, b.extent_mm
    (az0, az1), (bz0, bz1) = a.heights_mm, b.heights_mm
    gap = max(ax0 - bx1, bx0 - ax1, ay0 - by1, by0 - ay1, az0 - bz1, bz0 - az1)
    return gap <= max(a.spacing_mm, b.spacing_mm)


def solid_of(planes: Planes, model: GeometryModel) -> Solid:
    """Return the solid of a structure: the union of its bodies."""
    solids: list[Solid] = [StructureSolid(body, model) for body in bodies_of(planes)]
    while len(solids) > 1:  # in pairs, so that many bodies do not nest deeply
        pairs = [
            CombinedSolid("|", a, b, planes.name)
            for a, b in zip(solids[::2], solids[1::2], strict=False)
        ]
        solids = [*pairs, *solids[2 * len(pairs) :]]
    return solids[0]


class GrownSolid(Solid):
    """A solid expanded, or contracted, by margins in mm.

    Notes
    -----
    The margin is an ellipsoid with the axial margin in x and y, and the superior and inferior
    margins above and below: a point belongs to the expanded solid if the ellipsoid around some
    point of the solid reaches it. Contracting is expanding what lies outside.
    """

    def __init__(
        self,
        of: Solid,
        axial_mm: float,
        superior_mm: float,
        inferior_mm: float,
        contract: bool,
        name: str,
    ) -> None:
        self.of, self.contract, self.name = of, contract, name
        self.axial_mm, self.superior_mm, self.inferior_mm = axial_mm, superior_mm, inferior_mm

    @property
    def extent_mm(self) -> Extent:
        x0, x1, y0, y1 = self.of.extent_mm
        grow = 0.0 if self.contract else self.axial_mm
        return x0 - grow, x1 + grow, y0 - grow, y1 + grow

    @property
    def heights_mm(self) -> tuple[float, float]:
        low, high = self.of.heights_mm
        return (low, high) if self.contract else (low - self.inferior_mm, high + self.superior_mm)

    @property
    def rough_volume_mm3(self) -> float:
        volume = self.of.rough_volume_mm3
        if self.contract:
            return volume
        margin = max(self.axial_mm, self.superior_mm, self.inferior_mm)
        return float((volume ** (1 / 3) + 2 * margin) ** 3)

    @property
    def spacing_mm(self) -> float:
        return self.of.spacing_mm

    def with_model(self, model: GeometryModel) -> Solid:
        return GrownSolid(
            self.of.with_model(model),
            self.axial_mm,
            self.superior_mm,
            self.inferior_mm,
            self.contract,
            self.name,
        )

    def breaks_mm(self, grid: PixelGrid) -> NDArray[np.float64]:
        z = self.of.breaks_mm(grid)
        if not len(z):
            return z
        sign = -1.0 if self.contract else 1.0
        low, high = z[0] - sign * self.inferior_mm, z[-1] + sign * self.superior_mm
        return np.unique(np.concatenate([[low], z, [high]]))

    def field(self, at_mm: NDArray[np.float64], grid: PixelGrid) -> Fields:
        # Expanding the outside upwards eats the solid from below, hence the exchange.
        up, down = self.superior_mm, self.inferior_mm
        if self.contract:
            up, down = down, up
        sign = np.float32(-1.0 if self.contract else 1.0)
        levels = self._levels(grid, at_mm, up, down)
        if not len(levels):
            return np.full((len(at_mm), grid.ny, grid.nx), FAR_MM, dtype=np.float32)
        # Only distances that the margin ends at matter: outwards, or inwards for contracting.
        beyond, before = self.axial_mm + 2 * grid.pitch_mm, 2 * grid.pitch_mm
        low, high = (-beyond, before) if self.contract else (-before, beyond)
        exact = where_within(low, high, grid.pitch_mm)
        base = redistance(self.of.field(levels, grid), grid.pitch_mm, exact) * sign
        grown = np.full((len(at_mm), grid.ny, grid.nx), FAR_MM, dtype=np.float32)
        for row, z in enumerate(at_mm):
            rise = z - levels
            reach = np.where(rise >= 0, up, down)
            share = np.where(rise == 0, 0.0, np.abs(rise) / np.maximum(reach, 1e-9))
            for level in np.flatnonzero(share <= 1):
                radius = np.float32(self.axial_mm * np.sqrt(1 - share[level] ** 2))
                np.minimum(grown[row], base[level] - radius, out=grown[row])
        return grown * sign

    def _levels(
        self, grid: PixelGrid, at_mm: NDArray[np.float64], up: float, down: float
    ) -> NDArray[np.float64]:
        """Return the heights at which the solid is looked at to grow it.

        Those asked for, and those above and below within reach, fine enough for the margins; for
        contracting also just beyond the ends, where everything is outside.
        """
        ends = self.of.breaks_mm(grid)
        if not len(ends):
            return ends
        hair = 1e-4
        bottom, top = ends[0] + hair, ends[-1] - hair
        low, high = float(at_mm.min()) - up, float(at_mm.max()) + down
        levels = [ends[1:-1], at_mm, np.array([bottom, top])]
        reach = min((mm for mm in (up, down) if mm > 0), default=0.0)
        if reach > 0:
            step = max(min(self.spacing_mm / 4, grid.pitch_mm * 2, reach / 4), 0.05)
            levels.append(np.linspace(bottom, top, max(2, int(np.ceil((top - bottom) / step)) + 1)))
        inner = np.concatenate(levels)
        inner = inner[(inner >= bottom) & (inner <= top)]
        if self.contract:
            far = max(up, down)
            outside = np.arange(0.0, far + 0.25, 0.25)
            inner = np.concatenate([inner, bottom - 2 * hair - outside, top + 2 * hair + outside])
        inner = np.unique(inner)
        return inner[(inner >= low) & (inner <= high)]
