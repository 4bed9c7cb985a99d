"""The variants of a plan that bound its values: other models, ends and doses, coarsely sampled."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rtcheck.dvh import Dvh
from rtcheck.dvh.compute import Collected, collect
from rtcheck.dvh.curvature import curved_dose_at
from rtcheck.geometry import Solid
from rtcheck.geometry.expression import Expression
from rtcheck.geometry.lattice import divided_at_ends
from rtcheck.geometry.measure import Shape
from rtcheck.geometry.models import LINEAR_BETWEEN
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
