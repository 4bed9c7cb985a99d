"""The exact DVH of a solid in a dose: two ways to it, and figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from rtcheck.phantoms import (
    Cone,
    Cylinder,
    Dose,
    Ellipsoid,
    GaussianDose,
    HollowSphere,
    LinearDose,
    LyingTorus,
    Pair,
    PenumbraDose,
    Solid,
    Sphere,
    UniformDose,
    truth_of,
)
from rtcheck.phantoms.truth import extremes_gy, spread_truth

RX = 50.0
# 0.02 % of 50 Gy: what the truth states of itself.
OWN_ERROR_GY = 0.01
CLOSED: dict[str, tuple[Solid, Dose]] = {
    "sphere, gradient": (Sphere.of((1, 2, 3), 24.0), LinearDose(RX, (0.5, -0.6, 0.625))),
    "sphere, penumbra": (Sphere.of((1, 2, 3), 12.0), PenumbraDose(1, RX, (4, 0, 0), (1, 0, 0))),
    "ellipsoid, penumbra": (
        Ellipsoid((0, 1, 2), (8, 15, 11), (20, -35, 50)),
        PenumbraDose(1, RX, (0, 0, -2), (0, 0.3, -1)),
    ),
    "cylinder, gradient": (Cylinder((1, 2, 3), 8.0, 20.0), LinearDose(RX, (0, 0, 1))),
    "cone, gradient": (Cone((1, 2, 3), 12.0, 24.0), LinearDose(RX, (0, 0, -1))),
    "shell, penumbra": (
        HollowSphere((1, 2, 3), 18.0, 15.5),
        PenumbraDose(1, RX, (0, 0, 6), (0, 0, 1)),
    ),
    "pair, gradient": (
        Pair(Sphere.of((1, 2, 3), 7.0), Sphere.of((20, 2, 8), 5.0)),
        LinearDose(RX, (0.6, 0.0, 0.8)),
    ),
}


@pytest.mark.parametrize("name", CLOSED)
def test_points_spread_over_a_solid_say_what_the_closed_form_says(name: str) -> None:
    solid, dose = CLOSED[name]
    exact, spread = truth_of(solid, dose), spread_truth(solid, dose)
    assert exact.is_closed_form
    assert not spread.is_closed_form
    assert spread.mean_gy == pytest.approx(exact.mean_gy, abs=OWN_ERROR_GY)
    for fraction in (0.98, 0.95, 0.5, 0.05, 0.02, 0.01):
        found = spread.dose_at_fraction(fraction)
        assert found == pytest.approx(exact.dose_at_fraction(fraction), abs=OWN_ERROR_GY)
    for level in np.linspace(exact.min_gy, exact.max_gy, 7)[1:-1]:
        share = exact.fraction_at_dose(float(level))
        assert spread.fraction_at_dose(float(level)) == pytest.approx(share, abs=2e-4)


@pytest.mark.parametrize("name", CLOSED)
def test_dose_and_fraction_are_inverse(name: str) -> None:
    truth = truth_of(*CLOSED[name])
    for fraction in (0.9, 0.5, 0.1, 0.001):
        assert truth.fraction_at_dose(truth.dose_at_fraction(fraction)) == pytest.approx(
            fraction, abs=1e-9
        )
    assert truth.fraction_at_dose(truth.min_gy) == 1
    assert truth.fraction_at_dose(truth.max_gy + 1e-6) == 0


def test_extremes_of_a_gradient_lie_where_a_tangent_plane_touches() -> None:
    ball, gradient = CLOSED["sphere, gradient"]
    center, reach = RX + 0.5 - 1.2 + 1.875, 24.0 * np.sqrt(0.25 + 0.36 + 0.625**2)
    assert extremes_gy(ball, gradient) == pytest.approx((center - reach, center + reach), abs=1e-6)
    # A tip and the rim of a base, and the inside of a ring.
    assert extremes_gy(*CLOSED["cone, gradient"]) == pytest.approx((RX - 15, RX + 9), abs=1e-6)
    ring = LyingTorus((0, 0, 0), 14.0, 5.0)
    along = LinearDose(RX, (1.0, 0.0, 0.0))
    assert extremes_gy(ring, along) == pytest.approx((RX - 19, RX + 19), abs=1e-6)
    peak = GaussianDose(60.0, (0.0, 0.0, 0.0), 15.0)
    nearest, farthest = (60 * np.exp(-(r**2) / 450) for r in (9.0, 19.0))
    assert extremes_gy(ring, peak) == pytest.approx((farthest, nearest), abs=1e-6)


def test_a_ball_about_the_peak_of_a_gaussian() -> None:
    ball, dose = Sphere.of((3, -1, 2), 12.0), GaussianDose(60.0, (3, -1, 2), 9.0)
    truth = truth_of(ball, dose)
    assert truth.max_gy == pytest.approx(60.0, abs=1e-6)
    assert truth.min_gy == pytest.approx(60 * np.exp(-(12**2) / 162), abs=1e-6)
    for level in (30.0, 45.0, 58.0):
        exact = (dose.radius_mm(level) / 12) ** 3
        assert truth.fraction_at_dose(level) == pytest.approx(exact, abs=2e-4)
    radii = (np.arange(20000) + 0.5) / 20000 * 12
    mean = np.average(60 * np.exp(-(radii**2) / 162), weights=radii**2)
    assert truth.mean_gy == pytest.approx(mean, abs=OWN_ERROR_GY / 2)


def test_a_gradient_along_no_axis_of_a_cone_is_read_off_points() -> None:
    cone, dose = Cone((1, 2, 3), 12.0, 24.0), LinearDose(RX, (1.0, 0.0, 0.0))
    truth = truth_of(cone, dose)
    assert not truth.is_closed_form
    # By symmetry, and the mean is that of the centre of mass.
    assert truth.dose_at_fraction(0.5) == pytest.approx(RX + 1, abs=OWN_ERROR_GY)
    assert truth.mean_gy == pytest.approx(dose.mean_gy(cone), abs=OWN_ERROR_GY)


def test_a_uniform_dose_is_all_there_is() -> None:
    truth = truth_of(Sphere.of((0, 0, 0), 10.0), UniformDose(RX))
    assert truth.min_gy == truth.mean_gy == truth.max_gy == truth.dose_at_fraction(0.3) == RX
    assert truth.fraction_at_dose(RX) == 1
    assert truth.fraction_at_dose(RX + 0.1) == 0
    assert truth.volume_cm3 == pytest.approx(4.18879, abs=1e-5)


DOSES = {
    "penumbra": PenumbraDose(1.0, RX, (0.3, 0.2, 0.1), (0.6, 0.64, 0.48)),
    "Gaussian": GaussianDose(60.0, (0.3, 0.2, 0.1), 9.0),
    "gradient": LinearDose(RX, (0.5, -0.6, 0.625)),
    "uniform": UniformDose(RX),
}


@pytest.mark.parametrize("name", DOSES)
@pytest.mark.parametrize("spacing_mm", [1.0, 2.0])
def test_interpolation_errs_by_no_more_than_its_bound(name: str, spacing_mm: float) -> None:
    dose = DOSES[name]
    axis = np.arange(-12.0, 12.1, spacing_mm)
    corners = dose.on_grid(axis, axis, axis)
    middle = sum(
        corners[i : len(axis) - 1 + i, j : len(axis) - 1 + j, k : len(axis) - 1 + k]
        for i in (0, 1) for j in (0, 1) for k in (0, 1)
    ) / 8  # fmt: skip
    half = axis[:-1] + spacing_mm / 2
    worst = float(np.abs(middle - dose.on_grid(half, half, half)).max())
    bound = dose.interpolation_error_gy((spacing_mm, spacing_mm, spacing_mm))
    assert worst <= bound + 1e-12
    # And the bound is one that is nearly met, at the peak or beside the edge.
    assert worst >= 0.6 * bound


def test_a_penumbra_rises_from_20_to_80_percent_over_its_width() -> None:
    dose = PenumbraDose(0.0, RX, (0.0, 3.0, 0.0), (0.0, 2.0, 0.0), penumbra_mm=5.0)
    assert dose.depth_mm(40.0) - dose.depth_mm(10.0) == pytest.approx(5.0, abs=1e-9)
    assert dose.at(np.array([7.0, 3.0, -2.0])) == pytest.approx(25.0, abs=1e-9)
    assert dose.depth_mm(60.0) == np.inf
    assert dose.depth_mm(-1.0) == -np.inf
