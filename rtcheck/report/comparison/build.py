"""Holding reports against each other: the same goal on the same structure stands in one row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from string import ascii_uppercase

from rtcheck.errors import UsageError
from rtcheck.metrics import Needs, parse_metric
from rtcheck.plan import Plan
from rtcheck.report.comparison.record import (
    Change,
    Comparison,
    Contours,
    Doubt,
    Rival,
    Row,
    Size,
    Standing,
)
from rtcheck.report.numbers import RELATIVE_TIE
from rtcheck.report.record import PlanFacts, Report
from rtcheck.verdict import Outcome, Verdict

FEWEST = 2

_RANK = {
    Outcome.PER_PROTOCOL: 0,
    Outcome.VARIATION_ACCEPTABLE: 1,
    Outcome.DEVIATION_UNACCEPTABLE: 2,
}
"""Outcomes that are better or worse than each other; the others are neither."""


def keys(count: int) -> list[str]:
    """Return letters for so many plans.

    Examples
    --------
    >>> keys(3), keys(28)[-1]
    (['A', 'B', 'C'], 'AB')
    """
    doubled = ("".join(pair) for pair in product(ascii_uppercase, repeat=2))
    return [*ascii_uppercase, *doubled][:count]


def contours_of(
    plan: Plan, report: Report, volumes_cm3: Mapping[int, float]
) -> tuple[Contours, ...]:
    """Return the contours of the ROIs that the goals of a report were judged on.

    Parameters
    ----------
    plan : Plan
        The plan of the report.
    report : Report
        The report.
    volumes_cm3 : mapping of int to float
        Volume by ROINumber, of those that have one.
    """
    numbers = dict.fromkeys(f.roi_number for v in report.verdicts for f in v.found)
    found = []
    for number in numbers:
        structure = plan.structure(number)
        digest = hashlib.sha256(structure.points_mm.tobytes() + structure.contour_starts.tobytes())
        found.append(
            Contours(structure.roi_name, number, digest.hexdigest(), volumes_cm3.get(number))
        )
    return tuple(found)


def compare_reports(rivals: Sequence[Rival], reference: str = "") -> Comparison:
    """Return reports of several plans, by one protocol and with the same settings, as one record.

    Parameters
    ----------
    rivals : sequence of Rival
        The plans, each with its report.
    reference : str
        Key of the plan that the others are held against; the first if none is named.

    Raises
    ------
    UsageError
        If there are fewer than two plans, or they were not judged by the same rules.
    """
    if len(rivals) < FEWEST:
        raise UsageError(f"{len(rivals)} plan", expected="at least two to compare")
    first = rivals[0].report
    if any(r.report.protocol != first.protocol for r in rivals):
        raise UsageError("reports by different rules", expected="one protocol for all plans")
    base = next(r for r in rivals if r.key == (reference or rivals[0].key))
    by_rival = [_by_place(rival.report.verdicts) for rival in rivals]
    at = rivals.index(base)
    rows = [
        _row(rivals, [verdicts.get(place) for verdicts in by_rival], at)
        for place in _places(by_rival)
    ]
    return Comparison(
        rivals=tuple(rivals),
        reference=base.key,
        protocol=first.protocol,
        settings=first.settings,
        rows=tuple(rows),
        rtcheck_version=first.rtcheck_version,
        created=max(r.report.created for r in rivals),
    )


def key_named(plans: Sequence[Plan], reference: str) -> str:
    """Return the key of the plan of that letter, RTPlanLabel or SOPInstanceUID; else of the first.

    Raises
    ------
    UsageError
        If there is none, or several are called so.
    """
    letters = keys(len(plans))
    if not reference:
        return letters[0]
    called = [
        (key, plan.rt_plan_label, plan.sop_instance_uids.get("rt_plan"))
        for key, plan in zip(letters, plans, strict=True)
    ]
    named = [key for key, *others in called if reference in (key, *others)]
    if len(named) == 1:
        return named[0]
    found = f"{len(named) or 'no'} plan{'s' * (len(named) > 1)} called {reference!r}"
    known = ", ".join(f"{key}: {label or '(no label)'}" for key, label, _ in called)
    raise UsageError(found, where="reference", expected=f"letter, label or UID of one: {known}")


Place = tuple[str, str, int]
"""Goal, the ROI of a goal that holds for each one, and a count where an ROI name stands twice."""


def _by_place(verdicts: Iterable[Verdict]) -> dict[Place, Verdict]:
    placed: dict[Place, Verdict] = {}
    for verdict in verdicts:
        count = sum(place[:2] == (verdict.goal, verdict.roi) for place in placed)
        placed[verdict.goal, verdict.roi, count] = verdict
    return placed


def _places(by_rival: Sequence[Mapping[Place, Verdict]]) -> list[Place]:
    """Return every place once: goals in the protocol's order, ROIs as they first come."""
    goals = list(dict.fromkeys(goal for placed in by_rival for goal, _, _ in placed))
    places = list(dict.fromkeys(place for placed in by_rival for place in placed))
    return sorted(places, key=lambda place: goals.index(place[0]))


def _row(rivals: Sequence[Rival], verdicts: Sequence[Verdict | None], at: int) -> Row:
    some = verdicts[at] or next(v for v in verdicts if v is not None)
    base, base_verdict = rivals[at], verdicts[at]
    return Row(
        goal=some.goal,
        structure=some.structure,
        roi=some.roi,
        metric=some.metric,
        dose=some.dose,
        unit=some.unit,
        per_protocol=some.per_protocol,
        acceptable=some.acceptable,
        required=some.required,
        standings=tuple(
            Standing(rival.key, verdict)
            if i == at
            else _standing(rival, verdict, base, base_verdict)
            for i, (rival, verdict) in enumerate(zip(rivals, verdicts, strict=True))
        ),
    )


def _standing(rival: Rival, verdict: Verdict | None, base: Rival, held: Verdict | None) -> Standing:
    change = _change(held, verdict)
    if verdict is None or held is None or verdict.value is None or held.value is None:
        return Standing(rival.key, verdict, change=change)
    return Standing(
        rival.key,
        verdict,
        verdict.value - held.value,
        _size(held, verdict),
        change,
        _doubts(rival, verdict, base, held),
    )


def _change(held: Verdict | None, verdict: Verdict | None) -> Change:
    unsaid = (Outcome.NOT_EVALUATED, Outcome.NOT_APPLICABLE)
    was = Outcome.NOT_EVALUATED if held is None else held.outcome
    now = Outcome.NOT_EVALUATED if verdict is None else verdict.outcome
    if was in unsaid and now in unsaid:
        both = was is now is Outcome.NOT_APPLICABLE
        return Change.UNCHANGED if both else Change.JUDGED_IN_NEITHER
    if was in unsaid:
        return Change.JUDGED_ONLY_HERE
    if now in unsaid:
        return Change.JUDGED_ONLY_IN_REFERENCE
    if was is now or was not in _RANK or now not in _RANK:
        return Change.UNCHANGED
    return Change.GAINED if _RANK[now] < _RANK[was] else Change.LOST


def _size(held: Verdict, verdict: Verdict) -> Size:
    low, high = _ends(held)
    other_low, other_high = _ends(verdict)
    value, other = held.value or 0.0, verdict.value or 0.0
    tie = RELATIVE_TIE * max(abs(value), abs(other))
    if abs(value - other) <= tie:
        return Size.NONE
    apart = other_low - high > tie or low - other_high > tie
    return Size.REAL if apart else Size.WITHIN_INTERVAL


def _ends(verdict: Verdict) -> tuple[float, float]:
    value = verdict.value or 0.0
    low = value if verdict.low is None else verdict.low
    high = value if verdict.high is None else verdict.high
    return low, high


def _doubts(rival: Rival, verdict: Verdict, base: Rival, held: Verdict) -> tuple[Doubt, ...]:
    doubts = []
    if _shapes(rival, verdict) != _shapes(base, held):
        doubts.append(Doubt.OTHER_CONTOURS)
    of_dose = bool(parse_metric(verdict.metric).needs & Needs.DOSE)
    if of_dose and not prescribed_alike(rival.report.plan, base.report.plan):
        doubts.append(Doubt.OTHER_PRESCRIPTION)
    return tuple(doubts)


def _shapes(rival: Rival, verdict: Verdict) -> list[tuple[str, str]]:
    """Return what a verdict was measured on: role and contours, whatever the ROIs are called."""
    digests = {c.roi_number: c.sha256 for c in rival.contours}
    return sorted((f.role, digests.get(f.roi_number, "")) for f in verdict.found)


def prescribed_alike(one: PlanFacts, other: PlanFacts) -> bool:
    """Return whether two plans prescribe the same: doses, fractions, and to which target.

    A target may have another name in each plan; under one name it has one prescription.
    """
    if one.number_of_fractions_planned != other.number_of_fractions_planned:
        return False
    a, b = _schedules(one), _schedules(other)
    if any(a[name] != b[name] for name in a.keys() & b.keys()):
        return False
    return sorted(a.values(), key=str) == sorted(b.values(), key=str)


def _schedules(plan: PlanFacts) -> dict[str, list[tuple[float, int | None]]]:
    given = {rx.name for rx in plan.prescriptions if rx.given_by_user}
    schedules: dict[str, list[tuple[float, int | None]]] = {}
    for rx in plan.prescriptions:
        if rx.given_by_user or rx.name not in given:
            said = (rx.dose_gy, rx.number_of_fractions_planned)
            schedules.setdefault(rx.name, []).append(said)
    return schedules
