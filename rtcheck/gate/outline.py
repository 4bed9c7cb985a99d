"""What is read off a structure's contours at once, cheap enough to ask of every ROI."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rtcheck.plan import DoseGrid, Structure
from rtcheck.plan.arrays import distinct, median

SAMPLED_PLANES = 9
"""Planes of a structure that are looked at, evenly spread, both ends among them."""

SAMPLED_POINTS = 24
"""Contour points looked at on each of them."""

ACROSS = 12
"""Places looked at along each side of the box around a plane, to fill an area with points."""

MOST_CONTOURS = 100
"""Contours of one plane that are looked at for holes."""

AT_ONCE = 1_000_000
"""Points times edges that are compared at once: some 30 MB."""

SAME_PLANE_MM = 0.05
"""Contours nearer than this in z lie on one plane."""


@dataclass(frozen=True, eq=False)
class Outline:
    """The contours of one structure, asked simple questions.

    Parameters
    ----------
    structure : Structure
        With at least one contour.
    spacing_mm : float
        Distance of planes to assume where the structure has only one.
    """

    structure: Structure
    spacing_mm: float

    @property
    def name(self) -> str:
        """Return the ROI's name."""
        return self.structure.roi_name

    @cached_property
    def low_mm(self) -> NDArray[np.float64]:
        """Return the lowest corner (x, y, z) of the box around the contours in mm."""
        low: NDArray[np.float64] = self.structure.points_mm.min(axis=0)
        return low

    @cached_property
    def high_mm(self) -> NDArray[np.float64]:
        """Return the highest corner (x, y, z) of the box around the contours in mm."""
        high: NDArray[np.float64] = self.structure.points_mm.max(axis=0)
        return high

    @cached_property
    def contour_z_mm(self) -> NDArray[np.float64]:
        """Return the height of each contour in mm."""
        z: NDArray[np.float64] = self.structure.points_mm[self.structure.contour_starts[:-1], 2]
        return z

    @cached_property
    def planes_mm(self) -> NDArray[np.float64]:
        """Return the heights of the contour planes in mm, ascending."""
        z = np.sort(self.contour_z_mm)
        return z[np.diff(z, prepend=-np.inf) > SAME_PLANE_MM]

    @cached_property
    def step_mm(self) -> float:
        """Return the usual distance of neighbouring planes in mm."""
        return median(np.diff(self.planes_mm)) if len(self.planes_mm) > 1 else self.spacing_mm

    @cached_property
    def volume_cm3(self) -> float:
        """Return the volume in cm3 by areas and plane distance, holes and keyholes respected.

        Good to some percent: enough to say what cannot be.
        """
        return float(self.areas_mm2 @ self._signs) * self.step_mm / 1000

    @cached_property
    def areas_mm2(self) -> NDArray[np.float64]:
        """Return what each contour encloses in mm2, holes as what they are alone."""
        points, starts = self.structure.points_mm, self.structure.contour_starts
        x, y = points[:, 0] - points[0, 0], points[:, 1] - points[0, 1]
        after = np.arange(1, len(points) + 1)
        after[starts[1:] - 1] = starts[:-1]
        areas: NDArray[np.float64] = np.add.reduceat(x * y[after] - x[after] * y, starts[:-1])
        return np.abs(areas) / 2

    @cached_property
    def _signs(self) -> NDArray[np.float64]:
        """Return +1 for what a contour adds to its plane, -1 for a hole."""
        signs = np.ones(self.structure.number_of_contours)
        starts = self.structure.contour_starts
        order = np.argsort(self.contour_z_mm, kind="stable")
        z = self.contour_z_mm[order]
        for run in np.split(order, np.flatnonzero(np.diff(z) > SAME_PLANE_MM) + 1):
            if len(run) == 1:
                continue
            on_plane = np.isin(self._contour_of_edge, run)
            edges, owner = self._all_edges[on_plane], self._contour_of_edge[on_plane]
            for contour in run[:MOST_CONTOURS]:
                first = self.structure.points_mm[starts[contour], None, :2]
                if _inside(first, edges[owner != contour])[0]:
                    signs[contour] = -1.0
        return signs

    @cached_property
    def _contour_of_edge(self) -> NDArray[np.int64]:
        starts = self.structure.contour_starts
        return np.repeat(np.arange(len(starts) - 1), np.diff(starts))

    @cached_property
    def _all_edges(self) -> NDArray[np.float64]:
        """Return every edge as (x0, y0, x1, y1) in mm."""
        points, starts = self.structure.points_mm[:, :2], self.structure.contour_starts
        after = np.arange(1, len(points) + 1)
        after[starts[1:] - 1] = starts[:-1]
        return np.concatenate([points, points[after]], axis=1)

    @cached_property
    def _edges_of_plane(self) -> dict[float, NDArray[np.float64]]:
        return {}

    def _edges_at(self, z_mm: float) -> NDArray[np.float64]:
        """Return the edges of the plane nearest to a height; none beyond the structure."""
        nearest = float(self.planes_mm[int(np.argmin(np.abs(self.planes_mm - z_mm)))])
        if abs(nearest - z_mm) > self.step_mm:
            return np.empty((0, 4))
        if nearest not in self._edges_of_plane:
            on_it = np.abs(self.contour_z_mm - nearest) <= SAME_PLANE_MM
            self._edges_of_plane[nearest] = self._all_edges[on_it[self._contour_of_edge]]
        return self._edges_of_plane[nearest]

    @cached_property
    def sampled_planes_mm(self) -> NDArray[np.float64]:
        """Return the heights of some planes, spread evenly."""
        chosen = np.linspace(0, len(self.planes_mm) - 1, SAMPLED_PLANES).round()
        return self.planes_mm[distinct(chosen.astype(np.int64))]

    @cached_property
    def rim_mm(self) -> NDArray[np.float64]:
        """Return points (x, y, z) spread over the contours of some planes in mm."""
        chosen = []
        starts = self.structure.contour_starts
        for z in self.sampled_planes_mm:
            for contour in np.flatnonzero(np.abs(self.contour_z_mm - z) <= SAME_PLANE_MM)[:4]:
                points = self.structure.points_mm[starts[contour] : starts[contour + 1]]
                chosen.append(points[:: max(1, len(points) // SAMPLED_POINTS)])
        return np.concatenate(chosen)

    @cached_property
    def filling_mm(self) -> NDArray[np.float64]:
        """Return points (x, y, z) spread evenly over the inside of some planes in mm."""
        chosen = []
        for z in self.sampled_planes_mm:
            edges = self._edges_at(float(z))
            low, high = edges[:, :2].min(axis=0), edges[:, :2].max(axis=0)
            share = (np.arange(ACROSS) + 0.5) / ACROSS
            x, y = (low + share[:, None] * (high - low)).T
            points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
            points = points[_inside(points, edges)]
            chosen.append(np.column_stack([points, np.full(len(points), z)]))
        return np.concatenate(chosen)

    def holds(self, points_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return of each point (x, y, z) whether it is inside, by the nearest contour plane."""
        held = np.zeros(len(points_mm), dtype=bool)
        for z in distinct(points_mm[:, 2]):
            there = points_mm[:, 2] == z
            held[there] = _inside(points_mm[there, :2], self._edges_at(float(z)))
        return held


def outside_fraction(inner: Outline, outer: Outline, slack_mm: float) -> float:
    """Return the fraction of a structure's rim that lies outside another one.

    Parameters
    ----------
    inner, outer : Outline
        The structures.
    slack_mm : float
        Points are drawn in towards the middle of their plane by so much before they are asked:
        rims that run together are not outside each other.
    """
    rim = inner.rim_mm.copy()
    for z in distinct(rim[:, 2]):
        there = rim[:, 2] == z
        towards = rim[there, :2].mean(axis=0) - rim[there, :2]
        length = np.hypot(*towards.T)[:, None]
        rim[there, :2] += towards * np.minimum(1.0, slack_mm / np.maximum(length, 1e-9))
    return 1.0 - float(outer.holds(rim).mean())


def dose_at(dose: DoseGrid, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the dose in Gy of the grid point nearest to each point that is on the grid."""
    axes = (dose.x_mm, dose.y_mm, dose.z_mm)
    on_grid = np.ones(len(points_mm), dtype=bool)
    nearest = []
    for values, axis in zip(points_mm.T, axes, strict=True):
        on_grid &= (values >= axis[0]) & (values <= axis[-1])
        middles = (axis[1:] + axis[:-1]) / 2
        nearest.append(np.searchsorted(middles, values))
    x, y, z = (index[on_grid] for index in nearest)
    doses: NDArray[np.float64] = dose.dose_gy[z, y, x]
    return doses


def _inside(points: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return of each point (x, y) whether the edges enclose it, by the even-odd rule."""
    x0, y0, x1, y1 = edges.T
    slope = (x1 - x0) / np.where(y1 == y0, 1.0, y1 - y0)
    inside = np.zeros(len(points), dtype=bool)
    some = max(1, AT_ONCE // max(1, len(edges)))
    for i in range(0, len(points), some):
        x, y = points[i : i + some, 0, None], points[i : i + some, 1, None]
        spans = (y0 <= y) != (y1 <= y)
        crossings = np.count_nonzero(spans & (x0 + (y - y0) * slope > x), axis=1)
        inside[i : i + some] = crossings % 2 == 1
    return inside
