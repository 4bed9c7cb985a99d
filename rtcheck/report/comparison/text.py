"""The comparison as text for a terminal or a plain file, in the order of the page."""

from __future__ import annotations

from collections.abc import Sequence

from rtcheck.report.comparison import words
from rtcheck.report.comparison.record import Comparison
from rtcheck.report.comparison.record import Row as Compared
from rtcheck.report.grid import Column, Grid, Row
from rtcheck.report.layout import WIDTH, Blank, Element, Facts, Paragraph, Tone, plain_text
from rtcheck.report.text_report import counts_of, findings_layout, label_of
from rtcheck.report.text_rows import TONES, sentence, unbroken
from rtcheck.report.words import (
    DISCLAIMER,
    STATUS_SENTENCES,
    created_text,
    protocol_text,
    settings_in_words,
    visible,
)
from rtcheck.verdict import OUTCOME_WORDS

SHOWN_ONLY = "Shown only, they do not decide:"


def write_comparison_text(comparison: Comparison, width: int = WIDTH) -> str:
    """Return the comparison as plain text, no line wider than `width`."""
    return plain_text(comparison_layout(comparison), width)


def comparison_layout(comparison: Comparison) -> list[Element]:
    """Return the comparison laid out: outcomes, warnings, what changed, the rows, provenance."""
    return [
        *outcomes_layout(comparison),
        Blank(),
        Grid((Column("Plan", tone=Tone.STRONG), *_PLAN_COLUMNS), _plans(comparison)),
        *_warnings(comparison),
        *_changes(comparison),
        *_sections(comparison),
        *_contours(comparison),
        *_findings(comparison),
        Blank(),
        Facts(_facts(comparison)),
        Blank(),
        Paragraph(words.REAL_MEANS, Tone.QUIET),
        Paragraph(words.NO_WINNER, Tone.QUIET),
        Paragraph(DISCLAIMER, Tone.QUIET),
    ]


def outcomes_layout(comparison: Comparison) -> list[Element]:
    """Return one line a plan: its outcome, in the words of a single report."""
    lines: list[Element] = []
    for rival in comparison.rivals:
        outcome = rival.report.overall
        symbol, word = OUTCOME_WORDS[outcome]
        lines.append(
            Paragraph(f"{rival.title} – {word.upper()}", TONES[outcome], lead=f"{symbol} ")
        )
    lines += [
        Paragraph(words.unread_text(unread), Tone.DOUBT, lead="? ")
        for unread in comparison.unreadable
    ]
    return lines


_PLAN_COLUMNS = (
    Column("Goals"),
    Column("Prescribed", spills=True),
    Column("Read from", spills=True),
)


def _plans(comparison: Comparison) -> list[Row]:
    rows = []
    for rival in comparison.rivals:
        mark = " (reference)" if rival.key == comparison.reference else ""
        cells = (
            visible(rival.title) + mark,
            counts_of(rival.report),
            visible(words.prescribed(rival)),
            rival.read_from,
        )
        rows.append(Row(cells))
    return rows


def _warnings(comparison: Comparison) -> list[Element]:
    said = words.warnings(comparison)
    if not said:
        same = words.same_structures(comparison)
        return [Blank(), Paragraph(same)] if same else []
    return [
        Blank(),
        Paragraph(words.NOT_ALIKE, Tone.BAD),
        *(Paragraph(text, Tone.DOUBT, lead="! ", indent=1) for text in said),
    ]


def _changes(comparison: Comparison) -> list[Element]:
    base = comparison.base
    elements: list[Element] = [Blank(), Paragraph(f"Against {base.title}", Tone.STRONG)]
    for rival in comparison.others:
        found = False
        for change, verb in words.TURN_WORDS.items():
            turns = words.turns(comparison, rival.key, change)
            if not turns:
                continue
            found = True
            tone = TONES[words.CHANGE_TONES[change]]
            elements.append(Paragraph(f"{rival.title} {verb} {len(turns)}:", tone, indent=1))
            for turn in turns:
                only = "" if turn.decides else " (shown only)"
                text = f"{turn.goal}{only}, {turn.what}: {turn.text}"
                elements.append(Paragraph(text, lead="- ", indent=2))
        if not found:
            elements.append(Paragraph(f"{rival.title}: no goal has another outcome.", indent=1))
        elements.append(Paragraph(f"{words.tally(comparison, rival.key)}.", Tone.QUIET, indent=2))
    return elements


def _sections(comparison: Comparison) -> list[Element]:
    elements: list[Element] = []
    for section, rows in words.sections(comparison):
        title = Paragraph(f"{words.SECTION_WORDS[section]} ({len(rows)})", Tone.STRONG)
        if section is words.Section.NOWHERE:
            goals = ", ".join(dict.fromkeys(row.goal for row in rows))
            elements += [Blank(), title, Paragraph(goals, indent=1)]
            continue
        columns = (
            Column("Structure", tone=Tone.STRONG),
            Column("Metric"),
            Column("Limit"),
            *(Column(rival.key) for rival in comparison.rivals),
            Column("Goal", spills=True),
            Column("ROI", spills=True),
        )
        elements += [
            Blank(),
            title,
            Grid(columns, _rows(rows)),
        ]
    return elements


def _rows(rows: Sequence[Compared]) -> list[Row]:
    """Return the rows; those that do not decide stand last, below one sentence that says so."""
    laid = []
    said = False
    for row, before in zip(rows, (None, *rows), strict=False):
        above = ((SHOWN_ONLY, Tone.QUIET),) if not (row.required or said) else ()
        said = said or bool(above)
        said_above = before if before and not above and before.goal == row.goal else None
        laid.append(_row(row, above, said_above))
    return laid


def _row(row: Compared, above: tuple[tuple[str, Tone], ...], said_above: Compared | None) -> Row:
    """Return a row; what the one above it, of the same goal, says already is left out."""
    cells = []
    remarked: dict[str, list[str]] = {}
    for cell in words.cells(row):
        value = f"{cell.symbol} {cell.value or cell.word}"
        parts = (value, cell.interval, cell.difference)
        # Once is enough to see that nothing differs.
        parts = (f"{cell.symbol} {cell.difference}", "", "") if cell.is_same else parts
        cells.append("\n".join(filter(None, parts)))
        for remark in cell.remarks:
            remarked.setdefault(remark, []).append(cell.key)
    notes = [
        (f"{', '.join(keys)}: {sentence(text)}", Tone.DOUBT) for text, keys in remarked.items()
    ]
    limit = _limit(row)
    again = said_above is not None
    limit_again = said_above is not None and _limit(said_above) == limit
    return Row(
        (
            visible(words.row_name(row)),
            "" if again else words.metric_text(row),
            "" if limit_again else limit,
            *cells,
            "" if again else row.goal,
            visible(words.roi_text(row)),
        ),
        tuple(notes),
        above,
    )


def _limit(row: Compared) -> str:
    limits = [unbroken(row.per_protocol)] if row.per_protocol else []
    limits += [f"acceptable {unbroken(row.acceptable)}"] if row.acceptable else []
    return "\n".join(limits)


def _contours(comparison: Comparison) -> list[Element]:
    rows = [
        Row((visible(name), *volumes, "drawn otherwise" if other else ""))
        for name, volumes, other in words.contour_rows(comparison)
    ]
    if not rows:
        return []
    columns = (
        Column("ROI", tone=Tone.STRONG),
        *(Column(rival.key) for rival in comparison.rivals),
        Column(""),
    )
    return [
        Blank(),
        Paragraph(words.CONTOURS_TITLE, Tone.STRONG),
        Grid(columns, rows),
    ]


def _findings(comparison: Comparison) -> list[Element]:
    return [
        element
        for title, found in words.findings(comparison)
        for element in findings_layout(found, f"Findings in the input of {title}")
    ]


def _facts(comparison: Comparison) -> list[tuple[str, str]]:
    report = comparison.base.report
    status = STATUS_SENTENCES.get(report.protocol.status)
    return [
        ("Protocol", f"{protocol_text(report)}: {report.protocol.title}"),
        *([("", status)] if status else []),
        *((label_of(key), text) for key, text in settings_in_words(comparison.settings).items()),
        ("rtcheck", f"{comparison.rtcheck_version}, {created_text(report)}"),
    ]
