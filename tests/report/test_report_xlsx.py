"""The workbook: numbers are numbers, names are text for good, nothing is lost without a word."""

from __future__ import annotations

import io
import sys
import zipfile
from typing import Any

import pytest
from handmade import HOSTILE, full_report, hostile_report, report_of

from rtcheck.errors import UsageError
from rtcheck.report.words import visible
from rtcheck.report.xlsx_report import CELL, write_xlsx, write_xlsx_of
from rtcheck.verdict import Outcome

openpyxl = pytest.importorskip("openpyxl")
pytest.importorskip("xlsxwriter")


def book_of(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def rows_of(content: bytes, sheet: str = "Verdicts") -> list[dict[str, Any]]:
    head, *rows = book_of(content)[sheet].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_one_row_a_verdict_and_numbers_are_numbers() -> None:
    report = full_report()
    rows = rows_of(write_xlsx(report))
    assert [row["goal"] for row in rows] == [v.goal for v in report.verdicts]
    assert rows[2]["value [in unit]"] == 45.0000001
    assert rows[2]["unit"] == "Gy"
    assert rows[2]["margin [in unit]"] == -0.0000001
    assert rows[3]["value [in unit]"] is None
    assert rows[1]["borderline"] is True


def test_head_is_frozen_and_there_are_four_sheets() -> None:
    book = book_of(write_xlsx(full_report()))
    assert book.sheetnames == ["Verdicts", "Findings", "Review", "Provenance"]
    assert {sheet.freeze_panes for sheet in book} == {"A2"}


def test_no_cell_is_a_formula_even_after_it_was_edited() -> None:
    content = write_xlsx(hostile_report())
    for sheet in book_of(content):
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                assert cell.data_type != "f", cell.value
                if isinstance(cell.value, str):
                    assert cell.quotePrefix, "without it, editing would make a formula of it"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            text = archive.read(name).decode()
            assert "<f>" not in text
            assert "<hyperlink" not in text


def test_hostile_names_are_shown_literally() -> None:
    rows = rows_of(write_xlsx(hostile_report()))
    assert [row["structure"] for row in rows] == [visible(name) for name in HOSTILE]


def test_provenance_holds_versions_hashes_and_uids() -> None:
    facts = {row["fact"]: row["value"] for row in rows_of(write_xlsx(full_report()), "Provenance")}
    assert facts["protocol sha256"] == "ab" * 32
    assert facts["rtcheck"] == "0.1.0"
    assert facts["rt_plan_uid"] == "1.2.3"
    assert facts["created"] == "2026-01-02T03:04:05+00:00"


def test_text_too_long_for_a_cell_is_cut_with_a_word() -> None:
    report = report_of(label="x" * 40_000, overall=Outcome.NOT_EVALUATED)
    (row,) = rows_of(write_xlsx(report))
    assert row["plan"].startswith("x" * CELL)
    assert row["plan"].endswith("cut: the JSON report has all of it")


def test_what_could_not_be_read_has_a_row() -> None:
    rows = rows_of(write_xlsx_of([full_report()], [{"argument": 2, "error": "RTC-D001: x"}]))
    assert rows[-1]["plan"] == "argument 2"
    assert rows[-1]["outcome"] == "not_evaluated"


def test_without_a_finding_the_sheet_says_so() -> None:
    book = book_of(write_xlsx(report_of(findings=())))
    assert book["Findings"]["A1"].value == "none"


def test_without_xlsxwriter_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(UsageError, match=r"pip install 'rtcheck\[xlsx\]'"):
        write_xlsx(full_report())
