"""Cylinders that stand along z or lie in the plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import UsageError
from rtcheck.phantoms.records import Points
from rtcheck.phantoms.solids.solid import (
    OneContour,
    Vector,
    circle,
    disc,
    segment_share,
    slab_share,
)


@dataclass(frozen=True)
class Cylinder(OneContour):
    """A cylinder that stands along z.

    Contours are drawn on planes from its lower to its upper lid, both included. Planes in the
    middle of slices (half a spacing from the lids) make it exactly the body that extruding each
    contour by half a slice gives.

    Parameters
    ----------
    center_mm : tuple of float
        Its centre (x, y, z).
    radius_mm, length_mm : float
        Its size.
    """

    center_mm: Vector
    radius_mm: float
    length_mm: float

    @property
    def volume_cm3(self) -> float:
        """Return π r² l in cm3."""
        return float(np.pi * self.radius_mm**2 * self.length_mm) / 1000

    @property
    def z_range_mm(self) -> tuple[float, float]:
        """Return the z of its lids in mm."""
        middle, half = self.center_mm[2], self.length_mm / 2
        return middle - half, middle + half

    @property
    def flat_ends_mm2(self) -> float:
        """Return the area of both lids in mm2."""
        return float(2 * np.pi * self.radius_mm**2)

    def contour(self, z_mm: float, points: int) -> Points | None:
        """Return its section with a plane: a circle."""
        if abs(z_mm - self.center_mm[2]) > self.length_mm / 2 + 1e-9:
            return None
        return circle(*self.center_mm[:2], self.radius_mm, z_mm, points)

    def contains(self, points_mm: Points) -> NDArray[np.bool_]:
        """Return whether points lie in it."""
        own = np.asarray(points_mm) - self.center_mm
        across = own[..., 0] ** 2 + own[..., 1] ** 2 <= self.radius_mm**2
        return np.asarray(across & (np.abs(own[..., 2]) <= self.length_mm / 2))

    def fraction_beyond(self, direction: Vector, distance_mm: float) -> float:
        """Return which fraction lies beyond a plane across z or along z."""
        nx, ny, nz = direction
        if nx == ny == 0:
            return slab_share(distance_mm, self.length_mm)
        if nz == 0:
            return segment_share(distance_mm / self.radius_mm)
        raise UsageError("a plane that is oblique to the cylinder")

    def fill(self, cube: NDArray[np.float64]) -> Points:
        """Return points of the unit cube spread evenly over it."""
        x, y = disc(cube)
        z = (cube[:, 2] - 0.5) * self.length_mm
        own = np.stack([self.radius_mm * x, self.radius_mm * y, z], axis=-1)
        return np.asarray(own + self.center_mm)


@dataclass(frozen=True)
class LyingCylinder(OneContour):
    """A cylinder whose axis lies in the plane of the contours: its sections are rectangles.

    Parameters
    ----------
    center_mm : tuple of float
        Its centre (x, y, z).
    radius_mm, length_mm : float
        Its size.
    angle_deg : float
        Its axis is turned from x towards y by so much.

    Examples
    --------
    >>> lying = LyingCylinder((0, 0, 0), 10, 30)
    >>> round(lying.volume_cm3, 4), lying.fraction_beyond((1, 0, 0), 0)
    (9.4248, 0.5)
    """

    center_mm: Vector
    radius_mm: float
    length_mm: float
    angle_deg: float = 0.0

    @property
    def volume_cm3(self) -> float:
        """Return π r² l in cm3."""
        return float(np.pi * self.radius_mm**2 * self.length_mm) / 1000

    @property
    def z_range_mm(self) -> tuple[float, float]:
        """Return the z of its lowest and its highest line in mm."""
        return self.center_mm[2] - self.radius_mm, self.center_mm[2] + self.radius_mm

    def contour(self, z_mm: float, points: int) -> Points | None:
        """Return its section with a plane: a rectangle."""
        rest = self.radius_mm**2 - (z_mm - self.center_mm[2]) ** 2
        if rest <= 1e-12:
            return None
        half = np.array([self.length_mm / 2, np.sqrt(rest)])
        own = rectangle(points) * 2 * half
        xy = own @ turned(self.angle_deg)[:2, :2].T + np.asarray(self.center_mm[:2])
        return np.column_stack([xy, np.full(points, z_mm)])

    def contains(self, points_mm: Points) -> NDArray[np.bool_]:
        """Return whether points lie in it."""
        own = (np.asarray(points_mm) - self.center_mm) @ turned(self.angle_deg)
        across = own[..., 1] ** 2 + own[..., 2] ** 2 <= self.radius_mm**2
        return np.asarray(across & (np.abs(own[..., 0]) <= self.length_mm / 2))

    def fraction_beyond(self, direction: Vector, distance_mm: float) -> float:
        """Return which fraction lies beyond a plane across its axis or along it."""
        own = np.asarray(direction, dtype=np.float64) @ turned(self.angle_deg)
        own /= np.linalg.norm(own)
        if abs(abs(own[0]) - 1) < 1e-12:
            return slab_share(distance_mm, self.length_mm)
        if abs(own[0]) < 1e-12:
            return segment_share(distance_mm / self.radius_mm)
        raise UsageError("a plane that is oblique to the cylinder")

    def fill(self, cube: NDArray[np.float64]) -> Points:
        """Return points of the unit cube spread evenly over it."""
        y, z = disc(cube)
        x = (cube[:, 2] - 0.5) * self.length_mm
        own = np.stack([x, self.radius_mm * y, self.radius_mm * z], axis=-1)
        return np.asarray(own @ turned(self.angle_deg).T + self.center_mm)


def turned(angle_deg: float) -> NDArray[np.float64]:
    """Return the matrix of a turn about z; a direction times it is seen from the turned body."""
    c, s = np.cos(np.deg2rad(angle_deg)), np.sin(np.deg2rad(angle_deg))
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def rectangle(points: int) -> NDArray[np.float64]:
    """Return points around the unit square about zero: its corners, the rest along its sides.

    Raises
    ------
    UsageError
        If there are not enough points for the corners.
    """
    if points < 4:
        raise UsageError(f"a rectangle of {points} points", expected="at least 4")
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    share = [points // 4 + (side < points % 4) for side in range(4)]
    sides = [
        corners[i] + np.arange(n)[:, None] / n * (corners[(i + 1) % 4] - corners[i])
        for i, n in enumerate(share)
    ]
    return np.concatenate(sides)
