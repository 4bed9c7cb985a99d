"""What is done is kept: a small file a plan, whole or not at all, under a lock."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rtcheck.batch.places import Source
from rtcheck.batch.remote import Stamp, is_url
from rtcheck.batch.units import Unit
from rtcheck.errors import UsageError

SCHEMA = "rtcheck-batch/1"
_HEAD = "batch.json"
_LOCK = ".lock"
_PRIVATE = 0o600

Record = dict[str, Any]


class Store:
    """The folder that a batch writes to.

    Parameters
    ----------
    folder : Path
        Made if it is not there.

    Raises
    ------
    UsageError
        If it is a URL.

    Notes
    -----
    ``results/`` has a file a plan, written after the plan's reports: what it says is done. All are
    written beside their place, flushed to disk and renamed, so that a batch that is killed leaves
    no half of a file.
    """

    def __init__(self, folder: str | Path) -> None:
        if is_url(str(folder)):
            raise UsageError(
                "results cannot be written to a URL",
                where=str(folder),
                expected="a folder",
                hint="Write them to one, and copy it",
            )
        self.folder = Path(folder)

    def head(self) -> Record | None:
        """Return what the last batch here was, or None if there was none."""
        return _read_json(self.folder / _HEAD)

    def write_head(self, head: Mapping[str, object]) -> None:
        """Say which batch this is."""
        self.write(_HEAD, json.dumps({"schema": SCHEMA, **head}, indent=1) + "\n")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder: a second batch is refused as long as this one lives.

        The lock is the operating system's, so that of a killed batch is gone with it.

        Raises
        ------
        UsageError
            If another batch holds it, or the folder cannot be written to.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            stream = (self.folder / _LOCK).open("a+", encoding="utf-8")
        except OSError as error:
            raise _cannot_write(error, self.folder) from error
        with stream:
            if not _lock(stream.fileno()):
                stream.seek(0)
                raise UsageError(
                    f"another batch is writing here ({stream.read().strip() or 'unknown'})",
                    where=str(self.folder),
                    expected="one batch at a time",
                    hint="Wait for it, or choose another folder",
                )
            stream.truncate(0)
            stream.write(f"process {os.getpid()} on {socket.gethostname()}\n")
            stream.flush()
            yield

    def record(self, unit_id: str) -> Record | None:
        """Return what was kept of a unit, or None."""
        return _read_json(self._place(unit_id))

    def keep(self, record: Record, files: Mapping[str, bytes]) -> None:
        """Keep the reports of a plan, and after them what says that it is done."""
        for name, content in files.items():
            self.write(name, content)
        text = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        place = self._place(str(record["id"])).relative_to(self.folder)
        self.write(place.as_posix(), text)

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file below the folder whole or not at all; return its path.

        Raises
        ------
        UsageError
            If it cannot be written; a full disk is said to be one.
        """
        with self.writing(name) as beside:
            data = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
            with beside.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        return self.folder / name

    @contextlib.contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """Give a file to be filled, which takes its place if all went well.

        Raises
        ------
        UsageError
            If it cannot be written.
        """
        path = self.folder / name
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.touch(_PRIVATE)
            yield beside
            beside.replace(path)
        except OSError as error:
            raise _cannot_write(error, path) from error
        finally:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what a killed batch left half-written; only with the lock."""
        for left in self.folder.rglob(".*.tmp"):
            with contextlib.suppress(OSError):
                left.unlink()

    def require_usable(self, *, resume: bool) -> None:
        """Refuse a folder that holds something else, or a batch that is not to be gone on with.

        Raises
        ------
        UsageError
            If it does.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise UsageError("not a folder", where=str(self.folder), expected="a folder")
        if not self.folder.is_dir():
            return
        others = [p.name for p in self.folder.iterdir() if p.name != _LOCK]
        head = self.head()
        if head is not None and head.get("schema") != SCHEMA:
            raise UsageError(f"a batch of schema {head.get('schema')!r}", where=str(self.folder))
        if head is not None and not resume:
            raise UsageError(
                "a batch was already written here",
                where=str(self.folder),
                expected="an empty folder, or --resume",
                hint="--resume goes on with it and repeats nothing",
            )
        if head is None and others:
            raise UsageError(
                "the folder holds other files",
                where=str(self.folder),
                expected="an empty folder or one that a batch wrote",
            )

    def _place(self, unit_id: str) -> Path:
        return self.folder / "results" / unit_id[:2] / f"{unit_id}.json"


def is_current(record: Record | None, unit: Unit, key: str) -> bool:
    """Return whether a kept record still holds: same settings, same files, same content.

    A file of the size and times (or, behind a URL, version) that it had is taken for unchanged; of
    any other the content decides.
    """
    if record is None or record.get("key") != key or not record.get("final", False):
        return False
    kept = {(f["path"], f["member"], f["number"]): f for f in record.get("files", ())}
    now = {(place.path, place.member, place.number): place for place in unit.places}
    return set(kept) == set(now) and all(
        _same(place.stamp, kept[key]["stamp"]) or Source(place).sha256() == kept[key]["sha256"]
        for key, place in now.items()
    )


def _same(now: Stamp, kept: Sequence[int | str]) -> bool:
    # A store that tells the size alone tells no versions apart.
    return len(now) > 1 and list(now) == list(kept)


def _read_json(path: Path) -> Record | None:
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def _lock(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:
        return _lock_on_windows(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def _lock_on_windows(descriptor: int) -> bool:
    from importlib import import_module

    msvcrt = import_module("msvcrt")
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True


def _cannot_write(error: OSError, path: Path) -> UsageError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UsageError(
            "the disk is full",
            where=str(path),
            hint="What was done is kept: make room, then --resume goes on",
        )
    return UsageError(f"cannot write: {error.strerror or error}", where=str(path))
