"""The Report as an Excel workbook: verdicts, findings, review, provenance (extra ``xlsx``)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rtcheck.errors import UsageError
from rtcheck.report import review, words
from rtcheck.report.csv_report import flat_rows, unread_rows
from rtcheck.report.record import Report

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

HEADINGS = {
    "value": "value [in unit]",
    "low": "low [in unit]",
    "high": "high [in unit]",
    "margin": "margin [in unit]",
    "tps_value": "tps_value [in unit]",
    "second_engine_value": "second_engine_value [in unit]",
}
"""Columns of numbers, whose unit stands in the column ``unit``."""

CELL = 32_000
"""Characters that a cell may hold; Excel's own bound is 32,767."""

_WIDTHS = {"goal": 20, "structure": 20, "found": 24, "detail": 40, "source_cite": 30, "note": 40}


def write_xlsx(report: Report) -> bytes:
    """Return the report as an Excel workbook, one row a verdict; numbers are numbers, unrounded.

    Raises
    ------
    UsageError
        If xlsxwriter is not installed.
    """
    return write_xlsx_of([report])


def write_xlsx_of(
    reports: Sequence[Report], unreadable: Sequence[Mapping[str, object]] = ()
) -> bytes:
    """Return several reports as one workbook; see `csv_report.write_csv_of`.

    Raises
    ------
    UsageError
        If xlsxwriter is not installed.
    """
    stream = io.BytesIO()
    book = _workbook(stream)
    verdicts = [row for report in reports for row in flat_rows(report)]
    _fill(book, "Verdicts", [*verdicts, *unread_rows(unreadable)], HEADINGS)
    _fill(book, "Findings", [row for report in reports for row in _findings(report)])
    _fill(book, "Review", [row for report in reports for row in _review(report)])
    _fill(book, "Provenance", [row for report in reports for row in _provenance(report)])
    book.close()
    return stream.getvalue()


def require_xlsxwriter() -> Any:
    """Return the module that writes workbooks.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise UsageError(
            "xlsxwriter is not installed", hint="pip install 'rtcheck[xlsx]'"
        ) from None
    return xlsxwriter


def _workbook(stream: io.BytesIO) -> Workbook:
    book: Workbook = require_xlsxwriter().Workbook(
        stream,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
    )
    # The date stands in the sheet Provenance; here it would only change the bytes.
    book.set_properties(
        {"title": "Radiotherapy plan check", "author": "rtcheck", "created": datetime(2000, 1, 1)}
    )
    return book


def _fill(
    book: Workbook,
    title: str,
    rows: Sequence[Mapping[str, object]],
    headings: Mapping[str, str] = MappingProxyType({}),
) -> None:
    sheet = book.add_worksheet(title)
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    # Text that is marked so stays text even when a person edits the cell.
    text = book.add_format({"quote_prefix": True, "valign": "top"})
    number = book.add_format({"valign": "top"})
    columns = list(rows[0]) if rows else ["none"]
    for x, column in enumerate(columns):
        sheet.write_string(0, x, headings.get(column, column), head)
        sheet.set_column(x, x, _WIDTHS.get(column, 15))
    for y, row in enumerate(rows, 1):
        for x, column in enumerate(columns):
            _write(sheet, y, x, row[column], text, number)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
    sheet.set_landscape()
    sheet.repeat_rows(0)


def _write(sheet: Worksheet, y: int, x: int, value: object, text: Any, number: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(y, x, value, number)
    elif isinstance(value, int | float):
        sheet.write_number(y, x, value, number)
    else:
        shown = words.visible(str(value))
        if len(shown) > CELL:
            shown = shown[:CELL] + " … cut: the JSON report has all of it"
        sheet.write_string(y, x, shown, text)


def _findings(report: Report) -> Iterable[dict[str, object]]:
    for finding in words.findings_in_order(report.findings):
        yield {
            "plan": report.plan.rt_plan_label,
            "protocol": report.protocol.id,
            "severity": finding.severity.value,
            "code": finding.code,
            "where": finding.where,
            "text": finding.text,
        }


def _review(report: Report) -> Iterable[dict[str, object]]:
    for line in report.review:
        yield {
            "plan": report.plan.rt_plan_label,
            "protocol": report.protocol.id,
            "answer": review.ANSWERS[line.holds],
            "statement": line.statement,
            "codes": review.against(line),
        }


def _provenance(report: Report) -> Iterable[dict[str, object]]:
    p, plan = report.protocol, report.plan
    facts: list[tuple[str, object]] = [
        ("overall", report.overall.value),
        ("exit_code", report.exit_code),
        ("headline", words.headline(report)),
        ("rtcheck", report.rtcheck_version),
        ("created", report.created),
        ("protocol", words.protocol_text(report)),
        ("protocol title", p.title),
        ("protocol sha256", p.sha256),
        ("number_of_fractions_planned", plan.number_of_fractions_planned),
    ]
    facts += [(f"prescription ({rx.source})", str(rx)) for rx in plan.prescriptions]
    facts += list(plan.details.items())
    for key, uids in plan.sop_instance_uids.items():
        several = uids if isinstance(uids, list | tuple) else [uids]
        facts += [(f"{key}_uid", str(uid)) for uid in several]
    facts += [(f"setting {key}", value) for key, value in report.settings.items()]
    facts += [("for a person to sign", item) for item in report.checklist]
    facts.append(("note", words.DISCLAIMER))
    for fact, value in facts:
        yield {"plan": plan.rt_plan_label, "protocol": p.id, "fact": fact, "value": value}
