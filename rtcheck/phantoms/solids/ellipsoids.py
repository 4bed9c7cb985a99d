"""Ellipsoids and spheres."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rtcheck.phantoms.records import Points
from rtcheck.phantoms.solids.solid import OneContour, Vector


@dataclass(frozen=True)
class Ellipsoid(OneContour):
    """An ellipsoid, which may be turned.

    Parameters
    ----------
    center_mm : tuple of float
        Its centre (x, y, z).
    semi_axes_mm : tuple of float
        Half its lengths along its own axes.
    angles_deg : tuple of float
        Turned about x, then about y, then about z.

    Examples
    --------
    >>> round(Ellipsoid((0, 0, 0), (10, 20, 30)).volume_cm3, 3)
    25.133
    """

    center_mm: Vector
    semi_axes_mm: Vector
    angles_deg: Vector = (0.0, 0.0, 0.0)

    @property
    def volume_cm3(self) -> float:
        """Return 4/3 π a b c in cm3."""
        return float(4 / 3 * np.pi * np.prod(self.semi_axes_mm)) / 1000

    @property
    def axes_mm(self) -> NDArray[np.float64]:
        """Return its semi-axes as the columns of a matrix: the image of the unit sphere."""
        return _axes_mm(self.semi_axes_mm, self.angles_deg)

    @property
    def z_range_mm(self) -> tuple[float, float]:
        """Return its lowest and highest z in mm."""
        half = float(np.linalg.norm(self.axes_mm[2]))
        return self.center_mm[2] - half, self.center_mm[2] + half

    def contour(self, z_mm: float, points: int) -> Points | None:
        """Return its section with a plane: an ellipse."""
        inverse = np.linalg.inv(self.axes_mm)
        form = inverse.T @ inverse
        height = z_mm - self.center_mm[2]
        in_plane, mixed = form[:2, :2], form[:2, 2]
        shift = -np.linalg.solve(in_plane, mixed) * height
        rest = 1 - height**2 * (form[2, 2] - mixed @ np.linalg.solve(in_plane, mixed))
        if rest <= 1e-12:
            return None
        lengths, directions = np.linalg.eigh(in_plane)
        if np.linalg.det(directions) < 0:
            directions[:, 1] *= -1
        t = 2 * np.pi * np.arange(points) / points
        circle = np.column_stack([np.cos(t), np.sin(t)]) * np.sqrt(rest / lengths)
        xy = circle @ directions.T + shift + np.asarray(self.center_mm[:2])
        return np.column_stack([xy, np.full(points, z_mm)])

    def contains(self, points_mm: Points) -> NDArray[np.bool_]:
        """Return whether points lie in it."""
        own = (np.asarray(points_mm) - self.center_mm) @ np.linalg.inv(self.axes_mm).T
        return np.asarray((own**2).sum(axis=-1) <= 1)

    def fraction_beyond(self, direction: Vector, distance_mm: float) -> float:
        """Return which fraction lies beyond a plane: the cap of a sphere, stretched."""
        normal = np.asarray(direction, dtype=np.float64) / np.linalg.norm(direction)
        h = np.clip(distance_mm / np.linalg.norm(self.axes_mm.T @ normal), -1, 1)
        return float((1 - h) ** 2 * (2 + h) / 4)

    def fill(self, cube: NDArray[np.float64]) -> Points:
        """Return points of the unit cube spread evenly over it."""
        return np.asarray(ball(cube) @ self.axes_mm.T + self.center_mm)


@dataclass(frozen=True)
class Sphere(Ellipsoid):
    """A sphere.

    Examples
    --------
    >>> ball = Sphere.of((0, 0, 0), 10)
    >>> round(ball.volume_cm3, 4), round(ball.fraction_beyond((0, 0, 1), 0), 4)
    (4.1888, 0.5)
    """

    @classmethod
    def of(cls, center_mm: Vector, radius_mm: float) -> Sphere:
        """Return the sphere of a centre and a radius in mm."""
        return cls(center_mm, (radius_mm, radius_mm, radius_mm))


def ball(cube: NDArray[np.float64], hollow: float = 0.0) -> Points:
    """Return points of the unit cube spread evenly over the unit ball.

    Parameters
    ----------
    cube : ndarray of shape (n, 3)
        Points of the unit cube.
    hollow : float
        Radius of the part in the middle that is left out.
    """
    radius = np.cbrt(hollow**3 + (1 - hollow**3) * cube[:, 0])
    height, angle = 1 - 2 * cube[:, 1], 2 * np.pi * cube[:, 2]
    across = radius * np.sqrt(np.maximum(1 - height**2, 0))
    return np.stack([across * np.cos(angle), across * np.sin(angle), radius * height], axis=-1)


@lru_cache(maxsize=64)
def _axes_mm(semi_axes_mm: Vector, angles_deg: Vector) -> NDArray[np.float64]:
    turned = np.eye(3)
    for axis, angle in enumerate(np.deg2rad(angles_deg)):
        i, j = (axis + 1) % 3, (axis + 2) % 3
        turn = np.eye(3)
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        turned = turn @ turned
    axes = turned * np.asarray(semi_axes_mm, dtype=np.float64)
    axes.flags.writeable = False
    return axes
