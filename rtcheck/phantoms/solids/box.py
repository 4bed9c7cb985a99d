"""A box along the patient axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import UsageError
from rtcheck.phantoms.records import Points
from rtcheck.phantoms.solids.cylinders import rectangle
from rtcheck.phantoms.solids.solid import OneContour, Vector, slab_share


@dataclass(frozen=True)
class Box(OneContour):
    """A box along the patient axes.

    Contours are drawn from its lower to its upper lid, both included, as for `Cylinder`.

    Parameters
    ----------
    center_mm : tuple of float
        Its centre (x, y, z).
    size_mm : tuple of float
        Its lengths along x, y and z.
    """

    center_mm: Vector
    size_mm: Vector

    @property
    def volume_cm3(self) -> float:
        """Return the product of its lengths in cm3."""
        return float(np.prod(self.size_mm)) / 1000

    @property
    def z_range_mm(self) -> tuple[float, float]:
        """Return the z of its lids in mm."""
        middle, half = self.center_mm[2], self.size_mm[2] / 2
        return middle - half, middle + half

    @property
    def flat_ends_mm2(self) -> float:
        """Return the area of both lids in mm2."""
        return 2 * self.size_mm[0] * self.size_mm[1]

    def contour(self, z_mm: float, points: int) -> Points | None:
        """Return its section with a plane: its four corners, and the rest along the sides."""
        if abs(z_mm - self.center_mm[2]) > self.size_mm[2] / 2 + 1e-9:
            return None
        xy = rectangle(points) * self.size_mm[:2] + np.asarray(self.center_mm[:2])
        return np.column_stack([xy, np.full(points, z_mm)])

    def contains(self, points_mm: Points) -> NDArray[np.bool_]:
        """Return whether points lie in it."""
        own = np.abs(np.asarray(points_mm) - self.center_mm)
        return np.asarray((own <= np.asarray(self.size_mm) / 2).all(axis=-1))

    def fraction_beyond(self, direction: Vector, distance_mm: float) -> float:
        """Return which fraction lies beyond a plane across one of its axes."""
        axes = np.flatnonzero(direction)
        if len(axes) != 1:
            raise UsageError("a plane that is oblique to the box")
        return slab_share(distance_mm, self.size_mm[int(axes[0])])

    def fill(self, cube: NDArray[np.float64]) -> Points:
        """Return points of the unit cube spread evenly over it."""
        return np.asarray((cube - 0.5) * self.size_mm + self.center_mm)
