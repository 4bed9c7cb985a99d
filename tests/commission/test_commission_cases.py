"""The suite itself: every body meets every spacing, at no convenient place."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from rtcheck.commission.bodies import BODIES, DOSES, RX_GY
from rtcheck.commission.cases import (
    GRIDS_MM,
    SLICES_MM,
    CaseClass,
    PlanCase,
    full_suite,
    quick_suite,
)
from rtcheck.commission.criteria import TOLERANCES
from rtcheck.commission.figures import Group, figures_of
from rtcheck.commission.words import BODY_WORDS, DOSE_WORDS
from rtcheck.phantoms import truth_of, write_plan

PLANS = full_suite()
CASES = [(plan, body) for plan in PLANS for body in plan.body_names]


def test_every_body_meets_every_slice_spacing_and_dose_grid() -> None:
    assert len(CASES) == len(set(CASES)) == 216
    for body in BODIES:
        own = [plan for plan, name in CASES if name == body]
        assert {plan.slice_mm for plan in own} == set(SLICES_MM)
        assert {plan.grid_mm for plan in own} == set(GRIDS_MM)
        # Nine doses; a body is in at least eight of them.
        assert len({plan.dose_name for plan in own}) >= len(DOSES) - 1


def test_half_of_the_cases_and_more_count_in_full() -> None:
    classes = Counter(plan.class_of(body) for plan, body in CASES)
    assert set(classes) == set(CaseClass)
    assert classes[CaseClass.FULL] > len(CASES) / 2


def test_slices_and_grids_lie_at_no_convenient_place() -> None:
    phases = [plan.slice_phase for plan in PLANS]
    assert len(set(phases)) == len(phases)
    # Evenly over all phases: in each tenth there are some.
    assert set(np.floor(np.multiply(phases, 10))) == set(range(10))
    for plan in PLANS:
        assert len(set(plan.grid_shift)) == 3


def test_the_dose_grid_holds_every_body_with_room_to_spare() -> None:
    for plan in PLANS[::7]:
        phantom = plan.phantom()
        points = np.concatenate([c for roi in phantom.rois for c in roi.contours])
        for axis, values in enumerate((phantom.x_mm, phantom.y_mm, phantom.z_mm)):
            reach = 6.0 + (plan.slice_mm if axis == 2 else 0.0)
            assert values[0] <= points[:, axis].min() - reach
            assert values[-1] >= points[:, axis].max() + reach
        # Where a body can be, the stored dose is the dose, however far a gradient falls elsewhere.
        assert plan.dose.at(points).min() > 0


def test_the_quick_suite_is_a_part_of_the_full_one() -> None:
    assert set(quick_suite()) <= set(PLANS)
    kinds = {type(plan.dose).__name__ for plan in quick_suite()}
    assert kinds == {"UniformDose", "LinearDose", "GaussianDose", "PenumbraDose"}
    assert all(plan.interpolation_percent < 1 for plan in quick_suite())


def test_everything_that_is_run_is_described() -> None:
    assert list(BODY_WORDS) == list(BODIES)
    assert list(DOSE_WORDS) == list(DOSES)
    assert set(TOLERANCES) == set(Group)


def test_the_figures_are_those_of_the_groups() -> None:
    figures = list(figures_of(truth_of(BODIES["sphere 24 mm"], DOSES["gradient SI"])))
    assert Counter(f.group for f in figures) == {
        Group.VOLUME: 1,
        Group.DOSE: 9,
        Group.EXTREME: 2,
        Group.V: 5,
    }
    by_metric = {f.metric: f.truth for f in figures}
    assert by_metric["Max[Gy]"] == pytest.approx(RX_GY - 1.1 + 24, abs=1e-6)
    assert by_metric["D50%[Gy]"] == pytest.approx(RX_GY - 1.1, abs=1e-6)


def test_a_coarse_grid_is_one_that_does_not_hold_the_field() -> None:
    plan = PlanCase("Gaussian 15 mm", 2.0, 0.3, 2.0, (0.1, 0.2, 0.3), ("sphere 12 mm",))
    # 3 axes, h²/8, 60 Gy / (15 mm)² is 0.4 Gy: 0.8 % of 50 Gy.
    assert plan.interpolation_percent == pytest.approx(0.8)
    assert plan.class_of("sphere 12 mm") is CaseClass.FULL
    coarse = PlanCase("Gaussian 15 mm", 2.0, 0.3, 2.5, (0.1, 0.2, 0.3), ("sphere 12 mm",))
    assert coarse.class_of("sphere 12 mm") is CaseClass.COARSE_GRID


def test_every_plan_is_written_without_a_warning(tmp_path: Path) -> None:
    # Offsets such as 9.999999999999998 mm once took 17 characters, one more than DICOM allows.
    for index, plan in enumerate(PLANS):
        if plan.grid_mm <= 2:
            write_plan(tmp_path / str(index), plan.phantom())
