"""The Report as text for a terminal or a plain file: what a reader must see first stands first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtcheck.gate import Checked
from rtcheck.plan import Finding, Severity
from rtcheck.report import review
from rtcheck.report.grid import Column, Grid, Row
from rtcheck.report.layout import (
    WIDTH,
    Blank,
    Element,
    Facts,
    Paragraph,
    Tone,
    plain_text,
)
from rtcheck.report.record import PlanFacts, Report
from rtcheck.report.text_rows import TONES, said_by, section_layout
from rtcheck.report.words import (
    DISCLAIMER,
    SEVERITY_WORDS,
    STATUS_SENTENCES,
    created_text,
    findings_in_order,
    headline,
    protocol_text,
    settings_in_words,
    visible,
)
from rtcheck.verdict import DISPLAY_ORDER, OUTCOME_WORDS, Outcome

SHOWN_ONLY = ", shown only: they do not decide"

_OPEN = (Outcome.DEVIATION_UNACCEPTABLE, Outcome.NOT_EVALUATED, Outcome.VARIATION_ACCEPTABLE)
"""Outcomes that a reader must weigh: what decides stands apart from what is shown only."""

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
        Paragraph(counts_of(report), Tone.QUIET),
        Blank(),
        Facts(_facts(report)),
        *findings_layout(report.findings),
    ]
    said = said_by(report.evidence)
    for outcome in DISPLAY_ORDER:
        verdicts = [v for v in report.verdicts if v.outcome is outcome]
        if outcome in _OPEN:
            elements += section_layout(outcome, [v for v in verdicts if v.required], said)
            shown = [v for v in verdicts if not v.required]
            elements += section_layout(outcome, shown, said, SHOWN_ONLY)
        else:
            elements += section_layout(outcome, verdicts, said)
    if report.pictures:
        elements += [Blank(), Paragraph(_pictures(len(report.pictures)), Tone.QUIET)]
    elements += _review_layout(report.review)
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


def _review_layout(points: Sequence[Checked]) -> list[Element]:
    """Return how many points of the review hold, and which do not."""
    if not points:
        return []
    title = f"{review.TITLE}: {review.summary(points)}"
    failing = [f"{p.statement}: {review.against(p)}" for p in points if p.holds is False]
    return [
        Blank(),
        Paragraph(title, Tone.STRONG),
        *(Paragraph(text, Tone.DOUBT, lead="no: ", indent=1) for text in failing),
    ]


def _pictures(number: int) -> str:
    many = "1 picture" if number == 1 else f"{number} pictures"
    return f"{many} of the plan in the HTML report."


def outcome_line(report: Report) -> Element:
    """Return what a report came to, in one line."""
    symbol, word = OUTCOME_WORDS[report.overall]
    plan = report.plan.rt_plan_label or "(no label)"
    text = f"{word.upper()}: {plan}, {protocol_text(report)}"
    return Paragraph(text, TONES[report.overall], lead=f"{symbol} ")


def unread_line(title: str, error: str) -> Element:
    """Return that a plan could not be read, in one line."""
    symbol, word = OUTCOME_WORDS[Outcome.NOT_EVALUATED]
    return Paragraph(f"{word}: {title}, {error}", TONES[Outcome.NOT_EVALUATED], lead=f"{symbol} ")


def counts_of(report: Report) -> str:
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


def label_of(key: str) -> str:
    """Return the key of a setting as a label."""
    words = key.replace("rt_plan", "RT Plan").replace("_", " ")
    return words[:1].upper() + words[1:]


def _below(label: str, texts: Iterable[str]) -> list[tuple[str, str]]:
    return [(label if i == 0 else "", text) for i, text in enumerate(texts)]


def findings_layout(
    findings: Iterable[Finding], title: str = "Findings in the input"
) -> list[Element]:
    """Return findings laid out, those that block first; nothing when there are none."""
    ordered = findings_in_order(findings)
    if not ordered:
        return []
    elements: list[Element] = [Blank(), Paragraph(title, Tone.STRONG)]
    for finding in ordered:
        symbol, word = SEVERITY_WORDS[finding.severity].split()
        where = f"{finding.where}: " if finding.where else ""
        text = f"{word} {finding.code}: {where}{finding.text}"
        tone = _SEVERITY_TONES[finding.severity]
        elements.append(Paragraph(text, tone, lead=f"{symbol} ", indent=1))
    return elements


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
        cells = (outcome, label, title, protocol_text(report), counts_of(report))
        rows.append((report.overall, Row(cells)))
    rows.sort(key=lambda row: DISPLAY_ORDER.index(row[0]))
    checked = f"{len(reports)} checked, {len(unreadable)} could not be read"
    return [
        Paragraph(f"Summary: {checked}", Tone.STRONG),
        Grid(columns, [row for _, row in rows]),
    ]
