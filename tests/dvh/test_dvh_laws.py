"""Laws that hold for every histogram."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import doses_gy, dvhs, shares

from rtcheck.dvh import Dvh
from rtcheck.errors import CannotSay, Reason, UnitError


@given(dvhs(), doses_gy, doses_gy)
def test_volume_falls_as_dose_grows(dvh: Dvh, a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert dvh.volume_at_dose_cm3(low) >= dvh.volume_at_dose_cm3(high)


@given(dvhs(), shares, shares)
def test_dose_falls_as_volume_grows(dvh: Dvh, a: float, b: float) -> None:
    small, large = sorted((a * dvh.total_cm3, b * dvh.total_cm3))
    assert dvh.dose_at_volume_gy(small) >= dvh.dose_at_volume_gy(large)


@given(dvhs(), shares)
def test_at_least_x_gets_the_dose_of_x(dvh: Dvh, share: float) -> None:
    """V(D(x)) >= x, with equality where the curve is not flat."""
    volume = share * dvh.total_cm3
    dose = dvh.dose_at_volume_gy(volume)
    reached = dvh.volume_at_dose_cm3(dose)
    assert reached >= volume * (1 - 1e-6)
    # A hair more dose is reached by no more than x: D(x) is the greatest such dose.
    assert dvh.volume_at_dose_cm3(dose * (1 + 1e-6) + 1e-6) <= volume * (1 + 1e-6)


@given(dvhs(), doses_gy)
def test_dose_at_the_volume_of_a_dose_is_that_dose_at_least(dvh: Dvh, dose: float) -> None:
    assume(dvh.minimum_gy <= dose <= dvh.maximum_gy)
    volume = dvh.volume_at_dose_cm3(dose)
    assume(volume > 1e-6 * dvh.total_cm3)
    assert dvh.dose_at_volume_gy(volume) >= dose * (1 - 1e-6) - 1e-9


@given(dvhs())
def test_everything_gets_the_minimum_and_nothing_more_than_the_maximum(dvh: Dvh) -> None:
    assert dvh.volume_at_dose_cm3(dvh.minimum_gy) == pytest.approx(dvh.total_cm3, rel=1e-12)
    assert dvh.volume_at_dose_cm3(0.0) == pytest.approx(dvh.total_cm3, rel=1e-12)
    assert dvh.volume_at_dose_cm3(dvh.maximum_gy * (1 + 1e-6) + 1e-6) == 0.0
    assert dvh.dose_at_volume_gy(dvh.total_cm3) == dvh.minimum_gy
    assert dvh.minimum_gy <= dvh.mean_gy * (1 + 1e-12)
    assert dvh.mean_gy <= dvh.maximum_gy * (1 + 1e-12)


@given(dvhs(), st.floats(0.01, 100.0), shares)
def test_scaling_the_dose_scales_what_is_measured_in_dose(
    dvh: Dvh, factor: float, share: float
) -> None:
    scaled = dvh.transformed(lambda gy: gy * factor)
    volume = share * dvh.total_cm3
    assert scaled.dose_at_volume_gy(volume) == pytest.approx(
        factor * dvh.dose_at_volume_gy(volume), rel=1e-9, abs=1e-12
    )
    assert scaled.mean_gy == pytest.approx(factor * dvh.mean_gy, rel=1e-9, abs=1e-12)
    assert scaled.total_cm3 == dvh.total_cm3


@given(dvhs(), st.randoms(use_true_random=False), shares)
def test_the_order_of_samples_does_not_matter(dvh: Dvh, random: object, share: float) -> None:
    order = list(range(len(dvh.dose_gy)))
    random.shuffle(order)
    shuffled = Dvh(dvh.dose_gy[order], dvh.volume_cm3[order])
    volume = share * dvh.total_cm3
    if len(np.unique(dvh.dose_gy)) == len(dvh.dose_gy):
        assert shuffled.dose_at_volume_gy(volume) == dvh.dose_at_volume_gy(volume)
    assert shuffled.mean_gy == pytest.approx(dvh.mean_gy, rel=1e-12)
    assert shuffled.minimum_gy == dvh.minimum_gy
    assert shuffled.maximum_gy == dvh.maximum_gy


def test_the_order_of_samples_of_equal_dose_does_not_matter() -> None:
    dose, volume = np.array([50.0, 50.0, 20.0]), np.array([1.0, 5.0, 1.0])
    one, other = Dvh(dose, volume), Dvh(dose[[1, 0, 2]], volume[[1, 0, 2]])
    assert one.dose_at_volume_gy(5.0) == other.dose_at_volume_gy(5.0)


@given(dvhs(), st.integers(2, 5), shares)
def test_splitting_every_sample_changes_the_mean_by_nothing(
    dvh: Dvh, parts: int, share: float
) -> None:
    split = Dvh(np.repeat(dvh.dose_gy, parts), np.repeat(dvh.volume_cm3 / parts, parts))
    assert split.mean_gy == pytest.approx(dvh.mean_gy, rel=1e-9, abs=1e-12)
    assert split.total_cm3 == pytest.approx(dvh.total_cm3, rel=1e-12)


@given(dvhs(outside=True))
def test_the_unknown_part_is_bounded_by_none_and_the_most(dvh: Dvh) -> None:
    low, high = dvh.bounds
    assert low.total_cm3 == pytest.approx(dvh.total_cm3)
    assert high.total_cm3 == pytest.approx(dvh.total_cm3)
    assert low.mean_gy <= high.mean_gy * (1 + 1e-12)
    known, beyond = dvh.known_cm3, dvh.outside_cm3
    assert low.mean_gy == pytest.approx(dvh.mean_gy * known / (known + beyond), abs=1e-9)
    assert low.minimum_gy == 0.0
    assert high.maximum_gy == pytest.approx(max(dvh.maximum_gy, dvh.outside_max_gy))
    assert dvh.inside_dose_grid_fraction == pytest.approx(known / (known + beyond))


def test_the_unknown_part_is_a_step_in_the_worst_case() -> None:
    """4 cc at 10 Gy and 4 cc that may have 60 Gy: D3cc may be 60, and not something between."""
    dvh = Dvh(np.full(100, 10.0), np.full(100, 0.04), None, None, 4.0, 60.0)
    low, high = dvh.bounds
    assert high.dose_at_volume_gy(3.0) == pytest.approx(60.0)
    assert high.dose_at_volume_gy(3.99) == pytest.approx(60.0)
    assert high.volume_at_dose_cm3(55.0) == pytest.approx(4.0, abs=0.03)
    assert low.dose_at_volume_gy(4.1) == pytest.approx(0.0, abs=1e-9)


@given(dvhs())
def test_a_covered_histogram_is_its_own_bounds(dvh: Dvh) -> None:
    assert dvh.bounds == (dvh, dvh)


@given(dvhs(), st.floats(1.0000001, 100.0))
def test_no_dose_beyond_the_volume(dvh: Dvh, factor: float) -> None:
    with pytest.raises(CannotSay) as caught:
        dvh.dose_at_volume_gy(factor * dvh.total_cm3)
    assert caught.value.reason is Reason.SMALLER_THAN_VOLUME


@pytest.mark.parametrize("volume", [0.0, -1.0, float("nan")])
def test_no_dose_of_no_volume(volume: float) -> None:
    with pytest.raises(CannotSay) as caught:
        Dvh(np.array([10.0]), np.array([2.0])).dose_at_volume_gy(volume)
    assert caught.value.reason is Reason.SMALLER_THAN_VOLUME


def test_a_uniform_dose_is_a_step() -> None:
    dvh = Dvh(np.full(7, 50.0), np.full(7, 0.5))
    assert dvh.total_cm3 == 3.5
    assert {dvh.dose_at_volume_gy(v) for v in (0.001, 1.0, 3.5)} == {50.0}
    assert dvh.volume_at_dose_cm3(50.0) == 3.5, "dose >= d counts"
    assert dvh.volume_at_dose_cm3(50.0000001) == pytest.approx(0.0, abs=1e-12)


def test_dose_at_volume_in_words() -> None:
    dvh = Dvh(np.array([10.0, 20.0, 30.0, 40.0]), np.ones(4))
    assert dvh.dose_at_volume("50 %") == 25.0
    assert dvh.dose_at_volume("2 cc") == 25.0
    assert dvh.dose_at_volume("100 %") == 10.0
    with pytest.raises(UnitError):
        dvh.dose_at_volume("2 Gy")
    with pytest.raises(UnitError):
        dvh.dose_at_volume("2")
    with pytest.raises(CannotSay):
        dvh.dose_at_volume("5 cc")


def test_a_histogram_outside_the_grid_has_no_number() -> None:
    dvh = Dvh(np.empty(0), np.empty(0), None, None, 8.0, 20.0)
    assert dvh.total_cm3 == 8.0
    assert dvh.inside_dose_grid_fraction == 0.0
    for ask in ("minimum_gy", "maximum_gy", "mean_gy"):
        with pytest.raises(CannotSay) as caught:
            getattr(dvh, ask)
        assert caught.value.reason is Reason.DOSE_DOES_NOT_COVER
    with pytest.raises(CannotSay):
        dvh.dose_at_volume_gy(1.0)
    with pytest.raises(CannotSay):
        dvh.volume_at_dose_cm3(1.0)


def test_arrays_are_checked_and_cannot_be_changed() -> None:
    with pytest.raises(UnitError):
        Dvh(np.zeros(2), np.ones(3))
    dvh = Dvh(np.array([1.0, 2.0]), np.ones(2))
    with pytest.raises(ValueError, match="read-only"):
        dvh.dose_gy[0] = 5.0
