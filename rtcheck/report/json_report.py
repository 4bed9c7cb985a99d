"""The Report as JSON: schema ``rtcheck-report/1``, everything, unrounded. Keys are a contract."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files

from rtcheck.metrics.opinion import EngineValue
from rtcheck.plan import Finding, Prescription
from rtcheck.report.record import Curve, PlanFacts, Report
from rtcheck.verdict import Evidence, Verdict


def write_json(report: Report) -> str:
    """Return the report as JSON text.

    Raises
    ------
    ValueError
        If a number is not finite: JSON has no word for it, and rtcheck has no use for it.
    """
    return json_text(report_as_dict(report))


def json_text(document: Mapping[str, object]) -> str:
    """Return a document as indented JSON text with a closing newline."""
    return json.dumps(document, allow_nan=False, ensure_ascii=False, indent=1) + "\n"


def report_schema() -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of what `write_json` and `reports_as_dict` write."""
    place = files("rtcheck.report").joinpath("schemas/report.json")
    schema: dict[str, object] = json.loads(place.read_text(encoding="utf-8"))
    return schema


def reports_as_dict(
    reports: Sequence[Report], unreadable: Sequence[Mapping[str, object]] = ()
) -> dict[str, object]:
    """Return one report as ``rtcheck-report/1``, and anything else as ``rtcheck-reports/1``.

    Parameters
    ----------
    reports : sequence of Report
        In the order they were made.
    unreadable : sequence of mapping
        Inputs no report could be made of: ``{"argument": 2, "error": "RTC-…"}``.
    """
    if len(reports) == 1 and not unreadable:
        return report_as_dict(reports[0])
    return {
        "schema": "rtcheck-reports/1",
        "reports": [report_as_dict(report) for report in reports],
        "unreadable": [dict(entry) for entry in unreadable],
    }


def report_as_dict(report: Report) -> dict[str, object]:
    """Return the report as plain dictionaries and lists."""
    p = report.protocol
    return {
        "schema": "rtcheck-report/1",
        "rtcheck": report.rtcheck_version,
        "created": report.created,
        "overall": report.overall.value,
        "exit_code": report.exit_code,
        "counts": {outcome.value: n for outcome, n in report.counts().items()},
        "plan": plan_as_dict(report.plan),
        "protocol": {
            "id": p.id,
            "version": p.version,
            "sha256": p.sha256,
            "title": p.title,
            "status": p.status,
            "variant": p.variant,
        },
        "settings": dict(report.settings),
        "findings": [finding_as_dict(finding) for finding in report.findings],
        "verdicts": [verdict_as_dict(verdict) for verdict in report.verdicts],
        "checklist": list(report.checklist),
        "curves": [_curve_as_dict(curve) for curve in report.curves],
        "evidence": [_evidence_as_dict(evidence) for evidence in report.evidence],
        "pictures": [
            {"title": p.title, "description": p.description, "goals": list(p.goals)}
            for p in report.pictures
        ],
        "review": [
            {"statement": line.statement, "holds": line.holds, "codes": list(line.codes)}
            for line in report.review
        ],
    }


def plan_as_dict(plan: PlanFacts) -> dict[str, object]:
    """Return what a report says of the plan."""
    return {
        "rt_plan_label": plan.rt_plan_label,
        "sop_instance_uids": uids_as_dict(plan.sop_instance_uids),
        "prescriptions": [prescription_as_dict(rx) for rx in plan.prescriptions],
        "number_of_fractions_planned": plan.number_of_fractions_planned,
        "details": dict(plan.details),
    }


def uids_as_dict(uids: Mapping[str, object]) -> dict[str, object]:
    """Return UIDs as text, or lists of text."""
    return {
        key: [str(uid) for uid in value] if isinstance(value, list | tuple) else value
        for key, value in uids.items()
    }


def prescription_as_dict(rx: Prescription) -> dict[str, object]:
    """Return a prescription with its source."""
    return {
        "name": rx.name,
        "dose_gy": rx.dose_gy,
        "number_of_fractions_planned": rx.number_of_fractions_planned,
        "days": rx.fraction_pattern.days if rx.fraction_pattern else None,
        "roi_number": rx.roi_number,
        "source": rx.source,
    }


def finding_as_dict(finding: Finding) -> dict[str, object]:
    """Return a finding."""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "text": finding.text,
        "where": finding.where,
    }


def verdict_as_dict(v: Verdict) -> dict[str, object]:
    """Return a verdict: everything of it, unrounded."""
    return {
        "goal": v.goal,
        "structure": v.structure,
        "roi": v.roi,
        "found": [
            {
                "roi_name": found.roi_name,
                "roi_number": found.roi_number,
                "matched_by": found.matched_by,
                "role": found.role,
            }
            for found in v.found
        ],
        "metric": v.metric,
        "dose": v.dose,
        "value": v.value,
        "low": v.low,
        "high": v.high,
        "unit": v.unit,
        "value_text": v.value_text,
        "per_protocol": v.per_protocol,
        "acceptable": v.acceptable,
        "outcome": v.outcome.value,
        "borderline": v.borderline,
        "by_model": dict(v.by_model),
        "reason": None if v.reason is None else v.reason.value,
        "detail": v.detail,
        "margin": v.margin,
        "tps_value": v.tps_value,
        "tps_differs": v.tps_differs,
        "tps_outcome": None if v.tps_outcome is None else v.tps_outcome.value,
        "second_engine": engine_as_dict(v.second_engine),
        "required": v.required,
        "source": {"ref": v.source_ref, "where": v.source_where, "cite": v.source_cite},
        "note": v.note,
        "prescription": v.prescription,
        "definition": v.definition,
        "other_metrics": [
            {
                "metric": m.metric,
                "value": m.value,
                "low": m.low,
                "high": m.high,
                "unit": m.unit,
                "tps_value": m.tps_value,
                "second_engine": engine_as_dict(m.second_engine),
                "reason": None if m.reason is None else m.reason.value,
            }
            for m in v.others
        ],
    }


def engine_as_dict(said: EngineValue | None) -> dict[str, object] | None:
    """Return what a second engine says; None when none was asked."""
    if said is None:
        return None
    return {
        "name": said.name,
        "version": said.version,
        "value": said.value,
        "reason_text": said.reason,
        "differs": said.differs,
    }


def _curve_as_dict(curve: Curve) -> dict[str, object]:
    return {
        "name": curve.name,
        "volume_cm3": curve.volume_cm3,
        "color": None if curve.color is None else list(curve.color),
        "dose_gy": list(curve.dose_gy),
        "volume_percent": list(curve.volume_percent),
        "low_percent": list(curve.low_percent),
        "high_percent": list(curve.high_percent),
        "roi_number": curve.roi_number,
    }


def _evidence_as_dict(evidence: Evidence) -> dict[str, object]:
    return {
        "goal": evidence.goal,
        "roi": evidence.roi,
        "metric": evidence.metric,
        "dose": evidence.dose,
        "is_too_much": evidence.is_too_much,
        "limit_gy": evidence.limit_gy,
        "excess_cm3": evidence.excess_cm3,
        "beyond_cm3": evidence.beyond_cm3,
        "centroid_mm": list(evidence.centroid_mm),
        "z_range_mm": list(evidence.z_range_mm),
        "slices": evidence.slices,
        "worst_mm": list(evidence.worst_mm),
        "worst_gy": evidence.worst_gy,
        "plane_mm": evidence.plane_mm,
        "overlaps": [{"target": name, "cm3": cm3} for name, cm3 in evidence.overlaps],
        "least_change": evidence.least_change,
        "changes": [
            {
                "limit": change.limit,
                "tier": change.tier,
                "volume_cm3": change.volume_cm3,
                "dose_gy": change.dose_gy,
                "words": change.words,
            }
            for change in evidence.changes
        ],
    }
