"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Decorator = Callable[[Any], Any]

geometry_option: Decorator = click.option(
    "--geometry",
    default="smooth",
    show_default=True,
    metavar="NAME",
    help="What lies between and beyond contours: smooth, linear-rounded (as Eclipse), "
    "linear-half-slice (as RayStation) or prism (as MIM).",
)

plan_option: Decorator = click.option(
    "--plan",
    "plan_wanted",
    metavar="LABEL_OR_UID",
    help="RTPlanLabel or SOPInstanceUID of the plan wanted, where there are several.",
)

second_engine_option: Decorator = click.option(
    "--second-engine",
    metavar="NAME",
    help="Put the values of another engine beside rtcheck's own: dicompyler (needs "
    "pip install 'rtcheck[dicompyler]'). Takes some seconds a large ROI.",
)

date_option: Decorator = click.option(
    "--date",
    metavar="DATE",
    help="The date that the report bears, such as 2026-02-01; now if not given. With it the same "
    "input gives the same bytes.",
)

anonymize_option: Decorator = click.option(
    "--anonymize",
    is_flag=True,
    help="Leave no name, ID, birth date or UID of the patient in any output.",
)

rx_option: Decorator = click.option(
    "--rx",
    multiple=True,
    metavar='"NAME=50 Gy/25"',
    help="State a prescription that the export does not state; it wins over the export's. The days "
    'may follow: "PTV=50 Gy/25 on Mon-Fri".',
)


map_option: Decorator = click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="ROLE=ROI",
    help="Which ROI has a role of the protocol; its name exactly as exported. Repeat as needed.",
)

aliases_option: Decorator = click.option(
    "--aliases", metavar="FILE", help="Your clinic's own names of roles (TOML)."
)

limit_option: Decorator = click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=NUMBER",
    help="Read more or less of the input than by default: file_bytes, unpacked_bytes, "
    "unpacked_ratio, archive_bytes, dose_points, folder_depth or files. Repeat as needed.",
)

quiet_option: Decorator = click.option(
    "-q", "--quiet", is_flag=True, help="Print the overall outcome only; errors are still told."
)

verbose_option: Decorator = click.option(
    "-v", "--verbose", is_flag=True, help="Tell on standard error how long each stage took."
)


def output_option(flag: str, what: str) -> Decorator:
    """Return the option that writes a format; its parameter is named ``json_to`` for ``--json``."""
    name = flag.removeprefix("--").replace("-", "_") + "_to"
    return click.option(flag, name, metavar="FILE", help=f"Write {what}; - is standard output.")
