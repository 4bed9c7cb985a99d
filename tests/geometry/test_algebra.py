"""Structure algebra and margins against closed forms and set laws."""

from __future__ import annotations

import numpy as np
import pytest
from bodies import ball, box, plan_of
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import numbers

import rtcheck
from rtcheck.errors import CannotSay, Reason
from rtcheck.geometry import GEOMETRY_MODELS

# Two bodies overlap in any way; one lattice does not know the other: 0.5 % of the larger.
TOLERANCE = 0.005


def ball_cc(radius_mm: float) -> float:
    return 4 / 3 * np.pi * radius_mm**3 / 1000


def cc(plan: rtcheck.OpenPlan, expression: str) -> float:
    """Return a volume in cm3, with 0 for what is left of nothing."""
    found = plan[expression].measure("Volume[cc]")
    if found.value is None:
        assert found.reason is Reason.STRUCTURE_EMPTY
        return 0.0
    return found.value


@settings(max_examples=6)
@given(
    st.tuples(*[numbers(-20, 20)] * 3),
    st.tuples(*[st.integers(8, 30)] * 3),
    st.sampled_from(GEOMETRY_MODELS),
)
def test_inclusion_exclusion(
    shift: tuple[float, float, float], size: tuple[int, int, int], geometry: str
) -> None:
    plan = plan_of({"A": box((24, 24, 24), slices=12), "B": box(size, shift)}, geometry=geometry)
    a, b = cc(plan, "A"), cc(plan, "B")
    union, both = cc(plan, "A | B"), cc(plan, "A & B")
    slack = TOLERANCE * (a + b)
    assert union + both == pytest.approx(a + b, abs=slack)
    assert cc(plan, "A - B") + both == pytest.approx(a, abs=slack)
    assert cc(plan, "B - A") + both == pytest.approx(b, abs=slack)


@settings(max_examples=10)
@given(st.tuples(*[numbers(-25, 25)] * 3))
def test_overlap_of_boxes_is_a_box(shift: tuple[float, float, float]) -> None:
    plan = plan_of({"A": box((24, 24, 24), slices=12), "B": box((20, 20, 20), shift)})
    sides = [max(0.0, min(12.0, s + 10.0) - max(-12.0, s - 10.0)) for s in shift]
    exact = float(np.prod(sides)) / 1000
    # Corners are rounded by about a pixel of 0.3 mm; thin slivers lose most.
    assert cc(plan, "A & B") == pytest.approx(exact, abs=0.02, rel=0.01)


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
@pytest.mark.parametrize("expression", ["A - A", "A - (A | B)", "A & C", "A - expand(A, 1 mm)"])
def test_nothing_left_is_empty_and_not_zero(expression: str, geometry: str) -> None:
    plan = plan_of(
        {"A": box((20, 20, 20)), "B": box((8, 8, 8)), "C": box((8, 8, 8), (60, 0, 0))},
        geometry=geometry,
    )
    found = plan[expression].measure("Volume[cc]")
    assert (found.value, found.reason) == (None, Reason.STRUCTURE_EMPTY)
    with pytest.raises(CannotSay):
        _ = plan[expression].volume_cm3


@pytest.mark.parametrize("geometry", ["smooth", "linear-half-slice"])
@pytest.mark.parametrize(
    ("expression", "radius_mm"),
    [("expand(Ball, 5 mm)", 25.0), ("contract(Ball, 5 mm)", 15.0)],
)
def test_margins_of_a_ball_are_a_ball(expression: str, radius_mm: float, geometry: str) -> None:
    plan = plan_of({"Ball": ball(20.0)}, geometry=geometry)
    # Volume goes with the third power: 1 % is 0.08 mm of 25 mm. Ends are not known better.
    assert cc(plan, expression) == pytest.approx(ball_cc(radius_mm), rel=0.015)


def test_a_ring_is_the_shell_between_two_balls() -> None:
    plan = plan_of({"Ball": ball(12.0)}, geometry="smooth")
    exact = ball_cc(20.0) - ball_cc(15.0)
    assert cc(plan, "ring(Ball, 3 mm, 8 mm)") == pytest.approx(exact, rel=0.02)


def grown_box_cc(size: tuple[float, float, float], r: float, up: float, down: float) -> float:
    """Return the volume of a box grown by an ellipsoid: Steiner's formula, half up, half down."""
    a, b, c = size
    lids = a * b * (up + down)
    walls = 2 * (a + b) * c * r
    edges = np.pi * r**2 * c + 2 * (a + b) * np.pi / 4 * r * (up + down)
    corners = 4 / 3 * np.pi * r**2 * (up + down) / 2
    return (a * b * c + lids + walls + edges + corners) / 1000


@pytest.mark.parametrize(
    ("margin", "r", "up", "down"),
    [
        ("5 mm", 5, 5, 5),
        ("axial 5 mm, sup 10 mm, inf 6 mm", 5, 10, 6),
        ("sup 10 mm", 0, 10, 0),
        ("inf 10 mm", 0, 0, 10),
        ("1 cm", 10, 10, 10),
    ],
)
def test_margins_of_a_box_by_steiners_formula(
    margin: str, r: float, up: float, down: float
) -> None:
    size = (40.0, 30.0, 20.0)
    plan = plan_of({"Box": box(size)})
    assert cc(plan, f"expand(Box, {margin})") == pytest.approx(
        grown_box_cc(size, r, up, down), rel=0.01
    )


@pytest.mark.parametrize(
    ("margin", "left"),
    [("5 mm", (30, 20, 10)), ("axial 5 mm, sup 4 mm, inf 6 mm", (30, 20, 10)),
     ("sup 8 mm", (40, 30, 12))],
)  # fmt: skip
def test_contracting_a_box_leaves_a_box(margin: str, left: tuple[int, int, int]) -> None:
    plan = plan_of({"Box": box((40, 30, 20))})
    assert cc(plan, f"contract(Box, {margin})") == pytest.approx(np.prod(left) / 1000, rel=0.01)


@pytest.mark.parametrize(
    ("expression", "exact_cc"),
    [
        ("expand(Box, 0 mm)", 24.0),
        ("contract(Box, 0 mm)", 24.0),
        ("expand(Box, 0.1 mm)", grown_box_cc((40, 30, 20), 0.1, 0.1, 0.1)),
        ("contract(Box, 0.1 mm)", 39.8 * 29.8 * 19.8 / 1000),
        ("expand(Box, axial 5 mm)", grown_box_cc((40, 30, 20), 5, 0, 0)),
        ("contract(Box, axial 2 mm)", 36 * 26 * 20 / 1000),
        ("expand(Box, axial 5 mm, sup 0.2 mm)", grown_box_cc((40, 30, 20), 5, 0.2, 0)),
        ("ring(Box, 0 mm, 20 mm)", grown_box_cc((40, 30, 20), 20, 20, 20) - 24.0),
    ],
)
def test_thin_margins_lose_nothing(expression: str, exact_cc: float) -> None:
    assert cc(plan_of({"Box": box((40, 30, 20))}), expression) == pytest.approx(exact_cc, rel=0.01)


def test_contracting_too_far_leaves_nothing() -> None:
    plan = plan_of({"Box": box((40, 30, 20))})
    assert cc(plan, "contract(Box, 12 mm)") == 0.0


@pytest.mark.parametrize(("mm", "geometry"), [(2, "smooth"), (9, "prism")])
def test_closing_contains_the_body(mm: int, geometry: str) -> None:
    """Expanding and contracting by the same margin fills notches and takes nothing away."""
    plan = plan_of({"A": ball(14.0, (1.3, 2.1, 0.4)), "B": box((16, 12, 20))}, geometry=geometry)
    closed = f"contract(expand(A | B, {mm} mm), {mm} mm)"
    inside = plan["A | B"].measure(f"Inside({closed})[%]").value
    assert inside == pytest.approx(100.0, abs=1.0)


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
def test_expanding_contains_and_contracting_is_contained(geometry: str) -> None:
    plan = plan_of({"A": ball(12.0, (1.3, 2.1, 0.4))}, geometry=geometry)
    assert plan["A"].measure("Inside(expand(A, 2 mm))[%]").value == pytest.approx(100, abs=1e-6)
    assert plan["contract(A, 2 mm)"].measure("Inside(A)[%]").value == pytest.approx(100, abs=1e-6)
    assert plan["A"].measure("Inside(contract(A, 2 mm))[%]").value < 70.0


def test_algebra_needs_no_dose_and_dose_sees_the_expression() -> None:
    plan = plan_of({"A": box((20, 20, 20)), "B": box((10, 20, 20), (5, 0, 0))})
    assert cc(plan, "A - B") == pytest.approx(4.0, rel=0.005)
    assert plan["A - B"].measure("Mean[Gy]").reason is Reason.NO_DOSE
