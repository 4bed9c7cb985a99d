"""A plan on the bench: its solids and histograms, each computed once, ready to be measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rtcheck.dvh import Dvh
from rtcheck.dvh.compute import collect
from rtcheck.dvh.sampling_error import GOOD_ENOUGH, sampling_error
from rtcheck.errors import CannotSay, Reason
from rtcheck.geometry import GeometryModel, Solid, lattices_for
from rtcheck.geometry.combined import CombinedSolid
from rtcheck.geometry.drawn import solid_of
from rtcheck.geometry.expression import Combine, Expression, Grow, Name, names_in, to_text
from rtcheck.geometry.grown import GrownSolid
from rtcheck.geometry.lattice import TARGET_VOXELS
from rtcheck.geometry.measure import Shape
from rtcheck.geometry.planes import Planes, contour_findings, planes_of, set_spacing_mm
from rtcheck.geometry.sampling import NO_POINTS
from rtcheck.plan import DoseGrid, Finding, Plan, Severity

if TYPE_CHECKING:
    from rtcheck.metrics.variants import CoarseBench

THIN_CUT_FRACTION = 0.5
"""Above this share of the volume in cut voxels a wall is thinner than some 2.5 of them."""

MOST_FINER = 4.0
"""How many times as many voxels are aimed at, at most, where a sampling was found too coarse."""


Doses = NDArray[np.float64]


@dataclass(frozen=True)
class Ready:
    """What measuring an expression brings to light, to be taken over by another bench.

    Parameters
    ----------
    dvh : Dvh
        The histogram.
    variants : dict of str to Dvh or CannotSay's reason and detail
        The histogram of each variant that is sampled.
    voxels : int
        About how many voxels were needed.
    findings : dict of int to tuple of Finding
        What is doubtful in the contours of each ROI in it.
    """

    dvh: Dvh
    variants: dict[str, Dvh | tuple[Reason, str]]
    voxels: int
    findings: dict[int, tuple[Finding, ...]]


def roi(roi_number: int) -> Name:
    """Return the name that stands for one ROI of the plan in a resolved expression."""
    return Name(f"#{roi_number}")


def roi_numbers(tree: Expression) -> list[int]:
    """Return the ROINumbers that a resolved expression names."""
    return [int(name.removeprefix("#")) for name in names_in(tree)]


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
    _contour_findings: dict[int, tuple[Finding, ...]] = field(default_factory=dict, repr=False)
    _shapes: dict[Expression, Shape] = field(default_factory=dict, repr=False)
    _voxels: dict[Expression, int] = field(default_factory=dict, repr=False)
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
            self._shapes[tree] = self._shaped(tree, self._voxels.get(tree, TARGET_VOXELS))
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

    def has(self, tree: Expression) -> bool:
        """Return whether the histogram of a resolved expression is there already."""
        return tree in self._dvhs

    def ready(self, tree: Expression) -> Ready:
        """Return what measuring an expression brought to light; its histogram must be there."""
        return Ready(
            self._dvhs[tree],
            {name: bench.sampled(tree) for name, bench in self.coarse().items() if not bench.shift},
            self._voxels.get(tree, TARGET_VOXELS),
            {number: self._found_in(number) for number in roi_numbers(tree)},
        )

    def adopt(self, tree: Expression, ready: Ready) -> None:
        """Take over what another bench of the same plan found of an expression."""
        self._dvhs[tree] = ready.dvh
        self._voxels[tree] = ready.voxels
        self._contour_findings |= ready.findings
        for name, sampled in ready.variants.items():
            self.coarse()[name].take_over(tree, sampled)

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
        self,
        key: tuple[object, ...],
        dvh: Dvh,
        effect: Callable[[NDArray[np.float64]], NDArray[np.float64]],
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
            from rtcheck.metrics.variants import BENT, FINEST_DOSE, HIGHER, LOWER, CoarseBench

            for model in GeometryModel:
                self._coarse[model] = CoarseBench(self.plan, model, of=self)
            self._coarse[BENT] = CoarseBench(self.plan, self.model, of=self, bent=True)
            for name, share in ((LOWER, -FINEST_DOSE), (HIGHER, FINEST_DOSE)):
                self._coarse[name] = CoarseBench(self.plan, self.model, of=self, shift=share)
        return self._coarse

    def volume_band_percent(self, tree: Expression, doses_gy: Doses) -> tuple[Doses, Doses]:
        """Return the least and the greatest volume in percent that may have each dose or more.

        Raises
        ------
        CannotSay
            If there is no dose, or nothing of the structure.
        """
        from rtcheck.metrics.band import volume_band_percent

        return volume_band_percent(self, tree, doses_gy)

    def _shaped(self, tree: Expression, voxels: int) -> Shape:
        return Shape(self.solid(tree), lattices_for(self.solid(tree), voxels), voxels)

    def _computed(self, tree: Expression, dose: DoseGrid) -> Dvh:
        """Return the histogram at a resolution that is good enough, or at the finest."""
        dvh = self._sampled(tree, dose)
        coarse = self.coarse()[self.model].dvh(tree)
        too_large = sampling_error(dvh, coarse, self._largest_gy) / GOOD_ENOUGH
        if too_large > 1:
            # The error goes with the square of the sample distance; a little less is aimed at.
            finer = min(MOST_FINER, 1.3 * too_large**1.5)
            self._voxels[tree] = int(finer * TARGET_VOXELS)
            del self._shapes[tree]
            dvh = self._sampled(tree, dose)
            for bench in self.coarse().values():
                bench.forget(tree)
        return dvh

    def _sampled(self, tree: Expression, dose: DoseGrid) -> Dvh:
        shape = self.shape(tree)
        collected = collect(shape.parts, dose)
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
        used = self._planes.keys() | self._contour_findings.keys()
        found = [f for number in sorted(used) for f in self._found_in(number)]
        thin = [self.title(tree) for tree, dvh in self._dvhs.items() if _is_thin(dvh.cut_fraction)]
        thin += [
            s.name for s in self._shapes.values() if s.was_measured and _is_thin(s.cut_fraction)
        ]
        for name in sorted(set(thin)):
            text = "thin for its sampling: volume and doses may be wrong by some percent"
            found.append(Finding("STRUCTURE_THIN", Severity.WARNS, text, name))
        return tuple(found)

    def _found_in(self, roi_number: int) -> tuple[Finding, ...]:
        if roi_number not in self._contour_findings:
            found = contour_findings(self._planes[roi_number])
            self._contour_findings[roi_number] = tuple(found)
        return self._contour_findings[roi_number]


def _is_thin(cut_fraction: float) -> bool:
    return cut_fraction > THIN_CUT_FRACTION


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
