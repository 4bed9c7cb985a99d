"""Cones that stand along z or lie in the plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import UsageError
from rtcheck.phantoms.records import Points
from rtcheck.phantoms.solids.cylinders import turned
from rtcheck.phantoms.solids.solid import OneContour, Vector, circle, disc

_FROM_BASE = 0.25
"""The centre of mass of a cone, in heights above its base."""


@dataclass(frozen=True)
class Cone(OneContour):
    """A cone that stands along z, its tip towards the head; with a negative height, the feet.

    Parameters
    ----------
    center_mm : tuple of float
        The middle of its axis (x, y, z).
    radius_mm : float
        Radius of its base.
    height_mm : float
        From base to tip along z.

    Examples
    --------
    >>> round(Cone((0, 0, 0), 12, 24).volume_cm3, 4), Cone((0, 0, 0), 12, 24).centroid_mm
    (3.6191, (0, 0, -6.0))
    """

    center_mm: Vector
    radius_mm: float
    height_mm: float

    @property
    def volume_cm3(self) -> float:
        """Return π r² h / 3 in cm3."""
        return float(np.pi * self.radius_mm**2 * abs(self.height_mm)) / 3000

    @property
    def z_range_mm(self) -> tuple[float, float]:
        """Return the z of its base and its tip in mm, the lower first."""
        half = abs(self.height_mm) / 2
        return self.center_mm[2] - half, self.center_mm[2] + half

    @property
    def centroid_mm(self) -> Vector:
        """Return its centre of mass: a quarter of its height above the base."""
        x, y, z = self.center_mm
        return x, y, z - self.height_mm * (0.5 - _FROM_BASE)

    @property
    def flat_ends_mm2(self) -> float:
        """Return the area of its base in mm2."""
        return float(np.pi * self.radius_mm**2)

    def contour(self, z_mm: float, points: int) -> Points | None:
        """Return its section with a plane: a circle."""
        from_tip = 0.5 - (z_mm - self.center_mm[2]) / self.height_mm
        if not 1e-9 < from_tip <= 1 + 1e-9:
            return None
        return circle(*self.center_mm[:2], self.radius_mm * from_tip, z_mm, points)

    def contains(self, points_mm: Points) -> NDArray[np.bool_]:
        """Return whether points lie in it."""
        own = np.asarray(points_mm) - self.center_mm
        from_tip = 0.5 - own[..., 2] / self.height_mm
        across = np.hypot(own[..., 0], own[..., 1]) <= self.radius_mm * from_tip
        return np.asarray(across & (from_tip <= 1))

    def fraction_beyond(self, direction: Vector, distance_mm: float) -> float:
        """Return which fraction lies beyond a plane across its axis."""
        nx, ny, nz = direction
        if nx != 0 or ny != 0:
            raise UsageError("a plane that is not across the axis of the cone")
        return _beyond(distance_mm / self.height_mm * np.sign(nz), nz * self.height_mm > 0)

    def fill(self, cube: NDArray[np.float64]) -> Points:
        """Return points of the unit cube spread evenly over it."""
        along, x, y = _filled(cube)
        own = np.stack([self.radius_mm * x, self.radius_mm * y, self.height_mm * along], axis=-1)
        return np.asarray(own + self.center_mm)


@dataclass(frozen=True)
class LyingCone(OneContour):
    """A cone whose axis lies in the plane of the contours: its sections are hyperbolas.

    Parameters
    ----------
    center_mm : tuple of float
        The middle of its axis (x, y, z).
    radius_mm : float
        Radius of its base.
    height_mm : float
        From base to tip.
    angle_deg : float
        Its axis, from base to tip, is turned from x towards y by so much.
    """

    center_mm: Vector
    radius_mm: float
    height_mm: float
    angle_deg: float = 0.0

    @property
    def volume_cm3(self) -> float:
        """Return π r² h / 3 in cm3."""
        return float(np.pi * self.radius_mm**2 * self.height_mm) / 3000

    @property
    def z_range_mm(self) -> tuple[float, float]:
        """Return the z of the lowest and the highest point of its base in mm."""
        return self.center_mm[2] - self.radius_mm, self.center_mm[2] + self.radius_mm

    @property
    def centroid_mm(self) -> Vector:
        """Return its centre of mass: a quarter of its height above the base."""
        back = np.array([-self.height_mm * (0.5 - _FROM_BASE), 0.0, 0.0])
        x, y, z = (turned(self.angle_deg) @ back + self.center_mm).tolist()
        return x, y, z

    def contour(self, z_mm: float, points: int) -> Points | None:
        """Return its section with a plane: one branch of a hyperbola, closed by the base."""
        h = abs(z_mm - self.center_mm[2])
        rest = self.radius_mm**2 - h * h
        if rest <= 1e-12:
            return None
        reach = np.sqrt(rest)
        on_curve = points - points // 4
        if h > 1e-9 * self.radius_mm:
            y = h * np.sinh(np.linspace(-1, 1, on_curve) * np.arcsinh(reach / h))
        else:
            y = np.linspace(-reach, reach, on_curve)
        slope = self.height_mm / self.radius_mm
        x = self.height_mm / 2 - slope * np.hypot(y, h)
        base = np.linspace(reach, -reach, points // 4 + 2)[1:-1]
        own = np.column_stack(
            [np.append(x, np.full(len(base), -self.height_mm / 2)), np.append(y, base)]
        )
        xy = own @ turned(self.angle_deg)[:2, :2].T + np.asarray(self.center_mm[:2])
        return np.column_stack([xy, np.full(points, z_mm)])

    def contains(self, points_mm: Points) -> NDArray[np.bool_]:
        """Return whether points lie in it."""
        own = (np.asarray(points_mm) - self.center_mm) @ turned(self.angle_deg)
        from_tip = 0.5 - own[..., 0] / self.height_mm
        across = np.hypot(own[..., 1], own[..., 2]) <= self.radius_mm * from_tip
        return np.asarray(across & (from_tip <= 1))

    def fraction_beyond(self, direction: Vector, distance_mm: float) -> float:
        """Return which fraction lies beyond a plane across its axis."""
        own = np.asarray(direction, dtype=np.float64) @ turned(self.angle_deg)
        own /= np.linalg.norm(own)
        if abs(abs(own[0]) - 1) > 1e-12:
            raise UsageError("a plane that is not across the axis of the cone")
        return _beyond(distance_mm / self.height_mm * np.sign(own[0]), own[0] > 0)

    def fill(self, cube: NDArray[np.float64]) -> Points:
        """Return points of the unit cube spread evenly over it."""
        along, y, z = _filled(cube)
        own = np.stack([self.height_mm * along, self.radius_mm * y, self.radius_mm * z], axis=-1)
        return np.asarray(own @ turned(self.angle_deg).T + self.center_mm)


def _beyond(along: float, towards_tip: bool) -> float:
    """Return the share of the unit cone beyond a height, counted from the middle to the tip."""
    tip = float(np.clip(0.5 - along, 0, 1)) ** 3
    return tip if towards_tip else 1 - tip


def _filled(cube: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    from_tip = np.cbrt(cube[:, 2])
    x, y = disc(cube)
    return 0.5 - from_tip, x * from_tip, y * from_tip
