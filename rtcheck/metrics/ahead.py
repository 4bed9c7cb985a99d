"""Histograms made ready ahead of their use, on several cores at once.

numpy's calls on arrays as small as these keep threads waiting for the interpreter, so the work goes
to forked processes: each has the plan already, and sends back what it measured through memory.
"""

from __future__ import annotations

import mmap
import os
import pickle
import signal
import struct
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NoReturn

from rtcheck.geometry.expression import Expression
from rtcheck.metrics.bench import Bench, Ready, roi_numbers

MOST_PROCESSES = 4
"""More gain little: the largest structure is measured by one of them."""

POINTS_WORTH_IT = 5_000
"""Contour points, over all structures, below which starting a process costs more than it gains."""

MOST_STRUCTURES = 4096
"""As many turns as a pipe surely holds."""

PATIENCE_S = 10.0
"""How much longer than this process another may take with its last structure, at least."""

_NUMBER, _SIZE = struct.Struct("=i"), struct.Struct("=q")

Answer = list[tuple[Expression, Ready]]
"""What a process measured."""

Watch = Callable[[str, int, int], None]
"""Is told what is measured, and how many structures of how many were begun before."""


def _processes(jobs: int | None) -> int:
    if sys.platform != "linux":
        return 1  # macOS's libraries do not survive a fork, and Windows has none
    return min(len(os.sched_getaffinity(0)), MOST_PROCESSES) if jobs is None else jobs


def measure_ahead(
    bench: Bench, trees: Sequence[Expression], jobs: int | None, watch: Watch | None = None
) -> None:
    """Make the histograms of resolved expressions ready, each with its variants.

    What is measured is the same to the last bit however many processes do it. What cannot be
    measured is left to whoever asks for it, who is told why.

    Parameters
    ----------
    bench : Bench
        The plan.
    trees : sequence of Expression
        Resolved expressions.
    jobs : int or None
        How many processes, this one included; as many as there are cores if None.
    watch : callable, optional
        Is told of each structure that this process begins with.
    """
    if bench.plan.dose is None:
        return
    points = {tree: _points(bench, tree) for tree in dict.fromkeys(trees) if not bench.has(tree)}
    # The largest first: what is begun last should not be what all wait for.
    order = sorted(points, key=points.__getitem__, reverse=True)[:MOST_STRUCTURES]
    worth = sum(points.values()) >= POINTS_WORTH_IT
    others = min(_processes(jobs), len(order)) - 1 if worth else 0
    started = time.monotonic()
    with _Turns(len(order)) as turns, _forked(bench, order, turns, others) as children:
        for number in turns:
            if watch:
                watch(f"structure {bench.title(order[number])}", number, len(order))
            with suppress(Exception):  # whoever asks is told
                bench.dvh(order[number])
        deadline = time.monotonic() + PATIENCE_S + (time.monotonic() - started)
        for child in children:
            for tree, ready in child.answer(deadline):
                bench.adopt(tree, ready)


def _points(bench: Bench, tree: Expression) -> int:
    """Return how many contour points an expression has: about how long it takes."""
    return sum(len(bench.plan.structure(number).points_mm) for number in roi_numbers(tree))


class _Turns:
    """Numbers that processes take one by one, each number once."""

    def __init__(self, count: int) -> None:
        self._out, self._in = os.pipe()
        os.write(self._in, b"".join(_NUMBER.pack(k) for k in range(count)))
        os.close(self._in)

    def __enter__(self) -> _Turns:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._out)

    def __iter__(self) -> Iterator[int]:
        # A pipe gives each byte to one reader only, and one of its own numbers whole.
        while taken := os.read(self._out, _NUMBER.size):
            yield _NUMBER.unpack(taken)[0]


@dataclass
class _Child:
    """A process that measures, and the memory that it leaves its answer in."""

    pid: int
    memory: int

    def answer(self, deadline: float) -> Answer:
        """Return what it measured; nothing of one that died or took too long."""
        status = 1
        while self.pid:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
            elif time.monotonic() > deadline:
                return []
            else:
                time.sleep(0.001)
        return [] if status else _read(self.memory)

    def end(self) -> None:
        os.close(self.memory)
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


@contextmanager
def _forked(
    bench: Bench, order: Sequence[Expression], turns: _Turns, count: int
) -> Iterator[list[_Child]]:
    """Give processes that take their turns; none of them outlives this."""
    children: list[_Child] = []
    try:
        for _ in range(count):
            try:
                child = _Child(0, os.memfd_create("rtcheck"))
                children.append(child)
                child.pid = _fork()
            except OSError:  # no more processes, or no memory for one: this one does it all
                break
            if not child.pid:
                _measure_and_exit(bench, order, turns, child.memory)
        yield children
    finally:
        for child in children:
            child.end()


def _fork() -> int:
    with warnings.catch_warnings():
        # Other threads (a progress bar) hold no lock that measuring needs.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _measure_and_exit(
    bench: Bench, order: Sequence[Expression], turns: _Turns, memory: int
) -> NoReturn:
    """Measure what has its turn, leave the answer in memory, and end without a word."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        found: Answer = []
        for number in turns:
            with suppress(Exception):
                bench.dvh(order[number])
                found.append((order[number], bench.ready(order[number])))
        _write(found, memory)
        code = 0
    finally:
        os._exit(code)


def _write(found: Answer, memory: int) -> None:
    """Write an answer: the number of its arrays, their sizes, the arrays, and what holds them."""
    buffers: list[pickle.PickleBuffer] = []
    record = pickle.dumps(found, protocol=5, buffer_callback=buffers.append)
    arrays = [buffer.raw() for buffer in buffers]
    sizes = [len(arrays), *(array.nbytes for array in arrays)]
    with os.fdopen(memory, "wb", closefd=False) as out:
        out.write(b"".join(_SIZE.pack(size) for size in sizes))
        for array in arrays:
            out.write(array)
        out.write(record)


def _read(memory: int) -> Answer:
    """Return an answer; its arrays are that memory, and read-only."""
    view = memoryview(mmap.mmap(memory, 0, access=mmap.ACCESS_READ))
    (count,) = _SIZE.unpack_from(view)
    at = _SIZE.size * (1 + count)
    arrays = []
    for k in range(count):
        (size,) = _SIZE.unpack_from(view, _SIZE.size * (1 + k))
        arrays.append(view[at : at + size])
        at += size
    found: Answer = pickle.loads(view[at:], buffers=arrays)  # noqa: S301 - of a fork of this process
    return found
