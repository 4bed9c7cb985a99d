"""Contours to solids: holes, keyholes, islands, single and missing slices, invariances."""

from __future__ import annotations

import numpy as np
import pytest
from bodies import (
    Box,
    Cylinder,
    LinearDose,
    Sphere,
    UniformDose,
    axes,
    ball,
    box,
    drawn,
    mid_slice,
    plan_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import centers_mm, stars

import rtcheck
from rtcheck.errors import CannotSay, GeometryError, Reason
from rtcheck.geometry import GEOMETRY_MODELS
from rtcheck.geometry.distance import PixelGrid
from rtcheck.geometry.planes import nominal_spacing_mm
from rtcheck.phantoms.solids import Ellipsoid, HollowSphere
from rtcheck.plan import DoseGrid, Structure

METRICS = ("Volume[cc]", "Mean[Gy]", "D95%[Gy]", "D2%[Gy]", "V50Gy[%]")


def rectangle(x: float, y: float, half_x: float, half_y: float, z: float) -> np.ndarray:
    xy = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [half_x, half_y] + [x, y]
    return np.column_stack([xy, np.full(4, z)])


def square(half: float, z: float) -> np.ndarray:
    return rectangle(0.0, 0.0, half, half, z)


HEIGHTS = np.arange(-9.0, 10.0, 2.0)
"""Ten planes, 2 mm apart: extruded, 20 mm."""


def keyhole(outer: float, inner: float, z: float) -> np.ndarray:
    """Return a square ring as one contour: out, along a seam, round the hole, and back."""
    a, b = outer, inner
    xy = [[a, 0], [a, a], [-a, a], [-a, -a], [a, -a], [a, 0]]
    xy += [[b, 0], [b, -b], [-b, -b], [-b, b], [b, b], [b, 0]]
    return np.column_stack([np.array(xy, dtype=float), np.full(len(xy), z)])


def values(plan: rtcheck.OpenPlan, name: str = "A") -> list[float]:
    return [plan[name].measure(metric).value for metric in METRICS]


RING_CC = (40.0**2 - 20.0**2) * 20.0 / 1000


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
@pytest.mark.parametrize("way", ["nested", "keyhole", "nested, same direction"])
def test_a_hole_is_not_filled(way: str, geometry: str) -> None:
    """A ring of 24 cc; filled it were 32 cc. Rounded ends take half a slice off."""
    contours = []
    for z in HEIGHTS:
        if way == "keyhole":
            contours.append(keyhole(20, 10, z))
        else:
            hole = rectangle(0, 0, 10, 10, z)
            contours += [rectangle(0, 0, 20, 20, z), hole if "same" in way else hole[::-1]]
    found = plan_of({"A": contours}, geometry=geometry)["A"].volume_cm3
    ends = 0.1 if geometry == "linear-rounded" else 0.0
    assert RING_CC * (1 - ends) <= found * 1.002
    assert found <= RING_CC * 1.002


def test_the_hole_has_no_dose() -> None:
    """The innermost 15 mm get 100 Gy and belong to nobody."""
    contours = [c for z in HEIGHTS for c in (square(20, z), square(10, z))]
    x, y, z = axes()
    hot = np.zeros((len(z), len(y), len(x)))
    middle = np.flatnonzero(np.abs(x) <= 5)
    hot[:, middle[0] : middle[-1] + 1, middle[0] : middle[-1] + 1] = 100.0
    plan = plan_of({"A": contours, "Hole": box((20, 20, 20))}, DoseGrid(hot, x, y, z))
    assert plan["A"].measure("Max[Gy]").value == pytest.approx(0.0, abs=1e-9)
    assert plan["Hole"].measure("Max[Gy]").value == pytest.approx(100.0)


def test_an_island_in_a_hole_counts() -> None:
    rings = [rectangle(0, 0, h, h, z) for z in HEIGHTS for h in (20, 14, 6)]
    exact = (40**2 - 28**2 + 12**2) * 20 / 1000
    plan = plan_of({"A": rings})
    assert plan["A"].volume_cm3 == pytest.approx(exact, rel=0.002)
    assert plan["A"].measure("Count").value == 2


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
def test_two_spheres_in_one_roi(geometry: str) -> None:
    one, two = Sphere.of((-25.3, 1.2, 0.4), 14.0), Sphere.of((22.1, -3.3, 6.7), 10.0)
    plan = plan_of(
        {"A": drawn(one) + drawn(two), "1": drawn(one), "2": drawn(two)}, geometry=geometry
    )
    apart = plan["1"].volume_cm3 + plan["2"].volume_cm3
    assert plan["A"].volume_cm3 == pytest.approx(apart, rel=0.01)
    assert plan["A"].measure("Count").value == 2
    # The diameter is that of the larger lesion, not from one lesion to the other.
    # The poles lie within a slice (2 mm) of the end contours; no model knows better where.
    assert plan["A"].measure("Diameter[mm]").value == pytest.approx(28.0, abs=2.0)
    if geometry == "smooth":
        exact = one.volume_cm3 + two.volume_cm3
        assert plan["A"].volume_cm3 == pytest.approx(exact, rel=0.015)


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
def test_spheres_in_the_same_planes_one_ending_first(geometry: str) -> None:
    tall, short = Sphere.of((-25.3, 1.2, 0.4), 16.0), Sphere.of((22.1, -3.3, 0.4), 8.0)
    plan = plan_of({"A": drawn(tall) + drawn(short)}, geometry=geometry)
    exact = tall.volume_cm3 + short.volume_cm3
    assert plan["A"].volume_cm3 == pytest.approx(exact, rel=0.05 if "linear" in geometry else 0.01)
    assert plan["A"].measure("Count").value == 2


@pytest.mark.parametrize(
    ("geometry", "percent"),
    [
        pytest.param("smooth", 1.5),
        pytest.param("linear-half-slice", 1.5),
        pytest.param("linear-rounded", 1.5),
        ("prism", 1.5),
    ],
)
def test_a_small_lesion_beside_a_large_one_is_as_large_as_alone(
    geometry: str, percent: float
) -> None:
    large, small = Sphere.of((-25.3, 1.2, 0.4), 16.0), Sphere.of((22.1, -3.3, 0.4), 4.0)
    plan = plan_of(
        {"Both": drawn(large) + drawn(small), "1": drawn(large), "2": drawn(small)},
        geometry=geometry,
    )
    beside = plan["Both"].volume_cm3 - plan["1"].volume_cm3
    assert beside == pytest.approx(plan["2"].volume_cm3, rel=percent / 100)


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
def test_a_structure_of_one_slice_takes_the_spacing_of_the_set(geometry: str) -> None:
    plan = plan_of({"A": [rectangle(0, 0, 10, 10, 1.0)], "Other": box((30, 30, 30))},
                   geometry=geometry)  # fmt: skip
    found = plan["A"].volume_cm3
    exact = 20 * 20 * 3 / 1000  # Other's planes are 3 mm apart
    if geometry == "linear-rounded":
        assert 0.99 * exact / 3 <= found < exact, "a roof over half a slice on either side"
    else:
        assert found == pytest.approx(exact, rel=0.002)


def test_one_slice_and_nothing_to_go_by_is_not_guessed() -> None:
    plan = plan_of({"A": [rectangle(0, 0, 10, 10, 1.0)]}, LinearDose(50.0, (1.0, 0.0, 0.0)))
    for metric in ("Volume[cc]", "Mean[Gy]"):
        found = plan["A"].measure(metric)
        assert (found.value, found.reason) == (None, Reason.STRUCTURE_UNSUPPORTED)


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
def test_a_missing_slice_is_bridged_and_said(geometry: str) -> None:
    whole = mid_slice(Cylinder((1.3, 2.7, 0.0), 15.0, 40.0), 20)
    plan = plan_of({"A": whole[:9] + whole[10:], "B": whole}, geometry=geometry)
    assert plan["A"].volume_cm3 == pytest.approx(plan["B"].volume_cm3, rel=0.002)
    findings = plan.bench.findings()
    assert [(f.code, f.severity, f.where) for f in findings] == [
        ("CONTOUR_SLICES_BRIDGED", "warns", "A")
    ]
    assert "between z -3.0 and 1.0 mm" in findings[0].text


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
def test_a_wide_gap_splits_and_is_said(geometry: str) -> None:
    whole = mid_slice(Cylinder((1.3, 2.7, 0.0), 15.0, 60.0), 30)
    plan = plan_of({"A": whole[:10] + whole[20:]}, geometry=geometry)
    ends = 4 * 0.1 if geometry == "linear-rounded" else 0.0
    exact = np.pi * 15**2 * 40 / 1000
    assert exact * (1 - ends) * 0.997 <= plan["A"].volume_cm3 <= exact * 1.003
    assert plan["A"].measure("Count").value == 2
    assert [f.code for f in plan.bench.findings()] == ["CONTOUR_SLICES_SPLIT"]


def test_jitter_of_the_planes_is_one_plane() -> None:
    """Two contours of one slice, 0.01 mm apart in z, are a ring and not two slices."""
    jittered = []
    for z in HEIGHTS:
        jittered += [rectangle(0, 0, 20, 20, z), rectangle(0, 0, 10, 10, z + 0.01)]
    plan = plan_of({"A": jittered})
    assert plan["A"].volume_cm3 == pytest.approx(RING_CC, rel=0.003)
    assert plan.bench.findings() == ()


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
def test_the_order_of_contours_and_points_does_not_matter(geometry: str) -> None:
    contours = ball(16.0, (1.3, -2.2, 0.9)) + [rectangle(30, 0, 5, 8, z) for z in HEIGHTS]
    dose = LinearDose(50.0, (0.5, 0.3, -0.4))
    first = values(plan_of({"A": contours}, dose, geometry=geometry))
    rng = np.random.default_rng(7)
    shuffled = [
        np.roll(contours[i], rng.integers(50), axis=0)[:: rng.choice([1, -1])]
        for i in rng.permutation(len(contours))
    ]
    # Float noise in the sums; no point moved.
    assert values(plan_of({"A": shuffled}, dose, geometry=geometry)) == pytest.approx(
        first, rel=1e-5
    )


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
def test_moving_the_patient_origin_changes_nothing(geometry: str) -> None:
    found = []
    for shift in (np.zeros(3), np.array([-312.5, 487.5, -1042.0])):
        contours = [c + shift for c in ball(16.0, (1.3, -2.2, 0.9))]
        dose = LinearDose(50.0, (0.5, 0.3, -0.4), tuple(shift))
        x, y, z = (np.arange(-40, 41, 2.5) + s for s in shift)
        grid = DoseGrid(dose.on_grid(x, y, z), x, y, z)
        found.append(values(plan_of({"A": contours}, grid, geometry=geometry)))
    assert found[1] == pytest.approx(found[0], rel=1e-5)


@settings(max_examples=5)
@given(centers_mm, st.sampled_from(GEOMETRY_MODELS))
def test_where_the_pixels_fall_changes_little(
    center: tuple[float, float, float], geometry: str
) -> None:
    """A box is not moved against its own planes here, only against pixels and dose grid."""
    size = (18.0, 22.0, 20.0)
    found = plan_of({"A": box(size, center)}, geometry=geometry)["A"].volume_cm3
    still = plan_of({"A": box(size)}, geometry=geometry)["A"].volume_cm3
    assert found == pytest.approx(still, rel=0.001)


@settings(max_examples=15)
@given(stars(), st.booleans())
def test_a_prism_is_its_area_times_its_height(ring: np.ndarray, hole: bool) -> None:
    """Any star-shaped contour, with or without a hole of its own shape drawn the other way."""
    x, y = ring.T
    area = abs(float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))) / 2
    rings = [ring, 0.5 * ring[::-1]] if hole else [ring]
    contours = [np.column_stack([r, np.full(len(r), z)]) for z in HEIGHTS for r in rings]
    exact = area * (0.75 if hole else 1.0) * 20 / 1000
    # Spikes thinner than a pixel of a quarter of a millimetre are what is lost.
    found = plan_of({"A": contours})["A"].volume_cm3
    assert found == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize("body", [Box((0, 0, 0), (30, 20, 24)), Cylinder((0, 0, 0), 12, 24)])
def test_an_upright_body_is_the_same_in_all_models_but_rounded_ends(body: Box | Cylinder) -> None:
    contours = mid_slice(body, 12)
    found = {g: plan_of({"A": contours}, geometry=g)["A"].volume_cm3 for g in GEOMETRY_MODELS}
    for geometry in ("smooth", "linear-half-slice", "prism"):
        assert found[geometry] == pytest.approx(body.volume_cm3, rel=0.001)
    # Half a slice at either end tapers to nothing: between a third and all of 1/12 is lost.
    lost = 1 - found["linear-rounded"] / body.volume_cm3
    assert 1 / 12 / 3 < lost < 1 / 12


@pytest.mark.parametrize("spacing", [2.0, 3.0])
@pytest.mark.parametrize("phase", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("radius", [24.0, 12.0, 5.0])
def test_the_default_model_makes_a_sphere_of_its_slices(
    radius: float, phase: float, spacing: float
) -> None:
    """Wherever the slices fall, and however few they are: a sphere is quadratic along z."""
    sphere = Sphere.of((1.37, -2.61, 0.83), radius)
    plan = plan_of({"A": drawn(sphere, spacing, phase)}, geometry="smooth")
    assert plan["A"].volume_cm3 == pytest.approx(sphere.volume_cm3, rel=0.002)


@pytest.mark.parametrize(
    ("semi_axes", "angles", "percent"),
    [
        ((30, 10, 10), (0, 45, 0), 0.5),
        ((10, 10, 30), (30, 0, 0), 0.5),
        ((20, 12, 6), (20, 40, 10), 0.7),
        ((40, 30, 4), (90, 0, 0), 0.7),
        # A flat body of three slices, and a thin slanted plate: few slices say little.
        ((40, 30, 4), (0, 0, 0), 1.5),
        ((4, 30, 40), (0, 30, 0), 2.0),
    ],
)
def test_the_default_model_on_turned_ellipsoids(
    semi_axes: tuple[float, float, float], angles: tuple[float, float, float], percent: float
) -> None:
    body = Ellipsoid((1.37, -2.61, 0.83), semi_axes, angles)
    plan = plan_of({"A": drawn(body, 3.0)}, geometry="smooth")
    assert plan["A"].volume_cm3 == pytest.approx(body.volume_cm3, rel=percent / 100)


@pytest.mark.parametrize(
    ("geometry", "low", "high"),
    [("linear-rounded", -8.0, -2.0), ("linear-half-slice", -3.0, 0.0), ("prism", -0.7, 0.7)],
)
def test_the_other_models_err_on_a_sphere_as_is_known_of_them(
    geometry: str, low: float, high: float
) -> None:
    """Rounded ends and straight lines cut a ball of 12 mm at 3 mm; a staircase does not."""
    sphere = Sphere.of((1.37, -2.61, 0.83), 12.0)
    errors = [
        plan_of({"A": drawn(sphere, 3.0, phase)}, geometry=geometry)["A"].volume_cm3
        / sphere.volume_cm3
        - 1
        for phase in (0.0, 0.25, 0.5, 0.75)
    ]
    assert low <= 100 * np.mean(errors) <= high


def test_nominal_spacing_is_the_scans_not_the_gaps() -> None:
    assert nominal_spacing_mm(np.array([0.0, 3.0, 6.0, 12.0, 15.0])) == 3.0
    assert nominal_spacing_mm(np.array([0.0, 2.0, 5.0])) == 2.0
    assert nominal_spacing_mm(np.array([4.0])) == 0.0


def test_contours_that_are_no_contours_are_refused() -> None:
    points = np.zeros((4, 3))
    with pytest.raises(GeometryError, match="fewer than 3 points"):
        Structure(1, "A", points, np.array([0, 2, 4]))
    with pytest.raises(GeometryError, match="do not fit"):
        Structure(1, "A", points, np.array([0, 3]))
    points[1, 1] = np.nan
    with pytest.raises(GeometryError, match="not a finite number"):
        Structure(1, "A", points, np.array([0, 4]))


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
def test_contours_without_extent_are_empty(geometry: str) -> None:
    dot = [np.array([[1.0, 1.0, z]] * 3) for z in (0.0, 2.0, 4.0)]
    plan = plan_of({"A": dot}, LinearDose(50.0, (1.0, 0.0, 0.0)), geometry=geometry)
    found = plan["A"].measure("Volume[cc]")
    assert (found.value, found.reason) == (None, Reason.STRUCTURE_EMPTY)
    with pytest.raises(CannotSay):
        plan["A"].dvh()


def test_a_keyhole_without_width_is_the_same_solid_as_nested_contours() -> None:
    """Edges there and back bound nothing: pixels along the channel are not cut by it."""
    nested = HollowSphere((0.3, -0.4, 0.2), 18.0, 12.0)
    joined = HollowSphere((0.3, -0.4, 0.2), 18.0, 12.0, keyhole=True)
    planes_mm = np.arange(-17.5, 18.0, 2.0)
    volumes = [
        plan_of({"A": body.contours(planes_mm, 120)}, UniformDose(1.0))["A"].measure("Volume[cc]")
        for body in (nested, joined)
    ]
    assert volumes[0].value == pytest.approx(volumes[1].value, rel=1e-9)


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
def test_a_field_asked_for_only_beyond_the_end_contours(geometry: str) -> None:
    """Slabs of an end zone alone: there is no gap between planes to look into."""
    plan = plan_of({"A": box((20, 20, 20))}, geometry=geometry)
    region = plan["A"]
    solid = plan.bench.solid(region._tree)
    grid = PixelGrid.around(solid.extent_mm, 1.0)
    field = solid.field(np.array([9.5, 9.9]), grid)
    assert field.shape == (2, grid.ny, grid.nx)
    assert (field[0] < 0).any()
