"""Finding the RT objects in folders, files and ZIP archives, by content and never by name."""

from __future__ import annotations

import os
import re
import stat
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from pydicom import Dataset
from pydicom.filereader import read_partial

from rtcheck.dicom.attributes import text
from rtcheck.dicom.codes import Refusal, finding
from rtcheck.dicom.door import through_door
from rtcheck.dicom.limits import (
    DEFAULT_LIMITS,
    Limits,
    require_dose_size,
    require_inflated_size,
    require_size,
)
from rtcheck.dicom.rtobject import Modality, RtObject, read_object
from rtcheck.errors import UsageError
from rtcheck.plan import Finding

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

_LAST_SNIFFED_TAG = 0x00080060  # Modality; SOP class and instance come before it


@dataclass(frozen=True)
class Found:
    """What lies in the given paths.

    Parameters
    ----------
    objects : tuple of RtObject
        Every readable RT object.
    findings : tuple of Finding
        Files that look like DICOM RT and cannot be read.
    number_of_files : int
        How many files were looked at.
    archives_not_opened : int
        ZIP archives inside a folder; only an archive given as a path is opened.
    """

    objects: tuple[RtObject, ...]
    findings: tuple[Finding, ...]
    number_of_files: int
    archives_not_opened: int


@dataclass(frozen=True)
class File:
    """Something to look at: how to name it, to open it, and to get its bytes.

    A member of an archive can be opened only until the next one is asked for.
    """

    where: str
    open: Callable[[], BinaryIO]
    content: Callable[[], bytes]
    claimed_bytes: int
    in_archive: bool = False


def find_objects(paths: Iterable[str | os.PathLike[str]], limits: Limits = DEFAULT_LIMITS) -> Found:
    """Return the RT objects in folders (with all below them), files and ZIP archives.

    Parameters
    ----------
    paths : iterable of path
        Each a folder, a file or a ZIP archive. ZIP members are read in memory and never written
        to disk.
    limits : Limits
        What is not read because it is too much.

    Raises
    ------
    UsageError
        If a path does not exist, or is neither a folder nor a regular file.
    """
    objects: list[RtObject] = []
    findings: list[Finding] = []
    number_of_files = archives = 0
    seen: set[tuple[int, int]] = set()
    for path in map(Path, paths):
        held_bytes = 0
        for number, file in enumerate(files_of(path, seen, findings, limits)):
            if number == limits.files:
                found = f"there are more than {limits.files} files; those after are not looked at"
                findings.append(finding("INPUT_TOO_LARGE", found, file.where))
                break
            number_of_files += 1
            archives += file.where.lower().endswith(".zip")
            rt_object = through_door(
                partial(_look_at, file, limits, limits.archive_bytes - held_bytes),
                findings,
                code="FILE_UNREADABLE",
                where=file.where,
            )
            if rt_object is not None:
                objects.append(rt_object)
                held_bytes += file.claimed_bytes if file.in_archive else 0
    return Found(tuple(objects), tuple(findings), number_of_files, archives)


def files_of(
    path: Path,
    seen: set[tuple[int, int]],
    findings: list[Finding],
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[File]:
    """Return the files in a folder (with all below it), file or ZIP archive, each once.

    Parameters
    ----------
    path : Path
        Where to look.
    seen : set
        Device and inode of the files that were met already; is added to.
    findings : list of Finding
        Is added to.
    limits : Limits
        Folders deeper than they allow are not looked at.

    Raises
    ------
    UsageError
        If the path cannot be opened, or is neither a folder nor a regular file.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise UsageError("a path that cannot be opened", where=str(path)) from error
    if stat.S_ISDIR(status.st_mode):
        yield from _files_below(path, path, seen, findings, limits.folder_depth)
    elif not stat.S_ISREG(status.st_mode):
        raise UsageError("neither a folder nor a regular file", where=str(path))
    elif zipfile.is_zipfile(path) or _begins_like_archive(path):
        yield from _zip_members(path, findings)
    elif not _seen_before(status, seen):
        yield _file(path, path.name, status.st_size)


def _files_below(
    folder: Path,
    root: Path,
    seen: set[tuple[int, int]],
    findings: list[Finding],
    levels_left: int,
) -> Iterator[File]:
    where = _printable(folder.relative_to(root).as_posix())
    if not levels_left:
        found = "folders lie deeper in each other than is looked at"
        findings.append(finding("INPUT_TOO_LARGE", found, where))
        return
    if _seen_before(folder.stat(), seen):  # a loop of symbolic links, or a path given twice
        return
    entries = through_door(
        lambda: sorted(folder.iterdir()), findings, code="FILE_UNREADABLE", where=where
    )
    for entry in entries or ():
        try:
            status = entry.stat()
        except OSError:  # a dangling or looping link holds nothing
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _files_below(entry, root, seen, findings, levels_left - 1)
        elif stat.S_ISREG(status.st_mode) and not _seen_before(status, seen):
            yield _file(entry, entry.relative_to(root).as_posix(), status.st_size)


def _file(path: Path, where: str, size: int) -> File:
    def open_file() -> BinaryIO:
        return path.open("rb")

    return File(_printable(where), open_file, path.read_bytes, size)


def _printable(name: str) -> str:
    """Return a file name that can be written: on Linux it may hold any bytes."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _begins_like_archive(path: Path) -> bool:
    """Return whether a file begins as ZIP archives do; one cut short has lost its directory."""
    try:
        with path.open("rb") as stream:
            return stream.read(4) == b"PK\x03\x04"
    except OSError:  # told when the file itself is looked at
        return False


def _seen_before(status: os.stat_result, seen: set[tuple[int, int]]) -> bool:
    identity = (status.st_dev, status.st_ino)
    if identity in seen:
        return True
    seen.add(identity)
    return False


def _zip_members(path: Path, findings: list[Finding]) -> Iterator[File]:
    archive = through_door(
        lambda: zipfile.ZipFile(path), findings, code="FILE_UNREADABLE", where=_printable(path.name)
    )
    if archive is None:
        return
    with archive:
        for member in archive.infolist():
            if not member.is_dir():
                yield File(
                    _printable(f"{path.name}/{member.filename}"),
                    partial(_open_member, archive, member),
                    partial(archive.read, member),
                    member.file_size,
                    in_archive=True,
                )


def _open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    return archive.open(member)  # type: ignore[return-value]  # IO[bytes] that can seek


def _look_at(file: File, limits: Limits, archive_bytes_left: int) -> RtObject | None:
    with file.open() as stream:
        start = stream.read(START_BYTES)
        if _is_plainly_not_rt(start):
            return None
        if start[128:132] == b"DICM":
            require_inflated_size(start, stream, limits, file.where)
            stream.seek(0)
            modality = _sniff(stream)
        elif _looks_like_bare_dataset(start):
            # Other formats can begin like this too: one that does not go on as DICOM is no fault.
            stream.seek(0)
            modality = through_door(
                partial(_sniff, stream), [], code="FILE_UNREADABLE", where=file.where
            )
        else:
            return None
        if modality is None:
            return None
        require_size(file.claimed_bytes, limits, file.where)
        content = file.content
        if file.in_archive:
            if file.claimed_bytes > archive_bytes_left:
                found = f"the archive holds more than {limits.archive_bytes} bytes of RT objects"
                raise Refusal("FILE_TOO_LARGE", found, file.where)
            data = content()  # now, because the archive will be closed
            content = partial(bytes, data)
        stream.seek(0)
        rt_object = read_object(modality, file.where, stream, content)
        if modality is Modality.RTDOSE:
            require_dose_size(rt_object.header, file.claimed_bytes, limits, file.where)
        return rt_object


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
