"""The verdicts as an HTML report lays them out: by outcome, then by what they were measured on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from string import ascii_lowercase

from rtcheck.report import words
from rtcheck.report.record import Report
from rtcheck.verdict import OUTCOME_WORDS, Evidence, Outcome, Verdict

UNDECIDING = "undeciding"
"""Key of the group of goals that were judged and do not decide."""

DECIDING = (
    Outcome.DEVIATION_UNACCEPTABLE,
    Outcome.NOT_EVALUATED,
    Outcome.VARIATION_ACCEPTABLE,
    Outcome.PER_PROTOCOL,
)

IN_FULL = (Outcome.DEVIATION_UNACCEPTABLE.value, Outcome.NOT_EVALUATED.value)
"""Groups whose rows say all themselves; they stand above the histogram."""


@dataclass(frozen=True)
class Subject:
    """Rows of a group that were measured on the same structure.

    Parameters
    ----------
    name : str
        As the rules write it.
    found : tuple of (str, tuple of str, str)
        Role, names of its ROIs, and how they were matched.
    rows : tuple of Row
        In the protocol's order.
    """

    name: str
    found: tuple[tuple[str, tuple[str, ...], str], ...]
    rows: tuple[words.Row, ...]

    @property
    def prescription(self) -> str:
        """Return the one prescription that percentages refer to; empty if none or several."""
        referred = {row.verdict.prescription for row in self.rows} - {""}
        return referred.pop() if len(referred) == 1 else ""


@dataclass(frozen=True)
class Group:
    """The verdicts that stand in one section, in words.

    Parameters
    ----------
    key : str
        The outcome's, or `UNDECIDING`.
    symbol, word : str
        The same for people.
    rows : tuple of Row
        In the protocol's order; those that do not decide by outcome.
    """

    key: str
    symbol: str
    word: str
    rows: tuple[words.Row, ...]

    @property
    def decides(self) -> bool:
        """Return whether the section's heading is what its rows came to."""
        return self.key != UNDECIDING

    @property
    def is_in_full(self) -> bool:
        """Return whether its rows say all themselves, above the histogram."""
        return self.key in IN_FULL

    @property
    def counted(self) -> str:
        """Return what there are so many of; of goals that do not decide, what they came to."""
        if self.decides:
            return self.word
        came_to = Counter(row.word for row in self.rows)
        return f"{self.word} ({', '.join(f'{n} {word}' for word, n in came_to.items())})"

    def subjects(self) -> list[Subject]:
        """Return the rows by what they were measured on, each where it first stands."""
        sorted_rows: dict[tuple[object, ...], list[words.Row]] = {}
        for row in self.rows:
            found = tuple(words.found_parts(row.verdict))
            sorted_rows.setdefault((row.structure, row.verdict.roi, found), []).append(row)
        return [
            Subject(rows[0].structure, _found(rows[0].verdict), tuple(rows))
            for rows in sorted_rows.values()
        ]


def _found(verdict: Verdict) -> tuple[tuple[str, tuple[str, ...], str], ...]:
    names: dict[tuple[str, str], list[str]] = {}
    for role, name, how in words.found_parts(verdict):
        names.setdefault((role, how), []).append(name)
    if verdict.roi and not names:
        names["", ""] = [verdict.roi]
    return tuple((role, tuple(some), how) for (role, how), some in names.items())


def groups_of(report: Report) -> tuple[Group, ...]:
    """Return the verdicts in sections: first those that decide, what must be seen first first."""
    rows: dict[str, list[words.Row]] = {outcome: [] for outcome in DECIDING}
    rows |= {UNDECIDING: []}
    for v in report.in_display_order():
        judged = v.outcome in DECIDING
        key = v.outcome.value if v.required or not judged else UNDECIDING
        # Said once, by the section's heading.
        row = replace(words.row_of(replace(v, required=True)), verdict=v)
        rows.setdefault(key, []).append(row)
    headings = {outcome.value: OUTCOME_WORDS[outcome] for outcome in OUTCOME_WORDS}
    headings[UNDECIDING] = ("·", "goals that do not decide")
    return tuple(Group(key, *headings[key], tuple(some)) for key, some in rows.items() if some)


@dataclass(frozen=True)
class Footnotes:
    """Texts that stand once, below, and are referred to from the rows by a number or letter.

    Parameters
    ----------
    cites : mapping of str to int
        Sources, numbered in the order of the page.
    notes : mapping of str to str
        Readings and definitions, lettered in the order of the page.
    """

    cites: dict[str, int] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


def footnotes_of(groups: Sequence[Group]) -> Footnotes:
    """Return what the rows of a page refer to."""
    footnotes = Footnotes()
    for group in groups:
        for row in (row for subject in group.subjects() for row in subject.rows):
            if cite := cite_of(row):
                footnotes.cites.setdefault(cite, len(footnotes.cites) + 1)
            for note in () if group.is_in_full else notes_of(row):
                footnotes.notes.setdefault(note, _letter(len(footnotes.notes)))
    return footnotes


def cite_of(row: words.Row) -> str:
    """Return the source of a row; empty if none is stated."""
    return row.verdict.source_cite or row.verdict.source_ref


def notes_of(row: words.Row) -> list[str]:
    """Return what a row says of its goal, and so again in every row of that goal."""
    return list(filter(None, (row.note, words.definition_text(row.verdict))))


def remarks_of(row: words.Row) -> list[str]:
    """Return what a row says of its own verdict."""
    elsewhere = (words.definition_text(row.verdict), words.prescription_text(row.verdict))
    return [remark for remark in row.remarks if remark not in elsewhere]


def evidence_of(report: Report, row: words.Row) -> list[Evidence]:
    """Return where a row's goal is violated."""
    key = (row.verdict.goal, row.verdict.roi)
    return [evidence for evidence in report.evidence if (evidence.goal, evidence.roi) == key]


def _letter(index: int) -> str:
    """Return the letters of a footnote: a to z, then aa, ab and so on.

    Examples
    --------
    >>> [_letter(i) for i in (0, 25, 26, 27)]
    ['a', 'z', 'aa', 'ab']
    """
    text = ""
    while index >= 0:
        text = ascii_lowercase[index % 26] + text
        index = index // 26 - 1
    return text
