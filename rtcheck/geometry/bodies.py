"""The separate bodies of one structure: three lesions in one ROI, each with ends of its own."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.planes import (
    BRIDGED_GAP,
    PLANE_TOLERANCE_MM,
    Planes,
    nominal_spacing_mm,
    spacings_mm,
)
from rtcheck.plan.arrays import distinct

MAX_BODIES = 50
"""More than this are specks of a threshold, not bodies: the structure is then kept as one."""


def bodies_of(planes: Planes) -> list[Planes]:
    """Return the bodies whose contours lie apart, lowest first; the structure itself if it is one.

    Notes
    -----
    Contours whose boxes overlap, on one plane or on planes near each other, belong to one body:
    holes to what they are holes of, branches to their trunk. A body that ends between two planes
    on which another one goes on is then closed by its own shape, as if it had an ROI to itself.
    A single row of contours that jumps aside is one body all the same.
    """
    body_of_edge = _bodies(planes)
    numbers = distinct(body_of_edge)
    if not 1 < len(numbers) <= MAX_BODIES:
        return [planes]
    bodies = [_part(planes, body_of_edge == number) for number in numbers]
    beside = sum(len(body.z_mm) for body in bodies) > len(planes.z_mm)
    return bodies if beside or _interleave(bodies) else [planes]


def _interleave(bodies: Sequence[Planes]) -> bool:
    """Return whether a plane of one body lies between planes of another."""
    ends = sorted((body.z_mm[0], body.z_mm[-1]) for body in bodies)
    return any(low < before for (_, before), (low, _) in itertools.pairwise(ends))


def _part(planes: Planes, edges: NDArray[np.bool_]) -> Planes:
    used, plane = np.unique(planes.plane[edges], return_inverse=True)
    z_mm = planes.z_mm[used]
    # What lies between the planes of another body may be drawn twice as far apart.
    own, around = spacings_mm(z_mm, nominal_spacing_mm(z_mm)), planes.spacings_mm[used]
    return replace(
        planes,
        z_mm=z_mm,
        plane=plane.astype(np.int64),
        contour=planes.contour[edges],
        edges_mm=planes.edges_mm[edges],
        spacings_mm=np.where((own > 0) & (own <= BRIDGED_GAP * around), own, around),
    )


def parts_of_planes(planes: Planes) -> NDArray[np.int64]:
    """Return, contour by contour in ascending order, the contour around its part of the plane.

    An outer contour is its own, and that of the holes in it: the smallest around them.
    """
    boxes = _boxes(planes)
    around = np.arange(len(boxes.plane))
    width, height = (boxes.high - boxes.low).T
    for hole in np.flatnonzero(planes.holes):
        outer = np.flatnonzero(
            (boxes.plane == boxes.plane[hole])
            & (boxes.low <= boxes.low[hole]).all(axis=1)
            & (boxes.high >= boxes.high[hole]).all(axis=1)
            & (around == np.arange(len(around)))
        )
        outer = outer[outer != hole]
        if len(outer):
            around[hole] = outer[(width * height)[outer].argmin()]
    return around


class _Boxes(NamedTuple):
    """The plane of every contour, and the corners (x, y) of the box around it, in mm."""

    plane: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def _boxes(planes: Planes) -> _Boxes:
    first = np.flatnonzero(np.diff(planes.contour, prepend=-1))
    corners = planes.edges_mm[:, :2]
    return _Boxes(
        planes.plane[first],
        np.minimum.reduceat(corners, first),
        np.maximum.reduceat(corners, first),
    )


def _bodies(planes: Planes) -> NDArray[np.int64]:
    """Return the number of the body that each edge belongs to."""
    boxes = _boxes(planes)
    one, other = [], []
    for here, z in enumerate(planes.z_mm):
        wider = np.maximum(planes.spacings_mm[here], planes.spacings_mm)
        rise = planes.z_mm - z
        near = (rise >= 0) & (rise <= BRIDGED_GAP * wider + PLANE_TOLERANCE_MM)
        a = np.flatnonzero(boxes.plane == here)
        b = np.flatnonzero(near[boxes.plane])
        meets = (boxes.low[a, None] <= boxes.high[b]) & (boxes.low[b] <= boxes.high[a, None])
        i, j = np.nonzero(meets.all(axis=2))
        one.append(a[i])
        other.append(b[j])
    body = _linked(len(boxes.plane), np.concatenate(one), np.concatenate(other))
    contour = np.cumsum(np.diff(planes.contour, prepend=-1) != 0) - 1
    return np.asarray(body[contour], dtype=np.int64)


def _linked(count: int, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each of `count` things the least one that it is linked to, by however many."""
    least = np.arange(count)
    while True:
        before = least.copy()
        np.minimum.at(least, one, least[other])
        np.minimum.at(least, other, least[one])
        least = least[least]
        if np.array_equal(least, before):
            return least
