"""The commissioning record laid out for a terminal or a plain file."""

from __future__ import annotations

from collections.abc import Iterator

from rtcheck.commission import words
from rtcheck.commission.acceptance import Check
from rtcheck.commission.acceptance import Row as ErrorRow
from rtcheck.commission.cases import CaseClass
from rtcheck.commission.record import Commission
from rtcheck.report.grid import Column, Grid, Row
from rtcheck.report.layout import Blank, Element, Facts, Paragraph, Tone
from rtcheck.report.words import GEOMETRY_WORDS

_TONES = {True: Tone.GOOD, False: Tone.BAD, None: Tone.QUIET}
_MARKS = {True: f"✓ {words.IN}", False: f"✗ {words.OUT}", None: f"· {words.REPORTED}"}
_WORST_SHOWN = 3


def commission_layout(record: Commission) -> list[Element]:
    """Return the record laid out: outcome, acceptance table, checks, worst cases, provenance."""
    mark, tone = ("✓", Tone.GOOD) if record.in_tolerance else ("✗", Tone.BAD)
    word = words.IN if record.in_tolerance else words.OUT
    geometry = f"{record.geometry}: {GEOMETRY_WORDS[record.geometry]}"
    return [
        Paragraph(f"{mark} {word.upper()}. {words.headline(record)}", tone),
        Blank(),
        Facts(
            [
                ("Commissioned", f"rtcheck {record.versions['rtcheck']}"),
                ("Date", words.created_text(record.created)),
                ("Geometry", geometry),
                ("Run", words.what_was_run(record)),
                ("", f"{words.spacings_run(record)}."),
            ]
        ),
        *_errors(record),
        Blank(),
        Paragraph("Further requirements", Tone.STRONG),
        Grid(
            [
                Column(""),
                Column("Found", rigid=True),
                Column("Required", rigid=True),
                Column("Result", rigid=True),
            ],
            [_check_row(check) for check in record.checks],
        ),
        *_worst(record),
        Blank(),
        Paragraph("Provenance", Tone.STRONG),
        Facts(list(record.versions.items())),
        Facts([(f"SHA-256 of {words.SHA_WORDS[k]}", h) for k, h in record.sha256.items()]),
        Blank(),
        Paragraph(f"{words.TRUTH_WORDS} {words.ERROR_WORDS}", Tone.QUIET),
    ]


def _errors(record: Commission) -> Iterator[Element]:
    columns = [
        Column("Absolute error of", tone=Tone.STRONG),
        Column("n", rigid=True),
        Column("Mean", rigid=True),
        Column("95 %", rigid=True),
        Column("Worst", rigid=True),
        Column("In interval", spills=True, rigid=True),
        Column("Result", rigid=True),
    ]
    for case_class in CaseClass:
        rows = [row for row in record.rows if row.case_class is case_class]
        if rows:
            yield Blank()
            yield Paragraph(f"Cases: {case_class}", Tone.STRONG)
            yield Paragraph(words.CLASS_WORDS[case_class] + ".", Tone.QUIET)
            yield Grid(columns, [_error_row(row) for row in rows])


def _error_row(row: ErrorRow) -> Row:
    found = (row.mean, row.p95, row.worst)
    texts = [
        words.error_text(value)
        if limit is None
        else f"{words.held_text(value, limit)}\n≤ {limit:g}"
        for value, limit in zip(found, row.limits, strict=True)
    ]
    cells = (
        f"{row.group}\n({row.unit})",
        str(row.count),
        *texts,
        "\n".join(words.interval_text(row)),
        _MARKS[row.in_tolerance],
    )
    return Row(cells)


def _check_row(check: Check) -> Row:
    notes = ((f"Worst: {check.where}", Tone.QUIET),) if check.where else ()
    cells = (
        check.what,
        words.check_found(check),
        words.check_limit(check),
        _MARKS[check.in_tolerance],
    )
    return Row(cells, notes)


def _worst(record: Commission) -> Iterator[Element]:
    yield Blank()
    yield Paragraph("Worst cases that count", Tone.STRONG)
    rows = []
    for row in record.rows:
        if row.case_class is CaseClass.FULL:
            for c in row.worst_cases[:_WORST_SHOWN]:
                said, true, error = words.case_value(c)
                rows.append(Row((c.case, c.figure.metric, said, true, error)))
    yield Grid(
        [
            Column("Case"),
            Column("Metric", rigid=True),
            Column("rtcheck", rigid=True),
            Column("True", rigid=True),
            Column("Error", rigid=True),
        ],
        rows,
    )
