"""Union, intersection and difference of solids."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.distance import Fields, PixelGrid
from rtcheck.geometry.models import GeometryModel
from rtcheck.geometry.solid import Extent, Solid
from rtcheck.plan.arrays import distinct


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
    def thickness_mm(self) -> float:
        left, right = self.left, self.right
        if self.operator == "&":
            return min(left.thickness_mm, right.thickness_mm)
        if self.operator == "|":
            return max(left, right, key=lambda solid: solid.rough_volume_mm3).thickness_mm
        # Little taken away leaves the body as thick as it was, much of it a shell.
        taken = right.rough_volume_mm3 / max(left.rough_volume_mm3, 1e-9)
        return left.thickness_mm * max(1 - taken, 0.05)

    @property
    def end_zones_mm(self) -> list[tuple[float, float]]:
        return self.left.end_zones_mm + self.right.end_zones_mm

    @property
    def spacing_mm(self) -> float:
        return min(self.left.spacing_mm, self.right.spacing_mm)

    def with_model(self, model: GeometryModel) -> Solid:
        return CombinedSolid(
            self.operator, self.left.with_model(model), self.right.with_model(model), self.name
        )

    def forget_fields(self) -> None:
        self.left.forget_fields()
        self.right.forget_fields()

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
        both = distinct(np.concatenate([a, b]))
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
