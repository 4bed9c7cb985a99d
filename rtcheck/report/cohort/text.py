"""The cohort in words, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rtcheck.errors import REASON_SENTENCES, Reason, RtcheckError
from rtcheck.report.cohort.record import Cohort
from rtcheck.report.cohort.tally import Tally
from rtcheck.report.cohort.whatif import WhatIf
from rtcheck.report.grid import Column, Grid, Row
from rtcheck.report.layout import Blank, Element, Paragraph, Tone
from rtcheck.report.words import visible
from rtcheck.verdict import OUTCOME_WORDS, Outcome

_ERRORS = {
    "FILE_UNREADABLE": "a file that looks like DICOM RT and cannot be read",
    "INTERNAL_ERROR": "rtcheck failed on the plan; please report it",
    "INPUT_CHANGED": "a file changed while it was read",
    "WORKER_DIED": "the process that checked it died",
    "TIME_LIMIT": "it took longer than a plan may",
    "RTC-P000": "no rule chooses a protocol for it",
}


def reason_words(code: str) -> str:
    """Return a reason or the code of an error in words."""
    if code in set(Reason):
        return REASON_SENTENCES[Reason(code)]
    if code in _ERRORS:
        return _ERRORS[code]
    kinds = [RtcheckError]
    while kinds:
        kind = kinds.pop()
        if kind.code == code:
            return (kind.__doc__ or "").partition(".")[0]
        kinds += kind.__subclasses__()
    return code or "not stated"


def headline(cohort: Cohort) -> str:
    """Return in a sentence what the plans came to."""
    parts = [f"{n} {OUTCOME_WORDS[outcome][1]}" for outcome, n in cohort.counts()]
    return f"{cohort.size}: " + (", ".join(parts) or "none") + "."


def plan_line(plan: Mapping[str, object]) -> str:
    """Return a plan of a batch in one line: what it came to, and which it is."""
    symbol, words = OUTCOME_WORDS[Outcome(str(plan["outcome"]))]
    label = plan["rt_plan_label"] or str(plan["files"]).partition("; ")[0]
    text = f"{symbol} {words}: {label}" + (f": {plan['error']}" if plan["error"] else "")
    return visible(text)


def cohort_layout(cohort: Cohort) -> list[Element]:
    """Return the cohort as laid-out text: outcomes of plans, then each goal."""
    elements: list[Element] = [Paragraph(headline(cohort), Tone.STRONG)]
    for code, n in cohort.reasons():
        text = f"{n} without a report: {reason_words(code)}"
        elements.append(Paragraph(text, Tone.DOUBT, lead="? "))
    for protocol in dict.fromkeys((t.protocol, t.version) for t in cohort.tallies):
        tallies = [t for t in cohort.tallies if (t.protocol, t.version) == protocol]
        elements += [Blank(), Paragraph(f"{protocol[0]} {protocol[1]}", Tone.STRONG)]
        elements.append(_grid(tallies))
    return elements


def _grid(tallies: Sequence[Tally]) -> Grid:
    columns = [
        Column("goal"),
        Column("limit", spills=True),
        Column("kept", rigid=True),
        Column("95 % interval", rigid=True),
        Column("not evaluated", rigid=True),
    ]
    return Grid(columns, [_row(tally) for tally in tallies])


def _row(tally: Tally) -> Row:
    share = tally.compliance
    unsaid = tally.count(Outcome.NOT_EVALUATED)
    notes = [(f"{n} × {reason_words(code)}", Tone.QUIET) for code, n in tally.why_not()]
    kept = f"{share.kept} of {share.of}"
    ends = f"{100 * share.low:.1f} to {100 * share.high:.1f} %"
    if share.fraction is None:
        kept, ends = "–", ""
    else:
        kept += f" ({100 * share.fraction:.1f} %)"
    return Row((tally.goal, tally.per_protocol, kept, ends, str(unsaid or "")), tuple(notes))


def what_if_layout(answer: WhatIf) -> list[Element]:
    """Return in words what another limit would come to."""
    tally = answer.tally
    elements: list[Element] = [
        Paragraph(f"{tally.goal}, {tally.metric}: if it were {answer.limit}", Tone.STRONG),
        Paragraph(f"{answer.now} would keep it", indent=1),
    ]
    if tally.decides:
        judged = " or ".join(filter(None, (tally.per_protocol, tally.acceptable)))
        elements.append(Paragraph(f"{tally.compliance} keep it as judged, {judged}", indent=1))
        plans = "plan comes" if len(answer.changed) == 1 else "plans come"
        elements.append(Paragraph(f"{len(answer.changed)} {plans} out otherwise", indent=1))
    if answer.too_close:
        text = f"{len(answer.too_close)} too close to call: the limit lies in the value's interval"
        elements.append(Paragraph(text, Tone.DOUBT, indent=1))
    if answer.without_value:
        plans = "plan is" if answer.without_value == 1 else "plans are"
        text = f"{answer.without_value} {plans} not counted: not all of it could be measured"
        elements.append(Paragraph(text, Tone.DOUBT, indent=1))
    return elements
