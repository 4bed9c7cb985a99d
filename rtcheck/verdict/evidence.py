"""Where a violated goal is violated, and the least change that would keep it."""

from __future__ import annotations

from dataclasses import dataclass


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
    """

    goal: str
    roi: str
    excess_cm3: float
    centroid_mm: tuple[float, float, float]
    z_range_mm: tuple[float, float]
    slices: int
    overlaps: tuple[tuple[str, float], ...]
    least_change: str
