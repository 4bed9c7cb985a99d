"""What lies between two contour planes and beyond the end planes: the four written rules.

A rule turns the signed distances of the planes into weights: the field at height z is a weighted
sum of the fields of a few planes, plus a rise beyond the ends.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class GeometryModel(StrEnum):
    """Named models of the solid that contours stand for."""

    SMOOTH = "smooth"
    """Squared radius, cubic over four planes; the ends follow the shape's own trend."""
    LINEAR_ROUNDED = "linear-rounded"
    """Signed distance, linear; the ends taper to nothing over half a slice. Like Eclipse."""
    LINEAR_HALF_SLICE = "linear-half-slice"
    """Signed distance, linear; the end contours are extruded half a slice. Like RayStation."""
    PRISM = "prism"
    """Nearest contour; the end contours are extruded half a slice. Like MIM, Mobius, ProKnow."""
    ENDS_CUT = "ends-cut"
    """Linear; nothing beyond the end contours. This and the next three only bound the ends."""
    ENDS_FULL = "ends-full"
    """Linear; both end contours extruded a whole slice, to where the next would have been drawn."""
    ENDS_UP = "ends-up"
    """Linear; nothing below the lowest contour, a whole slice above the highest."""
    ENDS_DOWN = "ends-down"
    """Linear; a whole slice below the lowest contour, nothing above the highest."""


LINEAR_BETWEEN = tuple(model for model in GeometryModel if model.value not in ("smooth", "prism"))
"""Models that differ only beyond the end contours."""

GEOMETRY_MODELS = tuple(model.value for model in GeometryModel if not model.name.startswith("ENDS"))
"""Those that can be chosen; the two others only bound where a body may end."""


def derivative_weights(z_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, for each plane, the weights of all planes that give the slope along z there.

    The slope of the parabola through a plane and its neighbours (its two neighbours' on an end
    plane), so that anything quadratic in z is reproduced exactly, whatever the spacing.
    """
    k = len(z_mm)
    weights = np.zeros((k, k))
    if k == 2:
        weights[:, 0], weights[:, 1] = (-1 / np.diff(z_mm)[0], 1 / np.diff(z_mm)[0])
    for i in range(k if k > 2 else 0):
        c = min(max(i, 1), k - 2)
        a, b, d = z_mm[c - 1], z_mm[c], z_mm[c + 1]
        t = z_mm[i]
        weights[i, c - 1] = (2 * t - b - d) / ((a - b) * (a - d))
        weights[i, c] = (2 * t - a - d) / ((b - a) * (b - d))
        weights[i, c + 1] = (2 * t - a - b) / ((d - a) * (d - b))
    return weights


def cubic_weights(
    z_mm: NDArray[np.float64], gap: int, at_mm: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the planes and their weights (height, plane) for heights in a gap: cubic Hermite."""
    below, step = z_mm[gap], z_mm[gap + 1] - z_mm[gap]
    t = (at_mm - below) / step
    planes = np.arange(max(gap - 1, 0), min(gap + 3, len(z_mm)))
    slopes = derivative_weights(z_mm[planes])
    i = gap - planes[0]
    weights = np.zeros((len(at_mm), len(planes)))
    weights[:, i] += (1 + 2 * t) * (1 - t) ** 2
    weights[:, i + 1] += t**2 * (3 - 2 * t)
    weights += np.outer(step * t * (1 - t) ** 2, slopes[i])
    weights += np.outer(step * t**2 * (t - 1), slopes[i + 1])
    return planes, weights


def trend_weights(
    z_mm: NDArray[np.float64], end: int, at_mm: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return planes and weights (height, plane) that carry the last parabola beyond an end.

    Parameters
    ----------
    end : int
        0 for the lower end, -1 for the upper.
    """
    planes = np.arange(min(3, len(z_mm)))
    if end == -1:
        planes = len(z_mm) - 1 - planes[::-1]
    nodes = z_mm[planes]
    weights = np.ones((len(at_mm), len(planes)))
    for i, node in enumerate(nodes):
        for other in np.delete(nodes, i):
            weights[:, i] *= (at_mm - other) / (node - other)
    return planes, weights
