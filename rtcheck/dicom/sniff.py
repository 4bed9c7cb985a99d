"""Telling RT objects from other files by their first bytes."""

from __future__ import annotations

import re
import struct
from typing import BinaryIO

from pydicom import Dataset
from pydicom.filereader import read_partial

from rtcheck.dicom.attributes import text
from rtcheck.dicom.door import through_door
from rtcheck.dicom.limits import Limits, head_of
from rtcheck.dicom.rtobject import Modality

_STORAGE = "1.2.840.10008.5.1.4.1.1.481."
_MODALITY_OF_CLASS = {
    _STORAGE + "2": Modality.RTDOSE,
    _STORAGE + "3": Modality.RTSTRUCT,
    _STORAGE + "5": Modality.RTPLAN,
    _STORAGE + "8": Modality.RTPLAN,  # RT Ion Plan
}
_RT_CLASSES_IN_META = frozenset(uid.encode() for uid in _MODALITY_OF_CLASS)

CLASS_IN_META = re.compile(
    rb"\x02\x00\x00\x00UL\x04\x00.{4}(?:\x02\x00\x01\x00OB\x00\x00\x02\x00\x00\x00..)?"
    rb"\x02\x00\x02\x00UI..(1\.2\.840\.10008\.5\.1\.4\.1\.1\.[0-9.]+)\x00?\x02\x00\x03\x00",
    re.DOTALL,
)
"""File meta group length, version, then MediaStorageSOPClassUID of a storage class."""

START_BYTES = 512
"""What is looked at of every file."""

_META_GROUP = b"\x02\x00"
_LAST_SNIFFED_TAG = 0x00080060  # Modality; SOP class and instance come before it


def modality_of(
    start: bytes, stream: BinaryIO, file_bytes: int, limits: Limits, where: str
) -> Modality | None:
    """Return which RT object a file holds that begins so; None for anything else.

    Parameters
    ----------
    start : bytes
        Its first `START_BYTES`.
    stream : BinaryIO
        The file.
    file_bytes : int
        Its size.
    limits : Limits
        What is not read because it is too much.
    where : str
        Its name.

    Raises
    ------
    Refusal
        If it is deflated, and unpacks to too much.
    """

    def look() -> Modality | None:
        return _sniff(head_of(stream, file_bytes, limits, where))

    is_bare = _looks_like_bare_dataset(start)
    if start[128:132] == b"DICM" or (is_bare and start[:2] == _META_GROUP):
        return look()
    if not is_bare:
        return None
    # Other formats can begin like this too: one that does not go on as DICOM is no fault.
    return through_door(look, [], code="FILE_UNREADABLE", where=where)


def may_be_rt(start: bytes) -> bool:
    """Return whether a file that begins so may hold an RT object: of most that is all we read."""
    if start[128:132] == b"DICM":
        return not _is_plainly_not_rt(start)
    return _looks_like_bare_dataset(start)


def _is_plainly_not_rt(start: bytes) -> bool:
    """Return whether a file's header names a class of image: a folder holds hundreds of them."""
    match = CLASS_IN_META.match(start, 132)
    return match is not None and match[1] not in _RT_CLASSES_IN_META


def _looks_like_bare_dataset(start: bytes) -> bool:
    """Return whether a file without preamble could be a dataset: seen in real RT exports."""
    if len(start) < 8:
        return False
    group, element, vr, length = struct.unpack("<HH2sH", start[:8])
    if group not in (0x0002, 0x0008) or element > 0x0100:
        return False
    explicit = vr.isalpha() and vr.isupper()
    implicit = int.from_bytes(start[4:8], "little") < 0x1000
    return (explicit and length < 0x1000) or (group == 0x0008 and implicit)


def _sniff(stream: BinaryIO) -> Modality | None:
    """Return which RT object a stream holds, reading no further than Modality."""
    header = read_partial(stream, lambda tag, _vr, _length: tag > _LAST_SNIFFED_TAG, force=True)
    meta: Dataset = header.file_meta
    classes = [text(header, "SOPClassUID"), text(meta, "MediaStorageSOPClassUID")]
    for uid in classes:
        if uid in _MODALITY_OF_CLASS:
            return _MODALITY_OF_CLASS[uid]
    modality = text(header, "Modality")
    return Modality(modality) if not any(classes) and modality in set(Modality) else None
