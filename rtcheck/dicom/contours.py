"""The contours of one ROI, read in bulk: all numbers are parsed at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.tag import BaseTag

from rtcheck.dicom.attributes import items
from rtcheck.dicom.codes import Refusal

CLOSED_TYPES = frozenset({"CLOSED_PLANAR", "CLOSEDPLANAR_XOR", "CLOSED_PLANAR_XOR"})
"""Contours that enclose an area. The standard writes CLOSEDPLANAR_XOR; both spellings are seen."""

OPEN_TYPES = frozenset({"POINT", "OPEN_PLANAR", "OPEN_NONPLANAR"})
"""Contours that enclose nothing."""

FARTHEST_MM = 10_000.0
"""No patient lies farther than this from the origin of the image; stray digits do."""

AXIAL_TOLERANCE_MM = 0.05
"""Points of one axial contour may differ in z by this: real exports jitter by 0.01 mm."""

_GEOMETRIC_TYPE = BaseTag(0x30060042)
_NUMBER_OF_POINTS = BaseTag(0x30060046)
_DATA = BaseTag(0x30060050)


@dataclass(frozen=True, eq=False)
class Contours:
    """The closed contours of one ROI, and what was left out.

    Parameters
    ----------
    points_mm : ndarray of shape (n, 3)
        Points (x, y, z) in mm, DICOM patient axes, contour after contour.
    contour_starts : ndarray of shape (m + 1,)
        Contour i is ``points_mm[contour_starts[i]:contour_starts[i + 1]]``.
    number_of_open : mapping of str to int
        How many contours of each open type there are.
    number_of_short : int
        How many closed contours have fewer than 3 points.
    """

    points_mm: NDArray[np.float64]
    contour_starts: NDArray[np.int64]
    number_of_open: Counter[str]
    number_of_short: int


NO_POINTS: NDArray[np.float64] = np.empty((0, 3))
NO_CONTOURS: NDArray[np.int64] = np.zeros(1, dtype=np.int64)


def read_contours(roi_contour: Dataset, roi_name: str) -> Contours:
    """Return the closed contours of one ROI.

    Parameters
    ----------
    roi_contour : Dataset
        Its item of ROIContourSequence, best never looked at before: then nothing but the bytes
        of its contours is touched.
    roi_name : str
        For findings.

    Raises
    ------
    Refusal
        If a contour is of an unknown type, is not axial, holds anything but numbers, or another
        number of points than it states.

    Notes
    -----
    Parsing each number by itself, as pydicom does on access, takes minutes for a large structure
    set. ``numpy.fromstring`` gives the same bits as ``float()``, and stops at text that is no
    number, which the counts bring to light.
    """
    number_of_open: Counter[str] = Counter()
    texts: list[bytes] = []
    counts: list[int] = []
    number_of_short = 0
    for contour in items(roi_contour, "ContourSequence"):
        geometric_type = _raw(contour, _GEOMETRIC_TYPE).decode("ascii", "replace")
        if geometric_type in OPEN_TYPES:
            number_of_open[geometric_type] += 1
            continue
        if geometric_type not in CLOSED_TYPES:
            stated = geometric_type or "missing"
            raise Refusal("CONTOUR_TYPE_UNKNOWN", f"a ContourGeometricType is {stated}", roi_name)
        text = _raw(contour, _DATA)
        count = text.count(b"\\") + 1 if text else 0
        stated_points = _raw(contour, _NUMBER_OF_POINTS)
        if count % 3 or (stated_points and 3 * int(stated_points) != count):
            raise _invalid("a contour's coordinates are not as many as it states", roi_name)
        if count < 9:
            number_of_short += 1
            continue
        texts.append(text)
        counts.append(count)
    points = _parsed(texts, sum(counts), roi_name).reshape(-1, 3)
    starts = np.concatenate([NO_CONTOURS, np.cumsum(counts, dtype=np.int64) // 3])
    if len(points):
        z = points[:, 2]
        spread = np.maximum.reduceat(z, starts[:-1]) - np.minimum.reduceat(z, starts[:-1])
        if spread.max() > AXIAL_TOLERANCE_MM:
            number = int(np.count_nonzero(spread > AXIAL_TOLERANCE_MM))
            found = f"{number} of {len(counts)} contours do not lie in an axial plane"
            raise Refusal("CONTOURS_NOT_AXIAL", found, roi_name)
    return Contours(points, starts, number_of_open, number_of_short)


def _raw(contour: Dataset, tag: BaseTag) -> bytes:
    """Return the text of an element as it stands in the file, without padding."""
    element = contour.get_item(tag)
    value = None if element is None else element.value
    if value is None:
        return b""
    if not isinstance(value, bytes):  # someone has looked at it, so pydicom has converted it
        parts = [value] if isinstance(value, str | float | int) else value
        value = "\\".join(str(part) for part in parts).encode()
    return value.strip(b" \t\r\n\0")


def _parsed(texts: list[bytes], count: int, roi_name: str) -> NDArray[np.float64]:
    if not texts:
        return NO_POINTS
    try:
        # A blank in the separator stands for any white space, none included.
        values = np.fromstring(b"\\".join(texts), sep=" \\ ")
    except ValueError as error:
        raise _invalid("ContourData holds something that is no number", roi_name) from error
    if len(values) != count or not np.isfinite(values).all():
        raise _invalid("ContourData holds something that is no number", roi_name)
    if np.abs(values).max() > FARTHEST_MM:
        raise _invalid("a contour lies more than 10 m from the origin of the image", roi_name)
    return values


def _invalid(found: str, roi_name: str) -> Refusal:
    return Refusal("CONTOUR_DATA_INVALID", found, roi_name)
