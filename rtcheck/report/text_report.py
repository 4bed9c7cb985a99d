"""The Report as text for a terminal or a plain file: what a reader must see first stands first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rtcheck.plan import Finding, Severity
from rtcheck.report.grid import Column, Grid, Row
from rtcheck.report.layout import (
    NO_BREAK,
    WIDTH,
    Blank,
    Element,
    Facts,
    Paragraph,
    Tone,
    plain_text,
)
from rtcheck.report.record import PlanFacts, Report
from rtcheck.report.words import (
    DISCLAIMER,
    SEVERITY_WORDS,
    STATUS_SENTENCES,
    TPS_NAME,
    created_text,
    findings_in_order,
    found_parts,
    headline,
    protocol_text,
    row_of,
    settings_in_words,
    visible,
)
from rtcheck.report.words import Row as RowWords
from rtcheck.verdict import DISPLAY_ORDER, OUTCOME_WORDS, Outcome, Verdict

TONES = {
    Outcome.DEVIATION_UNACCEPTABLE: Tone.BAD,
    Outcome.NOT_EVALUATED: Tone.DOUBT,
    Outcome.VARIATION_ACCEPTABLE: Tone.DOUBT,
    Outcome.PER_PROTOCOL: Tone.GOOD,
    Outcome.REPORTED: Tone.STRONG,
    Outcome.NOT_APPLICABLE: Tone.QUIET,
}

SHOWN_ONLY = ", shown only: they do not decide"

_OPEN = (Outcome.DEVIATION_UNACCEPTABLE, Outcome.NOT_EVALUATED, Outcome.VARIATION_ACCEPTABLE)
"""Outcomes that a reader must weigh: what decides stands apart from what is shown only."""

_LOOKED_UP = (Outcome.DEVIATION_UNACCEPTABLE, Outcome.VARIATION_ACCEPTABLE)
"""Outcomes whose source and reading are printed: a reader will want to look them up."""

_LONG_LIMIT = 40
"""Characters from which on a limit, such as a list of schedules, does not go into a column."""

_SEVERITY_TONES = {
    Severity.BLOCKS: Tone.BAD,
    Severity.WARNS: Tone.DOUBT,
    Severity.INFORMS: Tone.QUIET,
}


def write_text(report: Report, width: int = WIDTH) -> str:
    """Return the report as plain text.

    Parameters
    ----------
    report : Report
        The report.
    width : int
        Columns that no line exceeds; never taken as less than 24.
    """
    return plain_text(report_layout(report), width)


def report_layout(report: Report) -> list[Element]:
    """Return the report laid out: outcome, plan and rules, findings, verdicts, checklist."""
    symbol, word = OUTCOME_WORDS[report.overall]
    elements: list[Element] = [
        Paragraph(word.upper(), TONES[report.overall], lead=f"{symbol} "),
        Paragraph(headline(report)),
        Paragraph(_counts(report), Tone.QUIET),
        Blank(),
        Facts(_facts(report)),
        *findings_layout(report.findings),
    ]
    for outcome in DISPLAY_ORDER:
        verdicts = [v for v in report.verdicts if v.outcome is outcome]
        if outcome in _OPEN:
            elements += _section(outcome, [v for v in verdicts if v.required])
            elements += _section(outcome, [v for v in verdicts if not v.required], SHOWN_ONLY)
        else:
            elements += _section(outcome, verdicts)
    if report.checklist:
        title = "For a person to sign; not part of the verdict"
        elements += [Blank(), Paragraph(title, Tone.STRONG)]
        elements += [Paragraph(item, lead="[ ] ", indent=1) for item in report.checklist]
    cites = {v.source_ref: v.source_cite for v in report.verdicts if v.source_cite}
    if cites:
        elements += [Blank(), Paragraph("Sources", Tone.STRONG)]
        elements += [Paragraph(cite, lead=f"[{ref}] ", indent=1) for ref, cite in cites.items()]
    metrics: dict[str, dict[str, None]] = {}
    for verdict in report.verdicts:
        if verdict.definition:
            metrics.setdefault(verdict.definition, {})[verdict.metric] = None
    if metrics:
        elements += [Blank(), Paragraph("Definitions", Tone.STRONG)]
        elements += [Paragraph(f"{', '.join(m)}: {text}", indent=1) for text, m in metrics.items()]
    return [*elements, Blank(), Paragraph(DISCLAIMER, Tone.QUIET)]


def _counts(report: Report) -> str:
    """Return how many verdicts came to each outcome, and how many of those are shown only."""
    parts = []
    for outcome, n in report.counts().items():
        shown = sum(v.outcome is outcome and not v.required for v in report.verdicts)
        only = (
            f" ({'all' if shown == n else shown} shown only)" if shown and outcome in _OPEN else ""
        )
        parts += [f"{n} {OUTCOME_WORDS[outcome][1]}{only}"] if n else []
    return ", ".join(parts) or "no goals"


def _facts(report: Report) -> list[tuple[str, str]]:
    status = STATUS_SENTENCES.get(report.protocol.status)
    return [
        *plan_pairs(report.plan),
        ("Protocol", f"{protocol_text(report)}: {report.protocol.title}"),
        *([("", status)] if status else []),
        *((label_of(key), text) for key, text in settings_in_words(report.settings).items()),
        ("rtcheck", f"{report.rtcheck_version}, {created_text(report)}"),
    ]


def plan_pairs(plan: PlanFacts) -> list[tuple[str, str]]:
    """Return labels and texts that say which plan it is and what is prescribed."""
    n = plan.number_of_fractions_planned
    fractions = "number of fractions unknown" if n is None else f"{n} fractions"
    approval = plan.details.get("approval_status", "")
    facts = ", ".join(filter(None, (plan.rt_plan_label or "(no label)", fractions, approval)))
    stated = [f"{rx} ({rx.source})" if rx.source else str(rx) for rx in plan.prescriptions]
    return [("Plan", facts), *_below("Prescribed", stated or ["nothing stated"])]


def sentence(text: str) -> str:
    """Return text with a full stop, if it has no end of its own."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def label_of(key: str) -> str:
    """Return the key of a setting as a label."""
    words = key.replace("rt_plan", "RT Plan").replace("_", " ")
    return words[:1].upper() + words[1:]


def _below(label: str, texts: Iterable[str]) -> list[tuple[str, str]]:
    return [(label if i == 0 else "", text) for i, text in enumerate(texts)]


def findings_layout(findings: Iterable[Finding]) -> list[Element]:
    """Return findings laid out, those that block first; nothing when there are none."""
    ordered = findings_in_order(findings)
    if not ordered:
        return []
    elements: list[Element] = [Blank(), Paragraph("Findings in the input", Tone.STRONG)]
    for finding in ordered:
        symbol, word = SEVERITY_WORDS[finding.severity].split()
        where = f"{finding.where}: " if finding.where else ""
        text = f"{word} {finding.code}: {where}{finding.text}"
        tone = _SEVERITY_TONES[finding.severity]
        elements.append(Paragraph(text, tone, lead=f"{symbol} ", indent=1))
    return elements


def _section(outcome: Outcome, verdicts: list[Verdict], which: str = "") -> list[Element]:
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
        Grid(columns, _rows(verdicts, engine)),
    ]


def _rows(verdicts: Iterable[Verdict], engine: str) -> list[Row]:
    """Return the rows; verdicts with one and the same reason stand below it together."""
    by_why: dict[tuple[str, str], list[RowWords]] = {}
    for verdict in verdicts:
        # Said elsewhere: by the section's heading, in a column, at the end of the report.
        words = row_of(replace(verdict, required=True, prescription="", definition=""))
        words = replace(words, verdict=verdict)
        by_why.setdefault((words.why, words.advice), []).append(words)
    rows = []
    for (why, advice), group in by_why.items():
        above = [(f"Why: {sentence(why)}", Tone.DOUBT)] if why else []
        above += [(f"To do: {advice}", Tone.PLAIN)] if advice else []
        rows.append(_row(group[0], engine, tuple(above)))
        rows += [_row(words, engine) for words in group[1:]]
    return rows


def _row(words: RowWords, engine: str, above: tuple[tuple[str, Tone], ...] = ()) -> Row:
    v = words.verdict
    limits = [
        unbroken(text) if tier == "per protocol" else f"{tier} {unbroken(text)}"
        for tier, text in words.limits
    ]
    notes = [(remark, Tone.QUIET) for remark in words.remarks]
    if max(map(len, limits), default=0) > _LONG_LIMIT:
        notes = [*((f"Limit: {limit}", Tone.PLAIN) for limit in limits), *notes]
        limits = ["below"]
    if v.outcome in _LOOKED_UP:
        source = ", ".join(filter(None, (f"[{v.source_ref}]", v.source_where)))
        notes += [(f"Source: {source}", Tone.QUIET)] if v.source_ref else []
        notes += [(f"Note: {words.note}", Tone.QUIET)] if words.note else []
    cells = (
        visible(": ".join(filter(None, (words.structure, v.roi))) or "(plan)"),
        words.metric,
        f"{words.value}\n{words.interval}" if words.interval else words.value,
        "\n".join(limits),
        words.margin,
        *(dict(words.others).get(name, "") for name in filter(None, (TPS_NAME, engine))),
        v.goal,
        visible(_rois(v)),
        visible(v.prescription),
    )
    return Row(cells, tuple(notes), above)


def _rois(verdict: Verdict) -> str:
    """Return the ROIs measured; those of one role, recognised in one way, stand together."""
    names: dict[tuple[str, str], list[str]] = {}
    for role, name, how in found_parts(verdict):
        names.setdefault((role, how), []).append(name)
    parts = [f"{role}{', '.join(same)} {how}" for (role, how), same in names.items()]
    return "; ".join(parts) or verdict.roi


def unbroken(limit: str) -> str:
    """Return a limit whose sign, number and unit stay on one line."""
    return re.sub(r"(?<=[<>=]) (?=\d)|(?<=\d) (?=[%A-Za-z])", NO_BREAK, limit)


def summary_layout(
    titles: Sequence[str], reports: Sequence[Report], unreadable: Sequence[tuple[str, str]]
) -> list[Element]:
    """Return what each of several plans came to, what must be seen first standing first.

    Parameters
    ----------
    titles : sequence of str
        Where each report's plan was read.
    reports : sequence of Report
        The reports.
    unreadable : sequence of (str, str)
        Where nothing could be read, and why.
    """
    columns = (
        Column("Outcome", tone=Tone.STRONG),
        Column("Plan"),
        Column("Read from"),
        Column("Protocol", spills=True),
        Column("Goals", spills=True),
    )
    unread = " ".join(OUTCOME_WORDS[Outcome.NOT_EVALUATED])
    rows = [
        (
            Outcome.NOT_EVALUATED,
            Row((unread, "", title, "", ""), ((f"Why: {error}", Tone.DOUBT),)),
        )
        for title, error in unreadable
    ]
    for title, report in zip(titles, reports, strict=True):
        outcome = " ".join(OUTCOME_WORDS[report.overall])
        label = visible(report.plan.rt_plan_label)
        cells = (outcome, label, title, protocol_text(report), _counts(report))
        rows.append((report.overall, Row(cells)))
    rows.sort(key=lambda row: DISPLAY_ORDER.index(row[0]))
    checked = f"{len(reports)} checked, {len(unreadable)} could not be read"
    return [
        Paragraph(f"Summary: {checked}", Tone.STRONG),
        Grid(columns, [row for _, row in rows]),
    ]
