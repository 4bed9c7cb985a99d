"""Times rtcheck and its peers in one run: cold processes, from files to the metrics of every ROI.

    pip install -e ".[dev]"
    python benchmarks/compare.py                     # the Eclipse plan and the large case
    python benchmarks/compare.py --only large --repeat 1
    python benchmarks/compare.py --case export/ 20   # any other export, with V20Gy
    python benchmarks/compare.py --python platipy=venv/bin/python --write

Every engine gives volume, mean, D95 %, D2 % and V of one dose. The runs are interleaved, so that a
busy machine slows all alike; the best of the repeats counts. What is not installed is said, and
what takes over three minutes is stopped. Peers may live in environments of their own, which
``--python ENGINE=INTERPRETER`` names: several of them want packages that exclude each other.

The Eclipse plan is a real one, from dicompyler-core's source distribution; its errors are
differences from the histograms that Eclipse stored with it. The large case is made of closed forms
(large_case.py); its errors are errors.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from errors import COLUMNS, Errors, errors, stored_figures
from running import ENGINES, Figures, Run, best, run

HERE = Path(__file__).parent
RECORD = HERE.parent / "docs" / "benchmarks.md"
FIRST = "rtcheck"
"""The engine that the ratios refer to."""


@dataclass(frozen=True)
class Case:
    """A plan to measure.

    Parameters
    ----------
    title : str
        What it is.
    folder : Path
        Its files.
    at_gy : float
        The dose whose volume is asked for.
    truth : callable
        Returns the true figures by structure; none if nobody knows.
    """

    title: str
    folder: Path
    at_gy: float
    truth: Callable[[], Figures]


# What is measured is told its parent's memory, so this process imports and computes nothing large
# before the last run.


@contextmanager
def eclipse_case() -> Iterator[Case]:
    """Give the real plan; 7 Gy is half its prescription."""
    sys.path.insert(0, str(HERE.parent / "tests"))
    from real_plan import fetch_real_plan

    folder = fetch_real_plan()
    # The body is cut by the dose grid, and what an engine says of it is no matter of geometry.
    truth = partial(stored_figures, folder, 7.0, leave_out=frozenset({"BODY"}))
    yield Case("Eclipse plan (breast, 10 ROIs)", folder, 7.0, truth)


@contextmanager
def large_closed_form_case() -> Iterator[Case]:
    """Give the large case, made for this run."""
    with tempfile.TemporaryDirectory() as temporary:
        folder, truth = Path(temporary) / "export", Path(temporary) / "truth.json"
        script = [sys.executable, str(HERE / "large_case.py")]
        environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
        subprocess.run([*script, str(folder), "--truth", str(truth)], check=True, env=environment)
        megabytes = (folder / "RTSTRUCT.dcm").stat().st_size / 1e6
        title = f"Large case (30 ROIs, RT Structure Set of {megabytes:.1f} MB)"
        true = json.loads(truth.read_text())
        yield Case(title, folder, true["at_gy"], lambda: true["structures"])


CASES = {"eclipse": eclipse_case, "large": large_closed_form_case}


def measure(case: Case, pythons: dict[str, str], repeat: int, timeout_s: float) -> dict[str, Run]:
    """Return the best run of every engine on a case."""
    runs: dict[str, list[Run]] = {}
    with tempfile.TemporaryDirectory() as bytecode:
        # The first run of each leaves its bytecode behind, and is looked at for its memory.
        for repetition in range(repeat + 1):
            for engine in ENGINES:
                tried = runs.setdefault(engine, [])
                if tried and tried[-1].why_not:  # it will not do better
                    continue
                print(f"  {engine} ...", file=sys.stderr, flush=True)
                python = pythons.get(engine, sys.executable)
                one = run(
                    engine,
                    python,
                    case.folder,
                    case.at_gy,
                    timeout_s,
                    bytecode=bytecode,
                    watch_memory=repetition == 0,
                )
                tried.append(one)
    return {engine: best(tried) for engine, tried in runs.items()}


def table(case: Case, runs: dict[str, Run]) -> list[str]:
    """Return a case as a markdown table, and the stages of rtcheck below it."""
    base, truth = runs[FIRST], case.truth()
    heads = ["engine", "wall s", "CPU s", "memory MB", "× wall", "× CPU"]
    heads += [f"{title} (V{case.at_gy:g}Gy)" if key == "v_percent" else title
              for key, title in COLUMNS.items()]  # fmt: skip
    rows = [heads, ["---", *["---:"] * (len(heads) - 1)]]
    for name, one in runs.items():
        if one.why_not:
            rows.append([f"{name}: {one.why_not}", *[""] * (len(heads) - 1)])
            continue
        took = [f"{one.wall_s:.2f}", f"{one.cpu_s:.2f}", f"{one.memory_mb:.0f}"]
        ratios = [f"{one.wall_s / base.wall_s:.1f}", f"{one.cpu_s / base.cpu_s:.1f}"]
        rows.append([f"{name} ({one.engine})", *took, *ratios, *_error_cells(one, truth)])
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    for name, one in runs.items():
        if one.seconds:
            stages = ", ".join(f"{stage} {s:.2f} s" for stage, s in one.seconds.items())
            lines += ["", f"Stages of {name}, by its own clock: {stages}."]
    return lines


def _error_cells(one: Run, truth: Figures) -> list[str]:
    if not truth:
        return [""] * len(COLUMNS)
    found: Errors = errors(one.figures, truth)
    cells = [
        f"{found.median[key]:.3f} / {found.worst[key]:.2f}" if key in found.median else ""
        for key in COLUMNS
    ]
    if found.missing:
        cells[0] += f" ({found.missing} figures missing)"
    return cells


def record(sections: list[tuple[Case, list[str]]], repeat: int) -> str:
    """Return the whole record: what was measured, where and when."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `python benchmarks/compare.py --write`; the figures of another machine differ, "
        "their ratios less so.",
        "",
        f"{datetime.now(UTC).date()}, {_machine()}, Python {platform.python_version()}. Each "
        "engine is a cold process that reads the files and gives volume, mean, D95 %, D2 % and V "
        f"of one dose of every ROI; best of {repeat}, interleaved, with bytecode as installed. "
        "Memory is that of all its processes together, looked at in a run of its own. Ratios are "
        "to rtcheck's command line, which also computes what no other engine does: the interval "
        "of every value over four models of what lies between contours.",
        "",
        "Errors are median / worst of |error| over the ROIs: volume in percent, dose in Gy, V in "
        "percentage points.",
    ]
    for case, rows in sections:
        lines += ["", f"## {case.title}", "", *rows]
    return "\n".join(lines) + "\n"


def _machine() -> str:
    info = Path("/proc/cpuinfo")
    named = [
        line.partition(":")[2].strip()
        for line in (info.read_text().splitlines() if info.exists() else [])
        if line.startswith("model name")
    ]
    return f"{named[0] if named else platform.machine()}, {os.cpu_count()} cores"


def _interpreters(texts: list[str]) -> dict[str, str]:
    """Return the interpreter of each engine named."""
    pythons = dict(text.partition("=")[::2] for text in texts)
    unknown = pythons.keys() - ENGINES.keys()
    if unknown:
        sys.exit(f"no engine {', '.join(sorted(unknown))}; there are {', '.join(ENGINES)}")
    return pythons


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=CASES, help="one of the two cases")
    parser.add_argument("--case", nargs=2, metavar=("FOLDER", "GY"), help="another export instead")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=180.0, metavar="S")
    parser.add_argument("--python", action="append", default=[], metavar="ENGINE=INTERPRETER")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    pythons = _interpreters(options.python)
    measured = []

    def take(case: Case) -> None:
        print(case.title, file=sys.stderr)
        runs = measure(case, pythons, options.repeat, options.timeout)
        if runs[FIRST].why_not:
            sys.exit(f"{FIRST}: {runs[FIRST].why_not}")
        measured.append((case, runs))

    if options.case:
        folder, at_gy = Path(options.case[0]), float(options.case[1])
        take(Case(str(folder), folder, at_gy, dict))
    else:
        for name in [options.only] if options.only else CASES:
            with CASES[name]() as case:
                take(case)
    text = record([(case, table(case, runs)) for case, runs in measured], options.repeat)
    print(text)
    if options.write:
        RECORD.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
