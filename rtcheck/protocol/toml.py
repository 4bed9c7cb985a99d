"""Reading a TOML file strictly: bounded size, UTF-8, and errors with line and column."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from rtcheck.errors import ProtocolNotFoundError, ProtocolSyntaxError

MAX_BYTES = 256 * 1024
MAX_LINE = 4000
MAX_POINTS = 100
"""Limits on a file, and on characters and points of its lines: a rule file is text that a person
wrote. A key of many parts (``a.a.a``) costs the square of their number to read."""

_POSITION = re.compile(r"\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)")


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes.

    Raises
    ------
    ProtocolNotFoundError
        If it is not there, not a file, or cannot be opened.
    ProtocolSyntaxError
        If it is larger than a rule file is.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (
            error.strerror if isinstance(error, OSError) and error.strerror else "not a file name"
        )
        raise ProtocolNotFoundError(f"cannot read the file: {reason}", where=str(path)) from error
    if len(content) > MAX_BYTES:
        raise ProtocolSyntaxError(
            f"a file of more than {MAX_BYTES // 1024} KiB", where=str(path), expected="a rule file"
        )
    return content


def parse_toml(content: bytes, file: str) -> dict[str, Any]:
    """Return the table that TOML text holds.

    Raises
    ------
    ProtocolSyntaxError
        If it is not UTF-8 or not TOML, with ``file:line:column``, or has a line beyond the limits.
    """
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ProtocolSyntaxError(
            "text that is not UTF-8", where=f"{file}:{line}", expected="a file saved as UTF-8"
        ) from error
    for number, row in enumerate(text.split("\n"), 1):
        if len(row) > MAX_LINE or row.count(".") > MAX_POINTS:
            raise ProtocolSyntaxError(
                f"a line of {len(row)} characters with {row.count('.')} points",
                where=f"{file}:{number}",
                expected=f"{MAX_LINE} characters and {MAX_POINTS} points at most",
            )
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        position = _POSITION.search(message)
        where = file
        if position and position["line"]:
            where = f"{file}:{position['line']}:{position['column']}"
        elif position:
            where = f"{file}:{text.count(chr(10)) + 1}:1"
        found = _POSITION.sub("", message).strip()
        raise ProtocolSyntaxError(f"not TOML: {found}", where=where, expected="TOML") from error
    except (RecursionError, ValueError) as error:  # nested too deeply; a number of 5000 digits
        raise ProtocolSyntaxError(
            "a value that cannot be read", where=file, expected="TOML"
        ) from error
