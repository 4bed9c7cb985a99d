"""CSV for spreadsheets: harmless cells, numbers that stay numbers, and the pandas table."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

import pytest
from handmade import CITE, HOSTILE, full_report, hostile_report, report_of

from rtcheck.errors import UsageError
from rtcheck.report.csv_report import csv_text, write_csv, write_csv_of
from rtcheck.verdict import Outcome


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def cell(value: object) -> str:
    rows = list(csv.reader(io.StringIO(csv_text(["a"], [{"a": value}]), newline="")))
    assert rows[0] == ["a"]
    return rows[1][0] if rows[1] else ""


def test_one_row_a_verdict_in_the_protocols_order() -> None:
    report = full_report()
    rows = read(write_csv(report))
    assert [row["goal"] for row in rows] == [v.goal for v in report.verdicts]
    kept, varied, broken, unsaid, reported, _ = rows
    assert float(kept["value"]) == 25.31
    assert kept["found"] == "lung total"
    assert kept["per_protocol"] == "<= 30 %"
    assert kept["source_cite"] == CITE
    assert varied["borderline"] == "true"
    assert float(broken["value"]) == 45.0000001
    assert unsaid["value"] == ""
    assert unsaid["reason"] == "dose_does_not_cover"
    assert reported["required"] == "false"


@pytest.mark.parametrize("value", [-1.25, 1e-9, -1e300, 0.1 + 0.2, -7, 0.0])
def test_numbers_stay_numbers_to_the_last_bit(value: float) -> None:
    assert float(cell(value)) == value


@pytest.mark.parametrize("value", ["-5", "+3.5", "-.5", "1e5"])
def test_text_that_is_a_number_is_harmless_as_it_is(value: str) -> None:
    assert cell(value) == value


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1+1", "'+1+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1+1", "'＝1+1"),
        ("\t=1", "'\t'=1"),
        ("a;=1+1", "a;'=1+1"),
        ("a\r\n=1+1", "a\r\n'=1+1"),
        ("Lung_L - GTV", "Lung_L - GTV"),
        ("", ""),
        (None, ""),
        ('a,"b"', 'a,"b"'),
    ],
)
def test_a_cell_is_never_a_formula(name: str | None, written: str) -> None:
    assert cell(name) == written


def test_hostile_names_stay_in_their_cells() -> None:
    rows = read(write_csv(hostile_report()))
    assert len(rows) == len(HOSTILE)
    assert all(None not in row for row in rows), "a name broke out of its column"
    for row, name in zip(rows, HOSTILE, strict=True):
        assert row["structure"].replace("'", "") == name.replace("'", "")
        assert row["structure"][:1] not in "=+-@\t"


def test_nothing_evaluated_has_a_row_too() -> None:
    (row,) = read(write_csv(report_of(overall=Outcome.NOT_EVALUATED)))
    assert row["outcome"] == "not_evaluated"
    assert row["goal"] == ""


def test_a_file_begins_with_a_bom_for_excel_and_what_is_piped_does_not(tmp_path: Path) -> None:
    report = full_report()
    piped = write_csv(report)
    assert piped.startswith("plan,protocol,")
    for name in ("report.csv", "REPORT.CSV"):
        assert report.save(tmp_path / name).read_bytes() == b"\xef\xbb\xbf" + piped.encode()


def test_several_plans_in_one_table_are_told_apart() -> None:
    rows = read(write_csv_of([full_report(), report_of(label="Plan 2")]))
    assert [row["plan"] for row in rows] == ["Plan 1"] * 6 + ["Plan 2"]


def test_the_pandas_table_is_unrounded_and_unescaped() -> None:
    pytest.importorskip("pandas")
    frame = full_report().to_frame()
    assert list(frame["goal"]) == [v.goal for v in full_report().verdicts]
    assert frame["value"].dtype == float
    assert frame["value"][2] == 45.0000001
    assert frame["value"].isna().sum() == 2
    storable = [name.encode("utf-8", "backslashreplace").decode() for name in HOSTILE]
    assert list(hostile_report().to_frame()["structure"]) == storable


def test_without_pandas_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match=r"pip install 'rtcheck\[frames\]'"):
        full_report().to_frame()
