"""``rtcheck demo``: an example patient from nothing to a filed report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import one_clear_error, run

from rtcheck.phantoms.patients import EXAMPLES

FIRST = next(iter(EXAMPLES))


def test_demo_writes_a_patient_and_its_report(tmp_path: Path) -> None:
    result = run("demo", "--violating", "-o", tmp_path)
    assert result.exit_code == 1, result.output
    assert result.stdout.startswith("✗ DEVIATION UNACCEPTABLE")
    home = tmp_path / f"{FIRST}-violating"
    report = json.loads((home / "report.json").read_text(encoding="utf-8"))
    assert report["exit_code"] == 1
    assert report["protocol"]["id"] == EXAMPLES[FIRST].protocol
    broken = {v["goal"] for v in report["verdicts"] if v["outcome"] == "deviation_unacceptable"}
    assert broken == {EXAMPLES[FIRST].breaks}
    assert (home / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    commands = [line for line in result.stdout.splitlines() if line.startswith("  rtcheck ")]
    assert f"  rtcheck demo --example {FIRST} --complying" in commands
    # A command it names next does what it says.
    assert any(str(home / "export") in line for line in commands)
    assert run("inspect", home / "export").exit_code == 0


def test_list_names_every_example() -> None:
    text = run("demo", "--list").stdout
    for name, example in EXAMPLES.items():
        assert name in text
        assert example.breaks in text


def test_foreign_files_are_neither_read_nor_touched(tmp_path: Path) -> None:
    export = tmp_path / f"{FIRST}-complying" / "export"
    export.mkdir(parents=True)
    (export / "mine.dcm").write_bytes(b"mine")
    result = run("demo", "-o", tmp_path)
    assert result.exit_code == 2
    assert "mine.dcm" in one_clear_error(result, "RTC-U001")
    assert [path.name for path in export.iterdir()] == ["mine.dcm"]


def test_unknown_example(tmp_path: Path) -> None:
    result = run("demo", "--example", "lung-met", "-o", tmp_path)
    assert result.exit_code == 2
    assert FIRST in one_clear_error(result, "RTC-U001")
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    result = run("demo", "-o", tmp_path / "file")
    assert result.exit_code == 2
    one_clear_error(result, "RTC-U001")


def test_the_demo_bears_the_date_asked_for_and_makes_a_pdf(tmp_path: Path) -> None:
    pytest.importorskip("weasyprint")
    result = run("demo", "--pdf", "--date", "2026-02-01", "-o", tmp_path)
    assert result.exit_code == 0, result.output
    home = tmp_path / f"{FIRST}-complying"
    assert json.loads((home / "report.json").read_text(encoding="utf-8"))["created"] == "2026-02-01"
    assert (home / "report.pdf").read_bytes().startswith(b"%PDF-")
