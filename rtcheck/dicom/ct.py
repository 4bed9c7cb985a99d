"""The CT slices that a picture needs: found by reference, placed by position, read one by one.

No verdict hangs on a CT. What cannot be used is a finding that informs, and the picture does
without.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.filereader import read_partial

from rtcheck.dicom.attributes import integer, items, numbers, text
from rtcheck.dicom.codes import Refusal, finding
from rtcheck.dicom.ct_pixels import hounsfield
from rtcheck.dicom.door import through_door
from rtcheck.dicom.find import File, files_of
from rtcheck.dicom.limits import Limits, head_of, require_size
from rtcheck.dicom.rtdose_grid import ORIENTATION_TOLERANCE
from rtcheck.dicom.sniff import CLASS_IN_META, START_BYTES
from rtcheck.errors import MissingAttributeError
from rtcheck.plan import Finding, Plan
from rtcheck.plan.arrays import median
from rtcheck.plan.image import CtPlane

CT_CLASS = "1.2.840.10008.5.1.4.1.1.2"
"""CT Image Storage; Enhanced CT, with all slices in one file, is another class."""

MAX_PIXELS = 2048 * 2048
"""Pixels of a slice beyond which a header is not believed: no scanner makes them."""

MAX_FILE_BYTES = 64 * 1024**2
"""Of a slice, everything in it: the largest believed has an eighth of it."""

_SLICE_LIMITS = Limits(file_bytes=MAX_FILE_BYTES, unpacked_bytes=MAX_FILE_BYTES)

SAME_PLACE_MM = 0.01
"""Slices nearer than this are at one place."""

SAID_GAP = 1.5
"""Gaps of more than this many spacings are missing slices."""

_PIXEL_DATA = 0x7FE00010
_REFERENCED_FRAME_SEQUENCE = 0x30060010


@dataclass(frozen=True)
class _Slice:
    """What is needed of a slice's header to choose it; the position only if it is usable."""

    where: str
    uid: str
    series: str
    frame_of_reference: str
    z_mm: float | None


def read_ct_planes(
    paths: Iterable[str | Path], plan: Plan, heights_mm: Iterable[float]
) -> tuple[dict[float, CtPlane], tuple[Finding, ...]]:
    """Return the CT slice at each height in mm that has one, and what could not be used.

    Parameters
    ----------
    paths : iterable of path
        Where the plan was read: folders, files or ZIP archives.
    plan : Plan
        The plan, whose frame of reference and structure set say which CT it is.
    heights_mm : iterable of float
        Patient z of the slices wanted, in mm.

    Raises
    ------
    UsageError
        If a path cannot be opened any more.

    Notes
    -----
    The slices are those of the plan's frame of reference, and of the series that the structure set
    names where it names one. Their places are ImagePositionPatient and ImageOrientationPatient
    alone: InstanceNumber and SliceLocation are never read. A height has a slice if one lies within
    half the spacing of the slices. Headers of all slices are read, pixels of those wanted only.
    """
    findings: list[Finding] = []
    folders = [Path(p) for p in paths]
    slices = _of_plan(_headers(folders, findings), plan, findings)
    wanted = _nearest(_in_order(slices, findings), list(heights_mm), findings)
    read = _read(folders, list(wanted.values()), findings)
    return {z: read[s.uid] for z, s in wanted.items() if s.uid in read}, tuple(findings)


def _headers(paths: Sequence[Path], findings: list[Finding]) -> list[_Slice]:
    """Return the headers of every CT slice in the paths, each SOPInstanceUID once."""
    found: dict[str, _Slice] = {}
    faults: list[Finding] = []
    seen: set[tuple[int, int]] = set()
    for path in paths:
        for file in files_of(path, seen, []):
            one = through_door(
                partial(_slice, file), faults, code="CT_UNREADABLE", where=file.where
            )
            if one is not None:
                found.setdefault(one.uid, one)
    # What is no CT at all was looked at when the plan was read.
    if faults:
        text_of_all = f"{len(faults)} files that begin like CT slices cannot be read"
        findings.append(finding("CT_UNREADABLE", text_of_all, faults[0].where))
    return list(found.values())


def _slice(file: File) -> _Slice | None:
    """Return what a file's header says of a CT slice; None for anything else.

    Raises
    ------
    Refusal
        If it is too large for a slice, or unpacks to what is.
    MissingAttributeError
        If it has no SOPInstanceUID.
    """
    with file.open() as stream:
        match = CLASS_IN_META.match(stream.read(START_BYTES), 132)
        if match is None or match[1].decode() != CT_CLASS:
            return None
        require_size(file.claimed_bytes, _SLICE_LIMITS, file.where)
        head_of(stream, file.claimed_bytes, _SLICE_LIMITS, file.where)
        stream.seek(0)
        header = read_partial(stream, lambda tag, _vr, _length: tag >= _PIXEL_DATA)
    uid = text(header, "SOPInstanceUID")
    if not uid:
        raise MissingAttributeError("SOPInstanceUID is missing")
    position = _position(header)
    return _Slice(
        file.where,
        uid,
        text(header, "SeriesInstanceUID"),
        text(header, "FrameOfReferenceUID"),
        None if position is None else position[2],
    )


def _of_plan(slices: list[_Slice], plan: Plan, findings: list[Finding]) -> list[_Slice]:
    """Return the slices of the image that the plan was made on."""
    if not slices:
        return []
    frames = {s.frame_of_reference_uid for s in plan.structures}
    frames |= {plan.dose.frame_of_reference_uid} if plan.dose is not None else set()
    frames -= {""}
    own = [s for s in slices if s.frame_of_reference in frames]
    if not own:
        found = f"none of {len(slices)} CT slices has the plan's frame of reference"
        findings.append(finding("CT_FRAME_DIFFERS", found, slices[0].where))
        return []
    series = {s.series for s in own} & _referenced_series(plan) or {s.series for s in own}
    if len(series) > 1:
        found = f"{len(series)} CT series could be that of the plan"
        findings.append(finding("CT_SERIES_AMBIGUOUS", found, own[0].where))
        return []
    return [s for s in own if s.series in series]


def _referenced_series(plan: Plan) -> set[str]:
    """Return the SeriesInstanceUIDs that the plan's structure set names."""
    content = plan.source_files.structure_set
    if content is None:
        return set()

    def read() -> set[str]:
        stream = io.BytesIO(content())
        header = read_partial(
            stream, lambda tag, _vr, _length: tag > _REFERENCED_FRAME_SEQUENCE, force=True
        )
        return {
            text(series, "SeriesInstanceUID")
            for frame in items(header, "ReferencedFrameOfReferenceSequence")
            for study in items(frame, "RTReferencedStudySequence")
            for series in items(study, "RTReferencedSeriesSequence")
        }

    # The structure set was read before: what is wrong with it is said there.
    return through_door(read, [], code="STRUCTURE_SET_UNREADABLE", where="") or set()


def _in_order(slices: list[_Slice], findings: list[Finding]) -> list[tuple[float, _Slice]]:
    """Return the slices by height; none if where they lie is not sure."""
    nowhere = [s for s in slices if s.z_mm is None]
    if nowhere:
        found = f"{len(nowhere)} CT slices have no ImagePositionPatient"
        findings.append(finding("CT_GEOMETRY_INVALID", found, nowhere[0].where))
        return []
    placed = sorted(((s.z_mm or 0.0, s) for s in slices), key=lambda pair: pair[0])
    gaps = np.diff([z for z, _ in placed])
    if len(gaps) and gaps.min() < SAME_PLACE_MM:
        twice = placed[int(gaps.argmin()) + 1][1].where
        findings.append(finding("CT_GEOMETRY_INVALID", "two CT slices lie at one place", twice))
        return []
    missing = int((gaps > SAID_GAP * median(gaps)).sum()) if len(gaps) else 0
    if missing:
        found = f"CT slices are missing in {missing} places"
        where = placed[int(gaps.argmax())][1].where
        findings.append(finding("CT_SLICE_MISSING", found, where))
    return placed


def _nearest(
    placed: list[tuple[float, _Slice]], heights_mm: list[float], findings: list[Finding]
) -> dict[float, _Slice]:
    """Return for each height the slice at it, if there is one within half a spacing."""
    if not placed:
        return {}
    z = np.array([z for z, _ in placed])
    reach = (median(np.diff(z)) / 2 if len(z) > 1 else 0.0) + SAME_PLACE_MM
    nearest = {height: int(np.abs(z - height).argmin()) for height in heights_mm}
    found = {h: placed[i][1] for h, i in nearest.items() if abs(z[i] - h) <= reach}
    if len(found) < len(heights_mm):
        without = f"{len(heights_mm) - len(found)} planes to be shown have no CT slice"
        findings.append(finding("CT_SLICE_MISSING", without, placed[0][1].where))
    return found


def _read(
    paths: Sequence[Path], wanted: list[_Slice], findings: list[Finding]
) -> dict[str, CtPlane]:
    """Return the slices wanted by SOPInstanceUID."""
    names = {s.where for s in wanted}
    uids = {s.uid for s in wanted}
    planes: dict[str, CtPlane] = {}
    seen: set[tuple[int, int]] = set()
    for path in paths if wanted else ():
        for file in files_of(path, seen, []):
            if file.where not in names:
                continue
            read = through_door(
                partial(_plane, file, uids), findings, code="CT_UNREADABLE", where=file.where
            )
            if read is not None:
                planes.setdefault(*read)
    return planes


def _plane(file: File, uids: set[str]) -> tuple[str, CtPlane] | None:
    """Return a slice and its SOPInstanceUID, if it is one of those wanted.

    Raises
    ------
    Refusal
        If its header cannot be believed, it is oblique, or its pixels cannot be read.
    """
    with file.open() as stream:
        header = read_partial(stream, lambda tag, _vr, _length: tag >= _PIXEL_DATA)
    uid = text(header, "SOPInstanceUID")
    if uid not in uids:
        return None
    rows, columns = integer(header, "Rows") or 0, integer(header, "Columns") or 0
    if not 0 < rows * columns <= MAX_PIXELS or min(rows, columns) < 2:
        raise Refusal("CT_TOO_LARGE", f"a CT slice of {rows} rows, {columns} columns", file.where)
    x_mm, y_mm, z_mm, rows_are_y = _axes(header, rows, columns, file.where)
    with file.open() as stream:
        content = stream.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise Refusal("CT_TOO_LARGE", f"a CT slice of over {MAX_FILE_BYTES} bytes", file.where)
    dataset = pydicom.dcmread(io.BytesIO(content))
    hu = hounsfield(dataset, (rows, columns), file.where)
    hu = hu if rows_are_y else hu.T
    hu = hu[:: 1 if y_mm[0] < y_mm[-1] else -1, :: 1 if x_mm[0] < x_mm[-1] else -1]
    return uid, CtPlane(hu, np.sort(x_mm), np.sort(y_mm), z_mm)


def _position(header: Dataset) -> tuple[float, float, float] | None:
    position = numbers(header, "ImagePositionPatient")
    if len(position) != 3 or not np.isfinite(position).all():
        return None
    return position[0], position[1], position[2]


def _axes(
    header: Dataset, rows: int, columns: int, where: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], float, bool]:
    """Return patient x and y of the pixels as stored, z, and whether rows of pixels lie along x.

    Raises
    ------
    Refusal
        If position, orientation or spacing is missing, or the slice is oblique.
    """
    orientation = np.array(numbers(header, "ImageOrientationPatient"))
    spacing, position = numbers(header, "PixelSpacing"), _position(header)
    usable = orientation.shape == (6,) and len(spacing) == 2 and min(spacing) > 0
    if not usable or position is None or not np.isfinite([*orientation, *spacing]).all():
        found = "position, orientation or spacing of the CT is missing"
        raise Refusal("CT_GEOMETRY_INVALID", found, where)
    axes: dict[int, NDArray[np.float64]] = {}
    # PixelSpacing: between rows first (down a column), then between columns (along a row).
    for direction, step in (
        (orientation[:3], spacing[1] * np.arange(columns)),
        (orientation[3:], spacing[0] * np.arange(rows)),
    ):
        axis = int(np.argmax(np.abs(direction)))
        sign = np.sign(direction[axis])
        if np.abs(direction - sign * np.eye(3)[axis]).max() > ORIENTATION_TOLERANCE:
            raise Refusal("CT_OBLIQUE", "the CT slices are oblique to the patient", where)
        axes[axis] = position[axis] + sign * step
    if set(axes) != {0, 1}:
        raise Refusal("CT_OBLIQUE", "the CT slices are not axial", where)
    return axes[0], axes[1], position[2], bool(abs(orientation[0]) > 0.5)
