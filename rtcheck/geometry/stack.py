"""A stack of contour planes as a solid body: its field at any height."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.distance import (
    FAR_MM,
    Fields,
    PixelGrid,
    Seeds,
    contour_seeds,
    inside_even_odd,
    spread,
    where_crossed,
)
from rtcheck.geometry.models import GeometryModel, cubic_weights, trend_weights
from rtcheck.geometry.planes import Planes

CLOSED_SHARE = 0.15
"""A trend that leaves less than this share of the end contour's area has closed the body.

A pole that falls on the next plane leaves nothing there; pixels find up to a tenth of the area.
"""


@dataclass(frozen=True, eq=False)
class PlaneFields:
    """Signed distance of each contour plane, and the half-width of the part each pixel is near.

    Parameters
    ----------
    distance_mm : ndarray of float32, shape (plane, y, x)
        Negative inside.
    radius_mm : ndarray of float32, shape (plane, y, x) or (plane, 1, 1)
        Largest inscribed radius of the connected part that the pixel is in or nearest to.
    """

    distance_mm: Fields
    radius_mm: Fields


def plane_fields(planes: Planes, grid: PixelGrid) -> PlaneFields:
    """Return the fields of every contour plane on a pixel grid."""
    inside = inside_even_odd(planes, grid)
    seeds = contour_seeds(planes, grid)
    distance, nearest = spread(seeds, inside, grid.pitch_mm, where_crossed)
    return PlaneFields(distance, _radius(distance, inside, seeds, nearest, grid.pitch_mm))


def _radius(
    distance: Fields,
    inside: NDArray[np.bool_],
    seeds: Seeds,
    nearest: NDArray[np.int64],
    pitch_mm: float,
) -> Fields:
    """Return the largest inscribed radius of the part that each pixel is in or nearest to."""
    from scipy import ndimage

    in_plane = np.zeros((3, 3, 3), dtype=np.bool_)
    in_plane[1] = True
    label, parts = ndimage.label(inside, in_plane)
    k, ny, nx = inside.shape
    if parts == np.count_nonzero(inside.any(axis=(1, 2))):
        deepest = distance.reshape(k, -1).argmin(axis=1) + np.arange(k) * ny * nx
        return inscribed_radius_mm(deepest, seeds, nearest, pitch_mm)[:, None, None]
    depth_of_part = np.zeros(parts + 1, dtype=np.float32)
    np.maximum.at(depth_of_part, label[inside], -distance[inside])
    candidates = np.flatnonzero(inside & (-distance == depth_of_part[label]))
    deepest = candidates[np.unique(label.ravel()[candidates], return_index=True)[1]]
    radius_of_part = np.append(
        np.float32(pitch_mm / 2), inscribed_radius_mm(deepest, seeds, nearest, pitch_mm)
    )
    # A pixel outside belongs to the part just across the boundary point nearest to it.
    plane, pixel = np.divmod(seeds.index, ny * nx)
    row, column = np.divmod(pixel, nx)
    away_x, away_y = column - seeds.x, row - seeds.y
    reach = np.maximum(np.hypot(away_x, away_y), 1e-3)
    sign = np.where(inside.ravel()[seeds.index], 1.0, -1.0)
    at_x = np.clip(np.rint(seeds.x + sign * away_x / reach * 0.8), 0, nx - 1).astype(np.int64)
    at_y = np.clip(np.rint(seeds.y + sign * away_y / reach * 0.8), 0, ny - 1).astype(np.int64)
    part_of_seed = label[plane, at_y, at_x]
    radius = np.where(inside, radius_of_part[label], radius_of_part[part_of_seed][nearest])
    return np.asarray(radius, dtype=np.float32)


def inscribed_radius_mm(
    deepest: NDArray[np.int64], seeds: Seeds, nearest: NDArray[np.int64], pitch_mm: float
) -> Fields:
    """Return the radius in mm of the largest disc in each part, to some hundredths of a pixel.

    Parameters
    ----------
    deepest : ndarray of int64, shape (part,)
        Flat index of each part's deepest pixel; the disc's centre is at most a pixel from it.
    seeds : Seeds
        Boundary points.
    nearest : ndarray of int64, shape (plane, y, x)
        The seed nearest to each pixel.
    pitch_mm : float
        Size of a pixel.

    Notes
    -----
    On a plane without any boundary point it is `FAR_MM`: all that is seen of the part is inside.

    The contour points nearest to the 5 × 5 pixels around hem the disc in. The point that is
    farthest from all of them is looked for in two ever finer rounds.
    """
    k, ny, nx = nearest.shape
    plane, pixel = np.divmod(deepest, ny * nx)
    drawn = np.bincount(seeds.index // (ny * nx), minlength=k)[plane] > 0
    radius = np.full(len(deepest), FAR_MM, dtype=np.float32)
    if not drawn.all():
        if drawn.any():
            radius[drawn] = inscribed_radius_mm(deepest[drawn], seeds, nearest, pitch_mm)
        return radius
    row, column = np.divmod(pixel, nx)
    step = np.arange(-2, 3)
    rows = np.clip(row[:, None, None] + step[None, :, None], 0, ny - 1)
    columns = np.clip(column[:, None, None] + step[None, None, :], 0, nx - 1)
    hem = nearest[plane[:, None, None], rows, columns].reshape(len(deepest), -1)
    hem_x, hem_y = seeds.x[hem][:, None, :], seeds.y[hem][:, None, :]
    x, y = column.astype(np.float32), row.astype(np.float32)
    offsets = np.arange(-4, 5, dtype=np.float32)
    dx, dy = np.repeat(offsets, 9), np.tile(offsets, 9)
    part = np.arange(len(deepest))
    for fineness in (0.2, 0.04):
        at_x = x[:, None] + np.float32(fineness) * dx
        at_y = y[:, None] + np.float32(fineness) * dy
        depth2 = ((at_x[:, :, None] - hem_x) ** 2 + (at_y[:, :, None] - hem_y) ** 2).min(axis=2)
        best = depth2.argmax(axis=1)
        x, y = at_x[part, best], at_y[part, best]
    radius = np.sqrt(depth2[part, best]) * np.float32(pitch_mm)
    return np.asarray(np.maximum(radius, np.float32(pitch_mm / 2)), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Stack:
    """One run of contour planes, close enough to be one body, under a geometry model.

    Parameters
    ----------
    z_mm : ndarray of shape (k,)
        Its planes.
    fields : PlaneFields
        Of these planes.
    spacing_mm : float
        Nominal spacing: what "half a slice" at the ends is half of.
    model : GeometryModel
        The rule for what was not drawn.
    """

    z_mm: NDArray[np.float64]
    fields: PlaneFields
    spacing_mm: float
    model: GeometryModel

    @cached_property
    def ends_mm(self) -> tuple[float, float]:
        """Return how far the body goes on below its first and above its last plane, in mm."""
        half = self.spacing_mm / 2
        if self.model is not GeometryModel.SMOOTH or len(self.z_mm) < 3:
            return half, half
        return self._smooth_end(0), self._smooth_end(-1)

    def _smooth_end(self, end: int) -> float:
        """Return how far the trend carries the body beyond an end plane, in mm.

        Half a slice, as nothing better is known, unless the trend closes the body before the
        next plane: there no contour was drawn, so the body did end, and its own shape says where.
        """
        step = self.spacing_mm
        out = step * np.array([0.0, 0.25, 0.5, 0.75, 1.0])
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
        for g in np.unique(gap):
            rows = within[gap == g]
            field[rows] = self._between(at_mm[rows], int(g))
        return field

    def _between(self, at_mm: NDArray[np.float64], gap: int) -> Fields:
        z, d = self.z_mm, self.fields.distance_mm
        t = (at_mm - z[gap]) / (z[gap + 1] - z[gap])
        if self.model is GeometryModel.PRISM:
            return np.asarray(d[gap + (t >= 0.5)], dtype=np.float32)
        if self.model is not GeometryModel.SMOOTH:
            return _weighted(np.stack([1 - t, t], axis=1), d[gap : gap + 2])
        planes, weights = cubic_weights(z, gap, at_mm)
        return self._smooth(planes, weights, gap - planes[0])

    def _beyond(self, at_mm: NDArray[np.float64], end: int) -> Fields:
        last = self.fields.distance_mm[end]
        if self.model is GeometryModel.LINEAR_ROUNDED:
            rise = np.abs(at_mm - self.z_mm[end]) / (self.spacing_mm / 2)
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
        # A plane without this part of the body must not push with the distance to another part.
        other = min(nearest + 1, len(planes) - 1)
        own = np.where(f[nearest] <= f[other], r[nearest], r[other])
        np.minimum(f, own * own, out=f)
        f = _weighted(weights, f)
        r2 = np.maximum(_weighted(weights, np.ascontiguousarray(r * r)), np.float32(1e-4))
        return np.asarray(np.sqrt(np.maximum(r2 + f, 0)) - np.sqrt(r2), dtype=np.float32)


def _weighted(weights: NDArray[np.float64], fields: Fields) -> Fields:
    """Return the weighted sums (height, y, x) of a few planes."""
    flat = fields.reshape(len(fields), -1)
    return (weights.astype(np.float32) @ flat).reshape(len(weights), *fields.shape[1:])
