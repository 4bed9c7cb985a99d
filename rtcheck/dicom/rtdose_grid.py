"""One RT Dose dataset -> its dose grid in Gy, turned into ascending patient axes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from rtcheck.dicom.attributes import integer, number, numbers, required_integer, text
from rtcheck.dicom.codes import Refusal
from rtcheck.dicom.rtdose_pixels import stored_values
from rtcheck.plan import DoseGrid

ORIENTATION_TOLERANCE = 1e-4
"""Direction cosines may be off a patient axis by this: 0.03 mm over 300 mm."""

OFFSET_TOLERANCE_MM = 0.01
"""Decimal strings of the same position may differ by this much rounding."""


def read_grid(dataset: Dataset, where: str = "") -> DoseGrid:
    """Return the dose grid of one RT Dose file in Gy.

    Parameters
    ----------
    dataset : Dataset
        The whole RT Dose, pixel data included.
    where : str
        File relative to the input, for findings.

    Raises
    ------
    Refusal
        If it is not physical dose in Gy on a grid parallel to the patient axes.

    Notes
    -----
    Plane positions come from GridFrameOffsetVector alone (PS3.3 C.8.8.3.2): with a first element
    of 0, offsets along row x column from ImagePositionPatient; with a first element equal to its
    z, patient z coordinates. The standard knows these for the supine, head-first patient only;
    they are read for every axial grid, unless they may as well be meant otherwise.
    SliceThickness is never used.
    """
    _require_physical_gy(dataset, where)
    scaling = number(dataset, "DoseGridScaling")
    if scaling is None or not 0 < scaling < float("inf"):
        raise Refusal("DOSE_GRID_SCALING_INVALID", f"DoseGridScaling is {scaling}", where)

    shape = (
        integer(dataset, "NumberOfFrames") or 1,
        required_integer(dataset, "Rows"),
        required_integer(dataset, "Columns"),
    )
    coordinates, patient_axes = _coordinates(dataset, shape, where)
    values = stored_values(dataset, shape, where)
    if values.dtype.kind == "i" and values.min() < 0:
        raise Refusal("DOSE_NEGATIVE", "the dose grid holds negative doses", where)
    if not values.any():
        raise Refusal("DOSE_ALL_ZERO", "the dose is zero everywhere", where)

    # Array axes (frame, row, column) -> patient axes (z, y, x), each ascending.
    values = values.transpose([patient_axes.index(axis) for axis in (2, 1, 0)])
    axes = [coordinates[patient_axes.index(axis)] for axis in (2, 1, 0)]
    ascending = tuple(slice(None, None, 1 if axis[-1] >= axis[0] else -1) for axis in axes)
    z, y, x = (axis[step] for axis, step in zip(axes, ascending, strict=True))
    dose = np.multiply(values[ascending], scaling, dtype=np.float64, order="C")
    dose.flags.writeable = False  # or the record would keep a copy
    return DoseGrid(dose, x, y, z, text(dataset, "FrameOfReferenceUID"))


def _require_physical_gy(dataset: Dataset, where: str) -> None:
    units = text(dataset, "DoseUnits")
    if units != "GY":
        raise Refusal("DOSE_UNITS_NOT_GY", f"DoseUnits is {units or 'missing'}", where)
    dose_type = text(dataset, "DoseType")
    if dose_type not in ("PHYSICAL", ""):
        raise Refusal("DOSE_TYPE_NOT_PHYSICAL", f"DoseType is {dose_type}", where)


def _coordinates(
    dataset: Dataset, shape: tuple[int, int, int], where: str
) -> tuple[list[NDArray[np.float64]], list[int]]:
    """Return coordinates in mm along (frame, row, column), and the patient axis of each."""
    position = np.array(numbers(dataset, "ImagePositionPatient"))
    orientation = np.array(numbers(dataset, "ImageOrientationPatient"))
    spacing = numbers(dataset, "PixelSpacing")
    usable = (
        position.shape == (3,)
        and orientation.shape == (6,)
        and len(spacing) == 2
        and min(spacing) > 0
        and np.isfinite([*position, *orientation, *spacing]).all()
    )
    if not usable or min(shape) < 1:
        raise Refusal("DOSE_GRID_INVALID", "position, orientation or spacing is missing", where)

    along_row, along_column = orientation[:3], orientation[3:]
    normal = np.cross(along_row, along_column)
    offsets = _frame_offsets(dataset, shape[0], position, normal, where)
    steps = (offsets, spacing[0] * np.arange(shape[1]), spacing[1] * np.arange(shape[2]))
    coordinates, patient_axes = [], []
    for direction, step in zip((normal, along_column, along_row), steps, strict=True):
        axis = int(np.argmax(np.abs(direction)))
        sign = np.sign(direction[axis])
        if np.abs(direction - sign * np.eye(3)[axis]).max() > ORIENTATION_TOLERANCE:
            raise Refusal("DOSE_GRID_OBLIQUE", "the dose grid is oblique to the patient", where)
        coordinates.append(position[axis] + sign * step)
        patient_axes.append(axis)
    return coordinates, patient_axes


def _frame_offsets(
    dataset: Dataset,
    frames: int,
    position: NDArray[np.float64],
    normal: NDArray[np.float64],
    where: str,
) -> NDArray[np.float64]:
    """Return the offset of each frame in mm along the normal."""
    offsets = np.array(numbers(dataset, "GridFrameOffsetVector"))
    if frames == 1 and not len(offsets):
        return np.zeros(1)
    if len(offsets) != frames or not np.isfinite(offsets).all():
        raise Refusal(
            "DOSE_FRAME_OFFSETS_INVALID",
            f"{frames} frames have {len(offsets)} values of GridFrameOffsetVector",
            where,
        )
    if offsets[0] != 0:
        offsets = _from_absolute(offsets, position[2], normal[2], where)
    gaps = np.diff(offsets)
    if not (np.all(gaps > 0) or np.all(gaps < 0)):
        raise Refusal("DOSE_FRAME_OFFSETS_INVALID", "GridFrameOffsetVector is not monotonic", where)
    return offsets


def _from_absolute(
    z_mm: NDArray[np.float64], first_mm: float, normal_z: float, where: str
) -> NDArray[np.float64]:
    """Return offsets along the normal of frames whose patient z coordinates are given."""
    is_axial = abs(abs(normal_z) - 1) <= ORIENTATION_TOLERANCE
    if not is_axial or abs(z_mm[0] - first_mm) > OFFSET_TOLERANCE_MM:
        raise Refusal(
            "DOSE_FRAME_OFFSETS_INVALID",
            "GridFrameOffsetVector begins neither with 0 nor, on axial planes, with the z of "
            "ImagePositionPatient",
            where,
        )
    offsets = np.asarray((z_mm - first_mm) * np.sign(normal_z))
    # Up the patient on planes that count down: coordinates of frames against the normal, or
    # offsets along it to which the first z was added. Nothing in the file tells which.
    if normal_z < 0 and offsets[-1] < 0:
        raise Refusal(
            "DOSE_FRAME_OFFSETS_INVALID",
            "GridFrameOffsetVector begins with the z of ImagePositionPatient and ascends, on "
            "planes whose normal points to the feet; it can be read in two ways",
            where,
        )
    return offsets
