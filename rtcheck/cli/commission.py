"""``rtcheck commission``: analytic phantoms through the whole chain, as a record to file."""

from __future__ import annotations

import click

from rtcheck.cli.course import Course
from rtcheck.cli.options import (
    date_option,
    geometry_option,
    output_option,
    quiet_option,
    verbose_option,
)
from rtcheck.cli.output import check_targets, deliver, show


@click.command(short_help="Analytic phantoms through the whole chain: an acceptance table.")
@geometry_option
@click.option("--quick", is_flag=True, help="24 bodies instead of 216, in a few seconds.")
@date_option
@output_option("--json", "every figure of every case")
@output_option("--html", "the record as a page to print and sign")
@quiet_option
@verbose_option
def commission(
    geometry: str,
    quick: bool,
    date: str | None,
    json_to: str | None,
    html_to: str | None,
    quiet: bool,
    verbose: bool,
) -> int:
    """Measure phantoms whose every dose and volume is exactly known, and hold rtcheck against them.

    The phantoms are written as DICOM files, read back and measured; nothing else is needed. The
    record names the tolerances, what was found, the worst cases, versions and hashes. It does not
    depend on when it is made, but for its date.

    Exit code: 0 in tolerance, 1 out of tolerance, 2 wrong usage.
    """
    from rtcheck.commission import run_commission
    from rtcheck.commission.text_record import commission_layout
    from rtcheck.report.dates import dated

    people = check_targets({"--json": json_to, "--html": html_to})
    with Course("Commissioning", verbose=verbose) as course:
        course.stage("phantoms")
        record = run_commission(geometry, quick=quick, created=dated(date), progress=course.count)
        course.calm()
        course.stage("write")
        if json_to:
            from rtcheck.commission.json_record import write_commission_json

            deliver(json_to, write_commission_json(record))
        if html_to:
            from rtcheck.commission.html_record import write_commission_html

            deliver(html_to, write_commission_html(record))
        course.stage("print")
        layout = commission_layout(record)
        show(layout[:1] if quiet else layout, people)
    return record.exit_code
