"""Dask does the work: a scheduler and its workers on any number of machines (extra `dask`)."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from types import TracebackType
from typing import Any

from rtcheck.batch.child import Child, Given, Got, Lost
from rtcheck.errors import UsageError

LOCAL = "local"
"""Stands for a scheduler and workers started for this batch."""

_AHEAD = 3
"""Units a worker thread has waiting; the rest stay here, so that a scheduler is not flooded."""

_PATIENCE_S = 60
_RETRIES = 2


class Dask:
    """Does the work on the workers of a Dask scheduler.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``tcp://host:8786``; ``"local"`` starts one for this batch.
    jobs : int, optional
        Workers of a local one; as many as fit if it is not given.
    limit_s : float, optional
        How long a unit may take.

    Raises
    ------
    UsageError
        If Dask is not installed, or nobody answers at the address.

    Notes
    -----
    Workers read the files by the same paths as this process does, so these must be on a shared
    drive. What they find comes back here and is written here: only this process needs the results
    folder. Each thread of a worker has a process of its own do the work, which can be ended without
    the worker. A unit whose worker is lost is given to another.
    """

    def __init__(self, address: str, jobs: int | None = None, limit_s: float | None = None) -> None:
        try:
            import distributed
        except ImportError:
            raise UsageError("Dask is not installed", hint="pip install 'rtcheck[dask]'") from None
        self._distributed: Any = distributed
        self._address, self._jobs, self._limit_s = address, jobs, limit_s
        self._batch = secrets.token_hex(8)
        self._cluster: Any = None
        self._client: Any = None

    def __enter__(self) -> Dask:
        try:
            if self._address == LOCAL:
                self._cluster = self._local_cluster()
            target = self._cluster or self._address
            self._client = self._distributed.Client(
                target, timeout=_PATIENCE_S, set_as_default=False
            )
        except (OSError, ValueError, TimeoutError) as error:
            self.__exit__(None, None, None)
            raise UsageError(
                f"no Dask scheduler answers ({type(error).__name__})",
                where=self._address,
                expected="the address of one, such as tcp://host:8786, or local",
            ) from error
        return self

    def _local_cluster(self) -> Any:
        from rtcheck.batch.engine import default_jobs

        return self._distributed.LocalCluster(
            n_workers=self._jobs or default_jobs(),
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._client is not None:
            with contextlib.suppress(Exception):  # a worker that is lost has lost its processes
                self._client.run(_end_children, self._batch)
        for part in (self._client, self._cluster):
            if part is not None:
                part.close()
        self._client = self._cluster = None

    def each(
        self, function: Callable[[Given], Got], given: Iterable[Given]
    ) -> Iterator[tuple[Given, Got | Lost]]:
        """Return what was given with what came of it, as it comes, or why nothing did."""
        stream = iter(given)
        waiting: dict[Any, Given] = {}
        under_way = self._distributed.as_completed(loop=self._client.loop)
        try:
            for one in islice(stream, self._room()):
                under_way.add(self._submit(function, one, waiting))
            for future in under_way:
                one = waiting.pop(future)
                try:
                    result = future.result()
                except self._distributed.KilledWorker:
                    result = Lost.DIED
                future.release()
                yield one, result
                for following in islice(stream, max(1, self._room() - len(waiting))):
                    under_way.add(self._submit(function, following, waiting))
        finally:
            self._client.cancel(list(waiting))

    def _room(self) -> int:
        threads = sum(self._client.nthreads().values())
        return max(1, int(threads)) * _AHEAD

    def _submit(
        self, function: Callable[[Given], Got], one: Given, waiting: dict[Any, Given]
    ) -> Any:
        future = self._client.submit(
            _in_child, self._batch, function, one, self._limit_s, pure=False, retries=_RETRIES
        )
        waiting[future] = one
        return future


_children: dict[tuple[str, int], Child] = {}
"""The processes that threads of a worker have, by batch and thread."""


def _in_child(
    batch: str, function: Callable[[Given], Got], one: Given, limit_s: float | None
) -> Got | Lost:
    """Do it in the process that this thread of a worker has for the batch."""
    key = (batch, threading.get_ident())
    return _children.setdefault(key, Child(limit_s)).do(function, one)


def _end_children(batch: str) -> None:
    for key in [key for key in _children if key[0] == batch]:
        _children.pop(key).end(for_good=True)
