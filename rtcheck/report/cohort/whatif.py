"""Another limit on stored values: what it would come to, without reading any dose again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rtcheck.errors import UsageError
from rtcheck.protocol.goal import Comparison, Limit
from rtcheck.report.cohort.statistics import Share
from rtcheck.report.cohort.tally import Measured, Tally
from rtcheck.report.numbers import clauses_in
from rtcheck.verdict import Outcome

_QUESTION = re.compile(r"(?P<goal>[^\s<>=]+)\s*(?P<limit>[<>=].*)")


@dataclass(frozen=True, eq=False)
class WhatIf:
    """What another limit would come to.

    Parameters
    ----------
    tally : Tally
        The goal as it was judged.
    limit : str
        The other limit, as written.
    now : Share
        Plans that would keep it, of those with a value.
    too_close : tuple of str
        Plans with a value whose interval holds the limit.
    changed : tuple of str
        Plans that come out otherwise than they were judged.
    without_value : int
        Plans in which nothing was measured: no limit changes that.
    """

    tally: Tally
    limit: str
    now: Share
    too_close: tuple[str, ...]
    changed: tuple[str, ...]
    without_value: int


def what_if(tallies: Sequence[Tally], text: str) -> WhatIf:
    """Return what another limit would come to, such as ``"lung-v20 <= 25 %"``.

    Raises
    ------
    UsageError
        If no goal, or more than one, is meant, or the limit is none on the goal's metric.
    """
    match = _QUESTION.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"what if {text!r}", expected="such as 'lung-v20 <= 25 %'")
    meant = [t for t in tallies if match["goal"] in (t.goal, f"{t.protocol}:{t.goal}")]
    if len(meant) != 1:
        known = ", ".join(dict.fromkeys(t.goal for t in tallies)) or "none"
        hint = "Write PROTOCOL:GOAL where several have a goal of one name" if meant else ""
        raise UsageError(
            f"{len(meant) or 'no'} goal{'s' if meant else ''} {match['goal']!r}",
            expected=f"one of: {known}",
            hint=hint,
        )
    tally, limit = meant[0], match["limit"].strip()
    clauses = clauses_in([limit], tally.unit)
    if len(clauses) != len(re.split(r"\s+and\s+", limit)):
        raise UsageError(
            f"the limit {limit!r}",
            expected=f"a comparison, a number and a unit, as {tally.metric} is in {tally.unit}",
        )
    limits = [Limit(Comparison(sign), number, limit) for sign, number in clauses]
    # Of several ROIs of a plan, each must keep it.
    keeps: dict[str, bool] = {}
    close: dict[str, None] = {}
    for measured in tally.values:
        met = all(one.is_met(measured.value) for one in limits)
        keeps[measured.plan] = keeps.get(measured.plan, True) and met
        if any(_is_close(measured, one) for one in limits):
            close[measured.plan] = None
    # A plan in which a part could not be measured cannot be said to keep anything.
    unsaid = {
        plan
        for plan, outcome in tally.outcomes.items()
        if plan not in keeps or (outcome is Outcome.NOT_EVALUATED and keeps[plan])
    }
    said = {plan: kept for plan, kept in keeps.items() if plan not in unsaid}
    judged = {p: o is not Outcome.DEVIATION_UNACCEPTABLE for p, o in tally.outcomes.items()}
    return WhatIf(
        tally,
        limit,
        Share(sum(said.values()), len(said)),
        tuple(plan for plan in close if plan in said),
        tuple(plan for plan, kept in said.items() if tally.decides and judged[plan] != kept),
        len(unsaid),
    )


def _is_close(measured: Measured, limit: Limit) -> bool:
    return measured.low < limit.inside < measured.high
