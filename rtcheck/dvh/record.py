"""The Dvh record: exact, unbinned dose-volume data of one solid, and what is unknown of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import CannotSay, Reason, UnitError
from rtcheck.plan.arrays import frozen
from rtcheck.units import Dimension, parse_quantity

HAIR = 1e-12
"""Share of a volume that is nothing to a physicist and something to a plateau."""

RELATIVE_TIE = 1e-9
"""Numbers closer than this share are one number: far above float64 noise, far below any dose."""


@dataclass(frozen=True, eq=False)
class Dvh:
    """Dose against volume for one solid, as samples sorted by falling dose.

    The curve is piecewise linear through the middle of each sample's volume, with the smallest
    and the largest dose as its ends, so that D and V are each other's inverse. Nothing is binned.

    Parameters
    ----------
    dose_gy : ndarray of shape (n,)
        Dose of each sample in Gy, in any order.
    volume_cm3 : ndarray of shape (n,)
        Volume of each sample in cm3, positive.
    min_gy, max_gy : float, optional
        Extremes of the dose over the solid in Gy, when they are known better than by samples.
    outside_cm3 : float
        Volume of the solid outside the dose grid, whose dose is unknown; not in the samples.
    outside_max_gy : float
        The largest dose that unknown part is taken to have, in Gy.
    cut_fraction : float
        Share (0–1) of the volume that was sampled in voxels the surface cuts; near 1 the solid is
        thin for its sampling.

    Raises
    ------
    UnitError
        If shapes do not fit.

    Examples
    --------
    >>> dvh = Dvh(np.array([10.0, 20.0, 30.0, 40.0]), np.ones(4))
    >>> dvh.total_cm3, dvh.mean_gy
    (4.0, 25.0)
    >>> dvh.dose_at_volume_gy(2.0)
    25.0
    >>> dvh.volume_at_dose_cm3(25.0)
    2.0
    """

    dose_gy: NDArray[np.float64]
    volume_cm3: NDArray[np.float64]
    min_gy: float | None = None
    max_gy: float | None = None
    outside_cm3: float = 0.0
    outside_max_gy: float = 0.0
    cut_fraction: float = 0.0

    def __post_init__(self) -> None:
        dose = np.asarray(self.dose_gy, dtype=np.float64)
        volume = np.asarray(self.volume_cm3, dtype=np.float64)
        if dose.ndim != 1 or dose.shape != volume.shape:
            raise UnitError("dose and volume of different shapes")
        if np.any(dose[:-1] < dose[1:]):
            order = np.argsort(-dose)
            dose, volume = dose[order], volume[order]
        # Histograms in another kind of dose share their volumes.
        object.__setattr__(self, "dose_gy", frozen(dose, np.float64))
        object.__setattr__(self, "volume_cm3", frozen(volume, np.float64))
        if len(dose):
            low = dose[-1] if self.min_gy is None else min(self.min_gy, dose[-1])
            high = dose[0] if self.max_gy is None else max(self.max_gy, dose[0])
            object.__setattr__(self, "min_gy", float(low))
            object.__setattr__(self, "max_gy", float(high))

    @cached_property
    def known_cm3(self) -> float:
        """Return the volume with a known dose in cm3."""
        return float(self.volume_cm3.sum())

    @property
    def total_cm3(self) -> float:
        """Return the volume of the solid in cm3, inside and outside the dose grid."""
        return self.known_cm3 + self.outside_cm3

    @property
    def inside_dose_grid_fraction(self) -> float:
        """Return the share of the volume (0–1) that lies inside the dose grid."""
        return self.known_cm3 / self.total_cm3 if self.total_cm3 > 0 else 0.0

    def _need_dose(self) -> None:
        if not len(self.dose_gy):
            raise CannotSay(Reason.DOSE_DOES_NOT_COVER, "no part of it lies inside the dose grid")

    @cached_property
    def _end_cm3(self) -> NDArray[np.float64]:
        """Return how much volume each sample and the hotter ones have together, in cm3."""
        return np.cumsum(self.volume_cm3)

    @cached_property
    def _falling_gy(self) -> NDArray[np.float64]:
        """Return the doses with their sign changed: ascending, to be searched."""
        return -self.dose_gy

    def _plateau(self, sample: int) -> tuple[int, int, float, float]:
        """Return the samples (first, one past the last) of one dose, and where on the curve.

        They are a plateau that begins and ends half its smallest sample inside their volume; of a
        single sample that is the middle.
        """
        gy = self._falling_gy[sample]
        first = int(np.searchsorted(self._falling_gy, gy))
        stop = int(np.searchsorted(self._falling_gy, gy, side="right"))
        half = float(self.volume_cm3[first:stop].min()) / 2
        begin = float(self._end_cm3[first - 1]) if first else 0.0
        return first, stop, begin + half, float(self._end_cm3[stop - 1]) - half

    def _before(self, sample: int) -> tuple[float, float]:
        """Return (volume in cm3, dose in Gy) of the point of the curve before a plateau."""
        if sample == 0:
            return 0.0, self.maximum_gy
        return self._plateau(sample - 1)[3], float(self.dose_gy[sample - 1])

    def _after(self, sample: int) -> tuple[float, float]:
        """Return (volume in cm3, dose in Gy) of the point of the curve after a plateau."""
        if sample == len(self.dose_gy):
            return self.known_cm3, self.minimum_gy
        return self._plateau(sample)[2], float(self.dose_gy[sample])

    @property
    def minimum_gy(self) -> float:
        """Return the least dose of the known part in Gy."""
        self._need_dose()
        return float(self.dose_gy[-1] if self.min_gy is None else self.min_gy)

    @property
    def maximum_gy(self) -> float:
        """Return the greatest dose of the known part in Gy."""
        self._need_dose()
        return float(self.dose_gy[0] if self.max_gy is None else self.max_gy)

    @property
    def mean_gy(self) -> float:
        """Return the mean dose of the known part in Gy."""
        self._need_dose()
        return float(np.average(self.dose_gy, weights=self.volume_cm3))

    def dose_at_volume_gy(self, volume_cm3: float) -> float:
        """Return the least dose in Gy in the hottest `volume_cm3`.

        Raises
        ------
        CannotSay
            Outside ``0 < volume <= V``: there is no such dose.
        """
        self._need_dose()
        total = self.known_cm3
        if abs(volume_cm3 - total) <= RELATIVE_TIE * total:
            return self.minimum_gy
        if not 0 < volume_cm3 <= total:
            raise CannotSay(
                Reason.SMALLER_THAN_VOLUME,
                f"the structure has {total:.4g} cc, {volume_cm3:.4g} cc were asked for",
            )
        sample = min(int(np.searchsorted(self._end_cm3, volume_cm3)), len(self.dose_gy) - 1)
        first, stop, begin, end = self._plateau(sample)
        gy = float(self.dose_gy[sample])
        if volume_cm3 < begin:
            (v1, d1), (v0, d0) = self._before(first), (begin, gy)
        elif volume_cm3 > end:
            (v1, d1), (v0, d0) = (end, gy), self._after(stop)
        else:
            return gy
        return d0 + (d1 - d0) * (v0 - volume_cm3) / (v0 - v1) if v0 > v1 else d0

    def volume_at_dose_cm3(self, dose_gy: float) -> float:
        """Return the volume in cm3 that has `dose_gy` or more."""
        self._need_dose()
        # A dose equal to a stored one but for float noise counts as reached.
        least = dose_gy * (1 - RELATIVE_TIE)
        if least > self.maximum_gy:
            return 0.0
        if least <= self.minimum_gy:
            return self.known_cm3
        reached = int(np.searchsorted(self._falling_gy, -least, side="right"))
        (v1, d1), (v0, d0) = self._before(reached), self._after(reached)
        return v1 + (v0 - v1) * max(d1 - dose_gy, 0.0) / (d1 - d0) if d1 > d0 else v1

    def curve_cm3(self, doses_gy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the volume in cm3 that has each of many doses or more, for drawing.

        As `volume_at_dose_cm3`, but for plateaus, which are slopes a sample wide.
        """
        self._need_dose()
        middle = self._end_cm3 - self.volume_cm3 / 2
        falling = np.concatenate([[-self.maximum_gy], self._falling_gy, [-self.minimum_gy]])
        reached = np.concatenate([[0.0], middle, [self.known_cm3]])
        at = np.interp(-doses_gy, falling, reached, left=0.0, right=self.known_cm3)
        return np.asarray(at, dtype=np.float64)

    def dose_at_volume(self, volume: str) -> float:
        """Return the least dose in Gy in the hottest `volume`, such as ``"95 %"`` or ``"2 cc"``.

        Raises
        ------
        UnitError
            If the text is not a volume or percentage.
        CannotSay
            Outside ``0 < volume <= V``, or if the dose does not cover the structure.
        """
        quantity = parse_quantity(volume)
        if self.outside_cm3 > 0:
            raise CannotSay(Reason.DOSE_DOES_NOT_COVER, f"{self.outside_cm3:.4g} cc lie outside")
        if quantity.dimension is Dimension.PERCENT:
            return self.dose_at_volume_gy(quantity.inside / 100 * self.known_cm3)
        if quantity.dimension is Dimension.VOLUME:
            return self.dose_at_volume_gy(quantity.inside)
        raise UnitError(repr(volume), expected="a volume or a percentage of the volume")

    @cached_property
    def bounds(self) -> tuple[Dvh, Dvh]:
        """Return the histograms with the unknown part at 0 Gy and at its largest possible dose."""
        if self.outside_cm3 <= 0:
            return self, self

        # A hair of it apart makes the unknown part a plateau: a ramp would not bound it.
        parts = self.outside_cm3 * np.array([HAIR, 1 - HAIR])

        def filled(dose_gy: float) -> Dvh:
            return Dvh(
                np.append(self.dose_gy, [dose_gy, dose_gy]),
                np.append(self.volume_cm3, parts),
                self.min_gy,
                self.max_gy,
            )

        return filled(0.0), filled(self.outside_max_gy)

    def transformed(self, effect: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Dvh:
        """Return the histogram of a rising function of dose, sample by sample (BED, EQD2)."""

        def one(dose_gy: float) -> float:
            return float(effect(np.array([dose_gy]))[0])

        return Dvh(
            effect(self.dose_gy),
            self.volume_cm3,
            None if self.min_gy is None else one(self.min_gy),
            None if self.max_gy is None else one(self.max_gy),
            self.outside_cm3,
            one(self.outside_max_gy),
            self.cut_fraction,
        )

    def to_dicompyler(self, name: str = "", bin_gy: float = 0.01) -> object:
        """Return the histogram as a cumulative ``dicompylercore.dvh.DVH`` (extra `dicompyler`)."""
        from rtcheck.dvh.dicompyler import to_dicompyler

        return to_dicompyler(self, name, bin_gy)
