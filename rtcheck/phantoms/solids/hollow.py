"""A hollow sphere, drawn as nested contours or as keyholes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.phantoms.records import Points
from rtcheck.phantoms.solids.ellipsoids import Sphere, ball
from rtcheck.phantoms.solids.solid import Solid, Vector


@dataclass(frozen=True)
class HollowSphere(Solid):
    """A sphere without its inner part: a shell, thick or thin.

    Parameters
    ----------
    center_mm : tuple of float
        Its centre (x, y, z).
    radius_mm, inner_mm : float
        Its radius, and that of the hollow.
    keyhole : bool
        Draw a plane with a hole as one contour, whose outer and inner part are joined by a channel
        without width, instead of two contours.

    Examples
    --------
    >>> round(HollowSphere((0, 0, 0), 20, 10).volume_cm3, 3)
    29.322
    """

    center_mm: Vector
    radius_mm: float
    inner_mm: float
    keyhole: bool = False

    @property
    def volume_cm3(self) -> float:
        """Return 4/3 π (R³ - r³) in cm3."""
        return self._outer.volume_cm3 - self._inner.volume_cm3

    @property
    def z_range_mm(self) -> tuple[float, float]:
        """Return its lowest and highest z in mm."""
        return self._outer.z_range_mm

    @property
    def _outer(self) -> Sphere:
        return Sphere.of(self.center_mm, self.radius_mm)

    @property
    def _inner(self) -> Sphere:
        return Sphere.of(self.center_mm, self.inner_mm)

    def sections(self, z_mm: float, points: int) -> tuple[Points, ...]:
        """Return its section with a plane: a circle, or two."""
        return self._outer.sections(z_mm, points) + self._inner.sections(z_mm, points)

    def drawn(self, curves: tuple[Points, ...]) -> tuple[Points, ...]:
        """Return the curves, joined to one contour if it is drawn with keyholes."""
        if not self.keyhole or len(curves) < 2:
            return curves
        outer, inner = curves
        # Out and back along the same line; the hole is run through the other way round.
        return (np.concatenate([outer, outer[:1], inner[:1], inner[:0:-1], inner[:1]]),)

    def contains(self, points_mm: Points) -> NDArray[np.bool_]:
        """Return whether points lie in it."""
        return np.asarray(self._outer.contains(points_mm) & ~self._inner.contains(points_mm))

    def fraction_beyond(self, direction: Vector, distance_mm: float) -> float:
        """Return which fraction lies beyond a plane: two caps."""
        outer = self._outer.fraction_beyond(direction, distance_mm) * self._outer.volume_cm3
        inner = self._inner.fraction_beyond(direction, distance_mm) * self._inner.volume_cm3
        return (outer - inner) / self.volume_cm3

    def fill(self, cube: NDArray[np.float64]) -> Points:
        """Return points of the unit cube spread evenly over it."""
        own = self.radius_mm * ball(cube, self.inner_mm / self.radius_mm)
        return np.asarray(own + self.center_mm)
