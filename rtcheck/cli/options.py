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

rx_option: Decorator = click.option(
    "--rx",
    multiple=True,
    metavar='"NAME=50 Gy/25"',
    help="State a prescription that the export does not state; it wins over the export's.",
)


def output_option(flag: str, what: str) -> Decorator:
    """Return the option that writes a format; its parameter is named ``json_to`` for ``--json``."""
    name = flag.removeprefix("--") + "_to"
    return click.option(flag, name, metavar="FILE", help=f"Write {what}; - is standard output.")
