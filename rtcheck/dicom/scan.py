"""A first look at many files: which hold RT objects, and what they refer to; headers only."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pydicom
from pydicom.filereader import read_partial

from rtcheck.dicom.attributes import referenced_uids, text
from rtcheck.dicom.door import through_door
from rtcheck.dicom.find import (
    START_BYTES,
    _is_plainly_not_rt,
    _looks_like_bare_dataset,
    _sniff,
    files_of,
)
from rtcheck.dicom.limits import DEFAULT_LIMITS, require_inflated_size, require_size
from rtcheck.dicom.rtobject import Modality, RtObject, _frames_of_reference
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
_ZIP_START = b"PK\x03\x04"


@dataclass(frozen=True)
class Scanned:
    """An RT object as a scan sees it; enough to say which plan it belongs to.

    Parameters
    ----------
    path : str
        The file, or the archive that holds it.
    member : str
        Its name in the archive; empty for a file.
    modality : Modality or None
        None for a file that looks like DICOM RT and cannot be read.
    sop_instance_uid, label, patient_id : str
        As in `RtObject`.
    frame_of_reference_uids : frozenset of str
        As in `RtObject`, as are the UIDs it refers to.
    fault : str
        Why it cannot be read.
    """

    path: str
    member: str = ""
    modality: Modality | None = None
    sop_instance_uid: str = ""
    label: str = ""
    patient_id: str = ""
    frame_of_reference_uids: frozenset[str] = frozenset()
    rt_plan_uids: tuple[str, ...] = ()
    structure_set_uids: tuple[str, ...] = ()
    fault: str = ""

    def as_object(self, where: str) -> RtObject:
        """Return it as an object that can be linked; its content is read when it is asked for."""
        return RtObject(
            self.modality or Modality.RTPLAN,
            where,
            self.sop_instance_uid,
            self.label,
            pydicom.Dataset(),
            partial(_content, self.path, self.member),
            self.patient_id,
            self.frame_of_reference_uids,
            self.rt_plan_uids,
            self.structure_set_uids,
        )


def _content(path: str, member: str) -> bytes:
    if not member:
        return Path(path).read_bytes()
    with zipfile.ZipFile(path) as archive:
        return archive.read(member)


def is_candidate(path: str) -> bool:
    """Return whether a file may hold an RT object or is an archive: its first bytes are read.

    A file that cannot be opened is a candidate: that must be said.
    """
    try:
        # Unbuffered: a heap of images costs one short read a file.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            start = os.read(descriptor, START_BYTES)
        finally:
            os.close(descriptor)
    except OSError:
        return True
    return start[:4] == _ZIP_START or _may_be_rt(start)


def _may_be_rt(start: bytes) -> bool:
    if start[128:132] == b"DICM":
        return not _is_plainly_not_rt(start)
    return _looks_like_bare_dataset(start)


def scan_candidate(path: str) -> list[Scanned]:
    """Return the RT objects that a candidate holds: none, one, or those of an archive."""
    try:
        with Path(path).open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if stream.read(4) == _ZIP_START:
                return list(_archive(path))
    except OSError as error:
        return [Scanned(path, fault=f"the file cannot be opened ({type(error).__name__})")]
    scanned = _through_door(path, "", partial(_open, path), size)
    return [scanned] if scanned else []


def _open(path: str) -> BinaryIO:
    return Path(path).open("rb")


def _archive(path: str) -> Iterator[Scanned]:
    findings: list[Finding] = []
    for file in files_of(Path(path), set(), findings):
        member = file.where.partition("/")[2]
        scanned = _through_door(path, member, file.open, file.claimed_bytes)
        if scanned:
            yield scanned
    for finding in findings:
        yield Scanned(path, fault=finding.text)


def _through_door(
    path: str, member: str, opened: Callable[[], BinaryIO], claimed_bytes: int
) -> Scanned | None:
    findings: list[Finding] = []
    found = through_door(
        partial(_scan, path, member, opened, claimed_bytes),
        findings,
        code="FILE_UNREADABLE",
        where="",
    )
    return Scanned(path, member, fault=findings[0].text) if findings else found


def _scan(
    path: str, member: str, opened: Callable[[], BinaryIO], claimed_bytes: int
) -> Scanned | None:
    with opened() as stream:
        start = stream.read(START_BYTES)
        if not _may_be_rt(start):
            return None
        stream.seek(0)
        if start[128:132] == b"DICM":
            require_inflated_size(start, stream, DEFAULT_LIMITS, "")
            stream.seek(0)
            modality = _sniff(stream)
        else:
            # Other formats can begin like this too: one that does not go on as DICOM is no fault.
            modality = through_door(partial(_sniff, stream), [], code="FILE_UNREADABLE", where="")
        if modality is None:
            return None
        require_size(claimed_bytes, DEFAULT_LIMITS, "")
        stream.seek(0)
        return _header(path, member, modality, stream)


def _header(path: str, member: str, modality: Modality, stream: BinaryIO) -> Scanned:
    if modality is Modality.RTSTRUCT:
        # What matters stands before the contours, which are most of the file.
        header = read_partial(stream, lambda tag, _vr, _length: tag >= _ROI_CONTOURS, force=True)
    else:
        header = pydicom.dcmread(
            stream if not member else io.BytesIO(stream.read()),
            force=True,
            stop_before_pixels=True,
            specific_tags=list(_SCANNED_TAGS),
        )
    uid = text(header, "SOPInstanceUID")
    if not uid:
        raise MissingAttributeError("SOPInstanceUID is missing")
    return Scanned(
        path,
        member,
        modality,
        uid,
        text(header, "RTPlanLabel") or text(header, "StructureSetLabel"),
        text(header, "PatientID"),
        frozenset(_frames_of_reference(header)),
        referenced_uids(header, "ReferencedRTPlanSequence"),
        referenced_uids(header, "ReferencedStructureSetSequence"),
    )
