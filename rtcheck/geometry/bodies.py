"""The separate bodies of one structure: three lesions in one ROI, each with ends of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.planes import Planes

MAX_BODIES = 50
"""More than this are specks of a threshold, not bodies: the structure is then kept as one."""


def bodies_of(planes: Planes) -> list[Planes]:
    """Return the bodies whose contours lie apart, lowest first; the structure itself if it is one.

    Notes
    -----
    Contours whose boxes overlap, on one plane or on neighbouring ones, belong to one body: holes
    to what they are holes of, branches to their trunk. A body that ends between two planes on
    which another one goes on is then closed by its own shape, as if it had an ROI to itself.
    """
    if len(np.unique(planes.contour)) <= len(planes.z_mm):
        return [planes]
    body_of_edge = _bodies(planes)
    numbers = np.unique(body_of_edge)
    if not 1 < len(numbers) <= MAX_BODIES:
        return [planes]
    return [_part(planes, body_of_edge == number) for number in numbers]


def _part(planes: Planes, edges: NDArray[np.bool_]) -> Planes:
    used, plane = np.unique(planes.plane[edges], return_inverse=True)
    return replace(
        planes,
        z_mm=planes.z_mm[used],
        plane=plane.astype(np.int64),
        contour=planes.contour[edges],
        edges_mm=planes.edges_mm[edges],
    )


def _bodies(planes: Planes) -> NDArray[np.int64]:
    """Return the number of the body that each edge belongs to."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    _, contour = np.unique(planes.contour, return_inverse=True)
    count = int(contour.max()) + 1
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    plane = np.zeros(count, dtype=np.int64)
    np.minimum.at(low, contour, planes.edges_mm[:, :2])
    np.maximum.at(high, contour, planes.edges_mm[:, :2])
    plane[contour] = planes.plane
    run = np.zeros(len(planes.z_mm), dtype=np.int64)
    for number, members in enumerate(planes.stacks):
        run[members] = number
    one, other = [], []
    for here in range(len(planes.z_mm)):
        a = np.flatnonzero(plane == here)
        b = np.flatnonzero((plane == here) | ((plane == here + 1) & (run[plane] == run[here])))
        meets = ((low[a, None] <= high[b]) & (low[b] <= high[a, None])).all(axis=2)
        i, j = np.nonzero(meets)
        one.append(a[i])
        other.append(b[j])
    rows, columns = np.concatenate(one), np.concatenate(other)
    links = coo_array((np.ones(len(rows)), (rows, columns)), shape=(count, count))
    _, body = connected_components(links, directed=False)
    return np.asarray(body[contour], dtype=np.int64)
