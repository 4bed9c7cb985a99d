"""Tori that lie flat or stand on their edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import UsageError
from rtcheck.phantoms.records import Points
from rtcheck.phantoms.solids.solid import Solid, Vector, circle, segment_share


@dataclass(frozen=True)
class Torus(Solid):
    """A ring whose axis is z: a plane cuts it in two circles, one inside the other.

    Parameters
    ----------
    center_mm : tuple of float
        Its centre (x, y, z).
    ring_mm : float
        Radius of the circle along which the tube runs.
    tube_mm : float
        Radius of the tube, less than that of the ring.

    Examples
    --------
    >>> round(Torus((0, 0, 0), 15, 6).volume_cm3, 3)
    10.659
    """

    center_mm: Vector
    ring_mm: float
    tube_mm: float

    @property
    def volume_cm3(self) -> float:
        """Return 2 π² R r² in cm3."""
        return float(2 * np.pi**2 * self.ring_mm * self.tube_mm**2) / 1000

    @property
    def z_range_mm(self) -> tuple[float, float]:
        """Return its lowest and highest z in mm."""
        return self.center_mm[2] - self.tube_mm, self.center_mm[2] + self.tube_mm

    def sections(self, z_mm: float, points: int) -> tuple[Points, ...]:
        """Return its section with a plane: two circles."""
        rest = self.tube_mm**2 - (z_mm - self.center_mm[2]) ** 2
        if rest <= 1e-12:
            return ()
        x, y, _ = self.center_mm
        radii = self.ring_mm + np.sqrt(rest), self.ring_mm - np.sqrt(rest)
        return tuple(circle(x, y, float(r), z_mm, points) for r in radii)

    def contains(self, points_mm: Points) -> NDArray[np.bool_]:
        """Return whether points lie in it."""
        x, y, z = np.moveaxis(np.asarray(points_mm) - self.center_mm, -1, 0)
        return np.asarray((np.hypot(x, y) - self.ring_mm) ** 2 + z * z <= self.tube_mm**2)

    def fraction_beyond(self, direction: Vector, distance_mm: float) -> float:
        """Return which fraction lies beyond a plane across its axis."""
        nx, ny, _ = direction
        if nx != 0 or ny != 0:
            raise UsageError("a plane that is not across the axis of the torus")
        # The section at a height is a ring of area 4 π R √(r² - z²): a chord of the tube.
        return segment_share(distance_mm / self.tube_mm)

    def fill(self, cube: NDArray[np.float64]) -> Points:
        """Return points of the unit cube spread evenly over it."""
        out, up, around = _filled(cube, self.ring_mm, self.tube_mm)
        own = np.stack([out * np.cos(around), out * np.sin(around), up], axis=-1)
        return np.asarray(own + self.center_mm)


@dataclass(frozen=True)
class LyingTorus(Solid):
    """A ring that stands on its edge, its axis along y: one curve at its ends, two between.

    Parameters
    ----------
    center_mm : tuple of float
        Its centre (x, y, z).
    ring_mm : float
        Radius of the circle along which the tube runs.
    tube_mm : float
        Radius of the tube, less than that of the ring.
    """

    center_mm: Vector
    ring_mm: float
    tube_mm: float

    @property
    def volume_cm3(self) -> float:
        """Return 2 π² R r² in cm3."""
        return float(2 * np.pi**2 * self.ring_mm * self.tube_mm**2) / 1000

    @property
    def z_range_mm(self) -> tuple[float, float]:
        """Return its lowest and highest z in mm."""
        half = self.ring_mm + self.tube_mm
        return self.center_mm[2] - half, self.center_mm[2] + half

    def sections(self, z_mm: float, points: int) -> tuple[Points, ...]:
        """Return its section with a plane: spiric curves, one or two."""
        h = abs(z_mm - self.center_mm[2])
        if h >= self.ring_mm + self.tube_mm - 1e-9:
            return ()
        if h < self.ring_mm - self.tube_mm:
            t = 2 * np.pi * np.arange(points) / points
            right = self._spiric(t, h)
            # Mirrored, and backwards so that it too runs counter-clockwise.
            left = (right * (-1, 1))[::-1]
            return tuple(self._placed(c, z_mm) for c in (right, left))
        # The tube is cut up to the angle where its surface comes down to the plane.
        last = np.arccos(np.clip((h - self.ring_mm) / self.tube_mm, -1, 1))
        halves = []
        for count, side in ((points - points // 2, 1), (points // 2, -1)):
            # Evenly in a sine: near `last` the curve is steep. The end belongs to the other half.
            t = side * last * np.sin(np.pi * (np.arange(count) / count - 0.5))
            halves.append(self._spiric(t, h) * (side, 1))
        ring = np.concatenate(halves)
        return (self._placed(ring, z_mm),)

    def _spiric(self, t: NDArray[np.float64], h: float) -> NDArray[np.float64]:
        out = self.ring_mm + self.tube_mm * np.cos(t)
        x = np.sqrt(np.maximum(out * out - h * h, 0))
        return np.column_stack([x, self.tube_mm * np.sin(t)])

    def _placed(self, xy: NDArray[np.float64], z_mm: float) -> Points:
        return np.column_stack([xy + self.center_mm[:2], np.full(len(xy), z_mm)])

    def contains(self, points_mm: Points) -> NDArray[np.bool_]:
        """Return whether points lie in it."""
        x, y, z = np.moveaxis(np.asarray(points_mm) - self.center_mm, -1, 0)
        return np.asarray((np.hypot(x, z) - self.ring_mm) ** 2 + y * y <= self.tube_mm**2)

    def fraction_beyond(self, direction: Vector, distance_mm: float) -> float:
        """Return which fraction lies beyond a plane across its axis."""
        nx, _, nz = direction
        if nx != 0 or nz != 0:
            raise UsageError("a plane that is not across the axis of the torus")
        return segment_share(distance_mm / self.tube_mm)

    def fill(self, cube: NDArray[np.float64]) -> Points:
        """Return points of the unit cube spread evenly over it."""
        out, up, around = _filled(cube, self.ring_mm, self.tube_mm)
        own = np.stack([out * np.cos(around), up, out * np.sin(around)], axis=-1)
        return np.asarray(own + self.center_mm)


def _filled(
    cube: NDArray[np.float64], ring_mm: float, tube_mm: float
) -> tuple[NDArray[np.float64], ...]:
    """Return distance from the axis, height and angle about it; there is more outside than inside.

    The angle about the tube has its share of the volume as in Kepler's equation, t + e sin t = m.
    """
    radius = tube_mm * np.sqrt(cube[:, 0])
    mean, e = 2 * np.pi * cube[:, 1], radius / ring_mm
    t = mean.copy()
    for _ in range(6):
        t -= (t + e * np.sin(t) - mean) / (1 + e * np.cos(t))
    return ring_mm + radius * np.cos(t), radius * np.sin(t), 2 * np.pi * cube[:, 2]
