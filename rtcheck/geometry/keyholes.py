"""Channels of contours drawn as keyholes: edges that lead to a hole and, the same way, back.

A channel without width bounds nothing. Left in, every pixel along it would seem cut.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rtcheck.plan.arrays import distinct

Numbers = NDArray[np.int64]


def without_channels(edges_mm: NDArray[np.float64], contour: Numbers) -> tuple[Numbers, Numbers]:
    """Return which edges are kept, in order, and the contours they make: each loop its own.

    Parameters
    ----------
    edges_mm : ndarray of shape (n, 4)
        Edges (x0, y0, x1, y1), contour by contour, each in the order drawn.
    contour : ndarray of shape (n,)
        The contour of each edge, ascending.

    Examples
    --------
    A square with a square hole, joined by one edge there and back, is two loops of four:

    >>> x = [0, 9, 9, 0, 0, 3, 6, 6, 3, 3]
    >>> y = [0, 0, 9, 9, 0, 3, 3, 6, 6, 3]
    >>> edges = np.column_stack([x, y, np.roll(x, -1), np.roll(y, -1)]).astype(float)
    >>> kept, loop = without_channels(edges, np.zeros(10, dtype=np.int64))
    >>> kept.tolist(), loop.tolist()
    ([0, 1, 2, 3, 5, 6, 7, 8], [0, 0, 0, 0, 1, 1, 1, 1])
    """
    loop = np.zeros(len(contour), dtype=np.int64)
    kept = np.ones(len(contour), dtype=np.bool_)
    one, other = _there_and_back(edges_mm, contour)
    for number in distinct(contour[one]):
        own = contour[one] == number
        drawn = np.flatnonzero(contour == number)
        inside = _loops(one[own] - drawn[0], other[own] - drawn[0], len(drawn))
        if inside is not None and (inside >= 0).any():
            loop[drawn], kept[drawn] = inside, inside >= 0
    order = np.flatnonzero(kept)
    order = order[np.lexsort((loop[order], contour[order]))]
    new = (np.diff(contour[order], prepend=-1) != 0) | (np.diff(loop[order], prepend=-1) != 0)
    return order, np.cumsum(new) - 1


def _there_and_back(edges_mm: NDArray[np.float64], contour: Numbers) -> tuple[Numbers, Numbers]:
    """Return pairs of edges of one contour that join the same points, each in its direction."""
    x0, y0, x1, y1 = edges_mm.T
    # The same both ways to the last bit; what is equal by chance is told apart below.
    key = (x0 + x1) + 1.37 * (y0 + y1) + 1e3 * contour
    order = np.argsort(key, kind="stable")
    equal = np.flatnonzero(np.diff(key[order]) == 0)
    one, other = order[equal], order[equal + 1]
    ends = edges_mm[other][:, [2, 3, 0, 1]]
    real = (contour[one] == contour[other]) & np.all(edges_mm[one] == ends, axis=1)
    return one[real], other[real]


def _loops(there: Numbers, back: Numbers, edges: int) -> Numbers | None:
    """Return the loop of each edge of a contour, -1 for its channels; None if they are tangled."""
    partner = dict(zip(there.tolist(), back.tolist(), strict=True))
    partner |= {b: a for a, b in partner.items()}
    if len(partner) != 2 * len(there):
        return None  # drawn more than twice
    loop = np.zeros(edges, dtype=np.int64)
    around, loops, start = [(-1, 0)], 0, 0
    for edge in sorted(partner):
        loop[start:edge], loop[edge], start = around[-1][1], -1, edge + 1
        if partner[edge] > edge:
            loops += 1
            around.append((edge, loops))
        elif around.pop()[0] != partner[edge]:
            return None
    loop[start:] = 0
    return loop
