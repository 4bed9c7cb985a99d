"""The command as a process of its own: start-up, streams, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import BROKEN, KEPT, ROOT, export, in_process, rules

import rtcheck

HEAVY = ("numpy", "pydicom", "scipy", "rich", "jinja2", "pandas", "tomllib")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "-h"], ["dvh", "-h"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom rtcheck.cli.main import main\n"
        f"main({arguments!r}, standalone_mode=False)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=True,
    )
    assert done.stderr.strip() == "[]"


def test_version_and_help_as_a_module() -> None:
    assert rtcheck.__version__ in in_process("--version").stdout.decode()
    text = in_process("--help").stdout.decode()
    for command in ("check", "dvh", "inspect", "bed", "demo", "protocol"):
        assert f"\n  {command} " in text
    assert "Exit codes: 0" in text


@pytest.mark.parametrize(("goal", "code"), [(KEPT, 0), (BROKEN, 1)])
def test_machine_on_stdout_people_on_stderr(
    goal: tuple[str, str, str, str], code: int, tmp_path: Path
) -> None:
    done = in_process("check", export(tmp_path / "a"), "-p", rules(tmp_path, goal), "--json", "-")
    assert done.returncode == code
    assert json.loads(done.stdout)["exit_code"] == code
    people = done.stderr.decode("utf-8", "replace")
    assert "Rules for tests" in people
    assert goal[0] in people


def test_colour_only_on_request_when_piped(tmp_path: Path) -> None:
    arguments = ("check", export(tmp_path / "a"), "-p", rules(tmp_path, BROKEN))
    plain = in_process(*arguments, PYTHONIOENCODING="utf-8").stdout.decode()
    assert "\x1b" not in plain
    coloured = in_process(
        *arguments, PYTHONIOENCODING="utf-8", FORCE_COLOR="1", TERM="xterm-256color", COLUMNS="80"
    ).stdout.decode()
    assert "\x1b[" in coloured
    import re

    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    lines = [line.rstrip() for line in bare.splitlines() if not line.startswith("rtcheck ")]
    assert lines == [line for line in plain.splitlines() if not line.startswith("rtcheck ")]


def test_the_real_eclipse_plan_from_folder_to_exit_code(eclipse: Path, tmp_path: Path) -> None:
    options = ["--map", "PTV=Tumor Bed Block", "--geometry", "linear-rounded", "--json", "-"]
    goal = ("d95", "PTV", "D95%[Gy]", ">= 13.3 Gy")
    done = in_process("check", eclipse, "-p", rules(tmp_path, goal), *options)
    assert done.returncode == 0, done.stderr
    (verdict,) = json.loads(done.stdout)["verdicts"]
    assert verdict["found"][0]["roi_name"] == "Tumor Bed Block"
    assert verdict["unit"] == "Gy"
    # Eclipse's own DVH says 13.83 Gy; with its geometry the two agree to 0.03 Gy.
    assert verdict["value"] == pytest.approx(13.83, abs=0.03)
