"""``rtcheck bed``: what a schedule comes to in BED, EQD2 and conventional fractions."""

from __future__ import annotations

import click

from rtcheck.cli.options import output_option
from rtcheck.cli.output import check_targets, deliver, show
from rtcheck.errors import UsageError

CONVENTIONAL_GY = 1.8
"""Dose per fraction of the conventional schedule, in Gy."""


@click.command(short_help="BED, EQD2 and conventional equivalent of a schedule.")
@click.option("--dose", required=True, metavar="GY", help="Total dose in Gy, such as 58.42.")
@click.option("--fractions", metavar="N", help="Number of fractions, whole.")
@click.option(
    "--dose-per-fraction", metavar="GY", help="Instead of --fractions; it must divide the dose."
)
@click.option("--alpha-beta", required=True, metavar="GY", help="The ratio alpha/beta in Gy.")
@output_option("--json", "the numbers unrounded")
def bed(
    dose: str,
    fractions: str | None,
    dose_per_fraction: str | None,
    alpha_beta: str,
    json_to: str | None,
) -> None:
    """Convert a schedule into BED, EQD2 and whole conventional fractions of 1.8 Gy.

    \b
    rtcheck bed --dose 58.42 --fractions 23 --alpha-beta 10
    rtcheck bed --dose 39 --dose-per-fraction 3 --alpha-beta 3

    The linear-quadratic model, without a correction for overall time.
    """  # noqa: D301 - click's own mark
    from rtcheck.radiobiology import bed_gy, conventional_equivalent, eqdx_gy
    from rtcheck.report.json_report import json_text
    from rtcheck.report.layout import Facts
    from rtcheck.report.numbers import number_text, value_text

    people = check_targets({"--json": json_to})
    dose_gy, ratio_gy = gy_of("--dose", dose), gy_of("--alpha-beta", alpha_beta)
    n = _fractions(dose_gy, fractions, dose_per_fraction)
    equivalent = conventional_equivalent(dose_gy, n, ratio_gy, CONVENTIONAL_GY)
    bed, eqd2 = bed_gy(dose_gy, n, ratio_gy), eqdx_gy(dose_gy, n, ratio_gy)
    if json_to:
        result = {
            "schema": "rtcheck-bed/1",
            "dose_gy": dose_gy,
            "fractions": n,
            "dose_per_fraction_gy": dose_gy / n,
            "alpha_beta_gy": ratio_gy,
            "bed_gy": bed,
            "eqd2_gy": eqd2,
            "conventional_equivalent": {
                "dose_per_fraction_gy": CONVENTIONAL_GY,
                "eqd_gy": equivalent.eqd_gy,
                "fractions": equivalent.fractions,
                "dose_gy": equivalent.dose_gy,
            },
        }
        deliver(json_to, json_text(result))
    each = number_text(dose_gy / n, "Gy")
    whole = f"{equivalent.fractions} × {CONVENTIONAL_GY} Gy = {equivalent.dose_gy:.1f} Gy"
    facts = [
        ("Schedule", f"{dose_gy:g} Gy in {n} × {each} Gy, alpha/beta {ratio_gy:g} Gy"),
        ("BED", value_text(bed, "Gy")),
        ("EQD2", value_text(eqd2, "Gy")),
        (f"EQD{CONVENTIONAL_GY}", value_text(equivalent.eqd_gy, "Gy")),
        ("Conventional", f"{whole} (EQD{CONVENTIONAL_GY} in whole fractions)"),
    ]
    show([Facts(facts)], people)


def gy_of(option: str, text: str) -> float:
    """Return a positive dose in Gy; a bare number is in Gy."""
    from rtcheck.errors import UnitError
    from rtcheck.units import Dimension, parse_quantity

    try:
        bare = text.strip().replace(".", "", 1).isdecimal()
        value = parse_quantity(f"{text} Gy" if bare else text, Dimension.DOSE).inside
    except UnitError as error:
        raise UsageError(f"{option} {text!r}", expected="a number in Gy, such as 58.42") from error
    if value <= 0:
        raise UsageError(f"{option} {text!r}", expected="more than 0 Gy")
    return value


def _fractions(dose_gy: float, fractions: str | None, dose_per_fraction: str | None) -> int:
    """Return the whole number of fractions that is stated, or that the dose per fraction makes."""
    stated = None
    if fractions is not None:
        if not fractions.strip().isdecimal() or int(fractions) < 1:
            raise UsageError(f"--fractions {fractions!r}", expected="a whole number above 0")
        stated = int(fractions)
    if dose_per_fraction is None:
        if stated is None:
            raise UsageError("no schedule", expected="--fractions N or --dose-per-fraction GY")
        return stated
    each_gy = gy_of("--dose-per-fraction", dose_per_fraction)
    made = dose_gy / each_gy
    # Doses are written with two decimals: what is meant divides to within their rounding.
    if round(made) < 1 or abs(round(made) * each_gy - dose_gy) > 1e-6 * dose_gy:
        raise UsageError(
            f"{dose_gy:g} Gy in {each_gy:g} Gy fractions is {made:.3f} fractions",
            expected="a whole number; state it with --fractions",
        )
    if stated not in (None, round(made)):
        raise UsageError(
            f"--fractions {stated} and --dose-per-fraction {each_gy:g} disagree",
            expected=f"one of them, or {round(made)} fractions",
        )
    return round(made)
