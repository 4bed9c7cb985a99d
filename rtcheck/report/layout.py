"""Text laid out for a terminal or a plain file: paragraphs, facts and tables that fit a width.

A layout is a list of elements; each turns into lines of spans, and a span has a tone. Plain text
leaves the tones out, a terminal shows them, so both have the same words in the same order. Every
text passes through `visible`: names from a file cannot act on the terminal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from rtcheck.report.words import visible

WIDTH = 80
"""Width of plain text; the narrowest terminal that is usual."""

NO_BREAK = "\u00a0"

_NARROWEST = 24
INDENT = "  "


class Tone(StrEnum):
    """What a span is, for a terminal to show; never the only sign of it."""

    PLAIN = "plain"
    STRONG = "strong"
    GOOD = "good"
    DOUBT = "doubt"
    BAD = "bad"
    QUIET = "quiet"


Span = tuple[str, Tone]
Line = tuple[Span, ...]


class Element(Protocol):
    """Something that can be laid out."""

    def lines(self, width: int) -> Iterator[Line]:
        """Return its lines, each at most `width` wide."""


def plain_text(elements: Iterable[Element], width: int = WIDTH) -> str:
    """Return a layout as plain text, ending in a newline."""
    lines = ("".join(text for text, _ in line).rstrip() for line in all_lines(elements, width))
    return "\n".join(lines) + "\n"


def all_lines(elements: Iterable[Element], width: int) -> Iterator[Line]:
    """Return the lines of a layout in order."""
    for element in elements:
        yield from element.lines(max(width, _NARROWEST))


def width_of(text: str) -> int:
    """Return how many columns of a terminal a text takes.

    Examples
    --------
    >>> width_of("Lung"), width_of("肺")
    (4, 2)
    """
    if text.isascii():
        return len(text)
    return sum(_width_of_character(ch) for ch in text)


def _width_of_character(ch: str) -> int:
    if unicodedata.category(ch) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(ch) in "WF" else 1


def wrap(text: str, width: int) -> list[str]:
    """Return a text in lines of at most `width` columns; a word that is longer is broken.

    A no-break space holds what belongs together, and is written as a blank.

    Examples
    --------
    >>> wrap("the structure is missing", 13)
    ['the structure', 'is missing']
    >>> wrap("acceptable <=\u00a035\u00a0%", 15)
    ['acceptable', '<= 35 %']
    """
    lines: list[str] = []
    line = ""
    for word in words_of(text) or [""]:
        joined = f"{line} {word}" if line else word
        if width_of(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = _broken(word, width)
        lines += full
    return [part.replace(NO_BREAK, " ") for part in (*lines, line)]


def words_of(text: str) -> list[str]:
    """Return the words of a text, safe to print; a no-break space divides none."""
    return [visible(word) for word in re.split(r"[ \t\r\n]+", text) if word]


def _broken(word: str, width: int) -> list[str]:
    """Return a word in parts, broken behind a hyphen or the like where there is one."""
    parts = []
    while width_of(word) > width:
        end = 1
        while width_of(word[: end + 1]) <= width:
            end += 1
        seams = [i + 1 for i in range(end) if word[i] in "-_/.;,"]
        end = seams[-1] if seams else end
        parts.append(word[:end])
        word = word[end:]
    return [*parts, word]


def padded(text: str, width: int) -> str:
    """Return text with blanks behind it up to a width."""
    return text + " " * (width - width_of(text))


@dataclass(frozen=True)
class Blank:
    """An empty line."""

    def lines(self, width: int) -> Iterator[Line]:
        """Return the empty line."""
        yield ()


@dataclass(frozen=True)
class Paragraph:
    """Wrapped text; further lines hang under the first by the width of `lead`.

    Parameters
    ----------
    text : str
        What it says.
    tone : Tone
        What it is.
    lead : str
        Stands before the first line, such as a bullet.
    indent : int
        Steps to the right.
    """

    text: str
    tone: Tone = Tone.PLAIN
    lead: str = ""
    indent: int = 0

    def lines(self, width: int) -> Iterator[Line]:
        """Return the lines."""
        margin = INDENT * self.indent
        lead = visible(self.lead)
        for line in wrap(self.text, max(8, width - len(margin) - width_of(lead))):
            yield ((margin + lead, self.tone), (line, self.tone))
            lead = " " * width_of(lead)


@dataclass(frozen=True)
class Command:
    """A command to copy: never wrapped, however narrow the terminal."""

    text: str

    def lines(self, width: int) -> Iterator[Line]:
        """Return the one line."""
        yield ((INDENT + visible(self.text), Tone.PLAIN),)


@dataclass(frozen=True)
class Facts:
    """Labels with their texts; several texts of one label stand below each other.

    Parameters
    ----------
    pairs : sequence of (str, str)
        Label and text; an empty label continues the one above.
    """

    pairs: Sequence[tuple[str, str]]

    def lines(self, width: int) -> Iterator[Line]:
        """Return the lines."""
        column = max((width_of(visible(label)) for label, _ in self.pairs), default=0) + 2
        if column > width // 3:
            for label, text in self.pairs:
                yield from Paragraph(label, Tone.QUIET).lines(width) if label else ()
                yield from Paragraph(text, indent=1).lines(width)
            return
        for label, text in self.pairs:
            for number, line in enumerate(wrap(text, max(8, width - column))):
                shown = padded(visible(label) if number == 0 else "", column)
                yield ((shown, Tone.QUIET), (line, Tone.PLAIN))
