"""A verdict, a finding and a report in words: what every human-readable writer lays out."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rtcheck.errors import REASON_SENTENCES, Reason
from rtcheck.geometry.models import GEOMETRY_MODELS
from rtcheck.plan import Finding, Severity
from rtcheck.report.advice import ADVICE
from rtcheck.report.numbers import (
    interval_text,
    limits_in,
    margin_text,
    number_text,
    value_text,
    worded_text,
)
from rtcheck.report.record import Report
from rtcheck.verdict import OUTCOME_WORDS, Found, Outcome, Verdict

DISCLAIMER = (
    "rtcheck is an independent check for qualified medical physicists. It is not a medical "
    "device, and no substitute for the treatment planning system or for clinical judgement."
)

HEADLINES = {
    Outcome.PER_PROTOCOL: "Every goal that decides is kept per protocol.",
    Outcome.VARIATION_ACCEPTABLE: "Every goal that decides is kept, some as acceptable variation.",
    Outcome.DEVIATION_UNACCEPTABLE: "At least one goal that decides is not kept.",
    Outcome.NOT_EVALUATED: "This is not a pass: not everything that decides could be evaluated.",
}

MATCHED_BY = {
    "map": "mapped by the user",
    "tg263": "TG-263 name",
    "alias": "alias",
    "site alias": "site alias",
    "normalised": "normalised name",
    "match": "name pattern",
    "else": "fallback expression",
}

GEOMETRY_WORDS = {
    "smooth": "between contours the shape is interpolated cubically along z; beyond the end "
    "contours its own trend goes on, never growing: to where it closes if that is before the next "
    "plane, else for half a slice",
    "linear-rounded": "between contours the signed distance is interpolated linearly; beyond the "
    "end contours the shape tapers to nothing over half a slice",
    "linear-half-slice": "between contours the signed distance is interpolated linearly; the end "
    "contours are extruded by half a slice",
    "prism": "every contour is extruded to half way to its neighbours, the end contours by half "
    "a slice",
}


TPS_NAME = "Planning system"
"""Stands before what the planning system's own DVH says."""


def visible(text: str) -> str:
    r"""Return text with control characters shown as escapes, so that a name cannot act.

    A name from a file could otherwise move a terminal's cursor or turn the reading direction of
    the numbers beside it; and two names that look alike would not be told apart.

    Examples
    --------
    >>> visible("Lung\x1b[2J\u202eL")
    'Lung\\x1b[2J\\u202eL'
    """
    return "".join(ch.encode("unicode_escape").decode() if _acts(ch) else ch for ch in text)


def _acts(ch: str) -> bool:
    bidi = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    unseen = "\u00ad\u180e\u200b\u2060\u2061\u2062\u2063\u2064\ufeff"
    # U+FFFE, U+FFFF and their like are no characters: XML, and so SVG, refuses them.
    nothing = ord(ch) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(ch) <= 0xFDEF
    return ch in bidi + unseen or nothing or unicodedata.category(ch) in ("Cc", "Cs", "Zl", "Zp")


@dataclass(frozen=True)
class Row:
    """One verdict in words.

    Parameters
    ----------
    symbol, word : str
        The outcome.
    structure, found : str
        As the rule writes it; and the ROIs found with how each was matched.
    metric, value, interval, margin : str
        Printed; empty when there is nothing to say.
    others : tuple of (str, str)
        Who else was asked, and what it says.
    limits : tuple of (str, str)
        Tier and limit as written.
    why, advice : str
        Why it was not evaluated, and what to do.
    remarks : tuple of str
        What else must be said, such as "too close to call".
    source, note : str
        Citation, and the reading chosen.
    """

    verdict: Verdict
    symbol: str
    word: str
    structure: str
    found: str
    metric: str
    value: str
    interval: str
    others: tuple[tuple[str, str], ...]
    limits: tuple[tuple[str, str], ...]
    margin: str
    why: str
    advice: str
    remarks: tuple[str, ...]
    source: str
    note: str


def row_of(verdict: Verdict) -> Row:
    """Return a verdict in words."""
    v = verdict
    symbol, word = OUTCOME_WORDS[v.outcome]
    limits = limits_in((v.per_protocol, v.acceptable), v.unit)
    value = v.value_text
    if v.value is not None:
        exact = value_text(v.value, v.unit, limits)
        value = worded_text(value, v.value, v.unit) if value else exact
    tiers = (("per protocol", v.per_protocol), ("acceptable", v.acceptable))
    unsaid = v.outcome in (Outcome.NOT_EVALUATED, Outcome.NOT_APPLICABLE)
    return Row(
        verdict=v,
        symbol=symbol,
        word=word,
        structure=v.structure,
        found=found_text(v),
        metric=v.metric if v.dose == "physical" else f"{v.metric} in {v.dose}",
        value=value,
        interval=interval_text(v.value, v.low, v.high, v.unit, limits),
        others=_others(v, limits),
        limits=tuple((tier, text) for tier, text in tiers if text is not None),
        margin="" if v.margin is None else margin_text(v.margin, v.value, v.unit),
        why=_why(v) if unsaid else "",
        advice=ADVICE[v.reason] if v.outcome is Outcome.NOT_EVALUATED and v.reason else "",
        remarks=_remarks(v, unsaid, limits),
        source=" · ".join(filter(None, (v.source_cite or v.source_ref, v.source_where))),
        note=v.note,
    )


def found_text(verdict: Verdict) -> str:
    """Return the ROIs a verdict was measured on and how each was matched, in words."""
    parts = [f"{role}{name} {how}" for role, name, how in found_parts(verdict)]
    return ", ".join(parts) or verdict.roi


def found_parts(verdict: Verdict) -> list[tuple[str, str, str]]:
    """Return role, name and how it was matched of each ROI, punctuated, to be laid out."""

    def role(found: Found) -> str:
        return f"{found.role}: " if found.role and found.role != verdict.structure else ""

    return [
        (role(f), f.roi_name, f"({MATCHED_BY.get(f.matched_by, f.matched_by)})")
        for f in verdict.found
    ]


def _others(v: Verdict, limits: Sequence[float]) -> tuple[tuple[str, str], ...]:
    said = []
    if v.tps_value is not None:
        said.append((TPS_NAME, value_text(v.tps_value, v.unit, limits)))
    engine = v.second_engine
    if engine is not None:
        text = f"none: {engine.reason}"
        if engine.value is not None:
            text = value_text(engine.value, v.unit, limits)
        said.append((engine.name, text))
    return tuple(said)


def _why(v: Verdict) -> str:
    sentence = REASON_SENTENCES[v.reason] if v.reason else ""
    return ": ".join(filter(None, (sentence, v.detail))) or "no reason was given; please report it"


def _remarks(v: Verdict, unsaid: bool, limits: Sequence[float]) -> tuple[str, ...]:
    remarks = []
    if v.borderline:
        remarks.append("Borderline: a limit lies inside the interval, too close to call.")
    if v.by_model:
        remarks.append(f"Geometry models differ: {by_model_text(v.by_model, v.unit)}.")
    if not v.required:
        remarks.append("Shown only: it does not decide the overall outcome.")
    if v.tps_outcome not in (None, v.outcome):
        word = OUTCOME_WORDS[v.tps_outcome][1]
        remarks.append(f"By the planning system's figure this would be: {word}.")
    if v.tps_differs or (v.second_engine is not None and v.second_engine.differs):
        remarks.append("Another engine says otherwise: see the findings.")
    for m in v.others:
        held_against = limits_in((v.per_protocol, v.acceptable), m.unit, other_metrics=True)
        said = reason_text(m.reason, m.detail)
        if m.value is not None:
            said = value_text(m.value, m.unit, held_against)
        remarks.append(f"{m.metric}: {said}.")
    remarks += filter(None, (prescription_text(v), definition_text(v)))
    if v.detail and not unsaid:
        remarks.append(v.detail)
    return tuple(remarks)


def prescription_text(v: Verdict) -> str:
    """Return which prescription the percentages of a verdict refer to; empty if none."""
    return f"Prescription referred to: {v.prescription}." if v.prescription else ""


def definition_text(v: Verdict) -> str:
    """Return what the metric is, where names differ in the field; empty elsewhere."""
    return f"Definition: {v.definition}." if v.definition else ""


def by_model_text(by_model: Sequence[tuple[str, float]], unit: str) -> str:
    """Return the value under each geometry model, in words."""
    said = [f"{model} {value_text(value, unit)}" for model, value in by_model]
    silent = [m for m in GEOMETRY_MODELS if m not in dict(by_model)]
    return ", ".join([*said, *(f"{model} cannot say" for model in silent)])


def headline(report: Report) -> str:
    """Return the overall outcome as a sentence, with what could not be evaluated beside it."""
    text = HEADLINES[report.overall]
    missing = report.counts()[Outcome.NOT_EVALUATED]
    if report.overall is not Outcome.NOT_EVALUATED and missing:
        text += f" {missing} could not be evaluated."
    if report.overall is Outcome.NOT_EVALUATED:
        blocks = [f.code for f in report.findings if f.severity is Severity.BLOCKS]
        text += f" Blocked by {', '.join(dict.fromkeys(blocks))}." if blocks else ""
    close = sum(v.borderline and v.required for v in report.verdicts)
    if close:
        text += f" {close} {'is' if close == 1 else 'are'} too close to call."
    if not report.verdicts:
        text += " No goal was evaluated at all."
    return text


def counts_text(report: Report) -> str:
    """Return how many goals came to each outcome, in words."""
    counted = [f"{n} {OUTCOME_WORDS[o][1]}" for o, n in report.counts().items() if n]
    return ", ".join(counted) or "no goals"


def settings_in_words(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the method settings with the geometry model explained."""
    words = {key: str(value) for key, value in settings.items()}
    model = words.get("geometry", "")
    if model in GEOMETRY_WORDS:
        words["geometry"] = f"{model}: {GEOMETRY_WORDS[model]}"
    return words


STATUS_SENTENCES = {
    "draft": "Nobody has reviewed this rule file yet: hold it against its source before use.",
    "withdrawn": "This rule file was withdrawn: do not rely on it.",
}
"""What a reader must know of a protocol that is not reviewed."""

SEVERITY_WORDS = {
    Severity.BLOCKS: "✗ blocks",
    Severity.WARNS: "! warns",
    Severity.INFORMS: "i informs",
}


def volume_text(volume_cm3: float) -> str:
    """Return a volume with its unit.

    Examples
    --------
    >>> volume_text(62.883)
    '62.88 cm³'
    """
    return f"{number_text(volume_cm3, 'cm3')} cm³"


def findings_in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings, those that block first."""
    return sorted(findings, key=lambda f: list(Severity).index(f.severity))


SETTING_WORDS = {
    "geometry": "between and beyond contours",
    "dose_interpolation": "dose between grid points",
    "interval": "what the intervals span",
    "second_engine_may_differ": "why that one may differ",
}


def setting_words(key: str) -> str:
    """Return the name of a setting, or of a detail of the plan, in words."""
    return SETTING_WORDS.get(key, key.replace("_", " "))


def created_text(report: Report) -> str:
    """Return when the report was made, for people to read.

    A time that is not ISO 8601 is given back as it stands.
    """
    try:
        created = datetime.fromisoformat(report.created)
    except ValueError:
        return report.created
    if created.tzinfo is None:
        return f"{created:%Y-%m-%d %H:%M}"
    return f"{created.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def protocol_text(report: Report) -> str:
    """Return which rules were applied: ``id@variant version (status)``."""
    p = report.protocol
    return f"{p.id}{'@' + p.variant if p.variant else ''} {p.version} ({p.status})"


def reason_text(reason: Reason | None, detail: str) -> str:
    """Return a reason as one sentence with its names and numbers."""
    return "" if reason is None else ": ".join(filter(None, (REASON_SENTENCES[reason], detail)))
