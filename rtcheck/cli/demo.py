"""``rtcheck demo``: works with no data."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rtcheck.cli.options import date_option
from rtcheck.cli.output import deliver, show
from rtcheck.errors import UsageError

if TYPE_CHECKING:
    from rtcheck.phantoms.patients import Example
    from rtcheck.report.layout import Element

FILES = frozenset({"RTSTRUCT.dcm", "RTPLAN.dcm", "RTDOSE.dcm", "CT"})


@click.command(short_help="Make an example patient, check it, write the report.")
@click.option("--example", "name", metavar="NAME", help="Which patient; --list shows them.")
@click.option(
    "--complying/--violating",
    default=True,
    help="The version that keeps its protocol (default), or the one that breaks a rule.",
)
@click.option(
    "-o",
    "--output",
    "folder",
    default="rtcheck-demo",
    show_default=True,
    metavar="FOLDER",
    help="Where to write; made if needed, nothing in it is deleted.",
)
@click.option("--pdf", is_flag=True, help="Write the report as PDF too.")
@date_option
@click.option("--list", "list_them", is_flag=True, help="Show the example patients and stop.")
def demo(
    name: str | None, complying: bool, folder: str, pdf: bool, date: str | None, list_them: bool
) -> int:
    """Make an example patient, check it against its protocol, and write the report.

    The patient is synthetic: DICOM files as a planning system exports them. The exit code is that
    of the check: 0 for the complying version, 1 for the violating one.
    """
    import rtcheck
    from rtcheck.phantoms.patients import EXAMPLES, write_example
    from rtcheck.report.dates import dated
    from rtcheck.report.html_report import write_html
    from rtcheck.report.json_report import write_json
    from rtcheck.report.text_report import report_layout

    if list_them:
        show(_listed(EXAMPLES.values()))
        return 0
    created = dated(date)
    if pdf:
        from rtcheck.report.pdf_report import require_weasyprint, write_pdf

        require_weasyprint()
    name = name or next(iter(EXAMPLES))
    version = "complying" if complying else "violating"
    home = Path(folder) / f"{name}-{version}"
    export = home / "export"
    _refuse_foreign(export)
    try:
        write_example(name, version, export, ct=True)
    except OSError as error:
        raise UsageError(f"cannot write: {error.strerror or error}", where=str(export)) from error
    report = rtcheck.check(export, EXAMPLES[name].protocol, date=created, pictures=True)
    show(report_layout(report))
    deliver(str(home / "report.html"), write_html(report))
    deliver(str(home / "report.json"), write_json(report))
    if pdf:
        deliver(str(home / "report.pdf"), write_pdf(report))
    show(_next(EXAMPLES[name], version, export))
    return report.exit_code


def _refuse_foreign(export: Path) -> None:
    """Refuse a folder that holds other files: they would be read as part of the example."""
    if export.is_dir():
        foreign = sorted(entry.name for entry in export.iterdir() if entry.name not in FILES)
        if foreign:
            raise UsageError(
                f"the folder holds other files, such as {foreign[0]!r}",
                where=str(export),
                hint="Choose another with -o FOLDER",
            )


def _listed(examples: Iterable[Example]) -> list[Element]:
    from rtcheck.report.layout import Facts

    pairs = []
    for example in examples:
        pairs += [
            (example.name, f"{example.title} ({example.protocol})"),
            ("", f"--complying: {example.complying}"),
            ("", f"--violating: {example.violating} Breaks goal {example.breaks}."),
        ]
    return [Facts(pairs)]


def _next(example: Example, version: str, export: Path) -> list[Element]:
    from rtcheck.report.layout import Blank, Command, Paragraph, Tone

    other = "violating" if version == "complying" else "complying"
    commands = (
        f"rtcheck check {shlex.quote(str(export))} -p {example.protocol} --html report.html",
        f"rtcheck inspect {shlex.quote(str(export))} -p {example.protocol}",
        f"rtcheck dvh {shlex.quote(str(export))} --svg curves.svg",
        f"rtcheck demo --example {example.name} --{other}",
        "rtcheck demo --list",
    )
    return [
        Blank(),
        Paragraph(f"{example.title}. {example.describe(version)}"),
        Paragraph("Try next:", Tone.STRONG),
        *map(Command, commands),
    ]
