"""How old the files of one plan are, and whether a later version of one lies beside it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from rtcheck.dicom.attributes import text
from rtcheck.dicom.codes import finding
from rtcheck.dicom.link import PlanFiles
from rtcheck.dicom.rtobject import Modality, RtObject
from rtcheck.plan import Finding

SLACK = timedelta(minutes=15)
"""Files of one export are written one after the other, and the clocks of two systems differ."""

NOT_TO_TREAT = ("VERIFICATION", "MACHINE_QA", "SERVICE")
"""PlanIntent (300A,000A) of plans whose dose is that of a phantom, or of no patient at all."""

_STATED = {Modality.RTPLAN: "RTPlan", Modality.RTSTRUCT: "StructureSet", Modality.RTDOSE: ""}


def check_currency(files: PlanFiles, objects: Sequence[RtObject]) -> list[Finding]:
    """Return what speaks for a file being out of date, or unwanted.

    Parameters
    ----------
    files : PlanFiles
        The objects of one plan.
    objects : sequence of RtObject
        Every object that was found, for later versions.
    """
    findings = []
    structure_set, rt_plan = files.structure_set, files.rt_plan
    for rt_object in (rt_plan, structure_set):
        if rt_object is not None and text(rt_object.header, "ApprovalStatus") == "REJECTED":
            found = f"ApprovalStatus of the {rt_object.modality} is REJECTED"
            findings.append(finding("APPROVAL_REJECTED", found, rt_object.where))
    intent = text(rt_plan.header, "PlanIntent") if rt_plan is not None else ""
    if rt_plan is not None and intent in NOT_TO_TREAT:
        found = f"PlanIntent of the RT Plan is {intent}"
        findings.append(finding("RT_PLAN_INTENT", found, rt_plan.where))
    for dose in files.doses:
        if structure_set is not None and _is_later(structure_set, dose):
            found = f"the structures are of {_said(structure_set)}, the dose of {_said(dose)}"
            findings.append(finding("STRUCTURE_SET_NEWER", found, dose.where))
        if rt_plan is not None and _is_later(rt_plan, dose):
            found = f"the plan is of {_said(rt_plan)}, the dose of {_said(dose)}"
            findings.append(finding("DOSE_OLDER", found, dose.where))
    for used, code, what in (
        (structure_set, "STRUCTURE_SET_NEWER_EXISTS", "a structure set of the same image"),
        (rt_plan, "RT_PLAN_REVISED", "a plan of the same label"),
    ):
        for other in objects if used is not None else ():
            if used is not None and _is_other_version(other, used) and _is_later(other, used):
                found = f"{what} is of {_said(other)}, the one judged of {_said(used)}"
                findings.append(finding(code, found, other.where))
    return findings


def _is_other_version(other: RtObject, used: RtObject) -> bool:
    return (
        other.modality is used.modality
        and other.sop_instance_uid != used.sop_instance_uid
        and other.patient_id == used.patient_id
        and bool(other.frame_of_reference_uids & used.frame_of_reference_uids)
        and (other.label == used.label or used.modality is Modality.RTSTRUCT)
    )


def _is_later(one: RtObject, other: RtObject) -> bool:
    """Return whether both say when they were made, and the first is clearly the later one."""
    first, second = _made(one), _made(other)
    return first is not None and second is not None and first - second > SLACK


def _said(rt_object: RtObject) -> str:
    made = _made(rt_object)
    return f"{made:%Y-%m-%d %H:%M}" if made else ""


def _made(rt_object: RtObject) -> datetime | None:
    """Return the date and time that an object states of itself, or of its file; a dose has none.

    Both must be there: of a date alone it cannot be said which of two files is the later.
    """
    for prefix in (_STATED[rt_object.modality], "InstanceCreation"):
        if prefix:
            date = text(rt_object.header, prefix + "Date").replace(".", "")
            time = text(rt_object.header, prefix + "Time").replace(":", "")
            with suppress(ValueError):
                return datetime.strptime(date[:8] + time[:6], "%Y%m%d%H%M%S")
    return None
