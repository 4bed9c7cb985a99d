"""DVH curves thinned for drawing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rtcheck.dvh import Dvh
from rtcheck.report.record import Curve

CURVE_POINTS = 241
"""Points of a drawn curve: more than a screen can show apart."""

Band = Callable[[NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]
"""Doses in Gy to the least and greatest volume in percent that may have them."""


def thin_curve(
    name: str,
    dvh: Dvh,
    color: tuple[int, int, int] | None = None,
    *,
    roi_number: int | None = None,
    band: Band | None = None,
) -> Curve:
    """Return the curve of a histogram: percent of volume against dose in Gy.

    Volume outside the dose grid has no dose and so is not drawn as reached; the curve of a
    structure that is partly outside starts below 100 %.

    Parameters
    ----------
    name : str
        Structure or expression.
    dvh : Dvh
        Its histogram.
    color : tuple of int, optional
        The ROI's own colour, 0–255.
    roi_number : int, optional
        ROINumber; None for an expression.
    band : callable, optional
        Gives the bounds of the curve.

    Raises
    ------
    CannotSay
        If no part of the structure has a dose.
    """
    doses = np.linspace(0.0, dvh.maximum_gy, CURVE_POINTS)
    percent = 100.0 * dvh.curve_cm3(doses) / dvh.total_cm3
    low, high = band(doses) if band else ((), ())
    return Curve(
        name,
        tuple(doses.tolist()),
        tuple(percent.tolist()),
        dvh.total_cm3,
        color,
        low_percent=tuple(map(float, low)),
        high_percent=tuple(map(float, high)),
        roi_number=roi_number,
    )
