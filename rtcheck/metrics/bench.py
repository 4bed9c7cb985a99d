"""A plan on the bench: its solids and histograms, each computed once, ready to be measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rtcheck.dvh import Dvh
from rtcheck.dvh.compute import Collected, collect
from rtcheck.dvh.curvature import curved_dose_at
from rtcheck.errors import CannotSay, Reason, UsageError
from rtcheck.geometry import GeometryModel, Solid, lattices_for
from rtcheck.geometry.combined import CombinedSolid
from rtcheck.geometry.drawn import solid_of
from rtcheck.geometry.expression import Combine, Expression, Grow, Name, to_text
from rtcheck.geometry.grown import GrownSolid
from rtcheck.geometry.lattice import TARGET_VOXELS, divided_at_ends
from rtcheck.geometry.measure import Shape
from rtcheck.geometry.models import LINEAR_BETWEEN
from rtcheck.geometry.planes import Planes, contour_findings, planes_of, set_spacing_mm
from rtcheck.geometry.sampling import NO_POINTS
from rtcheck.plan import DoseGrid, Finding, Plan, Prescription, Severity
from rtcheck.radiobiology import bed_gy, eqdx_gy

THIN_CUT_FRACTION = 0.5
"""Above this share of the volume in cut voxels a wall is thinner than some 2.5 of them."""

FINER_VOXELS = (4 * TARGET_VOXELS,)
"""Voxels aimed at inside a solid whose sampling was found too coarse."""

GOOD_ENOUGH = 0.002
"""Estimated error, as a share of the volume and of the plan's largest dose, to be content with."""

BENT = "bent-dose"
"""Name of the variant in which the dose bends between grid points."""

LOWER, HIGHER = "lower-dose", "higher-dose"
"""Names of the variants in which the dose is a little lower and higher."""

FINEST_DOSE, FINEST_VOLUME = 0.003, 0.002
"""Share of itself that no dose is claimed to be better than, and no volume."""

ORDER_SHARE, SAMPLING_SHARE = 1 / 3, 0.5
"""Share of the difference to an eighth of the samples that is the error, and that is allowed for.

The error goes with the square of the sample distance: that of the eighth is four times as large.
"""

Doses = NDArray[np.float64]

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
    _shapes: dict[Expression, Shape] = field(default_factory=dict, repr=False)
    _dvhs: dict[Expression, Dvh] = field(default_factory=dict, repr=False)
    _coarse: dict[str, CoarseBench] = field(default_factory=dict, repr=False)
    _nodes_mm: dict[Expression, NDArray[np.float64]] = field(default_factory=dict, repr=False)
    _transformed: dict[tuple[object, ...], Dvh] = field(default_factory=dict, repr=False)
    _isodoses: dict[float, float] = field(default_factory=dict, repr=False)
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

    def shape(self, tree: Expression) -> Shape:
        """Return the solid of a resolved expression, ready to be measured.

        Raises
        ------
        CannotSay
            If an ROI in it has no usable contours, or nothing can be there.
        """
        if tree not in self._shapes:
            self._shapes[tree] = self._shaped(tree, TARGET_VOXELS)
        return self._shapes[tree]

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
            self._dvhs[tree] = self._computed(tree, self.plan.dose)
        return self._dvhs[tree]

    def volume_cm3(self, tree: Expression) -> float:
        """Return the volume in cm3 of a resolved expression.

        With a dose it is that of the histogram, so that a volume is the same wherever it stands.

        Raises
        ------
        CannotSay
            If there is nothing of the structure.
        """
        return self.shape(tree).volume_cm3 if self.plan.dose is None else self.dvh(tree).total_cm3

    def isodose_cm3(self, dose_gy: float) -> float:
        """Return the volume in cm3 of the dose grid that has a dose or more.

        Raises
        ------
        CannotSay
            If there is no dose.
        """
        from rtcheck.dvh.isodose import isodose_volume_cm3

        if self.plan.dose is None:
            raise CannotSay(Reason.NO_DOSE)
        if dose_gy not in self._isodoses:
            self._isodoses[dose_gy] = isodose_volume_cm3(self.plan.dose, dose_gy)
        return self._isodoses[dose_gy]

    def transformed(
        self, key: tuple[object, ...], dvh: Dvh, effect: Callable[[Doses], Doses]
    ) -> Dvh:
        """Return a histogram in another kind of dose, computed once for each key."""
        if key not in self._transformed:
            self._transformed[key] = dvh.transformed(effect)
        return self._transformed[key]

    def coarse(self) -> dict[str, CoarseBench]:
        """Return the same plan under each geometry model, and with bent dose, at a low resolution.

        What differs between them, and from this bench under its own model, are the bounds of what
        is measured here.
        """
        if not self._coarse:
            for model in GeometryModel:
                self._coarse[model] = CoarseBench(self.plan, model, of=self)
            self._coarse[BENT] = CoarseBench(self.plan, self.model, of=self, bent=True)
            for name, share in ((LOWER, -FINEST_DOSE), (HIGHER, FINEST_DOSE)):
                self._coarse[name] = CoarseBench(self.plan, self.model, of=self, shift=share)
        return self._coarse

    def _shaped(self, tree: Expression, voxels: int) -> Shape:
        return Shape(self.solid(tree), lattices_for(self.solid(tree), voxels), voxels)

    def _computed(self, tree: Expression, dose: DoseGrid) -> Dvh:
        """Return the histogram at the first resolution that is good enough, or at the last."""
        shape = self.shape(tree)
        dvh = self._sampled(tree, dose)
        for voxels in FINER_VOXELS:
            coarse = self.coarse()[self.model].dvh(tree)
            if sampling_error(dvh, coarse, self._largest_gy) < GOOD_ENOUGH:
                break
            shape = self._shapes[tree] = self._shaped(tree, voxels)
            dvh = self._sampled(tree, dose)
            for bench in self.coarse().values():
                bench.forget(tree)
        shape.remember(dvh.total_cm3, dvh.cut_fraction)
        return dvh

    def _sampled(self, tree: Expression, dose: DoseGrid) -> Dvh:
        shape, collected = self.shape(tree), Collected(dose)
        collect(shape.parts, collected)
        self._nodes_mm[tree] = np.concatenate([NO_POINTS, *collected.extreme_nodes_mm])
        return collected.dvh(shape.name)

    @cached_property
    def _largest_gy(self) -> float:
        return float(self.plan.dose.dose_gy.max()) if self.plan.dose is not None else 0.0

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
        for shape in self._shapes.values():
            if shape.was_measured and shape.cut_fraction > THIN_CUT_FRACTION:
                text = "thin for its sampling: volume and doses may be wrong by some percent"
                found.append(Finding("STRUCTURE_THIN", Severity.WARNS, text, shape.name))
        return tuple(found)


@dataclass(eq=False)
class CoarseBench(Bench):
    """A bench with a geometry model of its own, on every second sample of another one's lattices.

    Parameters
    ----------
    of : Bench
        The other one.
    bent : bool
        Whether the dose bends between grid points.
    shift : float
        By which share of itself, or of its range in the structure if that is less, the dose is
        taken to be higher.
    """

    of: Bench = field(kw_only=True, repr=False)
    bent: bool = field(default=False, kw_only=True)
    shift: float = field(default=0.0, kw_only=True)
    _between: dict[Expression, Collected] = field(default_factory=dict, repr=False)

    def isodose_cm3(self, dose_gy: float) -> float:
        """Return the volume in cm3 of the dose grid that has a dose or more."""
        return self.of.isodose_cm3(dose_gy)

    def _build(self, tree: Expression) -> Solid:
        return self.of.solid(tree).with_model(self.model)

    def _shaped(self, tree: Expression, voxels: int) -> Shape:
        whole = self.of.shape(tree)
        parts = tuple((part.with_model(self.model), lattice) for part, lattice in whole.coarser)
        return Shape(self.solid(tree), parts, whole.voxels // 16)

    def _computed(self, tree: Expression, dose: DoseGrid) -> Dvh:
        own = self.of.coarse()[self.of.model]
        if self.shift:
            plain = own.dvh(tree)
            spread_gy = plain.maximum_gy - plain.minimum_gy if len(plain.dose_gy) else 0.0
            return plain.transformed(lambda gy: gy + self.shift * np.clip(gy, 0.0, spread_gy))
        shape = self.shape(tree)
        # Which grid points are extremes was found out at full resolution.
        nodes = self.of._nodes_mm.get(tree)
        if self.bent or self is own:
            straight = Collected(dose, nodes_mm=nodes)
            bent = Collected(dose, curved_dose_at, nodes)
            collect(shape.parts, straight, bent)
            own._dvhs[tree] = straight.dvh(shape.name)
            self.of.coarse()[BENT]._dvhs[tree] = bent.dvh(shape.name)
            dvh = self._dvhs[tree]
        elif self.model in LINEAR_BETWEEN:
            dvh = self._beyond_ends(tree, dose).dvh(shape.name)
        else:
            samples = Collected(dose, nodes_mm=nodes)
            collect(shape.parts, samples)
            dvh = samples.dvh(shape.name)
        shape.remember(dvh.total_cm3, dvh.cut_fraction)
        return dvh

    def _beyond_ends(self, tree: Expression, dose: DoseGrid) -> Collected:
        """Return the samples, those between all contours from the bench that has them already."""
        shared = self.of.coarse()[LINEAR_BETWEEN[0]]
        between, about_ends = divided_at_ends(self.shape(tree).parts)
        if tree not in shared._between:
            shared._between[tree] = Collected(dose, nodes_mm=self.of._nodes_mm.get(tree))
            collect(between, shared._between[tree])
        ends = Collected(dose, nodes_mm=self.of._nodes_mm.get(tree))
        collect(about_ends, ends)
        return shared._between[tree].with_all_of(ends)

    def forget(self, tree: Expression) -> None:
        """Forget what was found on lattices that are no longer those of the other bench."""
        for known in (self._shapes, self._dvhs, self._between):
            known.pop(tree, None)


def sampling_error(fine: Dvh, coarse: Dvh, largest_gy: float) -> float:
    """Return the estimated error of a histogram's volume, doses and volumes at dose, as a share.

    Parameters
    ----------
    fine, coarse : Dvh
        The same solid, the second with an eighth of the samples.
    largest_gy : float
        What an error in dose is a share of, in Gy.
    """
    if not (len(fine.dose_gy) and len(coarse.dose_gy)):
        return 0.0
    errors = [coarse.total_cm3 / fine.total_cm3 - 1]
    if largest_gy > 0:
        errors.append((coarse.mean_gy - fine.mean_gy) / largest_gy)
        for share in (0.98, 0.95, 0.5, 0.05, 0.02):
            there, here = (d.dose_at_volume_gy(share * d.known_cm3) for d in (coarse, fine))
            errors.append((there - here) / largest_gy)
    return ORDER_SHARE * max(map(abs, errors))


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
