"""``rtcheck watch``: an export folder, each plan checked once when its files are complete."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import click

from rtcheck.cli.batch import worst
from rtcheck.cli.batch_options import (
    html_option,
    out_option,
    protocol_for_option,
    protocol_option,
    refuse_anonymize,
    settings_from,
    time_limit_option,
)
from rtcheck.cli.exits import tell
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
from rtcheck.errors import UsageError


@click.command(short_help="Check each plan of an export folder once, as it comes.")
@click.argument("folder", metavar="FOLDER", type=click.Path())
@protocol_option
@protocol_for_option
@out_option
@click.option(
    "--settle",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long the files of a plan must have stayed the same.",
)
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for what a plan lacks before it is checked as it is.",
)
@click.option(
    "--every",
    type=click.FloatRange(min=0.1),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to look.",
)
@click.option("--looks", type=click.IntRange(min=1), metavar="N", help="Look N times and end.")
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
def watch(
    folder: str,
    out: str,
    settle: float,
    patience: float,
    every: float,
    looks: int | None,
    time_limit: float,
    anonymize: bool,
    quiet: bool,
    **options: Any,
) -> int:
    """Watch an export folder and check each plan once, when its files are complete and stable.

    OUT gets what rtcheck batch writes, anew after each plan. A plan whose files change is checked
    again. End it with Ctrl-C; the same command goes on where it was.

    \b
    rtcheck watch /exports -p zhai-2025-hcc-thrombosis -o results

    Exit code, with --looks: that of the worst plan that was checked; 3 if there was none.
    """  # noqa: D301 - click's own mark
    from rtcheck.batch.many import created_of, engine_of
    from rtcheck.batch.run import Batch
    from rtcheck.batch.scan import require_there
    from rtcheck.batch.store import Store
    from rtcheck.batch.watch import Watch
    from rtcheck.report.cohort.text import plan_line
    from rtcheck.report.layout import Paragraph

    refuse_anonymize(anonymize)
    require_there([folder])
    store = Store(out)
    store.require_usable(resume=True)
    settings = settings_from(options, created_of(store, options.pop("date"), resume=True))
    codes: list[int] = []
    with contextlib.ExitStack() as held:
        held.enter_context(store.locked())
        engine = engine_of(held, 1, None, time_limit)
        batch = Batch([folder], settings, store, engine, limit_s=time_limit)
        watching = Watch(batch, settle, patience)
        watching.batch.begin()
        tell(f"Watching {folder}; Ctrl-C ends it.")
        while True:
            try:
                for result in watching.look():
                    codes.append(result.exit_code)
                    show([Paragraph(plan_line(result.row))])
            except UsageError:
                if watching.batch.is_there():
                    raise
                tell(f"{folder} is not there; looking again.")  # a network drive comes back
            if looks is not None:
                looks -= 1
                if not looks:
                    return worst(codes)
            time.sleep(every)
