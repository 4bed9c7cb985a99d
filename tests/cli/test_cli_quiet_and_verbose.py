"""--quiet prints the outcome, --verbose the times, and a bar shows only on a terminal."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import BROKEN, KEPT, ROOT, export, in_process, rules, run

from rtcheck.cli.course import Course, timings


def test_quiet_check_prints_one_line_a_plan(tmp_path: Path) -> None:
    file = rules(tmp_path, KEPT, BROKEN)
    exports = [export(tmp_path / "a"), export(tmp_path / "b", dose_gy=44.0)]
    result = run("check", *exports, "-p", file, "-q", "--csv", tmp_path / "c.csv")
    assert result.exit_code == 1
    assert [line[:23] for line in result.stdout.splitlines()] == [
        "✗ DEVIATION UNACCEPTABLE"[:23]
    ] * 2
    assert result.stderr == ""
    assert (tmp_path / "c.csv").exists()


def test_quiet_still_tells_errors_and_what_could_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    file = rules(tmp_path, KEPT)
    result = run("check", export(tmp_path / "a"), tmp_path / "empty", "-p", file, "--quiet")
    assert result.exit_code == 3
    first, second = result.stdout.replace("\n  ", " ").splitlines()
    assert first.startswith("✓ PER PROTOCOL: ")
    assert second.startswith("? NOT EVALUATED: ")
    assert "RTC-D001" in result.stderr


def test_quiet_compare_and_dvh(tmp_path: Path) -> None:
    exports = [export(tmp_path / "a"), export(tmp_path / "b", dose_gy=44.0)]
    result = run("compare", *exports, "-p", rules(tmp_path, BROKEN), "-q")
    assert [line[:4] for line in result.stdout.splitlines()] == ["✗ A:", "✓ B:"]
    assert run("dvh", exports[0], "-q").stdout == "✓ 14 values\n"
    unsaid = run("dvh", exports[0], "-s", "PTV", "-m", "D90cc[Gy]", "-q")
    assert (unsaid.exit_code, unsaid.stdout) == (3, "? 1 of 1 values cannot be said\n")


def test_quiet_commission_prints_the_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    from rtcheck.commission import run_commission

    record = run_commission("smooth", quick=True, created="2026-01-02")
    monkeypatch.setattr("rtcheck.commission.run_commission", lambda *_, **__: record)
    result = run("commission", "--quick", "-q")
    assert re.fullmatch(r"✓ IN TOLERANCE\..*\n", result.stdout)


def test_verbose_tells_the_stages_on_standard_error(tmp_path: Path) -> None:
    file = rules(tmp_path, KEPT, BROKEN)
    plain = run("check", export(tmp_path / "a"), "-p", file)
    result = run("check", tmp_path / "a", "-p", file, "-v")

    def without_time(text: str) -> list[str]:
        return [line for line in text.splitlines() if not line.startswith("rtcheck ")]

    assert without_time(result.stdout) == without_time(plain.stdout)
    stages = [line.split("  ")[1] for line in result.stderr.splitlines()[1:]]
    assert stages == [
        "start", "read", "structures (2)", "goals (2)", "curves and findings", "write", "print"
    ]  # fmt: skip
    times = [float(t) for t in re.findall(r"  ([\d.]+) s", result.stderr)]
    # Printed to hundredths: eight figures may be wrong by half a hundredth each.
    assert times[0] == pytest.approx(sum(times[1:]), abs=0.04)
    assert "cord-max" in result.stderr


def test_times_of_a_run_that_failed_are_not_told() -> None:
    course = Course("Checking", verbose=True)
    with pytest.raises(ValueError, match="fault"), course:
        raise ValueError("fault")
    assert [name for name, _ in course.times_s] == ["start"]


def test_the_slowest_goals_are_named() -> None:
    lines = timings([(f"goal g{i}", float(i)) for i in range(10)])
    assert lines == ["Time  45.00 s", "  goals (10)  45.00 s: " + ", ".join(
        f"g{i} {i}.00 s" for i in (9, 8, 7, 6, 5)
    )]  # fmt: skip


# On a terminal ----------------------------------------------------------------------------------

SLOW = """
import sys, time
from rtcheck.cli import course
course.PATIENCE_S = 0.2
with course.Course("Checking") as run:
    run.stage("read")
    time.sleep(0.6)
    run.watch("goal lung\\x1b[2J", 3, 7)
    time.sleep(0.3)
print("done")
"""


def on_a_terminal(command: list[str], **environment: str) -> bytes:
    """Return what a process writes to a terminal of 60 columns."""
    pty = pytest.importorskip("pty", reason="no terminals here")
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "60"}
        | environment,
    )
    os.close(slave)
    written = b""
    with contextlib.suppress(OSError):  # how Linux says that the other side has gone
        while chunk := os.read(master, 65536):
            written += chunk
    process.wait(timeout=60)
    os.close(master)
    return written


def test_a_bar_appears_on_a_terminal_within_one_long_step() -> None:
    text = on_a_terminal([sys.executable, "-c", SLOW], PYTHONIOENCODING="utf-8").decode()
    assert "Checking: read" in text
    assert "Checking: goal lung\\x1b[2J" in text, "a name cannot act"
    assert "3/7" in text
    assert re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).rstrip().endswith("done")


def test_a_quick_run_or_a_pipe_shows_no_bar(tmp_path: Path) -> None:
    quick = SLOW.replace("0.2", "20.0")
    assert b"Checking" not in on_a_terminal([sys.executable, "-c", quick])
    piped = subprocess.run(
        [sys.executable, "-c", SLOW],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert (piped.stdout.strip(), piped.stderr) == (b"done", b"")


def test_colours_on_a_terminal_unless_no_color(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rtcheck", "check", export(tmp_path / "a"), "-p"]
    command += [rules(tmp_path, BROKEN), "-q"]
    coloured = on_a_terminal(command, PYTHONIOENCODING="utf-8", NO_COLOR="").decode()
    assert re.search(r"\x1b\[[0-9;]*3[0-9]m", coloured)
    plain = on_a_terminal(command, PYTHONIOENCODING="utf-8", NO_COLOR="1").decode()
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", plain)
    assert "DEVIATION UNACCEPTABLE" in plain


def test_piped_there_is_no_colour(tmp_path: Path) -> None:
    done = in_process("check", export(tmp_path / "a"), "-p", rules(tmp_path, BROKEN), "-v")
    assert b"\x1b" not in done.stdout + done.stderr
