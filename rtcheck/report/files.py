"""Writing a report file whole or not at all."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path

from rtcheck.errors import UsageError

BOM = "\ufeff"
"""Begins a CSV file: without it Excel takes UTF-8 for the machine's old code page."""


def as_bytes(text: str) -> bytes:
    """Return text as UTF-8; what UTF-8 cannot hold is written as its escape."""
    return text.encode("utf-8", "backslashreplace")


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


def write_file(path: str | Path, text: str) -> Path:
    """Write text to a file: readers see the old file or the new one, never half of one.

    A file that ends in ``.csv`` begins with a byte order mark, for Excel; standard output and
    pipes do not, as other programs would take it for part of the first column's name.

    Raises
    ------
    UsageError
        If it cannot be written.
    """
    path = Path(path)
    check_writable(path)
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(as_bytes(text))  # a pipe or a device cannot be replaced
            return path
        # Not tempfile: its files are private (0600), and a report is for others to read.
        beside = path.with_name(f".{path.name[:80]}.{secrets.token_hex(4)}.tmp")
        try:
            with beside.open("xb") as stream:
                stream.write(as_bytes(BOM + text if path.suffix.lower() == ".csv" else text))
            beside.replace(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                beside.unlink()
    except OSError as error:
        raise UsageError(f"cannot write: {error.strerror or error}", where=str(path)) from error
    return path
