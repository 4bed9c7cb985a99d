"""How much of foreign content is read before it is refused."""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import BinaryIO

from pydicom import Dataset
from pydicom.filereader import _read_file_meta_info

from rtcheck.dicom.attributes import integer, text
from rtcheck.dicom.codes import Refusal
from rtcheck.errors import CorruptDicomError, UsageError

_MIB, _GIB = 1024**2, 1024**3
_DEFLATED = "1.2.840.10008.1.2.1.99"
_PACKED_CHUNK, _CHUNK = 1 << 14, 1 << 20

HEAD_BYTES = _MIB
"""What is read of a file to see what it is; its own header has some hundred bytes."""


@dataclass(frozen=True)
class Limits:
    """Limits on what is read; what is beyond them is a finding, and not looked at.

    Parameters
    ----------
    file_bytes : int
        Of one file, or member of an archive: a dose grid of 1 mm around a whole trunk has about a
        quarter of the default.
    unpacked_bytes : int
        Of one compressed file, or member of an archive, unpacked.
    unpacked_ratio : int
        A file that was compressed to a larger part than 1 / this may unpack to more.
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
    unpacked_bytes: int = 128 * _MIB
    unpacked_ratio: int = 50
    archive_bytes: int = 4 * _GIB
    dose_points: int = 500_000_000
    folder_depth: int = 64
    files: int = 2_000_000

    @classmethod
    def of(cls, given: Iterable[str]) -> Limits:
        """Return the default limits, but for those that are given as ``name=number``.

        Raises
        ------
        UsageError
            If a name is none of a limit, is given twice, or its value is no whole number from 1.

        Examples
        --------
        >>> Limits.of(["files=10"]).files
        10
        """
        known = [field.name for field in fields(cls)]
        values: dict[str, int] = {}
        for option in given:
            name, _, value = (part.strip() for part in option.partition("="))
            if name not in known:
                raise UsageError(
                    f"a limit called {name!r}", where="--limit", expected=f"one of {_listed(known)}"
                )
            if name in values:
                raise UsageError(f"{name} given twice", where="--limit")
            if not (value.isascii() and value.isdigit() and len(value) < 19 and int(value)):
                raise UsageError(
                    f"{value!r} as {name}",
                    where="--limit",
                    expected="a whole number from 1, without separators, as in "
                    f"{name}={getattr(DEFAULT_LIMITS, name)}",
                )
            values[name] = int(value)
        return replace(DEFAULT_LIMITS, **values)


DEFAULT_LIMITS = Limits()


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"{name} (usually {getattr(DEFAULT_LIMITS, name)})" for name in names)


def require_size(claimed_bytes: int, limits: Limits, where: str) -> None:
    """Refuse a file, or member of an archive, that is or claims to be too large.

    Raises
    ------
    Refusal
        With code FILE_TOO_LARGE.
    """
    if claimed_bytes > limits.file_bytes:
        found = (
            f"it has {claimed_bytes} bytes, {limits.file_bytes} are read at most (limit file_bytes)"
        )
        raise Refusal("FILE_TOO_LARGE", found, where)


def require_unpacked_size(
    unpacked_bytes: int, packed_bytes: int, limits: Limits, where: str
) -> None:
    """Refuse what was compressed from more than it can honestly hold, as bombs are.

    Raises
    ------
    Refusal
        With code FILE_TOO_LARGE.
    """
    most = _most_unpacked(packed_bytes, limits)
    if unpacked_bytes > most:
        found = f"its {packed_bytes} bytes unpack to more than {most} (limits unpacked_bytes and "
        found += "unpacked_ratio)"
        raise Refusal("FILE_TOO_LARGE", found, where)


def _most_unpacked(packed_bytes: int, limits: Limits) -> int:
    return min(max(limits.unpacked_bytes, packed_bytes * limits.unpacked_ratio), limits.file_bytes)


def head_of(stream: BinaryIO, file_bytes: int, limits: Limits, where: str) -> BinaryIO:
    """Return what may be read to see what a file is: of most files the first bytes.

    A deflated file (transfer syntax 1.2.840.10008.1.2.1.99) can be read as a whole only. It is
    unpacked in pieces up to the limit first, and nothing of that is kept.

    Raises
    ------
    Refusal
        With code FILE_TOO_LARGE.
    CorruptDicomError
        If the file's own header goes on beyond the first bytes.
    """
    stream.seek(0)
    start = stream.read(HEAD_BYTES)
    head = io.BytesIO(start)
    head.seek(132 if start[128:132] == b"DICM" else 0)
    # As pydicom itself reads it: a header read otherwise could hide what syntax it names.
    meta = _read_file_meta_info(head)
    begin = head.tell()
    if begin >= HEAD_BYTES:
        raise CorruptDicomError(f"the header of the file has more than {HEAD_BYTES} bytes")
    head.seek(0)
    if text(meta, "TransferSyntaxUID") != _DEFLATED:
        return head
    require_size(file_bytes, limits, where)
    most = _most_unpacked(file_bytes, limits)
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    stream.seek(begin)
    total, packed = 0, stream.read(_PACKED_CHUNK)
    while packed and total <= most:
        total += len(unpacking.decompress(packed, _CHUNK))
        packed = unpacking.unconsumed_tail or stream.read(_PACKED_CHUNK)
    require_unpacked_size(total, file_bytes, limits, where)
    stream.seek(0)
    return stream


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
        found += f", {limits.dose_points} are read at most (limit dose_points)"
        raise Refusal("FILE_TOO_LARGE", found, where)
    # Run lengths, the only compression that is read, make at most 128 bytes of 2.
    deflated = 1000 if text(header.file_meta, "TransferSyntaxUID") == _DEFLATED else 1
    if points > 64 * file_bytes * deflated:
        raise Refusal("DOSE_PIXEL_DATA_TRUNCATED", f"{found}, more than its file can hold", where)
