"""Small RT objects as real DICOM files, easily made odd: the tests of this folder only."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate

from rtcheck.phantoms import encoding
from rtcheck.phantoms.encoding import TransferSyntax

CLASS = {
    "RTDOSE": "1.2.840.10008.5.1.4.1.1.481.2",
    "RTSTRUCT": "1.2.840.10008.5.1.4.1.1.481.3",
    "RTPLAN": "1.2.840.10008.5.1.4.1.1.481.5",
    "CT": "1.2.840.10008.5.1.4.1.1.2",
}
PLAN, SET, DOSE, FRAME = "1.2.3.1", "1.2.3.2", "1.2.3.3", "1.2.3.9"
PATIENT_ID, PATIENT_NAME = "MRN4711", "Doe^Jane"

X = np.array([-10.0, -7.5, -5.0, -2.5])
Y = np.array([100.0, 103.0, 106.0])
Z = np.array([-30.0, -25.0])
STORED = 1000 + np.arange(24).reshape(2, 3, 4) * 7  # (z, y, x), every point different
SCALING = 0.001


def change(dataset: Dataset, changes: dict[str, Any]) -> Dataset:
    """Set attributes by keyword; None removes one."""
    for keyword, value in changes.items():
        if value is None:
            if keyword in dataset:
                delattr(dataset, keyword)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                setattr(dataset, keyword, value)
    return dataset


def item(**attributes: Any) -> Dataset:
    return change(Dataset(), attributes)


def references(*uids: str, **attributes: Any) -> list[Dataset]:
    return [item(ReferencedSOPInstanceUID=uid, **attributes) for uid in uids]


def rt_object(modality: str, uid: str, **changes: Any) -> Dataset:
    dataset = item(
        SOPClassUID=CLASS[modality],
        SOPInstanceUID=uid,
        Modality=modality,
        Manufacturer="Maker",
        PatientName=PATIENT_NAME,
        PatientID=PATIENT_ID,
        FrameOfReferenceUID=FRAME,
    )
    return change(dataset, changes)


def target(number: int = 1, **changes: Any) -> Dataset:
    reference = item(
        DoseReferenceNumber=number,
        DoseReferenceStructureType="SITE",
        DoseReferenceDescription="PTV",
        DoseReferenceType="TARGET",
        TargetPrescriptionDose="2.0",
    )
    return change(reference, changes)


def fraction_group(number: int = 1, beams: Sequence[int] = (1, 2), **changes: Any) -> Dataset:
    group = item(
        FractionGroupNumber=number,
        NumberOfFractionsPlanned=5,
        ReferencedBeamSequence=[item(ReferencedBeamNumber=b, BeamDose="0.2") for b in beams],
    )
    return change(group, changes)


def plan(uid: str = PLAN, set_uids: Sequence[str] = (SET,), **changes: Any) -> Dataset:
    dataset = rt_object(
        "RTPLAN",
        uid,
        RTPlanLabel="Plan A",
        RTPlanDate="20260102",
        ApprovalStatus="APPROVED",
        DoseReferenceSequence=[target()],
        FractionGroupSequence=[fraction_group()],
        PatientSetupSequence=[item(PatientSetupNumber=1, PatientPosition="HFS")],
    )
    if set_uids:
        dataset.ReferencedStructureSetSequence = references(*set_uids)
    return change(dataset, changes)


def square(z: float = -28.0, half: float = 2.0, kind: str = "CLOSED_PLANAR") -> Dataset:
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    data = [v for i, j in corners for v in (-5 + i * half, 103 + j * half, z)]
    return contour(data, kind)


def contour(data: Sequence[float], kind: str = "CLOSED_PLANAR", **changes: Any) -> Dataset:
    made = item(
        ContourGeometricType=kind,
        NumberOfContourPoints=len(data) // 3,
        ContourData=[str(v) for v in data],
    )
    return change(made, changes)


def roi(number: int, name: str, **changes: Any) -> Dataset:
    made = item(ROINumber=number, ROIName=name, ReferencedFrameOfReferenceUID=FRAME)
    return change(made, changes)


def contours_of(number: int, contours: Sequence[Dataset] | None, **changes: Any) -> Dataset:
    made = item(ReferencedROINumber=number, ROIDisplayColor=[255, 0, number % 256])
    if contours is not None:
        made.ContourSequence = list(contours)
    return change(made, changes)


def structure_set(uid: str = SET, **changes: Any) -> Dataset:
    dataset = rt_object(
        "RTSTRUCT",
        uid,
        FrameOfReferenceUID=None,
        StructureSetLabel="Set 1",
        ReferencedFrameOfReferenceSequence=[item(FrameOfReferenceUID=FRAME)],
        StructureSetROISequence=[roi(1, "PTV")],
        ROIContourSequence=[contours_of(1, [square(-28.0), square(-26.0)])],
        RTROIObservationsSequence=[
            item(ObservationNumber=1, ReferencedROINumber=1, RTROIInterpretedType="PTV")
        ],
    )
    return change(dataset, changes)


def dose(
    uid: str = DOSE,
    plan_uids: Sequence[str] = (PLAN,),
    stored: np.ndarray | None = None,
    dtype: str = "<u4",
    **changes: Any,
) -> Dataset:
    stored = STORED if stored is None else stored
    bits = 8 * np.dtype(dtype).itemsize
    dataset = rt_object(
        "RTDOSE",
        uid,
        DoseUnits="GY",
        DoseType="PHYSICAL",
        DoseSummationType="PLAN",
        DoseGridScaling=str(SCALING),
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        BitsAllocated=bits,
        BitsStored=bits,
        HighBit=bits - 1,
        PixelRepresentation=int(np.dtype(dtype).kind == "i"),
        NumberOfFrames=stored.shape[0],
        Rows=stored.shape[1],
        Columns=stored.shape[2],
        SliceThickness="99",  # wrong on purpose
        ImagePositionPatient=[X[0], Y[0], Z[0]],
        ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        PixelSpacing=[3.0, 2.5],
        GridFrameOffsetVector=[0.0, 5.0] if len(stored) == 2 else None,
        PixelData=stored.astype(dtype).tobytes(),
    )
    dataset["PixelData"].VR = "OW"
    if plan_uids:
        dataset.ReferencedRTPlanSequence = references(*plan_uids)
    return change(dataset, changes)


def part(uid: str, beams: Sequence[int], group: int = 1, **changes: Any) -> Dataset:
    """Return a BEAM dose."""
    beam_items = [item(ReferencedBeamNumber=beam) for beam in beams]
    referenced = item(ReferencedFractionGroupNumber=group, ReferencedBeamSequence=beam_items)
    made = dose(uid, DoseSummationType="BEAM")
    made.ReferencedRTPlanSequence = references(PLAN, ReferencedFractionGroupSequence=[referenced])
    return change(made, changes)


AT_LEAST = (8.0, 8.0, 8.0, 5.0, 2.0, 1.0)
"""Volumes in cc with 0, 0.5, 1, 1.5, 2 and 2.5 Gy or more."""


def pairs(volumes: Sequence[float], width: float = 0.5) -> list[str]:
    """Return DVHData: a bin width before each volume."""
    return [str(v) for volume in volumes for v in (width, volume)]


def dvh(number: int = 1, volumes: Sequence[float] = AT_LEAST, **changes: Any) -> Dataset:
    """Return an item of DVHSequence: cumulative, in Gy and cc."""
    made = item(
        DVHReferencedROISequence=[
            item(ReferencedROINumber=number, DVHROIContributionType="INCLUDED")
        ],
        DVHType="CUMULATIVE",
        DoseUnits="GY",
        DoseType="PHYSICAL",
        DVHDoseScaling="1",
        DVHVolumeUnits="CM3",
        DVHNumberOfBins=len(volumes),
        DVHData=pairs(volumes),
    )
    return change(made, changes)


def save(dataset: Dataset, path: Path, syntax: TransferSyntax = TransferSyntax.IMPLICIT) -> Path:
    """Write a dataset as DICOM file."""
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd values are what these files are for
        return encoding.save(dataset, path, syntax)


def save_all(folder: Path, *datasets: Dataset) -> Path:
    """Write datasets under names that say nothing."""
    for index, dataset in enumerate(datasets):
        save(dataset, folder / f"file{index}")
    return folder


def without_transfer_syntax(path: Path) -> Path:
    """Remove TransferSyntaxUID from the file meta, as some exports do."""
    data = path.read_bytes()
    element = data.index(b"\x02\x00\x10\x00UI")
    length = int.from_bytes(data[element + 6 : element + 8], "little") + 8
    group_length = int.from_bytes(data[140:144], "little") - length
    head = data[:140] + group_length.to_bytes(4, "little") + data[144:element]
    path.write_bytes(head + data[element + length :])
    return path


def without_preamble(path: Path) -> Path:
    """Remove preamble and file meta: a bare dataset."""
    data = path.read_bytes()
    start = 144 + int.from_bytes(data[140:144], "little")
    path.write_bytes(data[start:])
    return path


def run_length_encoded(stored: np.ndarray, dtype: str) -> bytes:
    """Return encapsulated RLE PixelData: one segment a byte plane, highest byte first."""
    frames = []
    for frame in stored.astype(dtype.replace("<", ">")):
        planes = frame.reshape(-1, 1).view(np.uint8)
        segments = []
        for plane in planes.T:
            raw = plane.tobytes()
            runs = [raw[i : i + 128] for i in range(0, len(raw), 128)]
            segment = b"".join(bytes([len(run) - 1]) + run for run in runs)
            segments.append(segment + bytes(len(segment) % 2))
        offsets = 64 + np.cumsum([0, *map(len, segments[:-1])])
        header = np.zeros(16, "<u4")
        header[0], header[1 : 1 + len(segments)] = len(segments), offsets
        frames.append(header.tobytes() + b"".join(segments))
    return encapsulate(frames)
