"""``rtcheck check``: the verdict on every goal, for one plan or several."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rtcheck.cli.exits import DEVIATION, OK, UNREADABLE, debugging, internal_error, say
from rtcheck.cli.inputs import Source, names_of, parse_maps, sources_of
from rtcheck.cli.options import (
    geometry_option,
    output_option,
    plan_option,
    rx_option,
    second_engine_option,
)
from rtcheck.cli.output import check_targets, deliver, show
from rtcheck.errors import DicomError, GeometryError, RtcheckError, UsageError

if TYPE_CHECKING:
    from rtcheck.api import OpenPlan
    from rtcheck.protocol import Protocol
    from rtcheck.report import Report
    from rtcheck.report.layout import Element


@click.command(short_help="Check plans against a protocol.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-p",
    "--protocol",
    "references",
    multiple=True,
    metavar="PROTOCOL[@VARIANT]",
    help="Id of a protocol that comes with rtcheck, or a rule file. May be given more than once.",
)
@plan_option
@rx_option
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="ROLE=ROI",
    help="Which ROI has a role of the protocol; its name exactly as exported. Repeat as needed.",
)
@click.option("--aliases", metavar="FILE", help="Your clinic's own names of roles (TOML).")
@geometry_option
@second_engine_option
@output_option("--json", "the report with every number unrounded")
@output_option("--html", "the report as one self-contained page; several plans: one file each")
@output_option("--csv", "one row a verdict, all plans in one table")
def check(
    paths: tuple[str, ...],
    references: tuple[str, ...],
    plan_wanted: str | None,
    rx: tuple[str, ...],
    maps: tuple[str, ...],
    aliases: str | None,
    geometry: str,
    second_engine: str | None,
    json_to: str | None,
    html_to: str | None,
    csv_to: str | None,
) -> int:
    """Check plans against a protocol.

    PATH is a folder (searched with all that is in it), a ZIP archive, or files; files given one by
    one are taken together. Every plan found is checked, unless --plan names one.

    \b
    rtcheck check export/ -p zhai-2025-hcc-thrombosis
    rtcheck check export/ -p my-rules.toml --rx "PTV=50 Gy/25" --map "Liver=liver total"
    rtcheck check a.zip b/ -p sun-2016-hcc-lung-mets --json - > verdicts.json

    Exit code: 0 every goal per protocol or acceptable, 1 a deviation, 2 wrong usage or rule file,
    3 no deviation, but something not evaluated or unreadable.
    """  # noqa: D301 - click's own mark
    people = check_targets({"--json": json_to, "--html": html_to, "--csv": csv_to})
    rules = _load(references)
    if second_engine is not None:
        from rtcheck.open_plan import require_engine

        require_engine(second_engine)
    checking = _Checking(
        rules, parse_maps(maps, [r for r, _ in rules]), _aliases(aliases), second_engine
    )
    for source in sources_of(paths):
        checking.source(source, plan_wanted, rx, geometry)
    _write(checking, json_to, html_to, csv_to)
    show(checking.layout(), people)
    return checking.exit_code


def _load(references: Sequence[str]) -> list[tuple[Protocol, str]]:
    from rtcheck.protocol import load_protocol, split_reference

    if not references:
        raise UsageError(
            "no protocol",
            expected="-p PROTOCOL",
            hint="See rtcheck protocol list",
        )
    return [(load_protocol(text), split_reference(text)[1]) for text in dict.fromkeys(references)]


def _aliases(path: str | None) -> dict[str, tuple[str, ...]]:
    from rtcheck.protocol import load_aliases

    return load_aliases(path) if path else {}


@dataclass
class _Checking:
    """What came of checking: a report a plan and protocol, and what could not be read."""

    rules: Sequence[tuple[Protocol, str]]
    maps: Mapping[str, Sequence[str]]
    aliases: Mapping[str, Sequence[str]]
    second_engine: str | None = None
    reports: list[Report] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    unreadable: list[tuple[Source, str]] = field(default_factory=list)

    def source(
        self, source: Source, plan_wanted: str | None, rx: Sequence[str], geometry: str
    ) -> None:
        """Check every plan of one export; what cannot be read does not stop the others."""
        import rtcheck

        try:
            plans = rtcheck.read_all(*source.paths, plan=plan_wanted, rx=rx, geometry=geometry)
            if len(plans) > 1:
                found = f"{source.title} holds {len(plans)} plans: {names_of(plans)}."
                say(f"{found} Each is checked; --plan LABEL_OR_UID chooses one.")
            for plan in plans:
                self._plan(plan, source)
        except (DicomError, GeometryError) as error:
            self._give_up(source, error)
        except RtcheckError:
            raise
        except Exception as fault:
            if debugging():
                raise
            self._give_up(source, internal_error(fault))

    def _plan(self, plan: OpenPlan, source: Source) -> None:
        import rtcheck

        for protocol, variant in self.rules:
            maps = {role: names for role, names in self.maps.items() if role in protocol.roles}
            report = rtcheck.check(
                plan,
                protocol,
                variant=variant,
                structure_map=maps,
                aliases=self.aliases,
                second_engine=self.second_engine,
            )
            self.reports.append(report)
            self.titles.append(source.title)

    def _give_up(self, source: Source, error: RtcheckError) -> None:
        say(f"Error: {source.title}: {error}")
        self.unreadable.append((source, str(error)))

    @property
    def exit_code(self) -> int:
        """Return the worst: a deviation before what could not be said, and that before a pass."""
        codes = {report.exit_code for report in self.reports}
        if self.unreadable or not codes:
            codes.add(UNREADABLE)
        return next(code for code in (DEVIATION, UNREADABLE, OK) if code in codes)

    def layout(self) -> list[Element]:
        """Return the reports, and where there are several what each came to."""
        from rtcheck.report.layout import Blank, Paragraph, Tone
        from rtcheck.report.text_report import report_layout, summary_layout

        if len(self.reports) + len(self.unreadable) == 1:
            return report_layout(self.reports[0]) if self.reports else []
        elements: list[Element] = []
        for title, report in zip(self.titles, self.reports, strict=True):
            heading = f"{title}: {report.plan.rt_plan_label}, {report.protocol.id}"
            elements += [Paragraph(heading, Tone.STRONG, lead="=== "), Blank()]
            elements += [*report_layout(report), Blank()]
        unread = [(source.title, error) for source, error in self.unreadable]
        return [*elements, *summary_layout(self.titles, self.reports, unread)]


def _write(
    checking: _Checking, json_to: str | None, html_to: str | None, csv_to: str | None
) -> None:
    from rtcheck.report.csv_report import write_csv_of
    from rtcheck.report.html_report import write_html
    from rtcheck.report.json_report import json_text, reports_as_dict

    reports = checking.reports
    unread = [{"argument": s.argument, "error": text} for s, text in checking.unreadable]
    if json_to:
        document = reports_as_dict(reports, unread)
        deliver(json_to, json_text({**document, "exit_code": checking.exit_code}))
    if csv_to:
        deliver(csv_to, write_csv_of(reports, unread))
    if html_to:
        for target, report in zip(_targets(html_to, reports), reports, strict=True):
            deliver(target, write_html(report))


def _targets(target: str, reports: Sequence[Report]) -> list[str]:
    """Return a file name for each report: several get the plan's label (and protocol) added.

    Raises
    ------
    UsageError
        If several pages would go to standard output.
    """
    if len(reports) == 1:
        return [target]
    if target == "-":
        raise UsageError(
            f"{len(reports)} reports on standard output",
            where="--html",
            expected="a file name; each plan gets its own",
        )
    path = Path(target)
    several_protocols = len({report.protocol.id for report in reports}) > 1
    names: list[str] = []
    for report in reports:
        words = [report.plan.rt_plan_label or "plan"]
        words += [report.protocol.id] if several_protocols else []
        safe = re.sub(r"[^A-Za-z0-9.-]+", "_", "-".join(words)).strip("._") or "plan"
        name = f"{path.stem}-{safe}"
        twins = sum(other == name or other.startswith(f"{name}~") for other in names)
        names.append(f"{name}~{twins + 1}" if twins else name)
    return [str(path.with_name(name + path.suffix)) for name in names]
