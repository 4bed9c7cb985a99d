"""The whole river: read a plan, measure it, check it against a protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import rtcheck
from rtcheck.dicom import read_plans
from rtcheck.dicom.consistency import check_plausible
from rtcheck.errors import CannotSay, UsageError
from rtcheck.geometry import GEOMETRY_MODELS
from rtcheck.geometry.lattice import TARGET_VOXELS
from rtcheck.metrics.bench import roi
from rtcheck.metrics.opinions import Opinions
from rtcheck.open_plan import OpenPlan, Region, model_named
from rtcheck.plan import (
    Finding,
    Plan,
    Prescription,
    Severity,
    parse_prescription,
)

if TYPE_CHECKING:
    from rtcheck.protocol import Protocol
    from rtcheck.report.record import Curve, Report
    from rtcheck.verdict import Verdict

# Rules, verdicts and reports are imported by what needs them: reading and measuring do not.

PathLike = str | Path

TARGET_TYPES = ("PTV", "CTV", "GTV")
"""RTROIInterpretedType of targets."""


def read_all(
    *paths: PathLike, plan: str | None = None, rx: Iterable[str] = (), geometry: str = "smooth"
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

    Raises
    ------
    DicomError
        If there is nothing to read.
    UsageError
        If a path does not exist, or there is no such plan or geometry.
    """
    model_named(geometry)
    given = [parse_prescription(text) for text in rx]
    records = read_plans([Path(p) for p in paths], plan=plan)
    return [OpenPlan(with_prescriptions(record, given), geometry) for record in records]


def read(
    *paths: PathLike, plan: str | None = None, rx: Iterable[str] = (), geometry: str = "smooth"
) -> OpenPlan:
    """Return the one plan in folders, files or ZIP archives; see `read_all`.

    Raises
    ------
    UsageError
        If there are several, naming them.
    """
    plans = read_all(*paths, plan=plan, rx=rx, geometry=geometry)
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
    kept = list(plan.findings)
    if given and plan.dose is not None:
        # Whether the dose can be that of the prescription is asked again of the user's own.
        kept = [f for f in kept if f.code != "DOSE_PRESCRIPTION_IMPLAUSIBLE"]
        kept += check_plausible(plan.dose, given)
    return replace(
        plan,
        prescriptions=(*given, *plan.prescriptions),
        findings=(*kept, *findings),
    )


def check(
    plan: OpenPlan | PathLike,
    protocol: str | Path | Protocol,
    *,
    variant: str = "",
    structure_map: Mapping[str, str | Sequence[str]] | None = None,
    aliases: Mapping[str, Sequence[str]] | None = None,
    rx: Iterable[str] = (),
    geometry: str | None = None,
    second_engine: str | None = None,
) -> Report:
    """Return the report of a plan checked against a protocol.

    Parameters
    ----------
    plan : OpenPlan, str or Path
        A plan that was read, or where to read it.
    protocol : str, Path or Protocol
        Id (``"id"`` or ``"id@variant"``), path of a rule file, or a loaded protocol.
    variant : str
        Variant of the protocol, when the reference does not name it.
    structure_map : mapping of str to str, optional
        Role to ROI name.
    aliases : mapping of str to sequence of str, optional
        A clinic's own names for roles.
    rx : iterable of str
        Prescriptions given by the user, such as ``"PTV=50 Gy/25"``.
    geometry : str, optional
        Geometry model; the plan's own by default.
    second_engine : {"dicompyler"}, optional
        Another engine whose values stand beside rtcheck's own (extra `dicompyler`). It never
        changes an outcome.

    Raises
    ------
    RtcheckError
        If plan or rules cannot be read. What cannot be judged is a verdict, not an error.
    """
    from rtcheck.protocol import with_aliases
    from rtcheck.report.record import PlanFacts, ProtocolFacts, Report
    from rtcheck.verdict import overall
    from rtcheck.verdict.judge import is_blocked, judge

    rules, variant = _rules(protocol, variant)
    if aliases:
        rules = with_aliases(rules, aliases)
    if not isinstance(plan, OpenPlan):
        plan = read(plan, geometry=geometry or "smooth")
    given = [parse_prescription(text) for text in rx]
    if given or (geometry and geometry != plan.geometry):
        model_named(geometry or plan.geometry)
        plan = OpenPlan(with_prescriptions(plan.record, given), geometry or plan.geometry)
    _require_known_targets(plan.record, rules)
    # The engine, with what it has computed, is the plan's; what differs is this report's.
    opinions = Opinions(plan.record, plan.opinions(second_engine).engine)
    verdicts = judge(
        plan.record,
        rules,
        variant=variant,
        structure_map=structure_map,
        bench=plan.bench,
        opinions=opinions,
    )
    return Report(
        overall=overall(verdicts, blocked=is_blocked(plan.record)),
        plan=PlanFacts.of(plan.record),
        protocol=ProtocolFacts(
            rules.id, rules.version, rules.title, rules.status.value, rules.sha256, variant
        ),
        settings=_settings(plan, structure_map) | opinions.settings(),
        findings=(
            *plan.findings,
            *plan.bench.findings(),
            *opinions.findings(),
            *_unchecked_targets(plan.record, verdicts),
        ),
        verdicts=verdicts,
        checklist=rules.checklist,
        curves=_curves(plan, verdicts),
        rtcheck_version=rtcheck.__version__,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _rules(protocol: str | Path | Protocol, variant: str) -> tuple[Protocol, str]:
    from rtcheck.protocol import Protocol, load_protocol, split_reference
    from rtcheck.protocol.lint import require_sound

    if isinstance(protocol, Protocol):
        rules, named = protocol, ""
    else:
        named = split_reference(str(protocol))[1]
        rules = load_protocol(protocol)
    require_sound(rules)
    variant = variant or named
    if variant and variant not in rules.variants:
        known = ", ".join(rules.variants) or "none"
        raise UsageError(f"variant {variant!r} of {rules.id}", expected=f"one of: {known}")
    return rules, variant


def _unchecked_targets(plan: Plan, verdicts: Iterable[Verdict]) -> tuple[Finding, ...]:
    """Return a finding for each target of the plan that no goal was judged on."""
    looked_at = {found.roi_number for verdict in verdicts for found in verdict.found}
    prescribed = {p.roi_number: p for p in plan.prescriptions if p.roi_number is not None}
    findings = []
    for structure in plan.structures:
        number = structure.roi_number
        is_target = structure.rt_roi_interpreted_type in TARGET_TYPES or number in prescribed
        if is_target and number not in looked_at and not structure.is_empty:
            text = "a target of the plan that no goal was judged on; its name fits no role: map it"
            text += f" ({prescribed[number]})" if number in prescribed else ""
            findings.append(Finding("TARGET_NOT_CHECKED", Severity.WARNS, text, structure.roi_name))
    return tuple(findings)


def _require_known_targets(plan: Plan, rules: Protocol) -> None:
    """Refuse a prescription of the user that is of no ROI, role or prescription: a slip."""
    from rtcheck.protocol.names import normalise

    names = [s.roi_name for s in plan.structures] + list(rules.roles)
    names += [p.name for p in rules.prescriptions]
    known = {normalise(name) for name in names}
    for rx in plan.prescriptions:
        if rx.given_by_user and normalise(rx.name) not in known:
            raise UsageError(
                f"a prescription for {rx.name!r}",
                expected="the name of an ROI, or of a target of the protocol",
                hint="Targets of the protocol: "
                + (", ".join(p.name for p in rules.prescriptions) or "none"),
            )


def _settings(
    plan: OpenPlan, structure_map: Mapping[str, str | Sequence[str]] | None
) -> dict[str, str]:
    settings = {
        "geometry": plan.geometry,
        "dose_interpolation": "trilinear",
        "sampling": f"{TARGET_VOXELS} voxels a structure; four times as many where too coarse",
        "interval": (
            "four geometry models, ends anywhere within a slice, dose that bends between grid "
            "points, the error of the sampling, and what lies outside the dose grid"
        ),
    }
    for role, names in (structure_map or {}).items():
        settings[f"map {role}"] = names if isinstance(names, str) else " | ".join(names)
    return settings


def _curves(plan: OpenPlan, verdicts: Iterable[Verdict]) -> tuple[Curve, ...]:
    """Return the curves of the ROIs that the verdicts found, each once, in their order."""
    from rtcheck.report.curves import thin_curve

    numbers = dict.fromkeys(f.roi_number for v in verdicts for f in v.found)
    curves = []
    for number in numbers:
        structure = plan.record.structure(number)
        try:
            dvh = plan.bench.dvh(roi(number))
            curves.append(thin_curve(structure.roi_name, dvh, structure.roi_display_color))
        except (CannotSay, ArithmeticError, LookupError, MemoryError, ValueError):
            continue  # its verdicts say why
    return tuple(curves)


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


__all__ = [
    "GEOMETRY_MODELS",
    "OpenPlan",
    "Region",
    "check",
    "read",
    "read_all",
    "role_matches",
]
