"""Contours of one structure ordered by plane: what was drawn, before any model of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import CannotSay, Reason
from rtcheck.geometry.keyholes import without_channels
from rtcheck.geometry.rows import are_holes, areas_mm2, crossing_planes
from rtcheck.plan import Finding, Severity, Structure
from rtcheck.plan.arrays import median

PLANE_TOLERANCE_MM = 0.05
"""Contours nearer than this in z lie on one plane: exports jitter by 0.01 mm (SlicerRT PR 304)."""

BRIDGED_GAP = 2.0
"""Gaps up to this many spacings are bridged as missing slices; wider ones split."""

SAID_GAP = 1.5
"""Gaps of more than this many spacings, and spacings that change by more, are said."""


@dataclass(frozen=True, eq=False)
class Planes:
    """The edges of a structure's contours, plane by plane.

    Parameters
    ----------
    z_mm : ndarray of shape (k,)
        Contour planes, ascending.
    plane : ndarray of shape (n,)
        For each edge, the index of its plane.
    contour : ndarray of shape (n,)
        For each edge, the number of its contour; a keyhole counts as its loops.
    edges_mm : ndarray of shape (n, 4)
        Each edge as (x0, y0, x1, y1) in mm, patient axes.
    spacings_mm : ndarray of shape (k,)
        Distance of neighbouring planes around each plane, slices that are missing left aside.
    name : str
        ROI name, for messages.
    doubled : int
        How many contours were left out because they are drawn twice.
    """

    z_mm: NDArray[np.float64]
    plane: NDArray[np.int64]
    contour: NDArray[np.int64]
    edges_mm: NDArray[np.float64]
    spacings_mm: NDArray[np.float64]
    name: str = ""
    doubled: int = 0

    @property
    def extent_mm(self) -> tuple[float, float, float, float]:
        """Return (x_min, x_max, y_min, y_max) of the contours in mm."""
        x, y = self.edges_mm[:, 0], self.edges_mm[:, 1]
        return float(x.min()), float(x.max()), float(y.min()), float(y.max())

    @property
    def spacing_mm(self) -> float:
        """Return the typical distance of neighbouring planes in mm."""
        return median(self.spacings_mm)

    @property
    def gap_spacings_mm(self) -> NDArray[np.float64]:
        """Return for each gap the distance that planes may have there: the wider of both sides."""
        return np.maximum(self.spacings_mm[:-1], self.spacings_mm[1:])

    @property
    def stacks(self) -> list[NDArray[np.int64]]:
        """Return the plane indices of each run that gaps wider than `BRIDGED_GAP` leave."""
        wide = np.diff(self.z_mm) > BRIDGED_GAP * self.gap_spacings_mm + PLANE_TOLERANCE_MM
        return np.split(np.arange(len(self.z_mm)), np.flatnonzero(wide) + 1)

    @cached_property
    def rough_volume_mm3(self) -> float:
        """Return an estimate of the volume in mm3, good enough to choose a resolution by."""
        return float(self.rough_areas_mm2 @ self.spacings_mm)

    @cached_property
    def thickness_mm(self) -> float:
        """Return twice the area over the length of the contours in mm: of a wall, its thickness."""
        x0, y0, x1, y1 = self.edges_mm.T
        return 2 * float(self.rough_areas_mm2.sum()) / float(np.hypot(x1 - x0, y1 - y0).sum())

    @cached_property
    def holes(self) -> NDArray[np.bool_]:
        """Return, contour by contour in ascending order, whether it is the border of a hole."""
        return are_holes(self)

    @cached_property
    def rough_areas_mm2(self) -> NDArray[np.float64]:
        return areas_mm2(self)


def nominal_spacing_mm(z_mm: NDArray[np.float64]) -> float:
    """Return the most frequent distance of neighbouring planes in mm; 0 for a single plane.

    Among equally frequent distances the smallest counts: it is the scan's, the others are gaps.

    Examples
    --------
    >>> nominal_spacing_mm(np.array([0.0, 3.0, 6.0, 12.0]))
    3.0
    """
    if len(z_mm) < 2:
        return 0.0
    # Rounding only groups the distances; it is far finer than any slice spacing.
    values, counts = np.unique(np.round(np.diff(z_mm), 1), return_counts=True)
    group = values[np.argmax(counts)]
    gaps = np.diff(z_mm)
    return median(gaps[np.abs(gaps - group) <= 0.051])


def spacings_mm(z_mm: NDArray[np.float64], otherwise_mm: float) -> NDArray[np.float64]:
    """Return the spacing of planes in mm around each plane.

    Parameters
    ----------
    z_mm : ndarray
        Planes, ascending.
    otherwise_mm : float
        Where nothing is known.

    Notes
    -----
    A plane midway between its neighbours knows its spacing: twice in a row, a distance is no gap.
    All others take that of the nearest plane that knows, in steps of the spacing there.

    Examples
    --------
    Slices of 1 mm, then of 5 mm, where one is missing:

    >>> spacings_mm(np.array([0.0, 1.0, 2.0, 7.0, 12.0, 22.0, 27.0, 32.0]), 1.0)
    array([1., 1., 1., 5., 5., 5., 5., 5.])
    """
    gaps = np.diff(z_mm)
    known = 1 + np.flatnonzero(np.abs(np.diff(gaps)) <= 2 * PLANE_TOLERANCE_MM)
    if not len(known):
        return np.full(len(z_mm), otherwise_mm)
    spacings = (z_mm[known + 1] - z_mm[known - 1]) / 2
    steps = np.abs(z_mm[:, None] - z_mm[known]) / spacings
    return np.asarray(spacings[steps.argmin(axis=1)])


def _plane_of_contours(z_mm: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return planes (mean z of their contours) and, for each contour, its plane."""
    order = np.argsort(z_mm, kind="stable")
    new = np.concatenate([[True], np.diff(z_mm[order]) > PLANE_TOLERANCE_MM])
    plane = np.empty(len(z_mm), dtype=np.int64)
    plane[order] = np.cumsum(new) - 1
    return np.bincount(plane, z_mm) / np.bincount(plane), plane


def planes_of(structure: Structure, default_spacing_mm: float = 0.0) -> Planes:
    """Return the edges of a structure, plane by plane.

    Parameters
    ----------
    structure : Structure
        With axial contours.
    default_spacing_mm : float
        Spacing of a structure with only one plane; 0 when nothing is known.

    Raises
    ------
    CannotSay
        For a structure without contours, or with one plane and no spacing to go by.
    """
    if structure.is_empty:
        raise CannotSay(Reason.STRUCTURE_EMPTY, structure.roi_name)
    starts = structure.contour_starts
    points = structure.points_mm
    z_mm, plane_of_contour = _plane_of_contours(points[starts[:-1], 2])
    following = np.arange(1, len(points) + 1)
    following[starts[1:] - 1] = starts[:-1]
    edges = np.hstack([points[:, :2], points[following, :2]])
    once = _first_of_equals(points, starts, plane_of_contour)
    contour = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    plane = plane_of_contour[contour]
    real = np.any(edges[:, :2] != edges[:, 2:], axis=1) & once[contour]
    spacing = nominal_spacing_mm(z_mm) or default_spacing_mm
    if len(z_mm) == 2 and 0 < default_spacing_mm * BRIDGED_GAP < spacing:
        # Two planes tell no spacing: that of the other ROIs is the scan's.
        spacing = default_spacing_mm
    if not spacing > 0:
        raise CannotSay(
            Reason.STRUCTURE_UNSUPPORTED,
            f"{structure.roi_name} has one contour plane and nothing says how thick it is",
        )
    if not real.any():
        raise CannotSay(Reason.STRUCTURE_EMPTY, f"{structure.roi_name}: contours without extent")
    kept, loop = without_channels(edges[real], contour[real])
    return Planes(
        z_mm,
        plane[real][kept],
        loop,
        edges[real][kept],
        spacings_mm(z_mm, spacing),
        structure.roi_name,
        int(np.count_nonzero(~once)),
    )


def _first_of_equals(
    points: NDArray[np.float64], starts: NDArray[np.int64], plane: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return which contours are kept: of those with the same points on one plane, the first.

    Drawn twice, a contour would take itself away by the even-odd rule.
    """
    x, y = points[:, 0], points[:, 1]
    sums = [np.add.reduceat(v, starts[:-1]) for v in (x, y, x * x, y * y, x * y)]
    # Sums do not depend on where a contour begins, nor, but for rounding, on its direction.
    key = np.column_stack([plane, np.diff(starts), *(np.round(s, 4) for s in sums)])
    kept = np.zeros(len(key), dtype=np.bool_)
    kept[np.unique(key, axis=0, return_index=True)[1]] = True
    return kept


def set_spacing_mm(structures: Sequence[Structure]) -> float:
    """Return the commonest plane spacing of a structure set in mm; 0 if no ROI has two planes."""
    spacings = [
        round(nominal_spacing_mm(_plane_of_contours(s.points_mm[s.contour_starts[:-1], 2])[0]), 3)
        for s in structures
        if not s.is_empty
    ]
    known = [s for s in spacings if s > 0]
    return max(sorted(set(known)), key=known.count) if known else 0.0


def contour_findings(planes: Planes) -> list[Finding]:
    """Return what the report must say of contours drawn twice, across each other, or not at all."""
    findings = _gap_findings(planes)
    if len(planes.z_mm) == 1:
        text = f"drawn on one plane; taken to be {planes.spacing_mm:g} mm thick"
        findings.append(Finding("CONTOUR_SINGLE_PLANE", Severity.INFORMS, text, planes.name))
    if planes.doubled:
        text = f"{planes.doubled} contours are drawn twice on their plane and count once"
        findings.append(Finding("CONTOURS_DOUBLED", Severity.WARNS, text, planes.name))
    crossing = crossing_planes(planes)
    if len(crossing):
        text = (
            f"contours cross each other on {len(crossing)} planes, first at z "
            f"{planes.z_mm[crossing[0]]:.1f} mm; where they overlap it is taken as outside"
        )
        findings.append(Finding("CONTOURS_CROSS", Severity.WARNS, text, planes.name))
    return findings


def _gap_findings(planes: Planes) -> list[Finding]:
    """Return what the report must say of slices: missing and bridged, split, or spaced anew."""
    z, gaps, nominal = planes.z_mm, np.diff(planes.z_mm), planes.gap_spacings_mm
    findings = []
    for i in np.flatnonzero(gaps > SAID_GAP * nominal + PLANE_TOLERANCE_MM):
        between = f"between z {z[i]:.1f} and {z[i + 1]:.1f} mm"
        split = gaps[i] > BRIDGED_GAP * nominal[i] + PLANE_TOLERANCE_MM
        what = "split into two parts there" if split else "bridged"
        findings.append(
            Finding(
                "CONTOUR_SLICES_SPLIT" if split else "CONTOUR_SLICES_BRIDGED",
                Severity.WARNS,
                f"no contour {between} where the spacing is {nominal[i]:.1f} mm; {what}",
                planes.name,
            )
        )
    below, above = planes.spacings_mm[:-1], planes.spacings_mm[1:]
    for i in np.flatnonzero(np.maximum(below, above) > SAID_GAP * np.minimum(below, above)):
        text = f"{below[i]:.1f} mm apart up to about z {z[i]:.1f} mm, and {above[i]:.1f} mm above"
        findings.append(
            Finding("CONTOUR_SPACING_CHANGES", Severity.INFORMS, f"planes {text}", planes.name)
        )
    return findings
