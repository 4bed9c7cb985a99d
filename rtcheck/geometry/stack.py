"""A stack of contour planes as a solid body: its field at any height."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.contour_distance import PlaneFields
from rtcheck.geometry.distance import FAR_MM, Fields
from rtcheck.geometry.models import GeometryModel, cubic_weights, trend_weights

CLOSED_SHARE = 0.15
"""A trend that leaves less than this share of the end contour's area has closed the body.

A pole that falls on the next plane leaves nothing there; pixels find up to a tenth of the area.
"""


BOUND_ENDS = {
    GeometryModel.ENDS_CUT: (0, 0),
    GeometryModel.ENDS_FULL: (1, 1),
    GeometryModel.ENDS_UP: (0, 1),
    GeometryModel.ENDS_DOWN: (1, 0),
}
"""Slices that a body goes on below its first and above its last contour, at the least or most."""


@dataclass(frozen=True, eq=False)
class Stack:
    """One run of contour planes, close enough to be one body, under a geometry model.

    Parameters
    ----------
    z_mm : ndarray of shape (k,)
        Its planes.
    fields : PlaneFields
        Of these planes.
    spacings_mm : tuple of float
        Spacing at the lower and at the upper end: what "half a slice" there is half of.
    model : GeometryModel
        The rule for what was not drawn.
    """

    z_mm: NDArray[np.float64]
    fields: PlaneFields
    spacings_mm: tuple[float, float]
    model: GeometryModel

    @cached_property
    def ends_mm(self) -> tuple[float, float]:
        """Return how far the body goes on below its first and above its last plane, in mm."""
        lower, upper = self.spacings_mm
        if self.model in BOUND_ENDS:
            # A single contour has an extent all the same; how much of a slice is not known.
            least = lower / 4 if len(self.z_mm) == 1 else 0.0
            below, above = BOUND_ENDS[self.model]
            return max(lower * below, least), max(upper * above, least)
        if self.model is not GeometryModel.SMOOTH or len(self.z_mm) < 3:
            return lower / 2, upper / 2
        return self._smooth_end(0), self._smooth_end(-1)

    def _smooth_end(self, end: int) -> float:
        """Return how far the trend carries the body beyond an end plane, in mm.

        Half a slice, as nothing better is known, unless the trend closes the body before the
        next plane: there no contour was drawn, so the body did end, and its own shape says where.
        """
        step = self.spacings_mm[end]
        out = step * np.linspace(0.0, 1.0, 17)
        at_mm = self.z_mm[end] + (out if end == -1 else -out)
        area = np.count_nonzero(self._beyond(at_mm, end) < 0, axis=(1, 2))
        closes = int(area.argmin())
        return float(out[closes]) if area[closes] < CLOSED_SHARE * area[0] else step / 2

    def field(self, at_mm: NDArray[np.float64]) -> Fields:
        """Return the signed distance field (height, y, x) in mm at heights; far where it is not.

        Near the surface it is a distance in the transverse plane; further away its sign is right.
        """
        below, above = self.ends_mm
        first, last = self.z_mm[0], self.z_mm[-1]
        shape = (len(at_mm), *self.fields.distance_mm.shape[1:])
        field = np.full(shape, FAR_MM, dtype=np.float32)
        slack = 1e-6
        low = (at_mm < first) & (at_mm >= first - below - slack)
        high = (at_mm > last) & (at_mm <= last + above + slack)
        if low.any():
            field[low] = self._beyond(at_mm[low], 0)
        if high.any():
            field[high] = self._beyond(at_mm[high], -1)
        within = np.flatnonzero((at_mm >= first) & (at_mm <= last))
        if len(self.z_mm) == 1:
            field[within] = self.fields.distance_mm
            return field
        below_plane = np.searchsorted(self.z_mm, at_mm[within], side="right") - 1
        gap = np.clip(below_plane, 0, len(self.z_mm) - 2)
        if self.model is GeometryModel.SMOOTH and len(gap):
            for run in np.split(np.arange(len(gap)), np.flatnonzero(np.diff(gap)) + 1):
                field[within[run]] = self._cubic(at_mm[within[run]], int(gap[run[0]]))
        elif len(within):
            field[within] = self._between(at_mm[within], gap)
        return field

    def _between(self, at_mm: NDArray[np.float64], gap: NDArray[np.int64]) -> Fields:
        z, d = self.z_mm, self.fields.distance_mm
        share = (at_mm - z[gap]) / (z[gap + 1] - z[gap])
        if self.model is GeometryModel.PRISM:
            return np.asarray(d[gap + (share >= 0.5)])
        lower, upper = d[gap], d[gap + 1]
        upper -= lower
        upper *= share.astype(np.float32)[:, None, None]
        upper += lower
        return np.asarray(upper)

    def _cubic(self, at_mm: NDArray[np.float64], gap: int) -> Fields:
        planes, weights = cubic_weights(self.z_mm, gap, at_mm)
        return self._smooth(planes, weights, gap - planes[0])

    def _beyond(self, at_mm: NDArray[np.float64], end: int) -> Fields:
        last = self.fields.distance_mm[end]
        if self.model is GeometryModel.LINEAR_ROUNDED:
            rise = np.abs(at_mm - self.z_mm[end]) / (self.spacings_mm[end] / 2)
            radius = np.broadcast_to(self.fields.radius_mm[end], last.shape)
            return np.asarray(last + rise[:, None, None] * radius, dtype=np.float32)
        if self.model is not GeometryModel.SMOOTH or len(self.z_mm) < 2:
            return np.asarray(np.broadcast_to(last, (len(at_mm), *last.shape)))
        planes, weights = trend_weights(self.z_mm, end, at_mm)
        trend = self._smooth(planes, weights, 0 if end == 0 else len(planes) - 1)
        return np.asarray(np.maximum(trend, last), dtype=np.float32)

    def _smooth(
        self, planes: NDArray[np.int64], weights: NDArray[np.float64], nearest: int
    ) -> Fields:
        """Return the distance from a weighted sum of *squared-radius* fields d (d + 2 r).

        For a disc of radius r the sum is of |p|² - r²: quadratic in z for spheres, ellipsoids,
        cones and cylinders alike, so that a cubic reproduces them, where the distance itself has
        a square-root end that no polynomial follows.
        """
        d = self.fields.distance_mm[planes]
        r = self.fields.radius_mm[planes]
        f = d * (d + 2 * r)
        # A plane without this part of the body must not push with the distance to another part;
        # outside both planes around it may: the slope beside a thin wall is needed whole.
        other = min(nearest + 1, len(planes) - 1)
        own = np.where(f[nearest] <= f[other], r[nearest], r[other])
        np.minimum(f, np.maximum(own * own, np.minimum(f[nearest], f[other])), out=f)
        r2 = _weighted(weights, np.ascontiguousarray(r * r))
        # Nothing is deeper than its radius: what has none left has closed.
        f = np.maximum(_weighted(weights, f), -r2)
        np.maximum(r2, np.float32(1e-4), out=r2)
        return np.asarray(np.sqrt(np.maximum(r2 + f, 0)) - np.sqrt(r2), dtype=np.float32)


def _weighted(weights: NDArray[np.float64], fields: Fields) -> Fields:
    """Return the weighted sums (height, y, x) of a few planes."""
    # Not as a matrix product: that would start threads for arrays this small.
    sums = np.einsum("hp,pyx->hyx", weights.astype(np.float32), fields)
    return np.asarray(sums, dtype=np.float32)
