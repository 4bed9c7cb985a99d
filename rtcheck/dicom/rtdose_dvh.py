"""The planning system's own DVHs in the RT Dose (DVHSequence), for a second opinion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataelem import RawDataElement

from rtcheck.dicom.attributes import items, number, required_integer, text
from rtcheck.dicom.codes import Refusal, finding
from rtcheck.dicom.decimals import parse_decimals
from rtcheck.dicom.door import through_door
from rtcheck.dicom.dvh_conventions import Conventions, Curve, settle
from rtcheck.dicom.rtobject import RtObject
from rtcheck.errors import CorruptDicomError
from rtcheck.plan import Finding, StoredDvh

_DVH_SEQUENCE, _DVH_DATA = 0x30040050, 0x30040058
_RISES = 1e-4
"""Share of the volume by which a cumulative curve may rise: rounding of what was written."""
_WHOLE_PERCENT = 1.0
"""How far from 100 % a relative curve may begin."""


@dataclass(frozen=True)
class StoredDvhs:
    """The DVHs that can be used, and what there is to know about them.

    Parameters
    ----------
    dvhs : tuple of StoredDvh
        At most one an ROI.
    findings : tuple of Finding
        What is not used, and why.
    detail : str
        How many, and in which convention; empty if there are none.
    """

    dvhs: tuple[StoredDvh, ...] = ()
    findings: tuple[Finding, ...] = ()
    detail: str = ""


@dataclass
class _Reading:
    where: str
    roi_names: Mapping[int, str]
    findings: list[Finding] = field(default_factory=list)

    def name(self, roi_number: int) -> str:
        return self.roi_names.get(roi_number, "") or f"ROINumber {roi_number}"


def read_stored_dvhs(
    doses: Sequence[RtObject],
    structure_set: RtObject | None,
    roi_names: Mapping[int, str],
    prescribed_gy: Sequence[float] = (),
) -> StoredDvhs:
    """Return the DVHs stored with the dose of the whole plan.

    Parameters
    ----------
    doses : sequence of RtObject
        The RT Dose of the whole plan; more than one only if they are copies or single planes.
    structure_set : RtObject or None
        The RT Structure Set of the plan.
    roi_names : mapping of int to str
        ROINumber to name in that set.
    prescribed_gy : sequence of float
        What mean, minimum and maximum may be percentages of.
    """
    dose = next((d for d in doses if d.header.get_item(_DVH_SEQUENCE) is not None), None)
    if dose is None:
        return StoredDvhs()
    reading = _Reading(dose.where, roi_names)
    read = through_door(
        partial(_read, dose, structure_set, prescribed_gy, reading),
        reading.findings,
        code="TPS_DVH_INVALID",
        where=dose.where,
    )
    dvhs, detail = read or ((), "")
    return StoredDvhs(dvhs, tuple(reading.findings), detail)


def _read(
    dose: RtObject,
    structure_set: RtObject | None,
    prescribed_gy: Sequence[float],
    reading: _Reading,
) -> tuple[tuple[StoredDvh, ...], str]:
    sequence = items(dose.header, "DVHSequence")
    if not sequence:
        return (), ""
    _check_reference(dose, structure_set, len(sequence), reading)
    curves = _curves(sequence, reading)
    references = [gy for gy in prescribed_gy if gy > 0]
    reference = through_door(
        partial(number, dose.header, "DVHNormalizationDoseValue"),
        [],
        code="TPS_DVH_INVALID",
        where=dose.where,
    )
    references += [reference] if reference and reference > 0 else []
    conventions = settle(curves, references)
    for curve in [curve for curve in curves if conventions.cuts_off(curve)]:
        found = "the DVH begins above the least dose, and so does not hold the whole volume"
        reading.findings.append(finding("TPS_DVH_CUT_OFF", found, reading.name(curve.roi_number)))
        curves.remove(curve)
    dvhs = tuple(conventions.applied_to(curve) for curve in curves)
    unclear = [curve for curve in curves if conventions.leaves_out(curve)]
    if unclear:
        named = ", ".join(reading.name(curve.roi_number) for curve in unclear)
        found = f"what is stated as mean, minimum or maximum does not fit the curve of {named}"
        reading.findings.append(finding("TPS_DVH_STATISTICS_UNCLEAR", found, dose.where))
    return dvhs, _detail(dvhs, conventions)


def _detail(dvhs: Sequence[StoredDvh], conventions: Conventions) -> str:
    return f"{len(dvhs)} curves; {conventions.in_words}" if dvhs else ""


def _check_reference(
    dose: RtObject, structure_set: RtObject | None, count: int, reading: _Reading
) -> None:
    named = dose.structure_set_uids
    if not named:
        found = f"{count} DVHs do not say of which RT Structure Set they are"
        reading.findings.append(finding("TPS_DVH_REFERENCE_MISSING", found, dose.where))
    elif structure_set is None or structure_set.sop_instance_uid not in named:
        found = f"{count} DVHs are of another RT Structure Set than the plan's, and are not used"
        raise Refusal("TPS_DVH_STALE", found, dose.where)


def _curves(sequence: Sequence[Dataset], reading: _Reading) -> list[Curve]:
    by_roi: dict[int, list[Curve]] = {}
    for index, item in enumerate(sequence):
        curve = through_door(
            partial(_curve, item, f"{reading.where} DVHSequence[{index}]", reading),
            reading.findings,
            code="TPS_DVH_INVALID",
            where=f"{reading.where} DVHSequence[{index}]",
        )
        if curve is not None:
            by_roi.setdefault(curve.roi_number, []).append(curve)
    kept = []
    for roi_number, several in by_roi.items():
        # The same histogram may be stored in both forms.
        cumulative = [c for c in several if c.dvh_type == "CUMULATIVE"] or several
        if any(not cumulative[0].same_as(other) for other in cumulative[1:]):
            found = f"{len(cumulative)} different DVHs are stored for the ROI, and none is used"
            reading.findings.append(finding("TPS_DVH_TWICE", found, reading.name(roi_number)))
        else:
            kept.append(cumulative[0])
    return kept


def _curve(item: Dataset, where: str, reading: _Reading) -> Curve | None:
    roi_number = _roi_number(item, where)
    if roi_number not in reading.roi_names:
        found = f"a DVH of ROINumber {roi_number}, which no ROI has"
        raise Refusal("TPS_DVH_ROI_UNKNOWN", found, where)
    name = reading.name(roi_number)
    _require_supported(item, name)
    width_gy, volume = _data(item, name)
    dvh_type, unit = text(item, "DVHType"), text(item, "DVHVolumeUnits")
    if dvh_type == "DIFFERENTIAL":
        if volume.min() < 0:
            raise Refusal("TPS_DVH_INVALID", "a volume of the histogram is negative", name)
        volume = np.cumsum(volume[::-1])[::-1]
    total = float(volume[0])
    if total <= 0:
        raise Refusal("TPS_DVH_UNSUPPORTED", "the DVH holds no volume", name)
    if np.diff(volume).max(initial=0.0) > _RISES * total:
        raise Refusal("TPS_DVH_INVALID", "volumes of the cumulative DVH rise with dose", name)
    if unit == "PERCENT" and abs(total - 100) > _WHOLE_PERCENT:
        found = f"the relative DVH begins at {total:.4g} %, not at 100 %"
        raise Refusal("TPS_DVH_UNSUPPORTED", found, name)
    stated = tuple(_stated(item, k) for k in ("DVHMinimumDose", "DVHMeanDose", "DVHMaximumDose"))
    return Curve(
        roi_number,
        dvh_type,
        "%" if unit == "PERCENT" else "cm3",
        width_gy,
        np.maximum(np.minimum.accumulate(volume), 0.0),
        *stated,
    )


def _roi_number(item: Dataset, where: str) -> int:
    rois = items(item, "DVHReferencedROISequence")
    if not rois:
        raise Refusal("TPS_DVH_INVALID", "a DVH that names no ROI", where)
    kinds = {text(roi, "DVHROIContributionType") or "INCLUDED" for roi in rois}
    if len(rois) > 1 or kinds != {"INCLUDED"}:
        found = "a DVH of a combination of ROIs, or of all but one, is not used"
        raise Refusal("TPS_DVH_NOT_OF_ONE_ROI", found, where)
    return required_integer(rois[0], "ReferencedROINumber")


def _require_supported(item: Dataset, name: str) -> None:
    """Refuse what cannot be turned into Gy and a share of the volume."""
    for keyword, known in (
        ("DVHType", ("CUMULATIVE", "DIFFERENTIAL")),
        ("DoseUnits", ("GY",)),
        ("DoseType", ("PHYSICAL", "")),
        ("DVHVolumeUnits", ("CM3", "PERCENT")),
    ):
        said = text(item, keyword)
        if said not in known:
            found = f"a DVH with {keyword} {said or 'missing'} is not used"
            raise Refusal("TPS_DVH_UNSUPPORTED", found, name)


def _data(item: Dataset, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return bin widths in Gy and the volumes as stored."""
    values = _numbers(item, name)
    scaling = number(item, "DVHDoseScaling")
    if scaling is None or not (np.isfinite(scaling) and scaling > 0):
        raise Refusal("TPS_DVH_INVALID", "DVHDoseScaling is missing or not positive", name)
    width_gy, volume = values[0::2] * scaling, values[1::2]
    if width_gy.min() < 0 or not 0 < width_gy.sum() < np.inf:
        raise Refusal("TPS_DVH_INVALID", "widths of dose bins are negative or all zero", name)
    return width_gy, volume


def _numbers(item: Dataset, name: str) -> NDArray[np.float64]:
    # pydicom would convert every number by itself.
    element = item.get_item(_DVH_DATA)
    value = None if element is None else element.value
    if not isinstance(element, RawDataElement) and value is not None:
        value = "\\".join(map(str, [value] if isinstance(value, str | float) else value)).encode()
    data = (value or b"").strip(b" \t\r\n\0")
    values = parse_decimals(data, data.count(b"\\") + 1)
    if values is None or len(values) % 2 or not np.isfinite(values).all():
        raise Refusal("TPS_DVH_INVALID", "DVHData is not pairs of finite numbers", name)
    return values


def _stated(item: Dataset, keyword: str) -> float | None:
    try:
        value = number(item, keyword)
    except CorruptDicomError:  # the curve itself says it too
        return None
    return value if value is not None and np.isfinite(value) and value >= 0 else None
