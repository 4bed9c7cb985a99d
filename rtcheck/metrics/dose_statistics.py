"""Mean, Min, Max and Median dose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from rtcheck.dvh import Dvh
from rtcheck.metrics.base import Metric, Needs, Subject, Value, over_unknown_dose
from rtcheck.metrics.doses import DOSE_UNITS, dose_answer


@dataclass(frozen=True)
class DoseStatistic(Metric):
    """Mean, least, greatest or median dose of the structure in `unit`.

    Notes
    -----
    The median is D50%: half the *volume* has more. Min and Max are extremes of the trilinear dose
    over the solid, not D100% or D0.03cc under another name.
    """

    statistic: str
    unit: str

    family: ClassVar[str] = "dose statistic"
    notation: ClassVar[str] = "Mean[Gy]"
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        rf"(?P<statistic>Mean|Min|Max|Median)\s*\[(?P<out>{DOSE_UNITS})\]"
    )

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Metric:
        return cls(match["statistic"], match["out"])

    @property
    def needs(self) -> Needs:
        return Needs.DOSE | (Needs.PRESCRIPTION if self.unit == "%" else Needs.NOTHING)

    @property
    def text(self) -> str:
        return f"{self.statistic}[{self.unit}]"

    def _gy(self, dvh: Dvh) -> float:
        match self.statistic:
            case "Mean":
                return dvh.mean_gy
            case "Min":
                return dvh.minimum_gy
            case "Max":
                return dvh.maximum_gy
            case _:
                return dvh.dose_at_volume_gy(dvh.total_cm3 / 2)

    def measure(self, subject: Subject) -> Value:
        return dose_answer(over_unknown_dose(subject.dvh(), self._gy), self.unit, subject)
