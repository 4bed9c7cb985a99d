"""RT Plan -> target prescriptions, fractions and what is worth printing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydicom import Dataset

from rtcheck.dicom.attributes import integer, items, number, text
from rtcheck.dicom.codes import finding
from rtcheck.plan import Finding, FractionPattern, Prescription

_VOLUME_TYPES = frozenset({"VOLUME", "SITE"})
_POINT_TYPES = frozenset({"POINT", "COORDINATES"})
"""The values of DoseReferenceStructureType: only the former are a target volume."""


NEAR_PRESCRIPTION = (0.5, 2.0)
"""The dose of all beams at their own point lies between these multiples of the prescription:
radiosurgery to the 50 % isodose and points beside the target stay within."""


@dataclass(frozen=True)
class PlanFacts:
    """What an RT Plan says.

    Parameters
    ----------
    rt_plan_label : str
        RTPlanLabel (300A,0002).
    prescriptions : tuple of Prescription
        Of target volumes, in the plan's order.
    number_of_fractions_planned : int or None
        Of the one fraction group.
    fraction_pattern : FractionPattern or None
        On which days fractions are given.
    details : mapping of str to str
        Approval, date and patient position.
    findings : tuple of Finding
        What is wrong or doubtful.
    """

    rt_plan_label: str = ""
    prescriptions: tuple[Prescription, ...] = ()
    number_of_fractions_planned: int | None = None
    fraction_pattern: FractionPattern | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def read_plan_facts(dataset: Dataset, roi_names: Mapping[int, str], where: str = "") -> PlanFacts:
    """Return prescriptions, fractions and details of an RT Plan.

    Parameters
    ----------
    dataset : Dataset
        The RT Plan.
    roi_names : mapping of int to str
        ROINumber -> ROIName of the structure set that the plan refers to; empty for any other.
    where : str
        File relative to the input, for findings.

    Notes
    -----
    Only TargetPrescriptionDose of TARGET dose references is a prescription. The dose of a beam
    or of an organ at risk never is.
    """
    findings: list[Finding] = []
    fractions, pattern = _fractionation(dataset, findings, where)
    prescriptions = _prescriptions(dataset, roi_names, fractions, findings, where)
    _check_beam_doses(dataset, fractions, prescriptions, findings, where)
    return PlanFacts(
        text(dataset, "RTPlanLabel"),
        prescriptions,
        fractions,
        pattern,
        _details(dataset),
        tuple(findings),
    )


def _prescriptions(
    dataset: Dataset,
    roi_names: Mapping[int, str],
    fractions: int | None,
    findings: list[Finding],
    where: str,
) -> tuple[Prescription, ...]:
    prescriptions: list[Prescription] = []
    for index, reference in enumerate(items(dataset, "DoseReferenceSequence")):
        if text(reference, "DoseReferenceType") != "TARGET":
            continue
        path = f"DoseReferenceSequence[{index}]"
        here = f"{where}: {path}"
        roi_number = integer(reference, "ReferencedROINumber")
        if roi_number is not None and roi_number not in roi_names:
            found = f"the plan's own structure set has no ROI of ROINumber {roi_number}"
            findings.append(finding("PRESCRIPTION_ROI_UNKNOWN", found, here))
            roi_number = None
        name = (
            (roi_names[roi_number] if roi_number is not None else "")
            or text(reference, "DoseReferenceDescription")
            or f"dose reference {text(reference, 'DoseReferenceNumber') or index + 1}"
        )
        dose_gy = number(reference, "TargetPrescriptionDose")
        structure_type = text(reference, "DoseReferenceStructureType")
        if structure_type in _POINT_TYPES:
            found = f"the dose reference {name!r} is of a point and not taken as a prescription"
            findings.append(finding("PRESCRIPTION_OF_POINT", found, here))
        elif structure_type not in _VOLUME_TYPES:
            found = f"the dose reference {name!r} does not say whether it is of a volume"
            findings.append(finding("PRESCRIPTION_INVALID", found, here))
        elif dose_gy is None:
            found = f"the target {name!r} has no TargetPrescriptionDose"
            findings.append(finding("PRESCRIPTION_DOSE_MISSING", found, here))
        elif not 0 < dose_gy < math.inf:
            found = f"the target {name!r} has a TargetPrescriptionDose of {dose_gy:g} Gy"
            findings.append(finding("PRESCRIPTION_INVALID", found, here))
        else:
            prescriptions.append(
                Prescription(name, dose_gy, fractions, roi_number, f"RT Plan {path}")
            )
    if not prescriptions:
        found = "the RT Plan states no prescription of a target volume"
        findings.append(finding("PRESCRIPTION_MISSING", found, where))
    for name in dict.fromkeys(prescription.name for prescription in prescriptions):
        doses = {p.dose_gy for p in prescriptions if p.name == name}
        if len(doses) > 1:
            stated = " and ".join(f"{dose:g} Gy" for dose in sorted(doses))
            found = f"the target {name!r} is prescribed {stated}"
            findings.append(finding("PRESCRIPTION_CONFLICT", found, where))
    return tuple(prescriptions)


def _fractionation(
    dataset: Dataset, findings: list[Finding], where: str
) -> tuple[int | None, FractionPattern | None]:
    groups = items(dataset, "FractionGroupSequence")
    if len(groups) > 1:
        found = f"the RT Plan has {len(groups)} fraction groups"
        findings.append(finding("FRACTIONS_AMBIGUOUS", found, where))
        return None, None
    fractions = integer(groups[0], "NumberOfFractionsPlanned") if groups else None
    if fractions is None or fractions < 1:
        found = "the RT Plan does not state the number of fractions"
        findings.append(finding("FRACTIONS_MISSING", found, where))
        fractions = None
    return fractions, _fraction_pattern(groups[0], findings, where) if groups else None


def _check_beam_doses(
    dataset: Dataset,
    fractions: int | None,
    prescriptions: tuple[Prescription, ...],
    findings: list[Finding],
    where: str,
) -> None:
    """Add a finding if the doses of all beams in all fractions are not near any prescription.

    BeamDose is that of a point, which a prescription need not be: only what is far off is told.
    """
    groups = items(dataset, "FractionGroupSequence")
    beams = items(groups[0], "ReferencedBeamSequence") if groups else []
    doses_gy = [number(beam, "BeamDose") or 0.0 for beam in beams]
    if fractions is None or not prescriptions or not doses_gy or min(doses_gy) <= 0:
        return
    total_gy = sum(doses_gy) * fractions
    low, high = NEAR_PRESCRIPTION
    if not any(low <= total_gy / rx.dose_gy <= high for rx in prescriptions):
        found = f"BeamDose of {len(beams)} beams in {fractions} fractions is {total_gy:.4g} Gy"
        found += f" in all where {max(rx.dose_gy for rx in prescriptions):g} Gy are prescribed"
        findings.append(finding("FRACTIONS_DOUBTFUL", found, where))


def _fraction_pattern(
    group: Dataset, findings: list[Finding], where: str
) -> FractionPattern | None:
    pattern = text(group, "FractionPattern")
    if not pattern:
        return None
    per_day = integer(group, "NumberOfFractionPatternDigitsPerDay") or 0
    weeks = integer(group, "RepeatFractionCycleLength") or 0
    if min(per_day, weeks) < 1 or len(pattern) != 7 * per_day * weeks or set(pattern) - {"0", "1"}:
        found = f"FractionPattern {pattern!r} does not fit {weeks} weeks, {per_day} digits a day"
        findings.append(finding("FRACTION_PATTERN_INVALID", found, where))
        return None
    if "1" not in pattern:
        found = f"FractionPattern {pattern!r} has no fraction"
        findings.append(finding("FRACTION_PATTERN_INVALID", found, where))
        return None
    return FractionPattern(pattern, per_day, weeks)


def _details(dataset: Dataset) -> dict[str, str]:
    positions = {
        text(setup, "PatientPosition") for setup in items(dataset, "PatientSetupSequence")
    } - {""}
    details = {
        "treatment_site": text(dataset, "TreatmentSite"),
        "approval_status": text(dataset, "ApprovalStatus"),
        "rt_plan_date": text(dataset, "RTPlanDate"),
        "patient_position": ", ".join(sorted(positions)),
        "manufacturer": text(dataset, "Manufacturer"),
        "manufacturer_model_name": text(dataset, "ManufacturerModelName"),
    }
    return {key: value for key, value in details.items() if value}
