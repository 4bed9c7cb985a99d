"""The closed forms of solids and doses against plain numeric integration."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rtcheck.errors import UsageError
from rtcheck.phantoms import (
    Box,
    Cylinder,
    Ellipsoid,
    GaussianDose,
    LinearDose,
    Solid,
    Sphere,
    UniformDose,
    slice_planes_mm,
)

Array = NDArray[np.float64]

# Flat sides lie halfway between the points of the lattice below, so that none is caught on them.
SOLIDS: dict[str, Solid] = {
    "sphere": Sphere.of((1.3, -2.2, 0.7), 12.0),
    "ellipsoid": Ellipsoid((-3.1, 4.4, 10.3), (9.0, 14.0, 11.0)),
    "turned ellipsoid": Ellipsoid((0.4, 0.9, -5.2), (8.0, 15.0, 11.0), (20.0, -35.0, 50.0)),
    "cylinder": Cylinder((2.5, -7.1, 3.3), 10.0, 22.8),
    "box": Box((-4.6, 1.9, 8.8), (16.8, 20.8, 12.8)),
}
ALONG: dict[str, tuple[tuple[float, float, float], ...]] = {
    "sphere": ((1, 0, 0), (0.3, -0.5, 0.9)),
    "ellipsoid": ((0, 1, 0), (0.3, -0.5, 0.9)),
    "turned ellipsoid": ((0, 0, 1), (-1.0, 2.0, 0.4)),
    "cylinder": ((0, 0, -1), (0.8, 0.3, 0)),
    "box": ((0, -2, 0), (0, 0, 1)),
}
DIRECTIONS = [(name, direction) for name, all_of in ALONG.items() for direction in all_of]
PITCH_MM = 0.2
# A lattice this fine counts volumes of some cm3 to about a thousandth.
COUNTING = 2e-3


def lattice(solid: Solid) -> Array:
    """Return the points of a fine lattice that lie in a solid, shape (n, 3) in mm."""
    reach = np.arange(-17.0, 17.0, PITCH_MM) + PITCH_MM / 2
    x, y = np.meshgrid(reach + solid.center_mm[0], reach + solid.center_mm[1])
    inside = []
    for z in reach + solid.center_mm[2]:
        points = np.stack([x, y, np.full_like(x, z)], axis=-1)
        inside.append(points[solid.contains(points)])
    return np.concatenate(inside)


@pytest.fixture(scope="module")
def points() -> dict[str, Array]:
    return {name: lattice(solid) for name, solid in SOLIDS.items()}


def shoelace_mm2(contour: Array) -> float:
    """Return the area of a contour in mm2; positive when it runs counter-clockwise in (x, y)."""
    x, y = contour[:, 0], contour[:, 1]
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2


@pytest.mark.parametrize("name", SOLIDS)
def test_the_volume_is_what_a_lattice_counts(name: str, points: dict[str, Array]) -> None:
    counted_cm3 = len(points[name]) * PITCH_MM**3 / 1000
    assert counted_cm3 == pytest.approx(SOLIDS[name].volume_cm3, rel=COUNTING)


@pytest.mark.parametrize("name", SOLIDS)
def test_the_contours_enclose_the_volume(name: str) -> None:
    solid = SOLIDS[name]
    low, high = solid.z_range_mm
    step = (high - low) / 400
    middles = low + (np.arange(400) + 0.5) * step
    areas = [shoelace_mm2(c) for c in solid.contours(middles, 400)]
    assert len(areas) == 400
    # 400 slices, and circles as 400-gons (too small by 4e-5).
    assert sum(areas) * step / 1000 == pytest.approx(solid.volume_cm3, rel=1e-4)


@pytest.mark.parametrize("name", SOLIDS)
def test_contours_lie_on_the_surface(name: str) -> None:
    solid = SOLIDS[name]
    middle = np.asarray(solid.center_mm)
    low, high = solid.z_range_mm
    contours = solid.contours(np.linspace(low + 0.5, high - 0.5, 9), 31)
    assert len(contours) == 9
    for contour in contours:
        assert contour.shape == (31, 3)
        assert np.ptp(contour[:, 2]) == 0
        # Convex bodies: a hair towards the centre is inside; in the plane, a hair out is not.
        assert solid.contains(middle + (contour - middle) * (1 - 1e-9)).all()
        inner = contour.mean(axis=0)
        assert not solid.contains(inner + (contour - inner) * (1 + 1e-6)).any()


@pytest.mark.parametrize("name", SOLIDS)
def test_there_is_no_contour_beyond_the_ends(name: str) -> None:
    solid = SOLIDS[name]
    low, high = solid.z_range_mm
    assert solid.contours([low - 0.01, high + 0.01], 12) == ()
    assert len(solid.contours([low + 0.01, high - 0.01], 12)) == 2


@pytest.mark.parametrize(("name", "direction"), DIRECTIONS)
@pytest.mark.parametrize("distance_mm", [-6.0, 0.0, 2.4, 5.4])
def test_the_part_beyond_a_plane_is_what_a_lattice_counts(
    name: str, direction: tuple[float, float, float], distance_mm: float, points: dict[str, Array]
) -> None:
    normal = np.asarray(direction) / np.linalg.norm(direction)
    beyond = (points[name] - SOLIDS[name].center_mm) @ normal >= distance_mm
    exact = SOLIDS[name].fraction_beyond(direction, distance_mm)
    # Cuts along the lattice lie halfway between its points too.
    assert beyond.mean() == pytest.approx(exact, abs=1e-3)


@pytest.mark.parametrize(("name", "direction"), DIRECTIONS)
def test_all_lies_before_the_far_end_and_nothing_beyond_it(
    name: str, direction: tuple[float, float, float]
) -> None:
    assert SOLIDS[name].fraction_beyond(direction, -40.0) == 1
    assert SOLIDS[name].fraction_beyond(direction, 40.0) == 0
    assert SOLIDS[name].fraction_beyond(direction, 0.0) == pytest.approx(0.5, abs=1e-12)


def test_a_plane_without_closed_form_is_refused() -> None:
    with pytest.raises(UsageError, match="oblique to the cylinder"):
        SOLIDS["cylinder"].fraction_beyond((1, 0, 1), 0)
    with pytest.raises(UsageError, match="oblique to the box"):
        SOLIDS["box"].fraction_beyond((1, 1, 0), 0)
    with pytest.raises(UsageError, match="rectangle of 3 points"):
        SOLIDS["box"].contour(8.8, 3)


@pytest.mark.parametrize(("name", "direction"), DIRECTIONS)
def test_the_dvh_in_a_gradient_is_what_a_lattice_counts(
    name: str, direction: tuple[float, float, float], points: dict[str, Array]
) -> None:
    solid = SOLIDS[name]
    dose = LinearDose(40.0, tuple(0.7 * d for d in direction), (5.0, -5.0, 2.0))
    at = dose.at(points[name])
    # The lattice is symmetric about the centre, and so is its mean.
    assert at.mean() == pytest.approx(dose.mean_gy(solid), abs=1e-3)
    for share in (0.02, 0.5, 0.95):
        level = float(np.quantile(at, 1 - share))
        assert dose.volume_fraction(solid, level) == pytest.approx(share, abs=0.01)


def test_a_gradient_is_exact_under_trilinear_interpolation() -> None:
    dose = LinearDose(20.0, (0.3, -0.2, 0.5), (1.0, 2.0, 3.0))
    axis = np.array([0.0, 10.0])
    corners = dose.on_grid(axis, axis + 5, axis - 5)
    assert corners.shape == (2, 2, 2)
    # The mean of the corners is the dose in the middle of the cell (5, 10, 0).
    assert corners.mean() == pytest.approx(20 + 0.3 * 4 - 0.2 * 8 + 0.5 * -3, abs=1e-12)
    assert corners[1, 0, 0] - corners[0, 0, 0] == pytest.approx(0.5 * 10, abs=1e-12)
    assert corners[0, 1, 0] - corners[0, 0, 0] == pytest.approx(-0.2 * 10, abs=1e-12)
    assert corners[0, 0, 1] - corners[0, 0, 0] == pytest.approx(0.3 * 10, abs=1e-12)


@pytest.mark.parametrize("level_gy", [10.0, 35.0, 59.0])
def test_the_isodose_of_a_gaussian_is_a_sphere(level_gy: float) -> None:
    dose = GaussianDose(60.0, (3.0, -1.0, 2.0), 9.0)
    radius = dose.radius_mm(level_gy)
    for direction in np.eye(3):
        at = np.asarray(dose.center_mm) + radius * direction
        assert dose.at(at) == pytest.approx(level_gy, rel=1e-12)
    # Counted in a ball of 16 mm around the same centre.
    ball = Sphere.of(dose.center_mm, 16.0)
    share = (dose.at(lattice(ball)) >= level_gy).mean()
    assert share == pytest.approx(min(1.0, (radius / 16.0) ** 3), rel=0.02)


def test_from_the_peak_on_no_isodose_is_left() -> None:
    dose = GaussianDose(60.0, (0.0, 0.0, 0.0), 9.0)
    assert dose.radius_mm(60.0) == dose.radius_mm(70.0) == 0.0


def test_a_uniform_dose_is_the_same_everywhere() -> None:
    assert (
        np.unique(UniformDose(42.0).on_grid(np.arange(3.0), np.arange(4.0), np.arange(5.0))) == 42
    )


@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5])
def test_slice_planes_are_evenly_spaced_and_keep_the_ends(phase: float) -> None:
    planes = slice_planes_mm(-9.0, 9.0, 3.0, phase)
    assert np.diff(planes) == pytest.approx(np.full(len(planes) - 1, 3.0), abs=1e-9)
    assert -9.0 <= planes[0] < -6.0 < 6.0 < planes[-1] <= 9.0
    assert len(planes) == (7 if phase == 0 else 6)
