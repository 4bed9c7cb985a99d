"""A box whose sides lie along the dose gradient: the DVH is a straight line."""

from __future__ import annotations

import numpy as np
import pytest
from bodies import LinearDose, ball, box, box_in_gradient, plan_of

from rtcheck.phantoms.doses import GaussianDose
from rtcheck.plan import DoseGrid


@pytest.mark.parametrize("percent", [1, 2, 5, 20, 50, 80, 95, 98, 99])
def test_dose_at_volume_is_a_straight_line(percent: int) -> None:
    found = box_in_gradient()["PTV"].measure(f"D{percent}%[Gy]").value
    # The lattice step is 0.3 mm at 1 Gy/mm: a staircase would be off by half of that. What lies
    # within a step of the surface is not spread over its voxel.
    step = 0.02 if 3 <= percent <= 97 else 0.1
    assert found == pytest.approx(60.0 - 0.2 * percent, abs=step)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_extremes_lie_on_the_surface_not_at_voxel_centres(axis: int) -> None:
    gradient = [0.0, 0.0, 0.0]
    gradient[axis] = 1.0
    plan = plan_of({"A": box((20, 20, 20))}, LinearDose(50.0, tuple(gradient)))
    assert plan["A"].measure("Min[Gy]").value == pytest.approx(40.0, abs=0.01)
    assert plan["A"].measure("Max[Gy]").value == pytest.approx(60.0, abs=0.01)


@pytest.mark.parametrize("gradient", [(1.0, 0.0, 0.0), (0.0, 0.7, 0.7), (0.5, -0.4, 0.6)])
def test_the_mean_is_the_dose_of_the_centre(gradient: tuple[float, float, float]) -> None:
    center = (3.3, -4.1, 1.7)
    plan = plan_of({"A": box((24, 18, 20), center)}, LinearDose(50.0, gradient))
    exact = 50.0 + sum(g * c for g, c in zip(gradient, center, strict=True))
    assert plan["A"].measure("Mean[Gy]").value == pytest.approx(exact, abs=1e-3)


def test_a_single_hot_voxel_in_a_large_body_is_its_maximum() -> None:
    """Trilinear dose has its extremes at grid points; 10 Gy but for one at 100 and one at 0."""
    axis = np.arange(-110.0, 111.0, 2.5)
    dose = np.full((len(axis),) * 3, 10.0)
    dose[56, 36, 62], dose[30, 40, 40] = 100.0, 0.0
    body = box((200, 200, 200), (0.37, 0.21, 0.11), slices=80)
    region = plan_of({"Body": body}, DoseGrid(dose, axis, axis, axis))["Body"]
    assert region.measure("Max[Gy]").value == pytest.approx(100.0, abs=0.5)
    assert region.measure("Min[Gy]").value == pytest.approx(0.0, abs=0.5)


@pytest.mark.parametrize("radius", [3.0, 8.0, 20.0])
def test_a_ball_in_a_gaussian_dose(radius: float) -> None:
    """V of a dose is the ball of the isodose; the grid is fine against sigma."""
    dose = GaussianDose(60.0, (0.4, -0.3, 0.2), 15.0)
    axis = np.arange(-30.0, 30.5, 1.0)
    grid = DoseGrid(dose.on_grid(axis, axis, axis), axis, axis, axis)
    region = plan_of({"A": ball(radius, (0.4, -0.3, 0.2), 1.0)}, grid, geometry="smooth")["A"]
    for percent in (10, 50, 90):
        shell = radius * (percent / 100) ** (1 / 3)
        exact = 60.0 * np.exp(-(shell**2) / (2 * 15.0**2))
        # Trilinear interpolation cuts a Gaussian by up to h^2/8 of its curvature: 0.1 Gy.
        assert region.measure(f"D{percent}%[Gy]").value == pytest.approx(exact, abs=0.25)
    assert region.measure("Max[Gy]").value == pytest.approx(60.0, abs=0.2)
