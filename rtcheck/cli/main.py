"""The command ``rtcheck`` and its subcommands, each imported when it is asked for."""

from __future__ import annotations

import gc
import os

import click

import rtcheck
from rtcheck.cli.exits import LazyGroup

COMMANDS = {
    "check": "rtcheck.cli.check",
    "compare": "rtcheck.cli.compare",
    "batch": "rtcheck.cli.batch",
    "cohort": "rtcheck.cli.cohort",
    "watch": "rtcheck.cli.watch",
    "dvh": "rtcheck.cli.dvh",
    "inspect": "rtcheck.cli.inspect",
    "protocol": "rtcheck.cli.protocol",
    "schema": "rtcheck.cli.schema",
    "bed": "rtcheck.cli.bed",
    "demo": "rtcheck.cli.demo",
    "commission": "rtcheck.cli.commission",
}
"""Name to module; the module holds a click command of the same name."""


@click.group(
    cls=LazyGroup,
    modules=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 every goal is per protocol or acceptable; 1 a deviation; 2 wrong usage "
    "or rule file; 3 no deviation, but something could not be evaluated or read.",
)
@click.version_option(rtcheck.__version__, prog_name="rtcheck")
@click.option(
    "--debug", is_flag=True, envvar="RTCHECK_DEBUG", help="Show the traceback of an internal error."
)
def main(debug: bool) -> None:
    """Check radiotherapy plans (DICOM RT) against citable dose-constraint protocols.

    \b
    Start here:
      rtcheck demo                          an example patient, checked
      rtcheck protocol list                 the protocols that come with it
      rtcheck inspect EXPORT                what is in an export, and what is wrong with it
      rtcheck check EXPORT -p PROTOCOL      the verdict on every goal
      rtcheck compare A B -p PROTOCOL       rival plans side by side
      rtcheck batch ROOT -p PROTOCOL -o OUT whole cohorts, with resume and statistics

    EXPORT is a folder, a ZIP archive, or files. What cannot be decided is NOT EVALUATED, with the
    reason, and never a pass.
    """  # noqa: D301 - click's own mark
    # Arrays here are too small for the threads of a BLAS, and most objects live to the end.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(50_000)
