"""What others say beside rtcheck's value: closed forms, tolerances, and never another outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from bodies import RX, LinearDose, box, box_in_gradient, plan_of
from rules import goal, rules

import rtcheck
from rtcheck.errors import CannotSay, Reason, UsageError
from rtcheck.metrics import parse_metric
from rtcheck.metrics.opinions import Opinions
from rtcheck.plan import Finding, Severity, StoredDvh
from rtcheck.verdict.judge import judge

BIN = 0.1


def stored(
    low_gy: float = 40.0, high_gy: float = 60.0, cc: float = 8.0, **changes: object
) -> StoredDvh:
    """Return the DVH of a box in a gradient: evenly spread between two doses."""
    edges = np.arange(0, high_gy + BIN / 2, BIN)
    volume = cc * np.clip((high_gy - edges) / (high_gy - low_gy), 0, 1)
    volume[-1] = 0.0
    return replace(StoredDvh(1, edges, volume, "cm3", BIN), **changes)


def with_stored(*dvhs: StoredDvh, plan: rtcheck.OpenPlan | None = None) -> rtcheck.OpenPlan:
    plan = plan or box_in_gradient()
    return rtcheck.OpenPlan(replace(plan.record, stored_dvhs=dvhs), plan.geometry)


def findings_of(plan: rtcheck.OpenPlan) -> tuple[Finding, ...]:
    return plan.opinions().findings()


EVEN = {
    "D95%[Gy]": 41.0,
    "D2%[cGy]": 5960.0,
    "D2cc[Gy]": 55.0,
    "DC2cc[Gy]": 45.0,
    "D95%[%]": 82.0,
    "V50Gy[%]": 50.0,
    "V95%[cc]": 5.0,
    "CV45Gy[cc]": 2.0,
    "Mean[Gy]": 50.0,
    "Median[Gy]": 50.0,
    "Min[Gy]": 40.0,
    "Max[Gy]": 60.0,
    "HI": (59.6 - 40.4) / 50,
    "gEUD(1)[Gy]": 50.0,
    "Volume[cc]": 8.0,
}
"""8 cc, evenly spread from 40 to 60 Gy, 50 Gy prescribed."""


@pytest.mark.parametrize("metric", EVEN)
def test_a_stored_curve_says_what_its_closed_form_says(metric: str) -> None:
    plan = with_stored(stored())
    found = plan["PTV"].measure(metric, prescription="PTV")
    # The curve is a straight line: a sample every quarter of a bin is off by an eighth at its ends.
    assert found.tps_value == pytest.approx(EVEN[metric], rel=BIN / 8 / 40, abs=1e-9)
    assert not found.tps_differs
    assert findings_of(plan) == ()


def test_coarse_bins_are_lines_not_steps() -> None:
    """10 Gy bins: 45 Gy lies half way down the bin from 40 to 50 Gy."""
    coarse = StoredDvh(1, np.arange(0, 70, 10.0), np.array([8, 8, 8, 8, 8, 4, 0.0]), "cm3", 10.0)
    found = with_stored(coarse)["PTV"].measure("V45Gy[cc]")
    assert found.tps_value == pytest.approx(6.0)


def test_stated_extremes_and_mean_win_over_the_bins() -> None:
    plan = with_stored(stored(min_gy=40.03, mean_gy=50.02, max_gy=59.94))
    said = [plan["PTV"].measure(f"{m}[Gy]").tps_value for m in ("Min", "Mean", "Max")]
    assert said == pytest.approx([40.03, 50.02, 59.94])


def test_bed_is_taken_of_the_stored_curve_too() -> None:
    found = with_stored(stored())["PTV"].measure("D95%[Gy]", dose="BED", alpha_beta_gy=3)
    assert found.tps_value == pytest.approx(41 * (1 + 41 / 25 / 3), abs=0.03)
    assert not found.tps_differs


def test_the_stated_mean_is_not_the_mean_bed() -> None:
    plan = with_stored(stored(mean_gy=50.0))
    found = plan["PTV"].measure("Mean[Gy]", dose="BED", alpha_beta_gy=3)
    # Mean of D + D²/75 over an even spread of ±10 Gy around 50 Gy.
    assert found.tps_value == pytest.approx(50 + (50**2 + 10**2 / 3) / 75, abs=0.01)


@pytest.mark.parametrize("metric", ["D2cc[Gy]", "V50Gy[cc]", "CV45Gy[cc]", "Volume[cc]"])
def test_a_curve_in_percent_says_nothing_absolute(metric: str) -> None:
    percent = stored(cc=100.0, volume_unit="%")
    assert with_stored(percent)["PTV"].measure(metric).tps_value is None


@pytest.mark.parametrize("metric", ["D95%[Gy]", "V50Gy[%]", "Mean[Gy]", "HI"])
def test_a_curve_in_percent_says_what_is_relative(metric: str) -> None:
    plan = with_stored(stored(cc=100.0, volume_unit="%"))
    assert plan["PTV"].measure(metric).tps_value == pytest.approx(EVEN[metric], rel=1e-3)
    assert findings_of(plan) == (), "100 % is no volume to compare"


@pytest.mark.parametrize("metric", ["Diameter[cm]", "Count", "PaddickCI", "CI", "Margin(PTV)[mm]"])
def test_a_histogram_has_no_shape_and_no_isodose(metric: str) -> None:
    plan = with_stored(stored())
    assert plan["PTV"].measure(metric, prescription="PTV").tps_value is None


@pytest.mark.parametrize("expression", ["PTV | Other", "expand(PTV, 1 mm)"])
def test_what_is_not_one_roi_as_drawn_has_none(expression: str) -> None:
    both = plan_of(
        {"PTV": box((20, 20, 20)), "Other": box((8, 8, 8), (30, 0, 0))},
        LinearDose(RX, (0.5, 0, 0)),
    )
    found = with_stored(stored(), plan=both)[expression].measure("Mean[Gy]")
    assert found.value is not None
    assert found.tps_value is None


def test_a_volume_larger_than_the_stored_structure_has_none() -> None:
    assert with_stored(stored(cc=7.9))["PTV"].measure("D7.95cc[Gy]").tps_value is None


# Differences ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shift_gy", "differs"), [(0.0, False), (1.0, False), (1.3, True), (-1.0, False), (-1.3, True)]
)
def test_a_dose_differs_beyond_two_percent_and_one_bin(shift_gy: float, differs: bool) -> None:
    """D50% is 50 Gy here: 1 Gy and a bin of 0.1 Gy are allowed, the sampling's 0.02 Gy besides."""
    plan = with_stored(stored(40 + shift_gy, 60 + shift_gy))
    found = plan["PTV"].measure("D50%[Gy]")
    assert found.tps_value == pytest.approx(50 + shift_gy, abs=0.02)
    assert found.tps_differs is differs
    assert [f.code for f in findings_of(plan)] == ["TPS_DVH_DIFFERS"] * differs


def test_a_difference_is_a_finding_that_names_all_of_it() -> None:
    plan = with_stored(stored(44, 64))
    for metric in ("D50%[Gy]", "V50Gy[%]", "D50%[Gy]"):
        plan["PTV"].measure(metric)
    (finding,) = findings_of(plan)
    assert (finding.severity, finding.where) == (Severity.WARNS, "PTV")
    for words in ("D50%[Gy]", "50 here", "54 Gy there", "V50Gy[%]", "70 % there", "changed"):
        assert words in finding.text
    assert finding.text.count("D50%[Gy]") == 1


def test_a_small_dose_is_held_against_the_largest_of_the_plan() -> None:
    """2 % of 0.3 Gy is nothing: 1 % of the largest dose, 0.7 Gy here, is allowed."""
    far = plan_of({"PTV": box((20, 20, 20))}, LinearDose(10.0, (0.97, 0, 0)))
    assert far.record.dose.dose_gy.max() == pytest.approx(10 + 0.97 * 50)
    low, high = 10 - 9.7, 10 + 9.7
    for shift_gy, differs in ((0.3, False), (1.0, True)):
        plan = with_stored(stored(low + shift_gy, high + shift_gy), plan=far)
        assert plan["PTV"].measure("D98%[Gy]").tps_differs is differs


def test_another_volume_is_told_once_and_by_every_metric() -> None:
    plan = with_stored(stored(cc=9.0))
    for metric in ("Mean[Gy]", "D95%[Gy]", "Volume[cc]"):
        plan["PTV"].measure(metric)
    (finding,) = findings_of(plan)
    assert finding.code == "TPS_DVH_VOLUME_DIFFERS"
    assert "8 cc here and 9 cc" in finding.text


@pytest.mark.parametrize("cc", [7.6, 8.4])
def test_five_percent_of_the_volume_are_no_other_structure(cc: float) -> None:
    plan = with_stored(stored(cc=cc))
    plan["PTV"].measure("Mean[Gy]")
    assert findings_of(plan) == ()


def test_where_the_grid_cuts_the_structure_nothing_is_called_different() -> None:
    cut = plan_of({"PTV": box((20, 20, 20), (45, 0, 0))}, LinearDose(20.0, (0.2, 0, 0)))
    plan = with_stored(stored(cc=6.0), plan=cut)
    found = plan["PTV"].measure("Max[Gy]")
    assert found.tps_value == pytest.approx(60)
    assert not found.tps_differs
    assert findings_of(plan) == (), "6 cc: the part inside the grid"


def test_the_outcome_is_that_of_our_own_value() -> None:
    """Whatever the planning system says, and however far it is off."""
    protocol = rules(goal("D50%[Gy]", ">= 49 Gy"), goal("Max[Gy]", "<= 55 Gy", id='"max"'))
    plan = plan_of({"Organ": box((20, 20, 20))}, LinearDose(RX, (1.0, 0, 0)))
    without = judge(plan.record, protocol)
    beside = judge(replace(plan.record, stored_dvhs=(stored(10, 30),)), protocol)
    assert [v.outcome for v in beside] == [v.outcome for v in without]
    assert [v.value for v in beside] == [v.value for v in without]
    assert [v.tps_value for v in beside] == pytest.approx([20, 30], abs=0.02)
    assert all(v.tps_differs for v in beside)
    assert [v.tps_outcome for v in beside] == ["deviation_unacceptable", "per_protocol"]
    assert [v.tps_outcome for v in without] == [None, None]


# A second engine --------------------------------------------------------------------------------


class Engine:
    """An engine that gives what it is told to."""

    name, version, why_it_differs = "other", "1.0", "it is another"

    def __init__(self, answer: Callable[[], StoredDvh]) -> None:
        self.answer = answer

    def dvh(self, roi_number: int) -> StoredDvh:
        assert roi_number == 1
        return self.answer()


def asked(answer: Callable[[], StoredDvh], metric: str = "Mean[Gy]") -> tuple[object, Opinions]:
    """Return the verdict on a goal with this engine beside it, and the opinions."""
    plan = plan_of({"Organ": box((20, 20, 20))}, LinearDose(RX, (1.0, 0, 0)))
    opinions = Opinions(plan.record, Engine(answer))
    (verdict,) = judge(plan.record, rules(goal(metric, "> 0 Gy")), opinions=opinions)
    return verdict, opinions


def test_a_second_engine_stands_beside_the_value() -> None:
    verdict, opinions = asked(stored)
    said = verdict.second_engine
    assert (said.name, said.version, said.reason, said.differs) == ("other", "1.0", "", False)
    assert said.value == pytest.approx(50, abs=0.01)
    assert opinions.findings() == ()
    assert "other 1.0" in opinions.settings()["second_engine"]


def test_its_difference_informs() -> None:
    verdict, opinions = asked(lambda: stored(45, 65))
    assert verdict.second_engine.differs
    (finding,) = opinions.findings()
    assert (finding.code, finding.severity) == ("SECOND_ENGINE_DIFFERS", Severity.INFORMS)
    assert "55 Gy there" in finding.text


def test_what_it_cannot_say_has_its_reason() -> None:
    def refuse() -> StoredDvh:
        raise CannotSay(Reason.UNDEFINED, "other finds nothing")

    verdict, opinions = asked(refuse)
    assert verdict.second_engine.value is None
    assert verdict.second_engine.reason == "other finds nothing"
    assert verdict.value == pytest.approx(50, abs=0.01)
    assert opinions.findings() == ()


def test_a_fault_in_a_second_opinion_is_a_finding_and_the_value_stands() -> None:
    def crash() -> StoredDvh:
        raise ZeroDivisionError

    verdict, opinions = asked(crash)
    assert verdict.value == pytest.approx(50, abs=0.01)
    assert verdict.second_engine is None
    (finding,) = opinions.findings()
    assert finding.code == "SECOND_OPINION_FAILED"
    assert "ZeroDivisionError" in finding.text


def test_the_api_refuses_an_engine_that_there_is_not() -> None:
    plan = box_in_gradient()
    for ask in (
        lambda: plan["PTV"].measure("Mean[Gy]", second_engine="plastimatch"),
        lambda: rtcheck.check(plan, "zhai-2025-hcc-thrombosis", second_engine="plastimatch"),
    ):
        with pytest.raises(UsageError, match="plastimatch"):
            ask()


def test_metrics_without_dose_ask_nobody() -> None:
    assert asked(stored, "Mean[Gy]")[0].second_engine is not None
    plan = box_in_gradient()
    found = Opinions(plan.record, Engine(stored))
    measured = plan["PTV"].measure("Diameter[cm]")
    assert found.on(measured, parse_metric("Diameter[cm]"), None) is measured
