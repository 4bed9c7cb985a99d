"""``rtcheck cohort``: what a batch's tables say, without reading any dose again."""

from __future__ import annotations

from pathlib import Path

import click

from rtcheck.cli.inputs import protect_inputs
from rtcheck.cli.options import output_option
from rtcheck.cli.output import check_targets, deliver, show


@click.command(short_help="Statistics of a batch, and what another limit would come to.")
@click.argument("folder", metavar="OUT")
@click.option(
    "--what-if",
    "questions",
    multiple=True,
    metavar="'GOAL <= LIMIT'",
    help="What another limit on the stored values would come to; repeat as needed.",
)
@output_option("--html", "the cohort as one page")
def cohort(folder: str, questions: tuple[str, ...], html_to: str | None) -> int:
    """Say what the plans of a batch came to together, from its tables alone.

    \b
    rtcheck cohort results
    rtcheck cohort results --what-if "lung-v20 <= 25 %"

    Shares are of the plans in which a goal was evaluated, with Wilson's 95 % interval; what was not
    evaluated is counted by its reason. Exit code: that of the worst plan.
    """  # noqa: D301 - click's own mark
    from rtcheck.report.cohort import Cohort, write_cohort_html
    from rtcheck.report.cohort.text import cohort_layout, what_if_layout
    from rtcheck.report.layout import Blank

    people = check_targets({"--html": html_to})
    found = Cohort.open(folder)
    answers = [found.what_if(question) for question in questions]
    if html_to is not None:
        if html_to != "-":
            protect_inputs(html_to, [str(p) for p in Path(folder).glob("*.csv")])
        deliver(html_to, write_cohort_html(found))
    elements = cohort_layout(found)
    for answer in answers:
        elements += [Blank(), *what_if_layout(answer)]
    show(elements, people)
    return found.exit_code
