"""DVH curves thinned for drawing."""

from __future__ import annotations

import numpy as np

from rtcheck.dvh import Dvh
from rtcheck.report.record import Curve

CURVE_POINTS = 241
"""Points of a drawn curve: more than a screen can show apart."""


def thin_curve(name: str, dvh: Dvh, color: tuple[int, int, int] | None = None) -> Curve:
    """Return the curve of a histogram: percent of volume against dose in Gy.

    Volume outside the dose grid has no dose and so is not drawn as reached; the curve of a
    structure that is partly outside starts below 100 %.

    Raises
    ------
    CannotSay
        If no part of the structure has a dose.
    """
    doses = np.linspace(0.0, dvh.maximum_gy, CURVE_POINTS)
    percent = [100.0 * dvh.volume_at_dose_cm3(float(d)) / dvh.total_cm3 for d in doses]
    return Curve(name, tuple(doses.tolist()), tuple(percent), dvh.total_cm3, color)
