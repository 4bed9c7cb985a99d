"""The RT Dose of a phantom, in any patient position and encoding."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import UID, RLELossless, RTDoseStorage, RTPlanStorage

from rtcheck.errors import UsageError
from rtcheck.phantoms.encoding import (
    PlanUids,
    TransferSyntax,
    decimals,
    new_file,
    reference,
    save,
)

Axis = NDArray[np.float64]

ORIENTATIONS: dict[str, tuple[int, int, int, int, int, int]] = {
    "HFS": (1, 0, 0, 0, 1, 0),
    "HFP": (-1, 0, 0, 0, -1, 0),
    "FFS": (-1, 0, 0, 0, 1, 0),
    "FFP": (1, 0, 0, 0, -1, 0),
    "HFDR": (0, 1, 0, -1, 0, 0),
    "HFDL": (0, -1, 0, 1, 0, 0),
    "FFDR": (0, -1, 0, -1, 0, 0),
    "FFDL": (0, 1, 0, 1, 0, 0),
}
"""ImageOrientationPatient of each PatientPosition: where columns and where rows go to."""


class FrameOffsets(StrEnum):
    """How GridFrameOffsetVector counts (DICOM PS3.3 C.8.8.3.2)."""

    RELATIVE = "relative"
    """From zero, growing along the normal (row direction × column direction)."""
    ABSOLUTE = "absolute"
    """The patient's z of each frame. DICOM knows it for HFS only; others write it all the same."""
    DESCENDING = "descending"
    """From zero, falling: the frames run against the normal."""

    @classmethod
    def _missing_(cls, value: object) -> FrameOffsets:
        raise UsageError(f"frame offsets {value!r}", expected=", ".join(cls))


def write_rtdose(
    path: str | os.PathLike[str],
    dose_gy: NDArray[np.float64],
    x_mm: Axis,
    y_mm: Axis,
    z_mm: Axis,
    *,
    uids: PlanUids | None = None,
    patient_position: str = "HFS",
    frame_offsets: FrameOffsets | str = FrameOffsets.RELATIVE,
    bits: int = 32,
    dose_summation_type: str = "PLAN",
    patient_id: str = "EXAMPLE-0",
    patient_name: str = "EXAMPLE^PHANTOM",
    syntax: TransferSyntax | str = TransferSyntax.IMPLICIT,
) -> Path:
    """Write an RT Dose and return its path; the dose at a point of the patient is always the same.

    Parameters
    ----------
    path : path
        The file.
    dose_gy : ndarray of shape (nz, ny, nx)
        Dose in Gy at the grid points, not negative.
    x_mm, y_mm, z_mm : ndarray
        Grid points in mm, patient axes, ascending; x and y evenly spaced.
    uids : PlanUids, optional
        Of the plan it belongs to; those of the seed ``"phantom"`` if not given.
    patient_position : str
        A key of `ORIENTATIONS`: how the stored array is turned.
    frame_offsets : FrameOffsets or str
        How the frames are counted.
    bits : int
        16 or 32 bits a grid point. The largest dose uses them all, so that rounding is at most
        half of ``max / (2**bits - 1)``: 8e-9 Gy of 70 Gy with 32 bits, 0.0006 Gy with 16.
    dose_summation_type : str
        DoseSummationType.
    patient_id, patient_name : str
        A made-up patient.
    syntax : TransferSyntax or str
        How to encode it.

    Raises
    ------
    UsageError
        If the axes do not fit, the dose is negative or not finite, or the encoding asked for does
        not exist.
    """
    uids = uids or PlanUids.of("phantom")
    syntax, frame_offsets = TransferSyntax(syntax), FrameOffsets(frame_offsets)
    dose = np.asarray(dose_gy, dtype=np.float64)
    axes = tuple(np.asarray(a, dtype=np.float64) for a in (x_mm, y_mm, z_mm))
    _check(dose, axes, patient_position, frame_offsets, bits, syntax is TransferSyntax.RLE)
    ds = new_file(
        "RTDOSE",
        RTDoseStorage,
        uids.rtdose,
        uids,
        patient_id=patient_id,
        patient_name=patient_name,
    )
    orientation = ORIENTATIONS[patient_position]
    frames, first, spacing, z_of_frame, normal = _turned(dose, axes, orientation)
    if frame_offsets is FrameOffsets.DESCENDING:
        frames, z_of_frame = frames[::-1], z_of_frame[::-1]
    first[2] = z_of_frame[0]
    absolute = frame_offsets is FrameOffsets.ABSOLUTE
    offsets = z_of_frame if absolute else (z_of_frame - z_of_frame[0]) * normal
    ds.ImagePositionPatient = decimals(first)
    ds.ImageOrientationPatient = decimals(orientation)
    ds.PixelSpacing = decimals(spacing)
    ds.GridFrameOffsetVector = decimals(offsets)
    ds.FrameIncrementPointer = 0x3004000C
    ds.NumberOfFrames, ds.Rows, ds.Columns = frames.shape
    ds.SliceThickness = ""
    ds.DoseUnits, ds.DoseType, ds.DoseSummationType = "GY", "PHYSICAL", dose_summation_type
    ds.ReferencedRTPlanSequence = [reference(RTPlanStorage, uids.rtplan)]
    scaling = _scaling(float(dose.max()), bits)
    ds.DoseGridScaling = scaling
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = bits
    ds.HighBit, ds.PixelRepresentation = bits - 1, 0
    big = syntax is TransferSyntax.BIG_ENDIAN
    stored = np.rint(frames / float(scaling)).astype(f"{'>' if big else '<'}u{bits // 8}")
    ds.PixelData = stored.tobytes() + b"\0" * (stored.nbytes % 2)
    ds["PixelData"].VR = "OW"
    if syntax is TransferSyntax.RLE:
        ds.file_meta.TransferSyntaxUID = TransferSyntax.EXPLICIT.uid
        ds.compress(RLELossless, stored, encoding_plugin="pydicom")
        # pydicom 3 gives a compressed object a new UID; this one never was another object.
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = UID(uids.rtdose)
    return save(ds, path, syntax)


def _check(
    dose: Axis, axes: tuple[Axis, ...], position: str, offsets: FrameOffsets, bits: int, rle: bool
) -> None:
    if dose.shape != tuple(len(a) for a in reversed(axes)):
        raise UsageError(
            f"a dose of shape {dose.shape} on axes of {[len(a) for a in axes]} points",
            expected="(z, y, x)",
        )
    if any(len(a) > 1 and not np.all(np.diff(a) > 0) for a in axes):
        raise UsageError("an axis of the dose grid that does not ascend")
    for axis in axes[:2]:
        if len(axis) > 2 and np.ptp(np.diff(axis)) > 1e-6:
            raise UsageError("x or y of the dose grid is not evenly spaced")
    if not (np.isfinite(dose).all() and dose.min() >= 0):
        raise UsageError("a dose that is negative or not finite")
    if position not in ORIENTATIONS:
        raise UsageError(f"patient position {position!r}", expected=", ".join(ORIENTATIONS))
    if offsets is FrameOffsets.ABSOLUTE and position.startswith("FF") and axes[2][-1] == 0:
        raise UsageError("absolute frame offsets that begin with 0, which says relative ones")
    if rle and bits != 16:
        raise UsageError("run-length coding of more than 16 bits, which DICOM does not have")
    if bits not in (16, 32):
        raise UsageError(f"{bits} bits a grid point", expected="16 or 32")


def _turned(
    dose: Axis, axes: tuple[Axis, ...], orientation: tuple[int, ...]
) -> tuple[Axis, Axis, tuple[float, float], Axis, int]:
    """Return the frames as stored, their first point, spacing, z of each frame, and the normal."""
    along_row, along_column = np.array(orientation[:3]), np.array(orientation[3:])
    normal = int(np.cross(along_row, along_column)[2])
    first = np.zeros(3)
    turned = dose
    if along_row[0] == 0:  # lying on the side: a row of the image runs along the patient's y
        turned = turned.transpose(0, 2, 1)
    spacing = []
    for array_axis, direction in ((2, along_row), (1, along_column)):
        patient_axis = int(np.flatnonzero(direction)[0])
        points = axes[patient_axis]
        if direction[patient_axis] < 0:
            points, turned = points[::-1], np.flip(turned, array_axis)
        first[patient_axis] = points[0]
        spacing.append(abs(points[-1] - points[0]) / (len(points) - 1) if len(points) > 1 else 1.0)
    z = axes[2]
    if normal < 0:
        z, turned = z[::-1], turned[::-1]
    # PixelSpacing: between rows (along a column) first, then between columns.
    return turned, first, (spacing[1], spacing[0]), z, normal


def _scaling(largest_gy: float, bits: int) -> str:
    """Return the DoseGridScaling of which all grid values are whole multiples, rounded up."""
    if largest_gy == 0:
        return "1"
    exact = largest_gy / (2**bits - 1)
    # Ten decimals are what 16 characters hold; up, so that the largest dose still fits.
    mantissa, exponent = f"{exact:.15e}".split("e")
    return f"{np.ceil(float(mantissa) * 1e9) / 1e9:.9f}e{int(exponent)}"
