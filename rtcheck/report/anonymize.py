"""A Report that names nobody: no name, ID, birth date or UID of the patient is left in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from html import escape, unescape
from typing import TypeVar

from rtcheck.gate import Checked
from rtcheck.metrics import Measurement
from rtcheck.metrics.opinion import EngineValue
from rtcheck.plan import Finding, Identity, Plan
from rtcheck.report.record import Picture, PlanFacts, ProtocolFacts, Report
from rtcheck.verdict import Evidence, Found, Verdict

T = TypeVar("T")

REMOVED = "[removed]"
UID_REMOVED = "[UID removed]"

KEPT_DETAILS = (
    "approval_status", "patient_position", "manufacturer", "manufacturer_model_name",
    "dose_grid_spacing", "stored_dvhs",
)  # fmt: skip
"""Details of the plan that are of no one patient. Dates, labels, files and hashes are."""

# Texts of the rules and of rtcheck itself: they are of no patient, and a name that happened to be
# a word of theirs would be given away by the gap.
_OF_THE_RULES: Mapping[type, frozenset[str]] = {
    Report: frozenset({"protocol", "checklist", "rtcheck_version", "created", "overall"}),
    Verdict: frozenset(
        {
            *("goal", "structure", "metric", "outcome", "unit", "per_protocol", "acceptable"),
            *("source_ref", "source_where", "source_cite", "note", "dose", "definition"),
        }
    ),
    Measurement: frozenset({"structure", "metric", "unit", "definition"}),
    EngineValue: frozenset({"name", "version"}),
    Found: frozenset({"matched_by", "role"}),
    Evidence: frozenset({"goal", "metric", "dose"}),
    Finding: frozenset({"code", "severity"}),
    Checked: frozenset({"statement", "codes"}),
    ProtocolFacts: frozenset(f.name for f in fields(ProtocolFacts)),
}

_UID = re.compile(r"(?<![\d.])[0-2](?:\.\d+){5,}")
_SVG_TEXT = re.compile(r"(?<=>)[^<>]+(?=<)|(?<=aria-label=\")[^\"]*")
_LEAST_LETTERS = 3
"""Shorter parts of a name are looked for as whole words: ``Li`` is not in ``Liver``."""


def anonymized(report: Report, plan: Plan, label: str = "plan") -> Report:
    """Return the report without anything that says who the patient is.

    Parameters
    ----------
    report : Report
        Made from the plan.
    plan : Plan
        Its files say what must not be left.
    label : str
        Takes the place of the plan's label.

    Notes
    -----
    Removed: UIDs, the plan's and the structure set's label, dates of the plan, names and hashes of
    files (whoever has the file could find its hash). ROI names and descriptions stay unless a part
    of the patient's name, an ID or the birth date is in one; then ``ROI 5`` stands in its place.
    In all other text such words are masked. Numbers and verdicts are those of the report.
    """
    mask = _Mask(plan, plan.identity())
    settings = {key: mask.text(value) for key, value in report.settings.items()}
    facts = PlanFacts(
        label,
        {},
        mask.everywhere(report.plan.prescriptions),
        report.plan.number_of_fractions_planned,
        {k: mask.text(v) for k, v in report.plan.details.items() if k in KEPT_DETAILS},
    )
    findings = tuple(mask.finding(finding) for finding in report.findings)
    return replace(mask.everywhere(report), plan=facts, settings=settings, findings=findings)


class _Mask:
    """Replaces what names the patient, in texts and in records of texts."""

    def __init__(self, plan: Plan, identity: Identity) -> None:
        numbers = [n for n in identity.numbers if len(n) > _LEAST_LETTERS]
        self._uids = sorted(identity.uids, key=len, reverse=True)
        self._files = identity.files
        inside = [re.escape(part) for part in identity.names if _is_telling(part)]
        inside += map(re.escape, numbers)
        bounded = [re.escape(part) for part in identity.names if len(part) > 1]
        bounded += map(re.escape, numbers)
        bounded += [re.escape(part) for part in identity.names if _is_ideographic(part)]
        self._telling = _any_of([*inside, *map(_alone, bounded)])
        self._words = _any_of([_alone(word) for word in sorted(bounded, key=len, reverse=True)])
        self._names = {s.roi_name for s in plan.structures} | {p.name for p in plan.prescriptions}
        stand_ins = {p.name: f"target {i}" for i, p in enumerate(plan.prescriptions, 1)}
        stand_ins |= {s.roi_name: f"ROI {s.roi_number}" for s in plan.structures}
        self._stand_ins = {
            name: other for name, other in stand_ins.items() if self._telling.search(name)
        }
        long = [*self._stand_ins, *(path for path in self._files if re.search(r"[./\\]", path))]
        self._in_text = _any_of(
            [_alone(re.escape(name)) for name in sorted(long, key=len, reverse=True) if name]
        )

    def text(self, text: str) -> str:
        """Return a text without the names, numbers and UIDs of the patient."""
        if text in self._stand_ins:
            return self._stand_ins[text]
        text = self._in_text.sub(lambda found: self._stand_in(found.group()), text)
        for uid in self._uids:
            text = text.replace(uid, UID_REMOVED)
        return self._words.sub(REMOVED, _UID.sub(UID_REMOVED, text))

    def _stand_in(self, found: str) -> str:
        known = {**self._files, **self._stand_ins}
        named = {name.casefold(): other for name, other in known.items()}
        return named.get(found.casefold(), REMOVED)

    def finding(self, finding: Finding) -> Finding:
        """Return a finding whose place is no path."""
        path, colon, rest = finding.where.partition(": ")
        if not finding.where or any(name and name in finding.where for name in self._names):
            where = self.text(finding.where)
        else:
            place = f"{colon}{self.text(rest)}" if path in self._files else ""
            where = self._files.get(path, "another file") + place
        text = finding.text.replace(finding.where, where) if "." in finding.where else finding.text
        return replace(finding, text=self.text(text), where=where)

    def everywhere(self, thing: T) -> T:
        """Return a record with every text in it masked, but for those of the rules."""
        masked: object = thing
        if isinstance(thing, Picture):
            svg = _SVG_TEXT.sub(lambda found: escape(self.text(unescape(found.group()))), thing.svg)
            masked = Picture(self.text(thing.title), self.text(thing.description), svg, thing.goals)
        elif isinstance(thing, str) and not isinstance(thing, Enum):
            masked = self.text(thing)
        elif is_dataclass(thing) and not isinstance(thing, type):
            kept = _OF_THE_RULES.get(type(thing), frozenset())
            names = [f.name for f in fields(thing) if f.init and f.name not in kept]
            changed = {name: self.everywhere(getattr(thing, name)) for name in names}
            masked = replace(thing, **changed)
        elif isinstance(thing, tuple):
            masked = tuple(self.everywhere(part) for part in thing)
        elif isinstance(thing, Mapping):
            masked = {self.everywhere(k): self.everywhere(v) for k, v in thing.items()}
        return masked  # type: ignore[return-value]


_FIRST_IDEOGRAPH = 0x2E80
"""Where the scripts begin in which one character can be a whole name."""


def _is_ideographic(part: str) -> bool:
    return any(ord(ch) >= _FIRST_IDEOGRAPH for ch in part)


def _is_telling(part: str) -> bool:
    return len(part) >= _LEAST_LETTERS or _is_ideographic(part)


def _alone(pattern: str) -> str:
    return rf"(?<![^\W_]){pattern}(?![^\W_])"


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns) or r"(?!)", re.IGNORECASE)
