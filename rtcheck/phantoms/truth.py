"""What a solid truly gets of a dose: every figure of its DVH, without contours and without a grid.

A dose that changes along one direction is inverted in closed form where the solid has one. Anything
else is read off a million points that are spread evenly over the true solid, in the true dose: no
random numbers, the same points every time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from functools import cache, cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import UsageError
from rtcheck.phantoms.doses import Dose, LinearDose, PlanarDose, UniformDose
from rtcheck.phantoms.solids import Solid

Values = NDArray[np.float64]

POINTS = 2**20
"""How many points are spread over a solid that has no closed form."""

_ROOT = 1.2207440846057596
"""The real root of x⁴ = x + 1: its powers spread points most evenly over a cube (R3 sequence)."""

_EDGES = 600
"""Steps of depth in which the mean dose of a planar dose is added up."""

_COARSE, _ZOOM, _STARTS, _STEPS = 13, 4, 5, 45
"""Search of an extreme: points an axis first, then about each of the best ones, ever narrower."""


class Truth(ABC):
    """The exact DVH of a solid in a dose.

    Parameters
    ----------
    volume_cm3 : float
        Its exact volume.
    min_gy, max_gy : float
        The extremes of the dose in Gy, surface included.
    """

    def __init__(self, volume_cm3: float, min_gy: float, max_gy: float) -> None:
        self.volume_cm3, self.min_gy, self.max_gy = volume_cm3, min_gy, max_gy

    mean_gy: float
    """The mean dose in Gy."""

    @abstractmethod
    def dose_at_fraction(self, fraction: float) -> float:
        """Return the dose in Gy that a fraction of the volume gets at least."""

    @abstractmethod
    def fraction_at_dose(self, dose_gy: float) -> float:
        """Return which fraction of the volume gets at least a dose in Gy."""

    @property
    def is_closed_form(self) -> bool:
        """Return whether no points were spread."""
        return True


class _Uniform(Truth):
    def __init__(self, solid: Solid, dose: UniformDose) -> None:
        super().__init__(solid.volume_cm3, dose.gy, dose.gy)
        self.mean_gy = dose.gy

    def dose_at_fraction(self, fraction: float) -> float:
        return self.max_gy

    def fraction_at_dose(self, dose_gy: float) -> float:
        return float(dose_gy <= self.max_gy)


class _Planar(Truth):
    def __init__(self, solid: Solid, dose: PlanarDose) -> None:
        self.solid, self.dose = solid, dose
        dose.volume_fraction(solid, float(dose.at(np.asarray(solid.center_mm))))  # or it raises
        super().__init__(solid.volume_cm3, *extremes_gy(solid, dose))

    @cached_property
    def mean_gy(self) -> float:  # type: ignore[override]
        if isinstance(self.dose, LinearDose):
            return self.dose.mean_gy(self.solid)
        # The smallest dose and the area under the DVH above it, over the depth; densest at the
        # ends, since the DVH of a round body ends like a root.
        low, high = self.dose.depth_mm(self.min_gy), self.dose.depth_mm(self.max_gy)
        edges = low + (high - low) * (1 - np.cos(np.pi * np.arange(_EDGES + 1) / _EDGES)) / 2
        rise = np.diff(self.dose.at_depth(edges))
        middles = self.dose.at_depth((edges[1:] + edges[:-1]) / 2)
        shares = np.array([self.fraction_at_dose(float(gy)) for gy in middles])
        return float(self.min_gy + rise @ shares)

    def dose_at_fraction(self, fraction: float) -> float:
        low, high = self.min_gy, self.max_gy
        for _ in range(45):
            middle = (low + high) / 2
            if self.fraction_at_dose(middle) > fraction:
                low = middle
            else:
                high = middle
        return (low + high) / 2

    def fraction_at_dose(self, dose_gy: float) -> float:
        if dose_gy <= self.min_gy:
            return 1.0
        if dose_gy > self.max_gy:
            return 0.0
        return self.dose.volume_fraction(self.solid, dose_gy)


class _Spread(Truth):
    def __init__(self, solid: Solid, dose: Dose, points: int = POINTS) -> None:
        super().__init__(solid.volume_cm3, *extremes_gy(solid, dose))
        self._ascending = np.sort(dose.at(_filled(solid, points)))
        self.mean_gy = float(self._ascending.mean())

    @property
    def is_closed_form(self) -> bool:
        return False

    def dose_at_fraction(self, fraction: float) -> float:
        # Each point stands for an equal part of the volume, and lies in the middle of its part.
        at = (1 - fraction) * len(self._ascending) - 0.5
        below = int(np.clip(np.floor(at), 0, len(self._ascending) - 2))
        low, high = self._ascending[below : below + 2]
        return float(np.clip(low + (at - below) * (high - low), self.min_gy, self.max_gy))

    def fraction_at_dose(self, dose_gy: float) -> float:
        return 1 - float(np.searchsorted(self._ascending, dose_gy)) / len(self._ascending)


@cache
def truth_of(solid: Solid, dose: Dose) -> Truth:
    """Return the exact DVH of a solid in a dose."""
    if isinstance(dose, UniformDose):
        return _Uniform(solid, dose)
    if isinstance(dose, PlanarDose):
        with suppress(UsageError):  # not every direction has a closed form
            return _Planar(solid, dose)
    return _Spread(solid, dose)


def spread_truth(solid: Solid, dose: Dose, points: int = POINTS) -> Truth:
    """Return the DVH read off points even where there is a closed form, to compare the two."""
    return _Spread(solid, dose, points)


def extremes_gy(solid: Solid, dose: Dose) -> tuple[float, float]:
    """Return the smallest and the largest dose in Gy in a solid, its surface included."""
    low = min(_searched(solid, dose, -1.0))
    high = max(_searched(solid, dose, 1.0))
    return low, high


def _searched(solid: Solid, dose: Dose, sign: float) -> Iterator[float]:
    """Search the unit cube of which the solid is the image: coarsely, then ever narrower."""
    axis = np.linspace(0, 1, _COARSE)
    cube = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    found = sign * dose.at(solid.fill(cube))
    steps = np.linspace(-1, 1, _ZOOM)
    around = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    best = cube[np.argsort(-found, kind="stable")[:_STARTS]]
    reach = 1 / (_COARSE - 1)
    for _ in range(_STEPS):
        near = np.clip(best[:, None, :] + reach * around, 0, 1)
        values = sign * dose.at(solid.fill(near.reshape(-1, 3))).reshape(near.shape[:2])
        best = near[np.arange(len(best)), values.argmax(axis=1)]
        reach *= 0.6
    yield from (sign * values.max(axis=1)).tolist()


@cache
def _cube(points: int) -> Values:
    steps = 1 / _ROOT ** np.arange(1, 4)
    return np.asarray((0.5 + np.arange(1, points + 1)[:, None] * steps) % 1)


@lru_cache(maxsize=2)
def _filled(solid: Solid, points: int) -> Values:
    return solid.fill(_cube(points))
