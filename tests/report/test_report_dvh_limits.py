"""Limits on a DVH: each lies at its dose and volume, on the curve that it is held against."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest
from handmade import BROKEN, KEPT, VARIED, hostile_report, report_of

from rtcheck.plan import Prescription
from rtcheck.report import Curve, Report
from rtcheck.report.dvh_limits import SHAPES, LimitMark, labels_of, limit_marks
from rtcheck.report.dvh_svg import svg_of
from rtcheck.verdict import Found, Outcome, Verdict

ORGAN = Curve("Organ", (0.0, 60.0), (100.0, 0.0), 200.0, roi_number=7)
TARGET = Curve("Target", (0.0, 50.0, 60.0), (100.0, 100.0, 0.0), 80.0, roi_number=1)
REST = Curve("Organ - Target", (0.0, 40.0), (100.0, 0.0), 150.0)


def goal(metric: str, limit: str, unit: str, **changes: object) -> Verdict:
    found = (Found("Organ", 7, "tg263", "Organ"),)
    base = replace(KEPT, structure="Organ", found=found, acceptable=None)
    return replace(base, metric=metric, per_protocol=limit, unit=unit, **changes)


def marks(*verdicts: Verdict) -> tuple[LimitMark, ...]:
    return limit_marks(checked(*verdicts))


def checked(*verdicts: Verdict) -> Report:
    return report_of(*verdicts, curves=(TARGET, ORGAN, REST))


@pytest.mark.parametrize(
    ("metric", "limit", "unit", "dose_gy", "percent", "toward"),
    [
        ("D2%[Gy]", "<= 45 Gy", "Gy", 45.0, 2.0, "left"),
        ("D95%[cGy]", ">= 4500 cGy", "cGy", 45.0, 95.0, "right"),
        ("D10cc[Gy]", "< 45 Gy", "Gy", 45.0, 5.0, "left"),  # 10 of 200 cm3
        ("DC50cc[Gy]", "< 20 Gy", "Gy", 20.0, 75.0, "left"),  # D(150 cm3)
        ("V20Gy[%]", "<= 30 %", "%", 20.0, 30.0, "down"),
        ("V20Gy[cc]", "<= 30 cc", "cc", 20.0, 15.0, "down"),
        ("CV20Gy[cc]", ">= 150 cc", "cc", 20.0, 25.0, "down"),  # at most 50 cm3 have 20 Gy
        ("Max[Gy]", "<= 45 Gy", "Gy", 45.0, 0.0, "left"),
        ("Min[Gy]", ">= 10 Gy", "Gy", 10.0, 100.0, "right"),
        ("Median[Gy]", "<= 25 Gy", "Gy", 25.0, 50.0, "left"),
    ],
)
def test_a_limit_lies_at_its_dose_and_volume(
    metric: str, limit: str, unit: str, dose_gy: float, percent: float, toward: str
) -> None:
    (mark,) = marks(goal(metric, limit, unit))
    assert mark.curve == 1
    assert (mark.dose_gy, mark.volume_percent) == pytest.approx((dose_gy, percent))
    assert mark.toward == toward


@pytest.mark.parametrize(
    ("metric", "limit", "unit", "dose_gy", "percent"),
    [("D95%[%]", ">= 90 %", "%", 45.0, 95.0), ("V90%[%]", ">= 95 %", "%", 45.0, 95.0)],
)
def test_percent_of_dose_is_of_the_prescription_that_the_verdict_names(
    metric: str, limit: str, unit: str, dose_gy: float, percent: float
) -> None:
    stated = Prescription("PTV", 50.0, 25)
    verdict = goal(metric, limit, unit, prescription=str(stated))
    (mark,) = marks(verdict)
    assert (mark.dose_gy, mark.volume_percent) == pytest.approx((dose_gy, percent))
    assert marks(replace(verdict, prescription="another: 60 Gy")) == ()


def test_a_limit_on_an_expression_lies_on_the_curve_of_that_expression() -> None:
    found = (Found("Organ", 7, "tg263", "Organ"), Found("Target", 1, "tg263", "Target"))
    (mark,) = marks(goal("V20Gy[%]", "<= 30 %", "%", structure="Organ - Target", found=found))
    assert mark.curve == 2
    one = found[:1]
    assert marks(goal("V20Gy[%]", "<= 30 %", "%", structure="expand(Organ, 5 mm)", found=one)) == ()


@pytest.mark.parametrize(
    "verdict",
    [
        goal("Mean[Gy]", "<= 20 Gy", "Gy"),
        goal("V20Gy[%]", "<= 30 %", "%", dose="EQD2"),
        goal("V20Gy[%]", "<= 30 %", "%", outcome=Outcome.NOT_APPLICABLE),
        goal("D2%[Gy]", "<= 100 Gy", "Gy"),  # far to the right of every curve
        goal("V20Gy[cc]", "<= 500 cc", "cc"),  # more than there is
        goal("nonsense", "<= 30 %", "%"),
    ],
)
def test_what_has_no_place_on_a_curve_is_not_drawn(verdict: Verdict) -> None:
    assert marks(verdict) == ()


def test_the_acceptable_limit_is_drawn_where_the_stricter_is_not_kept() -> None:
    tiers = {"per_protocol": "<= 30 %", "acceptable": "<= 35 %"}
    kept = goal("V20Gy[%]", "<= 30 %", "%", acceptable="<= 35 %")
    assert [mark.volume_percent for mark in marks(kept)] == [30.0]
    broken = replace(kept, outcome=BROKEN.outcome, **tiers)
    assert [mark.volume_percent for mark in marks(broken)] == [30.0, 35.0]


def test_each_outcome_has_a_shape_and_a_colour_of_its_own() -> None:
    for one, other in itertools.combinations(SHAPES.values(), 2):
        assert one[0] != other[0]
        assert one[1] != other[1]


def test_marks_that_coincide_are_labelled_once_with_all_numbers() -> None:
    three = [LimitMark(i, 45.0, 95.0, "right", Outcome.PER_PROTOCOL, "") for i in (2, 0, 1)]
    other = replace(three[0], outcome=Outcome.DEVIATION_UNACCEPTABLE)
    places = [(10.0, 10.0)] * 4
    assert labels_of([*three, other], places) == ["1,2,3", "", "", "3"]


def test_a_drawing_shows_marks_bands_and_the_words_of_hostile_goals() -> None:
    low, high = (99.0, 0.0), (100.0, 2.0)
    banded = replace(ORGAN, low_percent=low, high_percent=high)
    report = checked(goal("V20Gy[%]", "<= 30 %", "%", structure="Organ"))
    text = svg_of([TARGET, banded], standalone=False, limits=limit_marks(report))
    assert text.count('class="limit per_protocol"') == 1
    assert text.count('class="band"') == 1
    assert "Organ V20Gy[%] &lt;= 30 %: per protocol" in text
    hostile = hostile_report()
    number = {"found": (Found("x", 7, "alias", "x"),)}
    named = [replace(v, structure="x", roi=v.roi, **number) for v in hostile.verdicts]
    drawn = svg_of([ORGAN], standalone=False, limits=marks(*named, VARIED))
    assert not re.search("<script|<img", drawn)
