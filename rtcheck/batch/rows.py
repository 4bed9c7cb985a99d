"""Rows of the dataset: one a plan, one a verdict, one a curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rtcheck.batch.units import Unit
    from rtcheck.report.record import Curve, Report

Row = dict[str, object]

ERRORS: Mapping[str, str] = {
    "internal": "INTERNAL_ERROR",
    "changed": "INPUT_CHANGED",
    "died": "WORKER_DIED",
    "late": "TIME_LIMIT",
}
"""Codes of what can go wrong with a plan in a batch only; all others are those of its error."""

STEP_GY = 1.0
"""Dose between the points of a stored curve: what a population is drawn from."""


def plan_row(
    unit: Unit,
    reports: Sequence[Report],
    error: tuple[str, str],
    report_files: Sequence[str],
) -> Row:
    """Return the row of a plan; without a report it is not evaluated, and says why."""
    import rtcheck
    from rtcheck.verdict import DISPLAY_ORDER, Outcome

    outcomes = {report.overall for report in reports} or {Outcome.NOT_EVALUATED}
    worst = next(outcome for outcome in DISPLAY_ORDER if outcome in outcomes)
    verdicts = [v for report in reports for v in report.verdicts]
    first = reports[0] if reports else None
    findings = {f.code: None for report in reports for f in report.findings}
    fractions = first.plan.number_of_fractions_planned if first else None
    return {
        "plan": unit.id,
        "rt_plan_label": first.plan.rt_plan_label if first else unit.label,
        "plan_date": plan_date(first.plan.details.get("rt_plan_date", "")) if first else "",
        "outcome": worst.value,
        "exit_code": max((r.exit_code for r in reports), key=_badness, default=3),
        "error_code": error[0],
        "error": error[1],
        "protocols": "; ".join(_protocol_name(report) for report in reports),
        "prescriptions": "; ".join(map(str, first.plan.prescriptions)) if first else "",
        "number_of_fractions_planned": fractions,
        "goals": len(verdicts),
        **{outcome.value: sum(v.outcome is outcome for v in verdicts) for outcome in Outcome},
        "borderline": sum(v.borderline for v in verdicts),
        "findings": "; ".join(findings),
        "files": "; ".join(unit.names),
        "files_sha256": "",
        "geometry": first.settings["geometry"] if first else "",
        "rtcheck_version": rtcheck.__version__,
        "reports": "; ".join(report_files),
    }


def _badness(exit_code: int) -> int:
    return (0, 3, 1).index(exit_code)


def plan_date(text: str) -> str:
    """Return a DICOM date in ISO 8601; empty if it is none.

    Examples
    --------
    >>> plan_date("20260201"), plan_date("unknown")
    ('2026-02-01', '')
    """
    from datetime import date

    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return ""


def _protocol_name(report: Report) -> str:
    p = report.protocol
    return f"{p.id}{'@' + p.variant if p.variant else ''} {p.version}"


def verdict_rows(unit: Unit, reports: Sequence[Report]) -> list[Row]:
    """Return a row a verdict, as in a report's CSV, with the plan and the rules' hash."""
    from rtcheck.report.csv_report import flat_rows

    rows: list[Row] = []
    for report in reports:
        own = {
            "plan": unit.id,
            "rt_plan_label": report.plan.rt_plan_label,
            "protocol": report.protocol.id,
            "variant": report.protocol.variant,
            "protocol_version": report.protocol.version,
            "protocol_sha256": report.protocol.sha256,
        }
        rows += [own | {k: v for k, v in row.items() if k not in own} for row in flat_rows(report)]
    return rows if any(report.verdicts for report in reports) else []


def curve_rows(unit: Unit, reports: Sequence[Report]) -> list[Row]:
    """Return a row a role and ROI: volume in percent at every gray, until nothing is left."""
    rows: dict[tuple[str, str], Row] = {}
    for report in reports:
        roles: dict[int, list[str]] = {}
        for found in (f for verdict in report.verdicts for f in verdict.found):
            roles.setdefault(found.roi_number, []).append(found.role)
        for curve in report.curves:
            named = [curve.name] if curve.roi_number is None else roles.get(curve.roi_number, [])
            for role in dict.fromkeys(named):
                rows.setdefault((role, curve.name), _curve_row(unit, role, curve))
    return list(rows.values())


def _curve_row(unit: Unit, role: str, curve: Curve) -> Row:
    import math

    import numpy as np

    doses = np.arange(0.0, math.floor(curve.dose_gy[-1] / STEP_GY) + 1) * STEP_GY
    percent = np.interp(doses, curve.dose_gy, curve.volume_percent)
    return {
        "plan": unit.id,
        "role": role,
        "roi": curve.name,
        "volume_cm3": curve.volume_cm3,
        "max_gy": curve.dose_gy[-1],
        "step_gy": STEP_GY,
        "volume_percent": [round(float(p), 2) for p in percent],
    }
