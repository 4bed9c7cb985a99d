"""One structure of a plan as a metric sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from rtcheck.dvh import Dvh
from rtcheck.errors import CannotSay, Reason, UsageError
from rtcheck.geometry import GeometryModel
from rtcheck.geometry.expression import Expression
from rtcheck.geometry.measure import Shape
from rtcheck.metrics.bench import Bench, Doses
from rtcheck.plan import Plan, Prescription
from rtcheck.radiobiology import bed_gy, eqdx_gy

DOSE_KINDS = ("physical", "BED", "EQD2")
"""Which dose a metric may be measured in."""


@dataclass(frozen=True, eq=False)
class BenchSubject:
    """One structure of a plan as a metric sees it; see `metrics.Subject`.

    Parameters
    ----------
    bench : Bench
        The plan.
    tree : Expression or None
        The structure, resolved; None for facts of the prescription.
    resolve : callable
        Turns the expressions inside metrics, such as that of ``Inside(PTV)``, into resolved ones.
    find_prescription : callable
        Returns the prescription that percentages refer to, or raises `CannotSay`.
    dose : str
        ``"physical"``, ``"BED"`` or ``"EQD2"``.
    alpha_beta : float or None
        In Gy.
    """

    bench: Bench
    tree: Expression | None
    resolve: Callable[[str], Expression]
    find_prescription: Callable[[], Prescription]
    dose: str = "physical"
    alpha_beta: float | None = None

    @property
    def plan(self) -> Plan:
        """Return the plan record."""
        return self.bench.plan

    @property
    def model(self) -> GeometryModel:
        """Return the geometry model."""
        return self.bench.model

    def shape(self) -> Shape:
        """Return the structure as a solid to be measured."""
        return self.bench.shape(self._tree())

    def volume_cm3(self) -> float:
        """Return the volume of the structure in cm3."""
        return self.bench.volume_cm3(self._tree())

    def other(self, expression: str) -> Shape:
        """Return another expression as a solid."""
        return self.bench.shape(self.resolve(expression))

    def variants(self) -> dict[str, BenchSubject]:
        """Return the same structure under each geometry model, and in bent dose, coarsely."""
        return {name: replace(self, bench=bench) for name, bench in self.bench.coarse().items()}

    def isodose_cm3(self, dose_gy: float) -> float:
        """Return the volume in cm3 of the dose grid that has a dose or more."""
        return self.bench.isodose_cm3(dose_gy)

    def prescription(self) -> Prescription:
        """Return the prescription that percentages refer to."""
        return self.find_prescription()

    def alpha_beta_gy(self) -> float:
        """Return the alpha/beta ratio in Gy."""
        if self.alpha_beta is None:
            raise CannotSay(Reason.NO_ALPHA_BETA)
        return self.alpha_beta

    def dvh(self) -> Dvh:
        """Return the histogram, each sample's dose turned into BED or EQD2 where asked."""
        dvh = self.bench.dvh(self._tree())
        if self.dose == "physical":
            return dvh
        if self.dose not in DOSE_KINDS:
            raise UsageError(f"dose {self.dose!r}", expected="one of " + ", ".join(DOSE_KINDS))
        fractions, ratio = self._fractions(), self.alpha_beta_gy()

        def effect(dose_gy: Doses) -> Doses:
            if self.dose == "BED":
                return bed_gy(dose_gy, fractions, ratio)
            return eqdx_gy(dose_gy, fractions, ratio)

        key = (self._tree(), self.dose, fractions, ratio)
        return self.bench.transformed(key, dvh, effect)

    def _tree(self) -> Expression:
        if self.tree is None:
            raise CannotSay(Reason.STRUCTURE_MISSING, "the goal names no structure")
        return self.tree

    def _fractions(self) -> int:
        """Return the plan's number of fractions: the dose grid is the whole plan's."""
        n = self.plan.number_of_fractions_planned
        if n is None:
            try:
                n = self.find_prescription().number_of_fractions_planned
            except CannotSay:
                n = None
        if n is None:
            raise CannotSay(Reason.NO_FRACTIONS)
        return n
