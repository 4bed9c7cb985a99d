"""``rtcheck compare``: rival plans held against one protocol, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import click

from rtcheck.cli.course import Course
from rtcheck.cli.exits import debugging, internal_error, nameless, say
from rtcheck.cli.inputs import Source, parse_maps, sources_of
from rtcheck.cli.options import (
    aliases_option,
    anonymize_option,
    date_option,
    geometry_option,
    limit_option,
    map_option,
    output_option,
    quiet_option,
    rx_option,
    second_engine_option,
    verbose_option,
)
from rtcheck.cli.output import check_targets, deliver, show
from rtcheck.errors import DicomError, GeometryError, RtcheckError, UsageError

if TYPE_CHECKING:
    from rtcheck.api import OpenPlan
    from rtcheck.dicom.limits import Limits
    from rtcheck.report.comparison import Comparison, Unread

DOES_NOT_FIT = "an argument does not fit the plans"
WITHOUT_ANONYMIZE = "Run it without --anonymize to see which"


@click.command(short_help="Rival plans side by side, against one protocol.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-p",
    "--protocol",
    "reference_of_rules",
    metavar="PROTOCOL[@VARIANT]",
    help="Id of a protocol that comes with rtcheck, or a rule file.",
)
@click.option(
    "--plan",
    "wanted",
    multiple=True,
    metavar="LABEL_OR_UID",
    help="RTPlanLabel or SOPInstanceUID of a plan to compare; repeat it. All plans by default.",
)
@click.option(
    "--reference",
    metavar="PLAN",
    help="Letter, label or UID of the plan that the others are held against; the first if none "
    "is named.",
)
@rx_option
@map_option
@aliases_option
@geometry_option
@second_engine_option
@date_option
@anonymize_option
@limit_option
@output_option("--json", "every row, number and verdict unrounded")
@output_option("--html", "the comparison as one self-contained page, with the DVHs overlaid")
@output_option("--csv", "one row a goal, structure and plan")
@quiet_option
@verbose_option
def compare(
    paths: tuple[str, ...],
    reference_of_rules: str | None,
    wanted: tuple[str, ...],
    reference: str | None,
    rx: tuple[str, ...],
    maps: tuple[str, ...],
    aliases: str | None,
    geometry: str,
    second_engine: str | None,
    date: str | None,
    anonymize: bool,
    limits: tuple[str, ...],
    json_to: str | None,
    html_to: str | None,
    csv_to: str | None,
    quiet: bool,
    verbose: bool,
) -> int:
    """Hold rival plans against one protocol, side by side.

    PATH is a folder (searched with all that is in it), a ZIP archive, or files; files given one by
    one are taken together. Every plan found is a rival, unless --plan names those wanted.

    \b
    rtcheck compare plan-a/ plan-b/ -p zhai-2025-hcc-thrombosis
    rtcheck compare export-with-three-plans/ -p my-rules.toml --reference "VMAT 2"
    rtcheck compare a.zip b.zip -p sun-2016-hcc-lung-mets --html compared.html

    Differing prescriptions and contours are said first: values of such plans are not of one kind.
    No plan is ranked: the protocol does not say which goal is worth more than another.

    Exit code, the worst of the plans: 1 if any plan deviates, else 3 if in any something was not
    evaluated or an input could not be read, 0 only if every plan passes; 2 wrong usage or rule
    file, or fewer than two plans.
    """  # noqa: D301 - click's own mark
    from rtcheck.dicom.limits import Limits
    from rtcheck.protocol import load_aliases, load_protocol, split_reference

    targets = {"--json": json_to, "--html": html_to, "--csv": csv_to}
    people = check_targets(targets, [*paths, *filter(None, (reference_of_rules, aliases))])
    if reference_of_rules is None:
        raise UsageError("no protocol", expected="-p PROTOCOL", hint="See rtcheck protocol list")
    rules = load_protocol(reference_of_rules)
    if second_engine is not None:
        from rtcheck.open_plan import require_engine

        require_engine(second_engine)
    allowed = Limits.of(limits)
    given = parse_maps(maps, [rules])
    names = load_aliases(aliases) if aliases else {}
    with Course("Comparing", verbose=verbose) as course:
        import rtcheck

        found = _Found(anonymize, allowed)
        for source in sources_of(paths):
            course.stage("read")
            found.read(source, rx, geometry)
        found.keep(wanted)
        try:
            comparison = rtcheck.compare(
                found.plans,
                rules,
                reference=reference or "",
                read_from=found.titles,
                variant=split_reference(reference_of_rules)[1],
                structure_map=given,
                aliases=names,
                second_engine=second_engine,
                date=date,
                anonymize=anonymize,
                watch=course.watch,
            )
        except RtcheckError as error:
            if anonymize:  # its message may hold a label, an ROI's name or a UID
                raise type(error)(DOES_NOT_FIT, hint=WITHOUT_ANONYMIZE) from None
            raise
        comparison = replace(comparison, unreadable=tuple(found.unreadable))
        course.calm()
        _write(comparison, course, json_to=json_to, html_to=html_to, csv_to=csv_to)
        course.stage("print")
        from rtcheck.report.comparison.text import comparison_layout, outcomes_layout

        layout = outcomes_layout if quiet else comparison_layout
        show(layout(comparison), people)
    return comparison.exit_code


@dataclass
class _Found:
    """The plans that were read, and what could not be."""

    anonymize: bool
    limits: Limits
    plans: list[OpenPlan] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    unreadable: list[Unread] = field(default_factory=list)

    def read(self, source: Source, rx: Sequence[str], geometry: str) -> None:
        """Read every plan of one export; what cannot be read does not stop the others."""
        import rtcheck

        try:
            plans = rtcheck.read_all(
                *source.paths, rx=rx, geometry=geometry, limits=self.limits, jobs=None
            )
        except (DicomError, GeometryError) as error:
            self._give_up(source, error)
        except RtcheckError:
            raise
        except Exception as fault:
            if debugging():
                raise
            self._give_up(source, internal_error(fault))
        else:
            self.plans += plans
            self.titles += [source.title] * len(plans)

    def _give_up(self, source: Source, error: RtcheckError) -> None:
        from rtcheck.report.comparison import Unread

        title = f"argument {source.argument}" if self.anonymize else source.title
        text = nameless(error) if self.anonymize else str(error)
        say(f"Error: {title}: {text}")
        self.unreadable.append(Unread(source.argument, title, text))

    def keep(self, wanted: Sequence[str]) -> None:
        """Keep the plans that were asked for by label or UID, and see that there are two.

        Raises
        ------
        UsageError
            If a plan asked for was not found, or too few are left.
        DicomError
            If too few are left because an input could not be read.
        """
        from rtcheck.report.comparison.build import FEWEST

        kept = list(range(len(self.plans)))
        if wanted:
            names = [
                {plan.label, plan.record.sop_instance_uids.get("rt_plan")} for plan in self.plans
            ]
            for name in wanted:
                if not any(name in some for some in names):
                    known = ", ".join(repr(plan.label) for plan in self.plans)
                    expected = "" if self.anonymize else f"one of {known}"
                    raise UsageError(f"no plan {name!r}", where="--plan", expected=expected)
            kept = [i for i in kept if names[i] & set(wanted)]
        self.plans, self.titles = [self.plans[i] for i in kept], [self.titles[i] for i in kept]
        if len(self.plans) >= FEWEST:
            return
        said = f"{len(self.plans)} plan{'' if len(self.plans) == 1 else 's'} to compare"
        if self.unreadable:
            raise DicomError(said, expected="at least two", hint="See the errors above")
        raise UsageError(said, expected="at least two", hint="For one plan: rtcheck check")


def _write(comparison: Comparison, course: Course, **targets: str | None) -> None:
    if target := targets["json_to"]:
        from rtcheck.report.comparison.tables import write_comparison_json

        course.stage("write JSON")
        deliver(target, write_comparison_json(comparison))
    if target := targets["csv_to"]:
        from rtcheck.report.comparison.tables import write_comparison_csv

        course.stage("write CSV")
        deliver(target, write_comparison_csv(comparison))
    if target := targets["html_to"]:
        from rtcheck.report.comparison.page import write_comparison_html

        course.stage("write HTML")
        deliver(target, write_comparison_html(comparison))
