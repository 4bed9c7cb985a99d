"""What a goal comes to: the outcome of its tiers, and verdicts that need no value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rtcheck.errors import Reason
from rtcheck.metrics import Measurement, Metric
from rtcheck.protocol.goal import Goal
from rtcheck.verdict.outcome import Outcome, Verdict
from rtcheck.verdict.tiers import TierResult, judge_tier


def outcome_of(strict: TierResult, loose: TierResult | None) -> tuple[Outcome, TierResult | None]:
    """Return the outcome of two tiers, and the tier that leaves it open.

    What cannot be said at the strict tier is acceptable if the looser is certainly kept, and only
    then: between the two lies no deviation.
    """
    if strict.met:
        return Outcome.PER_PROTOCOL, None
    if loose is not None and loose.met and strict.reason in (None, Reason.DOSE_DOES_NOT_COVER):
        return Outcome.VARIATION_ACCEPTABLE, None
    if strict.met is None:
        return Outcome.NOT_EVALUATED, strict
    if loose is not None and loose.met is None:
        return Outcome.NOT_EVALUATED, loose
    return Outcome.DEVIATION_UNACCEPTABLE, None


def outcome_by_tps(
    goal: Goal, measurement: Callable[[Metric | None], Measurement]
) -> Outcome | None:
    """Return what the planning system's own figures would come to; None if they do not say."""
    if goal.per_protocol is None or measurement(None).tps_value is None:
        return None

    def stated(metric: Metric | None) -> Measurement:
        m = measurement(metric)
        return Measurement(m.structure, m.metric, m.unit, m.tps_value, m.tps_value, m.tps_value)

    strict = judge_tier(goal.per_protocol, stated)
    loose = judge_tier(goal.acceptable, stated) if goal.acceptable else None
    outcome, unsaid = outcome_of(strict, loose)
    return outcome if unsaid is None else None


def blank_verdict(goal: Goal, outcome: Outcome) -> Verdict:
    """Return a verdict on a goal that holds no value yet."""
    return Verdict(
        goal=goal.id,
        structure=goal.structure,
        metric=goal.metric.text,
        outcome=outcome,
        unit=goal.metric.unit,
        per_protocol=goal.per_protocol.text if goal.per_protocol else None,
        acceptable=goal.acceptable.text if goal.acceptable else None,
        required=goal.required,
        note=goal.note,
        dose=goal.dose,
        source_ref=goal.source.ref,
        source_where=goal.source.where,
    )


def cannot_say(goal: Goal, reason: Reason, detail: str) -> Verdict:
    """Return that a goal cannot be evaluated, and why."""
    return replace(blank_verdict(goal, Outcome.NOT_EVALUATED), reason=reason, detail=detail)


def not_applicable(goal: Goal, detail: str) -> Verdict:
    """Return that a goal does not hold for this plan, and why."""
    return replace(blank_verdict(goal, Outcome.NOT_APPLICABLE), detail=detail)
