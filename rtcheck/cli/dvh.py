"""``rtcheck dvh``: metrics and curves of any structure, without a protocol."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from rtcheck.cli.course import Course
from rtcheck.cli.exits import OK, UNREADABLE
from rtcheck.cli.inputs import open_one_plan
from rtcheck.cli.options import (
    geometry_option,
    limit_option,
    output_option,
    plan_option,
    quiet_option,
    rx_option,
    second_engine_option,
    verbose_option,
)
from rtcheck.cli.output import check_targets, deliver, show
from rtcheck.errors import UsageError

if TYPE_CHECKING:
    from rtcheck.api import OpenPlan
    from rtcheck.errors import Reason
    from rtcheck.metrics import Metric
    from rtcheck.report.dvh_report import DvhReport, MeasuredStructure

USUAL = (
    "Min[Gy]", "Mean[Gy]", "Max[Gy]", "D98%[Gy]", "D95%[Gy]", "D50%[Gy]", "D2%[Gy]",
)  # fmt: skip
"""What is measured when no metric is asked for; the volume is always there."""


@dataclass(frozen=True)
class _Asked:
    """What is to be measured, of every structure alike."""

    metrics: Sequence[Metric]
    prescription: str | None
    dose: str
    alpha_beta_gy: float | None
    second_engine: str | None


@click.command(short_help="Metrics and curves of any structure.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-s",
    "--structure",
    "expressions",
    multiple=True,
    metavar="EXPRESSION",
    help='ROI name or expression, such as "Liver - GTV"; every ROI if none is given.',
)
@click.option(
    "-m",
    "--metric",
    "metrics",
    multiple=True,
    metavar="METRIC",
    help=f"Such as D95%[Gy] or V20Gy[%]; {', '.join(USUAL)} if none is given.",
)
@plan_option
@rx_option
@click.option(
    "--prescription", metavar="NAME", help="The prescription that percent doses refer to."
)
@click.option(
    "--dose",
    default="physical",
    show_default=True,
    metavar="KIND",
    help="physical, BED or EQD2, point by point.",
)
@click.option("--alpha-beta", metavar="GY", help="The ratio alpha/beta in Gy.")
@geometry_option
@second_engine_option
@limit_option
@output_option("--json", "every number unrounded, with the curves")
@output_option("--csv", "one row a metric of a structure")
@output_option("--svg", "the curves as a drawing")
@quiet_option
@verbose_option
def dvh(
    paths: tuple[str, ...],
    expressions: tuple[str, ...],
    metrics: tuple[str, ...],
    plan_wanted: str | None,
    rx: tuple[str, ...],
    prescription: str | None,
    dose: str,
    alpha_beta: str | None,
    geometry: str,
    second_engine: str | None,
    limits: tuple[str, ...],
    json_to: str | None,
    csv_to: str | None,
    svg_to: str | None,
    quiet: bool,
    verbose: bool,
) -> int:
    """Measure structures of one plan, or expressions of structures.

    \b
    rtcheck dvh export/
    rtcheck dvh export/ -s "Liver - GTV" -s Lung_L -m "Mean[Gy]" -m "V20Gy[%]"
    rtcheck dvh export/ -s PTV -m "D95%[%]" --prescription PTV --rx "PTV=50 Gy/25"
    rtcheck dvh export/ -s Liver --dose EQD2 --alpha-beta 3 --json liver.json
    rtcheck dvh export/ -s Cord --second-engine dicompyler

    Exit code: 0 if every value can be given, 3 if one cannot (with its reason) or a finding blocks,
    2 wrong usage.
    """  # noqa: D301 - click's own mark
    from rtcheck.metrics import parse_metric
    from rtcheck.plan import is_blocked
    from rtcheck.report.dvh_report import (
        dvh_layout,
        said_layout,
        write_dvh_csv,
        write_dvh_json,
    )

    people = check_targets({"--json": json_to, "--csv": csv_to, "--svg": svg_to}, paths)
    asked = [parse_metric(text) for text in dict.fromkeys(metrics or USUAL)]
    ratio_gy = _alpha_beta(alpha_beta, dose, asked)
    _need_prescription(prescription, asked)
    if second_engine is not None:
        from rtcheck.open_plan import require_engine

        require_engine(second_engine)
    with Course("Measuring", verbose=verbose) as course:
        course.stage("read")
        plan = open_one_plan(paths, plan_wanted, rx, geometry, limits)
        what = _Asked(asked, prescription, dose, ratio_gy, second_engine)
        report = _measured(plan, expressions, what, course)
        course.calm()
        course.stage("write")
        if json_to:
            deliver(json_to, write_dvh_json(report))
        if csv_to:
            deliver(csv_to, write_dvh_csv(report))
        if svg_to:
            from rtcheck.report.dvh_svg import svg_of

            deliver(svg_to, svg_of([s.curve for s in report.structures if s.curve]))
        course.stage("print")
        show(said_layout(report) if quiet else dvh_layout(report), people)
    return OK if report.all_said and not is_blocked(plan.record) else UNREADABLE


def _alpha_beta(text: str | None, dose: str, asked: Sequence[Metric]) -> float | None:
    """Return the ratio in Gy; one that would be needed and is not, or the reverse, is refused."""
    from rtcheck.cli.bed import gy_of
    from rtcheck.metrics import Needs
    from rtcheck.metrics.subject import DOSE_KINDS

    if dose not in DOSE_KINDS:
        raise UsageError(f"--dose {dose!r}", expected="one of " + ", ".join(DOSE_KINDS))
    needed = dose != "physical" or any(Needs.ALPHA_BETA in metric.needs for metric in asked)
    if needed and text is None:
        raise UsageError("no alpha/beta ratio", expected="--alpha-beta GY")
    if text is not None and not needed:
        raise UsageError(
            f"--alpha-beta {text} would have no effect", expected="--dose BED or --dose EQD2"
        )
    return None if text is None else gy_of("--alpha-beta", text)


def _need_prescription(name: str | None, asked: Sequence[Metric]) -> None:
    from rtcheck.metrics import Needs

    if name is not None and not any(Needs.PRESCRIPTION in metric.needs for metric in asked):
        raise UsageError(
            f"--prescription {name!r} would have no effect", expected="a metric in % of it"
        )


def _measured(
    plan: OpenPlan, expressions: Sequence[str], asked: _Asked, course: Course
) -> DvhReport:
    from rtcheck.geometry.expression import Name, to_text
    from rtcheck.report import PlanFacts
    from rtcheck.report.dvh_report import DvhReport

    every = [to_text(Name(name)) for name in dict.fromkeys(s.roi_name for s in plan.structures)]
    if not expressions and not every:
        raise UsageError("a plan without any ROI", hint="See rtcheck inspect")
    texts = list(dict.fromkeys(expressions or every))
    structures = []
    plan.measure_ahead(texts, course.watch)
    for done, text in enumerate(texts):
        course.watch(f"structure {text}", done, len(texts))
        structures.append(_structure(plan, text, asked))
    settings = {"geometry": plan.geometry, "dose_interpolation": "trilinear", "dose": asked.dose}
    if asked.alpha_beta_gy is not None:
        settings["alpha_beta"] = f"{asked.alpha_beta_gy:g} Gy"
    if asked.prescription is not None:
        settings["prescription"] = asked.prescription
    opinions = plan.opinions(asked.second_engine)
    settings |= opinions.settings()
    findings = plan.findings + plan.bench.findings() + opinions.findings()
    return DvhReport(PlanFacts.of(plan.record), settings, findings, tuple(structures))


def _structure(plan: OpenPlan, text: str, asked: _Asked) -> MeasuredStructure:
    from rtcheck.errors import CannotSay, Reason
    from rtcheck.metrics import Measurement
    from rtcheck.report.curves import thin_curve
    from rtcheck.report.dvh_report import MeasuredStructure

    absent = _absent(plan, text)
    if absent is not None:
        reason, detail = absent
        nothing = (
            Measurement(text, m.text, m.unit, reason=reason, detail=detail) for m in asked.metrics
        )
        return MeasuredStructure(text, tuple(nothing))
    region = plan[text]
    measured = tuple(
        region.measure(
            m.text,
            prescription=asked.prescription,
            dose=asked.dose,
            alpha_beta_gy=asked.alpha_beta_gy,
            second_engine=asked.second_engine,
        )
        for m in asked.metrics
    )
    try:
        volume_cm3 = region.volume_cm3
    except CannotSay:
        return MeasuredStructure(text, measured)
    try:
        found = region.dvh()
        return MeasuredStructure(
            text, measured, volume_cm3, found.inside_dose_grid_fraction, thin_curve(text, found)
        )
    except CannotSay as why:
        inside = 0.0 if why.reason is Reason.DOSE_DOES_NOT_COVER else None
        return MeasuredStructure(text, measured, volume_cm3, inside)


def _absent(plan: OpenPlan, text: str) -> tuple[Reason, str] | None:
    """Return why an expression has no structure in this plan; None if each name has one ROI.

    What the plan lacks is a fact of the input and no fault of the call: other structures are
    still measured.
    """
    from rtcheck.errors import Reason
    from rtcheck.geometry import names_in, parse_expression

    counted = Counter(s.roi_name for s in plan.structures)
    names = names_in(parse_expression(text, counted))
    try:
        plan.resolve(text)
    except UsageError as error:
        several = any(counted[name] > 1 for name in names)
        reason = Reason.STRUCTURE_AMBIGUOUS if several else Reason.STRUCTURE_MISSING
        return reason, ". ".join(filter(None, (error.found, error.hint)))
    return None
