"""D and DC: the dose that a volume of the structure has at least, or at most."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from rtcheck.dvh import Dvh
from rtcheck.errors import MetricError
from rtcheck.metrics.base import Metric, Needs, Subject, Value, over_unknown_dose
from rtcheck.metrics.doses import DOSE_UNITS, dose_answer
from rtcheck.units import NUMBER_PATTERN, Dimension, Quantity


@dataclass(frozen=True)
class DoseAtVolume(Metric):
    """Dose at volume in `unit`: D is the least dose in the hottest, DC the greatest in the coldest.

    Notes
    -----
    ``DCx = D(V - x)``, with ``DCV = D0``, the maximum. No value outside ``0 < x <= V``: a
    structure smaller than the volume asked has no such dose. D100% is the minimum.

    References
    ----------
    Mayo CS et al. AAPM TG-263 (2018). ICRU Report 83 (2010) for D98% and D2%.
    """

    volume: Quantity
    unit: str
    coldest: bool = False

    family: ClassVar[str] = "dose at volume"
    notation: ClassVar[str] = "D95%[Gy]"
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        rf"D(?P<cold>C?)\s*(?P<number>{NUMBER_PATTERN})\s*(?P<unit>%|cc|cm3|ml)\s*"
        rf"\[(?P<out>{DOSE_UNITS})\]"
    )

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Metric:
        volume = Quantity(float(match["number"]), match["unit"])
        if volume.value <= 0 or (volume.unit == "%" and volume.value > 100):
            raise MetricError(
                f"volume {volume}",
                expected="more than 0 and at most 100 % of the structure",
                hint="The extremes are written Max[Gy] and Min[Gy]",
            )
        return cls(volume, match["out"], bool(match["cold"]))

    @property
    def needs(self) -> Needs:
        return Needs.DOSE | (Needs.PRESCRIPTION if self.unit == "%" else Needs.NOTHING)

    @property
    def text(self) -> str:
        number = f"{self.volume.value:.12g}{self.volume.unit}"
        return f"D{'C' if self.coldest else ''}{number}[{self.unit}]"

    def _dose_gy(self, dvh: Dvh) -> float:
        relative = self.volume.dimension is Dimension.PERCENT
        asked = self.volume.inside * (dvh.total_cm3 / 100 if relative else 1.0)
        if not self.coldest:
            return dvh.dose_at_volume_gy(asked)
        dvh.dose_at_volume_gy(asked)  # refuses what is larger than the structure
        rest = dvh.total_cm3 - asked
        return dvh.dose_at_volume_gy(rest) if rest > 1e-9 * dvh.total_cm3 else dvh.maximum_gy

    def measure(self, subject: Subject) -> Value:
        return dose_answer(over_unknown_dose(subject.dvh(), self._dose_gy), self.unit, subject)
