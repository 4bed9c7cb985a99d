"""Thin walls, and contours drawn twice, crossing, or crooked: no volume is made or lost."""

from __future__ import annotations

import numpy as np
import pytest
from bodies import UniformDose, box, plan_of

import rtcheck
from rtcheck.geometry import GEOMETRY_MODELS

HEIGHTS = np.arange(-9.0, 10.0, 2.0)
UNROUNDED = [g for g in GEOMETRY_MODELS if g != "linear-rounded"]


def circle(radius: float, z: float, x: float = 0.0, points: int = 600) -> np.ndarray:
    angle = 2 * np.pi * np.arange(points) / points
    return np.column_stack([x + radius * np.cos(angle), radius * np.sin(angle), np.full(points, z)])


def wall(radius: float, thick: float, *, same_direction: bool) -> list[np.ndarray]:
    """Return a tube of 20 mm: an outer and an inner circle on every plane."""
    turn = 1 if same_direction else -1
    return [c for z in HEIGHTS for c in (circle(radius, z), circle(radius - thick, z)[::turn])]


def wall_cc(radius: float, thick: float) -> float:
    return float(np.pi * (radius**2 - (radius - thick) ** 2) * 20 / 1000)


@pytest.mark.parametrize("geometry", UNROUNDED)
@pytest.mark.parametrize("same_direction", [False, True])
def test_a_bladder_wall_has_its_volume(geometry: str, same_direction: bool) -> None:
    contours = wall(30.0, 1.0, same_direction=same_direction)
    plan = plan_of({"Wall": contours}, geometry=geometry)
    assert plan["Wall"].volume_cm3 == pytest.approx(wall_cc(30.0, 1.0), rel=0.025)
    assert plan["Wall"].measure("Count").value == 1


@pytest.mark.parametrize(
    ("geometry", "within"), [("linear-half-slice", 0.01), ("prism", 0.01), ("smooth", 0.02)]
)
def test_a_thin_wall_to_a_percent_or_two(geometry: str, within: float) -> None:
    contours = wall(30.0, 1.0, same_direction=False)
    plan = plan_of({"Wall": contours}, geometry=geometry)
    assert plan["Wall"].volume_cm3 == pytest.approx(wall_cc(30.0, 1.0), rel=within)


def test_a_wall_too_thin_for_its_sampling_is_said() -> None:
    plan = plan_of({"Wall": wall(60.0, 0.2, same_direction=False)})
    plan["Wall"].measure("Volume[cc]")
    assert [f.code for f in plan.bench.findings()] == ["STRUCTURE_THIN"]
    thick = plan_of({"Wall": wall(60.0, 6.0, same_direction=False)})
    thick["Wall"].measure("Volume[cc]")
    assert thick.bench.findings() == ()


@pytest.mark.parametrize("geometry", UNROUNDED)
def test_a_thick_wall_in_either_direction(geometry: str) -> None:
    found = [
        plan_of({"Wall": wall(30.0, 6.0, same_direction=same)}, geometry=geometry)[
            "Wall"
        ].volume_cm3
        for same in (True, False)
    ]
    assert found == pytest.approx([wall_cc(30.0, 6.0)] * 2, rel=0.01)


@pytest.mark.parametrize("geometry", UNROUNDED)
def test_a_wall_by_subtraction_is_that_wall(geometry: str) -> None:
    plan = plan_of(
        {"Outer": [circle(30.0, z) for z in HEIGHTS], "Inner": [circle(26.0, z) for z in HEIGHTS]},
        geometry=geometry,
    )
    assert plan["Outer - Inner"].volume_cm3 == pytest.approx(wall_cc(30.0, 4.0), rel=0.01)
    plan = plan_of({"Inner": [circle(26.0, z) for z in HEIGHTS]}, geometry=geometry)
    shell = plan["expand(Inner, axial 4 mm) - Inner"].volume_cm3
    assert shell == pytest.approx(wall_cc(30.0, 4.0), rel=0.015)


def test_a_contour_drawn_twice_is_drawn_once_or_said() -> None:
    contours = box((20, 20, 20))
    plan = plan_of({"A": [*contours, contours[4].copy()]})
    volume = plan["A"].volume_cm3
    assert plan.bench.findings() or volume == pytest.approx(8.0, rel=0.001)


def test_islands_that_overlap_are_said() -> None:
    plan = plan_of({"A": [c for z in HEIGHTS for c in (circle(10, z, -4), circle(10, z, 4))]})
    assert plan["A"].volume_cm3 > 0
    assert plan.bench.findings()


def test_a_bow_tie_is_two_triangles() -> None:
    corners = np.array([[-10.0, -5.0], [10.0, 5.0], [10.0, -5.0], [-10.0, 5.0]])
    plan = plan_of({"A": [np.column_stack([corners, np.full(4, z)]) for z in HEIGHTS]})
    assert plan["A"].volume_cm3 == pytest.approx(2.0, rel=0.02)


@pytest.mark.parametrize("geometry", UNROUNDED)
@pytest.mark.parametrize("how", ["closed", "doubled", "collinear"])
def test_superfluous_points_change_nothing(how: str, geometry: str) -> None:
    contours = box((20, 20, 20))
    if how == "closed":
        contours = [np.vstack([c, c[:1]]) for c in contours]
    elif how == "doubled":
        contours = [np.repeat(c, 2, axis=0) for c in contours]
    else:
        line = np.array([[30.0, 0.0, 1.0], [35.0, 0.0, 1.0], [40.0, 0.0, 1.0]])
        contours = [*contours, line]
    plan = plan_of({"A": contours}, UniformDose(50.0), geometry=geometry)
    assert plan["A"].volume_cm3 == pytest.approx(8.0, rel=0.001)
    assert plan["A"].measure("Count").value == 1


@pytest.mark.parametrize("geometry", UNROUNDED)
def test_planes_of_two_structures_need_not_meet(geometry: str) -> None:
    """A on planes 2.86 mm apart, B on planes 2 mm apart."""
    plan = plan_of(
        {"A": box((20, 20, 20), slices=7), "B": box((10, 20, 20), (5, 0, 0), slices=10)},
        geometry=geometry,
    )
    assert plan["A - B"].volume_cm3 == pytest.approx(4.0, rel=0.005)
    assert plan["A & B"].volume_cm3 == pytest.approx(4.0, rel=0.005)


@pytest.mark.parametrize(("slant", "percent"), [(0.25, 1.0), (0.5, 1.0), (1.0, 2.0)])
def test_a_slanted_tube_keeps_its_volume(slant: float, percent: float) -> None:
    """Contours move sideways by a share of the slice distance; a tube of 10 mm."""
    contours = [circle(5.0, z, slant * z, 200) for z in np.arange(-19.0, 20.0, 2.0)]
    plan = rtcheck.OpenPlan(plan_of({"A": contours}).record)
    assert plan.geometry == "smooth"
    exact = np.pi * 25 * 40 / 1000
    assert plan["A"].volume_cm3 == pytest.approx(exact, rel=percent / 100)


def test_a_trunk_that_parts_in_two_keeps_its_volume() -> None:
    trunk = [circle(6.0, z, points=200) for z in np.arange(-19.0, 0.0, 2.0)]
    branches = [
        circle(4.0, z, side * (3 + 0.8 * z), 200)
        for z in np.arange(1.0, 20.0, 2.0)
        for side in (-1, 1)
    ]
    exact = np.pi * (36 + 2 * 16) * 20 / 1000
    for geometry in UNROUNDED:
        plan = plan_of({"A": trunk + branches}, geometry=geometry)
        # The branches overlap in their first planes, where even-odd counts the overlap out.
        assert plan["A"].volume_cm3 == pytest.approx(exact, rel=0.015)
        assert plan["A"].measure("Count").value == 1


@pytest.mark.parametrize("same_direction", [False, True])
def test_a_prism_with_a_hole_is_exact(same_direction: bool) -> None:
    points = 600
    plan = plan_of({"Wall": wall(30.0, 6.0, same_direction=same_direction)})
    polygon = points / 2 * np.sin(2 * np.pi / points)  # area of the drawn circle of radius 1
    assert plan["Wall"].volume_cm3 == pytest.approx(polygon * (30**2 - 24**2) / 50, rel=1e-9)
