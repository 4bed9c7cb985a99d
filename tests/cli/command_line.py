"""What the tests of the command line share: a runner, small exports, small rules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bodies import RX, UniformDose, axes, ball, box, written
from click.testing import CliRunner, Result

from rtcheck.cli.main import main

ROOT = Path(__file__).resolve().parents[2]

HEAD = """schema = 1
id = "tiny"
version = "1.0.0"
status = "draft"
title = "Rules for tests"
checklist = ["Signed by a person"]

[sources.paper]
cite = "Author. Title. Journal 2020;1:1."

[structures]
PTV = { match = "PTV*" }
SpinalCord = {}
Rectum = {}
Parotid = { aliases = ["Parotid L", "Parotid R"] }

[[prescription]]
name = "PTV"
target = "PTV"
"""


def rules(folder: Path, *goals: tuple[str, str, str, str], name: str = "tiny") -> str:
    """Write a rule file with goals (id, structure, metric, limit) and return its path."""
    text = HEAD.replace('"tiny"', f'"{name}"')
    for goal, structure, metric, limit in goals:
        text += f'\n[[goal]]\nid = "{goal}"\nstructure = "{structure}"\nmetric = "{metric}"\n'
        text += f'per_protocol = "{limit}"\n' if limit else ""
        text += 'source = { ref = "paper", where = "Table 1" }\n'
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


KEPT = ("ptv-mean", "PTV", "Mean[Gy]", ">= 49 Gy")
BROKEN = ("cord-max", "SpinalCord", "Max[Gy]", "<= 45 Gy")
"""Goals that an export of `export` keeps and breaks: it gets 50 Gy everywhere."""


def export(folder: Path, *more: str, dose_gy: float = RX) -> str:
    """Write a plan of a PTV (8 cc) and a cord (1.5 cc), and boxes of further names, at 50 Gy."""
    contours = {"PTV": box((20, 20, 20)), "SpinalCord": box((10, 10, 15), (30, 0, 0))}
    contours |= {name: box((8, 8, 8), (-30, 0, 0)) for name in more}
    return str(written(folder, contours, UniformDose(dose_gy)))


def export_cut_by_grid(folder: Path) -> str:
    """Write a plan whose cord lies half outside the dose grid."""
    x, y, z = axes()
    contours = {"PTV": box((20, 20, 20)), "SpinalCord": box((10, 10, 40), (30, 0, 50))}
    return str(written(folder, contours, UniformDose(RX), [x, y, z]))


def run(*arguments: str | Path) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, [str(a) for a in arguments])


def in_process(
    *arguments: str | Path, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a process of its own, as a shell does."""
    return subprocess.run(
        [sys.executable, "-m", "rtcheck", *map(str, arguments)],
        capture_output=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        timeout=120,
        check=False,
    )


def json_of(result: Result) -> Any:
    """Return the JSON that standard output is, and nothing but JSON."""
    return json.loads(result.stdout)


def one_clear_error(result: Result, code: str) -> str:
    """Return the one message of a run that failed, having seen that it is one and clear."""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("Error: "), lines[0]
    assert code in lines[0], lines[0]
    assert "Traceback" not in result.output
    return lines[0]


__all__ = [
    "BROKEN",
    "KEPT",
    "ROOT",
    "ball",
    "export",
    "export_cut_by_grid",
    "in_process",
    "json_of",
    "one_clear_error",
    "rules",
    "run",
]
