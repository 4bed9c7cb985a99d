"""Cohorts for tests: small, varied plans by the hundred, and ten ways to break one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest

from rtcheck.phantoms.dicom_files import write_plan
from rtcheck.phantoms.records import PhantomPlan, Prescription, Roi

long = pytest.mark.skipif(
    not os.environ.get("RTCHECK_LONG"), reason="takes minutes: set RTCHECK_LONG=1"
)

RULES = """schema = 1
id = "tiny"
version = "1.0.0"
status = "draft"
title = "Rules for tests"

[sources.paper]
cite = "Author. Title. Journal 2020;1:1."

[structures]
PTV = {}
SpinalCord = {}

[[prescription]]
name = "PTV"
target = "PTV"

[[goal]]
id = "ptv-mean"
structure = "PTV"
metric = "Mean[Gy]"
per_protocol = ">= 49 Gy"
source = { ref = "paper", where = "Table 1" }

[[goal]]
id = "cord-max"
structure = "SpinalCord"
metric = "Max[Gy]"
per_protocol = "<= 45 Gy"
acceptable = "<= 48 Gy"
source = { ref = "paper", where = "Table 1" }
"""

X_MM = np.arange(-30.0, 31.0, 5.0)
Z_MM = np.arange(-20.0, 21.0, 5.0)


def rules(folder: Path) -> Path:
    """Write the rules and return their path."""
    path = folder / "tiny.toml"
    path.write_text(RULES, encoding="utf-8")
    return path


def square(half_mm: float, x_mm: float) -> tuple[np.ndarray, ...]:
    corners = half_mm * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) + (x_mm, 0.0)
    return tuple(np.column_stack([corners, np.full(4, z)]) for z in (-6.0, -3.0, 0.0, 3.0, 6.0))


def make_heavy(folder: Path) -> Path:
    """Write a plan that takes half a minute: a target with a million points."""
    angles = np.linspace(0.0, 2.0 * np.pi, 20_000, endpoint=False)
    radii_mm = 12.0 * (1.0 + 0.3 * np.sin(4000 * angles))
    ring = np.column_stack([radii_mm * np.cos(angles) - 8.0, radii_mm * np.sin(angles)])
    phantom = PhantomPlan(
        seed="heavy",
        rois=(
            Roi(
                "PTV",
                1,
                tuple(
                    np.column_stack([ring, np.full(len(ring), z)])
                    for z in np.linspace(-19.0, 19.0, 60)
                ),
                "PTV",
            ),
            Roi("SpinalCord", 2, square(3.0, 24.0)),
        ),
        prescriptions=(Prescription("PTV", 50.0, 1),),
        fractions=25,
        dose_gy=np.full((len(Z_MM), len(X_MM), len(X_MM)), 44.0),
        x_mm=X_MM,
        y_mm=X_MM,
        z_mm=Z_MM,
        label="HEAVY",
        patient_id="ID-HEAVY",
        patient_name="HEAVY^PLAN",
    )
    return write_plan(folder, phantom, digits=2)


def make(folder: Path, number: int) -> Path:
    """Write plan `number`: 50 Gy at the PTV, at the cord 44 to 48.9 Gy by its number."""
    cord_gy = 44.0 + 0.1 * (number % 50)
    dose = 50.0 + (cord_gy - 50.0) * np.clip((X_MM - 5.0) / 15.0, 0.0, 1.0)
    phantom = PhantomPlan(
        seed=f"cohort {number}",
        rois=(
            Roi("PTV", 1, square(5.0 + number % 3, -8.0), "PTV"),
            Roi("SpinalCord", 2, square(3.0, 24.0)),
        ),
        prescriptions=(Prescription("PTV", 50.0, 1),),
        fractions=25,
        dose_gy=np.broadcast_to(dose, (len(Z_MM), len(X_MM), len(X_MM))).copy(),
        x_mm=X_MM,
        y_mm=X_MM,
        z_mm=Z_MM,
        label=f"P{number:05}",
        patient_id=f"ID-{number:05}",
        patient_name=f"NAME^N{number:05}",
    )
    return write_plan(folder, phantom, digits=2)


def cohort(folder: Path, number_of_plans: int) -> Path:
    """Write plans, a folder each, and return the folder that holds them."""
    for number in range(number_of_plans):
        make(folder / f"patient {number:05}", number)
    return folder


# Ten ways to break a plan -----------------------------------------------------------------------


def _edit(path: Path, change: object) -> None:
    dataset = pydicom.dcmread(path)
    change(dataset)
    dataset.save_as(path)


def _cut_pixels(folder: Path) -> None:
    path = folder / "RTDOSE.dcm"
    path.write_bytes(path.read_bytes()[:-400])


def _noise(folder: Path) -> None:
    path = folder / "RTSTRUCT.dcm"
    data = path.read_bytes()
    path.write_bytes(data[:400] + b"\xff" * 600 + data[1000:1100])


BREAKS = {
    "no dose file": lambda f: (f / "RTDOSE.dcm").unlink(),
    "no structure set": lambda f: (f / "RTSTRUCT.dcm").unlink(),
    "no plan file": lambda f: (f / "RTPLAN.dcm").unlink(),
    "dose cut off": _cut_pixels,
    "structure set of noise": _noise,
    "dose in relative units": lambda f: _edit(
        f / "RTDOSE.dcm", lambda d: setattr(d, "DoseUnits", "RELATIVE")
    ),
    "dose of nothing": lambda f: _edit(
        f / "RTDOSE.dcm", lambda d: setattr(d, "PixelData", bytes(len(d.PixelData)))
    ),
    "dose of another plan": lambda f: _edit(
        f / "RTDOSE.dcm",
        lambda d: setattr(d.ReferencedRTPlanSequence[0], "ReferencedSOPInstanceUID", "1.2.3.4"),
    ),
    "cord not drawn": lambda f: _edit(
        f / "RTSTRUCT.dcm", lambda d: delattr(d.ROIContourSequence[1], "ContourSequence")
    ),
    "two plans of one UID": lambda f: (
        shutil.copy(f / "RTPLAN.dcm", f / "COPY.dcm"),
        _edit(f / "COPY.dcm", lambda d: setattr(d, "RTPlanLabel", "OTHER")),
    ),
}
"""What is done to a plan's folder; none of them may come out as a pass or be missing."""
