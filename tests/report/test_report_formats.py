"""Every format: written whole or not at all, always the same, and the Report left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from handmade import full_report, hostile_report, report_of

from rtcheck.errors import UsageError
from rtcheck.report.json_report import report_as_dict
from rtcheck.report.table import FORMATS, writer_for
from rtcheck.verdict import Outcome

GOLDEN = Path(__file__).parent / "golden"
SUFFIXES = list(FORMATS)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_suffix_chooses_the_format(suffix: str, tmp_path: Path) -> None:
    report = full_report()
    for name in (f"report{suffix}", f"REPORT{suffix.upper()}"):
        path = report.save(tmp_path / name)
        assert path == tmp_path / name
        bom = b"\xef\xbb\xbf" if suffix == ".csv" else b""
        assert path.read_bytes() == bom + FORMATS[suffix](report).encode()


@pytest.mark.parametrize("name", ["report.docx", "report", ".html", "report.htm"])
def test_an_unknown_format_is_an_error_that_names_those_there_are(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        writer_for(name)
    assert all(suffix in str(caught.value) for suffix in SUFFIXES)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_writer_leaves_the_report_unchanged_and_repeats_itself(suffix: str) -> None:
    report = hostile_report()
    before = report_as_dict(report)
    first = FORMATS[suffix](report)
    assert report_as_dict(report) == before
    assert FORMATS[suffix](report) == first


@pytest.mark.parametrize("suffix", [".json", ".csv"])
def test_machine_formats_are_as_they_were(suffix: str) -> None:
    """What other people's programs read changes on purpose only: RTCHECK_GOLDEN=1 rewrites."""
    golden = GOLDEN / f"report{suffix}"
    written = FORMATS[suffix](full_report()).encode()
    if os.environ.get("RTCHECK_GOLDEN"):
        golden.write_bytes(written)
    assert golden.read_bytes() == written


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_says_the_outcome_the_names_and_the_numbers(suffix: str) -> None:
    text = FORMATS[suffix](full_report())
    for name in ("lung total", "SpinalCord", "PTV_High", "Heart", "site-2020"):
        assert name in text
    assert "45.0000001" in text, "45.00 Gy beside a failed <= 45 Gy would contradict the verdict"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_report_without_verdicts_is_not_a_pass(suffix: str) -> None:
    report = report_of(overall=Outcome.NOT_EVALUATED, curves=(), findings=(), checklist=())
    text = FORMATS[suffix](report)
    assert "not evaluated" in text.lower() or "not_evaluated" in text
    assert "✓" not in text
    assert report.exit_code == 3


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_hostile_names_can_be_written_and_read_back(suffix: str, tmp_path: Path) -> None:
    text = hostile_report().save(tmp_path / f"report{suffix}").read_text(encoding="utf-8")
    assert "W" * 64 in text.replace("\n", "").replace(" ", "")


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
def test_a_report_is_readable_by_others(tmp_path: Path) -> None:
    beside = tmp_path / "plain"
    beside.write_text("", encoding="utf-8")
    path = full_report().save(tmp_path / "report.txt")
    assert path.stat().st_mode == beside.stat().st_mode
