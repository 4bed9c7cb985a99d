"""The contours of one ROI, read in bulk: all numbers are parsed at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.tag import BaseTag

from rtcheck.dicom.attributes import items
from rtcheck.dicom.codes import Refusal
from rtcheck.dicom.decimals import parse_decimals
from rtcheck.dicom.raw_items import UnexpectedEncodingError, items_of

CLOSED_TYPES = frozenset({"CLOSED_PLANAR", "CLOSEDPLANAR_XOR", "CLOSED_PLANAR_XOR"})
"""Contours that enclose an area. The standard writes CLOSEDPLANAR_XOR; both spellings are seen."""

OPEN_TYPES = frozenset({"POINT", "OPEN_PLANAR", "OPEN_NONPLANAR"})
"""Contours that enclose nothing."""

FARTHEST_MM = 10_000.0
"""No patient lies farther than this from the origin of the image; stray digits do."""

AXIAL_TOLERANCE_MM = 0.05
"""Points of one axial contour may differ in z by this: real exports jitter by 0.01 mm."""

_CONTOUR_SEQUENCE = BaseTag(0x30060040)
_GEOMETRIC_TYPE = BaseTag(0x30060042)
_NUMBER_OF_POINTS = BaseTag(0x30060046)
_DATA = BaseTag(0x30060050)
_PADDING = b" \t\r\n\0"


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
    """
    number_of_open: Counter[str] = Counter()
    texts: list[bytes] = []
    counts: list[int] = []
    number_of_short = 0
    for contour in _raw_contours(roi_contour):
        geometric_type = contour.geometric_type.decode("ascii", "replace")
        if geometric_type in OPEN_TYPES:
            number_of_open[geometric_type] += 1
            continue
        if geometric_type not in CLOSED_TYPES:
            stated = geometric_type or "missing"
            raise Refusal("CONTOUR_TYPE_UNKNOWN", f"a ContourGeometricType is {stated}", roi_name)
        text, stated_points = contour.data, contour.number_of_points
        count = text.count(b"\\") + 1 if text else 0
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


class _RawContour(NamedTuple):
    """The elements of one contour as they stand in the file, without padding."""

    geometric_type: bytes
    number_of_points: bytes
    data: bytes


_ELEMENTS = (_GEOMETRIC_TYPE, _NUMBER_OF_POINTS, _DATA)


def _raw_contours(roi_contour: Dataset) -> Iterator[_RawContour]:
    sequence = roi_contour.get_item(_CONTOUR_SEQUENCE)
    if isinstance(sequence, RawDataElement):
        try:
            for item in items_of(sequence):
                yield _RawContour(*(item.get(tag, b"").strip(_PADDING) for tag in _ELEMENTS))
            return
        except UnexpectedEncodingError:
            pass
    for contour in items(roi_contour, "ContourSequence"):
        yield _RawContour(*(_raw(contour, tag) for tag in _ELEMENTS))


def _raw(contour: Dataset, tag: BaseTag) -> bytes:
    element = contour.get_item(tag)
    value = None if element is None else element.value
    if value is None:
        return b""
    if not isinstance(value, bytes):  # someone has looked at it, so pydicom has converted it
        parts = [value] if isinstance(value, str | float | int) else value
        value = "\\".join(str(part) for part in parts).encode()
    return value.strip(_PADDING)


def _parsed(texts: list[bytes], count: int, roi_name: str) -> NDArray[np.float64]:
    if not texts:
        return NO_POINTS
    values = parse_decimals(b"\\".join(texts), count)
    if values is None or not np.isfinite(values).all():
        raise _invalid("ContourData holds something that is no number", roi_name)
    if np.abs(values).max() > FARTHEST_MM:
        raise _invalid("a contour lies more than 10 m from the origin of the image", roi_name)
    values.flags.writeable = False  # or the record would keep a copy
    return values


def _invalid(found: str, roi_name: str) -> Refusal:
    return Refusal("CONTOUR_DATA_INVALID", found, roi_name)
