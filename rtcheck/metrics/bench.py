"""A plan on the bench: its solids and histograms, each computed once, ready to be measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rtcheck.dvh import Dvh
from rtcheck.dvh.compute import compute_dvh
from rtcheck.errors import CannotSay, Reason, UsageError
from rtcheck.geometry import GeometryModel, Solid
from rtcheck.geometry.combined import CombinedSolid
from rtcheck.geometry.drawn import solid_of
from rtcheck.geometry.expression import Combine, Expression, Grow, Name, to_text
from rtcheck.geometry.grown import GrownSolid
from rtcheck.geometry.planes import Planes, contour_findings, planes_of, set_spacing_mm
from rtcheck.plan import Finding, Plan, Prescription, Severity
from rtcheck.radiobiology import bed_gy, eqdx_gy

THIN_CUT_FRACTION = 0.5
"""Above this share of the volume in cut voxels a wall is thinner than some 2.5 of them."""

DOSE_KINDS = ("physical", "BED", "EQD2")
"""Which dose a metric may be measured in."""


def roi(roi_number: int) -> Name:
    """Return the name that stands for one ROI of the plan in a resolved expression."""
    return Name(f"#{roi_number}")


@dataclass(eq=False)
class Bench:
    """Solids and histograms of one plan under one geometry model.

    Expressions given to it are *resolved*: their names are those of `roi`, so that no name is
    matched twice, or in two ways.

    Parameters
    ----------
    plan : Plan
        The plan.
    model : GeometryModel
        The geometry model.
    """

    plan: Plan
    model: GeometryModel = GeometryModel.SMOOTH
    _solids: dict[Expression, Solid] = field(default_factory=dict, repr=False)
    _planes: dict[int, Planes] = field(default_factory=dict, repr=False)
    _dvhs: dict[Expression, Dvh] = field(default_factory=dict, repr=False)
    _spacing_mm: float | None = field(default=None, repr=False)

    def solid(self, tree: Expression) -> Solid:
        """Return the solid of a resolved expression.

        Raises
        ------
        CannotSay
            If an ROI in it has no usable contours.
        """
        if tree not in self._solids:
            self._solids[tree] = self._build(tree)
        return self._solids[tree]

    def dvh(self, tree: Expression) -> Dvh:
        """Return the histogram of a resolved expression, in physical dose.

        Raises
        ------
        CannotSay
            If there is no dose, or nothing of the structure.
        """
        if self.plan.dose is None:
            raise CannotSay(Reason.NO_DOSE, blocked_by(self.plan, "DOSE"))
        if tree not in self._dvhs:
            self._dvhs[tree] = compute_dvh(self.solid(tree), self.plan.dose)
        return self._dvhs[tree]

    def _build(self, tree: Expression) -> Solid:
        if isinstance(tree, Name):
            return self._structure(int(tree.name.removeprefix("#")))
        name = self.title(tree)
        if isinstance(tree, Combine):
            return CombinedSolid(tree.operator, self.solid(tree.left), self.solid(tree.right), name)
        margins = (tree.axial_mm, tree.superior_mm, tree.inferior_mm)
        return GrownSolid(self.solid(tree.of), *margins, tree.contract, name)

    def _structure(self, roi_number: int) -> Solid:
        structure = self.plan.structure(roi_number)
        if structure.is_empty:
            why = roi_blocked_by(self.plan, structure.roi_name)
            if why:
                raise CannotSay(Reason.STRUCTURE_UNSUPPORTED, why)
            raise CannotSay(Reason.STRUCTURE_EMPTY, structure.roi_name)
        if self._spacing_mm is None:
            self._spacing_mm = set_spacing_mm(self.plan.structures)
        planes = self._planes[roi_number] = planes_of(structure, self._spacing_mm)
        return solid_of(planes, self.model)

    def title(self, tree: Expression) -> str:
        """Return a resolved expression in the plan's own ROI names."""
        return to_text(_renamed(tree, self.plan))

    def findings(self) -> tuple[Finding, ...]:
        """Return what using the structures so far has brought to light.

        Missing slices, contours drawn twice or across each other, and shapes too thin for the
        sampling.
        """
        found = [f for planes in self._planes.values() for f in contour_findings(planes)]
        for tree, solid in self._solids.items():
            known = (self._dvhs.get(tree), solid.measured)
            if max(part.cut_fraction if part else 0.0 for part in known) > THIN_CUT_FRACTION:
                text = "thin for its sampling: volume and doses may be wrong by some percent"
                found.append(Finding("STRUCTURE_THIN", Severity.WARNS, text, solid.name))
        return tuple(found)


def _renamed(tree: Expression, plan: Plan) -> Expression:
    if isinstance(tree, Name):
        return Name(plan.structure(int(tree.name.removeprefix("#"))).roi_name)
    if isinstance(tree, Combine):
        return Combine(tree.operator, _renamed(tree.left, plan), _renamed(tree.right, plan))
    return Grow(
        _renamed(tree.of, plan), tree.axial_mm, tree.superior_mm, tree.inferior_mm, tree.contract
    )


def blocked_by(plan: Plan, code_prefix: str) -> str:
    """Return the text of the first blocking finding with such a code; empty if there is none."""
    for finding in plan.findings:
        if finding.severity is Severity.BLOCKS and finding.code.startswith(code_prefix):
            return finding.text
    return ""


def roi_blocked_by(plan: Plan, roi_name: str) -> str:
    """Return the text of the blocking finding about one ROI; empty if there is none."""
    for finding in plan.findings:
        blocks = finding.severity is Severity.BLOCKS and finding.is_about_roi
        if blocks and finding.where == roi_name:
            return finding.text
    return ""


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

    def solid(self) -> Solid:
        """Return the structure as a solid."""
        return self.bench.solid(self._tree())

    def other(self, expression: str) -> Solid:
        """Return another expression as a solid."""
        return self.bench.solid(self.resolve(expression))

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

        def effect(dose_gy: NDArray[np.float64]) -> NDArray[np.float64]:
            if self.dose == "BED":
                return bed_gy(dose_gy, fractions, ratio)
            return eqdx_gy(dose_gy, fractions, ratio)

        return dvh.transformed(effect)

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
