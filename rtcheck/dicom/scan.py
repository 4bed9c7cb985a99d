"""A first look at many files: which hold RT objects, and what they refer to; headers only."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

import pydicom
from pydicom.filereader import read_partial

from rtcheck.dicom.attributes import referenced_uids, text
from rtcheck.dicom.door import through_door
from rtcheck.dicom.find import file_in_archive
from rtcheck.dicom.limits import DEFAULT_LIMITS, require_size, require_unpacked_size
from rtcheck.dicom.rtobject import Modality, RtObject, frames_of_reference
from rtcheck.dicom.sniff import START_BYTES, may_be_rt, modality_of
from rtcheck.errors import MissingAttributeError
from rtcheck.plan import Finding

_ROI_CONTOURS = 0x30060039
_SCANNED_TAGS = [
    "SOPClassUID",
    "SOPInstanceUID",
    "Modality",
    "PatientID",
    "FrameOfReferenceUID",
    "RTPlanLabel",
    "StructureSetLabel",
    "ReferencedFrameOfReferenceSequence",
    "StructureSetROISequence",
    "ReferencedRTPlanSequence",
    "ReferencedStructureSetSequence",
]

ZIP_START = b"PK\x03\x04"
"""What a ZIP archive begins with; one cut short has lost its directory."""


@dataclass(frozen=True)
class Header:
    """What the header of an RT object says of where it belongs.

    Parameters
    ----------
    modality : Modality
        What it is.
    sop_instance_uid, label, patient_id : str
        As in `RtObject`.
    frame_of_reference_uids : frozenset of str
        As in `RtObject`, as are the UIDs it refers to.
    """

    modality: Modality
    sop_instance_uid: str
    label: str
    patient_id: str
    frame_of_reference_uids: frozenset[str]
    rt_plan_uids: tuple[str, ...]
    structure_set_uids: tuple[str, ...]

    def as_object(self, where: str, content: Callable[[], bytes]) -> RtObject:
        """Return it as an object that can be linked; its content is read when it is asked for."""
        return RtObject(
            self.modality,
            where,
            self.sop_instance_uid,
            self.label,
            pydicom.Dataset(),
            content,
            self.patient_id,
            self.frame_of_reference_uids,
            self.rt_plan_uids,
            self.structure_set_uids,
        )


@dataclass(frozen=True)
class Seen:
    """An RT object in a file or an archive, or the reason why it cannot be read.

    Parameters
    ----------
    header : Header or None
        None for what looks like DICOM RT and cannot be read.
    member : str
        Its name in the archive; empty for a file.
    number : int
        Its place in the archive: names there may stand more than once.
    fault : str
        Why it cannot be read.
    """

    header: Header | None
    member: str = ""
    number: int = 0
    fault: str = ""


def is_candidate(start: bytes) -> bool:
    """Return whether a file that begins so may hold an RT object or is an archive."""
    return start[:4] == ZIP_START or may_be_rt(start)


def look_into(stream: BinaryIO, size_bytes: int) -> Iterator[Seen]:
    """Return the RT objects in a file that can be sought in: none, one, or those of an archive."""
    if stream.read(len(ZIP_START)) != ZIP_START:
        stream.seek(0)
        yield from _seen(lambda: stream, size_bytes)
        return
    findings: list[Finding] = []
    archive = through_door(
        lambda: zipfile.ZipFile(stream), findings, code="FILE_UNREADABLE", where=""
    )
    if archive is None:
        yield Seen(None, fault=findings[0].text)
        return
    with archive:
        for number, member in enumerate(archive.infolist()):
            if not member.is_dir():
                file = file_in_archive(archive, member, "")
                name = file.where[1:]
                yield from _seen(file.open, file.claimed_bytes, file.packed_bytes, name, number)


def _seen(
    opened: Callable[[], BinaryIO],
    claimed_bytes: int,
    packed_bytes: int | None = None,
    member: str = "",
    number: int = 0,
) -> Iterator[Seen]:
    findings: list[Finding] = []
    found = through_door(
        partial(_header, opened, claimed_bytes, packed_bytes),
        findings,
        code="FILE_UNREADABLE",
        where="",
    )
    if findings:
        yield Seen(None, member, number, findings[0].text)
    elif found:
        yield Seen(found, member, number)


def _header(
    opened: Callable[[], BinaryIO], claimed_bytes: int, packed_bytes: int | None
) -> Header | None:
    with opened() as stream:
        start = stream.read(START_BYTES)
        if not may_be_rt(start):
            return None
        modality = modality_of(start, stream, claimed_bytes, DEFAULT_LIMITS, "")
        if modality is None:
            return None
        require_size(claimed_bytes, DEFAULT_LIMITS, "")
        if packed_bytes is not None:
            require_unpacked_size(claimed_bytes, packed_bytes, DEFAULT_LIMITS, "")
        stream.seek(0)
        return _read_header(modality, stream, is_packed=packed_bytes is not None)


def _read_header(modality: Modality, stream: BinaryIO, *, is_packed: bool) -> Header:
    if modality is Modality.RTSTRUCT:
        # What matters stands before the contours, which are most of the file.
        header = read_partial(stream, lambda tag, _vr, _length: tag >= _ROI_CONTOURS, force=True)
    else:
        header = pydicom.dcmread(
            io.BytesIO(stream.read()) if is_packed else stream,  # seeking would unpack it anew
            force=True,
            stop_before_pixels=True,
            specific_tags=list(_SCANNED_TAGS),
        )
    uid = text(header, "SOPInstanceUID")
    if not uid:
        raise MissingAttributeError("SOPInstanceUID is missing")
    return Header(
        modality,
        uid,
        text(header, "RTPlanLabel") or text(header, "StructureSetLabel"),
        text(header, "PatientID"),
        frozenset(frames_of_reference(header)),
        referenced_uids(header, "ReferencedRTPlanSequence"),
        referenced_uids(header, "ReferencedStructureSetSequence"),
    )
