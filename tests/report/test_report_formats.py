"""Every format: written whole or not at all, always the same, and the Report left alone."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from handmade import full_report, hostile_report, report_of

from rtcheck.errors import UsageError
from rtcheck.report import Report
from rtcheck.report.files import as_bytes
from rtcheck.report.json_report import report_as_dict
from rtcheck.report.table import FORMATS, writer_for
from rtcheck.verdict import Outcome

GOLDEN = Path(__file__).parent / "golden"
HERE = Path(__file__).parent
SUFFIXES = list(FORMATS)
NEEDS = {".pdf": "weasyprint", ".xlsx": "xlsxwriter"}
"""Formats of an extra."""

TEXTS = [suffix for suffix in SUFFIXES if suffix not in NEEDS]


def written(report: Report, suffix: str) -> bytes:
    """Return what the format's writer writes; skip where its extra is not installed."""
    if suffix in NEEDS:
        pytest.importorskip(NEEDS[suffix])
    return as_bytes(FORMATS[suffix](report))


def text_in(report: Report, suffix: str) -> str:
    """Return the words of a format."""
    content = written(report, suffix)
    if suffix == ".xlsx":
        cells = cells_of(content).values()
        return "\n".join(str(cell) for rows in cells for row in rows for cell in row)
    return content.decode()


def cells_of(content: bytes) -> dict[str, list[list[object]]]:
    """Return the cells of a workbook, read by another library, sheet by sheet."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {
        sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book
    }


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_suffix_chooses_the_format(suffix: str, tmp_path: Path) -> None:
    report = full_report()
    expected = written(report, suffix)
    for name in (f"report{suffix}", f"REPORT{suffix.upper()}"):
        path = report.save(tmp_path / name)
        assert path == tmp_path / name
        bom = b"\xef\xbb\xbf" if suffix == ".csv" else b""
        assert path.read_bytes() == bom + expected


@pytest.mark.parametrize("name", ["report.docx", "report", ".html", "report.htm"])
def test_an_unknown_format_is_an_error_that_names_those_there_are(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        writer_for(name)
    assert all(suffix in str(caught.value) for suffix in SUFFIXES)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_writer_leaves_the_report_unchanged_and_repeats_itself(suffix: str) -> None:
    report = hostile_report() if suffix != ".pdf" else full_report()
    before = report_as_dict(report)
    first = written(report, suffix)
    assert report_as_dict(report) == before
    assert written(report, suffix) == first


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_another_process_writes_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    """Neither the order of sets nor the time of day nor a place in memory gets into a file."""
    report = full_report()
    first = written(report, suffix)
    path = tmp_path / f"other{suffix}"
    code = "import sys; from handmade import full_report; full_report().save(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env=os.environ
        | {
            "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parents[1]}",
            "PYTHONHASHSEED": "7",
            "TZ": "Asia/Tokyo",
        },
        check=True,
    )
    assert path.read_bytes().removeprefix(b"\xef\xbb\xbf") == first


@pytest.mark.parametrize("suffix", TEXTS)
def test_what_is_written_is_as_it_was(suffix: str) -> None:
    """What other people and programs read changes on purpose only: RTCHECK_GOLDEN=1 rewrites."""
    golden = GOLDEN / f"report{suffix}"
    content = written(full_report(), suffix)
    if os.environ.get("RTCHECK_GOLDEN"):
        golden.write_bytes(content)
    assert golden.read_bytes() == content


def test_the_cells_of_a_workbook_are_as_they_were() -> None:
    """Of a workbook the cells are held against the golden file: its XML is xlsxwriter's own."""
    golden = GOLDEN / "report.xlsx.json"
    cells = cells_of(written(full_report(), ".xlsx"))
    if os.environ.get("RTCHECK_GOLDEN"):
        lines = json.dumps(cells, indent=0, ensure_ascii=False)
        golden.write_text(lines + "\n", encoding="utf-8")
    assert json.loads(golden.read_text(encoding="utf-8")) == cells


@pytest.mark.parametrize("suffix", [*TEXTS, ".xlsx"])
def test_every_format_says_the_outcome_the_names_and_the_numbers(suffix: str) -> None:
    text = text_in(full_report(), suffix)
    for name in ("lung total", "SpinalCord", "PTV_High", "Heart", "site-2020"):
        assert name in text
    assert "45.0000001" in text, "45.00 Gy beside a failed <= 45 Gy would contradict the verdict"


@pytest.mark.parametrize("suffix", [*TEXTS, ".xlsx"])
def test_a_report_without_verdicts_is_not_a_pass(suffix: str) -> None:
    report = report_of(overall=Outcome.NOT_EVALUATED, curves=(), findings=(), checklist=())
    text = text_in(report, suffix)
    assert "not evaluated" in text.lower() or "not_evaluated" in text
    assert "✓" not in text
    assert report.exit_code == 3


@pytest.mark.parametrize("suffix", [*TEXTS, ".xlsx"])
def test_hostile_names_can_be_written_and_read_back(suffix: str) -> None:
    text = text_in(hostile_report(), suffix)
    assert "W" * 64 in text.replace("\n", "").replace(" ", "").replace("<wbr>", "")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    path.write_text("old", encoding="utf-8")

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UsageError, match="No space left on device"):
        full_report().save(path)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_where_no_file_can_be_is_said_before_writing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        full_report().save(tmp_path / "missing" / "report.json")
    folder = tmp_path / "folder.json"
    folder.mkdir()
    with pytest.raises(UsageError, match="a folder"):
        full_report().save(folder)


@pytest.mark.skipif(os.name == "nt", reason="file modes are POSIX")
def test_a_new_report_is_its_owners_and_an_old_one_keeps_its_readers(tmp_path: Path) -> None:
    path = full_report().save(tmp_path / "report.txt")
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    full_report().save(path)
    assert path.stat().st_mode & 0o777 == 0o640
