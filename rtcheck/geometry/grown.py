"""Solids expanded or contracted by margins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.distance import FAR_MM, Fields, PixelGrid, redistance, where_within
from rtcheck.geometry.models import GeometryModel
from rtcheck.geometry.solid import Extent, Solid
from rtcheck.plan.arrays import distinct


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
    def thickness_mm(self) -> float:
        return self.of.thickness_mm

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

    def forget_fields(self) -> None:
        self.of.forget_fields()

    def breaks_mm(self, grid: PixelGrid) -> NDArray[np.float64]:
        z = self.of.breaks_mm(grid)
        if not len(z):
            return z
        sign = -1.0 if self.contract else 1.0
        low, high = z[0] - sign * self.inferior_mm, z[-1] + sign * self.superior_mm
        return distinct(np.concatenate([[low], z, [high]]))

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
            # A pole closes within the last of these steps.
            near_end = np.minimum(step, top - bottom) * 0.5 ** np.arange(1, 5)
            levels += [bottom + near_end, top - near_end]
        inner = np.concatenate(levels)
        inner = inner[(inner >= bottom) & (inner <= top)]
        if self.contract:
            far = max(up, down)
            outside = np.arange(0.0, far + 0.25, 0.25)
            inner = np.concatenate([inner, bottom - 2 * hair - outside, top + 2 * hair + outside])
        inner = distinct(inner)
        return inner[(inner >= low) & (inner <= high)]
