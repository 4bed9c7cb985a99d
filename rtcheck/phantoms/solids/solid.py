"""What every solid can say of itself, and the planes it is drawn on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from rtcheck.phantoms.records import Points

Vector = tuple[float, float, float]

_FINER = 32
"""How many times more points measure the area that a contour of few points has to keep."""


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

    @property
    def centroid_mm(self) -> Vector:
        """Return its centre of mass in mm: the centre, unless the solid says otherwise."""
        return self.center_mm

    @property
    def flat_ends_mm2(self) -> float:
        """Return the area of its flat ends across z in mm2: no contour says where they lie."""
        return 0.0

    @abstractmethod
    def sections(self, z_mm: float, points: int) -> tuple[Points, ...]:
        """Return the curves in which the plane at `z_mm` cuts the surface; empty where it misses.

        Parameters
        ----------
        z_mm : float
            Height of the plane in mm.
        points : int
            How many points (x, y, z) to put on each true curve, counter-clockwise in (x, y). A
            point is inside the solid if it is inside an odd number of curves.
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

    @abstractmethod
    def fill(self, cube: NDArray[np.float64]) -> Points:
        """Return points of the unit cube spread over the solid, equal parts to equal volumes.

        Parameters
        ----------
        cube : ndarray of shape (n, 3)
            Points of the unit cube, its faces included: they are where the surface is.

        Returns
        -------
        ndarray of shape (n, 3)
            Points (x, y, z) in mm.
        """

    def drawn(self, curves: tuple[Points, ...]) -> tuple[Points, ...]:
        """Return the curves of a plane as contours, as a planning system would write them."""
        return curves

    def contours(
        self,
        z_planes_mm: Iterable[float],
        points_per_contour: int,
        *,
        keep_area: bool = False,
    ) -> tuple[Points, ...]:
        """Return its contours on the planes that cut it.

        Parameters
        ----------
        z_planes_mm : iterable of float
            Heights of the planes in mm; those that miss or only touch the solid give nothing.
        points_per_contour : int
            How many points a curve has, at least three.
        keep_area : bool
            Give each contour the area of the curve, so that the polygon is not what a measurement
            finds: points then lie a hair outside the curve and the sides as much inside it.

        Returns
        -------
        tuple of ndarray of shape (n, 3)
            Points (x, y, z) in mm on the true surface.
        """
        contours: list[Points] = []
        for z in map(float, z_planes_mm):
            curves = self.sections(z, points_per_contour)
            if keep_area:
                finer = self.sections(z, points_per_contour * _FINER)
                curves = tuple(map(_with_area_of, curves, finer))
            contours += self.drawn(curves)
        return tuple(contours)


class OneContour(Solid):
    """A solid that a plane cuts in one curve."""

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

    def sections(self, z_mm: float, points: int) -> tuple[Points, ...]:
        """Return the one curve of a plane, or nothing."""
        contour = self.contour(z_mm, points)
        return () if contour is None else (contour,)


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


def circle(x_mm: float, y_mm: float, radius_mm: float, z_mm: float, points: int) -> Points:
    """Return points on a circle of a plane, counter-clockwise."""
    t = 2 * np.pi * np.arange(points) / points
    x, y = x_mm + radius_mm * np.cos(t), y_mm + radius_mm * np.sin(t)
    return np.column_stack([x, y, np.full(points, z_mm)])


def disc(cube: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the first two coordinates of the unit cube spread evenly over the unit disc."""
    radius, angle = np.sqrt(cube[:, 0]), 2 * np.pi * cube[:, 1]
    return radius * np.cos(angle), radius * np.sin(angle)


def area_mm2(contour: Points) -> float:
    """Return the area of a contour in mm2; positive when it runs counter-clockwise in (x, y)."""
    x, y = contour[:, 0] - contour[0, 0], contour[:, 1] - contour[0, 1]
    return float(np.dot(x, np.roll(y, -1)) - np.dot(np.roll(x, -1), y)) / 2


def segment_share(height: float) -> float:
    """Return which share of the unit disc lies beyond a line at a distance from its centre."""
    h = float(np.clip(height, -1, 1))
    return float((np.arccos(h) - h * np.sqrt(1 - h * h)) / np.pi)


def slab_share(distance_mm: float, length_mm: float) -> float:
    """Return which share of a length lies beyond a distance from its middle."""
    return float(np.clip(0.5 - distance_mm / length_mm, 0, 1))


def _with_area_of(contour: Points, finer: Points) -> Points:
    middle = contour.mean(axis=0)
    return np.asarray(middle + (contour - middle) * np.sqrt(area_mm2(finer) / area_mm2(contour)))
