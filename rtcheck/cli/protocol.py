"""``rtcheck protocol``: the rules: list, show, lint, test, schema, new."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rtcheck.cli.exits import OK, USAGE, say
from rtcheck.cli.options import output_option
from rtcheck.cli.output import check_targets, deliver, show
from rtcheck.errors import RtcheckError, UsageError

if TYPE_CHECKING:
    from rtcheck.report.layout import Element


@click.group(short_help="The rules: list, show, lint, test, schema, new.")
def protocol() -> None:
    """Look at the protocols that come with rtcheck, and write your own."""


@protocol.command("list", short_help="List the protocols that come with rtcheck.")
@output_option("--json", "the list")
def list_(json_to: str | None) -> None:
    """List the protocols that come with rtcheck."""
    from rtcheck.protocol import list_protocols
    from rtcheck.report.grid import Column, Grid, Row
    from rtcheck.report.json_report import json_text
    from rtcheck.report.layout import Tone

    people = check_targets({"--json": json_to})
    rules = list_protocols()
    if json_to:
        listed = [
            {
                "id": p.id,
                "version": p.version,
                "status": p.status.value,
                "site": p.site,
                "title": p.title,
                "variants": list(p.variants),
                "goals": len(p.goals),
                "sha256": p.sha256,
            }
            for p in rules
        ]
        deliver(json_to, json_text({"schema": "rtcheck-protocols/1", "protocols": listed}))
    columns = [Column(title) for title in ("Id", "Version", "Status", "Site", "Goals", "Variants")]
    columns[0] = Column("Id", tone=Tone.STRONG)
    rows = [
        Row(
            (p.id, p.version, p.status.value, p.site, str(len(p.goals)), ", ".join(p.variants)),
            ((p.title, Tone.QUIET),),
        )
        for p in rules
    ]
    show([Grid(columns, rows)], people)


@protocol.command("show", short_help="Show goals, structures and sources of a protocol.")
@click.argument("reference", metavar="PROTOCOL")
@click.option("--toml", is_flag=True, help="Print the rule file itself.")
def show_(reference: str, toml: bool) -> None:
    """Show the goals, structures, prescriptions and sources of a protocol."""
    from rtcheck.protocol import load_protocol
    from rtcheck.protocol.toml import read_bytes
    from rtcheck.report.protocol_report import protocol_layout

    rules = load_protocol(reference)
    if toml:
        deliver("-", read_bytes(Path(rules.path)).decode("utf-8-sig"))
    else:
        show(protocol_layout(rules))


@protocol.command(short_help="Find slips that are legal and probably wrong.")
@click.argument("references", nargs=-1, metavar="[FILE]...")
def lint(references: tuple[str, ...]) -> int:
    """Find what rule files say and probably do not mean; all that come with rtcheck if none given.

    Exit code: 0 without errors (warnings do not count), 2 with errors.
    """
    from rtcheck.protocol import LintSeverity, lint_protocol
    from rtcheck.report.layout import Paragraph, Tone

    code = OK
    elements: list[Element] = []
    for reference in _given_or_all(references):
        try:
            messages = lint_protocol(reference)
        except RtcheckError as error:
            say(f"Error: {error}")
            code = USAGE
            continue
        errors = sum(message.severity is LintSeverity.ERROR for message in messages)
        code = USAGE if errors else code
        found = f"{errors} errors, {len(messages) - errors} warnings" if messages else "clean"
        elements.append(Paragraph(f"{reference}: {found}", Tone.STRONG))
        for message in messages:
            tone = Tone.BAD if message.severity is LintSeverity.ERROR else Tone.DOUBT
            elements.append(Paragraph(str(message), tone, indent=1))
    show(elements)
    return code


@protocol.command(short_help="Run the cases that prove what rules mean.")
@click.argument("references", nargs=-1, metavar="[FILE]...")
def test(references: tuple[str, ...]) -> int:
    """Run the cases of rule files; of all that come with rtcheck if none is given.

    The cases stand beside the rules: my-lung.cases.toml beside my-lung.toml. Exit code: 0 if every
    case comes out as it expects, 2 if one does not.
    """
    from rtcheck.report.layout import Paragraph, Tone
    from rtcheck.verdict.cases import run_cases

    code = OK
    elements: list[Element] = []
    for reference in _given_or_all(references):
        try:
            results = run_cases(reference)
        except RtcheckError as error:
            say(f"Error: {error}")
            code = USAGE
            continue
        failed = [result for result in results if not result.passed]
        said = f"{reference}: {len(results) - len(failed)} of {len(results)} cases as expected"
        elements.append(Paragraph(said, Tone.STRONG))
        elements += [Paragraph(str(result), Tone.BAD, lead="✗ ", indent=1) for result in failed]
        code = USAGE if failed or not results else code
    show(elements)
    return code


def _given_or_all(references: Sequence[str]) -> list[str]:
    from rtcheck.protocol import list_protocols

    return list(dict.fromkeys(references)) or [rules.id for rules in list_protocols()]


@protocol.command(short_help="Print the JSON Schema of rule files.")
def schema() -> None:
    """Print the JSON Schema of rule files, for completion in an editor."""
    from rtcheck.protocol import json_schema
    from rtcheck.report.json_report import json_text

    deliver("-", json_text(json_schema()))


@protocol.command(short_help="Write a rule file and its cases to begin with.")
@click.argument("name", metavar="ID")
@click.option("-o", "--output", "folder", default=".", metavar="FOLDER", help="Where to write.")
def new(name: str, folder: str) -> None:
    """Write a rule file and its cases file to begin with: ID.toml and ID.cases.toml."""
    from rtcheck.protocol import new_protocol
    from rtcheck.report.layout import Command, Paragraph, Tone

    texts = new_protocol(name)
    paths = [Path(folder) / f"{name}.toml", Path(folder) / f"{name}.cases.toml"]
    for path in paths:
        if path.exists():
            raise UsageError(
                "a file of this name exists", where=str(path), hint="Nothing was written"
            )
    for path, text in zip(paths, texts, strict=True):
        deliver(str(path), text)
    rules = str(paths[0])
    show(
        [
            Paragraph("Fill in, then:", Tone.STRONG),
            Command(f"rtcheck protocol lint {rules}"),
            Command(f"rtcheck protocol test {rules}"),
            Command(f"rtcheck check EXPORT -p {rules}"),
        ]
    )
