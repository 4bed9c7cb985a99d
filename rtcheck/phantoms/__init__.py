"""Phantoms: synthetic plans with known answers, written as valid DICOM files.

Points are (x, y, z) in mm in DICOM patient axes: x grows to the patient's left, y to the back,
z to the head. Arrays are (z, y, x). Nothing here knows of the checker that reads the files.

- `records`: what a phantom plan consists of.
- `dicom_files`: that plan as RT Structure Set, RT Plan and RT Dose, and a CT if it is wanted.
- `solids`, `doses`: closed-form bodies and doses, for answers that can be worked out by hand.
- `truth`: every figure of the DVH of a solid in a dose, exactly.
- `patients`: three made-up patients, each in a version that keeps its protocol and one that
  breaks one rule on purpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rtcheck.phantoms.dicom_files import (
        ORIENTATIONS,
        FrameOffsets,
        PlanUids,
        TransferSyntax,
        write_ct,
        write_plan,
        write_rtdose,
        write_rtplan,
        write_rtstruct,
    )
    from rtcheck.phantoms.doses import (
        Dose,
        GaussianDose,
        LinearDose,
        PenumbraDose,
        PlanarDose,
        UniformDose,
    )
    from rtcheck.phantoms.patients import EXAMPLES, VERSIONS, Example, make_example, write_example
    from rtcheck.phantoms.records import Beam, PhantomPlan, Points, Prescription, Roi
    from rtcheck.phantoms.solids import (
        Box,
        Cone,
        Cylinder,
        Ellipsoid,
        HollowSphere,
        LyingCone,
        LyingCylinder,
        LyingTorus,
        Pair,
        Solid,
        Sphere,
        Torus,
        slice_planes_mm,
    )
    from rtcheck.phantoms.truth import Truth, truth_of

_HOMES = {
    "dicom_files": (
        "ORIENTATIONS",
        "FrameOffsets",
        "PlanUids",
        "TransferSyntax",
        "write_ct",
        "write_plan",
        "write_rtdose",
        "write_rtplan",
        "write_rtstruct",
    ),
    "doses": (
        "Dose",
        "GaussianDose",
        "LinearDose",
        "PenumbraDose",
        "PlanarDose",
        "UniformDose",
    ),
    "patients": ("EXAMPLES", "VERSIONS", "Example", "make_example", "write_example"),
    "records": ("Beam", "PhantomPlan", "Points", "Prescription", "Roi"),
    "solids": (
        "Box",
        "Cone",
        "Cylinder",
        "Ellipsoid",
        "HollowSphere",
        "LyingCone",
        "LyingCylinder",
        "LyingTorus",
        "Pair",
        "Solid",
        "Sphere",
        "Torus",
        "slice_planes_mm",
    ),
    "truth": ("Truth", "truth_of"),
}
__all__ = [
    "EXAMPLES",
    "ORIENTATIONS",
    "VERSIONS",
    "Beam",
    "Box",
    "Cone",
    "Cylinder",
    "Dose",
    "Ellipsoid",
    "Example",
    "FrameOffsets",
    "GaussianDose",
    "HollowSphere",
    "LinearDose",
    "LyingCone",
    "LyingCylinder",
    "LyingTorus",
    "Pair",
    "PenumbraDose",
    "PhantomPlan",
    "PlanUids",
    "PlanarDose",
    "Points",
    "Prescription",
    "Roi",
    "Solid",
    "Sphere",
    "Torus",
    "TransferSyntax",
    "Truth",
    "UniformDose",
    "make_example",
    "slice_planes_mm",
    "truth_of",
    "write_ct",
    "write_example",
    "write_plan",
    "write_rtdose",
    "write_rtplan",
    "write_rtstruct",
]


def __getattr__(name: str) -> object:
    # Solids and doses are wanted without pydicom, which the writers need.
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
