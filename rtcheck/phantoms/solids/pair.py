"""Two solids in one ROI."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.phantoms.records import Points
from rtcheck.phantoms.solids.solid import Solid, Vector


@dataclass(frozen=True)
class Pair(Solid):
    """Two solids that lie apart and are drawn as one ROI.

    Parameters
    ----------
    first, second : Solid
        The two; distances are counted from the centre of the first.
    """

    first: Solid
    second: Solid

    @property
    def center_mm(self) -> Vector:  # type: ignore[override]
        """Return the centre of the first."""
        return self.first.center_mm

    @property
    def centroid_mm(self) -> Vector:
        """Return the common centre of mass in mm."""
        share = self._share
        both = zip(self.first.centroid_mm, self.second.centroid_mm, strict=True)
        x, y, z = (share * a + (1 - share) * b for a, b in both)
        return x, y, z

    @property
    def volume_cm3(self) -> float:
        """Return the volume of both in cm3."""
        return self.first.volume_cm3 + self.second.volume_cm3

    @property
    def z_range_mm(self) -> tuple[float, float]:
        """Return the lowest and highest z of both in mm."""
        low, high = zip(self.first.z_range_mm, self.second.z_range_mm, strict=True)
        return min(low), max(high)

    @property
    def flat_ends_mm2(self) -> float:
        """Return the area of the flat ends of both in mm2."""
        return self.first.flat_ends_mm2 + self.second.flat_ends_mm2

    @property
    def _share(self) -> float:
        return self.first.volume_cm3 / self.volume_cm3

    def sections(self, z_mm: float, points: int) -> tuple[Points, ...]:
        """Return the sections of both with a plane."""
        return self.first.sections(z_mm, points) + self.second.sections(z_mm, points)

    def contains(self, points_mm: Points) -> NDArray[np.bool_]:
        """Return whether points lie in one of them."""
        return np.asarray(self.first.contains(points_mm) | self.second.contains(points_mm))

    def fraction_beyond(self, direction: Vector, distance_mm: float) -> float:
        """Return which fraction of both lies beyond a plane."""
        normal = np.asarray(direction, dtype=np.float64) / np.linalg.norm(direction)
        apart = float(np.subtract(self.second.center_mm, self.first.center_mm) @ normal)
        first = self.first.fraction_beyond(direction, distance_mm)
        second = self.second.fraction_beyond(direction, distance_mm - apart)
        return self._share * first + (1 - self._share) * second

    def fill(self, cube: NDArray[np.float64]) -> Points:
        """Return points of the unit cube spread evenly over both."""
        share = self._share
        in_first = cube[:, :1] <= share
        rest = cube[:, :1]
        squeezed = np.where(in_first, rest / share, (rest - share) / (1 - share))
        own = np.concatenate([squeezed, cube[:, 1:]], axis=1)
        return np.where(in_first, self.first.fill(own), self.second.fill(own))
