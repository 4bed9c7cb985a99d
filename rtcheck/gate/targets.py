"""Which ROIs are targets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rtcheck.gate.outline import Outline
from rtcheck.plan import Finding, Plan, Severity

TARGET_TYPES = ("PTV", "CTV", "GTV")
"""RTROIInterpretedType of targets."""

_NAME = re.compile(r"(PTV|ITV|CTV|GTV)(?![a-z])(.*)", re.IGNORECASE)


def targets_of(plan: Plan, outlines: Mapping[int, Outline]) -> list[Outline]:
    """Return the targets: by type, by name, or because something is prescribed to them."""
    prescribed = {p.roi_number for p in plan.prescriptions}
    return [
        outline
        for number, outline in outlines.items()
        if number in prescribed
        or outline.structure.rt_roi_interpreted_type in TARGET_TYPES
        or _NAME.fullmatch(outline.name)
    ]


def unchecked_targets(plan: Plan, looked_at: Iterable[int]) -> tuple[Finding, ...]:
    """Return a finding for each target of the plan that no goal was judged on.

    Parameters
    ----------
    plan : Plan
        The plan.
    looked_at : iterable of int
        ROINumbers that goals were judged on.
    """
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
