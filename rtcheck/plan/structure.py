"""The Structure record: the contours of one ROI."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import GeometryError
from rtcheck.plan.arrays import frozen

TARGET_TYPES = ("PTV", "CTV", "GTV")
"""RTROIInterpretedType of targets."""


@dataclass(frozen=True, eq=False)
class Structure:
    """One ROI with its closed planar contours.

    All points stand in one array, so that a whole structure is worked on at once.

    Parameters
    ----------
    roi_number : int
        ROINumber (3006,0022).
    roi_name : str
        ROIName (3006,0026), exactly as exported.
    points_mm : ndarray of shape (n, 3)
        Contour points (x, y, z) in mm, DICOM patient axes, contour after contour.
    contour_starts : ndarray of shape (m + 1,)
        Contour i is ``points_mm[contour_starts[i]:contour_starts[i + 1]]``.
    rt_roi_interpreted_type : str
        RTROIInterpretedType (3006,00A4), such as ``"PTV"`` or ``"ORGAN"``; empty if absent.
    frame_of_reference_uid : str
        ReferencedFrameOfReferenceUID (3006,0024).
    roi_display_color : tuple of int, optional
        ROIDisplayColor (3006,002A), 0–255.

    Raises
    ------
    GeometryError
        If the arrays do not fit each other or hold values that are not finite.
    """

    roi_number: int
    roi_name: str
    points_mm: NDArray[np.float64]
    contour_starts: NDArray[np.int64]
    rt_roi_interpreted_type: str = ""
    frame_of_reference_uid: str = ""
    roi_display_color: tuple[int, int, int] | None = None

    def __post_init__(self) -> None:
        points = frozen(np.reshape(self.points_mm, (-1, 3)), np.float64)
        starts = frozen(self.contour_starts, np.int64)
        if starts.ndim != 1 or not len(starts) or starts[0] != 0 or starts[-1] != len(points):
            raise GeometryError("contour_starts do not fit points_mm", where=self.roi_name)
        if np.any(np.diff(starts) < 3):
            raise GeometryError("a contour of fewer than 3 points", where=self.roi_name)
        if not np.isfinite(points).all():
            raise GeometryError("a contour point that is not a finite number", where=self.roi_name)
        object.__setattr__(self, "points_mm", points)
        object.__setattr__(self, "contour_starts", starts)

    @property
    def number_of_contours(self) -> int:
        """Return how many closed contours the structure has."""
        return len(self.contour_starts) - 1

    @property
    def is_empty(self) -> bool:
        """Return whether the structure has no closed contour."""
        return self.number_of_contours == 0
