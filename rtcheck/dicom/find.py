"""Finding the RT objects in folders, files and ZIP archives, by content and never by name."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from rtcheck.dicom.codes import Refusal, finding
from rtcheck.dicom.door import through_door
from rtcheck.dicom.limits import (
    DEFAULT_LIMITS,
    Limits,
    require_dose_size,
    require_size,
    require_unpacked_size,
)
from rtcheck.dicom.rtobject import Modality, RtObject, read_object
from rtcheck.dicom.sniff import START_BYTES, may_be_rt, modality_of
from rtcheck.errors import UsageError
from rtcheck.plan import Finding


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

    A member of an archive has a packed size, and can be opened until the next one is asked for.
    """

    where: str
    open: Callable[[], BinaryIO]
    content: Callable[[], bytes]
    claimed_bytes: int
    packed_bytes: int | None = None


def find_objects(
    paths: Iterable[str | os.PathLike[str] | File], limits: Limits = DEFAULT_LIMITS
) -> Found:
    """Return the RT objects in folders (with all below them), files and ZIP archives.

    Parameters
    ----------
    paths : iterable of path
        Each a folder, a file or a ZIP archive, or a `File` from elsewhere. ZIP members are read in
        memory and never written to disk.
    limits : Limits
        What is not read because it is too much.

    Raises
    ------
    UsageError
        If a path does not exist, or is neither a folder nor a regular file.
    """
    objects: list[RtObject] = []
    findings: list[Finding] = []
    number_of_files = archives = held_bytes = 0
    seen: set[tuple[int, int]] = set()
    for path in paths:
        if isinstance(path, File):
            files: Iterable[File] = [path]
        else:
            files, held_bytes = files_of(Path(path), seen, findings, limits), 0
        for number, file in enumerate(files):
            if number == limits.files:
                found = (
                    f"those after the first {limits.files} files are not looked at (limit files)"
                )
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
                held_bytes += 0 if file.packed_bytes is None else file.claimed_bytes
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
        found = "folders lie deeper in each other than is looked at (limit folder_depth)"
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
                yield file_in_archive(archive, member, path.name)


def file_in_archive(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> File:
    """Return a member of an archive, which must stay open, and is called so."""
    return File(
        _printable(f"{name}/{member.filename}"),
        partial(_open_member, archive, member),
        partial(archive.read, member),
        member.file_size,
        member.compress_size,
    )


def _open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    return archive.open(member)  # type: ignore[return-value]  # IO[bytes] that can seek


def _look_at(file: File, limits: Limits, archive_bytes_left: int) -> RtObject | None:
    with file.open() as stream:
        start = stream.read(START_BYTES)
        if not may_be_rt(start):
            return None
        modality = modality_of(start, stream, file.claimed_bytes, limits, file.where)
        if modality is None:
            return None
        require_size(file.claimed_bytes, limits, file.where)
        content = file.content
        if file.packed_bytes is not None:
            require_unpacked_size(file.claimed_bytes, file.packed_bytes, limits, file.where)
            if file.claimed_bytes > archive_bytes_left:
                found = f"the archive holds more than {limits.archive_bytes} bytes of RT objects"
                found += " (limit archive_bytes)"
                raise Refusal("FILE_TOO_LARGE", found, file.where)
            data = content()  # now, because the archive will be closed
            content = partial(bytes, data)
        stream.seek(0)
        rt_object = read_object(modality, file.where, stream, content)
        if modality is Modality.RTDOSE:
            require_dose_size(rt_object.header, file.claimed_bytes, limits, file.where)
        return rt_object
