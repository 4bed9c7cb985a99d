"""Where a violated goal is violated, and the least change that would keep it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float, float]
"""A point (x, y, z) in mm, DICOM patient axes."""


@dataclass(frozen=True)
class Change:
    """The least change by which one limit would be kept; see decision 0016.

    Parameters
    ----------
    limit : str
        The limit as written, such as ``"<= 30 %"``.
    tier : str
        ``"per protocol"`` or ``"acceptable"``.
    volume_cm3 : float or None
        How many cm3 at least must come to the other side of the limit's dose; None for a mean,
        which no volume decides.
    dose_gy : float or None
        By how many Gy at most each of them must change if they are chosen best; of a mean, by how
        many the mean must change. None where no change of the dose is enough.
    words : str
        The same in words.
    """

    limit: str
    tier: str
    volume_cm3: float | None
    dose_gy: float | None
    words: str


@dataclass(frozen=True)
class Evidence:
    """Where a goal on dose or volume is violated.

    Parameters
    ----------
    goal, roi : str
        Which verdict it belongs to: its goal id, and the ROI of a goal that holds for each.
    excess_cm3 : float
        Volume in excess: what has too much dose (upper limits) or too little (lower limits).
    centroid_mm : tuple of float
        Its centroid (x, y, z) in the DICOM patient system.
    z_range_mm : tuple of float
        Its extent along the normal of the contour planes.
    slices : int
        Contour planes that it reaches.
    overlaps : tuple of (str, float)
        Targets that share some of it, and how many cm3.
    least_change : str
        The least change that would comply, in words and numbers (Gy or cc).
    metric : str
        The metric whose limit is not kept.
    is_too_much : bool
        Whether the dose there is too high; False where it is too low.
    limit_gy : float
        The dose that the limit speaks of, in the kind of dose that the goal asks for.
    beyond_cm3 : float
        The whole volume beyond that dose; what is in excess is the part of it that is not allowed.
    worst_mm, worst_gy
        The worst point (x, y, z) and its dose; see decision 0016.
    plane_mm : float
        Height of the contour plane nearest to the worst point: the plane to look at.
    changes : tuple of Change
        The least change for each limit that is not kept.
    dose : str
        ``"physical"``, ``"BED"`` or ``"EQD2"``: what the doses are in.
    """

    goal: str
    roi: str
    excess_cm3: float
    centroid_mm: Point
    z_range_mm: tuple[float, float]
    slices: int
    overlaps: tuple[tuple[str, float], ...]
    least_change: str
    metric: str = ""
    is_too_much: bool = True
    limit_gy: float = 0.0
    beyond_cm3: float = 0.0
    worst_mm: Point = (0.0, 0.0, 0.0)
    worst_gy: float = 0.0
    plane_mm: float = 0.0
    changes: tuple[Change, ...] = ()
    dose: str = "physical"

    def words(self) -> str:
        """Return one sentence a person reads: how much, where, and what it shares with targets.

        Names of ROIs stand in it as exported: whoever prints it makes them visible.
        """
        much = "much" if self.is_too_much else "little"
        low, high = self.z_range_mm
        planes = "1 plane" if self.slices == 1 else f"{self.slices} planes"
        parts = [
            f"Too {much} dose in {amount_text(self.excess_cm3)} cc "
            f"from z {low:.1f} to {high:.1f} mm ({planes})",
            f"centroid {place_text(self.centroid_mm)}",
            f"worst {self.worst_gy:.2f} Gy{kind_text(self.dose)} at {place_text(self.worst_mm)}",
        ]
        if self.overlaps:
            shared = (f"{amount_text(cm3)} cc of {name}" for name, cm3 in self.overlaps)
            parts.append("it shares " + ", ".join(shared))
        return "; ".join(parts) + "."


def kind_text(dose: str) -> str:
    """Return the kind of dose to be put after Gy; nothing for physical dose."""
    return "" if dose == "physical" else f" ({dose})"


def place_text(point_mm: Sequence[float]) -> str:
    """Return a point in mm, to tenths.

    Examples
    --------
    >>> place_text((-12.04, 3.0, 104.96))
    '(-12.0, 3.0, 105.0) mm'
    """
    # Adding zero makes a minus zero plain.
    return "(" + ", ".join(f"{round(mm, 1) + 0.0:.1f}" for mm in point_mm) + ") mm"


def amount_text(amount: float) -> str:
    """Return an amount to three digits, rounded up: to change by what is printed is enough.

    Examples
    --------
    >>> amount_text(88.31), amount_text(0.00123456), amount_text(1234.5), amount_text(2.0)
    ('88.4', '0.00124', '1235', '2.00')
    """
    if not amount > 0:
        return "0"
    decimals = min(max(2 - math.floor(math.log10(amount)), 0), 6)
    # What is a whole number of steps but for float noise is not one step more.
    return f"{math.ceil(amount * 10**decimals - 1e-6) / 10**decimals:.{decimals}f}"
