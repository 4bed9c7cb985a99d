"""A real plan against what Eclipse itself stored: its DVHs in the RT Dose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
import pytest

import rtcheck

VOLUMES_CC = {
    "Breast": 396.229,
    "Heart": 437.462,
    "Lt Lung": 2008.949,
    "Tumor Bed": 12.809,
    "Tumor Bed Block": 62.883,
}
COMPARED = ("Tumor Bed", "Tumor Bed Block", "Lt Lung")
TARGETS = ("Tumor Bed", "Tumor Bed Block")
PERCENT_GY = 0.14
"""This Eclipse states mean, minimum and maximum in percent of 14 Gy."""


@dataclass(frozen=True)
class Stored:
    volume_cm3: float
    mean_gy: float
    dose_gy: np.ndarray
    at_least_cm3: np.ndarray

    def dose_at(self, share: float) -> float:
        """Return the dose that the hottest share of the volume has at least."""
        return float(np.interp(-share * self.volume_cm3, -self.at_least_cm3, self.dose_gy))


@pytest.fixture(scope="module")
def stored(eclipse: Path) -> dict[str, Stored]:
    structure_set = pydicom.dcmread(eclipse / "rtss.dcm")
    names = {r.ROINumber: str(r.ROIName) for r in structure_set.StructureSetROISequence}
    curves = {}
    for item in pydicom.dcmread(eclipse / "rtdose.dcm").DVHSequence:
        assert (item.DVHType, item.DoseUnits, item.DVHVolumeUnits) == ("CUMULATIVE", "GY", "CM3")
        width, volume = np.array(item.DVHData, dtype=float).reshape(-1, 2).T
        # Bins are 0.01 Gy wide: whether a volume stands at the left edge or the middle is 0.005 Gy.
        dose = (np.cumsum(width) - width) * float(item.DVHDoseScaling)
        name = names[item.DVHReferencedROISequence[0].ReferencedROINumber]
        mean = float(item.DVHMeanDose) * PERCENT_GY
        curves[name] = Stored(float(volume[0]), mean, dose, volume)
    return curves


@pytest.fixture(scope="module")
def rounded(eclipse: Path) -> rtcheck.OpenPlan:
    return rtcheck.read(eclipse, geometry="linear-rounded")


@pytest.fixture(scope="module")
def smooth(eclipse: Path) -> rtcheck.OpenPlan:
    return rtcheck.read(eclipse)


@pytest.mark.parametrize("name", VOLUMES_CC)
def test_the_stored_curves_are_read_as_eclipse_means_them(
    stored: dict[str, Stored], name: str
) -> None:
    curve = stored[name]
    assert curve.volume_cm3 == pytest.approx(VOLUMES_CC[name], abs=5e-4)
    share = -np.diff(np.append(curve.at_least_cm3, 0.0)) / curve.volume_cm3
    assert share @ curve.dose_gy == pytest.approx(curve.mean_gy, abs=0.01), "one bin"


@pytest.mark.parametrize("name", VOLUMES_CC)
def test_volume_like_eclipse(rounded: rtcheck.OpenPlan, name: str) -> None:
    found = rounded[name].measure("Volume[cc]")
    assert found.unit == "cc"
    assert found.value == pytest.approx(VOLUMES_CC[name], rel=0.005)


@pytest.mark.parametrize("name", VOLUMES_CC)
def test_mean_like_eclipse(rounded: rtcheck.OpenPlan, stored: dict[str, Stored], name: str) -> None:
    found = rounded[name].measure("Mean[Gy]")
    assert found.unit == "Gy"
    assert found.value == pytest.approx(stored[name].mean_gy, abs=0.02)


@pytest.mark.parametrize("percent", [95, 2])
@pytest.mark.parametrize("name", COMPARED)
def test_dose_at_volume_like_eclipse(
    rounded: rtcheck.OpenPlan, stored: dict[str, Stored], name: str, percent: int
) -> None:
    found = rounded[name].measure(f"D{percent}%[Gy]")
    assert found.value == pytest.approx(stored[name].dose_at(percent / 100), abs=0.03)


@pytest.mark.parametrize("name", VOLUMES_CC)
def test_volume_of_the_default_model(smooth: rtcheck.OpenPlan, name: str) -> None:
    assert smooth.geometry == "smooth"
    assert smooth[name].volume_cm3 == pytest.approx(VOLUMES_CC[name], rel=0.03)


@pytest.mark.parametrize("percent", [95, 2])
@pytest.mark.parametrize("name", TARGETS)
def test_dose_at_volume_of_the_default_model(
    smooth: rtcheck.OpenPlan, stored: dict[str, Stored], name: str, percent: int
) -> None:
    found = smooth[name].measure(f"D{percent}%[Gy]")
    assert found.value == pytest.approx(stored[name].dose_at(percent / 100), abs=0.1)


def test_percent_of_a_prescription_the_export_names(smooth: rtcheck.OpenPlan) -> None:
    """The plan's own dose in percent is Gy over the prescription, and the name is compulsory."""
    region = smooth["Tumor Bed Block"]
    names = sorted({p.name for p in smooth.prescriptions})
    assert names, "the export states prescriptions"
    rx = next(p for p in smooth.prescriptions if p.name == names[0])
    percent = region.measure("D95%[%]", prescription=rx.name)
    assert percent.value == pytest.approx(100 * region.measure("D95%[Gy]").value / rx.dose_gy)
    assert region.measure("D95%[%]").reason == "no_prescription"
