"""Closed-form doses: uniform, linear gradient, penumbra, Gaussian."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rtcheck.phantoms.records import Points
from rtcheck.phantoms.solids import Solid, Vector

Values = NDArray[np.float64]


class Dose(ABC):
    """A dose in Gy that is known at every point; coordinates in mm, patient axes."""

    @abstractmethod
    def at(self, points_mm: Points) -> Values:
        """Return the dose in Gy at points (x, y, z), shape (..., 3)."""

    @abstractmethod
    def curvature_gy_per_mm2(self) -> Vector:
        """Return the largest second derivative along x, y and z, anywhere, in Gy/mm2."""

    def interpolation_error_gy(self, spacing_mm: Vector) -> float:
        """Return a bound in Gy on what trilinear interpolation between grid points is wrong by.

        Notes
        -----
        Along each axis linear interpolation is wrong by at most h²/8 of the second derivative, and
        each of the three steps of a trilinear interpolation is an average of such.

        Examples
        --------
        >>> GaussianDose(60, (0, 0, 0), 15).interpolation_error_gy((2, 2, 2))
        0.4
        """
        second = np.asarray(self.curvature_gy_per_mm2())
        return float((np.asarray(spacing_mm, dtype=np.float64) ** 2 / 8) @ second)

    def on_grid(self, x_mm: Values, y_mm: Values, z_mm: Values) -> Values:
        """Return the dose in Gy at the points of a grid, shape (nz, ny, nx)."""
        z, y, x = np.meshgrid(z_mm, y_mm, x_mm, indexing="ij")
        return self.at(np.stack([x, y, z], axis=-1))


@dataclass(frozen=True)
class UniformDose(Dose):
    """The same dose everywhere.

    Parameters
    ----------
    gy : float
        The dose in Gy.
    """

    gy: float

    def at(self, points_mm: Points) -> Values:
        """Return the dose in Gy at points."""
        return np.full(np.shape(points_mm)[:-1], self.gy)

    def curvature_gy_per_mm2(self) -> Vector:
        """Return zero: it does not bend."""
        return 0.0, 0.0, 0.0


class PlanarDose(Dose):
    """A dose that changes along one direction only, and never turns back.

    Its DVH is how much of a solid lies beyond a plane, which is a closed form for many.
    """

    @property
    @abstractmethod
    def direction(self) -> Vector:
        """Return the unit vector along which it grows."""

    @abstractmethod
    def depth_mm(self, dose_gy: float) -> float:
        """Return how far along the direction, from the patient's origin, it is `dose_gy`."""

    @abstractmethod
    def at_depth(self, depth_mm: Values) -> Values:
        """Return the dose in Gy at depths along the direction, from the patient's origin."""

    def at(self, points_mm: Points) -> Values:
        """Return the dose in Gy at points."""
        return self.at_depth(np.asarray(points_mm, dtype=np.float64) @ np.asarray(self.direction))

    def volume_fraction(self, solid: Solid, dose_gy: float) -> float:
        """Return which fraction of a solid gets at least a dose in Gy: its exact DVH.

        Raises
        ------
        UsageError
            If the solid has no closed form along this gradient.
        """
        center = float(np.dot(solid.center_mm, self.direction))
        return solid.fraction_beyond(self.direction, self.depth_mm(dose_gy) - center)


@dataclass(frozen=True)
class LinearDose(PlanarDose):
    """A dose that grows evenly along a direction; trilinear interpolation of it is exact.

    Parameters
    ----------
    gy : float
        The dose in Gy at `origin_mm`.
    gradient_gy_per_mm : tuple of float
        How it grows along x, y and z.
    origin_mm : tuple of float
        Where it is `gy`.

    Examples
    --------
    The dose that half a ball gets is that of its centre:

    >>> from rtcheck.phantoms.solids import Sphere
    >>> LinearDose(20, (0, 0, 0.5)).volume_fraction(Sphere.of((0, 0, 10), 8), 25)
    0.5
    """

    gy: float
    gradient_gy_per_mm: Vector
    origin_mm: Vector = (0.0, 0.0, 0.0)

    @property
    def direction(self) -> Vector:
        """Return the unit vector along which it grows."""
        return _unit(self.gradient_gy_per_mm)

    @property
    def _steepness(self) -> float:
        return math.hypot(*self.gradient_gy_per_mm)

    @property
    def _at_zero_gy(self) -> float:
        return self.gy - float(np.dot(self.origin_mm, self.gradient_gy_per_mm))

    def depth_mm(self, dose_gy: float) -> float:
        """Return how far along the direction it is a dose in Gy."""
        return (dose_gy - self._at_zero_gy) / self._steepness

    def at_depth(self, depth_mm: Values) -> Values:
        """Return the dose in Gy at depths along the direction."""
        return np.asarray(self._at_zero_gy + self._steepness * depth_mm)

    def mean_gy(self, solid: Solid) -> float:
        """Return the mean dose of a solid in Gy: that of its centre of mass."""
        return float(self.at(np.asarray(solid.centroid_mm)))

    def curvature_gy_per_mm2(self) -> Vector:
        """Return zero: it does not bend."""
        return 0.0, 0.0, 0.0


@dataclass(frozen=True)
class PenumbraDose(PlanarDose):
    """A dose that rises across the edge of a field, as a logistic curve.

    Parameters
    ----------
    low_gy, high_gy : float
        The dose in Gy far outside and far inside the field.
    edge_mm : tuple of float
        A point on the edge, where the dose is halfway.
    normal : tuple of float
        Which way it rises, of any length.
    penumbra_mm : float
        From 20 % to 80 % of the rise.

    Examples
    --------
    >>> edge = PenumbraDose(0, 50, (0, 0, 0), (1, 0, 0), penumbra_mm=5)
    >>> [round(float(edge.at_depth(x)), 6) for x in (-2.5, 0, 2.5)]
    [10.0, 25.0, 40.0]
    """

    low_gy: float
    high_gy: float
    edge_mm: Vector
    normal: Vector
    penumbra_mm: float = 5.0

    @property
    def direction(self) -> Vector:
        """Return the unit vector along which it grows."""
        return _unit(self.normal)

    @property
    def _width_mm(self) -> float:
        # 1 / (1 + exp(-t)) is 0.8 at t = ln 4.
        return self.penumbra_mm / (2 * float(np.log(4)))

    @property
    def _edge_depth_mm(self) -> float:
        return float(np.dot(self.edge_mm, self.direction))

    def depth_mm(self, dose_gy: float) -> float:
        """Return how far along the direction it is a dose in Gy; infinite beyond its ends."""
        share = (dose_gy - self.low_gy) / (self.high_gy - self.low_gy)
        if not 0 < share < 1:
            return float(np.copysign(np.inf, share - 0.5))
        return self._edge_depth_mm + self._width_mm * float(np.log(share / (1 - share)))

    def at_depth(self, depth_mm: Values) -> Values:
        """Return the dose in Gy at depths along the direction."""
        t = (np.asarray(depth_mm) - self._edge_depth_mm) / self._width_mm
        rise = self.high_gy - self.low_gy
        return np.asarray(self.low_gy + rise * (0.5 + 0.5 * np.tanh(t / 2)))

    def curvature_gy_per_mm2(self) -> Vector:
        """Return the largest second derivatives: of a logistic curve, 1 / (6 √3)."""
        most = (self.high_gy - self.low_gy) / (6 * np.sqrt(3) * self._width_mm**2)
        x, y, z = (most * np.square(self.direction)).tolist()
        return x, y, z


@dataclass(frozen=True)
class GaussianDose(Dose):
    """A dose that falls off as a Gaussian around a point.

    Parameters
    ----------
    peak_gy : float
        The dose in Gy at the centre.
    center_mm : tuple of float
        The centre (x, y, z).
    sigma_mm : float
        Standard deviation in mm, the same in all directions.
    """

    peak_gy: float
    center_mm: Vector
    sigma_mm: float

    def at(self, points_mm: Points) -> Values:
        """Return the dose in Gy at points."""
        away = np.asarray(points_mm, dtype=np.float64) - self.center_mm
        return np.asarray(self.peak_gy * np.exp(-(away**2).sum(-1) / (2 * self.sigma_mm**2)))

    def curvature_gy_per_mm2(self) -> Vector:
        """Return the second derivative at the peak, where it is largest."""
        most = self.peak_gy / self.sigma_mm**2
        return most, most, most

    def radius_mm(self, dose_gy: float) -> float:
        """Return the radius of the isodose sphere of a dose in Gy; 0 from the peak dose on.

        A ball of radius R around the same centre has ``(radius / R)**3`` of its volume at or
        above that dose.
        """
        if dose_gy >= self.peak_gy:
            return 0.0
        return float(self.sigma_mm * np.sqrt(2 * np.log(self.peak_gy / dose_gy)))


@lru_cache(maxsize=64)
def _unit(direction: Vector) -> Vector:
    x, y, z = (np.asarray(direction) / np.linalg.norm(direction)).tolist()
    return x, y, z
