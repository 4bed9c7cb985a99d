"""Plans that rival each other: bodies of known size in uniform doses, and verdicts made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bodies import UniformDose, box, plan_of
from handmade import (
    BROKEN,
    HOSTILE,
    KEPT,
    NOT_MEANT,
    UNSAID,
    VARIED,
    hostile_report,
    report_of,
)
from rules import goal
from rules import rules as protocol_of

import rtcheck
from rtcheck.api import OpenPlan
from rtcheck.errors import Reason
from rtcheck.plan import Prescription
from rtcheck.protocol import Protocol
from rtcheck.report.comparison import Comparison, Contours, Rival, Unread
from rtcheck.report.comparison.build import compare_reports, keys
from rtcheck.verdict import Outcome, Verdict

PTV = box((20, 20, 20))
ORGAN = box((10, 10, 15), (30, 0, 0))
SMALLER_ORGAN = box((10, 10, 10), (30, 0, 0))
DATE = "2026-01-02"

COVERED = goal("Mean[Gy]", ">= 49 Gy", structure='"PTV"', id='"ptv-mean"')
SPARED = goal("Max[Gy]", "<= 45 Gy", id='"organ-max"')
SMALL = goal("Volume[cc]", "<= 5 cc", id='"organ-volume"')

THREE_GOALS = protocol_of(COVERED, SPARED, SMALL)
"""50 Gy everywhere keeps the first goal and breaks the second; 44 Gy is the reverse."""


def plan(
    dose_gy: float,
    label: str = "Plan",
    *,
    rx_gy: float = 50.0,
    fractions: int = 25,
    uid: str = "",
    **structures: list,
) -> OpenPlan:
    """Return a plan with a PTV and an organ, or these structures, everywhere at one dose."""
    bodies = structures or {"PTV": PTV, "Organ": ORGAN}
    opened = plan_of(
        bodies,
        UniformDose(dose_gy),
        prescriptions=[Prescription(next(iter(bodies)), rx_gy, fractions, 1)],
        fractions=fractions,
    )
    uids = {"rt_plan": uid} if uid else {}
    record = replace(opened.record, rt_plan_label=label, sop_instance_uids=uids)
    return OpenPlan(record, opened.geometry)


def compared(
    protocol: Protocol, *plans: OpenPlan, reference: str = "", anonymize: bool = False
) -> Comparison:
    """Return plans compared, with a fixed date."""
    return rtcheck.compare(plans, protocol, reference=reference, date=DATE, anonymize=anonymize)


def verdict(
    value: float | None, low: float | None = None, high: float | None = None, **other: object
) -> Verdict:
    """Return a verdict on one goal with that value and interval."""
    return replace(KEPT, value=value, low=low, high=high, **other)


def by_hand(*verdicts: Sequence[Verdict]) -> Comparison:
    """Return a comparison of reports that hold these verdicts."""
    rivals = [
        Rival(key, "", report_of(*some, overall=Outcome.PER_PROTOCOL, label=f"Plan {key}"))
        for key, some in zip(keys(len(verdicts)), verdicts, strict=True)
    ]
    return compare_reports(rivals)


def handmade_comparison() -> Comparison:
    """Return a comparison of three plans in which goals are gained, lost, open and doubted."""
    lost = replace(
        KEPT, value=32.0, low=31.5, high=32.5, outcome=Outcome.VARIATION_ACCEPTABLE, margin=-2.0
    )
    close = replace(KEPT, value=25.5, low=25.2, high=25.8)
    gained = replace(BROKEN, value=40.0, low=39.5, high=40.5, outcome=Outcome.PER_PROTOCOL)
    unsaid = replace(
        BROKEN,
        value=None,
        low=None,
        high=None,
        margin=None,
        outcome=Outcome.NOT_EVALUATED,
        reason=Reason.STRUCTURE_MISSING,
    )
    made = [
        ([KEPT, VARIED, BROKEN, UNSAID, NOT_MEANT], Outcome.DEVIATION_UNACCEPTABLE, "Plan <A>"),
        ([lost, VARIED, gained, UNSAID, NOT_MEANT], Outcome.NOT_EVALUATED, "Plan B"),
        ([close, unsaid, UNSAID, NOT_MEANT], Outcome.NOT_EVALUATED, "Plan B"),
    ]
    shapes = [
        (Contours("lung total", 4, "4" * 64, 3210.0), Contours("SpinalCord", 3, "3" * 64, 40.0)),
        (Contours("lung total", 4, "4" * 64, 3210.0), Contours("SpinalCord", 3, "3" * 64, 40.0)),
        (Contours("lung total", 4, "5" * 64, 3199.0), Contours("SpinalCord", 3, "3" * 64, 40.0)),
    ]
    rivals = [
        Rival(key, f"export-{key}", report_of(*verdicts, overall=overall, label=label), found)
        for key, (verdicts, overall, label), found in zip("ABC", made, shapes, strict=True)
    ]
    return replace(
        compare_reports(rivals),
        unreadable=(Unread(4, "export-D", "RTC-D001: no DICOM RT object"),),
    )


def hostile_comparison() -> Comparison:
    """Return a comparison in which every text that can come from a file is hostile."""
    rivals = []
    for i, name in enumerate(HOSTILE[:3]):
        report = hostile_report()
        facts = replace(report.plan, rt_plan_label=name)
        verdicts = tuple(replace(v, value=12.5 + i, low=None, high=None) for v in report.verdicts)
        report = replace(report, plan=facts, verdicts=verdicts)
        found = tuple(Contours(n, j, f"{i}", 1.0) for j, n in enumerate(HOSTILE))
        rivals.append(Rival("ABC"[i], HOSTILE[-1 - i], report, found, (f"1.2.{i}",)))
    unread = tuple(Unread(9, name, name) for name in HOSTILE[:3])
    return replace(compare_reports(rivals), unreadable=unread)
