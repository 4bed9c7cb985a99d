"""Cross-file checks: whether the objects of one plan speak of one patient, image and dose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rtcheck.dicom.attributes import items, numbers, text
from rtcheck.dicom.codes import Refusal, finding
from rtcheck.dicom.contours import NO_CONTOURS, NO_POINTS
from rtcheck.dicom.identity import differing_facts
from rtcheck.dicom.link import PlanFiles
from rtcheck.plan import DoseGrid, Finding, Prescription, Structure

PLAUSIBLE_MAXIMUM = (0.5, 3.0)
"""The maximum dose lies between these multiples of the largest prescription: radiosurgery to the
50 % isodose has 2; the dose of one fraction, or of another plan, usually lies outside."""


def check_files(files: PlanFiles) -> list[Finding]:
    """Return what does not fit between the files of one plan.

    Parameters
    ----------
    files : PlanFiles
        The objects of one plan.
    """
    findings = []
    # An emptied ID (it may be, by the standard) says nothing of who it is.
    if len({o.patient_id for o in files.objects} - {""}) > 1:
        found = "the files of this plan carry different patient IDs"
        findings.append(finding("PATIENT_ID_MISMATCH", found, files.objects[0].where))
    findings += _check_identity(files)
    findings += _check_position(files)
    structure_set = files.structure_set
    if structure_set is None:
        return findings
    for dose in files.doses:
        named = dose.structure_set_uids
        if not named or structure_set.sop_instance_uid in named:
            continue
        planned = files.rt_plan.structure_set_uids if files.rt_plan else ()
        if structure_set.sop_instance_uid in planned:
            found = "RT Plan and RT Dose refer to different RT Structure Sets"
            findings.append(finding("STRUCTURE_SETS_CONFLICT", found, dose.where))
        else:
            found = "the RT Dose refers to another RT Structure Set than the one that is there"
            findings.append(finding("DOSE_STRUCTURE_SET_DIFFERS", found, dose.where))
    if files.rt_plan is not None:
        framed = files.rt_plan.frame_of_reference_uids
        drawn = structure_set.frame_of_reference_uids
        if framed and drawn and not framed & drawn:
            found = "RT Plan and RT Structure Set have different frames of reference"
            findings.append(finding("RT_PLAN_FRAME_DIFFERS", found, files.rt_plan.where))
    return findings


def _check_identity(files: PlanFiles) -> list[Finding]:
    """Return which of the further facts about patient and study differ, without naming them."""
    headers = [o.header for o in files.objects]
    differ = differing_facts(headers)
    findings = []
    if differ:
        found = f"the files of this plan differ in {', '.join(differ)}"
        findings.append(finding("PATIENT_DATA_DIFFER", found, files.objects[0].where))
    if len({text(header, "StudyInstanceUID") for header in headers} - {""}) > 1:
        found = "the files of this plan are of different studies"
        findings.append(finding("STUDY_DIFFERS", found, files.objects[0].where))
    return findings


ORIENTATIONS = {
    "HFS": (1, 0, 0, 0, 1, 0),
    "HFP": (-1, 0, 0, 0, -1, 0),
    "FFS": (-1, 0, 0, 0, 1, 0),
    "FFP": (1, 0, 0, 0, -1, 0),
}
"""ImageOrientationPatient of planes across a patient who lies so, as scanners write it."""


def _check_position(files: PlanFiles) -> list[Finding]:
    """Return a finding if the dose was written for a patient who lies otherwise than planned.

    A grid in the patient's own axes, as for HFS, may have been resampled and says nothing.
    """
    if files.rt_plan is None:
        return []
    setups = items(files.rt_plan.header, "PatientSetupSequence")
    positions = {text(setup, "PatientPosition") for setup in setups} & ORIENTATIONS.keys()
    findings = []
    for dose in files.doses if len(positions) == 1 else ():
        (position,) = positions
        stated = tuple(round(v, 3) for v in numbers(dose.header, "ImageOrientationPatient"))
        written_for = [p for p, axes in ORIENTATIONS.items() if axes == stated and p != "HFS"]
        if written_for and written_for != [position]:
            found = f"PatientPosition of the plan is {position}, the dose is written for "
            found += written_for[0]
            findings.append(finding("PATIENT_POSITION_DIFFERS", found, dose.where))
    return findings


def require_common_frame(dose: DoseGrid, structures: Sequence[Structure], where: str) -> None:
    """Refuse a dose that shares no frame of reference with the structures.

    Raises
    ------
    Refusal
        With code DOSE_FRAME_DIFFERS.
    """
    frames = {structure.frame_of_reference_uid for structure in structures} - {""}
    if dose.frame_of_reference_uid and frames and dose.frame_of_reference_uid not in frames:
        found = "RT Dose and RT Structure Set have different frames of reference"
        raise Refusal("DOSE_FRAME_DIFFERS", found, where)


def check_frames(
    dose: DoseGrid, structures: Sequence[Structure]
) -> tuple[tuple[Structure, ...], list[Finding]]:
    """Return the structures without the contours that the dose cannot be put to, and why.

    Parameters
    ----------
    dose : DoseGrid
        The dose.
    structures : sequence of Structure
        Of the same plan.
    """
    kept: list[Structure] = []
    findings: list[Finding] = []
    frame = dose.frame_of_reference_uid
    if structures and (not frame or any(not s.frame_of_reference_uid for s in structures)):
        found = "dose or structures do not state their frame of reference"
        findings.append(finding("FRAME_OF_REFERENCE_MISSING", found))
    for structure in structures:
        theirs = structure.frame_of_reference_uid
        if frame and theirs and theirs != frame:
            found = "the ROI is drawn in another frame of reference than the dose"
            findings.append(finding("ROI_FRAME_DIFFERS", found, structure.roi_name))
            structure = replace(structure, points_mm=NO_POINTS, contour_starts=NO_CONTOURS)
        kept.append(structure)
    return tuple(kept), findings


def check_plausible(dose: DoseGrid, prescriptions: Sequence[Prescription]) -> list[Finding]:
    """Return a finding if the maximum dose cannot be that of these prescriptions.

    Parameters
    ----------
    dose : DoseGrid
        The dose.
    prescriptions : sequence of Prescription
        Of the same plan.
    """
    if not prescriptions:
        return []
    maximum = float(dose.dose_gy.max())
    prescribed = max(prescription.dose_gy for prescription in prescriptions)
    low, high = PLAUSIBLE_MAXIMUM
    if low * prescribed <= maximum <= high * prescribed:
        return []
    found = f"the maximum dose is {maximum:.4g} Gy where {prescribed:g} Gy are prescribed"
    return [finding("DOSE_PRESCRIPTION_IMPLAUSIBLE", found)]
