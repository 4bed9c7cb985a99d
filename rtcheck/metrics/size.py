"""Volume, Diameter and Count: geometry of the structure itself, whatever the dose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from rtcheck.metrics.base import Metric, Needs, Subject, Value
from rtcheck.units import from_inside


@dataclass(frozen=True)
class Volume(Metric):
    """Volume of the structure in cm3."""

    unit: str

    family: ClassVar[str] = "volume"
    notation: ClassVar[str] = "Volume[cc]"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"Volume\s*\[(?P<out>cc|cm3|ml)\]")

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Metric:
        return cls(match["out"])

    @property
    def needs(self) -> Needs:
        return Needs.SOLID

    @property
    def text(self) -> str:
        return f"Volume[{self.unit}]"

    def measure(self, subject: Subject) -> Value:
        return Value.exactly(subject.volume_cm3())


@dataclass(frozen=True)
class Diameter(Metric):
    """Longest diameter of the structure in mm or cm: of its largest connected part.

    Notes
    -----
    The greatest distance in space between two points of one connected part, contour planes and
    what the geometry model puts beyond them included. Two separate lesions in one ROI are
    measured apart.
    """

    unit: str

    family: ClassVar[str] = "diameter"
    notation: ClassVar[str] = "Diameter[cm]"
    definition: ClassVar[str] = "longest distance in 3-D within one connected part"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"Diameter\s*\[(?P<out>mm|cm)\]")

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Metric:
        return cls(match["out"])

    @property
    def needs(self) -> Needs:
        return Needs.SOLID

    @property
    def text(self) -> str:
        return f"Diameter[{self.unit}]"

    def measure(self, subject: Subject) -> Value:
        return Value.exactly(from_inside(subject.shape().diameter_mm, self.unit))


@dataclass(frozen=True)
class Count(Metric):
    """Number of connected parts of the structure, such as the lesions of all GTVs together."""

    unit: str = ""

    family: ClassVar[str] = "count"
    notation: ClassVar[str] = "Count"
    definition: ClassVar[str] = "number of connected parts in 3-D"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"Count")

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Metric:
        return cls()

    @property
    def needs(self) -> Needs:
        return Needs.SOLID

    @property
    def text(self) -> str:
        return "Count"

    def measure(self, subject: Subject) -> Value:
        return Value.exactly(float(subject.shape().number_of_parts))
