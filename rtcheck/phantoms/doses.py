"""Closed-form doses: uniform, linear gradient, Gaussian."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

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


@dataclass(frozen=True)
class LinearDose(Dose):
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

    def at(self, points_mm: Points) -> Values:
        """Return the dose in Gy at points."""
        away = np.asarray(points_mm, dtype=np.float64) - self.origin_mm
        return np.asarray(self.gy + away @ np.asarray(self.gradient_gy_per_mm, dtype=np.float64))

    def mean_gy(self, solid: Solid) -> float:
        """Return the mean dose of a solid in Gy: that of its centre."""
        return float(self.at(np.asarray(solid.center_mm)))

    def volume_fraction(self, solid: Solid, dose_gy: float) -> float:
        """Return which fraction of a solid gets at least a dose in Gy: its exact DVH.

        Raises
        ------
        UsageError
            If the solid has no closed form along this gradient.
        """
        steepness = float(np.linalg.norm(self.gradient_gy_per_mm))
        distance = (dose_gy - self.mean_gy(solid)) / steepness
        return solid.fraction_beyond(self.gradient_gy_per_mm, distance)


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

    def radius_mm(self, dose_gy: float) -> float:
        """Return the radius of the isodose sphere of a dose in Gy; 0 from the peak dose on.

        A ball of radius R around the same centre has ``(radius / R)**3`` of its volume at or
        above that dose.
        """
        if dose_gy >= self.peak_gy:
            return 0.0
        return float(self.sigma_mm * np.sqrt(2 * np.log(self.peak_gy / dose_gy)))
