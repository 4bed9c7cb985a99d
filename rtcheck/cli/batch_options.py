"""Options of the commands that check cohorts, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from rtcheck.cli.inputs import parse_maps
from rtcheck.errors import UsageError

if TYPE_CHECKING:
    from rtcheck.batch.settings import Settings

protocol_option = click.option(
    "-p",
    "--protocol",
    "references",
    multiple=True,
    metavar="PROTOCOL[@VARIANT]",
    help="Id of a protocol that comes with rtcheck, or a rule file. May be given more than once: "
    "every plan is checked against each.",
)
protocol_for_option = click.option(
    "--protocol-for",
    metavar="RULES",
    help="Choose the protocols of each plan by label, folder, structure, prescription or "
    "fractions (TOML).",
)
out_option = click.option(
    "-o", "--out", required=True, metavar="OUT", help="Folder that results are kept in."
)
jobs_option = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes; by default as many as this machine has cores and memory for.",
)
dask_option = click.option(
    "--dask",
    metavar="ADDRESS",
    help="Let the workers of a Dask scheduler do the work: tcp://host:8786, or local (needs "
    "pip install 'rtcheck[dask]').",
)
time_limit_option = click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=3600,
    show_default=True,
    metavar="SECONDS",
    help="How long one plan may take; then it is not evaluated, and the batch goes on.",
)
html_option = click.option(
    "--html/--no-html", default=True, help="Write each report as a page beside its JSON."
)


def refuse_anonymize(anonymize: bool) -> None:
    """Refuse what a batch cannot promise.

    Raises
    ------
    UsageError
        If results that name nobody are asked for.
    """
    if anonymize:
        raise UsageError(
            "--anonymize: a batch keeps names and hashes of files, to know what is done",
            hint="Anonymize the export itself, or use rtcheck check --anonymize a plan",
        )


def jobs_or_default(jobs: int | None, dask: str | None) -> int | None:
    """Return the number of jobs: of this machine unless others do the work."""
    from rtcheck.batch.engine import default_jobs

    return jobs if jobs is not None or dask else default_jobs()


def settings_from(options: Mapping[str, Any], created: str) -> Settings:
    """Return the settings of a batch from the options of a command.

    Raises
    ------
    UsageError, ProtocolError
        If they cannot be right for any plan.
    """
    from rtcheck.batch.settings import settings_of
    from rtcheck.protocol import load_aliases

    made = settings_of(
        options["references"],
        created=created,
        protocol_for=options["protocol_for"],
        aliases=load_aliases(options["aliases"]) if options["aliases"] else {},
        rx=options["rx"],
        geometry=options["geometry"],
        second_engine=options["second_engine"],
        html=options["html"],
    )
    every = made.chooser.protocols() if made.chooser else made.protocols
    maps = parse_maps(options["maps"], [protocol for protocol, _ in every])
    return replace(made, structure_map=dict(maps))
