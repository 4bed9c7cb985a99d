"""The course of a run: how far it is, on a terminal, and where its time went, with --verbose.

Both go to standard error, so that nothing of them gets into an output.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from rtcheck.cli.exits import is_quiet, say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE_S = 1.0
"""How long a run may take before it shows how far it is."""

GROUPS = ("structure", "goal")
"""First words of stages whose times are told as one, the slowest named."""

_SLOWEST_TOLD = 5


class Course:
    """How far a run is, and how long each stage of it took.

    Parameters
    ----------
    task : str
        What is done, such as ``"Checking"``; stands before the bar.
    verbose : bool
        Whether the times are told when the run is over.
    clock : callable
        Returns seconds.

    Examples
    --------
    >>> seconds = iter([0.0, 1.0, 4.0, 4.5])
    >>> with Course("Checking", clock=lambda: next(seconds)) as course:
    ...     course.stage("read")
    ...     course.watch("goal lung-v20", 0, 1)
    >>> course.times_s
    [('start', 1.0), ('read', 3.0), ('goal lung-v20', 0.5)]
    """

    def __init__(
        self, task: str, *, verbose: bool = False, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.times_s: list[tuple[str, float]] = []
        self._verbose = verbose
        self._clock = clock
        self._stage, self._since = "start", clock()
        self._bar = None if is_quiet() or not sys.stderr.isatty() else _Bar(task)

    def __enter__(self) -> Course:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.calm()
        self._lap("")
        if self._verbose and error is None:
            for line in timings(self.times_s):
                say(line)

    def stage(self, name: str) -> None:
        """Begin a stage; the one before is over."""
        self._lap(name)
        if self._bar:
            self._bar.show(name, None, None)

    def watch(self, name: str, done: int, total: int) -> None:
        """Begin a stage that is one of so many; see `rtcheck.check`."""
        self._lap(name)
        if self._bar:
            self._bar.show(name, done, total)

    def count(self, done: int, total: int) -> None:
        """Show how many steps of one stage are done."""
        if self._bar:
            self._bar.show(self._stage, done, total)

    def calm(self) -> None:
        """Take the bar away for good: what follows is printed."""
        if self._bar:
            self._bar.close()
            self._bar = None

    def _lap(self, name: str) -> None:
        now = self._clock()
        self.times_s.append((self._stage, now - self._since))
        self._stage, self._since = name, now


def timings(times_s: list[tuple[str, float]]) -> list[str]:
    """Return times as lines of text; goals and structures are summed up, the slowest named.

    Examples
    --------
    >>> for line in timings([("read", 0.25), ("goal a", 1.0), ("goal b", 2.0), ("read", 0.25)]):
    ...     print(line)
    Time  3.50 s
      read  0.50 s
      goals (2)  3.00 s: b 2.00 s, a 1.00 s
    """
    stages: dict[str, float] = {}
    members: dict[str, dict[str, float]] = {group: {} for group in GROUPS}
    for name, seconds in times_s:
        group, _, member = name.partition(" ")
        if group in members and member:
            members[group][member] = members[group].get(member, 0.0) + seconds
            name = group
        stages[name] = stages.get(name, 0.0) + seconds
    lines = [f"Time  {sum(stages.values()):.2f} s"]
    for name, seconds in stages.items():
        times = members.get(name)
        if not times:
            lines.append(f"  {name}  {seconds:.2f} s")
            continue
        slowest = sorted(times, key=times.__getitem__, reverse=True)[:_SLOWEST_TOLD]
        named = ", ".join(f"{member} {times[member]:.2f} s" for member in slowest)
        lines.append(f"  {name}s ({len(times)})  {seconds:.2f} s: {named}")
    return lines


class _Bar:
    """A bar that appears when a run has taken a while, even within one long step."""

    def __init__(self, task: str) -> None:
        self._task = task
        self._said: tuple[str, int | None, int | None] = (task, None, None)
        self._lock = threading.Lock()
        self._shown: tuple[Progress, TaskID] | None = None
        self._timer: threading.Timer | None = threading.Timer(PATIENCE_S, self._appear)
        self._timer.daemon = True
        self._timer.start()

    def show(self, name: str, done: int | None, total: int | None) -> None:
        from rtcheck.report.words import visible

        with self._lock:
            self._said = (visible(f"{self._task}: {name}"), done, total)
            self._update()

    def close(self) -> None:
        with self._lock:
            if self._timer:
                self._timer.cancel()
            self._timer = None
            if self._shown:
                self._shown[0].stop()
            self._shown = None

    def _appear(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        with self._lock:
            if self._timer is None:
                return
            name = TextColumn("{task.description}", markup=False)
            columns = (name, BarColumn(), MofNCompleteColumn())
            bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._shown = (bar, bar.add_task(self._task, total=None))
            self._update()
            bar.start()

    def _update(self) -> None:
        if self._shown:
            bar, task = self._shown
            name, done, total = self._said
            bar.update(task, description=name, completed=done or 0, total=total)
