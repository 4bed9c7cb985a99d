"""Every row of the notation on bodies whose answer is a line of arithmetic."""

from __future__ import annotations

import contextlib
import math

import numpy as np
import pytest
from bodies import RX, LinearDose, UniformDose, axes, ball, box, box_in_gradient, dose_grid, plan_of

import rtcheck
from rtcheck.errors import UsageError
from rtcheck.metrics import FAMILIES, parse_metric
from rtcheck.plan import DoseGrid, FractionPattern, Prescription

STEP_GY = 0.16
"""Half a lattice step of an 8 cc body in a dose of 1 Gy/mm."""


@pytest.fixture(scope="module")
def gradient() -> rtcheck.OpenPlan:
    """20 mm box, 8 cc, 40 Gy at one side to 60 Gy at the other."""
    return box_in_gradient()


@pytest.mark.parametrize(
    ("metric", "exact", "tolerance"),
    [
        ("D95%[Gy]", 41.0, STEP_GY),
        ("D50%[Gy]", 50.0, STEP_GY),
        ("D2%[Gy]", 59.6, STEP_GY),
        ("D2cc[Gy]", 55.0, STEP_GY),
        ("D0.4cc[Gy]", 59.0, STEP_GY),
        ("D95%[cGy]", 4100.0, 100 * STEP_GY),
        ("D95%[%]", 82.0, 2 * STEP_GY),
        ("DC2cc[Gy]", 45.0, STEP_GY),
        ("DC5%[Gy]", 41.0, STEP_GY),
        ("V55Gy[%]", 25.0, 1.0),
        ("V55Gy[cc]", 2.0, 0.08),
        ("V5500cGy[cc]", 2.0, 0.08),
        ("V110%[cc]", 2.0, 0.08),
        ("V110%[%]", 25.0, 1.0),
        ("V0Gy[cc]", 8.0, 0.002),
        ("V70Gy[cc]", 0.0, 0.0),
        ("CV55Gy[cc]", 6.0, 0.08),
        ("CV55Gy[%]", 75.0, 1.0),
        ("Mean[Gy]", 50.0, 0.003),
        ("Mean[cGy]", 5000.0, 0.3),
        ("Mean[%]", 100.0, 0.006),
        ("Median[Gy]", 50.0, STEP_GY),
        ("Min[Gy]", 40.0, 0.01),
        ("Max[Gy]", 60.0, 0.01),
        ("Max[%]", 120.0, 0.02),
        ("HI", (59.6 - 40.4) / 50.0, 3 * STEP_GY / 50),
        ("gEUD(1)[Gy]", 50.0, 0.003),
        ("gEUD(2)[Gy]", math.sqrt(50.0**2 + 400 / 12), 0.005),
        ("gEUD(-1)[Gy]", 20.0 / math.log(1.5), 0.005),
        ("gEUD(8)[Gy]", ((60.0**9 - 40.0**9) / 9 / 20) ** (1 / 8), 0.02),
        ("gEUD(500)[Gy]", 60 * (60 / 501 / 20) ** (1 / 500), 0.05),
        ("Volume[cc]", 8.0, 0.002),
        ("Volume[ml]", 8.0, 0.002),
        ("Diameter[mm]", 20 * math.sqrt(3), 0.7),
        ("Diameter[cm]", 2 * math.sqrt(3), 0.07),
        ("Count", 1.0, 0.0),
    ],
)
def test_closed_forms(
    gradient: rtcheck.OpenPlan, metric: str, exact: float, tolerance: float
) -> None:
    found = gradient["PTV"].measure(metric, prescription="PTV")
    assert found.reason is None
    assert found.value == pytest.approx(exact, abs=tolerance)
    assert found.unknown_low == found.value == found.unknown_high, "the dose covers it"
    assert found.low <= found.value <= found.high
    assert found.unit == parse_metric(metric).unit
    assert found.structure == "PTV"


@pytest.mark.parametrize("share", [0.1, 1.0, 2.5, 7.5, 7.99])
def test_dc_is_d_of_the_rest(gradient: rtcheck.OpenPlan, share: float) -> None:
    region = gradient["PTV"]
    volume = region.volume_cm3
    cold = region.measure(f"DC{share}cc[Gy]").value
    hot = region.measure(f"D{volume - share:.12g}cc[Gy]").value
    assert cold == pytest.approx(hot, rel=1e-9)


def test_dc_of_everything_is_the_maximum(gradient: rtcheck.OpenPlan) -> None:
    region = gradient["PTV"]
    assert region.measure("DC100%[Gy]").value == region.measure("Max[Gy]").value
    assert region.measure("D100%[Gy]").value == region.measure("Min[Gy]").value


@pytest.mark.parametrize("dose", [0, 30, 42.5, 50, 58, 61])
@pytest.mark.parametrize("unit", ["cc", "%"])
def test_cv_is_the_rest_of_v(gradient: rtcheck.OpenPlan, dose: float, unit: str) -> None:
    region = gradient["PTV"]
    whole = 100.0 if unit == "%" else region.dvh().total_cm3
    v, cv = (region.measure(f"{letter}{dose}Gy[{unit}]").value for letter in ("V", "CV"))
    assert v + cv == pytest.approx(whole, rel=1e-12)


def test_units_are_only_another_way_to_write_a_value(gradient: rtcheck.OpenPlan) -> None:
    region = gradient["PTV"]
    gy = region.measure("D2cc[Gy]").value
    assert region.measure("D2cc[cGy]").value == pytest.approx(100 * gy)
    assert region.measure("D2cc[%]", prescription="PTV").value == pytest.approx(100 * gy / RX)
    assert region.measure("D2ml[Gy]").value == gy
    assert region.measure("D2cm3[Gy]").value == gy
    assert region.measure("V50Gy[cc]").value == region.measure("V5000cGy[ml]").value


def test_volume_percent_is_of_the_whole_structure(gradient: rtcheck.OpenPlan) -> None:
    region = gradient["PTV"]
    volume = region.dvh().total_cm3
    assert region.measure("D25%[Gy]").value == pytest.approx(
        region.measure(f"D{volume / 4:.15g}cc[Gy]").value, rel=1e-12
    )


@pytest.fixture(scope="module")
def conformal() -> rtcheck.OpenPlan:
    """A ball of 15 mm in a dose that falls by 2 Gy/mm: 100 % at 16 mm, 50 % at 28.5 mm."""
    xyz = axes(-45, 45, 1.5)
    x, y, z = xyz
    radius = np.sqrt(z[:, None, None] ** 2 + y[None, :, None] ** 2 + x[None, None, :] ** 2)
    dose = np.maximum(82.0 - 2.0 * radius, 0.0)
    return plan_of(
        {"PTV": ball(15.0, (0.3, 0.2, 0.1), 1.5)},
        DoseGrid(dose, x, y, z),
        geometry="smooth",
        prescriptions=[Prescription("PTV", RX, 25, 1)],
    )


@pytest.mark.parametrize(
    ("metric", "exact", "says"),
    [
        ("CI", (16 / 15) ** 3, "RTOG 1993"),
        ("PaddickCI", (15 / 16) ** 3, "Paddick 2000"),
        ("GI", (28.5 / 16) ** 3, "Paddick 2006"),
    ],
)
def test_conformity_of_concentric_balls(
    conformal: rtcheck.OpenPlan, metric: str, exact: float, says: str
) -> None:
    found = conformal["PTV"].measure(metric, prescription="PTV")
    assert found.unit == ""
    # Trilinear dose on a 1.5 mm grid cuts the round isodose by 0.1 mm; volumes 1 %.
    assert found.value == pytest.approx(exact, rel=0.03)
    assert says in found.definition, "the definition is printed with the value"


def test_homogeneity_says_its_definition(conformal: rtcheck.OpenPlan) -> None:
    found = conformal["PTV"].measure("HI")
    d = {p: conformal["PTV"].measure(f"D{p}%[Gy]").value for p in (2, 50, 98)}
    assert found.value == pytest.approx((d[2] - d[98]) / d[50], rel=1e-12)
    assert "ICRU 83" in found.definition


ALPHA_BETA = 3.0


@pytest.mark.parametrize("dose", ["BED", "EQD2"])
def test_biological_dose_is_transformed_voxel_by_voxel(
    gradient: rtcheck.OpenPlan, dose: str
) -> None:
    """Each voxel has its own dose per fraction: the mean of BED is not the BED of the mean."""

    def effect(gy: float) -> float:
        bed = gy * (1 + gy / 25 / ALPHA_BETA)
        return bed if dose == "BED" else bed / (1 + 2 / ALPHA_BETA)

    region = gradient["PTV"]

    def ask(metric: str) -> float:
        found = region.measure(metric, dose=dose, alpha_beta_gy=ALPHA_BETA)
        assert found.reason is None
        return found.value

    for metric in ("D95%[Gy]", "D2cc[Gy]", "Max[Gy]", "Min[Gy]", "Median[Gy]"):
        assert ask(metric) == pytest.approx(effect(region.measure(metric).value), rel=1e-3)
    mean_square = 50.0**2 + 400 / 12
    exact = 50.0 + mean_square / 25 / ALPHA_BETA
    exact /= 1 if dose == "BED" else 1 + 2 / ALPHA_BETA
    assert ask("Mean[Gy]") == pytest.approx(exact, rel=1e-4)
    assert ask("Mean[Gy]") > effect(50.0) + 0.1
    assert ask(f"V{effect(55.0):.9f}Gy[%]") == pytest.approx(
        region.measure("V55Gy[%]").value, abs=0.01
    )


def test_biological_dose_needs_fractions_and_ratio(gradient: rtcheck.OpenPlan) -> None:
    assert gradient["PTV"].measure("Mean[Gy]", dose="BED").reason == "no_alpha_beta"
    no_fractions = plan_of({"A": box((20, 20, 20))}, UniformDose(50.0))
    found = no_fractions["A"].measure("Mean[Gy]", dose="EQD2", alpha_beta_gy=10)
    assert (found.value, found.reason) == (None, "no_fractions")
    with pytest.raises(UsageError, match="physical, BED, EQD2"):
        gradient["PTV"].measure("Mean[Gy]", dose="eqd2", alpha_beta_gy=10)


@pytest.mark.parametrize("ratio", [0.0, -3.0, float("nan"), float("inf")])
def test_an_impossible_ratio_is_an_error(gradient: rtcheck.OpenPlan, ratio: float) -> None:
    with pytest.raises(rtcheck.RtcheckError, match="alpha_beta_gy"):
        gradient["PTV"].measure("Mean[Gy]", dose="BED", alpha_beta_gy=ratio)


@pytest.mark.parametrize(
    ("metric", "exact"),
    [
        ("RxDose[Gy]", 50.4),
        ("RxDosePerFraction[Gy]", 1.8),
        ("RxFractions", 28.0),
        ("RxFractionsPerWeek", 5.0),
        ("RxDuration[d]", 38.0),
        ("RxBED[Gy]", 50.4 * 1.18),
        ("RxEQD2[Gy]", 50.4 * 11.8 / 12),
        ("RxEquivalent[Gy]", 50.4),
        ("Schedule", 50.4),
    ],
)
def test_facts_of_the_prescription(metric: str, exact: float) -> None:
    """28 fractions from a Monday: five weeks, and Monday to Wednesday of the sixth."""
    plan = plan_of(
        {"PTV": box((20, 20, 20))},
        prescriptions=[Prescription("PTV", 50.4, 28, 1)],
        pattern=FractionPattern("1111100", 1, 1),
    )
    found = plan["PTV"].measure(metric, prescription="PTV", alpha_beta_gy=10.0)
    assert found.reason is None
    assert found.value == pytest.approx(exact, rel=1e-12)


def test_every_family_has_a_value_in_this_file() -> None:
    """A family added to the table must be measured against a closed form somewhere."""
    here = {f.__name__ for f in FAMILIES}
    measured = {
        "DoseAtVolume", "VolumeAtDose", "DoseStatistic", "Volume", "Diameter", "Count",
        "HomogeneityIndex", "ConformityIndex", "PaddickConformityIndex", "GradientIndex",
        "GeneralisedEud", "PrescriptionFact", "Schedule",
    }  # fmt: skip
    assert here - measured == {"Inside", "Margin"}, "tests/geometry/test_margins.py"


def test_dose_scales_every_dose_metric() -> None:
    grid = dose_grid(LinearDose(20.0, (0.3, 0.4, -0.2)))
    twice = DoseGrid(2 * grid.dose_gy, grid.x_mm, grid.y_mm, grid.z_mm)
    one, two = (plan_of({"A": ball(12.0)}, g, geometry="smooth")["A"] for g in (grid, twice))
    for metric in ("Mean", "Min", "Max", "Median", "D95%", "D2cc", "DC1cc", "gEUD(4)"):
        assert two.measure(f"{metric}[Gy]").value == pytest.approx(
            2 * one.measure(f"{metric}[Gy]").value, rel=1e-12
        )
    assert two.measure("V40Gy[%]").value == pytest.approx(one.measure("V20Gy[%]").value, rel=1e-12)
    assert two.measure("HI").value == pytest.approx(one.measure("HI").value, rel=1e-12)


@pytest.mark.parametrize("dose", ["BED", "EQD2"])
@pytest.mark.parametrize("metric", ["V95%[%]", "D95%[%]", "Mean[%]"])
def test_percent_in_biological_dose_is_of_the_biological_prescription(
    metric: str, dose: str
) -> None:
    """40 Gy where 50 Gy were asked for is too little in any dose; or it is refused."""
    plan = plan_of(
        {"PTV": box((20, 20, 20))},
        UniformDose(40.0),
        prescriptions=[Prescription("PTV", RX, 5, 1)],
        fractions=5,
    )
    value = None
    with contextlib.suppress(rtcheck.RtcheckError):
        value = (
            plan["PTV"]
            .measure(metric, prescription="PTV", dose=dose, alpha_beta_gy=ALPHA_BETA)
            .value
        )
    assert value is None or value < 95.0


@pytest.mark.parametrize("metric", ["Volume[cc]", "Count", "CI", "GI", "RxDose[Gy]"])
def test_a_kind_of_dose_is_refused_where_it_is_not_used(metric: str) -> None:
    with pytest.raises(UsageError):
        box_in_gradient()["PTV"].measure(
            metric, prescription="PTV", dose="BED", alpha_beta_gy=ALPHA_BETA
        )
