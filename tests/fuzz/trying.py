"""One mutated export through the whole river: what came of it, and in what time."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bodies import RX, LinearDose, axes, box, written
from mutations import Files, Mutation

import rtcheck
from rtcheck.errors import RtcheckError
from rtcheck.plan import Severity

GRADIENT = LinearDose(RX, (0.03, 0.04, 0.05))

MOST_SECONDS = 20
"""An export of 30 kB takes a tenth of a second."""

RULES = """schema = 1
id = "fuzz"
version = "1.0.0"
status = "draft"
title = "Rules of the mutations"
[sources.paper]
cite = "Author. Title. Journal 2020;1:1."
[structures]
PTV = {}
SpinalCord = {}
[[prescription]]
name = "PTV"
target = "PTV"
[[goal]]
id = "ptv"
structure = "PTV"
metric = "D95%[%]"
prescription = "PTV"
per_protocol = ">= 95 %"
source = { ref = "paper", where = "Table 1" }
[[goal]]
id = "cord"
structure = "SpinalCord"
metric = "Max[Gy]"
per_protocol = "<= 55 Gy"
source = { ref = "paper", where = "Table 1" }
"""


class Kind(StrEnum):
    """What came of a mutated export."""

    REFUSED = "refused"
    """An error with a code: nothing was judged."""
    FOUND = "found"
    """Judged, with a finding that warns or blocks, or a goal that is not evaluated."""
    SAME = "same verdicts"
    """Judged as without the mutation."""
    OTHER = "other values"
    """Judged, with other values and without a finding: the file says something else now."""


@dataclass(frozen=True)
class Result:
    """What came of it, and the values of the goals."""

    kind: Kind
    exit_code: int = 3
    values: tuple[object, ...] = ()


def clean_files() -> Files:
    """Return the files of the clean export: a target and a cord in a gradient around 50 Gy.

    With it a point, a plane or a slice less is another value.
    """
    x, y, z = axes(-40, 40, 5.0)
    contours = {"PTV": box((20, 20, 20)), "SpinalCord": box((10, 10, 15), (30, 0, 0))}
    with tempfile.TemporaryDirectory() as folder:
        export = written(Path(folder) / "fuzz", contours, GRADIENT, [x, y, z])
        return {path.name: path.read_bytes() for path in sorted(export.iterdir())}


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in what works longer: of time on a processor, however busy it is."""

    def stop(_signal: int, _frame: object) -> None:
        raise TimeoutError(f"more than {seconds} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def run(files: Files, folder: Path, clean: Result | None = None) -> Result:
    """Return what comes of an export; anything but a result or an error with a code is raised."""
    export = folder / "export"
    export.mkdir()
    for name, data in files.items():
        (export / name).write_bytes(data)
    rules = folder / "rules.toml"
    rules.write_text(RULES, encoding="utf-8")
    try:
        with time_limit(MOST_SECONDS):
            plans = rtcheck.read_all(export)
            reports = [rtcheck.check(plan, rules) for plan in plans]
    except RtcheckError as error:
        if not error.code:
            raise
        return Result(Kind.REFUSED)
    # Of several plans in a folder a user judges one; the best of them must not be a false pass.
    report = min(reports, key=lambda r: r.exit_code)
    values = tuple((v.goal, v.outcome, v.value) for v in report.verdicts)
    internal = [v.goal for v in report.verdicts if v.reason == "internal_error"]
    assert not internal, f"internal error in {internal}"
    grave = any(f.severity is not Severity.INFORMS for f in report.findings)
    if grave or report.exit_code == 3:
        kind = Kind.FOUND
    elif clean is None or values == clean.values:
        kind = Kind.SAME
    else:
        kind = Kind.OTHER
    return Result(kind, report.exit_code, values)


def is_false_pass(mutation: Mutation, result: Result) -> bool:
    """Return whether a mutation took something away, and the plan passes with other values.

    A pass with other values and no finding is told of a mutation that changes values only.
    """
    return mutation.removed and result.kind is Kind.OTHER and result.exit_code == 0
