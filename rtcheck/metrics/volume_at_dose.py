"""V and CV: the volume that has a dose at least, or less."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import ClassVar

from rtcheck.dvh import Dvh
from rtcheck.errors import MetricError
from rtcheck.metrics.base import Metric, Needs, Subject, Value, over_unknown_dose
from rtcheck.metrics.doses import dose_asked_gy
from rtcheck.units import NUMBER_PATTERN, Quantity


@dataclass(frozen=True)
class VolumeAtDose(Metric):
    """Volume at dose in `unit`: V has the dose or more, CV (spared) has less.

    Notes
    -----
    ``V(d)`` is the volume with dose >= d and ``CV(d) = V - V(d)``. A dose in percent is of the
    named prescription; an answer in percent is of the structure's volume.

    References
    ----------
    Mayo CS et al. AAPM TG-263 (2018).
    """

    dose: Quantity
    unit: str
    spared: bool = False

    family: ClassVar[str] = "volume at dose"
    notation: ClassVar[str] = "V20Gy[%]"
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        rf"(?P<spared>C?)V\s*(?P<number>{NUMBER_PATTERN})\s*(?P<unit>Gy|cGy|%)\s*"
        r"\[(?P<out>%|cc|cm3|ml)\]"
    )

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Metric:
        if float(match["number"]) < 0:
            raise MetricError(
                f"dose {match['number']} {match['unit']}", expected="a dose that is not negative"
            )
        return cls(
            Quantity(float(match["number"]), match["unit"]), match["out"], bool(match["spared"])
        )

    @property
    def needs(self) -> Needs:
        return Needs.DOSE | (Needs.PRESCRIPTION if self.dose.unit == "%" else Needs.NOTHING)

    @property
    def text(self) -> str:
        dose = f"{self.dose.value:.12g}{self.dose.unit}"
        return f"{'C' if self.spared else ''}V{dose}[{self.unit}]"

    @property
    def range(self) -> tuple[float, float]:
        return 0.0, 100.0 if self.unit == "%" else math.inf

    def measure(self, subject: Subject) -> Value:
        dose_gy = dose_asked_gy(self.dose, subject)

        def volume(dvh: Dvh) -> float:
            reached = dvh.volume_at_dose_cm3(dose_gy)
            total = dvh.total_cm3
            cm3 = total - reached if self.spared else reached
            return 100.0 * cm3 / total if self.unit == "%" else cm3

        return over_unknown_dose(subject.dvh(), volume)
