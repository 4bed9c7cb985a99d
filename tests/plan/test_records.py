"""Records of a plan: a record that exists is valid and never changes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from bodies import box, structure

from rtcheck.errors import GeometryError, UnitError
from rtcheck.plan import DoseGrid, FractionPattern, Plan, Prescription, Structure
from rtcheck.plan import parse_prescription as rx

AXIS = np.array([0.0, 2.0, 5.0])
CUBE = np.arange(27.0).reshape(3, 3, 3)


def test_a_record_does_not_change() -> None:
    grid, organ = DoseGrid(CUBE, AXIS, AXIS, AXIS), structure("A", box((10, 10, 10)))
    for array in (grid.dose_gy, grid.x_mm, organ.points_mm, organ.contour_starts):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(FrozenInstanceError):
        grid.dose_gy = CUBE
    plan = Plan("A", (organ,), grid, details={"a": "b"}, sop_instance_uids={"rt_plan": "1.2"})
    with pytest.raises(TypeError):
        plan.details["a"] = "c"
    with pytest.raises(TypeError):
        plan.sop_instance_uids["rt_plan"] = "c"


def test_a_record_takes_nothing_from_the_caller() -> None:
    dose = np.zeros((3, 3, 3))
    grid = DoseGrid(dose, AXIS.copy(), AXIS.copy(), AXIS.copy())
    dose[0, 0, 0] = 99.0
    assert grid.dose_gy[0, 0, 0] == 0.0


@pytest.mark.parametrize(
    ("dose", "axis", "says"),
    [
        (CUBE, AXIS[::-1], "does not ascend"),
        (CUBE, np.array([0.0, 0.0, 1.0]), "does not ascend"),
        (CUBE, np.empty(0), "does not ascend"),
        (CUBE, np.array([0.0, 1.0]), "of shape"),
        (CUBE[:2], AXIS, "of shape"),
        (CUBE * np.nan, AXIS, "not finite"),
        (CUBE + np.inf, AXIS, "not finite"),
    ],
)
def test_a_dose_grid_that_is_none(dose: np.ndarray, axis: np.ndarray, says: str) -> None:
    with pytest.raises(GeometryError, match=says):
        DoseGrid(dose, axis, AXIS, AXIS)


def test_the_greatest_dose_on_the_faces() -> None:
    dose = np.zeros((3, 3, 3))
    dose[1, 1, 1] = 70.0
    assert DoseGrid(dose.copy(), AXIS, AXIS, AXIS).boundary_max_gy == 0.0
    dose[1, 2, 1] = 30.0
    assert DoseGrid(dose, AXIS, AXIS, AXIS).boundary_max_gy == 30.0
    assert DoseGrid(dose, AXIS, AXIS, AXIS).spacing_mm == (2.5, 2.5, 2.5)


def test_structures_are_found_by_number() -> None:
    organs = (structure("A", box((10, 10, 10)), 7), Structure(3, "B", np.empty((0, 3)), [0]))
    plan = Plan("A", organs, None)
    assert plan.structure(7).roi_name == "A"
    assert plan.structure(3).is_empty
    with pytest.raises(KeyError):
        plan.structure(1)


@pytest.mark.parametrize(
    ("text", "name", "dose", "fractions"),
    [
        ("PTV=50 Gy/25", "PTV", 50.0, 25),
        ("PTV = 50 Gy / 25", "PTV", 50.0, 25),
        ("PTV=5000 cGy/25 fx", "PTV", 50.0, 25),
        ("PTV 1=50.4Gy", "PTV 1", 50.4, None),
        ("a=b=50 Gy", "a=b", 50.0, None),
    ],
)
def test_a_prescription_in_words(text: str, name: str, dose: float, fractions: int | None) -> None:
    found = rx(text)
    assert (found.name, found.dose_gy) == (name, pytest.approx(dose))
    assert found.number_of_fractions_planned == fractions
    assert found.given_by_user


@pytest.mark.parametrize(
    ("days", "digits", "said"),
    [
        ("Mon-Fri", "1111100", "Mon-Fri"),
        ("mon , WED,fri", "1010100", "Mon, Wed, Fri"),
        ("Sun-Thu", "1111001", "Mon, Tue, Wed, Thu, Sun"),
        ("Tue", "0100000", "Tue"),
        ("Mon-Sun", "1111111", "Mon-Sun"),
    ],
)
def test_the_days_of_a_prescription_in_words(days: str, digits: str, said: str) -> None:
    found = rx(f"PTV=50 Gy/25 on {days}")
    assert found.fraction_pattern is not None
    assert found.fraction_pattern.fraction_pattern == digits
    assert str(found) == f"PTV: 50 Gy in 25 fractions on {said}"
    assert found.fraction_pattern.fractions_per_week() == digits.count("1")


@pytest.mark.parametrize(
    "text",
    ["", "PTV", "PTV=", "=50 Gy", "PTV=50", "PTV=50 cc", "PTV=50 Gy/", "PTV=50 Gy/2.5", "PTV=-5 Gy",
     "PTV=50 Gy/25 on", "PTV=50 Gy/25 on Monday", "PTV=50 Gy/25 on Mon-", "PTV=50 Gy on Mon-Fri",
     "PTV=0 Gy", "PTV=50 Gy/0", "PTV=50 Gy/25/2", "PTV=nan Gy", "PTV=1e999 Gy", "PTV=50,4 Gy"],
)  # fmt: skip
def test_no_prescription_in_words(text: str) -> None:
    with pytest.raises(UnitError):
        rx(text)


@pytest.mark.parametrize("dose", [0.0, -2.0, float("nan"), float("inf")])
def test_an_impossible_prescription(dose: float) -> None:
    with pytest.raises(UnitError):
        Prescription("PTV", dose)
    with pytest.raises(UnitError):
        Prescription("PTV", 50.0, 0)


@pytest.mark.parametrize(
    ("pattern", "per_day", "weeks", "a_week", "days"),
    [
        # the last of 10 fractions, both ends counted
        ("1111100", 1, 1, 5.0, 12),
        ("1010100", 1, 1, 3.0, 22),
        ("11111001111000", 1, 2, 4.5, 15),
        ("11111111110000", 2, 1, 10.0, 5),
        ("0111110", 1, 1, 5.0, 12),
    ],
)
def test_fraction_patterns(
    pattern: str, per_day: int, weeks: int, a_week: float, days: int
) -> None:
    found = FractionPattern(pattern, per_day, weeks)
    assert found.fractions_per_week() == a_week
    assert found.duration_days(10) == days
    assert found.duration_days(1) == 1
