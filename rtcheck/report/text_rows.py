"""Verdicts as rows of text: what holds for each ROI of a goal is said once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from rtcheck.report.grid import Column, Grid, Row
from rtcheck.report.layout import NO_BREAK, Blank, Element, Paragraph, Tone
from rtcheck.report.words import TPS_NAME, found_parts, row_of, visible
from rtcheck.report.words import Row as RowWords
from rtcheck.verdict import OUTCOME_WORDS, Evidence, Outcome, Verdict

TONES = {
    Outcome.DEVIATION_UNACCEPTABLE: Tone.BAD,
    Outcome.NOT_EVALUATED: Tone.DOUBT,
    Outcome.VARIATION_ACCEPTABLE: Tone.DOUBT,
    Outcome.PER_PROTOCOL: Tone.GOOD,
    Outcome.REPORTED: Tone.STRONG,
    Outcome.NOT_APPLICABLE: Tone.QUIET,
}

_LOOKED_UP = (Outcome.DEVIATION_UNACCEPTABLE, Outcome.VARIATION_ACCEPTABLE)
"""Outcomes whose source and reading are printed: a reader will want to look them up."""

_LONG_LIMIT = 40
"""Characters from which on a limit, such as a list of schedules, does not go into a column."""

Said = Mapping[tuple[str, str], tuple[str, ...]]
"""What is known of each violation, by goal and ROI."""


def sentence(text: str) -> str:
    """Return text with a full stop, if it has no end of its own."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def section_layout(
    outcome: Outcome, verdicts: Sequence[Verdict], said: Said, which: str = ""
) -> list[Element]:
    """Return the verdicts of one outcome below their heading; nothing when there are none.

    Parameters
    ----------
    outcome : Outcome
        What they came to.
    verdicts : sequence of Verdict
        In the order to be shown.
    said : mapping
        What else is known of verdicts; see `said_by`.
    which : str
        Stands behind the heading.
    """
    if not verdicts:
        return []
    symbol, word = OUTCOME_WORDS[outcome]
    asked = [v.second_engine.name for v in verdicts if v.second_engine is not None]
    engine = asked[0] if asked else ""
    columns = (
        Column("Structure", tone=Tone.STRONG),
        Column("Metric"),
        Column("Value", tone=Tone.STRONG, rigid=True),
        Column("Limit"),
        Column("Margin", tone=TONES[outcome], rigid=True),
        Column(TPS_NAME, spills=True),
        *([Column(engine, spills=True)] if engine else []),
        Column("Goal", spills=True),
        Column("ROI", spills=True),
        Column("Prescription", spills=True),
    )
    title = f"{word} ({len(verdicts)}){which}"
    return [
        Blank(),
        Paragraph(title, TONES[outcome], lead=f"{symbol} "),
        Grid(columns, _rows(verdicts, engine, said)),
    ]


def _rows(verdicts: Iterable[Verdict], engine: str, said: Said) -> list[Row]:
    """Return the rows; verdicts with one and the same reason stand below it together."""
    by_why: dict[tuple[str, str], list[RowWords]] = {}
    for verdict in verdicts:
        # Said elsewhere: by the section's heading, in a column, at the end of the report.
        words = row_of(replace(verdict, required=True, prescription="", definition=""))
        words = replace(words, verdict=verdict)
        by_why.setdefault((words.why, words.advice), []).append(words)
    rows: list[Row] = []
    for (why, advice), group in by_why.items():
        above = [(f"Why: {sentence(why)}", Tone.DOUBT)] if why else []
        above += [(f"To do: {advice}", Tone.PLAIN)] if advice else []
        laid = []
        for _, same_goal in groupby(group, key=lambda words: words.verdict.goal):
            laid += _goal_rows(list(same_goal), engine, said)
        rows += [replace(laid[0], above=tuple(above)), *laid[1:]]
    return rows


def _goal_rows(group: Sequence[RowWords], engine: str, said: Said) -> list[Row]:
    """Return the rows of one goal; what holds for each of its ROIs stands at the first alone."""
    others = [name for name in (TPS_NAME, engine) if name]
    limits = [_limits(words) for words in group]
    looked_up = [_looked_up(words) for words in group]
    rows = []
    for i, words in enumerate(group):
        v, first = words.verdict, i == 0
        # A remark is about one value: it stands at each, even if it is true of all.
        own = [(text, Tone.PLAIN) for text in said.get((v.goal, v.roi), ())]
        own += [(remark, Tone.QUIET) for remark in words.remarks]
        own += looked_up[i] if first or looked_up[i] != looked_up[0] else []
        long = max(map(len, limits[i]), default=0) > _LONG_LIMIT
        new = first or limits[i] != limits[0]
        if long and new:
            own = [*((f"Limit: {limit}", Tone.PLAIN) for limit in limits[i]), *own]
        cells = (
            visible(": ".join(filter(None, (words.structure, v.roi))) or "(plan)"),
            words.metric if first else "",
            f"{words.value}\n{words.interval}" if words.interval else words.value,
            ("below" if long else "\n".join(limits[i])) if new else "",
            words.margin,
            *(dict(words.others).get(name, "") for name in others),
            v.goal if first else "",
            visible(_rois([w.verdict for w in group])) if first else "",
            visible(_prescriptions(w.verdict for w in group)) if first else "",
        )
        rows.append(Row(cells, tuple(own)))
    return rows


def _limits(words: RowWords) -> list[str]:
    return [
        unbroken(text) if tier == "per protocol" else f"{tier} {unbroken(text)}"
        for tier, text in words.limits
    ]


def _looked_up(words: RowWords) -> list[tuple[str, Tone]]:
    v = words.verdict
    if v.outcome not in _LOOKED_UP:
        return []
    source = ", ".join(filter(None, (f"[{v.source_ref}]", v.source_where)))
    notes = [(f"Source: {source}", Tone.QUIET)] if v.source_ref else []
    return notes + ([(f"Note: {words.note}", Tone.QUIET)] if words.note else [])


def said_by(evidence: Iterable[Evidence]) -> Said:
    """Return what is known of each violation, by goal and ROI."""
    return {
        (e.goal, e.roi): (
            f"Where: {e.words()}",
            *([f"Least change: {sentence(e.least_change)}"] if e.least_change else []),
        )
        for e in evidence
    }


def _prescriptions(verdicts: Iterable[Verdict]) -> str:
    """Return the prescriptions referred to; targets of one schedule stand together."""
    names: dict[str, list[str]] = {}
    for v in verdicts:
        name, _, schedule = v.prescription.rpartition(": ")
        if v.prescription and name not in names.setdefault(schedule, []):
            names[schedule].append(name)
    return "; ".join(
        ": ".join(filter(None, (", ".join(named), schedule))) for schedule, named in names.items()
    )


def _rois(verdicts: Sequence[Verdict]) -> str:
    """Return the ROIs measured; those of one role, recognised in one way, stand together."""
    names: dict[tuple[str, str], dict[str, None]] = {}
    for verdict in verdicts:
        for role, name, how in found_parts(verdict):
            names.setdefault((role, how), {})[name] = None
    parts = [f"{role}{', '.join(same)} {how}" for (role, how), same in names.items()]
    return "; ".join(parts) or ", ".join(filter(None, (v.roi for v in verdicts)))


def unbroken(limit: str) -> str:
    """Return a limit whose sign, number and unit stay on one line."""
    return re.sub(r"(?<=[<>=]) (?=\d)|(?<=\d) (?=[%A-Za-z])", NO_BREAK, limit)
