"""Textbook and published answers of the linear-quadratic and volume-effect models."""

from __future__ import annotations

import math

import numpy as np
import pytest
from bodies import UniformDose, box, plan_of
from hypothesis import given
from hypothesis import strategies as st
from strategies import numbers

from rtcheck.errors import UnitError
from rtcheck.plan import Prescription
from rtcheck.radiobiology import (
    bed_gy,
    conventional_equivalent,
    eqdx_gy,
    geud_gy,
    lkb_ntcp_fraction,
)

# Dose, dose per fraction, alpha/beta -> EQD1.8, whole fractions, conventional dose: sorafenib and
# radiotherapy for advanced HCC, approval 4-2010-0761, Table 2 and Discussion.
PUBLISHED = [
    (58.42, 2.54, 10.0, 62.08, 34, 61.2),
    (30.0, 6.0, 10.0, 40.68, 23, 41.4),
    (50.4, 1.8, 10.0, 50.4, 28, 50.4),
    (39.0, 3.0, 3.0, 48.75, 27, 48.6),
    (30.0, 3.0, 10.0, 33.05, 18, 32.4),
]


@pytest.mark.parametrize(("dose", "size", "ratio", "eqd", "fractions", "whole"), PUBLISHED)
def test_published_conversions(
    dose: float, size: float, ratio: float, eqd: float, fractions: int, whole: float
) -> None:
    n = round(dose / size)
    assert n * size == pytest.approx(dose, rel=1e-9)
    found = conventional_equivalent(dose, n, ratio)
    assert round(found.eqd_gy, 2) == eqd
    assert found.fractions == fractions
    assert round(found.dose_gy, 1) == whole


@pytest.mark.parametrize(("dose", "size", "ratio", "eqd", "fractions", "whole"), PUBLISHED)
def test_published_conversions_from_a_plan(
    dose: float, size: float, ratio: float, eqd: float, fractions: int, whole: float
) -> None:
    plan = plan_of(
        {"PTV": box((20, 20, 20))}, UniformDose(dose),
        prescriptions=[Prescription("PTV", dose, round(dose / size), 1)],
    )  # fmt: skip
    found = plan["PTV"].measure("RxEquivalent[Gy]", prescription="PTV", alpha_beta_gy=ratio)
    assert found.value == pytest.approx(whole)
    assert found.text == f"{whole:.1f} Gy in {fractions} × 1.8 Gy"


@pytest.mark.parametrize(
    ("dose", "n", "ratio", "bed"),
    [
        (60.0, 30, 10.0, 72.0),
        (60.0, 30, 3.0, 100.0),
        (60.0, 3, 10.0, 180.0),
        (54.0, 3, 10.0, 151.2),
        (50.0, 5, 10.0, 100.0),
        (48.0, 4, 10.0, 105.6),
        (20.0, 5, 10.0, 28.0),
        (0.0, 10, 3.0, 0.0),
    ],
)
def test_bed_of_textbook_schedules(dose: float, n: int, ratio: float, bed: float) -> None:
    assert bed_gy(dose, n, ratio) == pytest.approx(bed, rel=1e-12)


@pytest.mark.parametrize(
    ("dose", "n", "ratio", "eqd2"),
    [
        (60.0, 30, 10.0, 60.0),
        (50.0, 5, 10.0, 83.333333333),
        (54.0, 3, 10.0, 126.0),
        (54.0, 3, 3.0, 226.8),
        (40.05, 15, 4.0, 44.52225),
        (26.0, 5, 3.5, 41.1272727272),
    ],
)
def test_eqd2_of_textbook_schedules(dose: float, n: int, ratio: float, eqd2: float) -> None:
    assert eqdx_gy(dose, n, ratio) == pytest.approx(eqd2, rel=1e-7)


doses, counts, ratios = numbers(0.1, 120.0), st.integers(1, 60), numbers(0.5, 30.0)


@given(doses, counts, ratios)
def test_equal_effect_has_equal_bed(dose: float, n: int, ratio: float) -> None:
    """EQD2 given in 2 Gy fractions has the BED of the schedule."""
    eqd2 = eqdx_gy(dose, n, ratio)
    assert bed_gy(eqd2, eqd2 / 2.0, ratio) == pytest.approx(bed_gy(dose, n, ratio), rel=1e-9)


@given(counts, numbers(0.5, 10.0), ratios)
def test_a_schedule_is_its_own_equivalent_at_its_own_size(
    n: int, size: float, ratio: float
) -> None:
    assert eqdx_gy(n * size, n, ratio, size) == pytest.approx(n * size, rel=1e-12)


@given(doses, counts, ratios)
def test_bed_exceeds_dose_and_falls_with_more_fractions(dose: float, n: int, ratio: float) -> None:
    assert bed_gy(dose, n, ratio) > dose
    assert bed_gy(dose, n + 1, ratio) < bed_gy(dose, n, ratio)


def test_many_small_fractions_have_no_more_effect_than_dose() -> None:
    assert bed_gy(60.0, 10**9, 3.0) == pytest.approx(60.0)


def test_arrays_go_voxel_by_voxel() -> None:
    dose = np.array([0.0, 20.0, 60.0])
    assert bed_gy(dose, 30, 10.0).tolist() == pytest.approx([bed_gy(d, 30, 10.0) for d in dose])
    assert eqdx_gy(dose, 30, 3.0).tolist() == pytest.approx([eqdx_gy(d, 30, 3.0) for d in dose])
    assert dose.tolist() == [0.0, 20.0, 60.0], "the input is left alone"


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_impossible_parameters_are_refused(bad: float) -> None:
    for call in (
        lambda: bed_gy(60.0, bad, 10.0),
        lambda: bed_gy(60.0, 30, bad),
        lambda: eqdx_gy(60.0, 30, 10.0, bad),
        lambda: conventional_equivalent(bad, 30, 10.0),
        lambda: conventional_equivalent(60.0, 30, 10.0, bad),
    ):
        with pytest.raises(UnitError):
            call()


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_impossible_complication_parameters_are_refused(bad: float) -> None:
    with pytest.raises(UnitError):
        lkb_ntcp_fraction(40.0, bad, 0.2)
    with pytest.raises(UnitError):
        lkb_ntcp_fraction(40.0, 40.0, bad)


def test_a_half_fraction_goes_up() -> None:
    """EQD1.8 of 45.9 Gy is 25.5 fractions."""
    found = conventional_equivalent(45.9, 25.5, 10.0)
    assert (found.fractions, found.dose_gy) == (26, pytest.approx(46.8))


# gEUD and LKB -----------------------------------------------------------------------------------


def test_geud_of_two_halves() -> None:
    """Half at 10 Gy, half at 30 Gy: arithmetic, quadratic and harmonic mean."""
    dose, volume = [10.0, 30.0], [4.0, 4.0]
    assert geud_gy(dose, volume, 1) == pytest.approx(20.0)
    assert geud_gy(dose, volume, 2) == pytest.approx(math.sqrt(500.0))
    assert geud_gy(dose, volume, -1) == pytest.approx(15.0)


samples = st.lists(st.tuples(numbers(0.1, 80.0), numbers(0.01, 5.0)), min_size=1, max_size=20)


@given(samples, numbers(0.1, 20.0))
def test_geud_lies_between_the_extremes_and_grows_with_a(pairs: list, a: float) -> None:
    dose, volume = map(list, zip(*pairs, strict=True))
    mean = float(np.average(dose, weights=volume))
    up, down = geud_gy(dose, volume, 1 + a), geud_gy(dose, volume, -a)
    slack = 1e-9 * max(dose)
    assert min(dose) - slack <= down <= mean + slack
    assert mean - slack <= up <= max(dose) + slack


@given(samples, st.sampled_from([-20.0, -1.0, 0.5, 1.0, 8.0]), numbers(0.01, 100.0))
def test_geud_scales_with_dose_and_not_with_volume(pairs: list, a: float, k: float) -> None:
    dose, volume = (np.array(x) for x in zip(*pairs, strict=True))
    assert geud_gy(k * dose, volume, a) == pytest.approx(k * geud_gy(dose, volume, a), rel=1e-9)
    assert geud_gy(dose, k * volume, a) == pytest.approx(geud_gy(dose, volume, a), rel=1e-9)


def test_geud_limits() -> None:
    dose, volume = np.linspace(1.0, 60.0, 1000), np.ones(1000)
    assert geud_gy(dose, volume, 2000) == pytest.approx(60.0, rel=0.005), "the maximum"
    assert geud_gy(dose, volume, -2000) == pytest.approx(1.0, rel=0.005), "the minimum"
    assert geud_gy(dose, volume, 1e-6) == pytest.approx(
        float(np.exp(np.mean(np.log(dose)))), rel=1e-4
    ), "the geometric mean"
    assert geud_gy([0.0, 60.0], [1.0, 1.0], -5) == 0.0, "a cold spot loses a target"
    assert geud_gy([0.0, 0.0], [1.0, 1.0], 5) == 0.0


@pytest.mark.parametrize("a", [0.0, math.nan, math.inf])
def test_geud_of_no_parameter(a: float) -> None:
    with pytest.raises(UnitError):
        geud_gy([10.0], [1.0], a)


@pytest.mark.parametrize("volume", [[0.0], []])
def test_geud_of_nothing(volume: list[float]) -> None:
    with pytest.raises(UnitError):
        geud_gy([10.0] * len(volume), volume, 1)


def test_lkb_at_td50_and_one_and_two_sigma() -> None:
    """m = 0.2, TD50 = 40 Gy: a sigma is 8 Gy."""
    assert lkb_ntcp_fraction(40.0, 40.0, 0.2) == 0.5
    assert lkb_ntcp_fraction(48.0, 40.0, 0.2) == pytest.approx(0.8413447, abs=1e-7)
    assert lkb_ntcp_fraction(32.0, 40.0, 0.2) == pytest.approx(0.1586553, abs=1e-7)
    assert lkb_ntcp_fraction(56.0, 40.0, 0.2) == pytest.approx(0.9772499, abs=1e-7)


def test_lkb_limits() -> None:
    assert lkb_ntcp_fraction(0.0, 40.0, 0.1) == pytest.approx(0.0, abs=1e-12)
    assert lkb_ntcp_fraction(400.0, 40.0, 0.1) == pytest.approx(1.0)
    steps = [lkb_ntcp_fraction(d, 24.5, 0.18) for d in range(0, 80, 2)]
    assert steps == sorted(steps)
