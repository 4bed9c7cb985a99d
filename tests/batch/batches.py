"""Batches for tests: how they are run, and what they wrote."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATE = "2026-02-01"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "rtcheck", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=600,
        check=False,
    )


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def files_of(out: Path) -> dict[str, bytes]:
    """Return everything a batch wrote that says something about plans."""
    kept = [p for p in out.rglob("*") if p.is_file() and p.name != ".lock"]
    return {str(p.relative_to(out)): p.read_bytes() for p in kept}


def until(condition: Callable[[], object], patience_s: float = 20.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
