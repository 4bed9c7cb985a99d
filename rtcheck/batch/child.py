"""A process that does one thing at a time for its parent, and can be ended at any moment."""

from __future__ import annotations

import contextlib
import copyreg
import gc
import io
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from queue import SimpleQueue
from types import MappingProxyType
from typing import IO, Any, TypeVar

Given = TypeVar("Given")
Got = TypeVar("Got")

_COMMAND = "from rtcheck.batch.child import main; main()"
_LENGTH = struct.Struct(">Q")
_PATIENCE_S = 10.0
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Processes share the cores; threads of a BLAS in each would only be in each other's way."""


class Lost(StrEnum):
    """Why nothing came of something that a process was given."""

    DIED = "died"
    TIMED_OUT = "timed out"


class Child:
    """A process of its own, started when it is first needed and anew when it was lost.

    Parameters
    ----------
    limit_s : float, optional
        How long one thing may take; then the process is ended.

    Notes
    -----
    It is a fresh Python that imports rtcheck, so it does not matter what the parent is: a script,
    a notebook, a worker of Dask. It ends when the parent does, however that ends.
    """

    def __init__(self, limit_s: float | None = None) -> None:
        self._limit_s = limit_s
        self._process: subprocess.Popen[bytes] | None = None
        self._knows: object = None
        self._changing = threading.Lock()
        self._closed = False

    def do(self, function: Callable[[Given], Got], given: Given) -> Got | Lost:
        """Return what came of it, or why nothing did; what the function raises is raised here."""
        over = threading.Event()
        try:
            process = self._started()
            # A function may hold all the rules of a batch: it is sent once.
            if self._knows is not function:
                _value_of(self._ask(process, (True, function)))
                self._knows = function
            with _ended_after(self._limit_s, process, over):
                answer = self._ask(process, (False, given))
        except (EOFError, OSError):
            self.end()
            return Lost.TIMED_OUT if over.is_set() else Lost.DIED
        if over.is_set():  # at the last moment: the answer is there, the process is not
            self.end()
        got: Got = _value_of(answer)
        return got

    @staticmethod
    def _ask(process: subprocess.Popen[bytes], message: tuple[bool, object]) -> tuple[bool, Any]:
        if process.stdin is None or process.stdout is None:
            raise OSError("no pipes")
        _send(process.stdin, message)
        answer: tuple[bool, Any] = pickle.loads(_receive(process.stdout))  # noqa: S301 - our child
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self.end()
        with self._changing:
            if self._closed:
                raise EOFError
            if self._process is None:
                path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
                self._process = subprocess.Popen(  # noqa: S603 - this Python
                    [sys.executable, "-P", "-c", _COMMAND],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env=dict.fromkeys(_ONE_THREAD, "1") | os.environ | {"PYTHONPATH": path},
                    start_new_session=True,  # an interrupt is the parent's business
                )
            return self._process

    def end(self, *, for_good: bool = False) -> None:
        """End the process, whatever it is doing; a new one is started unless it is for good."""
        with self._changing:
            process, self._process, self._knows = self._process, None, None
            self._closed = self._closed or for_good
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):  # the system is slow to let it go
            process.wait(_PATIENCE_S)


@contextlib.contextmanager
def _ended_after(
    limit_s: float | None, process: subprocess.Popen[bytes], over: threading.Event
) -> Iterator[None]:
    """End a process that takes too long, having set that it is over."""
    if limit_s is None:
        yield
        return

    def end() -> None:
        over.set()
        process.kill()

    timer = threading.Timer(limit_s, end)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _value_of(answer: tuple[bool, Any]) -> Any:
    worked, value = answer
    if not worked:
        raise value
    return value


def main() -> None:
    """Do what the parent asks for, until it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints does not speak to the parent
    gc.set_threshold(50_000)  # as for the command line: most objects live as long as their plan
    asked: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(incoming, asked), daemon=True).start()
    function: Callable[[Any], object] = _prepared
    while True:
        given: Any = None
        try:
            is_function, given = pickle.loads(asked.get())  # noqa: S301 - our parent
            if is_function:
                function = _prepared(given)
            answer: tuple[bool, object] = (True, None if is_function else function(given))
        except Exception as error:  # noqa: BLE001 - it is raised in the parent
            answer = (False, error)
        try:
            _send(outgoing, answer)
        except (pickle.PicklingError, TypeError, AttributeError) as fault:
            _send(outgoing, (False, TypeError(f"an answer that cannot be sent: {fault}")))
        except OSError:  # the parent is gone
            os._exit(1)
        del given, answer
        gc.collect()  # a plan holds itself, and hundreds of megabytes


def _prepared(function: Callable[[Any], object]) -> Callable[[Any], object]:
    """Return a function that has imported what it needs: no plan's time is spent on that."""
    getattr(function, "prepare", lambda: None)()
    gc.freeze()  # what is there now stays, and need not be looked at after each plan
    return function


def _listen(incoming: IO[bytes], asked: SimpleQueue[bytes]) -> None:
    """Pass on what the parent asks for; end this process with it, even in the middle of work."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            asked.put(_receive(incoming))
    os._exit(1)


class _Pickler(pickle.Pickler):
    """Sends read-only mappings too: rules have them all through."""

    dispatch_table = copyreg.dispatch_table | {
        MappingProxyType: lambda mapping: (_read_only, (dict(mapping),))
    }


def _read_only(items: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(items)


def _send(stream: IO[bytes], message: object) -> None:
    whole = io.BytesIO()
    _Pickler(whole, pickle.HIGHEST_PROTOCOL).dump(message)
    stream.write(_LENGTH.pack(whole.tell()))
    stream.write(whole.getbuffer())
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes:
    """Return the next message.

    Raises
    ------
    EOFError
        If the other side is gone.
    """
    length = stream.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        raise EOFError
    message = stream.read(_LENGTH.unpack(length)[0])
    if len(message) < _LENGTH.unpack(length)[0]:
        raise EOFError
    return message


__all__ = ["Child", "Given", "Got", "Lost", "main"]
