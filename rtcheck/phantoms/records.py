"""What a phantom plan consists of: ROIs, prescriptions, beams, dose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import UsageError

Points = NDArray[np.float64]
"""Points (x, y, z) in mm, DICOM patient axes; shape (n, 3)."""


@dataclass(frozen=True, eq=False)
class Roi:
    """A structure as it is drawn: closed planar contours.

    Parameters
    ----------
    name : str
        ROIName.
    number : int
        ROINumber.
    contours : tuple of ndarray of shape (n, 3)
        Closed contours, each on one plane; (x, y, z) in mm, patient axes. The first point is not
        repeated at the end. Empty for an ROI that was named and never drawn.
    interpreted_type : str
        RTROIInterpretedType, such as ``"PTV"``, ``"ORGAN"``, ``"EXTERNAL"``; may be empty.
    color : tuple of int
        ROIDisplayColor: red, green, blue from 0 to 255.
    hu : float or None
        Hounsfield units inside, for a CT; None leaves what is around it.
    """

    name: str
    number: int
    contours: tuple[Points, ...] = ()
    interpreted_type: str = "ORGAN"
    color: tuple[int, int, int] = (255, 255, 0)
    hu: float | None = None

    def __post_init__(self) -> None:
        contours = tuple(np.asarray(c, dtype=np.float64) for c in self.contours)
        for contour in contours:
            if contour.ndim != 2 or contour.shape[1] != 3:
                raise UsageError(f"a contour of shape {contour.shape}", expected="(n, 3)")
        object.__setattr__(self, "contours", contours)


@dataclass(frozen=True)
class Prescription:
    """A line of the RT Plan's DoseReferenceSequence.

    Parameters
    ----------
    description : str
        DoseReferenceDescription, usually the target's name.
    dose_gy : float
        TargetPrescriptionDose: over all fractions, in Gy.
    roi_number : int or None
        ReferencedROINumber of the target (structure type VOLUME); None leaves it out, and the
        dose reference is then a SITE.
    """

    description: str
    dose_gy: float
    roi_number: int | None = None


@dataclass(frozen=True)
class Beam:
    """A static photon beam, just enough to be valid.

    Parameters
    ----------
    gantry_deg : float
        GantryAngle in degrees, IEC 61217.
    field_mm : tuple of float
        Jaw openings (x, y) at the isocentre in mm, symmetric.
    """

    gantry_deg: float
    field_mm: tuple[float, float] = (100.0, 100.0)


@dataclass(frozen=True, eq=False)
class PhantomPlan:
    """One plan: what is drawn, what is asked, and the dose.

    Parameters
    ----------
    seed : str
        Every UID is made from it: the same seed gives the same files, byte by byte.
    rois : tuple of Roi
        The structures.
    prescriptions : tuple of Prescription
        What is asked of the targets.
    fractions : int or None
        NumberOfFractionsPlanned; None leaves it empty.
    dose_gy : ndarray of shape (nz, ny, nx)
        Total dose of all fractions in Gy.
    x_mm, y_mm, z_mm : ndarray
        Grid points in mm, patient axes, ascending; x and y evenly spaced.
    label : str
        RTPlanLabel, at most 16 characters.
    fraction_pattern : str or None
        FractionPattern of one week, one digit a day; None leaves it out.
    patient_id, patient_name : str
        A made-up patient.
    beams : tuple of Beam
        The beams of the fraction group.
    isocenter_mm : tuple of float
        IsocenterPosition of every beam in mm.
    """

    seed: str
    rois: tuple[Roi, ...]
    prescriptions: tuple[Prescription, ...]
    fractions: int | None
    dose_gy: NDArray[np.float64]
    x_mm: NDArray[np.float64]
    y_mm: NDArray[np.float64]
    z_mm: NDArray[np.float64]
    label: str = "PHANTOM"
    fraction_pattern: str | None = "1111100"
    patient_id: str = "EXAMPLE-0"
    patient_name: str = "EXAMPLE^PHANTOM"
    beams: tuple[Beam, ...] = (Beam(0.0),)
    isocenter_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
