"""What a metric is, what it may ask of its subject, and what it answers."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Flag, auto
from typing import ClassVar, Protocol, Self

from rtcheck.dvh import Dvh
from rtcheck.dvh.record import RELATIVE_TIE
from rtcheck.geometry import GeometryModel
from rtcheck.geometry.measure import Shape
from rtcheck.plan import Plan, Prescription


class Needs(Flag):
    """What a metric asks its subject for."""

    NOTHING = 0
    DOSE = auto()
    SOLID = auto()
    PRESCRIPTION = auto()
    ALPHA_BETA = auto()


@dataclass(frozen=True)
class Value:
    """A number in the metric's unit with the bounds of what is unknown.

    Parameters
    ----------
    value : float or None
        None when the unknown part leaves it open; then `low` and `high` still bound it.
    low, high : float
        Least and greatest it can be.
    text : str
        How to print it when a plain number says too little (a schedule, say).
    """

    value: float | None
    low: float
    high: float
    text: str = ""

    @classmethod
    def exactly(cls, value: float, text: str = "") -> Self:
        """Return a value with no spread."""
        return cls(value, value, value, text)

    @classmethod
    def between(cls, values: Sequence[float]) -> Self:
        """Return the value if all agree, else None with their bounds."""
        low, high = min(values), max(values)
        same = high - low <= RELATIVE_TIE * max(abs(low), abs(high))
        return cls(low if same else None, low, high)


class Subject(Protocol):
    """What a metric may ask. Every method raises `CannotSay` when it has no answer."""

    @property
    def plan(self) -> Plan:
        """Return the plan record."""

    @property
    def model(self) -> GeometryModel:
        """Return the geometry model."""

    def dvh(self) -> Dvh:
        """Return the histogram of the structure, in the dose the goal asks for (Gy)."""

    def shape(self) -> Shape:
        """Return the structure as a solid to be measured."""

    def volume_cm3(self) -> float:
        """Return the volume of the structure in cm3."""

    def other(self, expression: str) -> Shape:
        """Return another structure, or expression of structures, as a solid."""

    def variants(self) -> Mapping[str, Subject]:
        """Return the same structure under each geometry model, and in bent dose, coarsely."""

    def isodose_cm3(self, dose_gy: float) -> float:
        """Return the volume in cm3 of the dose grid that has a dose or more."""

    def prescription(self) -> Prescription:
        """Return the prescription that percentages and prescription facts refer to."""

    def alpha_beta_gy(self) -> float:
        """Return the alpha/beta ratio in Gy."""


class Metric(ABC):
    """One metric of a family, as `parse_metric` makes it. Subclasses are frozen dataclasses.

    Attributes
    ----------
    family, notation : str
        Name of the family, and one example of its notation.
    pattern : re.Pattern
        The family's notation, matched against the whole text.
    definition : str
        Printed with the value where the field uses one name for several things.
    hangs_on_ends : bool
        Whether where a body ends beyond its last contour changes it.
    unit : str
        Unit of the value.
    """

    family: ClassVar[str]
    notation: ClassVar[str]
    pattern: ClassVar[re.Pattern[str]]
    definition: ClassVar[str] = ""
    hangs_on_ends: ClassVar[bool] = True
    unit: str

    @classmethod
    @abstractmethod
    def from_match(cls, match: re.Match[str]) -> Metric:
        """Return the metric that a match of `pattern` names."""

    @property
    @abstractmethod
    def text(self) -> str:
        """Return the canonical notation."""

    @property
    @abstractmethod
    def needs(self) -> Needs:
        """Return what it will ask its subject for."""

    @property
    def range(self) -> tuple[float, float]:
        """Return the least and the greatest that there can be, in `unit`."""
        return 0.0, math.inf

    @abstractmethod
    def measure(self, subject: Subject) -> Value:
        """Return the value in `unit`, or raise `CannotSay`."""


def biological_dose_fits(metric: Metric) -> bool:
    """Return whether a metric can be measured in BED or EQD2.

    Not one without dose, nor one that refers to the prescription, which is of physical dose:
    95 % of 50 Gy is not 95 % of its BED.
    """
    return Needs.DOSE in metric.needs and Needs.PRESCRIPTION not in metric.needs


def over_unknown_dose(dvh: Dvh, compute: Callable[[Dvh], float]) -> Value:
    """Return a value that moves one way with dose, bounded over the part outside the grid."""
    return Value.between([compute(bound) for bound in dvh.bounds])
