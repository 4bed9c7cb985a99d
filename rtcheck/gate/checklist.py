"""What AAPM MPPG 11.a asks of a plan review, as far as files can answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rtcheck.gate.targets import is_target
from rtcheck.plan import Finding, Plan, Severity, plan_blocks


@dataclass(frozen=True)
class Checked:
    """One line of the checklist.

    Parameters
    ----------
    statement : str
        What should hold.
    holds : bool or None
        Whether it does; None where the files do not say.
    codes : tuple of str
        Codes of the findings that speak against it.
    """

    statement: str
    holds: bool | None
    codes: tuple[str, ...] = ()


_ITEMS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Plan, structures and dose are of one patient and refer to each other",
        "rt_plan structures dose",
        (
            "PATIENT_",
            "STUDY_DIFFERS",
            "STRUCTURE_SET_LINK",
            "STRUCTURE_SET_COPIES",
            "DOSE_LINK",
            "DOSE_OF_",
            "DOSE_STRUCTURE_SET",
            "DOSE_COPIES",
            "RT_PLAN_COPIES",
        ),
    ),
    (
        "Structures and dose are of one image",
        "structures dose",
        ("FRAME_", "DOSE_FRAME_DIFFERS", "ROI_FRAME_", "RT_PLAN_FRAME_", "STRUCTURE_OUTSIDE_BODY"),
    ),
    (
        "No file is older than what it was made from, and none was rejected",
        "rt_plan structures dose",
        (
            "STRUCTURE_SET_NEWER",
            "DOSE_OLDER",
            "RT_PLAN_REVISED",
            "RT_PLAN_INTENT",
            "APPROVAL_",
            "TPS_DVH_STALE",
        ),
    ),
    (
        "The dose is the physical dose of all beams and fractions of the plan",
        "dose",
        (
            "DOSE_SUMMATION",
            "DOSE_PARTS",
            "DOSE_MULTI",
            "DOSE_AMBIGUOUS",
            "DOSE_TYPE",
            "DOSE_UNITS",
            "DOSE_HOMOGENEOUS",
            "DOSE_CUT_OFF",
        ),
    ),
    (
        "The dose has the level of the prescription",
        "dose prescription targets",
        ("DOSE_LEVEL", "DOSE_PRESCRIPTION", "FRACTION", "PRESCRIPTION_"),
    ),
    ("The dose grid covers every target", "dose targets", ("TARGET_OUTSIDE", "DOSE_PLANES")),
    ("The dose grid is fine enough for the smallest target", "dose targets", ("DOSE_GRID_COARSE",)),
    (
        "Every contour is closed, and on every slice",
        "structures",
        ("CONTOUR", "ROI_CONTOURS", "ROI_UNREADABLE", "ROI_NUMBER", "STRUCTURE_THIN"),
    ),
    (
        "Names, sides and sizes of the structures are plausible",
        "structures",
        ("ROI_NAME", "NAMES_", "SIDE", "PLACE_", "VOLUME_", "TARGET_NOT_NESTED", "TARGET_EMPTY"),
    ),
    ("Every target was judged by a goal", "targets judged", ("TARGET_NOT_CHECKED",)),
    ("Earlier treatment is in the dose", "history", ()),
)
"""Statement, what must be there for it to be said at all, beginnings of codes against it."""


def checklist(plan: Plan, findings: Iterable[Finding]) -> tuple[Checked, ...]:
    """Return the checklist of a plan.

    Parameters
    ----------
    plan : Plan
        The plan.
    findings : iterable of Finding
        Everything that was found.
    """
    grave = [f.code for f in findings if f.severity is not Severity.INFORMS]
    there = {
        "rt_plan": "rt_plan" in plan.sop_instance_uids,
        "structures": any(not structure.is_empty for structure in plan.structures),
        "targets": any(is_target(plan, s) for s in plan.structures if not s.is_empty),
        "dose": plan.dose is not None,
        "prescription": bool(plan.prescriptions),
        "judged": not plan_blocks(plan),
    }
    lines = []
    for statement, needs, against in _ITEMS:
        codes = tuple(dict.fromkeys(code for code in grave if code.startswith(against)))
        known = all(there.get(need, False) for need in needs.split())
        lines.append(Checked(statement, False if codes else True if known else None, codes))
    return tuple(lines)
