"""Questions on which tools in use differ, or are wrong: one named test each.

What a tool was seen to answer stands in the test's first line; the assertion is what rtcheck says.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bodies import RX, LinearDose, UniformDose, axes, ball, box, box_in_gradient, dose_grid, plan_of

import rtcheck
from rtcheck.dvh import Dvh
from rtcheck.errors import MetricError, Reason
from rtcheck.metrics import parse_metric
from rtcheck.plan import DoseGrid, Prescription


@pytest.fixture(scope="module")
def gradient() -> rtcheck.OpenPlan:
    return box_in_gradient()


@pytest.mark.parametrize("text", ["V20Gy", "D2cc", "Mean", "CV15Gy", "Volume", "Diameter"])
def test_no_unit_is_assumed_where_tools_assume_different_ones(text: str) -> None:
    """V20Gy is % in DVHmetrics and dosemetrics, cc in dicompyler and platipy."""
    with pytest.raises(MetricError):
        parse_metric(text)


def test_max_is_not_a_near_maximum_under_its_name(gradient: rtcheck.OpenPlan) -> None:
    """Max is D0.03cc in ray_scripts, a voxel's value in PlanCheck."""
    region = gradient["PTV"]
    assert region.measure("Max[Gy]").value == pytest.approx(60.0, abs=0.01)
    assert region.measure("D0.03cc[Gy]").value < region.measure("Max[Gy]").value - 0.02


def test_dc_is_the_dose_of_the_cold_part_and_no_difference(gradient: rtcheck.OpenPlan) -> None:
    """DVH-Analytics takes Dmax - Dx: here 5 Gy."""
    assert gradient["PTV"].measure("DC2cc[Gy]").value == pytest.approx(45.0, abs=0.16)


def test_dc_takes_any_number(gradient: rtcheck.OpenPlan) -> None:
    """PlanCheck reads whole numbers only."""
    assert gradient["PTV"].measure("DC0.4cc[Gy]").value == pytest.approx(41.0, abs=0.16)


def test_volume_at_exactly_the_maximum_counts() -> None:
    """ESAPIX: 0, as its last point is strict."""
    plan = plan_of({"A": box((20, 20, 20))}, UniformDose(50.0))
    assert plan["A"].measure("V50Gy[%]").value == pytest.approx(100.0, abs=1e-6)
    assert plan["A"].measure("CV50Gy[%]").value == pytest.approx(0.0, abs=1e-6)


def test_percent_is_of_the_prescription_that_is_named() -> None:
    """PlanCheck: of the sum of all prescriptions; others: of the first, or the highest."""
    plan = plan_of(
        {"PTV": box((20, 20, 20))}, UniformDose(54.0),
        prescriptions=[Prescription("PTV", 50.0, 25, 1), Prescription("GTV", 54.0, 25)],
    )  # fmt: skip
    percent = {n: plan["PTV"].measure("Mean[%]", prescription=n).value for n in ("PTV", "GTV")}
    assert percent == pytest.approx({"PTV": 108.0, "GTV": 100.0})


def test_the_curve_is_read_between_its_points_not_at_the_nearest_bin() -> None:
    """dicompyler-core on 10 Gy bins: V15Gy 80, V16Gy 60 where a line gives 70 and 68."""
    dvh = Dvh(np.arange(5.0, 50.0, 10.0), np.full(5, 20.0))
    assert [dvh.volume_at_dose_cm3(d) for d in (15.0, 16.0)] == pytest.approx([70.0, 68.0])


def test_100_cc_is_not_100_percent() -> None:
    """PlanScoreCard takes an input of 100 for the minimum dose whatever its unit."""
    plan = plan_of({"A": box((50, 50, 50))}, LinearDose(30.0, (0.4, 0.0, 0.0)))
    found = plan["A"].measure("D100cc[Gy]").value
    assert found == pytest.approx(20.0 + 20.0 * 25 / 125, abs=0.3)
    assert plan["A"].measure("D99.9cc[Gy]").value == pytest.approx(found, abs=0.05)
    assert plan["A"].measure("D100%[Gy]").value == pytest.approx(20.0, abs=0.02)


@pytest.mark.parametrize("text", ["D0cc[Gy]", "D0%[Gy]"])
def test_a_volume_of_zero_is_not_the_maximum(text: str) -> None:
    """PlanScoreCard and RTP lib: the maximum."""
    with pytest.raises(MetricError, match=r"Max\[Gy\]"):
        parse_metric(text)


@pytest.mark.parametrize(
    ("text", "says"), [("HI", "D50%"), ("CI", "RTOG"), ("PaddickCI", "Paddick"), ("GI", "50 %")]
)
def test_an_index_carries_its_definition(text: str, says: str) -> None:
    """espadon has eight homogeneity indices; CI is RTOG's, Paddick's, van't Riet's, Lomax's."""
    assert says in parse_metric(text).definition


def test_the_reference_region_of_an_index_needs_no_body_contour() -> None:
    """PlanScoreCard needs exactly one EXTERNAL, PlanCheck takes the first id with BODY in it."""
    x, y, z = axes(-40, 40, 2.0)
    r = np.sqrt(z[:, None, None] ** 2 + y[:, None] ** 2 + x**2)
    plan = plan_of(
        {"PTV": ball(15.0)}, DoseGrid(np.maximum(80 - 2 * r, 0), x, y, z), geometry="smooth",
        prescriptions=[Prescription("PTV", RX)],
    )  # fmt: skip
    assert plan["PTV"].measure("CI", prescription="PTV").value == pytest.approx(1.0, abs=0.03)


def test_gradient_index_does_not_depend_on_the_dose_unit() -> None:
    """ClearPlan takes doses for cGy."""
    x, y, z = axes(-40, 40, 2.0)
    r = np.sqrt(z[:, None, None] ** 2 + y[:, None] ** 2 + x**2)
    found = []
    for scale in (1.0, 100.0):
        plan = plan_of(
            {"PTV": ball(15.0)}, DoseGrid(scale * np.maximum(80 - 2 * r, 0), x, y, z),
            prescriptions=[Prescription("PTV", scale * RX)],
        )  # fmt: skip
        found.append(plan["PTV"].measure("GI", prescription="PTV").value)
    assert found[0] == pytest.approx(found[1], rel=1e-9)


def test_the_median_is_of_the_volume_not_of_occupied_bins() -> None:
    """pyCERR: 25.55 Gy where half the volume has no more than 1 Gy."""
    dose = np.concatenate([np.full(900, 1.0), np.linspace(2.0, 50.0, 100)])
    plan = plan_of({"A": box((20, 20, 20))}, UniformDose(1.0))
    dvh = Dvh(dose, np.full(1000, 0.008))
    plan.bench._dvhs[plan.resolve("A")] = dvh
    assert plan["A"].measure("Median[Gy]").value == 1.0


def test_the_mean_is_weighted_by_volume_and_not_by_bins() -> None:
    """Bin-centre averages are off by half a bin."""
    dvh = Dvh(np.array([10.0, 20.0]), np.array([3.0, 1.0]))
    assert dvh.mean_gy == 12.5


def test_low_dose_voxels_have_their_own_dose_per_fraction() -> None:
    """DVHmetrics takes one fraction dose for all bins: 10 Gy in 25 fractions as if 2 Gy each."""
    plan = plan_of({"A": box((20, 20, 20))}, UniformDose(10.0), fractions=25,
                   prescriptions=[Prescription("PTV", 50.0, 25)])  # fmt: skip
    found = plan["A"].measure("Mean[Gy]", prescription="PTV", dose="EQD2", alpha_beta_gy=3.0)
    assert found.value == pytest.approx(10.0 * (0.4 + 3) / (2 + 3), rel=1e-6)


@pytest.mark.parametrize(("ratio", "fractions"), [(3.0, 25), (10.0, 25), (3.0, 5)])
def test_no_parameter_is_accepted_and_ignored(ratio: float, fractions: int) -> None:
    """DVHmetrics issues 10, 16, 19: EQD2 arguments without effect."""
    plan = plan_of({"A": box((20, 20, 20))}, UniformDose(40.0), fractions=fractions)
    found = plan["A"].measure("Mean[Gy]", dose="BED", alpha_beta_gy=ratio)
    assert found.value == pytest.approx(40.0 * (1 + 40.0 / fractions / ratio), rel=1e-6)


def test_absolute_volume_is_not_percent_times_volume(gradient: rtcheck.OpenPlan) -> None:
    """platipy: 50 instead of 0.5 cc."""
    assert gradient["PTV"].measure("V55Gy[cc]").value == pytest.approx(2.0, abs=0.08)


def test_spared_volume_in_percent_is_of_the_structure(gradient: rtcheck.OpenPlan) -> None:
    """PlanCheck subtracts percent from cc."""
    assert gradient["PTV"].measure("CV55Gy[%]").value == pytest.approx(75.0, abs=1.0)


@pytest.mark.parametrize("asked", ["D2cc[Gy]", "D200cc[Gy]"])
def test_a_small_overdosed_organ_does_not_pass(asked: str) -> None:
    """D2cc of 1.5 cc: about 0 Gy in five tools, the minimum in platipy and pyCERR's clamp."""
    plan = plan_of({"Cord": box((10, 10, 15))}, UniformDose(60.0))
    found = plan["Cord"].measure(asked)
    assert (found.value, found.low, found.high) == (None, None, None)
    assert found.reason is Reason.SMALLER_THAN_VOLUME


def test_missing_tissue_inherits_no_dose_and_the_volume_does_not_shrink() -> None:
    """dicompyler-core rescales, platipy takes 0 Gy (mean 9 instead of 30), others drop slices."""
    x, y, z = axes()
    plan = plan_of({"A": box((20, 20, 20))}, dose_grid(UniformDose(30.0), [x[x <= -3], y, z]))
    region = plan["A"]
    assert region.measure("Volume[cc]").value == pytest.approx(8.0, rel=1e-3)
    assert region.dvh().total_cm3 == pytest.approx(8.0, rel=1e-3)
    found = region.measure("Mean[Gy]")
    assert (found.value, found.reason) == (None, Reason.DOSE_DOES_NOT_COVER)
    assert found.low < 12.0
    assert found.high == pytest.approx(30.0, rel=1e-3)


def test_nothing_of_it_on_the_grid_is_no_zero() -> None:
    """dicompyler-core: max, mean and D95 of an empty histogram are 0."""
    plan = plan_of({"A": box((20, 20, 20), (300, 0, 0))}, UniformDose(30.0))
    for metric in ("Mean[Gy]", "Max[Gy]", "D95%[Gy]"):
        assert plan["A"].measure(metric).value is None


@pytest.mark.parametrize("text", ["v20Gy[%]", "V20gy[%]", "D0.03cc[Gy] <= 45", "D95%[Gy];"])
def test_a_metric_is_matched_whole_and_as_written(text: str) -> None:
    """ESAPIX: junk at the end passes, case passes validation and then throws."""
    with pytest.raises(MetricError):
        parse_metric(text)


def test_a_decimal_comma_is_no_number() -> None:
    """ESAPIX reads numbers by the machine's locale: D0,03cc may be D3cc."""
    with pytest.raises(MetricError):
        parse_metric("D0,03cc[Gy]")


def test_contours_between_dose_planes_are_measured() -> None:
    """pymedphys asks for equal z: an IndexError."""
    x, y, z = axes()
    grid = dose_grid(LinearDose(50.0, (0.0, 0.0, 1.0)), [x, y, z + 0.777])
    plan = plan_of({"A": box((20, 20, 20))}, grid)
    assert plan["A"].measure("Mean[Gy]").value == pytest.approx(50.0, abs=1e-3)


def test_volume_does_not_depend_on_the_dose_grid() -> None:
    """dicompyler-core issue 148: volume off by three times on a coarse grid."""
    contours = {"A": ball(8.0, (0.7, 0.3, 0.1))}
    volumes = [
        plan_of(contours, dose)["A"].volume_cm3
        for dose in (None, dose_grid(UniformDose(1.0), axes(step_mm=10.0)),
                     dose_grid(UniformDose(1.0), axes(-20, 20, 1.0)))
    ]  # fmt: skip
    assert volumes[1:] == pytest.approx([volumes[0]] * 2, rel=1e-12)


def test_an_irregular_grid_is_interpolated_where_its_points_are() -> None:
    """Tools that take one spacing for the whole axis misplace the dose."""
    x, y, _ = axes()
    z = np.array([-40.0, -21.0, -13.0, -4.5, 0.0, 3.0, 11.0, 19.0, 40.0])
    plan = plan_of(
        {"A": box((20, 20, 20))}, dose_grid(LinearDose(50.0, (0.0, 0.0, 1.0)), [x, y, z])
    )
    assert plan["A"].measure("Mean[Gy]").value == pytest.approx(50.0, abs=1e-3)
    assert plan["A"].measure("D95%[Gy]").value == pytest.approx(41.0, abs=0.16)


def test_combined_structures_are_counted_once() -> None:
    """Both parotids: the overlap of two structures has its volume once."""
    plan = plan_of(
        {"L": box((20, 20, 20), (-5, 0, 0)), "R": box((20, 20, 20), (5, 0, 0))}, UniformDose(26.0)
    )
    assert plan["L | R"].measure("V26Gy[cc]").value == pytest.approx(12.0, rel=0.005)


def test_measuring_twice_is_measuring_once(gradient: rtcheck.OpenPlan) -> None:
    """pylinac divides its own radius at every call."""
    first = gradient["PTV"].measure("D95%[Gy]")
    assert gradient["PTV"].measure("D95%[Gy]") == first
    assert replace(gradient)["PTV"].measure("D95%[Gy]") == first


@pytest.mark.parametrize(
    "name", ["Lungs-GTV", "PTV/50,4", "A|B", "a < b", "ring(x)", " Heart", "1"]
)
def test_odd_roi_names_are_names(name: str) -> None:
    """platipy 173, med-imagetools 45: slashes, commas and bars in ROI names."""
    plan = plan_of({name: box((20, 20, 20)), "A": box((10, 10, 10))}, UniformDose(26.0))
    asked = name if name.strip() == name else f'"{name}"'
    assert plan[asked].volume_cm3 == pytest.approx(8.0, rel=1e-3)
    assert plan[f'"{name}" - A'].volume_cm3 == pytest.approx(7.0, rel=5e-3)
