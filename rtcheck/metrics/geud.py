"""gEUD: the generalised equivalent uniform dose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from rtcheck.dvh import Dvh
from rtcheck.errors import MetricError
from rtcheck.metrics.base import Metric, Needs, Subject, Value, over_unknown_dose
from rtcheck.metrics.doses import DOSE_UNITS, dose_answer
from rtcheck.radiobiology import geud_gy
from rtcheck.units import NUMBER_PATTERN


@dataclass(frozen=True)
class GeneralisedEud(Metric):
    """Generalised equivalent uniform dose of the structure in `unit`, with volume parameter `a`.

    References
    ----------
    Niemierko A. Med Phys 1999;26:1100.
    """

    a: float
    unit: str

    family: ClassVar[str] = "gEUD"
    notation: ClassVar[str] = "gEUD(8)[Gy]"
    definition: ClassVar[str] = "gEUD = (sum v_i D_i^a)^(1/a) (Niemierko 1999)"
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        rf"gEUD\(\s*(?P<a>{NUMBER_PATTERN})\s*\)\s*\[(?P<out>{DOSE_UNITS})\]"
    )

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Metric:
        if float(match["a"]) == 0:
            raise MetricError("a of 0", expected="a number other than 0")
        return cls(float(match["a"]), match["out"])

    @property
    def needs(self) -> Needs:
        return Needs.DOSE | (Needs.PRESCRIPTION if self.unit == "%" else Needs.NOTHING)

    @property
    def text(self) -> str:
        return f"gEUD({self.a:.12g})[{self.unit}]"

    def measure(self, subject: Subject) -> Value:
        def geud(dvh: Dvh) -> float:
            dvh.mean_gy  # noqa: B018  refuses a histogram with no known dose
            return geud_gy(dvh.dose_gy, dvh.volume_cm3, self.a)

        return dose_answer(over_unknown_dose(subject.dvh(), geud), self.unit, subject)
