"""Who does the work: processes on this machine. A process that dies takes one plan with it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Protocol

from rtcheck.batch.child import Child, Given, Got, Lost

BYTES_PER_JOB = 1024**3
"""Memory that a job may need: a fine dose grid of a trunk, with all that is computed on it."""

_AHEAD = 2
"""Units that are waiting for each job, so that it never idles; more would only fill memory."""


class Engine(Protocol):
    """Does units of work somewhere."""

    def each(
        self, function: Callable[[Given], Got], given: Iterable[Given]
    ) -> Iterator[tuple[Given, Got | Lost]]:
        """Return what was given with what came of it, as it comes, or why nothing did."""


class Here:
    """Does the work in this process, one unit after the other."""

    def each(
        self, function: Callable[[Given], Got], given: Iterable[Given]
    ) -> Iterator[tuple[Given, Got | Lost]]:
        """Return what was given with what came of it, in order."""
        for one in given:
            yield one, function(one)


class Processes:
    """Does the work in processes of this machine.

    Parameters
    ----------
    jobs : int
        How many.
    limit_s : float, optional
        How long a unit may take.

    Notes
    -----
    A unit whose process is killed (mostly for want of memory) is tried once more at the end, when
    no other is running.
    """

    def __init__(self, jobs: int, limit_s: float | None = None) -> None:
        self._jobs = jobs
        self._children = [Child(limit_s) for _ in range(jobs)]
        self._idle: SimpleQueue[Child] = SimpleQueue()
        for child in self._children:
            self._idle.put(child)
        self._threads = ThreadPoolExecutor(jobs)

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for child in self._children:
            child.end(for_good=True)
        self._threads.shutdown()

    def each(
        self, function: Callable[[Given], Got], given: Iterable[Given]
    ) -> Iterator[tuple[Given, Got | Lost]]:
        """Return what was given with what came of it, as it comes, or why nothing did."""
        stream = iter(given)
        waiting: dict[Future[Got | Lost], Given] = {}
        died: list[Given] = []
        while True:
            for one in islice(stream, self._jobs * _AHEAD - len(waiting)):
                waiting[self._threads.submit(self._do, function, one)] = one
            if not waiting:
                break
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                one, got = waiting.pop(future), future.result()
                if got is Lost.DIED:
                    died.append(one)
                else:
                    yield one, got
        for one in died:
            yield one, self._do(function, one)

    def _do(self, function: Callable[[Given], Got], one: Given) -> Got | Lost:
        child = self._idle.get()
        try:
            return child.do(function, one)
        finally:
            self._idle.put(child)


def default_jobs() -> int:
    """Return how many jobs this machine has cores and memory for; at least one."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    memory = available_bytes()
    return max(1, cores if memory is None else min(cores, memory // BYTES_PER_JOB))


def available_bytes() -> int | None:
    """Return the memory that is free to be used, in bytes; None where that cannot be said."""
    found = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
        found += [int(kibibytes) * 1024 for kibibytes in free]
    group = Path("/sys/fs/cgroup")
    with contextlib.suppress(OSError, ValueError):
        limit = (group / "memory.max").read_text(encoding="ascii").strip()
        used = (group / "memory.current").read_text(encoding="ascii").strip()
        if limit != "max":
            found.append(max(0, int(limit) - int(used)))
    return min(found, default=None)
