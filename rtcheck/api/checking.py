"""A plan checked against a protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import rtcheck
from rtcheck.api.reading import PathLike, as_asked, read
from rtcheck.errors import CannotSay, UsageError
from rtcheck.gate import checklist, unchecked_targets
from rtcheck.geometry.lattice import TARGET_VOXELS
from rtcheck.metrics import Needs, parse_metric
from rtcheck.metrics.bench import roi
from rtcheck.metrics.opinions import Opinions
from rtcheck.open_plan import OpenPlan
from rtcheck.plan import Plan, is_blocked

if TYPE_CHECKING:
    from rtcheck.geometry.expression import Expression
    from rtcheck.plan import Structure
    from rtcheck.protocol import Protocol
    from rtcheck.report.record import Curve, Report
    from rtcheck.verdict import Verdict
    from rtcheck.verdict.judge import Subjects, Watch

# Rules, verdicts and reports are imported by what needs them: reading and measuring do not.


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
    plan = as_asked(plan, rx, geometry or plan.geometry)
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
