"""Tables that fit any width: long cells wrap, and what finds no room stands below its row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rtcheck.report.layout import (
    INDENT,
    Line,
    Paragraph,
    Span,
    Tone,
    padded,
    width_of,
    words_of,
    wrap,
)
from rtcheck.report.words import visible

_GAP = "  "
_LONGEST_WORD = 20
"""A longer word, such as an ROI name without blanks, is broken where a table asks for it."""


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
        if not used:
            return
        wanted = {i: self._wanted(i) for i in used}
        # Rows with a sentence in common stand one step further to the right than the sentence.
        indent = INDENT * (2 if any(row.above for row in self.rows) else 1)
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
            yield from self._below(row, spilled, width, len(indent) // len(INDENT) + 1)

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
            spans.append((padded(column[i] if i < len(column) else "", width) + _GAP, tone))
        spans[-1] = (spans[-1][0].rstrip(), spans[-1][1])
        yield tuple(spans)
