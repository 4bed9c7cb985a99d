"""Cones, tori, hollow and double bodies: sections, volume and even filling against each other."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rtcheck.errors import UsageError
from rtcheck.phantoms import (
    Box,
    Cone,
    Cylinder,
    Ellipsoid,
    HollowSphere,
    LyingCone,
    LyingCylinder,
    LyingTorus,
    Pair,
    Solid,
    Sphere,
    Torus,
    slice_planes_mm,
)
from rtcheck.phantoms.solids.solid import area_mm2

Array = NDArray[np.float64]

BODIES: dict[str, Solid] = {
    "sphere": Sphere.of((1.0, 2.0, 3.0), 12.0),
    "turned ellipsoid": Ellipsoid((0.4, 0.9, -5.2), (8.0, 15.0, 11.0), (20.0, -35.0, 50.0)),
    "cylinder": Cylinder((1.0, 2.0, 3.0), 8.0, 20.0),
    "lying cylinder": LyingCylinder((1.0, 2.0, 3.0), 8.0, 20.0, 30.0),
    "box": Box((1.0, 2.0, 3.0), (10.0, 20.0, 12.0)),
    "cone to the head": Cone((1.0, 2.0, 3.0), 12.0, 24.0),
    "cone to the feet": Cone((1.0, 2.0, 3.0), 12.0, -24.0),
    "lying cone": LyingCone((1.0, 2.0, 3.0), 12.0, 24.0, 205.0),
    "torus": Torus((1.0, 2.0, 3.0), 15.0, 6.0),
    "lying torus": LyingTorus((1.0, 2.0, 3.0), 15.0, 6.0),
    "hollow sphere": HollowSphere((1.0, 2.0, 3.0), 18.0, 10.0),
    "thin shell": HollowSphere((1.0, 2.0, 3.0), 18.0, 15.5),
    "pair": Pair(Sphere.of((1.0, 2.0, 3.0), 7.0), Sphere.of((20.0, 2.0, 8.0), 5.0)),
}
HOLED = {"torus", "hollow sphere", "thin shell"}
DIRECTIONS = {
    "lying cylinder": [
        (np.cos(np.pi / 6), 0.5, 0.0),
        (0.0, 0.0, 1.0),
        (-0.5, np.cos(np.pi / 6), 0),
    ],
    "cone to the head": [(0.0, 0.0, 1.0), (0.0, 0.0, -2.0)],
    "cone to the feet": [(0.0, 0.0, 1.0), (0.0, 0.0, -2.0)],
    "lying cone": [(-np.cos(np.pi * 25 / 180), -np.sin(np.pi * 25 / 180), 0.0)],
    "torus": [(0.0, 0.0, 1.0)],
    "lying torus": [(0.0, -1.0, 0.0)],
    "hollow sphere": [(0.3, -0.5, 0.9)],
    "thin shell": [(1.0, 0.0, 0.0)],
    "pair": [(0.6, 0.0, 0.8), (0.0, 1.0, 0.0)],
}
# The same points every time; counting 200 000 of them is right to about 1 / sqrt(n).
POINTS = np.random.default_rng(5).random((200_000, 3))
COUNTING = 4e-3


def section_mm2(name: str, z_mm: float, points: int, keep_area: bool = True) -> float:
    """Return the area of a plane's section: what is within an odd number of curves."""
    areas = [area_mm2(c) for c in BODIES[name].contours([z_mm], points, keep_area=keep_area)]
    return areas[0] - areas[1] if name in HOLED and len(areas) == 2 else sum(areas)


@pytest.mark.parametrize("name", BODIES)
def test_the_sections_enclose_the_volume(name: str) -> None:
    low, high = BODIES[name].z_range_mm
    step = (high - low) / 400
    heights = low + (np.arange(400) + 0.5) * step
    volume_cm3 = sum(section_mm2(name, z, 60) for z in heights) * step / 1000
    # The midpoint rule where sections begin like a square root, 400 of them.
    assert volume_cm3 == pytest.approx(BODIES[name].volume_cm3, rel=1e-4)


@pytest.mark.parametrize("name", BODIES)
def test_points_of_the_cube_fill_it_evenly(name: str) -> None:
    body = BODIES[name]
    points = body.fill(POINTS)
    assert points.shape == POINTS.shape
    # The keyhole of rounding: points on the very surface may be counted as outside.
    assert body.contains(points).mean() > 0.9999
    spread = points.std(axis=0)
    assert np.abs(points.mean(axis=0) - body.centroid_mm).max() < 0.01 * spread.max()
    low, high = body.z_range_mm
    for share in (0.25, 0.5, 0.75):
        z = low + share * (high - low)
        heights = np.linspace(low, z, 801)
        middles = (heights[1:] + heights[:-1]) / 2
        below = sum(section_mm2(name, m, 40) for m in middles) * (heights[1] - heights[0]) / 1000
        assert (points[:, 2] < z).mean() == pytest.approx(below / body.volume_cm3, abs=COUNTING)


@pytest.mark.parametrize("name", DIRECTIONS)
@pytest.mark.parametrize("distance_mm", [-5.0, 0.0, 3.3])
def test_the_part_beyond_a_plane_is_what_is_counted(name: str, distance_mm: float) -> None:
    body = BODIES[name]
    points = body.fill(POINTS) - body.center_mm
    for direction in DIRECTIONS[name]:
        normal = np.asarray(direction) / np.linalg.norm(direction)
        counted = (points @ normal > distance_mm).mean()
        exact = body.fraction_beyond(direction, distance_mm)
        assert exact == pytest.approx(counted, abs=COUNTING)


@pytest.mark.parametrize(
    "name", ["lying cylinder", "cone to the head", "lying cone", "torus", "lying torus"]
)
def test_a_plane_without_closed_form_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="a plane that is"):
        BODIES[name].fraction_beyond((1.0, 0.3, 0.7), 0.0)


@pytest.mark.parametrize("name", BODIES)
def test_contours_have_their_points_and_run_one_way(name: str) -> None:
    low, high = BODIES[name].z_range_mm
    for points in (31, 60):
        for z in np.linspace(low + 0.3, high - 0.3, 13):
            curves = BODIES[name].sections(float(z), points)
            assert curves
            for curve in curves:
                assert curve.shape == (points, 3)
                assert np.ptp(curve[:, 2]) == 0
                assert area_mm2(curve) > 0
    assert BODIES[name].sections(high + 0.01, 31) == ()


@pytest.mark.parametrize("name", BODIES)
def test_contours_that_keep_the_area_do_not_depend_on_their_points(name: str) -> None:
    low, high = BODIES[name].z_range_mm
    z = low + 0.6 * (high - low)
    fine = section_mm2(name, z, 4000, keep_area=False)
    # 40 points on a circle have 0.4 % less than its area; kept, 1/1000 of that is left.
    assert section_mm2(name, z, 40) == pytest.approx(fine, rel=1e-5)


def test_a_standing_torus_parts_and_joins() -> None:
    torus = BODIES["lying torus"]
    low, high = torus.z_range_mm
    curves = [len(torus.sections(z, 40)) for z in np.linspace(low + 0.5, high - 0.5, 41)]
    # Over the hole, 18 of 42 mm, there are two; above and below there is one.
    assert curves[0] == curves[-1] == 1
    assert curves[20] == 2
    assert np.count_nonzero(np.diff(curves)) == 2


def test_a_keyhole_is_one_contour_of_the_same_area() -> None:
    nested = HollowSphere((1.0, 2.0, 3.0), 18.0, 10.0)
    keyhole = HollowSphere((1.0, 2.0, 3.0), 18.0, 10.0, keyhole=True)
    (joined,) = keyhole.contours([5.0], 80)
    outer, inner = nested.contours([5.0], 80)
    assert area_mm2(joined) == pytest.approx(area_mm2(outer) - area_mm2(inner), rel=1e-12)
    # Beyond the hollow there is nothing to join.
    assert len(keyhole.contours([15.0], 80)[0]) == 80


def test_flat_ends_are_those_across_z() -> None:
    flat = {name: body.flat_ends_mm2 for name, body in BODIES.items() if body.flat_ends_mm2}
    assert flat == pytest.approx(
        {
            "cylinder": 2 * np.pi * 64,
            "cone to the head": np.pi * 144,
            "cone to the feet": np.pi * 144,
            "box": 400.0,
        }
    )


def test_a_cone_is_drawn_from_its_base_to_its_tip() -> None:
    planes = slice_planes_mm(*BODIES["cone to the head"].z_range_mm, 3.0, 0.4)
    areas = [section_mm2("cone to the head", z, 90) for z in planes]
    assert areas == sorted(areas, reverse=True)
    assert areas[0] == pytest.approx(np.pi * 144 * ((15 - planes[0]) / 24) ** 2, rel=1e-5)
