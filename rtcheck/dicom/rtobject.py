"""The RtObject record: one RT file as found, with what is needed to link it to others."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO, Literal

import pydicom
from pydicom import Dataset
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian

from rtcheck.dicom.attributes import items, referenced_uids, text
from rtcheck.errors import CorruptDicomError, MissingAttributeError

_PIXEL_DATA = BaseTag(0x7FE00010)
_UNDEFINED_LENGTH = 0xFFFFFFFF


_END_OF_SEQUENCE = (b"\xfe\xff\xdd\xe0", b"\xff\xfe\xe0\xdd")
_SHORTEST_ELEMENT = 8


class Modality(StrEnum):
    """The kinds of object rtcheck reads, in DICOM's words."""

    RTPLAN = "RTPLAN"
    RTSTRUCT = "RTSTRUCT"
    RTDOSE = "RTDOSE"


_NEVER_MISSING = {Modality.RTSTRUCT: ("StructureSetROISequence", "ROIContourSequence")}
"""What stands near the end of a file and is never missing (type 1 in PS3.3 A.19): a file that was
cut between two elements lacks it."""


@dataclass(frozen=True, eq=False)
class RtObject:
    """One RT Plan, RT Structure Set or RT Dose as found.

    Parameters
    ----------
    modality : Modality
        What it is.
    where : str
        File relative to the input.
    sop_instance_uid : str
        SOPInstanceUID (0008,0018).
    label : str
        RTPlanLabel (300A,0002) or StructureSetLabel (3006,0002); empty for an RT Dose.
    header : Dataset
        Everything before the pixel data.
    content : callable
        Returns the bytes of the whole file.
    patient_id : str
        PatientID (0010,0020); compared, never shown.
    frame_of_reference_uids : frozenset of str
        Every frame of reference it speaks of.
    rt_plan_uids, structure_set_uids : tuple of str
        SOPInstanceUIDs it refers to.
    copies : tuple of str
        Files with the same content.
    copies_differ : bool
        Whether another file has the same SOPInstanceUID and another content.
    """

    modality: Modality
    where: str
    sop_instance_uid: str
    label: str
    header: Dataset = field(repr=False)
    content: Callable[[], bytes] = field(repr=False)
    patient_id: str = field(repr=False)
    frame_of_reference_uids: frozenset[str]
    rt_plan_uids: tuple[str, ...]
    structure_set_uids: tuple[str, ...]
    copies: tuple[str, ...] = ()
    copies_differ: bool = False

    def sha256(self) -> str:
        """Return the hash of the whole file, in hexadecimal digits."""
        return hashlib.sha256(self.content()).hexdigest()

    def dataset(self) -> Dataset:
        """Return everything up to the pixel data, which is a view of the file if it can be."""
        content = self.content()
        dataset = _with_pixels_viewed(content)
        return pydicom.dcmread(io.BytesIO(content), force=True) if dataset is None else dataset


def _with_pixels_viewed(content: bytes) -> Dataset | None:
    """Return a dataset whose pixel data is no copy; None if they are compressed or not in sight."""
    stated: list[tuple[str | None, int]] = []

    def at_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
        if tag == _PIXEL_DATA:
            stated.append((vr, length))
        return bool(tag >= _PIXEL_DATA)

    stream = io.BytesIO(content)
    dataset = read_partial(stream, at_pixels, force=True)
    neighbour = dataset.get_item("Rows")
    if not stated or not isinstance(neighbour, RawDataElement):
        return None
    (vr, length), start = stated[0], stream.tell()
    order: Literal["little", "big"] = "little" if neighbour.is_little_endian else "big"
    start += 8 if vr is None else 12
    # In a deflated file the position is that of other bytes.
    if length == _UNDEFINED_LENGTH or content[start - 4 : start] != length.to_bytes(4, order):
        return None
    dataset[_PIXEL_DATA] = RawDataElement(
        _PIXEL_DATA,
        vr,
        length,
        memoryview(content)[start : start + length],  # stands for bytes
        start,
        vr is None,
        neighbour.is_little_endian,
    )
    return dataset


def read_object(
    modality: Modality, where: str, stream: BinaryIO, content: Callable[[], bytes]
) -> RtObject:
    """Return the RT object that a stream holds.

    Raises
    ------
    CorruptDicomError
        If the file ends within an element.
    MissingAttributeError
        If it has no SOPInstanceUID.
    """
    header = pydicom.dcmread(stream, force=True, stop_before_pixels=True)
    _require_complete(header)
    _require_end(header, stream)
    for keyword in _NEVER_MISSING.get(modality, ()):
        if keyword not in header:
            raise MissingAttributeError(f"{keyword} is missing: the file may have been cut")
    uid = text(header, "SOPInstanceUID")
    if not uid:
        raise MissingAttributeError("SOPInstanceUID is missing")
    return RtObject(
        modality,
        where,
        uid,
        text(header, "RTPlanLabel") or text(header, "StructureSetLabel"),
        header,
        content,
        text(header, "PatientID"),
        frozenset(frames_of_reference(header)),
        referenced_uids(header, "ReferencedRTPlanSequence"),
        referenced_uids(header, "ReferencedStructureSetSequence"),
    )


def _require_complete(header: Dataset) -> None:
    # pydicom hands out a short value without a word when the file ends inside it.
    for tag in header.keys():  # noqa: SIM118 - iterating a Dataset converts every element
        element = header.get_item(tag)
        if (
            isinstance(element, RawDataElement)
            and element.length != 0xFFFFFFFF
            and len(element.value or b"") != element.length
        ):
            raise CorruptDicomError(f"the file ends within the element {tag}")


def _require_end(header: Dataset, stream: BinaryIO) -> None:
    """Refuse a file that ends within the tag or length of an element: pydicom stops there."""
    if text(header.file_meta, "TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
        return  # zlib itself sees the end missing
    last = header.get_item(max(header.keys()))
    rest = b""
    if isinstance(last, RawDataElement) and last.length != _UNDEFINED_LENGTH:
        stream.seek(last.value_tell + last.length)
        rest = stream.read(_SHORTEST_ELEMENT)
    elif isinstance(last, DataElement) and last.VR == "SQ":
        stream.seek(-_SHORTEST_ELEMENT, io.SEEK_END)
        ending = stream.read()
        rest = b"" if ending.startswith(_END_OF_SEQUENCE) else ending[1:]
    if len(rest) < _SHORTEST_ELEMENT and any(rest):
        raise CorruptDicomError(f"the file ends within the element after {last.tag}")


def frames_of_reference(header: Dataset) -> set[str]:
    """Return every frame of reference that an object speaks of."""
    uids = {text(header, "FrameOfReferenceUID")}
    for item in items(header, "ReferencedFrameOfReferenceSequence"):
        uids.add(text(item, "FrameOfReferenceUID"))
    for roi in items(header, "StructureSetROISequence"):
        uids.add(text(roi, "ReferencedFrameOfReferenceUID"))
    return uids - {""}
