"""The figures that are compared: each as rtcheck is asked for it, and as it truly is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rtcheck.phantoms.truth import Truth

UNIFORM_LEVELS_GY = (30.0, 40.0, 45.0, 49.0, 51.0)
"""Where V is asked in a uniform dose of 50 Gy: not at 50 Gy, which rounding decides."""

NEARLY = 0.1
"""D of an absolute volume is not asked where the body is within this share of that volume."""


class Group(StrEnum):
    """Figures that share a tolerance."""

    DOSE = "mean dose, Dx%, Dxcc"
    EXTREME = "Min and Max"
    V = "V at five doses"
    VOLUME = "volume"


@dataclass(frozen=True)
class Figure:
    """A metric and its true value.

    Parameters
    ----------
    metric : str
        Notation, such as ``"D95%[Gy]"``.
    group : Group
        Whose tolerance it has.
    truth : float or None
        The true value in the metric's unit; None if the body has no such value.
    """

    metric: str
    group: Group
    truth: float | None


def figures_of(truth: Truth) -> Iterator[Figure]:
    """Return all figures of a body in a dose."""
    yield Figure("Volume[cc]", Group.VOLUME, truth.volume_cm3)
    yield Figure("Mean[Gy]", Group.DOSE, truth.mean_gy)
    for percent in (98, 95, 50, 5, 2, 1):
        yield Figure(f"D{percent}%[Gy]", Group.DOSE, truth.dose_at_fraction(percent / 100))
    for cc in (0.03, 1.0):
        share = cc / truth.volume_cm3
        if abs(truth.volume_cm3 / cc - 1) > NEARLY:
            dose = truth.dose_at_fraction(share) if share < 1 else None
            yield Figure(f"D{cc:g}cc[Gy]", Group.DOSE, dose)
    yield Figure("Min[Gy]", Group.EXTREME, truth.min_gy)
    yield Figure("Max[Gy]", Group.EXTREME, truth.max_gy)
    for level_gy in _levels_gy(truth):
        percent_of_volume = 100 * truth.fraction_at_dose(level_gy)
        yield Figure(f"V{level_gy:g}Gy[%]", Group.V, percent_of_volume)


def _levels_gy(truth: Truth) -> tuple[float, ...]:
    rise = truth.max_gy - truth.min_gy
    if rise == 0:
        return UNIFORM_LEVELS_GY
    levels = (round(truth.min_gy + rise * i / 6, 1) for i in range(1, 6))
    return tuple(dict.fromkeys(levels))
