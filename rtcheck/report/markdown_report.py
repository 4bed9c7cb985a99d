"""The Report as Markdown, for a ticket: outcome, findings, goals; what came in cannot act."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from rtcheck.report import review, words
from rtcheck.report.record import Report
from rtcheck.verdict import OUTCOME_WORDS

_PLAIN = re.compile(r"(?:[\w ,.;:()%/=≤≥>+·–’'\-]|<(?=[=\s\d]))*")
"""Text that a page may show as text, once its angle brackets are escaped: none opens a tag."""

_LINKS = re.compile(r"://|\bwww\.", re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-+>=]|\d+[.)])")


def write_markdown(report: Report) -> str:
    """Return the report as Markdown (CommonMark with tables)."""
    return write_markdown_of([report])


def write_markdown_of(
    reports: Sequence[Report], unreadable: Sequence[Mapping[str, object]] = ()
) -> str:
    """Return several reports as one Markdown text, and what could not be read at its top."""
    lines = []
    if unreadable:
        lines += ["## ? NOT EVALUATED: inputs that could not be read", ""]
        lines += [f"- argument {e['argument']}: {inert(str(e['error']))}" for e in unreadable]
        lines.append("")
    for report in reports:
        lines += [*_lines(report), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def inert(text: str) -> str:
    r"""Return text so that no page makes it a link, a mention, a tag or a table's edge.

    Words stand as they are; anything with a sign that Markdown or a ticket system gives a meaning
    to stands as code.

    Examples
    --------
    >>> inert("Lung_L"), inert("a|b"), inert("@all"), inert("< 30 Gy")
    ('`Lung_L`', '`a\\|b`', '`@all`', '&lt; 30 Gy')
    """
    shown = words.visible(text)
    if not shown.strip():
        return ""
    plain = _PLAIN.fullmatch(shown) and "_" not in shown and not _BULLET.match(shown)
    if plain and not _LINKS.search(shown):
        return shown.replace("<", "&lt;").replace(">", "&gt;")
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    # A blank at each end keeps backticks off the fence; CommonMark takes the two away again.
    blank = " " if "`" in shown or shown != shown.strip() else ""
    return f"{fence}{blank}{shown}{blank}{fence}".replace("|", "\\|")


def _lines(report: Report) -> Iterator[str]:
    symbol, word = OUTCOME_WORDS[report.overall]
    plan = report.plan
    yield f"## {symbol} {word.upper()}: {inert(plan.rt_plan_label or 'plan without a label')}"
    yield ""
    yield f"{words.headline(report)} {words.counts_text(report).capitalize()}."
    yield ""
    prescribed = "; ".join(inert(str(rx)) for rx in plan.prescriptions) or "not stated"
    yield f"- Prescribed: {prescribed}"
    yield f"- Protocol: {inert(words.protocol_text(report))}, sha256 `{report.protocol.sha256}`"
    if report.protocol.status in words.STATUS_SENTENCES:
        yield f"- {words.STATUS_SENTENCES[report.protocol.status]}"
    yield f"- Geometry: {inert(report.settings.get('geometry', ''))}"
    yield f"- rtcheck {inert(report.rtcheck_version)}, {inert(words.created_text(report))}"
    if report.findings:
        yield from ("", "### Findings in the input", "")
        for finding in words.findings_in_order(report.findings):
            where = f"{inert(finding.where)}: " if finding.where else ""
            severity = words.SEVERITY_WORDS[finding.severity]
            yield f"- **{severity}** `{finding.code}` {where}{inert(finding.text)}"
    if report.verdicts:
        yield from ("", "### Goals", "")
        yield "| Outcome | Goal | Structure | Value | Limit | Margin | Remarks |"
        yield "|---|---|---|---|---|---|---|"
        for verdict in report.in_display_order():
            row = words.row_of(verdict)
            measured = " ".join(filter(None, (row.value, row.interval)))
            limits = "; ".join(f"{tier} {text}" for tier, text in row.limits)
            remarks = [row.why, row.advice, *row.remarks]
            for e in report.evidence:
                if (e.goal, e.roi) == (verdict.goal, verdict.roi):
                    remarks += [e.words(), e.least_change]
            cells = (
                f"{row.symbol} {row.word}",
                inert(" ".join(filter(None, (verdict.goal, verdict.roi)))),
                " ".join(filter(None, (inert(row.structure), _found(row.found)))),
                inert(f"{row.metric}: {measured}" if measured else row.metric),
                inert(limits),
                inert(row.margin),
                " ".join(inert(remark) for remark in remarks if remark),
            )
            yield f"| {' | '.join(cells)} |"
    if report.review:
        yield from ("", f"### {review.TITLE}", "", f"{review.summary(report.review)}.", "")
        for line in report.review:
            codes = "".join(f" `{code}`" for code in line.codes)
            yield f"- {review.ANSWERS[line.holds]}: {line.statement}{codes}"
    if report.checklist:
        yield from ("", "### For a person to sign", "")
        yield from (f"- [ ] {inert(item)}" for item in report.checklist)
    yield from ("", words.DISCLAIMER)


def _found(found: str) -> str:
    return f"({inert(found)})" if found else ""
