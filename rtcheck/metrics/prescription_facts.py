"""What the prescription itself says: dose, fractions, and their biological equivalents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from rtcheck.errors import CannotSay, Reason
from rtcheck.metrics.base import Metric, Needs, Subject, Value
from rtcheck.plan import FractionPattern, Prescription
from rtcheck.radiobiology import bed_gy, conventional_equivalent, eqdx_gy


def fractions_of(prescription: Prescription, subject: Subject) -> int:
    """Return the number of fractions of a prescription, else of its plan.

    Raises
    ------
    CannotSay
        If neither is known.
    """
    n = prescription.number_of_fractions_planned or subject.plan.number_of_fractions_planned
    if n is None:
        raise CannotSay(Reason.NO_FRACTIONS, prescription.name)
    return n


@dataclass(frozen=True)
class PrescriptionFact(Metric):
    """A fact of the prescription in `unit`: total dose, fractions, days, BED, EQD2.

    Notes
    -----
    ``RxEquivalent`` is the dose of the nearest whole number of 1.8 Gy fractions of equal effect;
    ``RxDuration`` counts calendar days from the first to the last fraction, from the plan's
    FractionPattern.
    """

    fact: str
    unit: str

    family: ClassVar[str] = "prescription fact"
    notation: ClassVar[str] = "RxDose[Gy]"
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"Rx(?P<fact>Dose|DosePerFraction|BED|EQD2|Equivalent)\s*\[(?P<gy>Gy)\]"
        r"|Rx(?P<number>Fractions|FractionsPerWeek)|Rx(?P<time>Duration)\s*\[d\]"
    )

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Metric:
        if match["fact"]:
            return cls(match["fact"], "Gy")
        return cls(match["number"], "") if match["number"] else cls(match["time"], "d")

    @property
    def needs(self) -> Needs:
        effect = self.fact in ("BED", "EQD2", "Equivalent")
        return Needs.PRESCRIPTION | (Needs.ALPHA_BETA if effect else Needs.NOTHING)

    @property
    def text(self) -> str:
        return f"Rx{self.fact}" + (f"[{self.unit}]" if self.unit else "")

    def measure(self, subject: Subject) -> Value:
        rx = subject.prescription()
        if self.fact == "Dose":
            return Value.exactly(rx.dose_gy)
        if self.fact == "FractionsPerWeek":
            return Value.exactly(_pattern(subject).fractions_per_week())
        n = fractions_of(rx, subject)
        match self.fact:
            case "Fractions":
                return Value.exactly(float(n))
            case "DosePerFraction":
                return Value.exactly(rx.dose_gy / n)
            case "Duration":
                return Value.exactly(float(_pattern(subject).duration_days(n)))
            case "BED":
                return Value.exactly(bed_gy(rx.dose_gy, n, subject.alpha_beta_gy()))
            case "EQD2":
                return Value.exactly(eqdx_gy(rx.dose_gy, n, subject.alpha_beta_gy()))
            case _:
                e = conventional_equivalent(rx.dose_gy, n, subject.alpha_beta_gy())
                return Value.exactly(e.dose_gy, f"{e.dose_gy:.1f} Gy in {e.fractions} × 1.8 Gy")


def _pattern(subject: Subject) -> FractionPattern:
    pattern = subject.prescription().fraction_pattern or subject.plan.fraction_pattern
    if pattern is None:
        raise CannotSay(Reason.NO_FRACTION_PATTERN)
    return pattern


@dataclass(frozen=True)
class Schedule(Metric):
    """The prescribed schedule, total dose in Gy, to be one of the protocol's options."""

    unit: str = "Gy"

    family: ClassVar[str] = "schedule"
    notation: ClassVar[str] = "Schedule"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"Schedule")

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Metric:
        return cls()

    @property
    def text(self) -> str:
        return "Schedule"

    @property
    def needs(self) -> Needs:
        return Needs.PRESCRIPTION

    def measure(self, subject: Subject) -> Value:
        rx = subject.prescription()
        n = fractions_of(rx, subject)
        text = f"{rx.dose_gy:.10g} Gy in {n} × {rx.dose_gy / n:.4g} Gy"
        return Value.exactly(rx.dose_gy, text)
