"""Closed-form solids: contours that lie on the true surface, and the exact volume.

Every solid answers the same questions, so that a commissioning table can run over all of them:
its volume, its contour on a plane, whether points lie in it, and which fraction of it lies beyond
a plane: the latter gives the exact DVH in a dose with a linear gradient.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import UsageError
from rtcheck.phantoms.records import Points

Vector = tuple[float, float, float]


class Solid(ABC):
    """A body with a closed form; coordinates in mm, patient axes."""

    center_mm: Vector

    @property
    @abstractmethod
    def volume_cm3(self) -> float:
        """Return the exact volume in cm3."""

    @property
    @abstractmethod
    def z_range_mm(self) -> tuple[float, float]:
        """Return its lowest and highest z in mm."""

    @abstractmethod
    def contour(self, z_mm: float, points: int) -> Points | None:
        """Return its section with the plane at `z_mm`, or None where there is none.

        Parameters
        ----------
        z_mm : float
            Height of the plane in mm.
        points : int
            How many points (x, y, z) to put on the true curve, counter-clockwise in (x, y).
        """

    @abstractmethod
    def contains(self, points_mm: Points) -> NDArray[np.bool_]:
        """Return whether points (x, y, z) in mm, shape (..., 3), lie in it."""

    @abstractmethod
    def fraction_beyond(self, direction: Vector, distance_mm: float) -> float:
        """Return which fraction of the volume lies beyond a plane, exactly.

        Parameters
        ----------
        direction : tuple of float
            Normal of the plane, of any length.
        distance_mm : float
            Distance of the plane from the solid's centre along the normal in mm.

        Raises
        ------
        UsageError
            If this solid has no closed form for that direction.
        """

    def contours(self, z_planes_mm: Iterable[float], points_per_contour: int) -> tuple[Points, ...]:
        """Return its contours on the planes that cut it.

        Parameters
        ----------
        z_planes_mm : iterable of float
            Heights of the planes in mm; those that miss or only touch the solid give nothing.
        points_per_contour : int
            How many points a contour has, at least three.

        Returns
        -------
        tuple of ndarray of shape (points_per_contour, 3)
            Points (x, y, z) in mm on the true surface.
        """
        sections = (self.contour(float(z), points_per_contour) for z in z_planes_mm)
        return tuple(s for s in sections if s is not None)


def slice_planes_mm(
    low_mm: float, high_mm: float, spacing_mm: float, phase: float = 0.0
) -> NDArray[np.float64]:
    """Return the slice planes of a range: every height ``(k + phase) * spacing`` within it.

    Parameters
    ----------
    low_mm, high_mm : float
        Ends of the range in mm, both included.
    spacing_mm : float
        Distance of the planes in mm.
    phase : float
        Shift of the planes against zero, in units of the spacing.

    Examples
    --------
    >>> slice_planes_mm(-5, 5, 3).tolist()
    [-3.0, 0.0, 3.0]
    """
    first = np.ceil((low_mm / spacing_mm - phase) - 1e-9)
    last = np.floor((high_mm / spacing_mm - phase) + 1e-9)
    return np.asarray((np.arange(first, last + 1) + phase) * spacing_mm, dtype=np.float64)


@dataclass(frozen=True)
class Ellipsoid(Solid):
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
        turned = np.eye(3)
        for axis, angle in enumerate(np.deg2rad(self.angles_deg)):
            i, j = (axis + 1) % 3, (axis + 2) % 3
            turn = np.eye(3)
            turn[i, i] = turn[j, j] = np.cos(angle)
            turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
            turned = turn @ turned
        return turned * np.asarray(self.semi_axes_mm, dtype=np.float64)

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


@dataclass(frozen=True)
class Cylinder(Solid):
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
        return _ends(self.center_mm[2], self.length_mm)

    def contour(self, z_mm: float, points: int) -> Points | None:
        """Return its section with a plane: a circle."""
        if abs(z_mm - self.center_mm[2]) > self.length_mm / 2 + 1e-9:
            return None
        t = 2 * np.pi * np.arange(points) / points
        x = self.center_mm[0] + self.radius_mm * np.cos(t)
        y = self.center_mm[1] + self.radius_mm * np.sin(t)
        return np.column_stack([x, y, np.full(points, z_mm)])

    def contains(self, points_mm: Points) -> NDArray[np.bool_]:
        """Return whether points lie in it."""
        own = np.asarray(points_mm) - self.center_mm
        across = own[..., 0] ** 2 + own[..., 1] ** 2 <= self.radius_mm**2
        return np.asarray(across & (np.abs(own[..., 2]) <= self.length_mm / 2))

    def fraction_beyond(self, direction: Vector, distance_mm: float) -> float:
        """Return which fraction lies beyond a plane across z or along z."""
        nx, ny, nz = direction
        if nx == ny == 0:
            return _share(distance_mm, self.length_mm)
        if nz == 0:
            h = np.clip(distance_mm / self.radius_mm, -1, 1)
            return float((np.arccos(h) - h * np.sqrt(1 - h * h)) / np.pi)
        raise UsageError("a plane that is oblique to the cylinder")


@dataclass(frozen=True)
class Box(Solid):
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
        return _ends(self.center_mm[2], self.size_mm[2])

    def contour(self, z_mm: float, points: int) -> Points | None:
        """Return its section with a plane: its four corners, and the rest along the sides."""
        if abs(z_mm - self.center_mm[2]) > self.size_mm[2] / 2 + 1e-9:
            return None
        if points < 4:
            raise UsageError(f"a rectangle of {points} points", expected="at least 4")
        corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
        share = [points // 4 + (side < points % 4) for side in range(4)]
        sides = [
            corners[i] + np.arange(n)[:, None] / n * (corners[(i + 1) % 4] - corners[i])
            for i, n in enumerate(share)
        ]
        xy = np.concatenate(sides) * self.size_mm[:2] + np.asarray(self.center_mm[:2])
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
        return _share(distance_mm, self.size_mm[int(axes[0])])


def _ends(center_mm: float, length_mm: float) -> tuple[float, float]:
    return center_mm - length_mm / 2, center_mm + length_mm / 2


def _share(distance_mm: float, length_mm: float) -> float:
    return float(np.clip(0.5 - distance_mm / length_mm, 0, 1))
