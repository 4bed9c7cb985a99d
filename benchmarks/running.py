"""One engine on one plan as a cold process: how long, how much memory, and what it found."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

Figures = dict[str, dict[str, float | None]]

NOT_INSTALLED = 77
"""Exit code of an engine's script whose engine is not there; see engines/answer.py."""

COMMAND_LINE_METRICS = {
    "mean_gy": "Mean[Gy]",
    "d95_gy": "D95%[Gy]",
    "d2_gy": "D2%[Gy]",
    "v_percent": "V{at_gy:g}Gy[%]",
}
ENGINES = {
    "rtcheck": None,
    "rtcheck-python": "with_rtcheck.py",
    "plastimatch": "with_plastimatch.py",
    "opencv": "with_opencv.py",
    "platipy": "with_platipy.py",
    "dicompyler": "with_dicompyler.py",
}
"""Name to script; the command line of rtcheck itself needs none."""


@dataclass(frozen=True)
class Run:
    """What one cold process took.

    Parameters
    ----------
    wall_s, cpu_s : float
        Seconds by the clock, and of processors with all children.
    memory_mb : float
        The most memory that the process and those it started held at a time.
    engine : str
        Name and version.
    figures : dict
        Figures by structure; empty if there are none.
    seconds : dict
        How long its stages took, by its own clock.
    why_not : str
        Why there are no figures: not installed, stopped after so many seconds, or its last word.
    """

    wall_s: float
    cpu_s: float
    memory_mb: float
    engine: str = ""
    figures: Figures = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    why_not: str = ""


def command_of(engine: str, python: str, folder: Path, at_gy: float) -> list[str]:
    """Return the command line that lets an engine measure every structure of a folder."""
    script = ENGINES[engine]
    if script is None:
        metrics = [m.format(at_gy=at_gy) for m in COMMAND_LINE_METRICS.values()]
        asked = [word for metric in metrics for word in ("-m", metric)]
        return [python, "-m", "rtcheck", "dvh", str(folder), *asked, "--json", "-"]
    return [python, str(Path(__file__).parent / "engines" / script), str(folder), f"{at_gy:g}"]


def run(
    engine: str,
    python: str,
    folder: Path,
    at_gy: float,
    timeout_s: float,
    *,
    bytecode: str | None = None,
    watch_memory: bool = False,
) -> Run:
    """Return what an engine took and found.

    Parameters
    ----------
    bytecode : str, optional
        Folder for Python's bytecode, as an installed program has it.
    watch_memory : bool
        Whether to look at the memory of all its processes as it runs, which slows it down; else
        it is the largest of one process.
    """
    command = command_of(engine, python, folder, at_gy)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    if bytecode is not None:
        environment["PYTHONPYCACHEPREFIX"] = bytecode
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if not engine.startswith("rtcheck"):
        del environment["PYTHONPATH"]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=out, stderr=err, env=environment, start_new_session=True
        )
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(timeout_s, stop)
        timer.start()
        seen_mb = _Memory(process.pid) if watch_memory else None
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        wall_s = time.perf_counter() - start
        most_mb = seen_mb.stop() if seen_mb else 0.0
        out.seek(0)
        err.seek(0)
        printed, complaint = out.read(), err.read().decode(errors="replace").strip()
    process.returncode = os.waitstatus_to_exitcode(status)  # subprocess need not wait any more
    # maxrss is in bytes on macOS and in kilobytes elsewhere.
    memory_mb = max(most_mb, usage.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024))
    took = (wall_s, usage.ru_utime + usage.ru_stime, memory_mb)
    last_word = complaint.splitlines()[-1] if complaint else ""
    if stopped.is_set():
        return Run(*took, why_not=f"stopped after {timeout_s:.0f} s")
    if process.returncode == NOT_INSTALLED:
        return Run(*took, why_not=last_word or "not installed")
    # rtcheck leaves with 3 when a figure of a structure cannot be said.
    if process.returncode not in ((0, 3) if engine == "rtcheck" else (0,)):
        return Run(*took, why_not=f"failed: {last_word}")
    read = figures_of_report if engine == "rtcheck" else figures_of_answer
    return Run(*took, *read(json.loads(printed), at_gy))


class _Memory:
    """Looks on as the processes of a session hold memory; pages that they share count once."""

    def __init__(self, session: int) -> None:
        self._session, self._most_kb, self._over = session, 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Return the most in MB."""
        self._over.set()
        self._thread.join()
        return self._most_kb / 1024

    def _look(self) -> None:
        while not self._over.wait(0.005):
            self._most_kb = max(self._most_kb, sum(map(_shares_kb, self._processes())))

    def _processes(self) -> list[Path]:
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                after_name = (folder / "stat").read_text().rpartition(")")[2].split()
                if int(after_name[3]) == self._session:
                    found.append(folder)
        return found


def _shares_kb(process: Path) -> int:
    """Return the memory of a process in kB, what it shares with others divided among them."""
    with suppress(OSError):
        for line in (process / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def figures_of_answer(answer: dict, _at_gy: float) -> tuple[str, Figures, dict[str, float]]:
    """Return engine, figures and seconds of what an engine's script printed."""
    return answer["engine"], answer["structures"], answer["seconds"]


def figures_of_report(report: dict, at_gy: float) -> tuple[str, Figures, dict[str, float]]:
    """Return the same of what ``rtcheck dvh --json -`` printed."""
    figures: Figures = {}
    for structure in report["structures"]:
        values = {m["metric"]: m["value"] for m in structure["metrics"]}
        figures[structure["name"]] = {"volume_cm3": structure.get("volume_cm3")} | {
            key: values[metric.format(at_gy=at_gy)] for key, metric in COMMAND_LINE_METRICS.items()
        }
    return f"rtcheck {report['rtcheck']}", figures, {}


def best(runs: Sequence[Run]) -> Run:
    """Return the quickest of several runs, with the least time and the most memory of any."""
    quickest = min(runs, key=lambda r: (bool(r.why_not), r.wall_s))
    good = [r for r in runs if bool(r.why_not) == bool(quickest.why_not)]
    return replace(
        quickest,
        cpu_s=min(r.cpu_s for r in good),
        memory_mb=max(r.memory_mb for r in good),
    )
