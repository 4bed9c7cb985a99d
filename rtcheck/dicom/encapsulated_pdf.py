"""A PDF as a DICOM object of the plan's own study, to be filed beside it."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import partial

import pydicom
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from rtcheck.dicom.attributes import text
from rtcheck.dicom.door import through_door
from rtcheck.errors import MissingAttributeError, UsageError
from rtcheck.plan import Finding, Plan

STORAGE = "1.2.840.10008.5.1.4.1.1.104.1"
"""SOP class Encapsulated PDF Storage."""

TITLE = "Radiotherapy plan check"

_RT_DOSE = "1.2.840.10008.5.1.4.1.1.481.2"
_RT_STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
_RT_PLAN = "1.2.840.10008.5.1.4.1.1.481.5"

_PATIENT_AND_STUDY = (
    "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex",
    "OtherPatientIDsSequence", "PatientIdentityRemoved", "DeidentificationMethod",
    "StudyInstanceUID", "StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID",
    "AccessionNumber", "StudyDescription", "TimezoneOffsetFromUTC",
)  # fmt: skip
_MAY_BE_EMPTY = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
    "StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber",
)  # fmt: skip


def encapsulated_pdf(pdf: bytes, plan: Plan, created: datetime, version: str) -> bytes:
    """Return a PDF as a DICOM file in the study of a plan.

    Parameters
    ----------
    pdf : bytes
        The document; the patient's name and ID are not in it, but stand in the DICOM file.
    plan : Plan
        The plan it is about: patient and study are those of its RT Plan, or, if it has none, of
        its RT Structure Set or RT Dose.
    created : datetime
        Date of the document.
    version : str
        Version of rtcheck.

    Raises
    ------
    MissingAttributeError
        If the plan's files state no StudyInstanceUID.
    UsageError
        If the plan was not read from files.

    Notes
    -----
    UIDs are derived from the content, so that the same document is the same object, and another
    one is never taken for it.
    """
    source = _source_header(plan)
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    _copy_patient_and_study(source, ds)
    if not text(ds, "StudyInstanceUID"):
        raise MissingAttributeError(
            "StudyInstanceUID is missing", hint="A report can only be filed in a study"
        )
    ds.SOPClassUID = STORAGE
    ds.SOPInstanceUID = _uid(b"instance", pdf, text(ds, "StudyInstanceUID").encode())
    ds.SeriesInstanceUID = _uid(b"series", pdf, text(ds, "StudyInstanceUID").encode())
    ds.Modality = "DOC"
    ds.SeriesNumber = 1
    ds.SeriesDescription = TITLE
    ds.Manufacturer = "rtcheck"
    ds.SoftwareVersions = version
    ds.ConversionType = "WSD"
    ds.InstanceNumber = 1
    ds.ContentDate = ds.InstanceCreationDate = ds.SeriesDate = f"{created:%Y%m%d}"
    ds.ContentTime = ds.InstanceCreationTime = ds.SeriesTime = f"{created:%H%M%S}"
    ds.AcquisitionDateTime = None
    ds.BurnedInAnnotation = "YES"
    ds.DocumentTitle = TITLE
    ds.ConceptNameCodeSequence = []
    ds.SourceInstanceSequence = _sources(source, plan.sop_instance_uids)
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    ds.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    ds.EncapsulatedDocumentLength = len(pdf)
    return _written(ds)


def _source_header(plan: Plan) -> Dataset:
    files = plan.source_files
    read = files.rt_plan or files.structure_set or files.dose
    if read is None:
        raise UsageError("a plan that was not read from files", expected="one with its DICOM files")
    return pydicom.dcmread(io.BytesIO(read()), force=True, stop_before_pixels=True)


def _copy_patient_and_study(source: Dataset, target: Dataset) -> None:
    unread: list[Finding] = []

    def copy(keyword: str) -> None:
        if keyword in source:
            target[keyword] = source[keyword]

    for keyword in _MAY_BE_EMPTY:
        setattr(target, keyword, None)
    for keyword in _PATIENT_AND_STUDY:
        through_door(partial(copy, keyword), unread, code="RT_PLAN_UNREADABLE", where=keyword)


def _sources(source: Dataset, uids: Mapping[str, object]) -> list[Dataset]:
    """Return references to the objects that the document was made from, the RT Plan first."""
    rt_plan = text(source, "SOPClassUID") if "rt_plan" in uids else _RT_PLAN
    classes: dict[str, str] = {
        "rt_plan": rt_plan,
        "rt_structure_set": _RT_STRUCTURE_SET,
        "rt_dose": _RT_DOSE,
    }
    items = []
    for key, sop_class in classes.items():
        given = uids.get(key, ())
        for uid in given if isinstance(given, list | tuple) else [given]:
            item = Dataset()
            item.ReferencedSOPClassUID = sop_class
            item.ReferencedSOPInstanceUID = str(uid)
            items.append(item)
    return items


def _uid(*parts: bytes) -> UID:
    """Return a UID that the parts alone decide (PS3.5, B.2: derived from a UUID)."""
    digest = hashlib.sha256(b"\0".join(parts)).digest()
    return UID(f"2.25.{uuid.UUID(bytes=digest[:16], version=5).int}")


def _written(ds: Dataset) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(STORAGE)
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = _uid(b"rtcheck")
    meta.ImplementationVersionName = "RTCHECK"
    ds.file_meta = meta
    stream = io.BytesIO()
    if pydicom.__version_info__[0] < "3":
        ds.is_little_endian, ds.is_implicit_VR = True, False
        ds.save_as(stream, write_like_original=False)
    else:
        ds.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
