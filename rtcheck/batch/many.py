"""The call that checks many plans, with the same guarantees as the command ``rtcheck batch``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from rtcheck.batch.engine import Engine, Here, Processes
from rtcheck.batch.run import Batch, PathLike, PlanResult
from rtcheck.batch.scan import require_there
from rtcheck.batch.settings import settings_of
from rtcheck.batch.store import Store
from rtcheck.errors import UsageError


def check_many(
    *roots: PathLike,
    protocol: str | Path | Sequence[str | Path] = (),
    protocol_for: str | Path | None = None,
    out: PathLike | None = None,
    resume: bool = False,
    jobs: int | None = None,
    dask: str | None = None,
    time_limit_s: float | None = None,
    structure_map: Mapping[str, Sequence[str]] | None = None,
    aliases: Mapping[str, Sequence[str]] | None = None,
    rx: Iterable[str] = (),
    geometry: str = "smooth",
    second_engine: str | None = None,
    date: str | None = None,
    html: bool = True,
) -> Iterator[PlanResult]:
    """Return the result of every plan below folders, one by one, as they come.

    Parameters
    ----------
    *roots : str or Path
        Folders in any layout, files, ZIP archives; or URLs of them, such as ``s3://bucket/prefix``
        (extra `remote`).
    protocol : str, Path or sequence of them
        Every plan is checked against each.
    protocol_for : str or Path, optional
        Rule file that chooses protocols by plan, instead of `protocol`.
    out : str or Path, optional
        Folder that results are kept in, with tables and a page at the end; without it nothing is
        written.
    resume : bool
        Go on with a batch in `out`: what is done and has not changed is not done again.
    jobs : int, optional
        Processes of this machine; none: all is done in this process.
    dask : str, optional
        Address of a Dask scheduler, or ``"local"`` (extra `dask`).
    time_limit_s : float, optional
        How long a plan may take: one that is not done then is not evaluated, and says so. It needs
        a process to end, so with it there is at least one.
    structure_map, aliases, rx, geometry, second_engine, date
        As for `rtcheck.check`.
    html : bool
        Whether each report is written as a page too.

    Raises
    ------
    UsageError
        If a path does not exist, or `out` is in use or holds something else.
    ProtocolError
        If rules cannot be read. What is wrong with a plan is its result, not an error.
    """
    require_there(roots)
    given = [protocol] if isinstance(protocol, str | Path) else list(protocol)
    store = Store(out) if out is not None else None
    if store:
        store.require_usable(resume=resume)
    settings = settings_of(
        given,
        protocol_for=protocol_for,
        created=created_of(store, date, resume=resume),
        structure_map=structure_map,
        aliases=aliases,
        rx=rx,
        geometry=geometry,
        second_engine=second_engine,
        html=html,
    )
    with contextlib.ExitStack() as held:
        if store:
            held.enter_context(store.locked())
        engine = engine_of(held, jobs, dask, time_limit_s)
        batch = Batch(roots, settings, store, engine, limit_s=time_limit_s)
        batch.begin()
        units = batch.find()
        yield from batch.run(units)
        batch.finish(units)


def engine_of(
    held: contextlib.ExitStack, jobs: int | None, dask: str | None, limit_s: float | None
) -> Engine:
    """Return who does the work, ended with the stack.

    Raises
    ------
    UsageError
        If Dask is asked for and cannot be had, or the number of jobs or the limit is none.
    """
    if jobs is not None and jobs < 1:
        raise UsageError(f"{jobs} jobs", expected="at least one")
    if limit_s is not None and not limit_s > 0:
        raise UsageError(f"a limit of {limit_s:g} s", expected="more than nothing")
    if dask:
        from rtcheck.batch.dask_engine import Dask

        return held.enter_context(Dask(dask, jobs, limit_s))
    if jobs is None and limit_s is None:
        return Here()
    return held.enter_context(Processes(jobs or 1, limit_s))


def created_of(store: Store | None, date: str | None, *, resume: bool) -> str:
    """Return the date that reports bear: the one asked for, that of the batch gone on with, now."""
    from rtcheck.report.dates import dated

    head = store.head() if store and resume else None
    return dated(date) if date or not head else str(head["created"])
