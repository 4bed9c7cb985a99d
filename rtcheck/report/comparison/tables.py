"""The comparison for machines: flat rows, CSV, and JSON of schema ``rtcheck-compare/1``."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from rtcheck.report.comparison.record import Comparison, Contours, Rival, Row, Standing
from rtcheck.report.comparison.words import contour_rows, warnings
from rtcheck.report.csv_report import csv_text
from rtcheck.report.json_report import (
    finding_as_dict,
    json_text,
    plan_as_dict,
    report_schema,
    verdict_as_dict,
)

SCHEMA = "rtcheck-compare/1"

COLUMNS = (
    "plan", "rt_plan_label", "overall", "is_reference", "protocol", "protocol_version", "goal",
    "structure", "roi", "found", "metric", "dose", "unit", "value", "low", "high", "per_protocol",
    "acceptable", "outcome", "borderline", "reason", "detail", "margin", "difference", "size",
    "change", "doubts", "required",
)  # fmt: skip


def flat_rows(comparison: Comparison) -> list[dict[str, object]]:
    """Return one flat dictionary a goal, structure and plan, numbers unrounded."""
    return [
        _flat(comparison, comparison.rival(standing.rival), row, standing)
        for row in comparison.rows
        for standing in row.standings
    ]


def _flat(comparison: Comparison, rival: Rival, row: Row, standing: Standing) -> dict[str, object]:
    v = standing.verdict
    is_reference = rival.key == comparison.reference
    found = () if v is None else v.found
    return {
        "plan": rival.key,
        "rt_plan_label": rival.label,
        "overall": rival.report.overall.value,
        "is_reference": is_reference,
        "protocol": comparison.protocol.id,
        "protocol_version": comparison.protocol.version,
        "goal": row.goal,
        "structure": row.structure,
        "roi": row.roi,
        "found": "; ".join(f.roi_name for f in found),
        "metric": row.metric,
        "dose": row.dose,
        "unit": row.unit,
        "value": None if v is None else v.value,
        "low": None if v is None else v.low,
        "high": None if v is None else v.high,
        "per_protocol": row.per_protocol if v is None else v.per_protocol,
        "acceptable": row.acceptable if v is None else v.acceptable,
        "outcome": standing.outcome.value,
        "borderline": v is not None and v.borderline,
        "reason": None if v is None or v.reason is None else v.reason.value,
        "detail": "" if v is None else v.detail,
        "margin": None if v is None else v.margin,
        "difference": standing.difference,
        "size": None if standing.size is None else standing.size.value,
        "change": None if is_reference else standing.change.value,
        "doubts": "; ".join(standing.doubts),
        "required": row.required,
    }


def write_comparison_csv(comparison: Comparison) -> str:
    """Return the comparison as CSV text, one row a goal, structure and plan.

    What could not be read has its row too, not evaluated.
    """
    rows = flat_rows(comparison)
    for unread in comparison.unreadable:
        said = {"plan": f"argument {unread.argument}", "detail": unread.error}
        unsaid = dict.fromkeys(("overall", "outcome"), "not_evaluated")
        rows.append({**dict.fromkeys(COLUMNS), **said, **unsaid})
    return csv_text(COLUMNS, rows)


def write_comparison_json(comparison: Comparison) -> str:
    """Return the comparison as JSON text."""
    return json_text(comparison_as_dict(comparison))


def comparison_schema() -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of what `write_comparison_json` writes.

    What it shares with reports, such as verdicts, is defined as for them.
    """
    place = files("rtcheck.report").joinpath("schemas/comparison.json")
    schema: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    shared: dict[str, Any] = {**report_schema()}
    return {**schema, "$defs": shared["$defs"] | schema["$defs"]}


def comparison_as_dict(comparison: Comparison) -> dict[str, object]:
    """Return the comparison as plain dictionaries and lists."""
    p = comparison.protocol
    return {
        "schema": SCHEMA,
        "rtcheck": comparison.rtcheck_version,
        "created": comparison.created,
        "exit_code": comparison.exit_code,
        "reference": comparison.reference,
        "protocol": {
            "id": p.id,
            "version": p.version,
            "sha256": p.sha256,
            "title": p.title,
            "status": p.status,
            "variant": p.variant,
        },
        "settings": dict(comparison.settings),
        "plans": [_rival_as_dict(rival) for rival in comparison.rivals],
        "warnings": warnings(comparison),
        "rois_not_alike": [name for name, _, _ in contour_rows(comparison)],
        "rows": [_row_as_dict(comparison, row) for row in comparison.rows],
        "unreadable": [
            {"argument": u.argument, "read_from": u.read_from, "error": u.error}
            for u in comparison.unreadable
        ],
    }


def _rival_as_dict(rival: Rival) -> dict[str, object]:
    report = rival.report
    return {
        "key": rival.key,
        "read_from": rival.read_from,
        "overall": report.overall.value,
        "exit_code": report.exit_code,
        "counts": {outcome.value: n for outcome, n in report.counts().items()},
        "plan": plan_as_dict(report.plan),
        "frame_of_reference_uids": list(rival.frame_of_reference_uids),
        "findings": [finding_as_dict(finding) for finding in report.findings],
        "contours": [_contours_as_dict(found) for found in rival.contours],
    }


def _contours_as_dict(found: Contours) -> dict[str, object]:
    return {
        "roi_name": found.roi_name,
        "roi_number": found.roi_number,
        "sha256": found.sha256,
        "volume_cm3": found.volume_cm3,
    }


def _row_as_dict(comparison: Comparison, row: Row) -> dict[str, object]:
    return {
        "goal": row.goal,
        "structure": row.structure,
        "roi": row.roi,
        "metric": row.metric,
        "dose": row.dose,
        "unit": row.unit,
        "per_protocol": row.per_protocol,
        "acceptable": row.acceptable,
        "required": row.required,
        "plans": [_standing_as_dict(comparison, standing) for standing in row.standings],
    }


def _standing_as_dict(comparison: Comparison, standing: Standing) -> dict[str, object]:
    is_reference = standing.rival == comparison.reference
    return {
        "key": standing.rival,
        "outcome": standing.outcome.value,
        "difference": standing.difference,
        "size": None if standing.size is None else standing.size.value,
        "change": None if is_reference else standing.change.value,
        "doubts": [doubt.value for doubt in standing.doubts],
        "verdict": None if standing.verdict is None else verdict_as_dict(standing.verdict),
    }
