"""Solids: a body in space as a field, and what is measured of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.distance import Fields, PixelGrid
from rtcheck.geometry.models import GeometryModel

Extent = tuple[float, float, float, float]
"""A box (x_min, x_max, y_min, y_max) in mm."""


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
    def thickness_mm(self) -> float:
        """Return about how thick its walls are in mm, to choose a resolution by."""

    @property
    @abstractmethod
    def spacing_mm(self) -> float:
        """Return the nominal contour spacing in mm."""

    @abstractmethod
    def with_model(self, model: GeometryModel) -> Solid:
        """Return the same solid under another geometry model."""

    @property
    def end_zones_mm(self) -> list[tuple[float, float]]:
        """Return heights (low, high) in mm between which it matters where a body ends."""
        return [(-np.inf, np.inf)]

    def exact_areas_mm2(self, at_mm: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return the area in mm2 at heights, where it is known better than by samples."""
        return None

    @abstractmethod
    def forget_fields(self) -> None:
        """Let go of what was kept for the pixel grids asked for so far; it only costs memory."""

    def apart(self) -> list[Solid]:
        """Return solids whose boxes do not touch and that together are this one.

        Lesions in both lungs are measured one by one: a lattice over the chest would be coarse
        and mostly empty.
        """
        return [self]


@dataclass(frozen=True)
class Margins:
    """Margins in mm from a solid to an enclosing one; negative where it sticks out."""

    isotropic_mm: float
    axial_mm: float
    superior_mm: float
    inferior_mm: float
