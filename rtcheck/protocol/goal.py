"""The records of a rule file: protocol, goal, tier, role, prescription options."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from rtcheck.dvh.record import RELATIVE_TIE
from rtcheck.metrics import Metric
from rtcheck.units import from_inside


class Comparison(StrEnum):
    """How a value is held against a limit. ``<`` and ``<=`` are different."""

    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    EQUAL = "=="


_COMPARE: dict[Comparison, Callable[[float, float], bool]] = {
    Comparison.LESS: operator.lt,
    Comparison.AT_MOST: operator.le,
    Comparison.GREATER: operator.gt,
    Comparison.AT_LEAST: operator.ge,
    Comparison.EQUAL: operator.eq,
}


@dataclass(frozen=True)
class Limit:
    """One comparison with a number.

    Parameters
    ----------
    comparison : Comparison
        How the value is held against the number.
    inside : float
        The number in the inside unit (Gy, cm3, mm, %, days).
    text : str
        The limit as written, such as ``"<= 30 %"``.

    Examples
    --------
    >>> Limit(Comparison.LESS, 28.0, "< 28 Gy").is_met(28.0)
    False
    """

    comparison: Comparison
    inside: float
    text: str

    def is_met(self, inside: float) -> bool:
        """Return whether a value, in the inside unit, keeps the limit.

        The value is not rounded. Numbers that differ by less than 1e-9 of the limit are equal:
        that is float64 noise and nothing else.
        """
        if abs(inside - self.inside) <= RELATIVE_TIE * abs(self.inside):
            inside = self.inside
        return _COMPARE[self.comparison](inside, self.inside)

    def margin(self, inside: float) -> float:
        """Return how far inside the limit a value is, in the inside unit; negative outside."""
        if self.comparison in (Comparison.LESS, Comparison.AT_MOST):
            return self.inside - inside
        if self.comparison is Comparison.EQUAL:
            return -abs(inside - self.inside)
        return inside - self.inside


@dataclass(frozen=True)
class Clause:
    """A limit on a metric; all clauses of a tier must be kept.

    Parameters
    ----------
    limit : Limit
        What the metric must keep.
    metric : Metric or None
        None is the goal's own metric.
    """

    limit: Limit
    metric: Metric | None = None

    def margin_in(self, unit: str, inside: float) -> float:
        """Return the margin converted to `unit`."""
        return from_inside(self.limit.margin(inside), unit)


@dataclass(frozen=True)
class Tier:
    """What a goal asks at one tier: clauses joined by *and*, and the text as written."""

    clauses: tuple[Clause, ...]
    text: str


@dataclass(frozen=True)
class Source:
    """Where a rule comes from: the key in ``[sources]`` and the place in that source."""

    ref: str
    where: str


@dataclass(frozen=True)
class Citation:
    """A source document."""

    cite: str
    doi: str = ""
    url: str = ""


@dataclass(frozen=True)
class Role:
    """A structure of the protocol, and how an ROI is recognised as it.

    Parameters
    ----------
    name : str
        The role's name in goals, such as ``"Lungs"``.
    tg263 : str
        The TG-263 name; empty if it has none.
    aliases : tuple of str
        Further names, matched exactly, then normalised.
    match : str
        Glob such as ``"PTV*"`` on normalised names; every match belongs to the role, as their
        union, or one by one with `each`.
    except_match : tuple of str
        Globs of names that `match` must not take.
    each : bool
        Whether a goal on the role holds for each matching ROI by itself.
    otherwise : str
        Structure expression used when no ROI matches (key ``else``).
    site_aliases : tuple of str
        Names that a clinic's own alias file gives the role; they win over every other name.
    """

    name: str
    tg263: str = ""
    aliases: tuple[str, ...] = ()
    match: str = ""
    except_match: tuple[str, ...] = ()
    each: bool = False
    otherwise: str = ""
    site_aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Range:
    """An inclusive range of numbers in the inside unit; both ends equal for one number."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Return whether the value lies in the range, its ends included."""
        slack = RELATIVE_TIE * max(abs(self.low), abs(self.high))
        return self.low - slack <= value <= self.high + slack


@dataclass(frozen=True)
class ScheduleOption:
    """One allowed schedule of a prescription.

    Parameters
    ----------
    dose_gy, fractions : Range
        Allowed total dose and numbers of fractions. A list of fraction numbers is several
        options.
    dose_per_fraction_gy : Range or None
        Allowed dose per fraction in Gy.
    role : str
        The option speaks only of targets with this role (key ``for``); empty: of all.
    acceptable : bool
        Whether keeping it is only an acceptable variation.
    text : str
        The option in words, for the report.
    """

    dose_gy: Range
    fractions: Range
    dose_per_fraction_gy: Range | None = None
    role: str = ""
    acceptable: bool = False
    text: str = ""

    def allows(self, dose_gy: float, fractions: int) -> bool:
        """Return whether a schedule is one of this option's."""
        return (
            self.dose_gy.holds(dose_gy)
            and self.fractions.holds(fractions)
            and (
                self.dose_per_fraction_gy is None
                or self.dose_per_fraction_gy.holds(dose_gy / fractions)
            )
        )


@dataclass(frozen=True)
class ProtocolPrescription:
    """A prescription the protocol speaks of: percent doses refer to it by name.

    Parameters
    ----------
    name : str
        Its name in goals.
    target : str
        Role of the target it is prescribed to. With a role of `each`, every target has its own.
    options : tuple of ScheduleOption
        Allowed schedules; empty when the protocol does not limit them.
    variant : str
        The variant it belongs to; empty: to all.
    """

    name: str
    target: str
    options: tuple[ScheduleOption, ...] = ()
    variant: str = ""


@dataclass(frozen=True)
class Condition:
    """When a goal applies at all; else it is not applicable, and says so.

    Parameters
    ----------
    exists : str
        Role that some ROI must have.
    prescribed : str
        Name of a prescription the plan must have one of its own for.
    """

    exists: str = ""
    prescribed: str = ""


@dataclass(frozen=True)
class Goal:
    """One rule.

    Parameters
    ----------
    id : str
        Unique in the protocol, stable for ever.
    structure : str
        Role or expression of roles; empty for prescription facts.
    metric : Metric
        What is measured.
    per_protocol, acceptable : Tier or None
        Limits; without `per_protocol` the value is only reported.
    prescription : str
        Name of the prescription percentages and prescription facts refer to.
    dose : str
        ``"physical"``, ``"BED"`` or ``"EQD2"``: which dose the metric is measured in.
    alpha_beta_gy : float or None
        For BED and EQD2.
    required : bool
        Whether the goal decides; otherwise its outcome is shown only. In a rule file, by default
        true for goals with limits and false for those that are only reported.
    variant : str
        The variant it belongs to; empty: to all.
    when : Condition or None
        When the goal applies.
    source : Source
        Where the rule comes from.
    note : str
        The reading chosen, in words.
    """

    id: str
    structure: str
    metric: Metric
    per_protocol: Tier | None
    acceptable: Tier | None
    source: Source
    prescription: str = ""
    dose: str = "physical"
    alpha_beta_gy: float | None = None
    required: bool = True
    variant: str = ""
    when: Condition | None = None
    note: str = ""


class Status(StrEnum):
    """How far a protocol has come."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, eq=False)
class Protocol:
    """A rule file, read and found valid.

    Parameters
    ----------
    id, version, title : str
        What it is; a changed limit is a new version.
    status : Status
        How far it has come.
    site : str
        Folder it lives in, such as ``"liver"``.
    goals : tuple of Goal
        In the file's order.
    roles : mapping of str to Role
        The structures it speaks of.
    prescriptions : tuple of ProtocolPrescription
        The prescriptions it speaks of.
    sources : mapping of str to Citation
        Its sources.
    variants : tuple of str
        Its variants; empty if it has none.
    checklist : tuple of str
        What a person signs; never evaluated.
    sha256 : str
        Of the file's bytes.
    path : str
        The file, for error messages.
    """

    id: str
    version: str
    title: str
    status: Status
    goals: tuple[Goal, ...]
    roles: Mapping[str, Role]
    sources: Mapping[str, Citation]
    prescriptions: tuple[ProtocolPrescription, ...] = ()
    variants: tuple[str, ...] = ()
    checklist: tuple[str, ...] = ()
    site: str = ""
    sha256: str = ""
    path: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "roles", MappingProxyType(dict(self.roles)))
        object.__setattr__(self, "sources", MappingProxyType(dict(self.sources)))
