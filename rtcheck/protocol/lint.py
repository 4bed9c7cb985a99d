"""Linting: what a rule file may say and yet probably does not mean.

One check, one function; each yields messages with a code that stays. A rule file that lints
clean can still be wrong, but not by a slip of the kinds listed in `CODES`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rtcheck.errors import ProtocolSyntaxError
from rtcheck.geometry.expression import names_in, parse_expression
from rtcheck.metrics import Metric
from rtcheck.metrics.containment import Inside, Margin
from rtcheck.metrics.volume_at_dose import VolumeAtDose
from rtcheck.protocol.cases import needed_outcomes, read_cases
from rtcheck.protocol.find import cases_path
from rtcheck.protocol.goal import (
    Clause,
    Comparison,
    Goal,
    Protocol,
    Role,
    ScheduleOption,
    Status,
    Tier,
)
from rtcheck.protocol.load import load_protocol
from rtcheck.units import Dimension, dimension_of

_FAR = 1.5
"""A variation beyond 1.5 times the limit is more often a slip of the keyboard than a decision."""


class LintSeverity(StrEnum):
    """How sure the linter is that something is wrong."""

    ERROR = "error"
    WARNING = "warning"


CODES: dict[str, tuple[LintSeverity, str]] = {
    "RTC-L001": (LintSeverity.ERROR, "the acceptable limit is stricter than the one per protocol"),
    "RTC-L002": (LintSeverity.ERROR, "the acceptable limit looks the other way"),
    "RTC-L003": (LintSeverity.WARNING, "the acceptable limit is the one per protocol"),
    "RTC-L004": (LintSeverity.WARNING, "the acceptable limit is far from the one per protocol"),
    "RTC-L005": (LintSeverity.ERROR, "no value can keep the limits"),
    "RTC-L006": (LintSeverity.ERROR, "every value keeps the limit"),
    "RTC-L007": (LintSeverity.WARNING, "a percentage that looks like a fraction or a slip"),
    "RTC-L008": (LintSeverity.WARNING, "two goals say the same"),
    "RTC-L009": (LintSeverity.WARNING, "something is declared and never used"),
    "RTC-L010": (LintSeverity.ERROR, "the goal can never apply"),
    "RTC-L011": (LintSeverity.ERROR, "there is no cases file, or it cannot be read"),
    "RTC-L012": (LintSeverity.ERROR, "a goal lacks a case"),
    "RTC-L013": (LintSeverity.WARNING, "the protocol is withdrawn"),
    "RTC-L014": (LintSeverity.WARNING, "the file's name is not the protocol's id"),
    "RTC-L015": (LintSeverity.ERROR, "no schedule can keep an option"),
}
"""Every code, its severity and what it says. Codes are stable."""


@dataclass(frozen=True)
class LintMessage:
    """One probable fault of a rule file.

    Parameters
    ----------
    code : str
        A key of `CODES`.
    goal : str
        Goal id; empty if it is the file's.
    text : str
        What exactly, with names and numbers.
    """

    code: str
    goal: str
    text: str

    @property
    def severity(self) -> LintSeverity:
        """Return how sure it is."""
        return CODES[self.code][0]

    def __str__(self) -> str:
        where = f" (goal {self.goal!r})" if self.goal else ""
        return f"{self.severity} {self.code}{where}: {CODES[self.code][1]}: {self.text}"


Found = Iterator[LintMessage]


def lint_protocol(protocol: str | Path | Protocol) -> list[LintMessage]:
    """Return what is probably wrong in a rule file, errors first.

    Raises
    ------
    ProtocolError, UnitError, MetricError, ExpressionError
        If the file cannot be loaded at all.
    """
    rules = protocol if isinstance(protocol, Protocol) else load_protocol(protocol)
    found = [message for check in CHECKS for message in check(rules)]
    return sorted(found, key=lambda m: m.severity is not LintSeverity.ERROR)


CONTRADICTIONS = ("RTC-L001", "RTC-L002", "RTC-L005", "RTC-L006")
"""Rules that cannot mean what they say: nothing is judged by them."""


def require_sound(protocol: Protocol) -> None:
    """Refuse a protocol whose limits contradict themselves or each other.

    Raises
    ------
    ProtocolSyntaxError
        With the first such limit.
    """
    for check in (_tier_order, _limits):
        for message in check(protocol):
            if message.code in CONTRADICTIONS:
                raise ProtocolSyntaxError(
                    str(message), where=protocol.id, hint="See rtcheck protocol lint"
                )


def _bounds(tier: Tier, goal: Goal) -> dict[str, tuple[Metric, list[Clause]]]:
    """Return a tier's clauses by the metric they limit."""
    by_metric: dict[str, tuple[Metric, list[Clause]]] = {}
    for clause in tier.clauses:
        metric = clause.metric or goal.metric
        by_metric.setdefault(metric.text, (metric, []))[1].append(clause)
    return by_metric


def _interval(clauses: list[Clause]) -> tuple[tuple[float, bool], tuple[float, bool]]:
    """Return the values that keep all clauses: (low, is open) and (high, is open)."""
    low, high = (-math.inf, False), (math.inf, False)
    for clause in clauses:
        sign, number = clause.limit.comparison, clause.limit.inside
        if sign in (Comparison.GREATER, Comparison.AT_LEAST, Comparison.EQUAL):
            low = max(low, (number, sign is Comparison.GREATER))
        if sign in (Comparison.LESS, Comparison.AT_MOST, Comparison.EQUAL):
            high = min(high, (number, sign is not Comparison.LESS))
    return low, (high[0], not high[1] if high[0] != math.inf else False)


def _tier_order(protocol: Protocol) -> Found:
    for goal in protocol.goals:
        if not (goal.per_protocol and goal.acceptable):
            continue
        strict, loose = _bounds(goal.per_protocol, goal), _bounds(goal.acceptable, goal)
        texts = f"per protocol {goal.per_protocol.text!r}, acceptable {goal.acceptable.text!r}"
        for text in strict.keys() & loose.keys():
            code = _compare(_interval(strict[text][1]), _interval(loose[text][1]))
            if code:
                yield LintMessage(code, goal.id, texts)
        if not strict.keys() & loose.keys() and _opposed(goal.per_protocol, goal.acceptable):
            yield LintMessage("RTC-L002", goal.id, texts)


def _compare(
    strict: tuple[tuple[float, bool], tuple[float, bool]],
    loose: tuple[tuple[float, bool], tuple[float, bool]],
) -> str:
    """Return the code of what is wrong between the two tiers' intervals; empty if nothing."""
    if strict == loose:
        return "RTC-L003"
    (low, low_open), (high, high_open) = strict
    (lower, lower_open), (higher, higher_open) = loose
    new_low = lower > -math.inf and low == -math.inf
    new_high = higher < math.inf and high == math.inf
    if new_low or new_high:
        lost = (low > -math.inf and lower == -math.inf) or (high < math.inf and higher == math.inf)
        return "RTC-L002" if lost else "RTC-L001"
    if (lower, lower_open) > (low, low_open) or (-higher, higher_open) > (-high, high_open):
        return "RTC-L001"
    if any(
        0 < math.inf > max(a, b) > _FAR * min(a, b) > 0 for a, b in ((low, lower), (high, higher))
    ):
        return "RTC-L004"
    return ""


def _direction(tier: Tier) -> str:
    signs = {c.limit.comparison for c in tier.clauses}
    if signs <= {Comparison.LESS, Comparison.AT_MOST}:
        return "upper"
    return "lower" if signs <= {Comparison.GREATER, Comparison.AT_LEAST} else "both"


def _opposed(strict: Tier, loose: Tier) -> bool:
    return {_direction(strict), _direction(loose)} == {"upper", "lower"}


def _limits(protocol: Protocol) -> Found:
    for goal in protocol.goals:
        for tier in filter(None, (goal.per_protocol, goal.acceptable)):
            for metric, clauses in _bounds(tier, goal).values():
                (low, low_open), (high, high_open) = _interval(clauses)
                if low > high or (low == high and (low_open or high_open)):
                    yield LintMessage("RTC-L005", goal.id, tier.text)
                yield from _percent(goal, tier, metric, clauses)


def _percent(goal: Goal, tier: Tier, metric: Metric, clauses: list[Clause]) -> Found:
    """Yield what is implausible about limits in percent, and negative limits."""
    share = isinstance(metric, VolumeAtDose | Inside) and metric.unit == "%"
    for clause in clauses:
        sign, number = clause.limit.comparison, clause.limit.inside
        if share and (
            (sign is Comparison.AT_MOST and number >= 100)
            or (sign is Comparison.LESS and number > 100)
            or (sign is Comparison.AT_LEAST and number <= 0)
        ):
            yield LintMessage(
                "RTC-L006", goal.id, f"{metric.text} is within 0 and 100 %: {tier.text!r}"
            )
        elif share and (number > 100 or (sign is Comparison.GREATER and number >= 100)):
            yield LintMessage("RTC-L005", goal.id, f"{metric.text} is at most 100 %: {tier.text!r}")
        elif number < 0 and not isinstance(metric, Margin):
            code = "RTC-L005" if sign in (Comparison.LESS, Comparison.AT_MOST) else "RTC-L006"
            yield LintMessage(code, goal.id, f"{metric.text} is never negative: {tier.text!r}")
        elif dimension_of(metric.unit) is Dimension.PERCENT and (0 < number <= 1 or number > 200):
            yield LintMessage("RTC-L007", goal.id, f"{tier.text!r} on {metric.text}")


def _twins(protocol: Protocol) -> Found:
    seen: dict[object, str] = {}
    for goal in protocol.goals:
        limits = goal.per_protocol and goal.per_protocol.text
        key = (
            goal.structure,
            goal.metric.text,
            goal.prescription,
            goal.variant,
            limits,
            goal.dose,
            goal.alpha_beta_gy,
            goal.when,
        )
        if key in seen:
            yield LintMessage("RTC-L008", goal.id, f"as {seen[key]!r}")
        seen.setdefault(key, goal.id)


def _unused(protocol: Protocol) -> Found:
    declared = {
        "source": set(protocol.sources) - {g.source.ref for g in protocol.goals},
        "structure": set(protocol.roles) - _roles_used(protocol),
        "prescription": {p.name for p in protocol.prescriptions}
        - {g.prescription for g in protocol.goals}
        - {g.when.prescribed for g in protocol.goals if g.when},
        "variant": set(protocol.variants)
        - {g.variant for g in protocol.goals}
        - {p.variant for p in protocol.prescriptions},
    }
    for kind, names in declared.items():
        for name in sorted(names):
            yield LintMessage("RTC-L009", "", f"{kind} {name!r}")


def _roles_used(protocol: Protocol) -> set[str]:
    expressions = [role.otherwise for role in protocol.roles.values()]
    for goal in protocol.goals:
        expressions += [goal.structure, goal.when.exists if goal.when else ""]
        tiers = [t for t in (goal.per_protocol, goal.acceptable) if t]
        metrics = [goal.metric, *(c.metric for t in tiers for c in t.clauses if c.metric)]
        expressions += [m.outer for m in metrics if isinstance(m, Inside | Margin)]
    used = {p.target for p in protocol.prescriptions}
    used |= {o.role for p in protocol.prescriptions for o in p.options}
    for text in filter(None, expressions):
        used |= set(names_in(parse_expression(text, known_names=protocol.roles)))
    return used


def _unreachable(protocol: Protocol) -> Found:
    for goal in protocol.goals:
        for p in protocol.prescriptions:
            if goal.when and goal.when.prescribed == p.name and p.variant not in ("", goal.variant):
                other = f"prescription {p.name!r} belongs to variant {p.variant!r}"
                yield LintMessage("RTC-L010", goal.id, other)
    for role in protocol.roles.values():
        if _never(role):
            yield LintMessage(
                "RTC-L010", "", f"structure {role.name!r} takes nothing: except is its match"
            )


def _never(role: Role) -> bool:
    return (
        bool(role.match)
        and not role.tg263
        and not role.aliases
        and (role.match in role.except_match or "*" in role.except_match)
    )


def _cases(protocol: Protocol) -> Found:
    from rtcheck.errors import RtcheckError

    path = cases_path(Path(protocol.path))
    try:
        cases = read_cases(path, protocol)
    except RtcheckError as error:
        yield LintMessage("RTC-L011", "", str(error))
        return
    for goal in protocol.goals:
        have = {case.expect for case in cases if case.goal == goal.id}
        missing = [outcome for outcome in needed_outcomes(goal) if outcome not in have]
        if missing:
            yield LintMessage("RTC-L012", goal.id, "expects " + ", ".join(missing))


def _standing(protocol: Protocol) -> Found:
    if protocol.status is Status.WITHDRAWN:
        yield LintMessage("RTC-L013", "", f"{protocol.id} {protocol.version}")
    stem = Path(protocol.path).stem
    if stem != protocol.id:
        yield LintMessage("RTC-L014", "", f"{stem}.toml holds {protocol.id!r}")


def _options(protocol: Protocol) -> Found:
    for prescription in protocol.prescriptions:
        for option in prescription.options:
            if not _possible(option):
                yield LintMessage("RTC-L015", "", f"{prescription.name}: {option.text}")


def _possible(option: ScheduleOption) -> bool:
    each = option.dose_per_fraction_gy
    if each is None or math.inf in (option.fractions.high, option.dose_gy.high, each.high):
        return True
    # Least and greatest total that the fraction numbers and sizes make, against the dose range.
    low, high = each.low * option.fractions.low, each.high * option.fractions.high
    return low <= option.dose_gy.high * (1 + 1e-9) and high >= option.dose_gy.low * (1 - 1e-9)


CHECKS: tuple[Callable[[Protocol], Found], ...] = (
    _tier_order,
    _limits,
    _twins,
    _unused,
    _unreachable,
    _options,
    _cases,
    _standing,
)
"""The checks, in the order in which they are reported."""
