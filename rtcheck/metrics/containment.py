"""Inside and the margins: how this structure lies within another."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import ClassVar

from rtcheck.metrics.base import Metric, Needs, Subject, Value
from rtcheck.units import from_inside


@dataclass(frozen=True)
class Inside(Metric):
    """Percent of this structure's volume that lies inside another structure."""

    outer: str
    unit: str = "%"

    family: ClassVar[str] = "containment"
    notation: ClassVar[str] = "Inside(PTV)[%]"
    definition: ClassVar[str] = "share of the structure's volume inside the named one"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"Inside\((?P<outer>\s*\S.*)\)\s*\[%\]")

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Metric:
        return cls(match["outer"].strip())

    @property
    def needs(self) -> Needs:
        return Needs.SOLID

    @property
    def text(self) -> str:
        return f"Inside({self.outer})[%]"

    @property
    def range(self) -> tuple[float, float]:
        return 0.0, 100.0

    def measure(self, subject: Subject) -> Value:
        inner = subject.shape()
        return Value.exactly(100.0 * inner.inside_fraction(subject.other(self.outer)))


@dataclass(frozen=True)
class Margin(Metric):
    """Measured margin from this structure to an enclosing one, in mm or cm.

    Notes
    -----
    ``Margin`` is the largest sphere radius by which this structure can be grown and still lie
    inside the other. ``AxialMargin`` is the same within planes: the least distance in a
    transverse plane, over the heights of this structure. ``SupMargin`` and ``InfMargin`` are the
    distances between the upper and the lower ends of the two. Of the other, only the connected
    parts that this structure touches count. Negative where this structure sticks out.
    """

    direction: str
    outer: str
    unit: str

    # Margins along z are counted from contour to contour, and the others lie within the planes.
    hangs_on_ends: ClassVar[bool] = False
    family: ClassVar[str] = "margin"
    notation: ClassVar[str] = "Margin(PTV)[mm]"
    definition: ClassVar[str] = "measured between the surfaces of the two structures"
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?P<direction>Axial|Sup|Inf|)Margin\((?P<outer>\s*\S.*)\)\s*\[(?P<out>mm|cm)\]"
    )

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Metric:
        return cls(match["direction"], match["outer"].strip(), match["out"])

    @property
    def needs(self) -> Needs:
        return Needs.SOLID

    @property
    def text(self) -> str:
        return f"{self.direction}Margin({self.outer})[{self.unit}]"

    @property
    def range(self) -> tuple[float, float]:
        return -math.inf, math.inf

    def measure(self, subject: Subject) -> Value:
        margins = subject.shape().margins_mm(subject.other(self.outer))
        mm = {
            "": margins.isotropic_mm,
            "Axial": margins.axial_mm,
            "Sup": margins.superior_mm,
            "Inf": margins.inferior_mm,
        }[self.direction]
        return Value.exactly(from_inside(mm, self.unit))
