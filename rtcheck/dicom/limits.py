"""How much of foreign content is read before it is refused."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from pydicom import Dataset

from rtcheck.dicom.attributes import integer, text
from rtcheck.dicom.codes import Refusal

_GIB = 1024**3
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Limits on what is read; what is beyond them is a finding, and not looked at.

    Parameters
    ----------
    file_bytes : int
        Of one file, or member of an archive: a dose grid of 1 mm around a whole trunk has about a
        quarter of the default.
    archive_bytes : int
        Of all RT objects of one archive together, unpacked: they are held in memory.
    dose_points : int
        Frames x rows x columns that one RT Dose claims.
    folder_depth : int
        Folders within folders.
    files : int
        Files looked at in one path.
    """

    file_bytes: int = 2 * _GIB
    archive_bytes: int = 4 * _GIB
    dose_points: int = 500_000_000
    folder_depth: int = 64
    files: int = 2_000_000


DEFAULT_LIMITS = Limits()


def require_size(claimed_bytes: int, limits: Limits, where: str) -> None:
    """Refuse a file, or member of an archive, that is or claims to be too large.

    Raises
    ------
    Refusal
        With code FILE_TOO_LARGE.
    """
    if claimed_bytes > limits.file_bytes:
        found = f"it has {claimed_bytes} bytes, {limits.file_bytes} are read at most"
        raise Refusal("FILE_TOO_LARGE", found, where)


def require_inflated_size(start: bytes, stream: BinaryIO, limits: Limits, where: str) -> None:
    """Refuse a deflated file (transfer syntax 1.2.840.10008.1.2.1.99) that unpacks to too much.

    Raises
    ------
    Refusal
        With code FILE_TOO_LARGE.
    """
    if start[128:132] != b"DICM" or _DEFLATED not in start:
        return
    stream.seek(144 + int.from_bytes(start[140:144], "little"))
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    total, packed = 0, stream.read(_CHUNK)
    while packed and total <= limits.file_bytes:
        total += len(unpacking.decompress(packed, _CHUNK))
        packed = unpacking.unconsumed_tail or stream.read(_CHUNK)
    require_size(total, limits, where)


def require_dose_size(header: Dataset, file_bytes: int, limits: Limits, where: str) -> None:
    """Refuse an RT Dose that claims more points than are read, or than its file can hold.

    Raises
    ------
    Refusal
        With code FILE_TOO_LARGE or DOSE_PIXEL_DATA_TRUNCATED.
    """
    counts = [integer(header, key) or 1 for key in ("NumberOfFrames", "Rows", "Columns")]
    points = math.prod(max(count, 1) for count in counts)
    found = f"it claims {' x '.join(map(str, counts))} dose points"
    if points > limits.dose_points:
        raise Refusal("FILE_TOO_LARGE", f"{found}, {limits.dose_points} are read at most", where)
    # Run lengths, the only compression that is read, make at most 128 bytes of 2.
    deflated = 1000 if _DEFLATED.decode() == text(header.file_meta, "TransferSyntaxUID") else 1
    if points > 64 * file_bytes * deflated:
        raise Refusal("DOSE_PIXEL_DATA_TRUNCATED", f"{found}, more than its file can hold", where)
