"""Contours that cross themselves, or enclose nothing: they do not count as they were meant."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from rtcheck.gate.codes import finding
from rtcheck.gate.outline import SAME_PLANE_MM, Outline
from rtcheck.plan import Finding, Structure
from rtcheck.plan.arrays import distinct

ROWS = 8
"""Lines that are laid across every contour."""

FLAT_MM2 = 0.01
"""Less than this is no area, but points in one place or on one line; specks are larger."""

WIDE_MM = 1.0
"""A loop narrower than this on every line is a slip of the pen, and the seam of a keyhole none."""


def check_loops(outlines: Mapping[int, Outline]) -> list[Finding]:
    """Return the ROIs with contours that cross themselves."""
    findings = []
    for outline in outlines.values():
        crossing = self_crossing(outline.structure)
        if len(crossing):
            z_mm = outline.contour_z_mm[crossing[0]]
            found = f"{len(crossing)} contours cross themselves, first at z {z_mm:.1f} mm"
            findings.append(finding("CONTOUR_SELF_CROSSING", found, outline.name))
    return findings


def check_flat(outlines: Mapping[int, Outline]) -> list[Finding]:
    """Return the ROIs with planes, between others, whose contours enclose nothing.

    They count as if they were not there. The first and last plane may be a speck.
    """
    findings = []
    for outline in outlines.values():
        whole = outline.contour_z_mm[outline.areas_mm2 >= FLAT_MM2]
        between = outline.contour_z_mm[outline.areas_mm2 < FLAT_MM2]
        if not len(whole) or not len(between):
            continue
        between = between[(between > whole.min()) & (between < whole.max())]
        nearest = np.abs(between[:, None] - distinct(whole)).min(axis=1, initial=np.inf)
        lost = distinct(between[nearest > SAME_PLANE_MM])
        if len(lost):
            found = f"on {len(lost)} planes, the first at z {lost[0]:.1f} mm, it encloses nothing"
            findings.append(finding("CONTOURS_FLAT", found, outline.name))
    return findings


def self_crossing(structure: Structure) -> NDArray[np.int64]:
    """Return the numbers of the contours of a structure that cross themselves.

    Notes
    -----
    Along a line the winding number of a simple contour is 0 or that of its direction. Where it is
    another over more than `WIDE_MM`, the contour turns back on itself.
    """
    points, starts = structure.points_mm, structure.contour_starts
    x, y = points[:, 0] - points[0, 0], points[:, 1]
    after = np.arange(1, len(points) + 1)
    after[starts[1:] - 1] = starts[:-1]
    contour = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    turn = np.sign(np.add.reduceat(x * y[after] - x[after] * y, starts[:-1]))
    low, high = np.minimum.reduceat(y, starts[:-1]), np.maximum.reduceat(y, starts[:-1])
    places, winds, where = [], [], []
    for row in range(ROWS):
        line = (low + (row + 0.5) / ROWS * (high - low))[contour]
        below = y <= line
        edges = np.flatnonzero(below != below[after])
        share = (line[edges] - y[edges]) / (y[after[edges]] - y[edges])
        places.append(x[edges] + share * (x[after[edges]] - x[edges]))
        winds.append(np.where(below[edges], -1, 1))
        where.append(contour[edges] * ROWS + row)
    at, wind, line_of = (np.concatenate(parts) for parts in (places, winds, where))
    order = np.lexsort((at, line_of))
    at, wind, line_of = at[order], wind[order], line_of[order]
    # Every line ends with a winding number of 0, so that sums go on from one to the next.
    winding = -np.cumsum(wind)[:-1]
    wide = (np.diff(at) > WIDE_MM) & (np.diff(line_of) == 0)
    allowed = (winding == 0) | (winding == -turn[line_of[:-1] // ROWS])
    found: NDArray[np.int64] = distinct(line_of[:-1][wide & ~allowed] // ROWS)
    return found
