"""The examples run as they stand, and print what the files beside them say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rtcheck.phantoms import write_example

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(command: list[str], folder: Path) -> tuple[int, str]:
    """Return exit code and standard output of a command run in a folder."""
    scripts = str(Path(sys.executable).parent)
    path = scripts + os.pathsep + os.environ["PATH"]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done.returncode, done.stdout.decode("utf-8").replace("\r\n", "\n")


def printed(name: str) -> str:
    return (EXAMPLES / name).read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell here")
def test_command_line(tmp_path: Path) -> None:
    code, output = run(["sh", str(EXAMPLES / "command_line.sh")], tmp_path)
    assert output == printed("command_line.txt")
    assert code == 0


def test_from_python(tmp_path: Path) -> None:
    pytest.importorskip("pandas", reason="the data frame needs the extra frames")
    code, output = run([sys.executable, str(EXAMPLES / "from_python.py")], tmp_path)
    assert output == printed("from_python.txt")
    assert code == 0
    assert (tmp_path / "report.html").stat().st_size > 10_000
    assert (tmp_path / "report.csv").exists()


def test_nightly_qa(tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    for version in ("complying", "violating"):
        write_example("lung-mets", version, exports / version)
    (exports / "empty").mkdir()
    script = [sys.executable, str(EXAMPLES / "nightly_qa.py")]
    code, output = run([*script, "exports", "sun-2016-hcc-lung-mets"], tmp_path)
    assert output == printed("nightly_qa.txt")
    assert code == 1
    assert {p.name for p in exports.glob("*.html")} == {"complying.html", "violating.html"}


def test_my_clinic_is_a_sound_protocol_and_checks_a_plan(tmp_path: Path) -> None:
    rules = str(EXAMPLES / "my_clinic.toml")
    rtcheck = [sys.executable, "-m", "rtcheck"]
    assert run([*rtcheck, "protocol", "lint", rules], tmp_path)[0] == 0
    assert run([*rtcheck, "protocol", "test", rules], tmp_path)[0] == 0
    export = write_example("liver-thrombosis", "complying", tmp_path / "export")
    code, output = run([*rtcheck, "check", str(export), "-p", rules], tmp_path)
    assert code == 0, output
    assert "Myelon (alias)" in output
