"""Small plans built as records: bodies of known size in doses of known shape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rtcheck.api import OpenPlan
from rtcheck.phantoms.dicom_files import write_plan
from rtcheck.phantoms.doses import Dose, LinearDose, UniformDose
from rtcheck.phantoms.records import PhantomPlan, Roi
from rtcheck.phantoms.records import Prescription as AskedDose
from rtcheck.phantoms.solids import Box, Cylinder, Solid, Sphere, slice_planes_mm
from rtcheck.plan import DoseGrid, Finding, FractionPattern, Plan, Prescription, Structure

Vector = tuple[float, float, float]

RX = 50.0
"""Prescription of the phantoms in Gy."""


def structure(name: str, contours: Iterable[NDArray[np.float64]], number: int = 1) -> Structure:
    """Return a Structure of contours, each of shape (n, 3)."""
    rings = [np.asarray(c, dtype=np.float64) for c in contours]
    points = np.concatenate(rings) if rings else np.empty((0, 3))
    return Structure(number, name, points, np.cumsum([0, *map(len, rings)]))


def drawn(solid: Solid, spacing_mm: float = 2.0, phase: float = 0.0, points: int = 240) -> list:
    """Return a solid's contours on slices; points lie on the true surface."""
    return list(solid.contours(slice_planes_mm(*solid.z_range_mm, spacing_mm, phase), points))


def mid_slice(solid: Box | Cylinder, slices: int, points: int = 240) -> list:
    """Return contours in the middle of equal slices: extruding each gives the very body."""
    low, high = solid.z_range_mm
    z = low + (np.arange(slices) + 0.5) * (high - low) / slices
    return list(solid.contours(z, points))


def box(
    size_mm: Vector, center_mm: Vector = (0.0, 0.0, 0.0), slices: int = 10
) -> list[NDArray[np.float64]]:
    """Return the contours of a box, mid-slice."""
    return mid_slice(Box(center_mm, size_mm), slices, 4)


def ball(
    radius_mm: float, center_mm: Vector = (0.0, 0.0, 0.0), spacing_mm: float = 2.0
) -> list[NDArray[np.float64]]:
    """Return the contours of a ball."""
    return drawn(Sphere.of(center_mm, radius_mm), spacing_mm)


def axes(low_mm: float = -50.0, high_mm: float = 50.0, step_mm: float = 2.5) -> list[NDArray]:
    """Return the three axes (x, y, z) of a cubic grid."""
    axis = np.arange(low_mm, high_mm + step_mm / 2, step_mm)
    return [axis, axis, axis]


def dose_grid(dose: Dose, xyz: Sequence[NDArray[np.float64]] | None = None) -> DoseGrid:
    """Return a dose on a grid."""
    x, y, z = xyz or axes()
    return DoseGrid(dose.on_grid(x, y, z), x, y, z)


def plan_of(
    structures: dict[str, list[NDArray[np.float64]]],
    dose: Dose | DoseGrid | None = None,
    *,
    geometry: str = "prism",
    prescriptions: Sequence[Prescription] = (),
    fractions: int | None = None,
    pattern: FractionPattern | None = None,
    findings: Sequence[Finding] = (),
) -> OpenPlan:
    """Return an open plan; ROINumbers count from 1 in the order given."""
    return OpenPlan(
        Plan(
            "TEST",
            tuple(structure(n, c, i) for i, (n, c) in enumerate(structures.items(), 1)),
            dose_grid(dose) if isinstance(dose, Dose) else dose,
            tuple(prescriptions),
            fractions,
            pattern,
            tuple(findings),
        ),
        geometry,
    )


def box_in_gradient(geometry: str = "prism") -> OpenPlan:
    """Return a 20 × 20 × 20 mm box (8 cc) that gets 40 Gy at one side to 60 Gy at the other."""
    return plan_of(
        {"PTV": box((20, 20, 20))},
        LinearDose(RX, (1.0, 0.0, 0.0)),
        geometry=geometry,
        prescriptions=[Prescription("PTV", RX, 25, 1)],
        fractions=25,
    )


def written(
    folder: Path,
    contours: dict[str, list[NDArray[np.float64]]],
    dose: Dose,
    xyz: Sequence[NDArray[np.float64]] | None = None,
    **options: object,
) -> Path:
    """Write a phantom plan as DICOM files, prescribed `RX` in 25 fractions to its first ROI."""
    x, y, z = xyz or axes()
    rois = tuple(Roi(name, i, tuple(c)) for i, (name, c) in enumerate(contours.items(), 1))
    phantom = PhantomPlan(
        seed=folder.name,
        rois=rois,
        prescriptions=(AskedDose(rois[0].name, RX, 1),),
        fractions=25,
        dose_gy=dose.on_grid(x, y, z),
        x_mm=x,
        y_mm=y,
        z_mm=z,
    )
    return write_plan(folder, phantom, **options)


__all__ = [
    "RX",
    "Box",
    "Cylinder",
    "LinearDose",
    "Sphere",
    "UniformDose",
    "axes",
    "ball",
    "box",
    "box_in_gradient",
    "dose_grid",
    "drawn",
    "mid_slice",
    "plan_of",
    "structure",
    "written",
]
