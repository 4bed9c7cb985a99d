"""From files to plans that can be measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rtcheck.dicom import read_plans
from rtcheck.dicom.consistency import check_plausible
from rtcheck.dicom.limits import DEFAULT_LIMITS, Limits
from rtcheck.errors import UsageError
from rtcheck.gate import GATE_CODES, check_plan
from rtcheck.open_plan import OpenPlan, model_named
from rtcheck.plan import Finding, Plan, Prescription, Severity, parse_prescription

if TYPE_CHECKING:
    from rtcheck.protocol import Protocol

PathLike = str | Path


def read_all(
    *paths: PathLike,
    plan: str | None = None,
    rx: Iterable[str] = (),
    geometry: str = "smooth",
    limits: Limits = DEFAULT_LIMITS,
    jobs: int | None = 1,
) -> list[OpenPlan]:
    """Return every plan in folders, files or ZIP archives.

    Parameters
    ----------
    *paths : str or Path
        Where to look; folders are searched with all that is in them.
    plan : str, optional
        RTPlanLabel or SOPInstanceUID of the one wanted.
    rx : iterable of str
        Prescriptions given by the user, such as ``"PTV=50 Gy/25"``.
    geometry : str
        Geometry model.
    limits : Limits
        What is not read because it is too much, such as ``Limits(file_bytes=4 * 1024**3)``.
    jobs : int or None
        How many processes may measure structures side by side, on Linux; as many as there are
        cores, up to four, if None. Values do not depend on it.

    Raises
    ------
    DicomError
        If there is nothing to read.
    UsageError
        If a path does not exist, or there is no such plan or geometry.
    """
    model_named(geometry)
    given = [parse_prescription(text) for text in rx]
    records = read_plans([Path(p) for p in paths], plan=plan, limits=limits)
    return [
        OpenPlan(with_prescriptions(record, given), geometry, paths, jobs) for record in records
    ]


def read(
    *paths: PathLike,
    plan: str | None = None,
    rx: Iterable[str] = (),
    geometry: str = "smooth",
    limits: Limits = DEFAULT_LIMITS,
    jobs: int | None = 1,
) -> OpenPlan:
    """Return the one plan in folders, files or ZIP archives; see `read_all`.

    Raises
    ------
    UsageError
        If there are several, naming them.
    """
    plans = read_all(*paths, plan=plan, rx=rx, geometry=geometry, limits=limits, jobs=jobs)
    if len(plans) != 1:
        named = ", ".join(
            f"{p.label!r} {p.record.sop_instance_uids.get('rt_plan', '')}".rstrip() for p in plans
        )
        raise UsageError(f"{len(plans)} plans: {named}", hint="Choose one with plan=, or read_all")
    return plans[0]


def with_prescriptions(plan: Plan, given: Sequence[Prescription]) -> Plan:
    """Return a plan with prescriptions that the user gave; what they overrule is a finding."""
    findings = []
    for rx in given:
        for stated in plan.prescriptions:
            differs = stated.dose_gy != rx.dose_gy or (
                rx.number_of_fractions_planned is not None
                and stated.number_of_fractions_planned is not None
                and stated.number_of_fractions_planned != rx.number_of_fractions_planned
            )
            if stated.name == rx.name and differs:
                text = f"the export states {stated}; the user gave {rx}, which is used."
                findings.append(Finding("PRESCRIPTION_OVERRULED", Severity.WARNS, text, rx.name))
        days, stated_days = rx.fraction_pattern, plan.fraction_pattern
        if days and stated_days and days.fraction_pattern != stated_days.fraction_pattern:
            text = (
                f"the export gives fractions on {stated_days.days}; the user says {days.days}, "
                "which is used."
            )
            findings.append(Finding("PRESCRIPTION_OVERRULED", Severity.WARNS, text, rx.name))
    # Whether the dose can be that of the prescription is asked again of the user's own.
    kept = [f for f in plan.findings if f.code not in GATE_CODES]
    if given and plan.dose is not None:
        kept = [f for f in kept if f.code != "DOSE_PRESCRIPTION_IMPLAUSIBLE"]
        kept += check_plausible(plan.dose, given)
    kept += check_plan(plan, given)
    return replace(
        plan,
        prescriptions=(*given, *plan.prescriptions),
        findings=(*kept, *findings),
    )


def as_asked(plan: OpenPlan, rx: Iterable[str], geometry: str) -> OpenPlan:
    """Return a plan with the user's prescriptions and geometry; itself if it is so already."""
    given = [parse_prescription(text) for text in rx]
    if not given and geometry == plan.geometry:
        return plan
    model_named(geometry)
    return replace(plan, record=with_prescriptions(plan.record, given), geometry=geometry)


def role_matches(
    plan: OpenPlan, protocols: Iterable[Protocol] | None = None
) -> dict[int, list[tuple[str, str, str]]]:
    """Return, by ROINumber, the (protocol id, role, how) that each ROI would match."""
    from rtcheck.protocol import list_protocols, match_roles

    matches: dict[int, list[tuple[str, str, str]]] = {s.roi_number: [] for s in plan.structures}
    for rules in list_protocols() if protocols is None else protocols:
        for role, match in match_roles(rules, plan.structures).items():
            for candidate in (*match.found, *match.ambiguous):
                how = str(candidate.matched_by) + (" (ambiguous)" if match.ambiguous else "")
                matches[candidate.roi_number].append((rules.id, role, how))
    return matches
