"""Comparisons summed up: errors a group and class, coverage and width of the intervals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rtcheck.commission.bodies import BODIES
from rtcheck.commission.cases import CaseClass
from rtcheck.commission.criteria import LEAST_COVERAGE_PERCENT, TOLERANCES, UNITS, Tolerance
from rtcheck.commission.figures import Group
from rtcheck.commission.run import Comparison

LEAST_FOR_A_MEAN = 50
"""Figures. Volume errors scatter by 0.9 %: the mean of 20 by 0.2 %, a third of its tolerance."""


@dataclass(frozen=True)
class Row:
    """The absolute errors of a group of figures over the cases of a class.

    Parameters
    ----------
    case_class : CaseClass
        Which cases.
    group : Group
        Which figures.
    count : int
        How many comparisons.
    mean, p95, worst : float
        Of the absolute errors, in `unit`.
    bias : float
        Mean of the signed errors.
    coverage_percent : float
        How many of the true values lie in their interval.
    median_width : float
        Of the intervals, in `unit`.
    tolerance : Tolerance or None
        What is required; None where the errors are only reported.
    worst_cases : tuple of Comparison
        The worst, the worst first.
    """

    case_class: CaseClass
    group: Group
    count: int
    mean: float
    p95: float
    worst: float
    bias: float
    coverage_percent: float
    median_width: float
    tolerance: Tolerance | None
    worst_cases: tuple[Comparison, ...]

    @property
    def unit(self) -> str:
        """Return the unit of the errors."""
        return UNITS[self.group]

    @property
    def in_tolerance(self) -> bool | None:
        """Return whether all three are kept; None if nothing is required.

        A mean over a few figures is not held: it moves by as much as is required of it.
        """
        if self.tolerance is None:
            return None
        errors = (self.mean, self.p95, self.worst)
        return all(
            limit is None or error <= limit
            for error, limit in zip(errors, self.limits, strict=True)
        )

    @property
    def limits(self) -> tuple[float | None, float | None, float | None]:
        """Return what mean, 95th percentile and worst are held against; None where to nothing."""
        if self.tolerance is None:
            return None, None, None
        held = self.count >= LEAST_FOR_A_MEAN
        return self.tolerance.mean if held else None, self.tolerance.p95, self.tolerance.worst


@dataclass(frozen=True)
class Check:
    """One further requirement: a figure and its limit.

    Parameters
    ----------
    name : str
        Key of the check.
    what : str
        What is looked at, as a sentence.
    found : float
        The figure.
    limit : float
        What it is held against.
    unit : str
        Unit of both.
    count : int
        How many comparisons it is made of.
    where : str
        Where the figure was found worst; may be empty.
    at_least : bool
        Whether the limit is the least instead of the greatest.
    """

    name: str
    what: str
    found: float
    limit: float
    unit: str
    count: int
    where: str = ""
    at_least: bool = False

    @property
    def in_tolerance(self) -> bool:
        """Return whether the limit is kept."""
        return self.found >= self.limit if self.at_least else self.found <= self.limit


WORST_SHOWN = 5

SAMPLING_FRACTION = 0.001
"""What sampling may be wrong by, as a share of the volume."""


def rows_of(compared: Sequence[Comparison]) -> tuple[Row, ...]:
    """Return a row for every class and group that there is; tolerances hold in the full class."""
    rows = []
    for case_class in CaseClass:
        for group in Group:
            some = [c for c in compared if c.case_class is case_class and c.figure.group is group]
            errors = np.array([c.error for c in some if c.error is not None])
            if not len(errors):
                continue
            worst = sorted(some, key=lambda c: -abs(c.error or 0.0))[:WORST_SHOWN]
            row = Row(
                case_class=case_class,
                group=group,
                count=len(errors),
                mean=float(np.abs(errors).mean()),
                p95=float(np.percentile(np.abs(errors), 95)),
                worst=float(np.abs(errors).max()),
                bias=float(errors.mean()),
                coverage_percent=coverage_percent(some),
                median_width=float(np.median([c.width for c in some if c.width is not None])),
                tolerance=TOLERANCES[group] if case_class is CaseClass.FULL else None,
                worst_cases=tuple(worst),
            )
            rows.append(row)
    return tuple(rows)


def coverage_percent(compared: Iterable[Comparison]) -> float:
    """Return how many percent of the true values lie in their interval."""
    inside = [c.is_inside for c in compared if c.is_inside is not None]
    return 100 * sum(inside) / len(inside) if inside else 0.0


def suite_checks(compared: Sequence[Comparison]) -> Iterator[Check]:
    """Return what is required of all comparisons together."""
    inside = [c for c in compared if c.is_inside is not None]
    yield Check(
        "intervals",
        "The interval contains the true value, over all figures of all cases.",
        coverage_percent(compared),
        LEAST_COVERAGE_PERCENT,
        "%",
        len(inside),
        at_least=True,
    )
    asked = [c for c in compared if c.figure.truth is None]
    invented = [c for c in asked if c.is_invented]
    yield Check(
        "undefined",
        "A number for a figure that the body does not have, such as D1cc of 0.1 cc.",
        len(invented),
        0,
        "numbers",
        len(asked),
        _first(invented),
    )
    full = [c for c in compared if c.case_class is CaseClass.FULL and c.figure.truth is not None]
    missing = [c for c in full if c.is_missing]
    yield Check(
        "missing",
        "No number for a figure that the body has, in cases of the full class.",
        len(missing),
        0,
        "figures",
        len(full),
        _first(missing),
    )
    yield from _flat_ends(compared)


def _flat_ends(compared: Sequence[Comparison]) -> Iterator[Check]:
    shares = []
    for c in compared:
        if c.case_class is CaseClass.FLAT_ENDS and c.figure.group is Group.VOLUME:
            solid = BODIES[c.body]
            unknown_cm3 = solid.flat_ends_mm2 * c.plan.slice_mm / 2 / 1000
            unknown_cm3 += SAMPLING_FRACTION * solid.volume_cm3
            shares.append((abs((c.value or 0.0) - solid.volume_cm3) / unknown_cm3, c.case))
    if shares:
        worst, case = max(shares)
        yield Check(
            "flat_ends",
            "Volume of bodies with a flat end between two slices: error as a share of what is "
            "unknown: half a slice of that end, and 0.1 % of the volume for sampling.",
            worst,
            1.0,
            "of the unknown part",
            len(shares),
            case,
        )


def _first(some: Sequence[Comparison]) -> str:
    return f"{some[0].case}, {some[0].figure.metric}" if some else ""
