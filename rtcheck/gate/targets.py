"""Which ROIs are targets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rtcheck.gate.codes import finding
from rtcheck.gate.outline import Outline
from rtcheck.plan import TARGET_TYPES, Finding, Plan, Severity, Structure, plan_blocks

NOT_OF_THE_PATIENT = (
    "EXTERNAL", "SUPPORT", "BOLUS", "FIXATION", "MARKER", "CONTROL", "REGISTRATION",
)  # fmt: skip
"""RTROIInterpretedType of what is not, or not only, inside the patient."""

_NAME = re.compile(r"(PTV|ITV|CTV|GTV)(?![a-z])(.*)", re.IGNORECASE)


def targets_of(plan: Plan, outlines: Mapping[int, Outline]) -> list[Outline]:
    """Return the targets: by type, by name, or because something is prescribed to them."""
    return [outline for outline in outlines.values() if is_target(plan, outline.structure)]


def is_target(plan: Plan, structure: Structure) -> bool:
    """Return whether an ROI is a target: by type, by name, or by what is prescribed to it."""
    return (
        structure.rt_roi_interpreted_type in TARGET_TYPES
        or structure.roi_number in {p.roi_number for p in plan.prescriptions}
        or _NAME.fullmatch(structure.roi_name) is not None
    )


def empty_targets(plan: Plan) -> list[Finding]:
    """Return the targets, by type or prescription, that were never drawn."""
    prescribed = {p.roi_number for p in plan.prescriptions}
    told = {f.where for f in plan.findings if f.is_about_roi and f.severity is Severity.BLOCKS}
    return [
        finding("TARGET_EMPTY", "the target has no contours", structure.roi_name)
        for structure in plan.structures
        if structure.is_empty
        and (
            structure.rt_roi_interpreted_type in TARGET_TYPES or structure.roi_number in prescribed
        )
        and structure.roi_name not in told
    ]


def unchecked_targets(plan: Plan, looked_at: Iterable[int]) -> tuple[Finding, ...]:
    """Return a finding for each target of the plan that no goal was judged on.

    None of a plan that is blocked: nothing of it is judged, and that is said.

    Parameters
    ----------
    plan : Plan
        The plan.
    looked_at : iterable of int
        ROINumbers that goals were judged on.
    """
    if plan_blocks(plan):
        return ()
    judged = set(looked_at)
    prescribed = {p.roi_number: p for p in plan.prescriptions if p.roi_number is not None}
    findings = []
    for structure in plan.structures:
        number = structure.roi_number
        is_target = structure.rt_roi_interpreted_type in TARGET_TYPES or number in prescribed
        if is_target and number not in judged and not structure.is_empty:
            text = "a target of the plan that no goal was judged on; its name fits no role: map it"
            text += f" ({prescribed[number]})" if number in prescribed else ""
            findings.append(Finding("TARGET_NOT_CHECKED", Severity.WARNS, text, structure.roi_name))
    return tuple(findings)


def kind_and_rest(name: str) -> tuple[str, str] | None:
    """Return kind and rest of a target's name, the rest without blanks; None of any other.

    Examples
    --------
    >>> kind_and_rest("PTV_High"), kind_and_rest("gtv 54"), kind_and_rest("Heart")
    (('PTV', 'high'), ('GTV', '54'), None)
    """
    match = _NAME.fullmatch(name)
    return match and (match[1].upper(), re.sub(r"[\s_\-^.]", "", match[2]).lower())
