"""Measurements held against a tier's limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rtcheck.errors import Reason
from rtcheck.metrics import Measurement, Metric
from rtcheck.protocol.goal import Clause, Comparison, Tier
from rtcheck.units import Quantity, from_inside


@dataclass(frozen=True)
class TierResult:
    """What a tier came to.

    Parameters
    ----------
    met : bool or None
        None when it cannot be said.
    reason : Reason or None
        Why not.
    detail : str
        With names and numbers.
    """

    met: bool | None
    reason: Reason | None = None
    detail: str = ""


def judge_tier(tier: Tier, measure: Callable[[Metric | None], Measurement]) -> TierResult:
    """Return whether every clause of a tier is kept.

    Parameters
    ----------
    tier : Tier
        The clauses.
    measure : callable
        Returns the measurement of a metric; of the goal's own for None.

    Notes
    -----
    One clause that is certainly broken breaks the tier, whatever cannot be said of the others.
    """
    results = [judge_clause(clause, measure(clause.metric)) for clause in tier.clauses]
    broken = [r for r in results if r.met is False]
    unknown = [r for r in results if r.met is None]
    return (broken or unknown or [TierResult(True)])[0]


def judge_clause(clause: Clause, found: Measurement) -> TierResult:
    """Return whether one limit is kept: by the value, or else by both ends of what it can be."""
    if found.value is not None:
        return TierResult(clause.limit.is_met(_inside(found.value, found)))
    if found.low is None or found.high is None:
        return TierResult(None, found.reason, found.detail)
    low, high = (_inside(end, found) for end in (found.low, found.high))
    ends = {clause.limit.is_met(end) for end in (low, high)}
    # Between two ends that both miss "== x" may lie x.
    passes = clause.limit.comparison is Comparison.EQUAL and low < clause.limit.inside < high
    if len(ends) == 1 and not passes:
        return TierResult(ends.pop())
    return TierResult(None, found.reason, found.detail)


def tier_margin(tier: Tier, found: Measurement) -> float | None:
    """Return the least margin of the goal's own metric in its unit; None if it has no value."""
    ends = [v for v in (found.value, found.low, found.high) if v is not None]
    own = [c for c in tier.clauses if c.metric is None]
    if not ends or not own:
        return None
    ends = ends[:1] if found.value is not None else ends
    return min(
        from_inside(c.limit.margin(_inside(end, found)), found.unit) for c in own for end in ends
    )


def worst_end(tier: Tier, found: Measurement) -> float | None:
    """Return the end of a range that keeps the tier least."""
    if found.low is None or found.high is None:
        return None
    own = [c for c in tier.clauses if c.metric is None]
    ends = (found.low, found.high)
    return min(
        ends, key=lambda e: min((c.limit.margin(_inside(e, found)) for c in own), default=0.0)
    )


def _inside(value: float, found: Measurement) -> float:
    return Quantity(value, found.unit).inside
