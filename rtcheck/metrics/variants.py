"""The variants of a plan that bound its values: other models, ends and doses, coarsely sampled."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rtcheck.dvh import Dvh
from rtcheck.dvh.compute import Collected
from rtcheck.dvh.together import collect_together
from rtcheck.errors import CannotSay, Reason
from rtcheck.geometry import Solid
from rtcheck.geometry.expression import Expression
from rtcheck.geometry.lattice import Lattice, divided_at_ends
from rtcheck.geometry.measure import Shape
from rtcheck.geometry.models import LINEAR_BETWEEN, GeometryModel
from rtcheck.metrics.bench import Bench
from rtcheck.plan import DoseGrid

BENT = "bent-dose"
"""Name of the variant in which the dose bends between grid points."""

LOWER, HIGHER = "lower-dose", "higher-dose"
"""Names of the variants in which the dose is a little lower and higher."""

FINEST_DOSE, FINEST_VOLUME = 0.003, 0.002
"""Share of itself that no dose is claimed to be better than, and no volume."""


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
    _empty: dict[Expression, CannotSay] = field(default_factory=dict, repr=False)

    def isodose_cm3(self, dose_gy: float) -> float:
        """Return the volume in cm3 of the dose grid that has a dose or more."""
        return self.of.isodose_cm3(dose_gy)

    def _build(self, tree: Expression) -> Solid:
        return self.of.solid(tree).with_model(self.model)

    def _shaped(self, tree: Expression, voxels: int) -> Shape:
        whole = self.of.shape(tree)
        return Shape(self.solid(tree), whole.coarser[self.model], whole.voxels // 16)

    def _computed(self, tree: Expression, dose: DoseGrid) -> Dvh:
        if self.shift:
            plain = self.of.coarse()[self.of.model].dvh(tree)
            spread_gy = plain.maximum_gy - plain.minimum_gy if len(plain.dose_gy) else 0.0
            return plain.transformed(lambda gy: gy + self.shift * np.clip(gy, 0.0, spread_gy))
        if tree not in self._dvhs and tree not in self._empty:
            fill_variants(self.of, tree, dose)
        if tree in self._empty:
            raise self._empty[tree]
        return self._dvhs[tree]

    def take(self, tree: Expression, samples: Collected) -> None:
        """Take over samples that were collected together with those of other variants."""
        shape = self.shape(tree)
        try:
            self._dvhs[tree] = samples.dvh(shape.name)
        except CannotSay as why:
            self._empty[tree] = why
        shape.forget_fields()

    def sampled(self, tree: Expression) -> Dvh | tuple[Reason, str]:
        """Return the histogram of an expression, or why there is none."""
        try:
            return self.dvh(tree)
        except CannotSay as why:
            return why.reason, why.detail

    def take_over(self, tree: Expression, sampled: Dvh | tuple[Reason, str]) -> None:
        """Take over what `sampled` returned of the same variant elsewhere."""
        if isinstance(sampled, Dvh):
            self._dvhs[tree] = sampled
        else:
            self._empty[tree] = CannotSay(*sampled)

    def forget(self, tree: Expression) -> None:
        """Forget what was found on lattices that are no longer those of the other bench."""
        for known in (self._shapes, self._dvhs, self._empty):
            known.pop(tree, None)


def fill_variants(of: Bench, tree: Expression, dose: DoseGrid) -> None:
    """Give each variant its coarse histogram of a structure: all are sampled in one pass.

    What lies between contours is sampled once for all models that are linear there.
    """
    if tree not in of._nodes_mm:
        of._sampled(tree, dose)
    # Which grid points are extremes was found out at full resolution.
    nodes = of._nodes_mm[tree]
    found = {str(name): Collected(dose) for name in (*GeometryModel, BENT)}
    coarser = of.shape(tree).coarser
    for part in range(len(of.shape(tree).parts)):
        storeys: list[tuple[tuple[str, ...], tuple[Solid, Lattice]]] = []
        for model in GeometryModel:
            solid, lattice = coarser[model][part]
            if model not in LINEAR_BETWEEN:
                storeys.append(((model,), (solid, lattice)))
                continue
            between, about_ends = divided_at_ends(solid, lattice)
            if model is LINEAR_BETWEEN[0]:
                storeys.append((LINEAR_BETWEEN, (solid, between)))
            storeys.append(((model,), (solid, about_ends)))
        own = [k for k, (names, _) in enumerate(storeys) if of.model in names]
        straight, bent = collect_together([each for _, each in storeys], dose, nodes, own)
        for (names, _), samples in zip(storeys, straight, strict=True):
            for name in names:
                found[name] = found[name].with_all_of(samples)
        for samples in bent.values():
            found[BENT] = found[BENT].with_all_of(samples)
    for name, samples in found.items():
        of.coarse()[name].take(tree, samples)
    of.shape(tree).forget_fields()
