"""What is hard about contours, each against a closed form, in the default model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bodies import Box, Cylinder, LinearDose, Sphere, axes, box, drawn, mid_slice, plan_of, written
from numpy.typing import NDArray

import rtcheck
from rtcheck.errors import Reason
from rtcheck.phantoms.solids import HollowSphere
from rtcheck.plan import DoseGrid

CENTER = (1.3, -2.7, 0.4)

Contours = list[NDArray[np.float64]]


def default(contours: Contours, dose: LinearDose | DoseGrid | None = None) -> rtcheck.OpenPlan:
    return plan_of({"A": contours}, dose, geometry="smooth")


def volume_of(contours: Contours) -> float:
    return default(contours)["A"].volume_cm3


def arc(radius: float, thick: float, z: float) -> NDArray[np.float64]:
    """Return a half ring as one contour: a chest wall, cut off along y = 0."""
    angle = np.linspace(0, np.pi, 200)
    outer = radius * np.column_stack([np.cos(angle), np.sin(angle)])
    xy = np.concatenate([outer, outer[::-1] * (1 - thick / radius)])
    return np.column_stack([xy, np.full(len(xy), z)])


def area_mm2(contour: NDArray[np.float64]) -> float:
    x, y = contour[:, :2].T
    return abs(float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))) / 2


HEIGHTS = np.arange(-19.0, 20.0, 2.0)
"""Twenty planes in the middle of slices of 2 mm: 40 mm."""


@pytest.mark.parametrize(("radius", "hole"), [(30.0, 16.0), (30.0, 26.0), (120.0, 105.0)])
def test_a_ring_has_its_hole(radius: float, hole: float) -> None:
    """Filled, they would be 40 %, 300 % and 330 % too large."""
    outer, inner = (mid_slice(Cylinder(CENTER, r, 40.0), 20) for r in (radius, hole))
    exact = (area_mm2(outer[0]) - area_mm2(inner[0])) * 40 / 1000
    assert volume_of(outer + inner) == pytest.approx(exact, rel=0.002)


def test_a_chest_wall_has_its_hole() -> None:
    contours = [arc(130.0, 20.0, z) for z in HEIGHTS]
    assert volume_of(contours) == pytest.approx(area_mm2(contours[0]) * 40 / 1000, rel=0.002)


def test_a_wall_around_two_lungs() -> None:
    """A box of 300 × 200 mm with two round holes of 110 and 90 mm."""
    solids = [Box((0, 0, 0), (300, 200, 40)), Cylinder((-70, 5, 0), 55, 40)]
    contours = [mid_slice(s, 20) for s in (*solids, Cylinder((75, -5, 0), 45, 40))]
    one, two, three = (area_mm2(c[0]) for c in contours)
    exact = (one - two - three) * 40 / 1000
    assert volume_of([c for body in contours for c in body]) == pytest.approx(exact, rel=0.002)


@pytest.mark.parametrize("keyhole", [False, True])
@pytest.mark.parametrize(("spacing", "percent"), [(2.0, 1.5), (3.0, 2.0)])
@pytest.mark.parametrize("phase", [0.0, 0.4])
def test_a_hole_that_appears_and_closes_between_slices(
    phase: float, spacing: float, percent: float, keyhole: bool
) -> None:
    """Where the hole ends is not drawn: each of its two caps of 3 mm is 1.2 % of the body."""
    body = HollowSphere(CENTER, 20.0, 12.0, keyhole)
    found = volume_of(drawn(body, spacing, phase))
    assert found == pytest.approx(body.volume_cm3, rel=percent / 100)


@pytest.mark.parametrize("keyhole", [False, True])
def test_a_thin_shell(keyhole: bool) -> None:
    body = HollowSphere(CENTER, 20.0, 17.5, keyhole)
    assert volume_of(drawn(body, 2.0)) == pytest.approx(body.volume_cm3, rel=0.03)


@pytest.mark.parametrize("spacing", [1.0, 2.0])
def test_a_trunk_that_parts_in_two_branches(spacing: float) -> None:
    """The branches begin side by side and lean apart, each as far as its slice is high."""
    z = np.arange(-20 + spacing / 2, 20, spacing)
    trunk = [c for at in z[z < 0] for c in Cylinder((0, 0, 0), 8.0, 40).contours([at], 240)]
    branches = [
        c + np.array([side * (5.2 + 0.4 * at), 0, 0])
        for at in z[z > 0]
        for side in (-1, 1)
        for c in Cylinder((0, 0, 0), 5.0, 40).contours([at], 240)
    ]
    exact = np.pi * (8.0**2 + 2 * 5.0**2) * 20 / 1000
    plan = default(trunk + branches)
    assert plan["A"].volume_cm3 == pytest.approx(exact, rel=0.01)
    assert plan["A"].measure("Count").value == 1


def test_a_structure_of_one_slice_is_one_slice_thick_and_says_so() -> None:
    other = mid_slice(Cylinder(CENTER, 20.0, 30.0), 10)
    one = Cylinder((0, 0, 1.0), 6.0, 3.0)
    dose = LinearDose(50.0, (0.0, 0.0, 1.0))
    plan = plan_of({"A": mid_slice(one, 1), "Other": other}, dose, geometry="smooth")
    assert plan["A"].volume_cm3 == pytest.approx(one.volume_cm3, rel=0.002)
    found = plan["A"].measure("Mean[Gy]")
    assert found.value == pytest.approx(51.0, abs=0.01)
    # How thick it is nobody drew: up to twice as far, or hardly at all, on either side.
    assert found.low < 50.5
    assert found.high > 51.5
    assert "CONTOUR_SINGLE_PLANE" in {f.code for f in plan.bench.findings()}


@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5])
def test_contours_between_the_planes_of_the_dose(phase: float) -> None:
    """The dose is linear, so that between its planes it is what it is on them."""
    sphere = Sphere.of(CENTER, 14.0)
    dose = LinearDose(50.0, (0.3, -0.2, 0.9))
    x, y, _ = axes()
    z = np.arange(-50.0, 50.0, 5.0) + 5.0 * phase
    plan = default(drawn(sphere), DoseGrid(dose.on_grid(x, y, z), x, y, z))
    mean = 50.0 + float(np.dot((0.3, -0.2, 0.9), CENTER))
    steep = float(np.linalg.norm((0.3, -0.2, 0.9)))
    assert plan["A"].measure("Mean[Gy]").value == pytest.approx(mean, abs=0.01)
    # Where the surface lies is known to a tenth of a mm or two.
    assert plan["A"].measure("Max[Gy]").value == pytest.approx(mean + 14 * steep, abs=0.2)
    assert plan["A"].measure("Min[Gy]").value == pytest.approx(mean - 14 * steep, abs=0.2)


def turned(contours: Contours, plane: str) -> Contours:
    """Return contours whose planes are turned out of the axial plane."""
    tilt = np.radians(20)
    to_axes = {
        "coronal": np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]),
        "sagittal": np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]]),
        "oblique": np.array(
            [[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]]
        ),
    }[plane]
    return [c @ to_axes.T for c in contours]


@pytest.mark.parametrize("plane", ["coronal", "sagittal", "oblique"])
def test_contours_that_are_not_axial_are_refused_not_guessed(tmp_path: Path, plane: str) -> None:
    contours = {"A": turned(box((20, 20, 20)), plane), "B": box((10, 10, 10))}
    plan = rtcheck.read(written(tmp_path, contours, LinearDose(50.0, (1.0, 0.0, 0.0))))
    for metric in ("Volume[cc]", "Mean[Gy]", "D95%[Gy]", "V50Gy[%]"):
        found = plan["A"].measure(metric)
        assert (found.value, found.low, found.high) == (None, None, None)
        assert found.reason is Reason.STRUCTURE_UNSUPPORTED
    blocking = [f for f in plan.findings if f.severity == "blocks"]
    assert [(f.code, f.where) for f in blocking] == [("CONTOURS_NOT_AXIAL", "A")]
    assert "10 of 10 contours do not lie in an axial plane" in blocking[0].text
    assert plan["B"].measure("Mean[Gy]").value == pytest.approx(50.0, abs=0.01)


@pytest.mark.parametrize("keyhole", [False, True])
@pytest.mark.parametrize("geometry", ["smooth", "linear-rounded", "linear-half-slice", "prism"])
def test_the_volume_does_not_depend_on_what_was_asked_first(geometry: str, keyhole: bool) -> None:
    body = HollowSphere(CENTER, 20.0, 17.5, keyhole)
    dose = LinearDose(50.0, (0.5, 0.3, -0.4))

    def shell() -> rtcheck.OpenPlan:
        return plan_of({"Shell": drawn(body, 2.0)}, dose, geometry=geometry)

    volume_first = shell()
    volume = volume_first["Shell"].volume_cm3
    mean = volume_first["Shell"].measure("Mean[Gy]").value
    assert volume_first["Shell"].volume_cm3 == volume
    mean_first = shell()
    assert mean_first["Shell"].measure("Mean[Gy]").value == mean
    assert mean_first["Shell"].volume_cm3 == volume
    assert mean_first["Shell"].measure("Volume[cc]").value == volume
