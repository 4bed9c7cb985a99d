"""What every DICOM file of a phantom has in common: UIDs, header, transfer syntax, saving."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
    generate_uid,
)
from pydicom.valuerep import format_number_as_ds

from rtcheck.errors import UsageError

_UID_ROOT = "1.2.826.0.1.3680043.8.498."
"""The root that pydicom lends to everybody."""
_DATE, _TIME = "20240102", "120000"
"""Fixed, so that the same phantom is the same bytes on every day."""
_PYDICOM_2 = int(pydicom.__version__.partition(".")[0]) < 3


class TransferSyntax(StrEnum):
    """How a file is encoded."""

    IMPLICIT = "implicit"
    EXPLICIT = "explicit"
    BIG_ENDIAN = "big-endian"
    DEFLATED = "deflated"
    RLE = "rle"
    """Pixel data compressed without loss; for RT Dose only."""

    @classmethod
    def _missing_(cls, value: object) -> TransferSyntax:
        raise UsageError(f"transfer syntax {value!r}", expected=", ".join(cls))

    @property
    def uid(self) -> UID:
        """Return the transfer syntax UID."""
        return {
            TransferSyntax.IMPLICIT: ImplicitVRLittleEndian,
            TransferSyntax.EXPLICIT: ExplicitVRLittleEndian,
            TransferSyntax.BIG_ENDIAN: ExplicitVRBigEndian,
            TransferSyntax.DEFLATED: DeflatedExplicitVRLittleEndian,
            TransferSyntax.RLE: RLELossless,
        }[self]


@dataclass(frozen=True)
class PlanUids:
    """The UIDs that hold the files of one plan together.

    Parameters
    ----------
    study, frame_of_reference : str
        The same in all files.
    rtstruct, rtplan, rtdose : str
        SOPInstanceUIDs.
    """

    study: str
    frame_of_reference: str
    rtstruct: str
    rtplan: str
    rtdose: str

    @classmethod
    def of(cls, seed: str) -> PlanUids:
        """Return the UIDs of a seed: always the same ones."""
        return cls(*(make_uid(seed, field) for field in cls.__dataclass_fields__))


def make_uid(*words: str) -> str:
    """Return the UID that belongs to some words: always the same one."""
    return str(generate_uid(prefix=_UID_ROOT, entropy_srcs=["\x1f".join(words)]))


def ct_series_uid(uids: PlanUids) -> str:
    """Return the SeriesInstanceUID of a plan's CT."""
    return make_uid(uids.frame_of_reference, "ct")


def new_file(
    modality: str,
    sop_class_uid: str,
    sop_instance_uid: str,
    uids: PlanUids,
    *,
    patient_id: str = "EXAMPLE-0",
    patient_name: str = "EXAMPLE^PHANTOM",
) -> Dataset:
    """Return a dataset with everything that RT files have in common.

    Parameters
    ----------
    modality : str
        ``"RTSTRUCT"``, ``"RTPLAN"``, ``"RTDOSE"`` or ``"CT"``.
    sop_class_uid, sop_instance_uid : str
        What it is.
    uids : PlanUids
        Of the plan it belongs to.
    patient_id, patient_name : str
        A made-up patient.
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class_uid)
    meta.MediaStorageSOPInstanceUID = UID(sop_instance_uid)
    ds = Dataset()
    ds.file_meta = meta
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.InstanceCreationDate, ds.InstanceCreationTime = _DATE, _TIME
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class_uid, sop_instance_uid
    ds.StudyDate, ds.StudyTime, ds.AccessionNumber = _DATE, _TIME, ""
    ds.Modality = modality
    ds.Manufacturer, ds.ManufacturerModelName = "rtcheck", "phantom"
    ds.ReferringPhysicianName = ""
    ds.StudyDescription = "Synthetic: no patient"
    ds.SeriesDescription = f"Synthetic {modality}"
    ds.OperatorsName = ""
    ds.PatientName, ds.PatientID = patient_name, patient_id
    ds.PatientBirthDate, ds.PatientSex = "", "O"
    ds.SoftwareVersions = "1"
    ds.StudyInstanceUID = uids.study
    ds.SeriesInstanceUID = make_uid(sop_instance_uid, "series")
    ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = "1", 1, 1
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = uids.frame_of_reference, ""
    return ds


def item(**attributes: object) -> Dataset:
    """Return a sequence item with these attributes, by DICOM keyword."""
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def reference(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    """Return the item by which one file refers to another."""
    return item(ReferencedSOPClassUID=sop_class_uid, ReferencedSOPInstanceUID=sop_instance_uid)


def decimal(value: float) -> str:
    """Return a number as DICOM decimal string, to ten decimals as far as its 16 characters allow.

    Examples
    --------
    >>> decimal(2.5), decimal(1 / 3), decimal(9.999999999999998)
    ('2.5', '0.3333333333', '10.0')
    """
    # Unrounded, pydicom writes 9.999999999999998 in 17 characters.
    return format_number_as_ds(round(float(value), 10))


def decimals(values: Any) -> list[str]:
    """Return numbers as DICOM decimal strings."""
    return [decimal(v) for v in np.ravel(values)]


def save(ds: Dataset, path: str | os.PathLike[str], syntax: TransferSyntax | str) -> Path:
    """Write a dataset as DICOM file and return its path.

    Parameters
    ----------
    ds : Dataset
        As `new_file` made it, with its content; pixel data, if any, already in the byte order of
        the transfer syntax.
    path : path
        The file; its folder is made if needed.
    syntax : TransferSyntax or str
        How to encode it.
    """
    syntax = TransferSyntax(syntax)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.file_meta.TransferSyntaxUID = syntax.uid
    stream = BytesIO()
    # pydicom 3 takes the encoding from the transfer syntax; pydicom 2 wants to be told twice.
    if _PYDICOM_2:
        ds.is_implicit_VR = syntax is TransferSyntax.IMPLICIT
        ds.is_little_endian = syntax is not TransferSyntax.BIG_ENDIAN
        ds.save_as(stream, write_like_original=False)
    else:
        ds.save_as(stream, enforce_file_format=True)
    path.write_bytes(stream.getvalue())
    return path
