"""Where an input lies: a file, one behind a URL, or a member of an archive in either."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import BinaryIO

from rtcheck.batch import remote
from rtcheck.batch.remote import Stamp, is_url
from rtcheck.dicom.find import File, file_in_archive
from rtcheck.dicom.limits import DEFAULT_LIMITS
from rtcheck.dicom.scan import ZIP_START
from rtcheck.dicom.sniff import START_BYTES
from rtcheck.errors import DicomError

GONE: Stamp = (0, 0, 0)
"""Stamp of a file that is not there."""


@dataclass(frozen=True, order=True)
class Place:
    """Where an input lies.

    Parameters
    ----------
    path : str
        A file or a URL.
    member : str
        Name in the archive that lies there; empty for the file itself.
    number : int
        Which member it is: names may stand more than once.
    stamp : tuple
        Size and times of the file when it was found, or its size and version behind a URL.
    """

    path: str
    member: str = ""
    number: int = 0
    stamp: Stamp = field(default=GONE, compare=False)

    @property
    def folder(self) -> str:
        """Return the folder it lies in, of the disk or of the archive."""
        inside = f"/{os.path.dirname(self.member)}" if self.member else ""  # noqa: PTH120
        return (self.path if self.member else os.path.dirname(self.path)) + inside  # noqa: PTH120

    @property
    def name(self) -> str:
        """Return what reading it by itself calls it."""
        name = self.path.rpartition("/" if is_url(self.path) else os.sep)[2]
        return name + (f"/{self.member}" if self.member else "")


def root_of(root: str | os.PathLike[str]) -> str:
    """Return a path or URL in the one form in which what lies below it begins with it."""
    text = str(root)
    if text.startswith("file://"):
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        text = url2pathname(urlsplit(text).path)
    return text.rstrip("/") if is_url(text) else str(Path(text))


def is_there(root: str) -> bool:
    """Return whether something is at a path or URL.

    Raises
    ------
    UsageError
        If that cannot be told of a URL.
    """
    if is_url(root):
        remote.require_url(root)
        return True
    return Path(root).exists()


def start_of(path: str) -> bytes:
    """Return the first bytes of a file, as many as are looked at of every one."""
    if is_url(path):
        return remote.start_of_url(path, START_BYTES)
    # Unbuffered: a heap of images costs one short read a file.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        return os.read(descriptor, START_BYTES)
    finally:
        os.close(descriptor)


def open_at(path: str) -> BinaryIO:
    """Return a file to be read; of one behind a URL only what is read is fetched."""
    return remote.open_url(path) if is_url(path) else Path(path).open("rb")


def stamp_of(path: str) -> Stamp:
    """Return size and times of a file; zeros if it is not there."""
    try:
        if is_url(path):
            return remote.stamp_of_url(path)
        status = os.stat(path)  # noqa: PTH116 - ten thousand plans have many files
    except OSError:
        return GONE
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@lru_cache(maxsize=1)
def _archive(path: str, stamp: Stamp) -> zipfile.ZipFile:
    """Return an open archive: the plans in it come one after the other, and share its directory."""
    return zipfile.ZipFile(remote.open_url(path) if is_url(path) else path)


def close_archives() -> None:
    """Close the archive that was read last."""
    _archive.cache_clear()


def content_of(place: Place) -> bytes:
    """Return all of a file.

    Raises
    ------
    OSError, ValueError, LookupError, BadZipFile
        If it cannot be read.
    """
    if place.member:
        return _in_archive(place).content()
    return (
        remote.content_of_url(place.path) if is_url(place.path) else Path(place.path).read_bytes()
    )


def _in_archive(place: Place) -> File:
    archive = _archive(place.path, stamp_of(place.path))
    member = archive.infolist()[place.number]
    file = file_in_archive(archive, member, replace(place, member="").name)
    if file.where.partition("/")[2] != place.member:
        raise LookupError("the archive was written anew")
    return file


class Source:
    """A file to be read. What is not a local file is fetched once, and held in memory.

    Parameters
    ----------
    place : Place
        Where it lies.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self._has_failed = False

    def to_read(self) -> Path | File:
        """Return what can be read as part of a plan.

        Raises
        ------
        DicomError
            If it cannot be opened.
        """
        path = self.place.path
        try:
            if self.place.member:
                return replace(_in_archive(self.place), content=self.content)
            if is_url(path):
                size = int(stamp_of(path)[0])
                fetched = size <= DEFAULT_LIMITS.file_bytes
                opened = self._held if fetched else partial(remote.open_url, path)
                return File(self.place.name, opened, self.content, size, size)
        except (OSError, ValueError, LookupError, zipfile.BadZipFile) as error:
            raise DicomError("a file that cannot be opened", where=self.place.name) from error
        return Path(path)

    def _held(self) -> BinaryIO:
        stream = io.BytesIO(self.content())
        if stream.read(len(ZIP_START)) == ZIP_START:
            zipfile.ZipFile(stream)  # raises why it has no members: else they would be read
        stream.seek(0)
        return stream

    def content(self) -> bytes:
        """Return the content: of a plan's files, each is asked for more than once."""
        return self._content

    @cached_property
    def _content(self) -> bytes:
        self._has_failed = True
        content = content_of(self.place)
        self._has_failed = False
        return content

    def sha256(self) -> str:
        """Return the hash of the content; empty if it could not be read."""
        if self._has_failed:
            return ""
        try:
            if "_content" in vars(self):
                return hashlib.sha256(self._content).hexdigest()
            with _in_archive(self.place).open() if self.place.member else self._opened() as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
        except (OSError, ValueError, LookupError, zipfile.BadZipFile):
            return ""

    def _opened(self) -> BinaryIO:
        return open_at(self.place.path)
