"""The whole river: read a plan, measure it, check it against a protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import rtcheck
from rtcheck.dicom import read_plans
from rtcheck.dvh import Dvh
from rtcheck.errors import CannotSay, Reason, UsageError
from rtcheck.geometry import GEOMETRY_MODELS, GeometryModel, parse_expression
from rtcheck.geometry.expression import Combine, Expression, Grow, Name
from rtcheck.metrics import Measurement, parse_metric
from rtcheck.metrics.base import biological_dose_fits, measure
from rtcheck.metrics.bench import DOSE_KINDS, Bench, BenchSubject, roi
from rtcheck.plan import (
    Finding,
    Plan,
    Prescription,
    Severity,
    Structure,
    parse_prescription,
)
from rtcheck.protocol import (
    Protocol,
    list_protocols,
    load_protocol,
    match_roles,
    split_reference,
    with_aliases,
)
from rtcheck.report.curves import thin_curve
from rtcheck.report.record import Curve, PlanFacts, ProtocolFacts, Report
from rtcheck.verdict import Verdict, overall
from rtcheck.verdict.judge import judge, plan_blocks

PathLike = str | Path


@dataclass(frozen=True, eq=False)
class Region:
    """A structure, or an expression of structures, of one plan.

    Parameters
    ----------
    name : str
        As asked for.
    plan : OpenPlan
        The plan.
    """

    name: str
    plan: OpenPlan
    _tree: Expression

    def dvh(self) -> Dvh:
        """Return the dose-volume histogram (Gy, cm3).

        Raises
        ------
        CannotSay
            If there is no dose, or nothing of the structure.
        """
        return self.plan.bench.dvh(self._tree)

    @property
    def volume_cm3(self) -> float:
        """Return the volume in cm3.

        Raises
        ------
        CannotSay
            If there is nothing of the structure.
        """
        return self.plan.bench.solid(self._tree).volume_cm3

    def measure(
        self,
        metric: str,
        *,
        prescription: str | None = None,
        dose: str = "physical",
        alpha_beta_gy: float | None = None,
    ) -> Measurement:
        """Return a metric of the region: value, bounds and unit, or the reason why not.

        Parameters
        ----------
        metric : str
            Notation, such as ``"Mean[Gy]"`` or ``"V95%[%]"``.
        prescription : str, optional
            Name of the prescription that percentages refer to; there is no default.
        dose : {"physical", "BED", "EQD2"}
            Which dose to measure in, voxel by voxel.
        alpha_beta_gy : float, optional
            For BED and EQD2, in Gy.

        Raises
        ------
        MetricError
            If the metric is not of the notation.
        UsageError
            If there is no such kind of dose, or the metric cannot be measured in it.
        """
        if dose not in DOSE_KINDS:
            raise UsageError(f"dose {dose!r}", expected="one of " + ", ".join(DOSE_KINDS))
        parsed = parse_metric(metric)
        if dose != "physical" and not biological_dose_fits(parsed):
            raise UsageError(
                f"{metric} in {dose}",
                expected="a metric of the dose, in Gy: a prescription is of physical dose",
            )
        subject = BenchSubject(
            self.plan.bench,
            self._tree,
            self.plan.resolve,
            lambda: self.plan.prescription(prescription),
            dose,
            alpha_beta_gy,
        )
        return measure(parsed, subject, self.name)


@dataclass(frozen=True, eq=False)
class OpenPlan:
    """A plan that was read, ready to be measured and checked.

    Parameters
    ----------
    record : Plan
        What was read.
    geometry : str
        Geometry model; one of `GEOMETRY_MODELS`.
    """

    record: Plan
    geometry: str = "smooth"

    @cached_property
    def bench(self) -> Bench:
        """Return the solids and histograms of the plan, each computed once."""
        return Bench(self.record, _model(self.geometry))

    @property
    def label(self) -> str:
        """Return RTPlanLabel."""
        return self.record.rt_plan_label

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what is wrong or doubtful in the input."""
        return self.record.findings

    @property
    def structures(self) -> tuple[Structure, ...]:
        """Return every ROI, empty ones included."""
        return self.record.structures

    @property
    def prescriptions(self) -> tuple[Prescription, ...]:
        """Return the target prescriptions."""
        return self.record.prescriptions

    def __getitem__(self, expression: str) -> Region:
        """Return a structure or an expression of structures, by ROI names as exported.

        Raises
        ------
        ExpressionError
            If the expression cannot be read.
        UsageError
            If it names an ROI that the plan does not have, or has twice.
        """
        return Region(expression, self, self.resolve(expression))

    def resolve(self, expression: str) -> Expression:
        """Return an expression of ROI names with ROI numbers in their place."""
        names = {s.roi_name for s in self.structures}
        return self._resolved(parse_expression(expression, names))

    def _resolved(self, tree: Expression) -> Expression:
        if isinstance(tree, Combine):
            return Combine(tree.operator, self._resolved(tree.left), self._resolved(tree.right))
        if isinstance(tree, Grow):
            return replace(tree, of=self._resolved(tree.of))
        return roi(self._roi_number(tree))

    def _roi_number(self, name: Name) -> int:
        numbers = [s.roi_number for s in self.structures if s.roi_name == name.name]
        if len(numbers) == 1:
            return numbers[0]
        if numbers:
            raise UsageError(f"{len(numbers)} ROIs named {name.name!r}")
        import difflib

        names = [s.roi_name for s in self.structures]
        near = difflib.get_close_matches(name.name, names, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise UsageError(f"no ROI named {name.name!r}", where=self.label, hint=hint)

    def prescription(self, name: str | None) -> Prescription:
        """Return the prescription of that name, which percentages refer to.

        Raises
        ------
        CannotSay
            If no name is given, or there is not exactly one such prescription.
        """
        stated = "; ".join(map(str, self.prescriptions)) or "none"
        if name is None:
            raise CannotSay(Reason.NO_PRESCRIPTION, f"name one of: {stated}")
        named = [p for p in self.prescriptions if p.name == name]
        named = [p for p in named if p.given_by_user] or named
        if not named:
            raise CannotSay(Reason.NO_PRESCRIPTION, f"{name}; the plan has: {stated}")
        if len({(p.dose_gy, p.number_of_fractions_planned) for p in named}) > 1:
            raise CannotSay(Reason.PRESCRIPTION_AMBIGUOUS, stated)
        return named[0]


def _model(geometry: str) -> GeometryModel:
    if geometry not in GEOMETRY_MODELS:
        raise UsageError(f"geometry {geometry!r}", expected="one of " + ", ".join(GEOMETRY_MODELS))
    return GeometryModel(geometry)


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
    _model(geometry)
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
    return replace(
        plan,
        prescriptions=(*given, *plan.prescriptions),
        findings=(*plan.findings, *findings),
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

    Raises
    ------
    RtcheckError
        If plan or rules cannot be read. What cannot be judged is a verdict, not an error.
    """
    rules, variant = _rules(protocol, variant)
    if aliases:
        rules = with_aliases(rules, aliases)
    if not isinstance(plan, OpenPlan):
        plan = read(plan, geometry=geometry or "smooth")
    given = [parse_prescription(text) for text in rx]
    if given or (geometry and geometry != plan.geometry):
        _model(geometry or plan.geometry)
        plan = OpenPlan(with_prescriptions(plan.record, given), geometry or plan.geometry)
    verdicts = judge(
        plan.record,
        rules,
        variant=variant,
        structure_map=structure_map,
        bench=plan.bench,
    )
    return Report(
        overall=overall(verdicts, blocked=bool(plan_blocks(plan.record))),
        plan=PlanFacts.of(plan.record),
        protocol=ProtocolFacts(
            rules.id, rules.version, rules.title, rules.status.value, rules.sha256, variant
        ),
        settings=_settings(plan, structure_map),
        findings=plan.findings + plan.bench.findings(),
        verdicts=verdicts,
        checklist=rules.checklist,
        curves=_curves(plan, verdicts),
        rtcheck_version=rtcheck.__version__,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _rules(protocol: str | Path | Protocol, variant: str) -> tuple[Protocol, str]:
    if isinstance(protocol, Protocol):
        rules, named = protocol, ""
    else:
        named = split_reference(str(protocol))[1]
        rules = load_protocol(protocol)
    variant = variant or named
    if variant and variant not in rules.variants:
        known = ", ".join(rules.variants) or "none"
        raise UsageError(f"variant {variant!r} of {rules.id}", expected=f"one of: {known}")
    return rules, variant


def _settings(
    plan: OpenPlan, structure_map: Mapping[str, str | Sequence[str]] | None
) -> dict[str, str]:
    settings = {
        "geometry": plan.geometry,
        "dose_interpolation": "trilinear",
        "interval": "the part of a structure outside the dose grid",
    }
    for role, names in (structure_map or {}).items():
        settings[f"map {role}"] = names if isinstance(names, str) else " | ".join(names)
    return settings


def _curves(plan: OpenPlan, verdicts: Iterable[Verdict]) -> tuple[Curve, ...]:
    """Return the curves of the ROIs that the verdicts found, each once, in their order."""
    numbers = dict.fromkeys(f.roi_number for v in verdicts for f in v.found)
    curves = []
    for number in numbers:
        structure = plan.record.structure(number)
        try:
            dvh = plan.bench.dvh(roi(number))
            curves.append(thin_curve(structure.roi_name, dvh, structure.roi_display_color))
        except CannotSay:
            continue  # its verdicts say why
    return tuple(curves)


def role_matches(
    plan: OpenPlan, protocols: Iterable[Protocol] | None = None
) -> dict[int, list[tuple[str, str, str]]]:
    """Return, by ROINumber, the (protocol id, role, how) that each ROI would match."""
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
