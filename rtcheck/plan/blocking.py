"""Which findings forbid what."""

from __future__ import annotations

from rtcheck.plan.finding import Finding, Severity
from rtcheck.plan.plan import Plan


def is_blocked(plan: Plan) -> bool:
    """Return whether a finding forbids a pass: any that blocks and is not about one ROI.

    Without a usable dose, goals on geometry and prescription are still judged; the plan is not.
    """
    return any(f.severity is Severity.BLOCKS and not f.is_about_roi for f in plan.findings)


def plan_blocks(plan: Plan) -> list[Finding]:
    """Return the findings that forbid every verdict on a plan.

    A blocked ROI blocks what is measured on it, and a blocked dose leaves the plan without one;
    everything else that blocks, blocks all.
    """
    return [
        f
        for f in plan.findings
        if f.severity is Severity.BLOCKS
        and not f.is_about_roi
        and not (f.code.startswith("DOSE_") and plan.dose is None)
    ]
