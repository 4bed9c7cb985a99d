"""Intervals: they hold the truth, say which model gives what, and are no wider than they must."""

from __future__ import annotations

import numpy as np
import pytest
from bodies import LinearDose, UniformDose, ball, box, plan_of

import rtcheck
from rtcheck.geometry import GEOMETRY_MODELS
from rtcheck.metrics import Measurement
from rtcheck.phantoms.doses import GaussianDose
from rtcheck.plan import DoseGrid

BALL_CC = 4 / 3 * np.pi * 12**3 / 1000


def in_ball(metric: str, geometry: str = "smooth", spacing_mm: float = 3.0) -> Measurement:
    """Return a metric of a ball of 12 mm in a dose that rises by 1 Gy/mm from foot to head."""
    contours = ball(12.0, (0.4, -0.3, 0.7), spacing_mm)
    plan = plan_of({"A": contours}, LinearDose(50.0, (0.0, 0.0, 1.0)), geometry=geometry)
    return plan["A"].measure(metric)


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
def test_the_true_ball_lies_within_under_any_model(geometry: str) -> None:
    found = in_ball("Volume[cc]", geometry)
    assert found.low <= BALL_CC <= found.high
    # Half a slice more or less at both ends, a few percent each.
    assert found.high - found.low < 0.3 * BALL_CC


@pytest.mark.parametrize(
    ("metric", "exact"),
    # The height above which a ball of radius 12 has a share of its volume: h² (3 R - h) / 4 R³.
    [("Mean[Gy]", 50.7), ("D50%[Gy]", 50.7), ("Max[Gy]", 62.7), ("Min[Gy]", 38.7)],
)
def test_doses_of_a_ball_in_a_gradient_along_the_slices(metric: str, exact: float) -> None:
    found = in_ball(metric)
    assert found.low <= exact <= found.high
    assert found.value == pytest.approx(exact, abs=0.25), "a twelfth of a slice"


def test_ends_of_a_box_are_anywhere_within_a_slice() -> None:
    """Drawn at -9, -7 … 9: it ends between 9 and 11 at either end, and 10 is a guess."""
    plan = plan_of({"A": box((20, 20, 20))}, LinearDose(50.0, (0.0, 0.0, 1.0)))
    volume, most = plan["A"].measure("Volume[cc]"), plan["A"].measure("Max[Gy]")
    assert volume.low <= 0.4 * 18 < 0.4 * 22 <= volume.high
    assert most.low <= 59.0 < 61.0 <= most.high
    # An end that is higher while the other is lower moves the median, not the volume.
    median = plan["A"].measure("Median[Gy]")
    assert median.low <= 49.5 < 50.5 <= median.high


def test_a_uniform_dose_has_no_interval() -> None:
    plan = plan_of({"A": ball(12.0)}, UniformDose(50.0))
    for metric in ("Mean[Gy]", "D95%[Gy]", "Max[Gy]", "V50Gy[%]"):
        found = plan["A"].measure(metric)
        assert (found.low, found.high) == pytest.approx((found.value, found.value), rel=1e-12)


def test_dose_that_bends_between_coarse_grid_points_lies_within() -> None:
    """A Gaussian of sigma 8 mm on a grid of 5 mm: trilinear cuts its top off."""
    dose = GaussianDose(60.0, (2.5, 2.5, 2.5), 8.0)
    axis = np.arange(-40.0, 40.5, 5.0)
    grid = DoseGrid(dose.on_grid(axis, axis, axis), axis, axis, axis)
    found = plan_of({"A": ball(6.0, (2.5, 2.5, 2.5), 1.0)}, grid)["A"].measure("Max[Gy]")
    # Midway between eight grid points: exp(-3 · 2.5² / (2 · 8²)) of 60 Gy at each of them.
    assert found.value == pytest.approx(60 * np.exp(-3 * 2.5**2 / 128), abs=0.5)
    assert found.low < found.value < 60.0 <= found.high + 0.5
    assert found.high > 58.0


def test_models_that_disagree_are_named_with_their_values() -> None:
    found = in_ball("Volume[cc]", spacing_mm=5.0)
    values = dict(found.by_model)
    assert found.models_disagree
    assert set(values) == set(GEOMETRY_MODELS)
    assert values["smooth"] == pytest.approx(found.value)
    assert values["linear-rounded"] < values["linear-half-slice"] < values["prism"]
    uniform = plan_of({"A": ball(12.0)}, UniformDose(50.0))["A"].measure("Mean[Gy]")
    assert not uniform.models_disagree


def test_nothing_below_zero_and_no_more_than_all() -> None:
    plan = plan_of({"A": ball(5.0)}, LinearDose(2.6, (0.0, 0.0, 0.5)))
    assert plan["A"].measure("Min[Gy]").low == pytest.approx(0.0, abs=0.2)
    assert plan["A"].measure("Min[Gy]").low >= 0.0
    almost = plan["A"].measure("V0.1Gy[%]")
    assert 99.0 < almost.value <= almost.high <= 100.0


def test_a_count_is_the_same_under_all_models() -> None:
    found = plan_of({"PTV": ball(5.0) + ball(5.0, (30.0, 0.0, 0.0))})["PTV"].measure("Count")
    assert found.low == found.value == found.high == 2.0


def test_the_volume_is_the_same_before_and_after_a_dose_was_measured() -> None:
    def plan() -> rtcheck.OpenPlan:
        shell = [c for z in np.arange(-9, 10, 2.0) for c in ball_and_hole(z)]
        return plan_of({"A": shell}, LinearDose(50.0, (1.0, 0.0, 0.0)))

    first, second = plan(), plan()
    before = first["A"].volume_cm3
    second["A"].measure("Mean[Gy]")
    assert second["A"].volume_cm3 == before == first["A"].measure("Volume[cc]").value


def ball_and_hole(z: float) -> list[np.ndarray]:
    angle = 2 * np.pi * np.arange(90) / 90
    return [
        np.column_stack([r * np.cos(angle), r * np.sin(angle), np.full(90, z)])
        for r in (np.sqrt(144 - z * z), np.sqrt(100 - z * z))
    ]


def test_the_band_of_a_drawn_curve_is_the_interval_of_v_at_each_dose() -> None:
    plan = plan_of({"A": ball(12.0)}, LinearDose(50.0, (0.0, 0.0, 1.0)))
    doses_gy = np.array([30.0, 39.5, 45.0, 50.0, 55.0, 61.0, 70.0])
    low, high = plan.bench.volume_band_percent(plan["A"]._tree, doses_gy)
    for gy, least, most in zip(doses_gy, low, high, strict=True):
        found = plan["A"].measure(f"V{gy:g}Gy[%]")
        # The curve is interpolated between the middles of samples, some 60,000 of them.
        assert (least, most) == pytest.approx((found.low, found.high), abs=0.01)
