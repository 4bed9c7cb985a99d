"""Where output goes: laid-out text for people, formats for machines."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rtcheck.errors import UsageError

if TYPE_CHECKING:
    from rtcheck.report.layout import Element

STDOUT = "-"

_PLAIN_ASCII = {
    "✓": "+", "✗": "x", "–": "-", "—": "-", "·": "-", "×": "x", "−": "-", "…": "...",
    "≤": "<=", "≥": ">=", "’": "'", "‘": "'", "“": '"', "”": '"', "α": "alpha", "β": "beta",
}  # fmt: skip
"""What to write where an encoding lacks a character that rtcheck or a protocol uses."""

_STYLES = {
    "plain": "", "strong": "bold", "good": "green", "doubt": "yellow", "bad": "bold red",
    "quiet": "dim",
}  # fmt: skip


def check_targets(targets: Mapping[str, str | None], inputs: Sequence[str] = ()) -> TextIO:
    """Return the stream for human text, having refused what could not be written.

    Parameters
    ----------
    targets : mapping of str to str or None
        Option to the file it asks for; ``-`` is standard output.
    inputs : sequence of str
        What is read, and must not be written over; no DICOM file is, in any case.

    Raises
    ------
    UsageError
        If two formats ask for one place, a file cannot be written there, or is an input.
    """
    from rtcheck.cli.inputs import protect_inputs
    from rtcheck.report.files import check_writable

    given = {option: target for option, target in targets.items() if target is not None}
    places: dict[object, str] = {}
    for option, target in given.items():
        place = target if target == STDOUT else Path(target).absolute()
        if place in places:
            raise UsageError(
                f"{places[place]} and {option} both write to {target!r}",
                expected="a place for each",
            )
        places[place] = option
        if target != STDOUT:
            check_writable(Path(target))
            protect_inputs(target, inputs)
    return sys.stderr if STDOUT in given.values() else sys.stdout


def deliver(target: str, content: str | bytes) -> None:
    """Write a machine format to a file, or as UTF-8 to standard output, byte for byte."""
    from rtcheck.cli.exits import tell
    from rtcheck.report.files import as_bytes, write_file

    if target == STDOUT:
        sys.stdout.flush()
        sys.stdout.buffer.write(as_bytes(content))
        sys.stdout.buffer.flush()
    else:
        tell(f"Written: {write_file(target, content)}")


def show(elements: Sequence[Element], stream: TextIO | None = None) -> None:
    """Show laid-out text: with colours on a terminal, plain anywhere else; the same words."""
    from rtcheck.report.layout import plain_text

    stream = stream or sys.stdout
    if stream.isatty() or os.environ.get("FORCE_COLOR"):
        _show_in_colours(elements, stream)
    else:
        stream.write(encodable(plain_text(elements), stream))
    stream.flush()


def _show_in_colours(elements: Sequence[Element], stream: TextIO) -> None:
    from rich.console import Console
    from rich.text import Text

    from rtcheck.report.layout import all_lines

    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    for line in all_lines(elements, console.width):
        text = Text()
        for span, tone in line:
            text.append(encodable(span, stream), _STYLES[tone])
        text.rstrip()
        console.print(text, soft_wrap=True)


def encodable(text: str, stream: TextIO) -> str:
    r"""Return text in characters that the stream's encoding has.

    Examples
    --------
    >>> import io
    >>> encodable("✓ 5 × 2 Gy, 肝", io.TextIOWrapper(io.BytesIO(), "ascii"))
    '+ 5 x 2 Gy, \\u809d'
    """
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_encodable(ch, encoding) for ch in text)
    return text


def _encodable(ch: str, encoding: str) -> str:
    try:
        ch.encode(encoding)
    except UnicodeEncodeError:
        return _PLAIN_ASCII.get(ch) or ch.encode(encoding, "backslashreplace").decode(encoding)
    return ch
