"""Who does the work: processes on this machine. A process that dies takes one plan with it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import TracebackType
from typing import Protocol, TypeVar

Given = TypeVar("Given")
Got = TypeVar("Got")

BYTES_PER_JOB = 1024**3
"""Memory that a job may need: a fine dose grid of a trunk, with all that is computed on it."""

_AHEAD = 2
"""Units a job has waiting, so that it never idles; more would only fill memory."""

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Engine(Protocol):
    """Does units of work somewhere."""

    def each(
        self, function: Callable[[Given], Got], given: Iterable[Given]
    ) -> Iterator[tuple[Given, Got | None]]:
        """Return what was given with what came of it, as it comes; None if its process died."""


class Here:
    """Does the work in this process, one unit after the other."""

    def each(
        self, function: Callable[[Given], Got], given: Iterable[Given]
    ) -> Iterator[tuple[Given, Got | None]]:
        """Return what was given with what came of it, in order."""
        for one in given:
            yield one, function(one)


class Processes:
    """Does the work in processes of this machine.

    Parameters
    ----------
    jobs : int
        How many.

    Notes
    -----
    A process that is killed (mostly for want of memory) breaks the pool. Then a new one is made,
    and what was under way is done again, one by one, to find the unit that does it.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end(at_once=error is not None)

    def each(
        self, function: Callable[[Given], Got], given: Iterable[Given]
    ) -> Iterator[tuple[Given, Got | None]]:
        """Return what was given with what came of it, as it comes; None if its process died."""
        stream = iter(given)
        waiting: dict[Future[Got], Given] = {}
        exhausted = False
        while True:
            suspects: list[Given] = []
            while not exhausted and len(waiting) < self.jobs * _AHEAD and not suspects:
                try:
                    one = next(stream)
                except StopIteration:
                    exhausted = True
                    break
                try:
                    waiting[self._started().submit(function, one)] = one
                except BrokenProcessPool:
                    suspects.append(one)
            if not waiting and not suspects:
                return
            done = wait(waiting, return_when=FIRST_COMPLETED).done if waiting else set()
            for future in done:
                one = waiting.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool:
                    suspects.append(one)
                    continue
                yield one, result
            if suspects:
                yield from self._alone(function, [*suspects, *waiting.values()])
                waiting = {}

    def _alone(
        self, function: Callable[[Given], Got], suspects: Iterable[Given]
    ) -> Iterator[tuple[Given, Got | None]]:
        self._end(at_once=True)
        for one in suspects:
            try:
                yield one, self._started().submit(function, one).result()
            except BrokenProcessPool:
                self._end(at_once=True)
                yield one, None

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            method = "spawn" if sys.platform in ("win32", "darwin") else "forkserver"
            context = multiprocessing.get_context(method)
            if method == "forkserver":
                context.set_forkserver_preload(["rtcheck.batch.work", "rtcheck.api"])
            for name in _ONE_THREAD:
                os.environ.setdefault(name, "1")
            self._pool = ProcessPoolExecutor(self.jobs, context, initializer=_begin)
        return self._pool

    def _end(self, *, at_once: bool) -> None:
        if self._pool is None:
            return
        pool, self._pool = self._pool, None
        processes = list((getattr(pool, "_processes", None) or {}).values())
        pool.shutdown(wait=not at_once, cancel_futures=True)
        if at_once:
            for process in processes:
                with contextlib.suppress(OSError, ValueError):
                    process.terminate()


def _begin() -> None:
    """Begin a process: an interrupt is the parent's business, and its death ends this one too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


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


__all__ = ["Engine", "Got", "Here", "Processes", "available_bytes", "default_jobs"]
