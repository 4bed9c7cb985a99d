"""What could be taken for right because there was nothing to look at, or nothing to tell it by."""

from __future__ import annotations

import pytest
from bodies import box, dose_grid, plan_of

from rtcheck.gate import check_plan, checklist
from rtcheck.phantoms.doses import UniformDose
from rtcheck.plan import DoseGrid, Plan, Prescription


def codes(plan: Plan) -> dict[str, str]:
    return {f.where: f.code for f in check_plan(plan)}


def test_a_target_that_gets_no_dose_at_all_is_not_left_out() -> None:
    """Its prescription is linked to no ROI, so the level is told by the targets themselves."""
    given = dose_grid(UniformDose(50.0))
    gy = given.dose_gy.copy()
    gy[:, :, given.x_mm < 20] = 0.0
    plan = plan_of(
        {"PTV": box((20, 20, 20), (-20, 0, 0))},
        DoseGrid(gy, given.x_mm, given.y_mm, given.z_mm),
        prescriptions=[Prescription("Site 1", 50.0, 25)],
    ).record
    assert codes(plan)["PTV"] == "DOSE_LEVEL_IMPLAUSIBLE"


@pytest.mark.parametrize(
    ("left_x", "right_x", "code"),
    [
        (-30.0, 30.0, "SIDES_SWAPPED"),  # 60 mm wide: they touch, and do not overlap
        (-28.0, 28.0, "SIDE_DOUBTFUL"),  # they overlap by 4 mm, as lungs may before the heart
        (28.0, -28.0, ""),
        (-2.0, 2.0, ""),  # one around the other: neither is left or right
    ],
)
def test_swapped_sides_are_found_though_the_organs_overlap(left_x, right_x, code) -> None:
    organs = {
        "Kidney_L": box((60, 40, 40), (left_x, 0, 0)),
        "Kidney_R": box((60, 40, 40), (right_x, 0, 0)),
    }
    assert codes(plan_of(organs).record).get("Kidney_L", "") == code


def test_of_a_plan_without_targets_nothing_is_said_of_targets() -> None:
    plan = plan_of(
        {"Liver": box((60, 60, 60))},
        UniformDose(50.0),
        prescriptions=[Prescription("Site 1", 50.0, 25)],
    ).record
    found = {line.statement: line.holds for line in checklist(plan, ())}
    for statement in (
        "The dose has the level of the prescription",
        "The dose grid covers every target",
        "The dose grid is fine enough for the smallest target",
        "Every target was judged by a goal",
    ):
        assert found[statement] is None, statement
    assert found["Every contour is closed, and on every slice"] is True
