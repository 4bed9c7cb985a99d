"""How plans came out over time: shares of plans by month, quarter or year of their date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rtcheck.report.cohort.statistics import Share

_MOST_PERIODS = 24
_KEPT = ("per_protocol", "variation_acceptable")


@dataclass(frozen=True)
class Period:
    """A stretch of time.

    Parameters
    ----------
    name : str
        Such as ``2026-02``, ``2026 Q1`` or ``2026``.
    share : Share
        Plans that keep all goals, of those that were evaluated.
    not_evaluated : int
        Plans that were not.
    """

    name: str
    share: Share
    not_evaluated: int


def trend_of(plans: Iterable[Mapping[str, str]]) -> tuple[list[Period], int]:
    """Return the periods in order, and how many plans have no date.

    Months are put together to quarters, and those to years, where there would be more than two
    years of them.
    """
    dated = [(plan["plan_date"], plan["outcome"]) for plan in plans]
    known = [(date, outcome) for date, outcome in dated if date]
    for name_of in (_month, _quarter, _year):
        counts: dict[str, list[str]] = {}
        for date, outcome in known:
            counts.setdefault(name_of(date), []).append(outcome)
        if len(counts) <= _MOST_PERIODS:
            break
    periods = []
    for name, outcomes in sorted(counts.items()):
        kept = sum(outcome in _KEPT for outcome in outcomes)
        deviating = outcomes.count("deviation_unacceptable")
        unsaid = len(outcomes) - kept - deviating
        periods.append(Period(name, Share(kept, kept + deviating), unsaid))
    return periods, len(dated) - len(known)


def _month(date: str) -> str:
    return date[:7]


def _quarter(date: str) -> str:
    return f"{date[:4]} Q{(int(date[5:7]) + 2) // 3}"


def _year(date: str) -> str:
    return date[:4]
