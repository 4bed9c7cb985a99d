"""One goal over all plans: how many keep it, what was not evaluated and why, what lies far out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rtcheck.report.cohort.statistics import Share, fences
from rtcheck.report.numbers import limits_in
from rtcheck.verdict import DISPLAY_ORDER, Outcome

_RANK = {outcome: rank for rank, outcome in enumerate(DISPLAY_ORDER)}
_KEPT = (Outcome.PER_PROTOCOL, Outcome.VARIATION_ACCEPTABLE)
_FEWEST = 10
"""Values from which on it can be said that one lies far from the others."""


@dataclass(frozen=True)
class Measured:
    """A value of a plan, in the goal's unit, with its bounds.

    Parameters
    ----------
    plan, roi : str
        Where it was measured.
    value, low, high : float
        Unrounded.
    """

    plan: str
    roi: str
    value: float
    low: float
    high: float


@dataclass(eq=False)
class Tally:
    """A goal over all plans. Where it holds for each of several ROIs, a plan's worst one counts.

    Parameters
    ----------
    protocol, variant, version, goal, structure, metric, dose, unit, per_protocol, acceptable : str
        As in a verdict.
    required : bool
        Whether the goal decides.
    outcomes : mapping of str to Outcome
        By plan.
    reasons : mapping of str to str
        Why a plan was not evaluated.
    values : list of Measured
        What was measured.
    borderline : set of str
        Plans with a value too close to call.
    """

    protocol: str
    variant: str
    version: str
    goal: str
    structure: str
    metric: str
    dose: str
    per_protocol: str
    acceptable: str
    required: bool
    unit: str = ""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    values: list[Measured] = field(default_factory=list)
    borderline: set[str] = field(default_factory=set)

    def add(self, row: Mapping[str, str]) -> None:
        """Count a verdict."""
        plan, outcome = row["plan"], Outcome(row["outcome"])
        before = self.outcomes.get(plan, outcome)
        self.outcomes[plan] = min(outcome, before, key=_RANK.__getitem__)
        if outcome is Outcome.NOT_EVALUATED:
            self.reasons.setdefault(plan, row["reason"])
        if row["borderline"] == "true":
            self.borderline.add(plan)
        if row["value"] and row["unit"] == (self.unit or row["unit"]):
            self.unit = row["unit"]
            value = float(row["value"])
            low, high = float(row["low"] or value), float(row["high"] or value)
            self.values.append(Measured(plan, row["roi"], value, low, high))

    def count(self, outcome: Outcome) -> int:
        """Return how many plans came to an outcome."""
        return sum(found is outcome for found in self.outcomes.values())

    @property
    def decides(self) -> bool:
        """Return whether the goal has a limit and its outcome counts."""
        return self.required and bool(self.per_protocol or self.acceptable)

    @property
    def compliance(self) -> Share:
        """Return how many plans keep the goal, of those in which it was evaluated."""
        kept = sum(self.count(outcome) for outcome in _KEPT)
        return Share(kept, kept + self.count(Outcome.DEVIATION_UNACCEPTABLE))

    def why_not(self) -> list[tuple[str, int]]:
        """Return reasons for not evaluated with their numbers of plans, the most frequent first."""
        plans = [p for p, o in self.outcomes.items() if o is Outcome.NOT_EVALUATED]
        counted = Counter(self.reasons.get(plan, "") for plan in plans)
        return sorted(counted.items(), key=lambda item: (-item[1], item[0]))

    def limits(self) -> tuple[float, ...]:
        """Return the limits on the value, in its unit."""
        return tuple(dict.fromkeys(limits_in([self.per_protocol, self.acceptable], self.unit)))

    def outliers(self) -> list[Measured]:
        """Return values far from all others (Tukey's outer fences), the farthest first."""
        if len(self.values) < _FEWEST:
            return []
        low, high = fences([m.value for m in self.values])
        far = [m for m in self.values if not low <= m.value <= high]
        return sorted(far, key=lambda m: (-max(low - m.value, m.value - high), m.plan, m.roi))


def tallies_of(rows: Iterable[Mapping[str, str]]) -> tuple[Tally, ...]:
    """Return each goal over all plans, by protocol, in the order of the rules."""
    found: dict[tuple[str, ...], Tally] = {}
    for row in rows:
        if not row["goal"]:
            continue
        own = (row["protocol"], row["variant"], row["protocol_version"], row["goal"])
        key = (*own, row["protocol_sha256"], row["metric"], row["dose"])
        if key not in found:
            found[key] = Tally(
                *own,
                row["structure"],
                row["metric"],
                row["dose"],
                row["per_protocol"],
                row["acceptable"],
                row["required"] == "true",
            )
        found[key].add(row)
    names = list(dict.fromkeys(tally.protocol for tally in found.values()))
    return tuple(sorted(found.values(), key=lambda t: (names.index(t.protocol), t.variant)))
