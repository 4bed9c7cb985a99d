"""Isodoses of a picture: which doses, in which colours, along which lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.plan import Prescription

Values = NDArray[np.float64]

PERCENTS = (20, 50, 80, 95, 100, 105, 110)
"""Isodoses in percent of the reference dose."""

NEAR_PERCENT = 1.5
"""An isodose nearer than this to a limit's dose gives way to it."""

_ANCHORS = (
    (59, 82, 139), (44, 114, 142), (33, 145, 140), (40, 174, 128),
    (94, 201, 98), (173, 220, 48), (253, 231, 37),
)  # fmt: skip
"""Viridis without its dark end: light grows with dose, for every eye and in print."""


@dataclass(frozen=True)
class Reference:
    """The dose that is 100 %.

    Parameters
    ----------
    dose_gy : float
        In Gy.
    name : str
        Of which target it is prescribed to; empty if it is only the largest dose of the plan.
    """

    dose_gy: float
    name: str

    @classmethod
    def of(cls, prescriptions: Sequence[Prescription], largest_gy: float) -> Reference:
        """Return the highest prescription, or else the largest dose."""
        if not prescriptions:
            return cls(largest_gy, "")
        highest = max(prescriptions, key=lambda p: p.dose_gy)
        return cls(highest.dose_gy, highest.name)

    @property
    def words(self) -> str:
        """Return what 100 % is."""
        of = f"prescribed to {self.name}" if self.name else "the largest dose of the plan"
        return f"100 % = {self.dose_gy:.4g} Gy, {of}"


@dataclass(frozen=True)
class Level:
    """One isodose.

    Parameters
    ----------
    dose_gy, percent : float
        The dose, and in percent of the reference.
    is_limit : bool
        Whether it is the dose that a violated limit speaks of.
    """

    dose_gy: float
    percent: float
    is_limit: bool = False

    @property
    def words(self) -> str:
        """Return the dose as it stands in a legend."""
        text = f"{self.dose_gy:.4g} Gy · {self.percent:.3g} %"
        return f"{text} (limit)" if self.is_limit else text


def levels_of(
    reference: Reference, limits_gy: Sequence[float], largest_gy: float
) -> tuple[Level, ...]:
    """Return the isodoses to draw in a plane, the lowest first.

    Parameters
    ----------
    reference : Reference
        What 100 % is.
    limits_gy : sequence of float
        Doses that violated limits speak of; each stands on the scale, wherever it is reached.
    largest_gy : float
        The largest dose in the plane: what is higher is left out.
    """
    limits = [Level(gy, 100 * gy / reference.dose_gy, is_limit=True) for gy in set(limits_gy)]
    plain = [Level(reference.dose_gy * p / 100, float(p)) for p in PERCENTS]
    plain = [p for p in plain if all(abs(p.percent - k.percent) > NEAR_PERCENT for k in limits)]
    drawn = [*limits, *(p for p in plain if 0 < p.dose_gy < largest_gy)]
    return tuple(sorted(drawn, key=lambda level: level.dose_gy))


def color_at(share: float) -> tuple[int, int, int]:
    """Return the colour of a dose that is this share (0–1) of the top of the scale."""
    place = min(max(share, 0.0), 1.0) * (len(_ANCHORS) - 1)
    i = min(int(place), len(_ANCHORS) - 2)
    low, high = _ANCHORS[i], _ANCHORS[i + 1]
    r, g, b = (round(a + (place - i) * (c - a)) for a, c in zip(low, high, strict=True))
    return r, g, b


def lines_mm(dose_gy: Values, x_mm: Values, y_mm: Values, level_gy: float) -> list[Values]:
    """Return the lines (x, y) of one isodose; those that do not end repeat their first point.

    Parameters
    ----------
    dose_gy : ndarray of shape (ny, nx)
        Dose in the plane; NaN where it is not known.
    x_mm, y_mm : ndarray
        Where.
    level_gy : float
        The dose.
    """
    from contourpy import LineType, contour_generator

    known = np.ma.masked_invalid(dose_gy)
    lines = contour_generator(x_mm, y_mm, known, line_type=LineType.Separate).lines(level_gy)
    return [np.asarray(line, dtype=np.float64) for line in lines]
