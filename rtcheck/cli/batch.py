"""``rtcheck batch``: every plan below some folders, kept as a dataset."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from rtcheck.cli.batch_options import (
    dask_option,
    html_option,
    jobs_option,
    jobs_or_default,
    out_option,
    protocol_for_option,
    protocol_option,
    refuse_anonymize,
    settings_from,
    time_limit_option,
)
from rtcheck.cli.exits import DEVIATION, OK, UNREADABLE, say, tell
from rtcheck.cli.options import (
    aliases_option,
    anonymize_option,
    date_option,
    geometry_option,
    map_option,
    quiet_option,
    rx_option,
    second_engine_option,
)
from rtcheck.cli.output import show
from rtcheck.cli.pace import Pace
from rtcheck.errors import UsageError

if TYPE_CHECKING:
    from rtcheck.batch.run import Batch, PlanResult
    from rtcheck.batch.store import Store
    from rtcheck.batch.units import Unit
    from rtcheck.report.layout import Element


@click.command(short_help="Check whole cohorts, with resume and statistics.")
@click.argument("roots", nargs=-1, required=True, metavar="ROOT...")
@protocol_option
@protocol_for_option
@out_option
@click.option("--resume", is_flag=True, help="Go on with the batch in OUT, repeating nothing.")
@click.option("--dry-run", is_flag=True, help="Say what would be checked, and check nothing.")
@jobs_option
@dask_option
@time_limit_option
@rx_option
@map_option
@aliases_option
@geometry_option
@second_engine_option
@html_option
@date_option
@anonymize_option
@quiet_option
def batch(
    roots: tuple[str, ...],
    out: str,
    resume: bool,
    dry_run: bool,
    jobs: int | None,
    dask: str | None,
    time_limit: float,
    anonymize: bool,
    quiet: bool,
    **options: Any,
) -> int:
    """Check every plan below ROOT, whatever the layout, and keep the results as a dataset.

    ROOT is a folder (searched with all that is in it, ZIP archives included), an archive, a file,
    or a URL such as s3://bucket/prefix (pip install 'rtcheck[remote]'). One bad plan is one row
    with its reason. OUT gets plans.csv, verdicts.csv, curves.csv (and Parquet with pip install
    'rtcheck[batch]'), a report a plan, and index.html for the cohort.

    \b
    rtcheck batch archive/ -p zhai-2025-hcc-thrombosis -o results
    rtcheck batch archive/ -p zhai-2025-hcc-thrombosis -o results --resume
    rtcheck batch trial/ --protocol-for sites.toml -o results --jobs 4

    A batch that was stopped at any moment has lost nothing: --resume goes on. It checks again what
    changed: files, rules, settings or the version of rtcheck.

    Exit code: that of the worst plan. 0 every goal per protocol or acceptable, 1 a deviation, 2
    wrong usage or rule file, 3 no deviation, but something not evaluated or unreadable.
    """  # noqa: D301 - click's own mark
    from rtcheck.batch.many import created_of, engine_of
    from rtcheck.batch.run import Batch
    from rtcheck.batch.scan import require_there
    from rtcheck.batch.store import Store

    refuse_anonymize(anonymize)
    require_there(roots)
    store = Store(out)
    if not dry_run:
        store.require_usable(resume=resume)
    date = options.pop("date")
    settings = settings_from(options, created_of(store, date, resume=resume or dry_run))
    pace = Pace()
    with contextlib.ExitStack() as held:
        if not dry_run:
            held.enter_context(store.locked())
        engine = engine_of(held, jobs_or_default(jobs, dask), dask, time_limit)
        work = Batch(roots, settings, store, engine, pace.looking, time_limit)
        if dry_run:
            units = work.find()
            pace.end()
            show(_dry_run(work, units, quiet=quiet))
            return OK if units else UNREADABLE
        work.begin()
        units = work.find()
        codes = run_batch(work, units, pace)
        if not units:
            raise UsageError(
                f"no DICOM RT object; files looked at: {work.number_of_files}",
                expected="RT Plan, RT Structure Set, RT Dose",
            )
        show(summary(store, quiet=quiet))
    return worst(codes)


def run_batch(work: Batch, units: Sequence[Unit], pace: Pace) -> list[int]:
    """Check units, tell how far it is, write the tables; return the exit codes of the plans."""
    codes: list[int] = []
    repeated = errors = 0
    pace.checking(0, len(units), 0, 0)
    try:
        for result in work.run(units):
            codes.append(result.exit_code)
            repeated += result.repeated
            errors += bool(result.error)
            _tell_trouble(result)
            pace.checking(len(codes), len(units), repeated, errors)
    except KeyboardInterrupt:
        pace.end()
        say(f"Stopped: {len(codes)} of {len(units)} plans are kept; --resume goes on.")
        raise
    pace.end()
    if repeated:
        tell(f"{repeated} of {len(units)} plans were done before and have not changed.")
    if units:
        work.finish(units)
    return codes


def _tell_trouble(result: PlanResult) -> None:
    """Tell at once what points to rtcheck or the machine; what is wrong with a plan is its row."""
    code = result.row["error_code"]
    if code in ("INTERNAL_ERROR", "WORKER_DIED", "TIME_LIMIT"):
        say(f"{result.row['files'].partition('; ')[0]}: {result.error}")


def worst(codes: Sequence[int]) -> int:
    """Return the exit code of the worst plan; no plan at all is never a pass."""
    found = set(codes) or {UNREADABLE}
    return next(code for code in (DEVIATION, UNREADABLE, OK) if code in found)


def summary(store: Store, *, quiet: bool) -> list[Element]:
    """Return what a batch came to."""
    from rtcheck.batch.dataset import has_parquet
    from rtcheck.report.cohort import Cohort
    from rtcheck.report.cohort.text import cohort_layout, headline
    from rtcheck.report.layout import Blank, Paragraph, Tone

    cohort = Cohort.open(store.folder)
    if quiet:
        return [Paragraph(headline(cohort), Tone.STRONG)]
    tables = "plans, verdicts and curves as CSV" + (" and Parquet" if has_parquet() else "")
    return [
        *cohort_layout(cohort),
        Blank(),
        Paragraph(f"{store.folder / 'index.html'}: the cohort; beside it {tables}."),
    ]


def _dry_run(work: Batch, units: Sequence[Unit], *, quiet: bool) -> list[Element]:
    from rtcheck.batch.store import is_current
    from rtcheck.report.grid import Column, Grid, Row
    from rtcheck.report.layout import Blank, Paragraph, Tone

    key = work.settings.key()
    kept = {u.id for u in units if work.store and is_current(work.store.record(u.id), u, key)}
    damaged = sum(bool(unit.fault) for unit in units)
    text = f"{len(units) - damaged} plans among {work.number_of_files} files"
    text += f", {damaged} file{'' if damaged == 1 else 's'} that cannot be read" if damaged else ""
    text += f"; {len(kept)} were done before and have not changed" if kept else ""
    elements: list[Element] = [Paragraph(text + ".", Tone.STRONG)]
    if quiet or not units:
        return elements
    rows = [Row((u.label or "–", _state(u, kept), ", ".join(u.names))) for u in units]
    columns = [Column("plan"), Column("would be"), Column("files", spills=True)]
    return [*elements, Blank(), Grid(columns, rows)]


def _state(unit: Unit, kept: set[str]) -> str:
    if unit.id in kept:
        return "kept"
    return "told as unreadable" if unit.fault else "checked"
