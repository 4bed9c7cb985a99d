"""From folders to RT objects: streamed, so that a heap of a million files needs no list of them."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rtcheck.batch.places import GONE, Place, is_there, open_at, root_of, stamp_of, start_of
from rtcheck.batch.remote import is_url, looks_at_once, urls_below
from rtcheck.dicom.scan import Header, is_candidate, look_into
from rtcheck.errors import UsageError

_THREADS = 8
"""Files are waited for, not computed: more threads than cores pay on a network drive."""

_CHUNK, _CHUNK_OF_URLS = 256, 8
"""Files a thread looks at in one go."""


@dataclass(frozen=True)
class Scanned:
    """An RT object that a scan found, or a file that looks like one and cannot be read.

    Parameters
    ----------
    place : Place
        Where it lies.
    header : Header or None
        What it says; None if it cannot be read.
    fault : str
        Why it cannot be read.
    """

    place: Place
    header: Header | None = None
    fault: str = ""


Headers = Callable[[list[str]], list[Scanned]]
MapHeaders = Callable[[Headers, Iterable[list[str]]], Iterator[list[Scanned]]]
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Scan:
    """What a scan found.

    Parameters
    ----------
    objects : tuple of Scanned
        Every RT object, and every file that looks like one and cannot be read.
    number_of_files : int
        How many files were looked at.
    """

    objects: tuple[Scanned, ...]
    number_of_files: int


def scan(
    roots: Iterable[str | Path],
    *,
    map_headers: MapHeaders = map,
    told: Told | None = None,
    leave_out: Iterable[Path] = (),
) -> Scan:
    """Return the RT objects below folders, in files and in ZIP archives, wherever those lie.

    Parameters
    ----------
    roots : iterable of path
        Folders, files or archives. Links are followed; a file reached twice is one.
    map_headers : callable
        As `map`: reads headers of chunks of files, perhaps in other processes.
    told : callable, optional
        Is told how many files were looked at and how many RT objects were found.
    leave_out : iterable of Path
        Folders not to be searched, such as the one that results go to.

    Raises
    ------
    UsageError
        If a path does not exist.
    """
    require_there(roots := list(roots))
    tops = [root_of(root) for root in roots]
    counted = _Counted(_paths(tops, {path.resolve() for path in leave_out}))
    objects: list[Scanned] = []
    number_of_threads, chunk = _THREADS, _CHUNK
    for url in filter(is_url, tops):
        number_of_threads, chunk = looks_at_once(url), _CHUNK_OF_URLS
    with ThreadPoolExecutor(number_of_threads) as threads:
        candidates = _candidates(threads, number_of_threads, _chunks(counted, chunk))
        for found in map_headers(read_headers, _chunks(candidates, 16)):
            objects += found
            if told:
                told(counted.number, len(objects))
    objects = sorted(dict.fromkeys(objects), key=lambda one: one.place)
    return Scan(tuple(objects), counted.number)


def require_there(roots: Iterable[str | Path]) -> None:
    """Return quietly if there is something at each path or URL.

    Raises
    ------
    UsageError
        If not.
    """
    for root in roots:
        if not is_there(root_of(root)):
            raise UsageError("no such file or folder", where=str(root))


def read_headers(paths: list[str]) -> list[Scanned]:
    """Return the RT objects that these files hold."""
    return [scanned for path in paths for scanned in _read_headers(path)]


def _read_headers(path: str) -> Iterator[Scanned]:
    stamp = stamp_of(path)
    try:
        with open_at(path) as stream:
            for seen in look_into(stream, int(stamp[0])):
                place = Place(path, seen.member, seen.number, stamp)
                yield Scanned(place, seen.header, seen.fault)
    except Exception as error:  # noqa: BLE001 - drivers raise what they like
        fault = f"the file cannot be opened ({type(error).__name__})"
        yield Scanned(Place(path, stamp=GONE), fault=fault)


class _Counted:
    def __init__(self, paths: Iterator[str]) -> None:
        self._paths = paths
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        for path in self._paths:
            self.number += 1
            yield path


def _candidates(
    threads: ThreadPoolExecutor, number_of_threads: int, chunks: Iterable[list[str]]
) -> Iterator[str]:
    """Return the files that may hold an RT object; a few chunks are looked at ahead of need."""
    pending: deque[Future[list[str]]] = deque()
    for chunk in chunks:
        pending.append(threads.submit(_only_candidates, chunk))
        if len(pending) > 2 * number_of_threads:
            yield from pending.popleft().result()
    for last in pending:
        yield from last.result()


def _only_candidates(paths: list[str]) -> list[str]:
    return [path for path in paths if _may_hold_rt(path)]


def _may_hold_rt(path: str) -> bool:
    try:
        return is_candidate(start_of(path))
    except OSError:  # that it cannot be opened must be said
        return True


def _chunks(paths: Iterable[str], size: int) -> Iterator[list[str]]:
    stream = iter(paths)
    while chunk := list(islice(stream, size)):
        yield chunk


def _paths(roots: Iterable[str], left_out: set[Path]) -> Iterator[str]:
    folders_seen: set[tuple[int, int]] = set()
    links_seen: set[tuple[int, int]] = set()
    for root in roots:
        if is_url(root):
            yield from urls_below(root)
        elif Path(root).is_dir():
            yield from _below(root, folders_seen, links_seen, left_out)
        else:
            yield root


def _below(
    top: str,
    folders_seen: set[tuple[int, int]],
    links_seen: set[tuple[int, int]],
    left_out: set[Path],
) -> Iterator[str]:
    """Return the files below a folder, in no order; only folders are remembered, and links."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            status = os.stat(folder)  # noqa: PTH116 - a million names need no Path each
            identity = (status.st_dev, status.st_ino)
            if identity in folders_seen or Path(folder).resolve() in left_out:
                continue
            folders_seen.add(identity)
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir():
                        waiting.append(entry.path)
                    elif entry.is_file() and not _twice(entry, links_seen):
                        yield entry.path
        except OSError:
            yield folder  # cannot be opened: said as that of a file


def _twice(entry: os.DirEntry[str], links_seen: set[tuple[int, int]]) -> bool:
    """Return whether a symbolic link leads to a file that another link led to."""
    if not entry.is_symlink():
        return False
    status = entry.stat()
    identity = (status.st_dev, status.st_ino)
    if identity in links_seen:
        return True
    links_seen.add(identity)
    return False
