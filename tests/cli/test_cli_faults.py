"""One clear message for each fault of the call, the rules or the input, and never a traceback."""

from __future__ import annotations

import os
import weakref
from pathlib import Path

import pytest
from command_line import BROKEN, KEPT, export, in_process, one_clear_error, rules, run

import rtcheck.api
from rtcheck.cli import exits


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["chek"], "Did you mean 'check'?"),
        (["check"], "PATH"),
        (["dvh"], "PATH"),
        (["check", "--geometri", "x", "."], "--geometry"),
        (["protocol", "lnt"], "lnt"),
        (["bed", "--fractions", "3"], "--dose"),
    ],
)
def test_wrong_usage_exits_2_and_says_what(arguments: list[str], says: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stdout == ""


def test_a_missing_path_exits_2_before_anything_is_read(tmp_path: Path) -> None:
    file = rules(tmp_path, BROKEN)
    result = run("check", export(tmp_path / "a"), tmp_path / "absent", "-p", file)
    assert result.exit_code == 2
    assert "absent" in one_clear_error(result, "RTC-U001")
    assert result.stdout == ""


def test_no_protocol_says_how_to_find_one(tmp_path: Path) -> None:
    result = run("check", tmp_path)
    assert result.exit_code == 2
    assert "rtcheck protocol list" in one_clear_error(result, "RTC-U001")


def test_a_mistyped_protocol_is_suggested(tmp_path: Path) -> None:
    result = run("check", tmp_path, "-p", "zhai-2025-hcc-trombosis")
    assert result.exit_code == 2
    assert "did you mean zhai-2025-hcc-thrombosis" in one_clear_error(result, "RTC-P004")


@pytest.mark.parametrize("command", [["check"], ["inspect"]])
def test_a_folder_without_dicom_exits_3(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    protocol = ["-p", "sun-2016-hcc-lung-mets"] if command == ["check"] else []
    result = run(*command, tmp_path, *protocol)
    assert result.exit_code == 3
    assert "1 files looked at" in one_clear_error(result, "RTC-D001")


def test_dvh_of_a_folder_without_dicom_exits_3(tmp_path: Path) -> None:
    result = run("dvh", tmp_path)
    assert result.exit_code == 3
    one_clear_error(result, "RTC-D001")


@pytest.mark.parametrize(
    ("typo", "code", "says"),
    [
        ("per_protokol = ", "RTC-P002", "per_protocol"),
        ("per_protocol ", "RTC-P001", "tiny.toml:"),
    ],
)
def test_a_typo_in_a_rule_file_exits_2_and_names_the_place(
    typo: str, code: str, says: str, tmp_path: Path
) -> None:
    file = Path(rules(tmp_path, KEPT))
    text = file.read_text(encoding="utf-8").replace("per_protocol = ", typo)
    file.write_text(text, encoding="utf-8")
    folder = export(tmp_path / "a")
    for command in (["check", folder, "-p", str(file)], ["protocol", "lint", str(file)]):
        result = run(*command)
        assert result.exit_code == 2
        assert says in one_clear_error(result, code)


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--rx", "PTV"], "RTC-N001", "PTV=50 Gy/25"),
        (["--rx", "PTV=50"], "RTC-N001", "unit"),
        (["--map", "PTV"], "RTC-U001", "ROLE=ROI"),
        (["--map", "PTW=a"], "RTC-U001", "PTV"),
        (["--plan", "other"], "RTC-U001", "PHANTOM"),
        (["--aliases", "absent.toml"], "RTC-P004", "absent.toml"),
        (["--json", "-", "--csv", "-"], "RTC-U001", "a place for each"),
        (["--json", "x.json", "--html", "./x.json"], "RTC-U001", "a place for each"),
        (["--html", "no-such-folder/x.html"], "RTC-U001", "no such folder"),
    ],
)
def test_wrong_options_exit_2(options: list[str], code: str, says: str, tmp_path: Path) -> None:
    result = run("check", export(tmp_path / "a"), "-p", rules(tmp_path, KEPT), *options)
    assert result.exit_code == 2
    assert says in one_clear_error(result, code)
    assert result.stdout == ""


def test_several_pages_on_standard_output_are_refused(tmp_path: Path) -> None:
    folders = export(tmp_path / "a"), export(tmp_path / "b")
    result = run("check", *folders, "-p", rules(tmp_path, KEPT), "--html", "-")
    assert result.exit_code == 2
    assert "each plan gets its own" in one_clear_error(result, "RTC-U001")


def broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError("Smith^John 19510203")


def test_an_internal_error_is_told_without_its_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rtcheck.radiobiology.bed_gy", broken)
    arguments = ["bed", "--dose", "60", "--fractions", "30", "--alpha-beta", "10"]
    result = run(*arguments)
    assert result.exit_code == 3, "a fault of rtcheck is no verdict"
    message = one_clear_error(result, "RTC-E000")
    assert "ZeroDivisionError" in message
    assert "report it" in message
    assert "Smith" not in result.output, "a foreign message may quote a patient"
    debugged = run("--debug", *arguments)
    assert isinstance(debugged.exception, ZeroDivisionError)


def test_of_many_plans_each_is_let_go_before_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [export(tmp_path / name) for name in "abc"]
    read_all = rtcheck.api.read_all
    seen: list[weakref.ref[object]] = []
    alive: list[int] = []

    def read(*paths: str, **options: object) -> object:
        alive.append(sum(plan() is not None for plan in seen))
        plans = read_all(*paths, **options)  # type: ignore[arg-type]
        seen.extend(weakref.ref(plan.bench) for plan in plans)
        return plans

    monkeypatch.setattr("rtcheck.api.read_all", read)
    assert run("check", *folders, "-p", rules(tmp_path, KEPT)).exit_code == 0
    assert alive == [0, 0, 0]


def test_an_internal_error_on_one_plan_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = export(tmp_path / "a"), export(tmp_path / "b")
    read_all = rtcheck.api.read_all

    def read(*paths: str, **options: object) -> object:
        return broken() if paths[0] == folders[0] else read_all(*paths, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("rtcheck.api.read_all", read)
    result = run("check", *folders, "-p", rules(tmp_path, KEPT))
    assert result.exit_code == 3
    assert "RTC-E000" in result.stderr
    assert "1 checked, 1 could not be read" in result.stdout
    assert "Smith" not in result.output


def test_an_interrupt_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rtcheck.protocol.list_protocols", interrupted)
    assert run("protocol", "list").exit_code == exits.INTERRUPTED


@pytest.mark.skipif(os.name == "nt", reason="pipes close otherwise on Windows")
def test_a_reader_that_hangs_up_is_no_verdict_and_quiet(tmp_path: Path) -> None:
    import subprocess
    import sys

    from command_line import ROOT

    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "rtcheck", "protocol", "schema"],
        stdout=write,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (exits.READER_GONE, b"")


def test_an_ascii_console_gets_ascii(tmp_path: Path) -> None:
    file = rules(tmp_path, KEPT, BROKEN)
    done = in_process("check", export(tmp_path / "a"), "-p", file, PYTHONIOENCODING="ascii")
    assert done.returncode == 1, done.stderr
    text = done.stdout.decode("ascii")
    assert text.startswith("x DEVIATION UNACCEPTABLE")
    assert "+ per protocol (1)" in text
