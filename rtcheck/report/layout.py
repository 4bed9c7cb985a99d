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
_INDENT = "  "
_GAP = "  "
_LONGEST_WORD = 20
"""A longer word, such as an ROI name without blanks, is broken where a table asks for it."""


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


def _padded(text: str, width: int) -> str:
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
        margin = _INDENT * self.indent
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
        yield ((_INDENT + visible(self.text), Tone.PLAIN),)


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
                shown = _padded(visible(label) if number == 0 else "", column)
                yield ((shown, Tone.QUIET), (line, Tone.PLAIN))


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    title : str
        Its heading.
    spills : bool
        Whether its text moves below the row, after the heading, where the width is short.
    tone : Tone
        What its cells are.
    rigid : bool
        Whether its cells keep to one line where other columns can give way.
    """

    title: str
    spills: bool = False
    tone: Tone = Tone.PLAIN
    rigid: bool = False


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Parameters
    ----------
    cells : tuple of str
        One a column; parts divided by a line feed stand below each other.
    notes : tuple of (str, Tone)
        Sentences below the row, over the whole width.
    above : tuple of (str, Tone)
        Sentences that this row and those after it have in common.
    """

    cells: tuple[str, ...]
    notes: tuple[tuple[str, Tone], ...] = ()
    above: tuple[tuple[str, Tone], ...] = ()


@dataclass(frozen=True)
class Grid:
    """A table that fits: long cells wrap, and spilling columns move below their rows.

    Parameters
    ----------
    columns : sequence of Column
        The columns.
    rows : sequence of Row
        The rows.
    """

    columns: Sequence[Column]
    rows: Sequence[Row]

    def lines(self, width: int) -> Iterator[Line]:
        """Return the lines."""
        # A column without any text says nothing.
        used = [i for i in range(len(self.columns)) if any(row.cells[i] for row in self.rows)]
        wanted = {i: self._wanted(i) for i in used}
        # Rows with a sentence in common stand one step further to the right than the sentence.
        indent = _INDENT * (2 if any(row.above for row in self.rows) else 1)
        room = width - len(indent)
        kept = list(used)
        while _total([wanted[i] for i in kept]) > room:
            spilling = [i for i in kept if self.columns[i].spills]
            if not spilling:
                break
            kept.remove(spilling[-1])
        spilled = [i for i in used if i not in kept]
        widths = None
        for rigid in (True, False):
            least = [self._least(i, rigid) for i in kept]
            widths = widths or _fitted([wanted[i] for i in kept], least, room)
        if widths is None:
            yield from self._stacked(used, width)
            return
        titles = tuple(self.columns[i].title for i in kept)
        yield from _laid(titles, widths, [Tone.QUIET] * len(kept), indent)
        for row in self.rows:
            yield from _above(row, width)
            tones = [self.columns[i].tone for i in kept]
            yield from _laid([row.cells[i] for i in kept], widths, tones, indent)
            yield from self._below(row, spilled, width, len(indent) // len(_INDENT) + 1)

    def _wanted(self, i: int) -> int:
        texts = (self.columns[i].title, *(row.cells[i] for row in self.rows))
        return max(width_of(visible(part)) for text in texts for part in text.split("\n"))

    def _least(self, i: int, rigid: bool) -> int:
        """Return the width under which words of a column would be broken, if it is not absurd."""
        if rigid and self.columns[i].rigid:
            return min(self._wanted(i), _LONGEST_WORD)
        texts = (self.columns[i].title, *(row.cells[i] for row in self.rows))
        words = [word for text in texts for word in words_of(text)]
        return min(_LONGEST_WORD, max(map(width_of, words), default=1))

    def _below(self, row: Row, columns: Iterable[int], width: int, indent: int) -> Iterator[Line]:
        moved = [
            (self.columns[i].title.replace("\n", ""), row.cells[i].replace("\n", ", "))
            for i in columns
        ]
        text = " · ".join(f"{title}: {cell}" for title, cell in moved if cell)
        if text:
            yield from Paragraph(text, Tone.QUIET, indent=indent).lines(width)
        for text, tone in row.notes:
            yield from Paragraph(text, tone, indent=indent).lines(width)

    def _stacked(self, used: Sequence[int], width: int) -> Iterator[Line]:
        """Return the rows one cell a line, for a width in which no table stands."""
        first, *rest = used
        for row in self.rows:
            yield from _above(row, width)
            yield from Paragraph(row.cells[first], Tone.STRONG, indent=1).lines(width)
            yield from self._below(row, rest, width, 2)


def _above(row: Row, width: int) -> Iterator[Line]:
    for text, tone in row.above:
        yield from Paragraph(text, tone, indent=1).lines(width)


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _fitted(wanted: Sequence[int], least: Sequence[int], room: int) -> list[int] | None:
    """Return widths that fit the room, the widest columns giving way first; None if none do."""
    widths = list(wanted)
    while _total(widths) > room:
        giving = [i for i in range(len(widths)) if widths[i] > least[i]]
        if not giving:
            return None
        widths[max(giving, key=widths.__getitem__)] -= 1
    return widths


def _laid(
    cells: Sequence[str], widths: Sequence[int], tones: Sequence[Tone], indent: str
) -> Iterator[Line]:
    """Return the lines of one row, its cells wrapped side by side."""
    columns = [
        [line for part in cell.split("\n") for line in wrap(part, width)]
        for cell, width in zip(cells, widths, strict=True)
    ]
    for i in range(max(map(len, columns))):
        spans: list[Span] = [(indent, Tone.PLAIN)]
        for column, width, tone in zip(columns, widths, tones, strict=True):
            spans.append((_padded(column[i] if i < len(column) else "", width) + _GAP, tone))
        spans[-1] = (spans[-1][0].rstrip(), spans[-1][1])
        yield tuple(spans)
