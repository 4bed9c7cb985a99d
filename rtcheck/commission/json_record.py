"""The commissioning record as JSON: every number unrounded."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from rtcheck.commission.acceptance import Check, Row
from rtcheck.commission.cases import FINE_PERCENT, LEAST_CONTOURS
from rtcheck.commission.record import SCHEMA, Commission
from rtcheck.commission.run import Comparison
from rtcheck.report.json_report import json_text


def write_commission_json(record: Commission) -> str:
    """Return the record as JSON text."""
    content = {
        "schema": SCHEMA,
        "rtcheck": record.versions["rtcheck"],
        "created": record.created,
        "in_tolerance": record.in_tolerance,
        "exit_code": record.exit_code,
        "settings": {
            "geometry": record.geometry,
            "suite": record.suite,
            "fine_grid_percent_of_prescription": FINE_PERCENT,
            "least_contours": LEAST_CONTOURS,
        },
        "versions": dict(record.versions),
        "sha256": dict(record.sha256),
        "acceptance": [_row(row) for row in record.rows],
        "checks": [_check(check) for check in record.checks],
        "cases": _cases(record),
    }
    return json_text(content)


def _row(row: Row) -> dict[str, Any]:
    return {
        "class": row.case_class,
        "group": row.group,
        "unit": row.unit,
        "count": row.count,
        "mean": row.mean,
        "p95": row.p95,
        "worst": row.worst,
        "bias": row.bias,
        "tolerance": None
        if row.tolerance is None
        else dict(zip(("mean", "p95", "worst"), row.limits, strict=True)),
        "in_tolerance": row.in_tolerance,
        "interval_contains_truth_percent": row.coverage_percent,
        "median_interval_width": row.median_width,
        "worst_cases": [
            {"case": c.case, "metric": c.figure.metric, "error": c.error} for c in row.worst_cases
        ],
    }


def _check(check: Check) -> dict[str, Any]:
    found = check.found if math.isfinite(check.found) else None
    return {**asdict(check), "found": found, "in_tolerance": check.in_tolerance}


def _cases(record: Commission) -> list[dict[str, Any]]:
    cases: dict[str, dict[str, Any]] = {}
    for c in record.comparisons:
        case = cases.setdefault(
            c.case,
            {
                "body": c.body,
                "dose": c.plan.dose_name,
                "slice_mm": c.plan.slice_mm,
                "slice_phase": c.plan.slice_phase,
                "grid_mm": c.plan.grid_mm,
                "grid_shift": list(c.plan.grid_shift),
                "interpolation_bound_percent": c.plan.interpolation_percent,
                "class": c.case_class,
                "metrics": [],
            },
        )
        case["metrics"].append(_metric(c))
    return list(cases.values())


def _metric(c: Comparison) -> dict[str, Any]:
    return {
        "metric": c.figure.metric,
        "value": c.value,
        "low": c.low,
        "high": c.high,
        "unit": c.unit,
        "truth": c.figure.truth,
        "error": c.error,
        "interval_contains_truth": c.is_inside,
        "reason": c.reason or None,
    }
