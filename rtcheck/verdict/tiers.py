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
    borderline : bool
        Whether geometry models or sampling could turn it: too close to call.
    """

    met: bool | None
    reason: Reason | None = None
    detail: str = ""
    borderline: bool = False


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
    if broken:
        # It could be kept after all only if each broken clause could.
        return TierResult(False, borderline=all(r.borderline for r in broken))
    if unknown:
        return unknown[0]
    return TierResult(True, borderline=any(r.borderline for r in results))


def judge_clause(clause: Clause, found: Measurement) -> TierResult:
    """Return whether one limit is kept: by the value, or else by both ends of what it can be."""
    if found.value is not None:
        met = clause.limit.is_met(_inside(found.value, found))
        return TierResult(met, borderline=_could_be_otherwise(clause, found, met))
    if found.unknown_low is None or found.unknown_high is None:
        return TierResult(None, found.reason, found.detail)
    sure = _for_all_between(clause, found.unknown_low, found.unknown_high, found)
    if sure is None:
        return TierResult(None, found.reason, found.detail)
    return TierResult(sure, borderline=_could_be_otherwise(clause, found, sure))


def _for_all_between(clause: Clause, low: float, high: float, found: Measurement) -> bool | None:
    """Return whether all values between two keep a limit, or none; None if some do."""
    low, high = _inside(low, found), _inside(high, found)
    ends = {clause.limit.is_met(end) for end in (low, high)}
    # Between two ends that both miss "== x" may lie x.
    passes = clause.limit.comparison is Comparison.EQUAL and low < clause.limit.inside < high
    return ends.pop() if len(ends) == 1 and not passes else None


def _could_be_otherwise(clause: Clause, found: Measurement, met: bool) -> bool:
    """Return whether the limit lies within the interval, or a model has no value at all."""
    if found.unsaid:
        return True
    if found.low is None or found.high is None:
        return False
    return _for_all_between(clause, found.low, found.high, found) is not met


def tier_margin(tier: Tier, found: Measurement) -> float | None:
    """Return the least margin of the goal's own metric in its unit; None if it has no value."""
    ends = [v for v in (found.value, found.unknown_low, found.unknown_high) if v is not None]
    own = [c for c in tier.clauses if c.metric is None]
    if not ends or not own:
        return None
    ends = ends[:1] if found.value is not None else ends
    return min(
        from_inside(c.limit.margin(_inside(end, found)), found.unit) for c in own for end in ends
    )


def worst_end(tier: Tier, found: Measurement) -> float | None:
    """Return the end of what the unknown part allows that keeps the tier least."""
    if found.unknown_low is None or found.unknown_high is None:
        return None
    own = [c for c in tier.clauses if c.metric is None]
    ends = (found.unknown_low, found.unknown_high)
    return min(
        ends, key=lambda e: min((c.limit.margin(_inside(e, found)) for c in own), default=0.0)
    )


def _inside(value: float, found: Measurement) -> float:
    return Quantity(value, found.unit).inside
