"""The whole river: read a plan, measure it, check it against a protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import rtcheck
from rtcheck.dicom import read_plans
from rtcheck.dicom.consistency import check_plausible
from rtcheck.dicom.limits import DEFAULT_LIMITS, Limits
from rtcheck.errors import CannotSay, UsageError
from rtcheck.gate import GATE_CODES, check_plan, checklist, unchecked_targets
from rtcheck.geometry import GEOMETRY_MODELS
from rtcheck.geometry.lattice import TARGET_VOXELS
from rtcheck.metrics import Needs, parse_metric
from rtcheck.metrics.bench import roi
from rtcheck.metrics.opinions import Opinions
from rtcheck.open_plan import OpenPlan, Region, model_named
from rtcheck.plan import (
    Finding,
    Plan,
    Prescription,
    Severity,
    is_blocked,
    parse_prescription,
)

if TYPE_CHECKING:
    from rtcheck.geometry.expression import Expression
    from rtcheck.plan import Structure
    from rtcheck.protocol import Protocol
    from rtcheck.report.comparison import Comparison
    from rtcheck.report.record import Curve, Report
    from rtcheck.verdict import Verdict
    from rtcheck.verdict.judge import Subjects, Watch

# Rules, verdicts and reports are imported by what needs them: reading and measuring do not.

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
    watch: Watch | None = None,
    date: str | None = None,
    anonymize: bool = False,
    pictures: bool = False,
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
    watch : callable, optional
        Is told what comes next, and how many goals of how many are done: for timings and progress.
    date : str, optional
        Date that the report bears, in ISO 8601; now if not given. With it the same input gives the
        same bytes.
    anonymize : bool
        Leave no name, ID, birth date or UID of the patient in the report; see
        `rtcheck.report.anonymize`.
    pictures : bool
        Whether to draw planes of the plan: through the worst point of each deviation and through
        the centre of each target, on the CT where the export holds it.

    Raises
    ------
    RtcheckError
        If plan or rules cannot be read. What cannot be judged is a verdict, not an error.
    """
    from rtcheck.protocol import with_aliases
    from rtcheck.report.dates import dated
    from rtcheck.report.pictures import make_pictures
    from rtcheck.report.record import PlanFacts, ProtocolFacts, Report
    from rtcheck.verdict import overall
    from rtcheck.verdict.judge import judge
    from rtcheck.verdict.violations import find_evidence

    created = dated(date)
    rules, variant = _rules(protocol, variant)
    if aliases:
        rules = with_aliases(rules, aliases)
    if not isinstance(plan, OpenPlan):
        plan = read(plan, geometry=geometry or "smooth")
    plan = _as_asked(plan, rx, geometry or plan.geometry)
    _require_known_targets(plan.record, rules)
    # The engine, with what it has computed, is the plan's; what differs is this report's.
    opinions = Opinions(plan.record, plan.opinions(second_engine).engine)
    subjects: Subjects = {}
    verdicts = judge(
        plan.record,
        rules,
        variant=variant,
        structure_map=structure_map,
        bench=plan.bench,
        opinions=opinions,
        subjects=subjects,
        watch=watch,
        jobs=plan.jobs,
    )
    evidence, unplaced = find_evidence(rules, verdicts, subjects)
    if watch and pictures:
        watch("pictures", len(rules.goals), len(rules.goals))
    planes = make_pictures(plan.record, verdicts, evidence, plan.read_ct) if pictures else ((), ())
    if watch:
        watch("curves and findings", len(rules.goals), len(rules.goals))
    findings = (
        *plan.findings,
        *plan.bench.findings(),
        *opinions.findings(),
        *unchecked_targets(plan.record, (f.roi_number for v in verdicts for f in v.found)),
        *unplaced,
        *planes[1],
    )
    report = Report(
        overall=overall(verdicts, blocked=is_blocked(plan.record)),
        plan=PlanFacts.of(plan.record),
        protocol=ProtocolFacts(
            rules.id, rules.version, rules.title, rules.status.value, rules.sha256, variant
        ),
        settings=_settings(plan, structure_map) | opinions.settings(),
        findings=findings,
        verdicts=verdicts,
        checklist=rules.checklist,
        curves=_curves(plan, verdicts, subjects),
        rtcheck_version=rtcheck.__version__,
        created=created,
        evidence=evidence,
        pictures=planes[0],
        review=checklist(plan.record, findings),
    )
    if anonymize:
        from rtcheck.report.anonymize import anonymized

        return anonymized(report, plan.record)
    return report


def dicom_pdf(report: Report, plan: OpenPlan) -> bytes:
    """Return a report as a DICOM file: Encapsulated PDF in the study of its plan (extra `pdf`).

    Parameters
    ----------
    report : Report
        Made from the plan.
    plan : OpenPlan
        The plan: patient and study of the file are those of its RT Plan.

    Raises
    ------
    UsageError
        If weasyprint is not installed, or the report is of another plan or names none.
    MissingAttributeError
        If the plan's files name no study.
    """
    from rtcheck.dicom.encapsulated_pdf import encapsulated_pdf
    from rtcheck.report.dates import moment_of
    from rtcheck.report.pdf_report import write_pdf

    if dict(report.plan.sop_instance_uids) != dict(plan.record.sop_instance_uids):
        raise UsageError(
            "a report that is not of this plan, or that names no plan",
            expected="the report of the plan, made without anonymize",
        )
    created = moment_of(report.created)
    return encapsulated_pdf(write_pdf(report), plan.record, created, report.rtcheck_version)


def compare(
    plans: Iterable[OpenPlan | PathLike],
    protocol: str | Path | Protocol,
    *,
    reference: str = "",
    read_from: Sequence[str] = (),
    variant: str = "",
    structure_map: Mapping[str, str | Sequence[str]] | None = None,
    aliases: Mapping[str, Sequence[str]] | None = None,
    rx: Iterable[str] = (),
    geometry: str | None = None,
    second_engine: str | None = None,
    watch: Watch | None = None,
    date: str | None = None,
    anonymize: bool = False,
) -> Comparison:
    """Return rival plans checked against one protocol, side by side.

    Parameters
    ----------
    plans : iterable of OpenPlan, str or Path
        Plans that were read, or where to read them; every plan found there is one.
    protocol : str, Path or Protocol
        As in `check`, as are all further parameters: they hold for each plan.
    reference : str
        Letter, RTPlanLabel or SOPInstanceUID of the plan that the others are held against; the
        first if none is named.
    read_from : sequence of str
        Where each plan was read, where `plans` are plans.

    Raises
    ------
    RtcheckError
        If plans or rules cannot be read, there are fewer than two plans, or no one plan has the
        label of the reference.
    """
    from rtcheck.report.comparison.build import (
        FEWEST,
        compare_reports,
        contours_of,
        key_named,
        keys,
    )
    from rtcheck.report.comparison.record import Rival
    from rtcheck.report.dates import dated

    opened: list[tuple[str, OpenPlan]] = []
    for given in plans:
        found = [given] if isinstance(given, OpenPlan) else read_all(given)
        origin = "" if isinstance(given, OpenPlan) else str(given)
        opened += [(origin, plan) for plan in found]
    if len(opened) < FEWEST:
        raise UsageError(f"{len(opened)} plan", expected="at least two to compare")
    geometry = geometry or opened[0][1].geometry
    created = dated(date)
    base = key_named([plan.record for _, plan in opened], reference)
    rivals = []
    stated = tuple(rx)
    for i, (key, (origin, plan)) in enumerate(zip(keys(len(opened)), opened, strict=True)):
        plan = _as_asked(plan, stated, geometry)
        report = check(
            plan,
            protocol,
            variant=variant,
            structure_map=structure_map,
            aliases=aliases,
            second_engine=second_engine,
            watch=watch,
            date=created,
        )
        frames = {s.frame_of_reference_uid for s in plan.structures if s.frame_of_reference_uid}
        contours = contours_of(plan.record, report, _volumes_cm3(plan, report))
        origin = read_from[i] if read_from else origin
        rivals.append(Rival(key, origin, report, contours, tuple(sorted(frames))))
    if anonymize:
        from rtcheck.report.comparison.anonymous import anonymous

        rivals = anonymous(rivals, [plan.record for _, plan in opened])
    return compare_reports(rivals, base)


def _volumes_cm3(plan: OpenPlan, report: Report) -> dict[int, float]:
    """Return by ROINumber the volumes of the ROIs that goals were judged on."""
    volumes = {}
    for number in dict.fromkeys(f.roi_number for v in report.verdicts for f in v.found):
        with suppress(CannotSay, ArithmeticError, LookupError, MemoryError, ValueError):
            volumes[number] = plan.bench.volume_cm3(roi(number))
    return volumes


def _as_asked(plan: OpenPlan, rx: Iterable[str], geometry: str) -> OpenPlan:
    """Return a plan with the user's prescriptions and geometry; itself if it is so already."""
    given = [parse_prescription(text) for text in rx]
    if not given and geometry == plan.geometry:
        return plan
    model_named(geometry)
    return replace(plan, record=with_prescriptions(plan.record, given), geometry=geometry)


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
        "sampling": (
            f"{TARGET_VOXELS} voxels a structure; up to four times as many where too coarse"
        ),
        "interval": (
            "four geometry models, ends anywhere within a slice, dose that bends between grid "
            "points, the error of the sampling, and what lies outside the dose grid"
        ),
    }
    for role, names in (structure_map or {}).items():
        settings[f"map {role}"] = names if isinstance(names, str) else " | ".join(names)
    return settings


def _curves(plan: OpenPlan, verdicts: Sequence[Verdict], subjects: Subjects) -> tuple[Curve, ...]:
    """Return the curves of what goals on dose were measured on, and of all other ROIs they found.

    Each once, in the order of the verdicts.
    """
    from rtcheck.report.curves import thin_curve
    from rtcheck.report.dvh_limits import curve_name

    wanted: dict[Expression, tuple[str, Structure | None]] = {}
    for verdict in verdicts:
        for found in verdict.found:
            structure = plan.record.structure(found.roi_number)
            wanted.setdefault(roi(found.roi_number), (structure.roi_name, structure))
        number = next((f.roi_number for f in verdict.found if f.roi_name == verdict.roi), None)
        subject = subjects.get((verdict.goal, number))
        if subject and subject.tree and parse_metric(verdict.metric).needs & Needs.DOSE:
            wanted.setdefault(subject.tree, (curve_name(verdict), None))
    curves = []
    for tree, (name, own) in wanted.items():
        try:
            dvh = plan.bench.dvh(tree)
            curve = thin_curve(
                name,
                dvh,
                own.roi_display_color if own else None,
                roi_number=own.roi_number if own else None,
                band=partial(plan.bench.volume_band_percent, tree),
            )
        except (CannotSay, ArithmeticError, LookupError, MemoryError, ValueError):
            continue  # its verdicts say why
        curves.append(curve)
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
    "compare",
    "dicom_pdf",
    "read",
    "read_all",
    "role_matches",
]
