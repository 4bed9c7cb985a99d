"""RT Structure Set -> structures, joined by ROINumber and by nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pydicom import Dataset

from rtcheck.dicom.attributes import integer, items, numbers, required_integer, text
from rtcheck.dicom.codes import finding
from rtcheck.dicom.contours import NO_CONTOURS, NO_POINTS, Contours, read_contours
from rtcheck.dicom.door import through_door
from rtcheck.errors import CorruptDicomError
from rtcheck.plan import Finding, Structure


@dataclass(frozen=True, eq=False)
class StructureSet:
    """The structures of one RT Structure Set, and what is wrong or doubtful with them.

    Parameters
    ----------
    structures : tuple of Structure
        Every ROI, in ROINumber order; one that is refused has no contours.
    findings : tuple of Finding
        `where` is the ROI's name.
    """

    structures: tuple[Structure, ...]
    findings: tuple[Finding, ...]


def read_structure_set(dataset: Dataset) -> StructureSet:
    """Return every ROI of an RT Structure Set.

    Parameters
    ----------
    dataset : Dataset
        The RT Structure Set.

    Raises
    ------
    MissingAttributeError
        If an ROI has no number.

    Notes
    -----
    StructureSetROISequence, ROIContourSequence and RTROIObservationsSequence may each lack ROIs,
    and need not be in the same order.
    """
    findings: list[Finding] = []
    rois = items(dataset, "StructureSetROISequence")
    contour_items = _by_roi(items(dataset, "ROIContourSequence"))
    observations = _by_roi(items(dataset, "RTROIObservationsSequence"))
    frame = _only_frame(dataset)

    numbered = [(required_integer(roi, "ROINumber"), roi) for roi in rois]
    number_counts = Counter(roi_number for roi_number, _ in numbered)
    structures = []
    for roi_number, roi in sorted(numbered, key=lambda pair: pair[0]):
        name = text(roi, "ROIName")
        if number_counts[roi_number] > 1:
            found = f"ROINumber {roi_number} is used {number_counts[roi_number]} times"
            findings.append(finding("ROI_NUMBER_DUPLICATE", found, name))
            contours = None
        else:
            contours = _contours(contour_items.get(roi_number, []), name, findings)
        structures.append(
            Structure(
                roi_number,
                name,
                contours.points_mm if contours else NO_POINTS,
                contours.contour_starts if contours else NO_CONTOURS,
                _interpreted_type(observations.get(roi_number, []), name, findings),
                text(roi, "ReferencedFrameOfReferenceUID") or frame,
                _display_color(contour_items.get(roi_number, [])),
            )
        )
    for roi_name, count in Counter(structure.roi_name for structure in structures).items():
        if count > 1:
            findings.append(finding("ROI_NAME_DUPLICATE", f"{count} ROIs have this name", roi_name))
    for stray in contour_items.keys() - number_counts.keys():
        found = f"there are contours of ROINumber {stray}, which no ROI has"
        findings.append(finding("ROI_CONTOURS_WITHOUT_ROI", found))
    if rois and "RTROIObservationsSequence" not in dataset:
        found = "RTROIObservationsSequence is missing: the file may have been cut"
        findings.append(finding("STRUCTURE_SET_TYPES_MISSING", found))
    return StructureSet(tuple(structures), tuple(findings))


def _by_roi(sequence: Sequence[Dataset]) -> Mapping[int | None, list[Dataset]]:
    joined: dict[int | None, list[Dataset]] = {}
    for item in sequence:
        joined.setdefault(integer(item, "ReferencedROINumber"), []).append(item)
    return joined


def _only_frame(dataset: Dataset) -> str:
    """Return the one frame of reference of a set whose ROIs need not name it; else empty."""
    frames = {
        text(item, "FrameOfReferenceUID")
        for item in items(dataset, "ReferencedFrameOfReferenceSequence")
    }
    frames = frames or {text(dataset, "FrameOfReferenceUID")}
    return frames.pop() if len(frames) == 1 else ""


def _contours(
    contour_items: Sequence[Dataset], name: str, findings: list[Finding]
) -> Contours | None:
    if len(contour_items) > 1:
        found = f"{len(contour_items)} items of ROIContourSequence state its contours"
        findings.append(finding("ROI_CONTOURS_TWICE", found, name))
        return None
    item = contour_items[0] if contour_items else Dataset()
    contours = through_door(
        partial(read_contours, item, name), findings, code="ROI_UNREADABLE", where=name
    )
    if contours is None:
        return None
    if contours.number_of_short:
        found = f"{contours.number_of_short} closed contours of fewer than 3 points left out"
        findings.append(finding("CONTOURS_TOO_SHORT", found, name))
    left_out = ", ".join(f"{n} {kind}" for kind, n in sorted(contours.number_of_open.items()))
    has_closed = len(contours.contour_starts) > 1
    if left_out and (has_closed or contours.number_of_short):
        findings.append(
            finding("CONTOURS_OPEN_DROPPED", f"open contours left out: {left_out}", name)
        )
    elif left_out:
        found = f"the ROI has only open contours: {left_out}"
        findings.append(finding("ROI_ONLY_OPEN_CONTOURS", found, name))
    elif not has_closed:
        findings.append(finding("ROI_EMPTY", "the ROI has no contour", name))
    return contours


def _interpreted_type(observations: Sequence[Dataset], name: str, findings: list[Finding]) -> str:
    kinds = {text(item, "RTROIInterpretedType") for item in observations} - {""}
    if len(kinds) > 1:
        found = f"the ROI is called {' and '.join(sorted(kinds))} at once, taken as neither"
        findings.append(finding("ROI_TYPE_CONFLICT", found, name))
        return ""
    return kinds.pop() if kinds else ""


def _display_color(contour_items: Sequence[Dataset]) -> tuple[int, int, int] | None:
    try:
        color = numbers(contour_items[0], "ROIDisplayColor") if contour_items else ()
    except CorruptDicomError:  # a colour decides nothing
        return None
    if len(color) != 3 or not all(0 <= part <= 255 for part in color):
        return None
    red, green, blue = (int(part) for part in color)
    return red, green, blue
