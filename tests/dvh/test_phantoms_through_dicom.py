"""Bodies and doses with closed forms, written as DICOM, read back and measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bodies import RX, Box, Cylinder, LinearDose, Sphere, UniformDose, axes, box, drawn, written
from scipy.optimize import brentq

import rtcheck
from rtcheck.phantoms.dicom_files import ORIENTATIONS
from rtcheck.phantoms.solids import Solid

CENTER = (1.37, -2.61, 0.83)
"""On no grid point, contour plane or pixel."""

SOLIDS = {"cylinder": Cylinder(CENTER, 24.0, 60.0), "sphere": Sphere.of(CENTER, 24.0)}
# A cylinder's exact DVH is known along and across its axis, a sphere's in every direction.
GRADIENTS = {
    "cylinder": [(0.3, 0.2, 0.0), (0.0, 0.0, -0.4)],
    "sphere": [(0.3, 0.2, 0.0), (0.0, 0.0, -0.4), (0.15, -0.2, 0.25)],
}
CASES = [(name, gradient) for name, gradients in GRADIENTS.items() for gradient in gradients]
GRID = [a + shift for a, shift in zip(axes(-52.0, 52.0), (0.4, 1.1, 0.7), strict=True)]


def contours_of(solid: Solid) -> list[np.ndarray]:
    if isinstance(solid, Cylinder):
        # Its lids lie half a slice beyond its end contours, as every model takes it.
        low, high = solid.z_range_mm
        return list(solid.contours(np.arange(low + 1.0, high, 2.0), 240))
    return drawn(solid, 2.0)


def exact_dose_at(dose: LinearDose, solid: Solid, share: float) -> float:
    """Return D of a share of the volume: where the closed-form DVH has it."""
    mean, reach = dose.mean_gy(solid), 60.0 * float(np.linalg.norm(dose.gradient_gy_per_mm))
    return float(
        brentq(lambda gy: dose.volume_fraction(solid, gy) - share, mean - reach, mean + reach)
    )


@pytest.mark.parametrize(("name", "gradient"), CASES)
def test_closed_form_dvh(name: str, gradient: tuple[float, float, float], tmp_path: Path) -> None:
    solid, dose = SOLIDS[name], LinearDose(RX, gradient)
    plan = rtcheck.read(written(tmp_path / name, {"PTV": contours_of(solid)}, dose, GRID))
    region = plan["PTV"]
    assert region.measure("Volume[cc]").value == pytest.approx(solid.volume_cm3, rel=0.005)
    assert region.measure("Mean[Gy]").value == pytest.approx(dose.mean_gy(solid), abs=RX * 0.001)
    for percent in (95, 50, 5):
        found = region.measure(f"D{percent}%[Gy]")
        exact = exact_dose_at(dose, solid, percent / 100)
        assert found.value == pytest.approx(exact, abs=RX * 0.003), found.metric
        back = region.measure(f"V{exact:.6f}Gy[%]")
        assert back.value == pytest.approx(percent, abs=0.6), back.metric


METRICS = ["Volume[cc]", "Mean[Gy]", "D95%[Gy]", "D5%[Gy]", "Max[Gy]", "Min[Gy]", "V50Gy[%]"]


def test_every_orientation_gives_the_same_numbers(tmp_path: Path) -> None:
    solid, dose = SOLIDS["sphere"], LinearDose(RX, (0.15, -0.2, 0.25))
    found = {}
    for position in ORIENTATIONS:
        folder = tmp_path / position
        written(folder, {"PTV": contours_of(solid)}, dose, GRID, patient_position=position)
        region = rtcheck.read(folder)["PTV"]
        found[position] = [region.measure(metric).value for metric in METRICS]
    assert set(found) >= {"HFS", "HFP", "FFS", "FFP", "HFDR", "HFDL", "FFDR", "FFDL"}
    for position, values in found.items():
        assert values == pytest.approx(found["HFS"], rel=1e-6), position


@pytest.mark.parametrize("geometry", rtcheck.GEOMETRY_MODELS)
def test_a_prism_in_uniform_dose(geometry: str, tmp_path: Path) -> None:
    """Of the models, prism draws a box exactly; the contours' decimals and 32 bits are the rest."""
    body = Box(CENTER, (30.0, 20.0, 24.0))
    drawn_box = box(body.size_mm, body.center_mm, slices=12)
    folder = written(tmp_path / "box", {"PTV": drawn_box}, UniformDose(RX), GRID)
    region = rtcheck.read(folder, geometry=geometry)["PTV"]
    dvh = region.dvh()
    doses = [dvh.minimum_gy, dvh.mean_gy, dvh.maximum_gy, dvh.dose_at_volume_gy(dvh.total_cm3)]
    assert doses == pytest.approx([RX] * 4, rel=1e-6)
    assert region.measure("V50Gy[%]").value == pytest.approx(100.0, rel=1e-6)
    if geometry == "prism":
        assert region.volume_cm3 == pytest.approx(body.volume_cm3, rel=1e-6)
