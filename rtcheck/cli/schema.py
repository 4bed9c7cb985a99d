"""``rtcheck schema``: the JSON Schemas of what rtcheck writes and reads."""

from __future__ import annotations

import click

from rtcheck.cli.options import output_option
from rtcheck.cli.output import STDOUT, check_targets, deliver

_WHICH = ("report", "comparison", "protocol")


@click.command(short_help="Print the JSON Schema of reports, comparisons or rule files.")
@click.argument(
    "which", type=click.Choice(_WHICH), default="report", metavar="[report|comparison|protocol]"
)
@output_option("--json", "the schema to a file")
def schema(which: str, json_to: str | None) -> None:
    """Print the JSON Schema of what check --json or compare --json writes, or of rule files.

    \b
    rtcheck schema report --json rtcheck-report.schema.json
    """  # noqa: D301 - click's own mark
    from rtcheck.protocol import json_schema
    from rtcheck.report.comparison.tables import comparison_schema
    from rtcheck.report.json_report import json_text, report_schema

    check_targets({"--json": json_to})
    schemas = {
        "report": report_schema,
        "comparison": comparison_schema,
        "protocol": json_schema,
    }
    deliver(json_to or STDOUT, json_text(schemas[which]()))
