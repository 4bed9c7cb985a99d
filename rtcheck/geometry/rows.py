"""Rows drawn across contours: where they cross edges, what is inside, and which contours cross."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rtcheck.plan.arrays import distinct

if TYPE_CHECKING:
    from rtcheck.geometry.planes import Planes

ROWS = 200
"""Rows across a structure to find its area by: good to about 1 %, enough to choose a lattice by."""

OVERLAP_MM = 0.3
"""Contours that reach this far into each other cross; less is rounding of coordinates."""


class Crossings(NamedTuple):
    """Where rows cross edges.

    Parameters
    ----------
    edge : ndarray of int64
        Which edge.
    row : ndarray of int64
        Which row.
    x_mm : ndarray
        Where.
    """

    edge: NDArray[np.int64]
    row: NDArray[np.int64]
    x_mm: NDArray[np.float64]


def row_crossings(planes: Planes, y0_mm: float, step_mm: float, rows: int) -> Crossings:
    """Return where the rows y = y0 + i·step, i from 0 to rows - 1, cross the edges of all planes.

    A row at exactly the height of a vertex belongs to one of its two edges, so that every closed
    contour is crossed an even number of times.
    """
    x0, y0, x1, y1 = planes.edges_mm.T
    u0, u1 = (y0 - y0_mm) / step_mm, (y1 - y0_mm) / step_mm
    low = np.ceil(np.minimum(u0, u1)).astype(np.int64)
    count = np.ceil(np.maximum(u0, u1)).astype(np.int64) - low
    edge = np.repeat(np.arange(len(count)), count)
    first = np.cumsum(count) - count
    row = low[edge] + np.arange(len(edge)) - first[edge]
    seen = (row >= 0) & (row < rows)
    row, edge = row[seen], edge[seen]
    share = (row - u0[edge]) / (u1 - u0)[edge]
    return Crossings(edge, row, x0[edge] + share * (x1 - x0)[edge])


def _across(planes: Planes) -> tuple[Crossings, float]:
    """Return the crossings of `ROWS` rows over the whole structure, and their step in mm."""
    _, _, y0, y1 = planes.extent_mm
    step = max(y1 - y0, 1e-6) / ROWS
    return row_crossings(planes, y0 + step / 2, step, ROWS), step


def areas_mm2(planes: Planes) -> NDArray[np.float64]:
    """Return the area in mm2 that each plane encloses by the even-odd rule."""
    crossings, step = _across(planes)
    plane = planes.plane[crossings.edge]
    order = np.lexsort((crossings.x_mm, crossings.row, plane))
    # Every row crosses an even number of times: entering and leaving alternate throughout.
    sign = np.where(np.arange(len(order)) % 2, 1.0, -1.0)
    across = np.bincount(plane[order], sign * crossings.x_mm[order], len(planes.z_mm))
    return np.asarray(across * step)


def exact_areas_mm2(planes: Planes) -> NDArray[np.float64]:
    """Return the area in mm2 that each plane encloses, exact to rounding where no contours cross.

    Notes
    -----
    The areas of the contours themselves, those of holes taken away: a contour is a hole if a row
    crosses an odd number of others before it. Where the sum is not what rows find, contours cross
    each other or themselves, and what the rows find stands.
    """
    x0, y0, x1, y1 = planes.edges_mm.T
    # About the corner of the structure, so that large coordinates cancel nothing.
    cx, cy = planes.extent_mm[0], planes.extent_mm[2]
    cross = (x0 - cx) * (y1 - cy) - (x1 - cx) * (y0 - cy)
    contours, contour = np.unique(planes.contour, return_inverse=True)
    own = np.abs(np.bincount(contour, cross)) / 2
    plane = np.zeros(len(contours), dtype=np.int64)
    plane[contour] = planes.plane
    sign = np.where(planes.holes, -1.0, 1.0)
    exact = np.bincount(plane, sign * own, len(planes.z_mm))
    rough = planes.rough_areas_mm2
    step = max(planes.extent_mm[3] - planes.extent_mm[2], 1e-6) / ROWS
    width = planes.extent_mm[1] - planes.extent_mm[0]
    agrees = np.abs(exact - rough) <= 0.01 * rough + 2 * step * width / ROWS
    return np.where(agrees, exact, rough)


def are_holes(planes: Planes) -> NDArray[np.bool_]:
    """Return, contour by contour in ascending order, whether it is the border of a hole."""
    contours, contour = np.unique(planes.contour, return_inverse=True)
    crossings, _ = _across(planes)
    along = np.lexsort((crossings.x_mm, crossings.row, planes.plane[crossings.edge]))
    # Rows have an even number of crossings, so that the parity within a row is that overall.
    seen, first = np.unique(contour[crossings.edge[along]], return_index=True)
    holes = np.zeros(len(contours), dtype=np.bool_)
    holes[seen] = first % 2 == 1
    return holes


def crossing_planes(planes: Planes) -> NDArray[np.int64]:
    """Return the planes on which contours cross each other, so that even-odd loses their overlap.

    Notes
    -----
    Between entering and leaving one contour a row crosses any other contour that does not cross
    it an even number of times: the other is a hole there, or is not there at all.
    """
    several = np.bincount(_plane_of_contour(planes), minlength=len(planes.z_mm)) > 1
    if not several.any():
        return np.empty(0, dtype=np.int64)
    crossings, _ = _across(planes)
    contour = planes.contour[crossings.edge]
    plane = planes.plane[crossings.edge]
    along = np.lexsort((crossings.x_mm, crossings.row, plane))
    place = np.empty(len(along), dtype=np.int64)
    place[along] = np.arange(len(along))
    by_contour = np.lexsort((crossings.x_mm, contour, crossings.row, plane))
    enters, leaves = by_contour[0::2], by_contour[1::2]
    odd = (place[leaves] - place[enters]) % 2 == 0
    enters, leaves = enters[odd], leaves[odd]
    # How far the other reaches in: to the crossings just after entering and just before leaving.
    x = crossings.x_mm
    after, before = x[along[place[enters] + 1]], x[along[place[leaves] - 1]]
    deep = np.minimum(before - x[enters], x[leaves] - after) > OVERLAP_MM
    found: NDArray[np.int64] = distinct(plane[enters][deep])
    return found


def _plane_of_contour(planes: Planes) -> NDArray[np.int64]:
    plane = np.zeros(int(planes.contour.max()) + 1, dtype=np.int64)
    plane[planes.contour] = planes.plane
    return plane[distinct(planes.contour)]
