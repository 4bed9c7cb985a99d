"""Slices that are not evenly spaced: a spacing that changes is no gap, and a gap is no spacing."""

from __future__ import annotations

import numpy as np
import pytest
from bodies import Cylinder, Sphere, drawn, plan_of

from rtcheck.geometry import GEOMETRY_MODELS
from rtcheck.geometry.planes import spacings_mm

CYLINDER = Cylinder((1.3, 2.7, 0.0), 15.0, 60.0)
SPHERE = Sphere.of((1.3, -2.7, 0.4), 29.0)

PLANES_MM = {
    "1 then 5": np.r_[np.arange(-29.5, 0, 1), np.arange(2.5, 30, 5)],
    "3 then 5": np.r_[np.arange(-28.5, 0, 3), np.arange(2.5, 30, 5)],
    "5, 1 and 5": np.r_[np.arange(-27.5, -10, 5), np.arange(-9.5, 10, 1), np.arange(12.5, 30, 5)],
    "2 and 3 in turn": -29 + np.cumsum(np.r_[0, np.tile([2, 3], 11), 2, 1]),
    "3 and 2 in turn": 29 - np.cumsum(np.r_[0, np.tile([2, 3], 11), 2, 1])[::-1],
}
"""Slices that fill 60 mm about 0, so that the cylinder ends half a slice beyond the outermost."""


def on(planes_mm: np.ndarray, body: Cylinder | Sphere) -> list[np.ndarray]:
    low, high = body.z_range_mm
    return list(body.contours(planes_mm[(planes_mm > low) & (planes_mm < high)], 240))


def spacing_of_ends(planes_mm: np.ndarray) -> float:
    return float(np.diff(planes_mm)[0] + np.diff(planes_mm)[-1])


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
@pytest.mark.parametrize("way", PLANES_MM)
def test_a_cylinder_keeps_its_volume(way: str, geometry: str) -> None:
    plan = plan_of({"A": on(PLANES_MM[way], CYLINDER)}, geometry=geometry)
    found = plan["A"].volume_cm3 / CYLINDER.volume_cm3
    if geometry == "linear-rounded":
        # Half a slice at either end tapers to nothing: between a third and all of it is lost.
        ends = spacing_of_ends(PLANES_MM[way]) / 2 / 60
        assert ends / 3 < 1 - found < ends
    else:
        # 240 points on a circle: the polygon is 0.011 % smaller.
        assert found == pytest.approx(1, abs=1e-3)
    assert plan["A"].measure("Count").value == 1


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
@pytest.mark.parametrize("way", PLANES_MM)
def test_a_sphere_keeps_its_volume(way: str, geometry: str) -> None:
    plan = plan_of({"A": on(PLANES_MM[way], SPHERE)}, geometry=geometry)
    # Straight lines over a gap h cut h²/4r² of a sphere off: 0.7 % if all were 5 mm; rounded
    # ends another cap or two. The default model knows spheres, whatever the spacing.
    percent = {"smooth": 0.1, "prism": 0.5, "linear-half-slice": 0.7, "linear-rounded": 1.5}
    assert plan["A"].volume_cm3 == pytest.approx(SPHERE.volume_cm3, rel=percent[geometry] / 100)
    assert plan["A"].measure("Count").value == 1


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
def test_the_order_of_planes_does_not_matter(geometry: str) -> None:
    contours = on(PLANES_MM["1 then 5"], SPHERE)
    order = np.random.default_rng(3).permutation(len(contours))
    first = plan_of({"A": contours}, geometry=geometry)["A"].volume_cm3
    other = plan_of({"A": [contours[i] for i in order]}, geometry=geometry)["A"].volume_cm3
    assert other == pytest.approx(first, rel=1e-6)


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
def test_upside_down_is_the_same(geometry: str) -> None:
    contours = on(PLANES_MM["1 then 5"], SPHERE)
    turned = [c * [1, 1, -1] for c in contours]
    found = [plan_of({"A": c}, geometry=geometry)["A"].volume_cm3 for c in (contours, turned)]
    # The lattice falls otherwise on the body: its volume is good to 0.1 %.
    assert found[1] == pytest.approx(found[0], rel=1e-3)


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
def test_a_small_body_takes_the_spacing_where_it_lies(geometry: str) -> None:
    """Two slices of 5 mm beside a body that has slices of 1 mm elsewhere: 10 mm, not 2."""
    beside = Cylinder((60.0, 0.0, 10.0), 8.0, 10.0)
    large = on(PLANES_MM["1 then 5"], CYLINDER)
    plan = plan_of({"A": large + on(PLANES_MM["1 then 5"], beside), "B": large}, geometry=geometry)
    found = (plan["A"].volume_cm3 - plan["B"].volume_cm3) / beside.volume_cm3
    if geometry == "linear-rounded":
        assert 1 / 2 < found < 5 / 6, "half of it is ends, which taper to nothing"
    else:
        assert found == pytest.approx(1, abs=0.01)
    assert plan["A"].measure("Count").value == 2


@pytest.mark.parametrize(
    ("way", "codes"),
    [
        ("1 then 5", ["CONTOUR_SPACING_CHANGES"]),
        ("5, 1 and 5", ["CONTOUR_SPACING_CHANGES"] * 2),
        ("2 and 3 in turn", []),
    ],
)
def test_a_changed_spacing_is_said(way: str, codes: list[str]) -> None:
    plan = plan_of({"A": on(PLANES_MM[way], CYLINDER)})
    assert plan["A"].volume_cm3 > 0
    findings = plan.bench.findings()
    assert [f.code for f in findings] == codes
    assert {f.severity for f in findings} <= {"informs"}
    if way == "1 then 5":
        expected = "planes 1.0 mm apart up to about z -0.5 mm, and 5.0 mm above"
        assert findings[0].text == expected


@pytest.mark.parametrize(("missing", "code", "parts"), [(1, "BRIDGED", 1), (2, "SPLIT", 2)])
@pytest.mark.parametrize(("first", "spacing"), [(8, 1.0), (33, 5.0)])
def test_missing_slices_are_found_in_either_spacing(
    first: int, spacing: float, missing: int, code: str, parts: int
) -> None:
    planes = np.delete(PLANES_MM["1 then 5"], range(first, first + missing))
    plan = plan_of({"A": on(planes, CYLINDER)})
    assert plan["A"].measure("Count").value == parts
    lost = spacing * missing if code == "SPLIT" else 0.0
    assert plan["A"].volume_cm3 == pytest.approx(CYLINDER.volume_cm3 * (1 - lost / 60), rel=1e-3)
    findings = [f for f in plan.bench.findings() if "SLICES" in f.code]
    assert [f.code for f in findings] == [f"CONTOUR_SLICES_{code}"]
    assert f"the spacing is {spacing:.1f} mm" in findings[0].text


def test_lesions_far_apart_are_no_spacing() -> None:
    """Three lesions with 20 mm of nothing between: a wide gap seen twice, but not in a row."""
    one = drawn(Sphere.of((0.0, 0.0, 0.3), 5.0))
    plan = plan_of({"A": [c + np.array([0, 0, 30.0 * i]) for i in range(3) for c in one], "B": one})
    assert plan["A"].measure("Count").value == 3
    assert plan["A"].volume_cm3 == pytest.approx(3 * plan["B"].volume_cm3, rel=0.005)


@pytest.mark.parametrize(
    ("z_mm", "expected"),
    [
        ([0, 2, 4, 6, 8], [2, 2, 2, 2, 2]),
        ([0, 2, 4, 8, 10, 12], [2, 2, 2, 2, 2, 2]),
        ([0, 1, 2, 3, 8, 13, 18], [1, 1, 1, 1, 5, 5, 5]),
        ([0, 1, 2, 5, 10, 15], [1, 1, 1, 5, 5, 5]),
        ([0, 2, 4, 30, 35, 40], [2, 2, 2, 5, 5, 5]),
        ([0, 2, 5, 7, 10], [9, 9, 9, 9, 9]),
        ([0, 3], [9, 9]),
        ([0], [9]),
    ],
)
def test_spacing_around_each_plane(z_mm: list[float], expected: list[float]) -> None:
    """9 mm stands for what is taken where no plane lies midway between its neighbours."""
    np.testing.assert_allclose(spacings_mm(np.array(z_mm, dtype=float), 9.0), expected)
