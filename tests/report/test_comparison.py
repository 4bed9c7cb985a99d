"""Rival plans: what differs, what that is worth, and what may not be held against each other."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from bodies import UniformDose, plan_of
from handmade import KEPT, report_of
from rivals import (
    COVERED,
    ORGAN,
    PTV,
    SMALLER_ORGAN,
    SPARED,
    THREE_GOALS,
    by_hand,
    compared,
    plan,
    verdict,
)
from rules import goal, rules

import rtcheck
from rtcheck.errors import UsageError
from rtcheck.report.comparison import Change, Comparison, Doubt, Rival, Size, Standing, words
from rtcheck.report.comparison.build import compare_reports, key_named, keys
from rtcheck.report.comparison.drawing import inks, overlays
from rtcheck.verdict import Outcome, Verdict


def standing(comparison: Comparison, goal: str, key: str = "B") -> Standing:
    (row,) = [row for row in comparison.rows if row.goal == goal]
    return row.standing(key)


# What a difference is worth ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "size"),
    [
        ((20.0, 19.0, 21.0), (20.5, 19.5, 21.5), Size.WITHIN_INTERVAL),
        ((20.0, 19.0, 21.0), (22.0, 21.0, 23.0), Size.WITHIN_INTERVAL),  # they touch
        ((20.0, 19.0, 21.0), (22.0, 21.1, 23.0), Size.REAL),
        ((20.0, 19.0, 21.0), (18.0, 17.0, 18.9), Size.REAL),
        ((20.0, 19.0, 21.0), (20.0, 15.0, 25.0), Size.NONE),
        ((20.0, None, None), (20.1, None, None), Size.REAL),  # a number without bounds is exact
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), Size.NONE),
    ],
)
def test_a_difference_is_real_where_the_intervals_do_not_overlap(
    one: tuple, other: tuple, size: Size
) -> None:
    found = by_hand([verdict(*one)], [verdict(*other)]).rows[0].standing("B")
    assert found.size is size
    assert found.difference == pytest.approx(other[0] - one[0], abs=1e-12)


def test_it_is_the_same_the_other_way_round() -> None:
    forth = by_hand([verdict(20.0, 19.0, 21.0)], [verdict(22.0, 21.1, 23.0)]).rows[0]
    back = by_hand([verdict(22.0, 21.1, 23.0)], [verdict(20.0, 19.0, 21.0)]).rows[0]
    assert forth.standing("B").difference == 2.0
    assert back.standing("B").difference == -2.0
    assert forth.standing("B").size is back.standing("B").size is Size.REAL


def test_the_reference_differs_from_nothing() -> None:
    base = by_hand([verdict(20.0)], [verdict(22.0)]).rows[0].standing("A")
    assert (base.difference, base.size, base.change) == (None, None, Change.UNCHANGED)


P, V, D, N, R, X = (
    Outcome.PER_PROTOCOL,
    Outcome.VARIATION_ACCEPTABLE,
    Outcome.DEVIATION_UNACCEPTABLE,
    Outcome.NOT_EVALUATED,
    Outcome.REPORTED,
    Outcome.NOT_APPLICABLE,
)


@pytest.mark.parametrize(
    ("was", "now", "change"),
    [
        (P, D, Change.LOST), (P, V, Change.LOST), (V, D, Change.LOST),
        (D, P, Change.GAINED), (V, P, Change.GAINED), (D, V, Change.GAINED),
        (P, P, Change.UNCHANGED), (D, D, Change.UNCHANGED), (R, R, Change.UNCHANGED),
        (P, N, Change.JUDGED_ONLY_IN_REFERENCE), (D, N, Change.JUDGED_ONLY_IN_REFERENCE),
        (N, P, Change.JUDGED_ONLY_HERE), (N, D, Change.JUDGED_ONLY_HERE),
        (X, P, Change.JUDGED_ONLY_HERE), (R, N, Change.JUDGED_ONLY_IN_REFERENCE),
        (N, N, Change.JUDGED_IN_NEITHER), (N, X, Change.JUDGED_IN_NEITHER),
        (X, X, Change.UNCHANGED),
    ],
)  # fmt: skip
def test_what_was_not_evaluated_is_neither_gain_nor_loss(
    was: Outcome, now: Outcome, change: Change
) -> None:
    comparison = by_hand([verdict(20.0, outcome=was)], [verdict(20.0, outcome=now)])
    assert comparison.rows[0].standing("B").change is change


def test_a_lost_goal_within_the_interval_is_too_close_to_call() -> None:
    held, lost = verdict(29.9, 29.0, 31.0), verdict(30.1, 29.2, 31.2, outcome=D)
    comparison = by_hand([held], [lost])
    assert comparison.rows[0].standing("B").is_close
    (turn,) = words.turns(comparison, "B", Change.LOST)
    assert turn.text.endswith("within the interval: too close to call")


# Plans ------------------------------------------------------------------------------------------


def test_a_plan_compared_with_itself_does_not_differ() -> None:
    comparison = compared(THREE_GOALS, plan(44.0), plan(44.0))
    assert {row.standing("B").size for row in comparison.rows} == {Size.NONE}
    assert {row.standing("B").change for row in comparison.rows} == {Change.UNCHANGED}
    assert words.warnings(comparison) == []
    assert words.same_structures(comparison) == "All plans were judged on one structure set."


def test_which_plan_gains_and_loses_what() -> None:
    comparison = compared(THREE_GOALS, plan(50.0), plan(44.0))
    organ, ptv = standing(comparison, "organ-max"), standing(comparison, "ptv-mean")
    # Both doses are uniform, so that the values are exact: 16 bits of the grid are 0.001 Gy.
    assert organ.difference == pytest.approx(-6.0, abs=0.002)
    assert (organ.change, organ.size) == (Change.GAINED, Size.REAL)
    assert (ptv.change, ptv.size) == (Change.LOST, Size.REAL)
    assert [row.goal for row in comparison.rows_of("B", Change.GAINED)] == ["organ-max"]
    assert comparison.exit_code == 1


def test_the_exit_code_is_the_worst_of_the_plans() -> None:
    file = rules(SPARED)
    assert compared(file, plan(40.0), plan(41.0)).exit_code == 0
    assert compared(file, plan(40.0), plan(50.0)).exit_code == 1
    without = plan(40.0, PTV=PTV)
    assert compared(file, plan(40.0), without).exit_code == 3
    assert compared(file, without, without).exit_code == 3
    assert compared(file, without, plan(50.0)).exit_code == 1


def test_a_structure_missing_in_one_plan_is_said() -> None:
    comparison = compared(THREE_GOALS, plan(44.0), plan(44.0, PTV=PTV))
    found = standing(comparison, "organ-max")
    assert (found.outcome, found.difference, found.size) == (N, None, None)
    assert found.change is Change.JUDGED_ONLY_IN_REFERENCE
    row = next(row for row in comparison.rows if row.goal == "organ-max")
    assert words.section_of(row) is words.Section.OPEN
    assert ("Organ", ["1.50 cm³", "not judged on"], False) in words.contour_rows(comparison)


def test_a_target_that_one_plan_lacks_has_its_row_for_each_goal() -> None:
    comparison = compared(rules(COVERED), plan(50.0, PTV_A=PTV, PTV_B=ORGAN), plan(50.0, PTV_A=PTV))
    both, only = comparison.rows
    assert (both.roi, only.roi) == ("PTV_A", "PTV_B")
    assert only.standing("B").verdict is None
    assert only.standing("B").outcome is N
    assert words.cells(only)[1].remarks == ("no such structure: PTV_B",)


def test_other_contours_under_one_name_are_said_and_the_difference_is_not_called_real() -> None:
    other = plan(40.0, PTV=PTV, Organ=SMALLER_ORGAN)
    comparison = compared(THREE_GOALS, plan(44.0), other)
    volume, ptv = standing(comparison, "organ-volume"), standing(comparison, "ptv-mean")
    assert volume.doubts == (Doubt.OTHER_CONTOURS,)
    # Prisms: 10 × 10 × 15 and 10 × 10 × 10 mm.
    assert volume.difference == pytest.approx(-0.5, abs=0.01)
    assert ptv.doubts == ()
    (warning,) = words.warnings(comparison)
    assert warning.startswith("Contours of B differ from those of A: Organ.")
    row = next(row for row in comparison.rows if row.goal == "organ-volume")
    assert words.cells(row)[1].difference.endswith("(other contours)")
    assert not words.cells(row)[1].is_real
    assert words.same_structures(comparison) == ""


def test_other_prescriptions_put_every_dose_in_doubt_and_no_volume() -> None:
    comparison = compared(THREE_GOALS, plan(44.0), plan(44.0, rx_gy=60.0, fractions=30))
    assert standing(comparison, "organ-max").doubts == (Doubt.OTHER_PRESCRIPTION,)
    assert standing(comparison, "organ-volume").doubts == ()
    (warning,) = words.warnings(comparison)
    expected = "Prescriptions differ: A PTV: 50 Gy in 25 fractions; B PTV: 60 Gy in 30 fractions."
    assert warning.startswith(expected)


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        ({"rx_gy": 50.0, "fractions": 25}, True),
        ({"rx_gy": 50.0, "fractions": 20}, False),
        ({"rx_gy": 50.001, "fractions": 25}, False),
        ({"rx_gy": 50.0, "fractions": 25, "Target": PTV, "Organ": ORGAN}, True),
    ],
)
def test_prescriptions_are_alike_in_dose_fractions_and_target(
    other: dict,
    alike: bool,
) -> None:
    comparison = compared(THREE_GOALS, plan(44.0), plan(44.0, **other))
    assert (not words.warnings(comparison)) is alike


def test_other_images_are_said_first() -> None:
    plans = [plan(44.0), plan(44.0)]
    moved = [
        replace(s, frame_of_reference_uid=f"1.2.{i}")
        for i, p in enumerate(plans)
        for s in p.structures
    ]
    opened = [
        replace(p, record=replace(p.record, structures=tuple(moved[2 * i : 2 * i + 2])))
        for i, p in enumerate(plans)
    ]
    comparison = compared(THREE_GOALS, *opened)
    assert words.warnings(comparison)[0].startswith("The plans are not in one frame of reference")


def test_one_structure_under_two_names_is_one_row_and_one_drawing() -> None:
    file = rules(goal("Mean[Gy]", "<= 60 Gy"))
    one, other = plan(50.0, PTV=PTV, Organ=ORGAN), plan(51.0, PTV=PTV, Orgel=ORGAN)
    comparison = compared(file, one, other)
    (row,) = comparison.rows
    assert row.standing("B").doubts == ()
    assert words.roi_text(row) == "A: Organ; B: Orgel"
    assert [o.name for o in overlays(comparison)] == ["Organ / Orgel"]


# Which is held against which --------------------------------------------------------------------


def test_three_plans_are_held_against_the_reference() -> None:
    plans = [plan(50.0, "first"), plan(46.0, "second"), plan(44.0, "third", uid="1.2.3")]
    for reference, key in (("", "A"), ("B", "B"), ("second", "B"), ("1.2.3", "C")):
        comparison = compared(THREE_GOALS, *plans, reference=reference)
        assert comparison.reference == key
        assert [r.key for r in comparison.others] == [k for k in "ABC" if k != key]
    differences = [standing(comparison, "ptv-mean", key).difference for key in ("A", "B")]
    assert differences == pytest.approx([6.0, 2.0], abs=0.002)


@pytest.mark.parametrize("reference", ["none", "Plan", "D"])
def test_a_reference_that_is_not_one_plan_is_refused(reference: str) -> None:
    records = [plan(50.0, label).record for label in ("Plan", "Plan", "other")]
    with pytest.raises(UsageError, match=f"called '{reference}'"):
        key_named(records, reference)


def test_fewer_than_two_plans_or_two_protocols_are_refused() -> None:
    with pytest.raises(UsageError, match="at least two"):
        compared(THREE_GOALS, plan(50.0))
    report = report_of(KEPT)
    other = replace(report, protocol=replace(report.protocol, version="2.0.0"))
    with pytest.raises(UsageError, match="different rules"):
        compare_reports([Rival("A", "", report), Rival("B", "", other)])


def test_a_named_prescription_holds_for_every_plan() -> None:
    comparison = rtcheck.compare(
        [plan(50.0), plan(50.0, rx_gy=60.0)], THREE_GOALS, rx=["PTV=55 Gy/25"], geometry="prism"
    )
    stated = [r.report.plan.prescriptions[0] for r in comparison.rivals]
    assert [(rx.dose_gy, rx.given_by_user) for rx in stated] == [(55.0, True)] * 2
    assert words.warnings(comparison) == []


def test_goals_stand_in_the_protocols_order_even_where_plans_have_other_rois() -> None:
    a: list[Verdict] = [replace(KEPT, goal="g1", roi="X"), replace(KEPT, goal="g2")]
    b = [replace(KEPT, goal="g1", roi="Y"), replace(KEPT, goal="g2")]
    rows = by_hand(a, b).rows
    assert [(row.goal, row.roi) for row in rows] == [("g1", "X"), ("g1", "Y"), ("g2", "")]


def test_letters_are_enough_for_any_number_of_plans() -> None:
    assert len(set(keys(700))) == 700


def test_lines_of_many_plans_are_told_apart_by_colour_or_pattern() -> None:
    pens = [(ink.color, ink.dash) for ink in inks(20)]
    assert len(set(pens)) == 20
    # Two neighbours differ in both, so that each channel is enough by itself.
    assert all(a[0] != b[0] and a[1] != b[1] for a, b in pairwise(pens))


def test_a_plan_without_dose_is_compared_and_not_evaluated() -> None:
    empty = plan_of({"PTV": PTV, "Organ": ORGAN}, None)
    with_dose = plan_of({"PTV": PTV, "Organ": ORGAN}, UniformDose(44.0))
    comparison = compared(THREE_GOALS, with_dose, empty)
    assert standing(comparison, "ptv-mean").outcome is N
    assert standing(comparison, "organ-volume").size is Size.NONE
    assert comparison.exit_code == 1  # 44 Gy to the PTV
