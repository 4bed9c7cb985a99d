"""One clean export, as it should be, and its rules: what faults are planted in."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom import Dataset

import rtcheck
from rtcheck.phantoms.dicom_files import write_plan
from rtcheck.phantoms.records import PhantomPlan, Prescription, Roi
from rtcheck.phantoms.solids import Box, Cylinder, Solid, Sphere, slice_planes_mm
from rtcheck.report.record import Report

RX, FRACTIONS, SPACING_MM = 50.0, 25, 3.0
TARGET_MM = (-60.0, 0.0, 0.0)

RULES = """schema = 1
id = "chest"
version = "1.0.0"
status = "draft"
title = "Rules of the planted faults"
[sources.paper]
cite = "Author. Title. Journal 2020;1:1."
[structures]
PTV = {}
CTV = {}
GTV = {}
SpinalCord = {}
Lung_L = {}
Lung_R = {}
[[prescription]]
name = "PTV"
target = "PTV"
[[goal]]
id = "ptv"
structure = "PTV"
metric = "D95%[%]"
prescription = "PTV"
per_protocol = ">= 95 %"
source = { ref = "paper", where = "Table 1" }
[[goal]]
id = "cord"
structure = "SpinalCord"
metric = "Max[Gy]"
per_protocol = "<= 45 Gy"
source = { ref = "paper", where = "Table 1" }
[[goal]]
id = "left"
structure = "Lung_L"
metric = "V20Gy[%]"
per_protocol = "<= 30 %"
source = { ref = "paper", where = "Table 1" }
[[goal]]
id = "right"
structure = "Lung_R"
metric = "Mean[Gy]"
per_protocol = "<= 20 Gy"
source = { ref = "paper", where = "Table 1" }
[[goal]]
id = "inner"
structure = "GTV & CTV"
metric = "D98%[%]"
prescription = "PTV"
per_protocol = ">= 95 %"
source = { ref = "paper", where = "Table 1" }
"""
"""Five goals that the clean export keeps; every target is looked at."""


def drawn(solid: Solid, points: int = 48) -> tuple[NDArray[np.float64], ...]:
    """Return the contours of a solid on the slices of the scan."""
    return tuple(solid.contours(slice_planes_mm(*solid.z_range_mm, SPACING_MM, 0.0), points))


def phantom() -> PhantomPlan:
    """Return the plan: a target in the right lung, both lungs, a cord, a body."""
    rois = (
        Roi("BODY", 1, drawn(Box((0, 0, 0), (300, 200, 120))), "EXTERNAL"),
        Roi("PTV", 2, drawn(Sphere.of(TARGET_MM, 24.0)), "PTV"),
        Roi("CTV", 3, drawn(Sphere.of(TARGET_MM, 18.0)), "CTV"),
        Roi("GTV", 4, drawn(Sphere.of(TARGET_MM, 12.0)), "GTV"),
        Roi("Lung_L", 5, drawn(Box((70, -10, 0), (90, 120, 100))), "ORGAN"),
        Roi("Lung_R", 6, drawn(Box((-70, -10, 0), (90, 120, 100))), "ORGAN"),
        Roi("SpinalCord", 7, drawn(Cylinder((0, 70, 0), 6.0, 110.0)), "ORGAN"),
    )
    x, y, z = np.arange(-160, 161, 4.0), np.arange(-112, 113, 4.0), np.arange(-66, 67, 3.0)
    off = [axis - center for axis, center in zip((x, y, z), TARGET_MM, strict=True)]
    away = np.sqrt(off[0] ** 2 + off[1][:, None] ** 2 + off[2][:, None, None] ** 2)
    dose = 51.5 * np.clip(1 - (away - 30) / 25, 0.02, 1)
    return PhantomPlan(
        seed="chest",
        rois=rois,
        prescriptions=(Prescription("PTV", RX, 2),),
        fractions=FRACTIONS,
        dose_gy=dose,
        x_mm=x,
        y_mm=y,
        z_mm=z,
        label="CHEST",
    )


@cache
def _files() -> tuple[bytes, ...]:
    with TemporaryDirectory() as folder:
        write_plan(folder, phantom())
        return tuple(
            (Path(folder) / f"{name}.dcm").read_bytes() for name in ("RTPLAN", "RTSTRUCT", "RTDOSE")
        )


def clean() -> list[Dataset]:
    """Return RT Plan, RT Structure Set and RT Dose of the clean export, to be changed."""
    return [pydicom.dcmread(io.BytesIO(data)) for data in _files()]


def clean_bytes() -> list[bytes]:
    """Return the same as the bytes of their files."""
    return list(_files())


def save_all(folder: Path, datasets: Iterable[Dataset]) -> Path:
    """Write datasets into a folder, made if needed, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, dataset in enumerate(datasets):
        dataset.save_as(folder / f"{number}.dcm")
    return folder


def roi_named(structure_set: Dataset, name: str) -> Dataset:
    """Return the item of StructureSetROISequence of a name."""
    return next(r for r in structure_set.StructureSetROISequence if r.ROIName == name)


def contours_named(structure_set: Dataset, name: str) -> Dataset:
    """Return the item of ROIContourSequence of a name."""
    number = roi_named(structure_set, name).ROINumber
    return next(c for c in structure_set.ROIContourSequence if c.ReferencedROINumber == number)


def again(structure_set: Dataset, name: str, as_name: str, kind: str) -> None:
    """Add a copy of an ROI under another name and type."""
    numbers = [roi.ROINumber for roi in structure_set.StructureSetROISequence]
    old = roi_named(structure_set, name).ROINumber
    for keyword, key in (
        ("StructureSetROISequence", "ROINumber"),
        ("ROIContourSequence", "ReferencedROINumber"),
        ("RTROIObservationsSequence", "ReferencedROINumber"),
    ):
        sequence = getattr(structure_set, keyword)
        item = copy.deepcopy(next(i for i in sequence if i[key].value == old))
        setattr(item, key, max(numbers) + 1)
        if keyword == "StructureSetROISequence":
            item.ROIName = as_name
        if keyword == "RTROIObservationsSequence":
            item.RTROIInterpretedType = kind
        sequence.append(item)


def move(
    structure_set: Dataset,
    name: str,
    how: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> None:
    """Change the points (x, y, z) of every contour of an ROI."""
    for contour in contours_named(structure_set, name).ContourSequence:
        points = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
        contour.ContourData = [f"{value:.3f}" for value in how(points).ravel()]


def dose_values(dose: Dataset) -> NDArray[np.uint32]:
    """Return the stored values of an RT Dose, to be changed."""
    shape = (dose.NumberOfFrames, dose.Rows, dose.Columns)
    return np.frombuffer(dose.PixelData, "<u4").reshape(shape).copy()


def checked_export(folder: Path, objects: Iterable[Dataset]) -> Report:
    """Return the report on these objects, by the rules of the clean export.

    Of several plans it is that of one with a dose and with findings.
    """
    export = save_all(folder / "export", objects)
    (folder / "rules.toml").write_text(RULES, encoding="utf-8")
    plans = rtcheck.read_all(export)
    plan = max(plans, key=lambda p: (p.record.dose is not None, len(p.findings)))
    return rtcheck.check(plan, folder / "rules.toml")
