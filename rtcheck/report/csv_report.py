"""The Report as CSV: one row a verdict, for spreadsheets; formulas harmless."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

from rtcheck.metrics.opinion import EngineValue
from rtcheck.report.record import Report
from rtcheck.verdict import Outcome, Verdict

_FORMULA = re.compile(r"(^(?=[\t\r\n])|(?:^|[;\t\r\n])(?=[=+\-@＝＋－＠]))")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def write_csv(report: Report) -> str:
    """Return the report as CSV text, one row a verdict."""
    return write_csv_of([report])


def write_csv_of(reports: Sequence[Report], unreadable: Sequence[Mapping[str, object]] = ()) -> str:
    """Return several reports as one CSV text; columns ``plan`` and ``protocol`` tell them apart.

    A report without any verdict still has its row: nothing was evaluated, and that is said. So
    has an input no report could be made of; see `json_report.reports_as_dict`.
    """
    rows = [row for report in reports for row in flat_rows(report)]
    return csv_text(_COLUMNS, [*rows, *unread_rows(unreadable)])


def unread_rows(unreadable: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Return a row for each input that no report could be made of."""
    outcome = Outcome.NOT_EVALUATED.value
    said = {"overall": outcome, "outcome": outcome}
    return [
        {
            **dict.fromkeys(_COLUMNS),
            **said,
            "plan": f"argument {entry['argument']}",
            "detail": entry["error"],
        }
        for entry in unreadable
    ]


def flat_rows(report: Report) -> list[dict[str, object]]:
    """Return one flat dictionary a verdict, in the protocol's order, numbers unrounded."""
    common = {
        "plan": report.plan.rt_plan_label,
        "protocol": report.protocol.id,
        "protocol_version": report.protocol.version,
        "overall": report.overall.value,
    }
    if not report.verdicts:
        return [{**dict.fromkeys(_COLUMNS), **common, "outcome": report.overall.value}]
    return [
        {**common, **_verdict_columns(verdict), **_evidence_columns(report, verdict)}
        for verdict in report.verdicts
    ]


def _evidence_columns(report: Report, v: Verdict) -> dict[str, object]:
    said = [e for e in report.evidence if (e.goal, e.roi) == (v.goal, v.roi)]
    return {
        "violated_where": " ".join(e.words() for e in said),
        "least_change": " ".join(e.least_change for e in said),
    }


def _verdict_columns(v: Verdict) -> dict[str, object]:
    return {
        "goal": v.goal,
        "structure": v.structure,
        "roi": v.roi,
        "found": "; ".join(found.roi_name for found in v.found),
        "matched_by": "; ".join(found.matched_by for found in v.found),
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
        "reason": None if v.reason is None else v.reason.value,
        "detail": v.detail,
        "margin": v.margin,
        "tps_value": v.tps_value,
        **engine_columns(v.second_engine),
        "required": v.required,
        "prescription": v.prescription,
        "source_ref": v.source_ref,
        "source_where": v.source_where,
        "source_cite": v.source_cite,
        "note": v.note,
        "definition": v.definition,
    }


def engine_columns(said: EngineValue | None) -> dict[str, object]:
    """Return what a second engine says in two columns, empty when none was asked."""
    name = None if said is None else f"{said.name} {said.version}"
    return {"second_engine": name, "second_engine_value": None if said is None else said.value}


_COLUMNS = (
    "plan",
    "protocol",
    "protocol_version",
    "overall",
    *_verdict_columns(Verdict("", "", "", Outcome.REPORTED)),
    *("violated_where", "least_change"),
)


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Return rows as CSV text, every cell harmless to a spreadsheet."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[column]) for column in columns])
    return buffer.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value) if isinstance(value, float) else str(value)
    # A name that begins like a formula would be run by the spreadsheet that opens the file; and
    # where it takes the semicolon for its separator, what stands after one begins a cell too.
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(r"\1'", text)
