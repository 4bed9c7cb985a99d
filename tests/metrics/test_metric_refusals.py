"""What cannot be said is a reason with bounds where there are any, and never a number."""

from __future__ import annotations

import numpy as np
import pytest
from bodies import RX, LinearDose, UniformDose, axes, ball, box, box_in_gradient, dose_grid, plan_of

import rtcheck
from rtcheck.dvh import Dvh
from rtcheck.errors import REASON_SENTENCES, CannotSay, Reason
from rtcheck.plan import DoseGrid, Finding, Prescription, Severity


def refused(found: object, reason: Reason) -> None:
    assert (found.value, found.low, found.high, found.reason) == (None, None, None, reason)


@pytest.mark.parametrize("metric", ["D2cc[Gy]", "D1.51cc[Gy]", "DC2cc[Gy]", "D700cc[%]"])
@pytest.mark.parametrize("geometry", rtcheck.GEOMETRY_MODELS)
def test_more_volume_than_there_is(metric: str, geometry: str) -> None:
    """A 1.5 cc organ wholly at 45 Gy has no D2cc: five tools say about 0 Gy and pass it."""
    plan = plan_of(
        {"Cord": box((10, 10, 15))}, UniformDose(45.0), geometry=geometry,
        prescriptions=[Prescription("PTV", RX, 25)],
    )  # fmt: skip
    found = plan["Cord"].measure(metric, prescription="PTV")
    refused(found, Reason.SMALLER_THAN_VOLUME)
    assert "cc were asked for" in found.detail
    assert plan["Cord"].measure("D1.3cc[Gy]").value == pytest.approx(45.0)


@pytest.mark.parametrize(
    "metric", ["D95%[Gy]", "V20Gy[%]", "CV20Gy[cc]", "Mean[Gy]", "HI", "gEUD(2)[Gy]", "Volume[cc]",
               "Count", "Diameter[cm]", "Inside(Body)[%]", "Margin(Body)[mm]"]
)  # fmt: skip
def test_an_empty_structure(metric: str) -> None:
    plan = plan_of({"Nothing": [], "Body": box((60, 60, 60))}, UniformDose(45.0))
    found = plan["Nothing"].measure(metric)
    refused(found, Reason.STRUCTURE_EMPTY)
    assert "Nothing" in found.detail


@pytest.mark.parametrize("metric", ["D95%[Gy]", "V20Gy[%]", "Mean[Gy]", "Min[Gy]", "gEUD(2)[Gy]"])
def test_no_dose(metric: str) -> None:
    refused(plan_of({"A": box((20, 20, 20))})["A"].measure(metric), Reason.NO_DOSE)


def test_no_dose_says_what_was_refused() -> None:
    why = Finding("DOSE_UNITS_RELATIVE", Severity.BLOCKS, "DoseUnits is RELATIVE", "RTDOSE.dcm")
    plan = plan_of({"A": box((20, 20, 20))}, findings=[why])
    assert plan["A"].measure("Mean[Gy]").detail == "DoseUnits is RELATIVE"


def test_an_roi_that_could_not_be_read_is_refused_and_not_empty() -> None:
    why = Finding("CONTOUR_UNSUPPORTED", Severity.BLOCKS, "its contours are OPEN_PLANAR", "A")
    found = plan_of({"A": []}, findings=[why])["A"].measure("Volume[cc]")
    refused(found, Reason.STRUCTURE_UNSUPPORTED)
    assert found.detail == "its contours are OPEN_PLANAR"


PERCENT_METRICS = ["D95%[%]", "V95%[%]", "CV95%[cc]", "Mean[%]", "Max[%]", "gEUD(2)[%]",
                   "CI", "PaddickCI", "GI", "RxDose[Gy]", "Schedule"]  # fmt: skip


@pytest.mark.parametrize("metric", PERCENT_METRICS)
def test_percent_of_no_named_prescription(metric: str) -> None:
    """There is no default: not even when the plan has only one."""
    found = box_in_gradient()["PTV"].measure(metric)
    refused(found, Reason.NO_PRESCRIPTION)
    assert "PTV: 50 Gy in 25 fractions" in found.detail, "the plan's own are offered"


@pytest.mark.parametrize("metric", PERCENT_METRICS)
def test_percent_of_a_prescription_the_plan_has_not(metric: str) -> None:
    refused(box_in_gradient()["PTV"].measure(metric, prescription="Boost"), Reason.NO_PRESCRIPTION)


def test_two_prescriptions_of_one_name_that_differ() -> None:
    plan = plan_of(
        {"PTV": box((20, 20, 20))}, UniformDose(50.0),
        prescriptions=[Prescription("PTV", 50.0, 25, 1), Prescription("PTV", 60.0, 30, 1)],
    )  # fmt: skip
    found = plan["PTV"].measure("D95%[%]", prescription="PTV")
    refused(found, Reason.PRESCRIPTION_AMBIGUOUS)
    assert "50 Gy" in found.detail
    assert "60 Gy" in found.detail


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        ("RxFractions", Reason.NO_FRACTIONS),
        ("RxDosePerFraction[Gy]", Reason.NO_FRACTIONS),
        ("RxBED[Gy]", Reason.NO_FRACTIONS),
        ("Schedule", Reason.NO_FRACTIONS),
        ("RxFractionsPerWeek", Reason.NO_FRACTION_PATTERN),
    ],
)
def test_facts_the_export_does_not_have(metric: str, reason: Reason) -> None:
    plan = plan_of({"PTV": box((20, 20, 20))}, prescriptions=[Prescription("PTV", 50.0)])
    found = plan["PTV"].measure(metric, prescription="PTV", alpha_beta_gy=10.0)
    refused(found, reason)


@pytest.mark.parametrize("metric", ["RxBED[Gy]", "RxEQD2[Gy]", "RxEquivalent[Gy]"])
def test_no_alpha_beta_is_assumed(metric: str) -> None:
    refused(box_in_gradient()["PTV"].measure(metric, prescription="PTV"), Reason.NO_ALPHA_BETA)


def test_indices_of_nothing_are_undefined() -> None:
    cold = plan_of(
        {"PTV": box((20, 20, 20))}, UniformDose(0.0), prescriptions=[Prescription("PTV", RX)]
    )
    refused(cold["PTV"].measure("HI"), Reason.UNDEFINED)
    refused(cold["PTV"].measure("CI", prescription="PTV"), Reason.UNDEFINED)


def test_an_isodose_that_leaves_the_grid_has_no_volume() -> None:
    for metric in ("CI", "PaddickCI", "GI"):
        found = box_in_gradient()["PTV"].measure(metric, prescription="PTV")
        refused(found, Reason.DOSE_DOES_NOT_COVER)


# A structure half outside the dose grid -----------------------------------------------------


@pytest.fixture(scope="module")
def half() -> rtcheck.OpenPlan:
    """8 cc box; the grid ends at x = 0, so 4 cc have 40 to 50 Gy and 4 cc are unknown.

    The greatest dose on the grid's faces is 50 Gy, at x = 0.
    """
    x, y, z = axes()
    x = x[x <= 0]
    return plan_of(
        {"A": box((20, 20, 20))},
        DoseGrid(LinearDose(50.0, (1.0, 0.0, 0.0)).on_grid(x, y, z), x, y, z),
        prescriptions=[Prescription("PTV", RX, 25)],
        fractions=25,
    )


def test_half_is_outside(half: rtcheck.OpenPlan) -> None:
    dvh = half["A"].dvh()
    assert dvh.inside_dose_grid_fraction == pytest.approx(0.5, abs=0.01)
    assert dvh.total_cm3 == pytest.approx(8.0, rel=1e-3)
    assert half["A"].measure("Volume[cc]").value == pytest.approx(8.0, rel=1e-3)
    with pytest.raises(CannotSay):
        dvh.dose_at_volume("95 %")


@pytest.mark.parametrize(
    ("metric", "low", "high"),
    [
        ("Mean[Gy]", 22.5, 47.5),
        ("Mean[%]", 45.0, 95.0),
        ("V45Gy[%]", 25.0, 75.0),
        ("V45Gy[cc]", 2.0, 6.0),
        ("CV45Gy[cc]", 2.0, 6.0),
        ("D2cc[Gy]", 45.0, 50.0),
        pytest.param("D4.2cc[Gy]", 0.0, 49.5),
        pytest.param("D5cc[Gy]", 0.0, 47.5),
        pytest.param("DC3cc[Gy]", 0.0, 47.5),
        ("D95%[Gy]", 0.0, 41.0),
        ("Min[Gy]", 0.0, 40.0),
        ("Median[Gy]", None, None),
        ("gEUD(1)[Gy]", 22.5, 47.5),
        ("gEUD(-5)[Gy]", 0.0, None),
    ],
)
def test_bounds_over_what_is_unknown(
    half: rtcheck.OpenPlan, metric: str, low: float | None, high: float | None
) -> None:
    found = half["A"].measure(metric, prescription="PTV")
    assert (found.value, found.reason) == (None, Reason.DOSE_DOES_NOT_COVER)
    assert found.low <= found.unknown_low < found.unknown_high <= found.high
    # 1 % of the volume lies in the pixel column that the grid's end cuts.
    tolerance = 1.2 if "%]" in metric else 0.5
    if low is not None:
        assert found.unknown_low == pytest.approx(low, abs=tolerance)
    if high is not None:
        assert found.unknown_high == pytest.approx(high, abs=tolerance)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        pytest.param("V0Gy[%]", 100.0),
        ("V55Gy[cc]", 0.0),
        ("CV55Gy[%]", 100.0),
    ],
)
def test_what_the_unknown_part_cannot_change_is_a_value(
    half: rtcheck.OpenPlan, metric: str, value: float
) -> None:
    found = half["A"].measure(metric)
    assert found.reason is None
    assert found.value == pytest.approx(value, abs=1e-9)


def test_the_maximum_is_known_where_the_boundary_bounds_it(half: rtcheck.OpenPlan) -> None:
    """Here the hottest face is as hot as the hottest known tissue, within the sampling."""
    found = half["A"].measure("Max[Gy]")
    assert found.high == pytest.approx(50.0, abs=0.2)
    assert found.low == pytest.approx(50.0, abs=0.2)


@pytest.mark.parametrize("metric", ["HI", "PaddickCI"])
def test_what_does_not_move_one_way_with_dose_has_no_bounds(
    half: rtcheck.OpenPlan, metric: str
) -> None:
    refused(half["A"].measure(metric, prescription="PTV"), Reason.DOSE_DOES_NOT_COVER)


@pytest.mark.parametrize(("dose", "ratio"), [("BED", 3.0), ("EQD2", 10.0)])
def test_bounds_in_biological_dose(half: rtcheck.OpenPlan, dose: str, ratio: float) -> None:
    found = half["A"].measure("D7cc[Gy]", dose=dose, alpha_beta_gy=ratio)
    top = half["A"].measure("D7cc[Gy]").high
    exact = top * (1 + top / 25 / ratio) / (1 if dose == "BED" else 1 + 2 / ratio)
    assert found.low == 0.0
    assert found.high == pytest.approx(exact, rel=1e-3)


def test_wholly_outside_is_bounded_by_the_boundary_dose_or_refused() -> None:
    plan = plan_of({"A": box((20, 20, 20), (200.0, 0.0, 0.0))}, UniformDose(30.0))
    for metric in ("Mean[Gy]", "Max[Gy]", "D95%[Gy]", "V20Gy[%]"):
        found = plan["A"].measure(metric)
        assert (found.value, found.reason) == (None, Reason.DOSE_DOES_NOT_COVER), metric
        assert (found.low or 0.0) == 0.0
        assert found.high is None or found.high >= 30.0 * (1 - 1e-9)


def test_a_grid_that_just_reaches_covers() -> None:
    """The body ends on the outermost grid points; half a voxel beyond is outside."""
    edge = axes(-10.0, 10.0, 2.5)
    dose = LinearDose(50.0, (0.0, 0.0, 1.0))
    plan = plan_of({"A": box((20, 20, 20))}, dose_grid(dose, edge))
    assert plan["A"].dvh().inside_dose_grid_fraction == pytest.approx(1.0, abs=2e-3)
    short = [a[:-1] for a in edge]
    plan = plan_of({"A": box((20, 20, 20))}, dose_grid(dose, short))
    assert plan["A"].dvh().inside_dose_grid_fraction == pytest.approx(0.875**3, abs=0.02)


def test_a_body_that_ends_on_the_outermost_points_is_covered() -> None:
    dose = dose_grid(LinearDose(50.0, (0.0, 0.0, 1.0)), axes(-10.0, 10.0, 2.5))
    found = plan_of({"A": box((20, 20, 20))}, dose)["A"].measure("Mean[Gy]")
    assert found.reason is None
    assert found.value == pytest.approx(50.0, abs=0.01)


def test_a_dose_of_one_plane_covers_nothing_but_that_plane() -> None:
    x, y, _ = axes()
    grid = DoseGrid(np.full((1, len(y), len(x)), 50.0), x, y, np.array([0.0]))
    found = plan_of({"A": box((20, 20, 20))}, grid)["A"].measure("Mean[Gy]")
    assert (found.value, found.reason) == (None, Reason.DOSE_DOES_NOT_COVER)


def test_every_reason_has_its_sentence() -> None:
    assert set(REASON_SENTENCES) == set(Reason)
    assert len(set(REASON_SENTENCES.values())) == len(Reason)


def test_a_histogram_never_says_zero_for_nothing() -> None:
    empty = Dvh(np.empty(0), np.empty(0))
    for ask in ("mean_gy", "minimum_gy", "maximum_gy"):
        with pytest.raises(CannotSay):
            getattr(empty, ask)


def test_ring_of_a_ball_outside_the_body_is_measured_like_any_other() -> None:
    plan = plan_of({"A": ball(10.0)}, UniformDose(20.0), geometry="smooth")
    assert plan["ring(A, 2 mm, 6 mm)"].measure("Mean[Gy]").value == pytest.approx(20.0)
