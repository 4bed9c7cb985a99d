"""``rtcheck check``: the verdict on every goal, for one plan or several."""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import click

from rtcheck.cli.course import Course
from rtcheck.cli.exits import (
    DEVIATION,
    OK,
    UNREADABLE,
    debugging,
    internal_error,
    nameless,
    say,
    tell,
)
from rtcheck.cli.filing import Filing, format_options
from rtcheck.cli.inputs import Source, names_of, parse_maps, sources_of
from rtcheck.cli.options import (
    aliases_option,
    anonymize_option,
    date_option,
    geometry_option,
    limit_option,
    map_option,
    plan_option,
    quiet_option,
    rx_option,
    second_engine_option,
    verbose_option,
)
from rtcheck.cli.output import show
from rtcheck.errors import DicomError, GeometryError, RtcheckError, UsageError

if TYPE_CHECKING:
    from rtcheck.api import OpenPlan
    from rtcheck.dicom.limits import Limits
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
@map_option
@aliases_option
@geometry_option
@second_engine_option
@date_option
@anonymize_option
@limit_option
@click.option(
    "--pictures/--no-pictures",
    default=None,
    help="Draw planes of the plan through deviations and targets, on the CT where the export "
    "holds it; drawn by default for --html, --pdf and --dicom-pdf.",
)
@format_options
@quiet_option
@verbose_option
def check(
    paths: tuple[str, ...],
    references: tuple[str, ...],
    plan_wanted: str | None,
    rx: tuple[str, ...],
    maps: tuple[str, ...],
    aliases: str | None,
    geometry: str,
    second_engine: str | None,
    date: str | None,
    anonymize: bool,
    limits: tuple[str, ...],
    pictures: bool | None,
    quiet: bool,
    verbose: bool,
    **formats: str | None,
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
    from rtcheck.dicom.limits import Limits
    from rtcheck.report.dates import dated

    filing = Filing.of(formats)
    inputs = [*paths, *references, *([aliases] if aliases else [])]
    people = filing.prepare(inputs, anonymize=anonymize)
    created = dated(date)
    rules = _load(references)
    if second_engine is not None:
        from rtcheck.open_plan import require_engine

        require_engine(second_engine)
    checking = _Checking(
        rules,
        parse_maps(maps, [r for r, _ in rules]),
        _aliases(aliases),
        filing,
        created,
        Limits.of(limits),
        second_engine,
        anonymize,
        filing.shows_pictures if pictures is None else pictures,
    )
    with Course("Checking", verbose=verbose) as course:
        sources = sources_of(paths)
        for source in sources:
            checking.source(source, plan_wanted, rx, geometry, course)
            if len(sources) > 1:
                gc.collect()  # a plan holds itself, and hundreds of megabytes
        course.calm()
        unread = [{"argument": s.argument, "error": text} for s, text in checking.unreadable]
        course.stage("write")
        filing.write(checking.reports, unread, checking.exit_code, inputs)
        course.stage("print")
        show(checking.outcomes() if quiet else checking.layout(), people)
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
    filing: Filing
    date: str
    limits: Limits
    second_engine: str | None = None
    anonymize: bool = False
    pictures: bool = False
    reports: list[Report] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    unreadable: list[tuple[Source, str]] = field(default_factory=list)

    def source(
        self,
        source: Source,
        plan_wanted: str | None,
        rx: Sequence[str],
        geometry: str,
        course: Course,
    ) -> None:
        """Check every plan of one export; what cannot be read does not stop the others."""
        import rtcheck

        course.stage("read")
        try:
            plans = rtcheck.read_all(
                *source.paths,
                plan=plan_wanted,
                rx=rx,
                geometry=geometry,
                limits=self.limits,
                jobs=None,
            )
            if len(plans) > 1:
                named = "" if self.anonymize else f": {names_of(plans)}"
                found = f"{self._title(source)} holds {len(plans)} plans{named}."
                tell(f"{found} Each is checked; --plan LABEL_OR_UID chooses one.")
            for plan in plans:
                self._plan(plan, source, course)
        except (DicomError, GeometryError) as error:
            self._give_up(source, error)
        except RtcheckError as error:
            if self.anonymize:  # its message may hold a label, an ROI's name or a UID
                raise type(error)(
                    "an argument does not fit the plan",
                    hint="Run it without --anonymize to see which",
                ) from None
            raise
        except Exception as fault:
            if debugging():
                raise
            self._give_up(source, internal_error(fault))

    def _plan(self, plan: OpenPlan, source: Source, course: Course) -> None:
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
                date=self.date,
                anonymize=self.anonymize,
                pictures=self.pictures,
                watch=course.watch,
            )
            if self.anonymize and self.reports:
                facts = replace(report.plan, rt_plan_label=f"plan {len(self.reports) + 1}")
                report = replace(report, plan=facts)
            if "dicom-pdf" in self.filing:
                course.stage("write")
                self.filing.dicom.append(rtcheck.dicom_pdf(report, plan))
            self.reports.append(report)
            self.titles.append(self._title(source))

    def _title(self, source: Source) -> str:
        """Return a source as typed; where nobody is to be named, as which argument it is."""
        return f"argument {source.argument}" if self.anonymize else source.title

    def _give_up(self, source: Source, error: RtcheckError) -> None:
        said = str(error)
        if self.anonymize:  # its message may hold a label or the name of a file
            said = nameless(error)
        say(f"Error: {self._title(source)}: {said}")
        self.unreadable.append((source, said))

    @property
    def exit_code(self) -> int:
        """Return the worst: a deviation before what could not be said, and that before a pass."""
        codes = {report.exit_code for report in self.reports}
        if self.unreadable or not codes:
            codes.add(UNREADABLE)
        return next(code for code in (DEVIATION, UNREADABLE, OK) if code in codes)

    def outcomes(self) -> list[Element]:
        """Return one line a report."""
        from rtcheck.report.text_report import outcome_line, unread_line

        return [
            *map(outcome_line, self.reports),
            *(unread_line(self._title(source), error) for source, error in self.unreadable),
        ]

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
        unread = [(self._title(source), error) for source, error in self.unreadable]
        return [*elements, *summary_layout(self.titles, self.reports, unread)]
