"""How each made-up patient is made: its tumours, its beams and what goes wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rtcheck.phantoms.anatomy import Liver, Torso, spine_y_mm
from rtcheck.phantoms.fields import Cube, Field, Grid, compute_dose
from rtcheck.phantoms.records import Beam, PhantomPlan, Prescription, Roi
from rtcheck.phantoms.shapes import Blob, Contours
from rtcheck.phantoms.targets import SLICE_MM, Volume

_Z_PLANES_MM = np.arange(-165.0, 196.0, SLICE_MM)
_AROUND = tuple(range(0, 360, 40))
_OPPOSED = (0, 180)
_COLORS = {
    "GTV": (255, 0, 0),
    "ITV": (255, 128, 0),
    "CTV": (255, 0, 255),
    "PTV": (0, 0, 255),
    "External": (0, 255, 0),
    "Lungs": (0, 160, 200),
    "Lung_L": (0, 200, 255),
    "Lung_R": (0, 255, 255),
    "Heart": (220, 20, 60),
    "Esophagus": (210, 180, 140),
    "SpinalCord": (255, 255, 0),
    "Liver": (160, 82, 45),
    "Stomach": (255, 182, 193),
    "Duodenum": (154, 205, 50),
    "Kidney_L": (186, 85, 211),
    "Kidney_R": (138, 43, 226),
}
_HU = {
    "External": 0.0,
    "Lung_L": -700.0,
    "Lung_R": -700.0,
    "Heart": 40.0,
    "SpinalCord": 30.0,
    "Liver": 60.0,
    "Stomach": 20.0,
    "Duodenum": 20.0,
    "Kidney_L": 30.0,
    "Kidney_R": 30.0,
    "GTV": 45.0,
}
_LOCAL_NAMES = {
    "External": "BODY",
    "Lung_L": "Lt Lung",
    "Lung_R": "Rt Lung",
    "Heart": "heart",
    "Esophagus": "oesophagus",
    "SpinalCord": "Myelon",
    "Liver": "Whole Liver",
    "Stomach": "stomach",
    "Duodenum": "duodenum",
    "Kidney_L": "Lt Kidney",
    "Kidney_R": "Rt Kidney",
}


@dataclass(frozen=True, eq=False)
class _Target:
    """A target by its ROIName, its contours, and its prescription in Gy if it has one."""

    name: str
    kind: str
    contours: Contours
    prescribed_gy: float | None = None


def lung_mets(violating: bool) -> PhantomPlan:
    """Return three lung metastases, 50 Gy in 10 fractions; violating: lung V20Gy over 30 %."""
    lesions = [
        Blob((-92, 20, 45), (19, 17, 17)),
        Blob((-66, -8, 126), (13, 12, 12)),
        Blob((92, 14, 75), (15, 16, 14)),
    ]
    targets, fields = [], []
    for number, lesion in enumerate(lesions, 1):
        gtv = Volume.tumour(lesion)
        itv = gtv.grown(2.0, 5.0)
        ptv = itv.grown(4.5, 5.0).contours
        targets += [
            _Target(f"GTV{number}", "GTV", gtv.contours),
            _Target(f"ITV{number}", "ITV", itv.contours),
            _Target(f"PTV{number}", "PTV", ptv, 50.0),
        ]
        if violating:
            fields.append(Field(ptv, 50.4, _OPPOSED, edge_mm=11.0, blur_mm=4.5))
        else:
            fields.append(Field(ptv, 50.4, _AROUND, edge_mm=9.5, blur_mm=3.8, bath=0.8))
    torso = Torso(_Z_PLANES_MM)
    return _plan("Lung", violating, 10, torso.organs(), targets, fields)


def liver_thrombosis(violating: bool) -> PhantomPlan:
    """Return a liver tumour with thrombus and boost; violating: too little liver is left."""
    tumour = Blob((-88, -12, -52), (26, 26, 24))
    thrombus = Blob((-54, -10, -54), (28, 9, 10))
    gtv = Volume.tumour(tumour, thrombus)
    ctv = gtv.grown(5.3, 6.5)
    ptv = ctv.grown(5.2, 13.0).contours
    targets = [
        _Target("gtv 54", "GTV", gtv.contours, 54.0),
        _Target("ctv", "CTV", ctv.contours),
        _Target("ptv 50", "PTV", ptv, 50.0),
    ]
    beams = (180, 220, 260, 300, 340, 20)
    field = Field(ptv, 50.3, beams, edge_mm=8.0, blur_mm=3.8, bath=0.6)
    boost = Field(gtv.contours, 4.0, beams, edge_mm=5.0, blur_mm=3.0)
    liver = Liver(Blob((-76, -8, -60), (57, 65, 50)), None) if violating else Liver()
    organs = Torso(_Z_PLANES_MM, liver).organs()
    named = {local: organs[name] for name, local in _LOCAL_NAMES.items()}
    return _plan("Liver", violating, 25, named, targets, [field], [boost])


def oligometastasis(violating: bool) -> PhantomPlan:
    """Return a liver tumour and a vertebra; violating: the PTV of the vertebra is not covered."""
    liver_gtv = Volume.tumour(Blob((-92, -10, -48), (23, 22, 21)))
    bone_gtv = Volume.tumour(Blob((-2, 38, -96), (16, 13, 12)))
    liver_ptv = liver_gtv.grown(12.5, 12.5).contours
    bone_ptv = bone_gtv.grown(6.0, 6.0).contours
    targets = [
        _Target("GTV_Liver", "GTV", liver_gtv.contours),
        _Target("PTV_Liver", "PTV", liver_ptv, 50.0),
        _Target("GTV_Bone", "GTV", bone_gtv.contours),
        _Target("PTV_Bone", "PTV", bone_ptv, 50.0),
    ]
    spare = _spared_cord(12.0, 0.42) if violating else _spared_cord(8.0, 0.25)
    fields = [
        Field(liver_ptv, 50.4, (180, 225, 270, 315, 0), edge_mm=9.5, blur_mm=3.8, bath=0.8),
        Field(
            bone_ptv,
            50.4,
            (110, 145, 180, 215, 250),
            edge_mm=7.5,
            blur_mm=3.5,
            bath=0.8,
            cold=spare,
        ),
    ]
    organs = Torso(_Z_PLANES_MM).organs()
    del organs["Lungs"]
    return _plan("Oligo", violating, 25, organs, targets, fields)


def _spared_cord(width_mm: float, missing: float) -> Callable[[Cube, Cube, Cube], Cube]:
    """Return which fraction of the dose a planner leaves out around the spinal cord."""

    def cold(x: Cube, y: Cube, z: Cube) -> Cube:
        away = x**2 + (y - spine_y_mm(z)) ** 2
        return np.asarray(missing * np.exp(-away / (2 * width_mm**2)))

    return cold


def _plan(
    name: str,
    violating: bool,
    fractions: int,
    organs: Mapping[str, Contours],
    targets: Sequence[_Target],
    fields: Sequence[Field],
    boosts: Sequence[Field] = (),
) -> PhantomPlan:
    label = f"{name} {'violating' if violating else 'complying'}"
    tg263 = {local: name for name, local in _LOCAL_NAMES.items()}
    rois: list[Roi] = []
    for organ, contours in organs.items():
        plain = tg263.get(organ, organ)
        kind = "EXTERNAL" if plain == "External" else "ORGAN"
        color, hu = _COLORS[plain], _HU.get(plain)
        rois.append(Roi(organ, len(rois) + 1, contours, kind, color, hu))
    prescriptions = []
    for target in targets:
        number = len(rois) + 1
        # DICOM has no type for an ITV; like a CTV it is what must be hit.
        kind = "CTV" if target.kind == "ITV" else target.kind
        color, hu = _COLORS[target.kind], _HU.get(target.kind)
        rois.append(Roi(target.name, number, target.contours, kind, color, hu))
        if target.prescribed_gy is not None:
            prescriptions.append(Prescription(target.name, target.prescribed_gy, number))
    body = rois[0].contours
    grid = Grid.around(body, SLICE_MM)
    dose_gy = compute_dose(grid, body, fields, boosts)
    irradiated = np.concatenate([c for field in fields for c in field.target])
    angles = dict.fromkeys(angle for field in fields for angle in field.gantry_deg)
    size = np.ceil(np.ptp(irradiated, axis=0).max() / 10 + 2) * 10
    x, y, z = (irradiated.min(axis=0) + irradiated.max(axis=0)) / 2
    return PhantomPlan(
        seed=f"rtcheck example {label}",
        rois=tuple(rois),
        prescriptions=tuple(prescriptions),
        fractions=fractions,
        dose_gy=dose_gy,
        x_mm=grid.x_mm,
        y_mm=grid.y_mm,
        z_mm=grid.z_mm,
        label=label,
        patient_id=f"EXAMPLE-{name.upper()}",
        patient_name=f"Example^{name}",
        beams=tuple(Beam(float(angle), (float(size), float(size))) for angle in angles),
        isocenter_mm=(round(float(x), 1), round(float(y), 1), round(float(z), 1)),
    )
