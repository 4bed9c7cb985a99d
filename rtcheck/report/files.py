"""Writing a report file whole or not at all."""

from __future__ import annotations

import contextlib
import secrets
import stat
from pathlib import Path

from rtcheck.errors import UsageError

BOM = "\ufeff"
"""Begins a CSV file: without it Excel takes UTF-8 for the machine's old code page."""

PRIVATE = 0o600
"""Mode of a new file: a report names a plan, so its owner says who else may read it."""


def as_bytes(content: str | bytes) -> bytes:
    """Return text as UTF-8, what UTF-8 cannot hold as its escape; bytes as they are."""
    return content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")


def check_writable(path: Path) -> None:
    """Raise before any work is done when a file could not be written there.

    Raises
    ------
    UsageError
        If the folder does not exist, or the path is a folder.
    """
    if path.is_dir():
        raise UsageError("a folder", where=str(path), expected="the name of a file to write")
    if not path.parent.is_dir():
        raise UsageError("no such folder", where=str(path.parent), hint="Make it first")


def write_file(path: str | Path, content: str | bytes) -> Path:
    """Write to a file: readers see the old file or the new one, never half of one.

    A new file can be read by its owner alone; one that is replaced keeps its mode. A file that
    ends in ``.csv`` begins with a byte order mark, for Excel; standard output and pipes do not, as
    other programs would take it for part of the first column's name.

    Raises
    ------
    UsageError
        If it cannot be written.
    """
    path = Path(path)
    check_writable(path)
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(as_bytes(content))  # a pipe or a device cannot be replaced
            return path
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else PRIVATE
        if isinstance(content, str) and path.suffix.lower() == ".csv":
            content = BOM + content
        beside = path.with_name(f".{path.name[:80]}.{secrets.token_hex(4)}.tmp")
        try:
            beside.touch(PRIVATE, exist_ok=False)
            beside.write_bytes(as_bytes(content))
            beside.chmod(mode)
            beside.replace(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                beside.unlink()
    except OSError as error:
        raise UsageError(f"cannot write: {error.strerror or error}", where=str(path)) from error
    return path
