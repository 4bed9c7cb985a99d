"""The CT of a phantom: its ROIs filled with their Hounsfield units, a file a slice."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import CTImageStorage

from rtcheck.errors import UsageError
from rtcheck.phantoms.encoding import (
    PlanUids,
    TransferSyntax,
    ct_series_uid,
    decimals,
    make_uid,
    new_file,
    save,
)
from rtcheck.phantoms.records import Points, Roi
from rtcheck.phantoms.rtdose import ORIENTATIONS

_AIR_HU = -1000.0
_INTERCEPT = -1024
"""So that stored values are not negative; scanners do the same."""
_AROUND_MM = 12.0
"""How much air is shown around what is drawn."""


def write_ct(
    folder: str | os.PathLike[str],
    rois: Iterable[Roi],
    *,
    uids: PlanUids | None = None,
    size: tuple[int, int] = (128, 128),
    spacing_mm: tuple[float, float] | None = None,
    patient_position: str = "HFS",
    patient_id: str = "EXAMPLE-0",
    patient_name: str = "EXAMPLE^PHANTOM",
    syntax: TransferSyntax | str = TransferSyntax.IMPLICIT,
) -> Path:
    """Write a CT slice on every contour plane and return the folder.

    Parameters
    ----------
    folder : path
        Made if needed. It gets ``CT000.dcm`` and so on, from the feet to the head.
    rois : iterable of Roi
        Those with Hounsfield units of their own are filled, the later over the earlier.
    uids : PlanUids, optional
        Of the plan it belongs to; those of the seed ``"phantom"`` if not given.
    size : tuple of int
        Rows and columns of a slice.
    spacing_mm : tuple of float, optional
        Between rows and between columns; by default what shows all that is drawn.
    patient_position : str
        A key of `ORIENTATIONS`: how a slice is turned. What it shows stays where it is.
    patient_id, patient_name : str
        A made-up patient.
    syntax : TransferSyntax or str
        How to encode it.

    Raises
    ------
    UsageError
        If nothing is drawn, or there is no such patient position.
    """
    uids, folder, syntax = uids or PlanUids.of("phantom"), Path(folder), TransferSyntax(syntax)
    rois = list(rois)
    drawn = [c for roi in rois for c in roi.contours]
    if not drawn:
        raise UsageError("a CT of nothing: no ROI has contours")
    if patient_position not in ORIENTATIONS:
        raise UsageError(f"patient position {patient_position!r}", expected=", ".join(ORIENTATIONS))
    points = np.concatenate(drawn)
    middle, extent = (points.min(axis=0) + points.max(axis=0)) / 2, np.ptp(points, axis=0)
    along_row, along_column = np.array(ORIENTATIONS[patient_position], dtype=float).reshape(2, 3)
    if spacing_mm is None:
        # One pixel size for both, as scanners have; two digits are what they state.
        wide, high = np.abs(along_row) @ extent, np.abs(along_column) @ extent
        around = 2 * _AROUND_MM
        least = max((high + around) / (size[0] - 1), (wide + around) / (size[1] - 1))
        spacing_mm = (float(np.ceil(100 * least) / 100),) * 2
    down, across = (
        np.asarray(step * (np.arange(n) - (n - 1) / 2), dtype=np.float64)
        for step, n in zip(spacing_mm, size, strict=True)
    )
    base = np.round(middle, 1)
    series = ct_series_uid(uids)
    for number, z in enumerate(np.unique(points[:, 2])):
        here = [
            (roi.hu, [c for c in roi.contours if c[0, 2] == z])
            for roi in rois
            if roi.hu is not None
        ]
        # On the slice, a point lies so far along a row and so far down a column from the middle.
        flat = [
            (hu, [np.column_stack([(c - base) @ along_row, (c - base) @ along_column]) for c in cs])
            for hu, cs in here
        ]
        hu = _filled(flat, across, down)
        uid = make_uid(series, str(number))
        ds = new_file(
            "CT", CTImageStorage, uid, uids, patient_id=patient_id, patient_name=patient_name
        )
        ds.SeriesInstanceUID, ds.InstanceNumber = series, number + 1
        ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.AcquisitionNumber, ds.KVP, ds.PatientPosition = "", "", patient_position
        first = base + across[0] * along_row + down[0] * along_column
        ds.ImagePositionPatient = decimals([first[0], first[1], z])
        ds.ImageOrientationPatient = decimals(ORIENTATIONS[patient_position])
        ds.PixelSpacing, ds.SliceThickness = decimals(spacing_mm), ""
        ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = 1, _INTERCEPT, "HU"
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.Rows, ds.Columns = size
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
        big = syntax is TransferSyntax.BIG_ENDIAN
        ds.PixelData = (hu - _INTERCEPT).astype(">u2" if big else "<u2").tobytes()
        ds["PixelData"].VR = "OW"
        save(ds, folder / f"CT{number:03d}.dcm", syntax)
    return folder


def _filled(
    rois: Sequence[tuple[float, Sequence[Points]]],
    across_mm: NDArray[np.float64],
    down_mm: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the Hounsfield units of a slice: the pixels whose centres lie in a ROI are its."""
    hu = np.full((len(down_mm), len(across_mm)), _AIR_HU)
    for value, contours in rois:
        if contours:
            hu[_inside(contours, across_mm, down_mm)] = value
    return hu


def _inside(
    contours: Sequence[Points], across_mm: NDArray[np.float64], down_mm: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which pixel centres lie inside an odd number of contours."""
    turns = np.zeros((len(down_mm), len(across_mm) + 1), dtype=np.int64)
    for contour in contours:
        u0, v0 = contour.T
        u1, v1 = np.roll(u0, -1), np.roll(v0, -1)
        row, edge = np.nonzero((v0 <= down_mm[:, None]) != (v1 <= down_mm[:, None]))
        share = (down_mm[row] - v0[edge]) / (v1 - v0)[edge]
        crossing = u0[edge] + share * (u1 - u0)[edge]
        np.add.at(turns, (row, np.searchsorted(across_mm, crossing)), 1)
    return np.asarray(np.cumsum(turns[:, :-1], axis=1) % 2 == 1)
