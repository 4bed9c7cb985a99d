"""HI, CI, PaddickCI and GI: plan quality indices, each with its definition printed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from rtcheck.dvh import Dvh
from rtcheck.errors import CannotSay, Reason
from rtcheck.metrics.base import Metric, Needs, Subject, Value


@dataclass(frozen=True)
class HomogeneityIndex(Metric):
    """Homogeneity index of the target (no unit): (D2% - D98%) / D50%.

    References
    ----------
    ICRU Report 83 (2010), section 3.7.1.
    """

    unit: str = ""

    family: ClassVar[str] = "homogeneity index"
    notation: ClassVar[str] = "HI"
    definition: ClassVar[str] = "(D2% - D98%) / D50% (ICRU 83)"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"HI")

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Metric:
        return cls()

    @property
    def text(self) -> str:
        return "HI"

    @property
    def needs(self) -> Needs:
        return Needs.DOSE

    def measure(self, subject: Subject) -> Value:
        dvh = subject.dvh()
        # Not monotonic in dose: a target only partly covered has no index at all.
        if dvh.outside_cm3 > 0:
            raise CannotSay(Reason.DOSE_DOES_NOT_COVER, f"{dvh.outside_cm3:.4g} cc lie outside")
        d2, d50, d98 = (dvh.dose_at_volume_gy(p / 100 * dvh.total_cm3) for p in (2, 50, 98))
        if d50 <= 0:
            raise CannotSay(Reason.UNDEFINED, "D50% is 0 Gy")
        return Value.exactly((d2 - d98) / d50)


@dataclass(frozen=True)
class _Conformity(Metric):
    """What the three conformity indices share: isodose volumes of the whole dose grid."""

    unit: str = ""

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Metric:
        return cls()

    @property
    def needs(self) -> Needs:
        return Needs.DOSE | Needs.PRESCRIPTION

    def _isodose_cm3(self, subject: Subject, percent: float) -> float:
        """Return the volume of the dose grid with `percent` of the prescription or more, in cm3."""
        dose_gy = percent / 100.0 * subject.prescription().dose_gy
        grid = subject.plan.dose
        if grid is None:
            raise CannotSay(Reason.NO_DOSE)
        if grid.boundary_max_gy >= dose_gy:
            raise CannotSay(
                Reason.DOSE_DOES_NOT_COVER, f"the {percent:g} % isodose leaves the dose grid"
            )
        volume = subject.isodose_cm3(dose_gy)
        if volume <= 0:
            raise CannotSay(Reason.UNDEFINED, f"no dose reaches {percent:g} % of the prescription")
        return volume

    def _covered(self, subject: Subject) -> Dvh:
        dvh = subject.dvh()
        if dvh.outside_cm3 > 0:
            raise CannotSay(Reason.DOSE_DOES_NOT_COVER, f"{dvh.outside_cm3:.4g} cc lie outside")
        return dvh


@dataclass(frozen=True)
class ConformityIndex(_Conformity):
    """RTOG conformity index of the target (no unit): V_RI / TV.

    References
    ----------
    Shaw E et al. IJROBP 1993;27:1231–1239.
    """

    family: ClassVar[str] = "conformity index"
    notation: ClassVar[str] = "CI"
    definition: ClassVar[str] = "volume of the prescription isodose / target volume (RTOG 1993)"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"CI")

    @property
    def text(self) -> str:
        return "CI"

    def measure(self, subject: Subject) -> Value:
        return Value.exactly(self._isodose_cm3(subject, 100.0) / subject.volume_cm3())


@dataclass(frozen=True)
class PaddickConformityIndex(_Conformity):
    """Paddick's conformity index of the target (no unit): TV_PIV² / (TV × PIV).

    References
    ----------
    Paddick I. J Neurosurg 2000;93(suppl 3):219–222.
    """

    family: ClassVar[str] = "Paddick conformity index"
    notation: ClassVar[str] = "PaddickCI"
    definition: ClassVar[str] = (
        "(target volume in the prescription isodose)² / (TV × PIV) (Paddick 2000)"
    )
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"PaddickCI")

    @property
    def text(self) -> str:
        return "PaddickCI"

    def measure(self, subject: Subject) -> Value:
        dvh = self._covered(subject)
        piv = self._isodose_cm3(subject, 100.0)
        tv_piv = dvh.volume_at_dose_cm3(subject.prescription().dose_gy)
        return Value.exactly(tv_piv**2 / (dvh.total_cm3 * piv))


@dataclass(frozen=True)
class GradientIndex(_Conformity):
    """Paddick's gradient index (no unit): volume of the 50 % isodose / of the 100 % isodose.

    References
    ----------
    Paddick I, Lippitz B. J Neurosurg 2006;105(suppl):194–201.
    """

    family: ClassVar[str] = "gradient index"
    notation: ClassVar[str] = "GI"
    definition: ClassVar[str] = "volume of the 50 % isodose / of the 100 % isodose (Paddick 2006)"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"GI")

    @property
    def text(self) -> str:
        return "GI"

    def measure(self, subject: Subject) -> Value:
        return Value.exactly(self._isodose_cm3(subject, 50.0) / self._isodose_cm3(subject, 100.0))
