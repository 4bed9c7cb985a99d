"""``rtcheck commission``: analytic phantoms through the whole chain, as a record to file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from rtcheck.cli.options import geometry_option, output_option
from rtcheck.cli.output import check_targets, deliver, show
from rtcheck.errors import UsageError

_PATIENCE_S = 1.0
"""How long a run may take before it shows how far it is."""


@click.command(short_help="Analytic phantoms through the whole chain: an acceptance table.")
@geometry_option
@click.option("--quick", is_flag=True, help="24 bodies instead of 216, in a few seconds.")
@click.option(
    "--date",
    "created",
    metavar="DATE",
    help="The date that the record bears, such as 2026-02-01; now if not given.",
)
@output_option("--json", "every figure of every case")
@output_option("--html", "the record as a page to print and sign")
def commission(
    geometry: str, quick: bool, created: str | None, json_to: str | None, html_to: str | None
) -> int:
    """Measure phantoms whose every dose and volume is exactly known, and hold rtcheck against them.

    The phantoms are written as DICOM files, read back and measured; nothing else is needed. The
    record names the tolerances, what was found, the worst cases, versions and hashes. It does not
    depend on when it is made, but for its date.

    Exit code: 0 in tolerance, 1 out of tolerance, 2 wrong usage.
    """
    from rtcheck.commission import run_commission
    from rtcheck.commission.text_record import commission_layout

    people = check_targets({"--json": json_to, "--html": html_to})
    with _progress() as progress:
        record = run_commission(geometry, quick=quick, created=_date(created), progress=progress)
    if json_to:
        from rtcheck.commission.json_record import write_commission_json

        deliver(json_to, write_commission_json(record))
    if html_to:
        from rtcheck.commission.html_record import write_commission_html

        deliver(html_to, write_commission_html(record))
    show(commission_layout(record), people)
    return record.exit_code


def _date(text: str | None) -> str:
    from datetime import UTC, datetime

    if text is None:
        return datetime.now(UTC).isoformat(timespec="seconds")
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--date {text!r}", expected="a date, such as 2026-02-01") from None
    return text


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """Give what shows the progress on a terminal, once the run has taken a while."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    started = time.monotonic()
    columns = (TextColumn("Measuring phantoms"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("", total=None)

    def step(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)
        if not bar.live.is_started and time.monotonic() - started > _PATIENCE_S:
            bar.start()

    try:
        yield step
    finally:
        bar.stop()
