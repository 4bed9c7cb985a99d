"""Solids that are sampled in one pass come out as each by itself."""

from __future__ import annotations

import numpy as np
import pytest
from bodies import LinearDose, ball, box, plan_of

from rtcheck.dvh.compute import collect
from rtcheck.dvh.together import collect_together
from rtcheck.geometry.lattice import coarser_lattices, lattice_for
from rtcheck.geometry.models import GeometryModel
from rtcheck.geometry.sampling import NO_POINTS


@pytest.mark.parametrize("contours", [ball(12.0), box((20, 30, 16))], ids=["ball", "box"])
def test_each_storey_is_the_solid_by_itself(contours: list[np.ndarray]) -> None:
    plan = plan_of({"A": contours}, LinearDose(50.0, (1.0, 0.5, 1.0)))
    dose = plan.record.dose
    assert dose is not None
    solid = plan.bench.solid(plan["A"]._tree)
    lattices = coarser_lattices(solid, lattice_for(solid))
    parts = [(solid.with_model(model), lattices[model]) for model in GeometryModel]
    together, bent = collect_together(parts, dose, NO_POINTS, [0])
    for part, samples in zip(parts, together, strict=True):
        alone = collect((part,), dose).dvh("A")
        found = samples.dvh("A")
        assert found.total_cm3 == pytest.approx(alone.total_cm3, rel=1e-12)
        assert found.cut_fraction == pytest.approx(alone.cut_fraction, rel=1e-9)
        # Where in its voxel a sample lies differs; the mean over thousands does not.
        assert found.mean_gy == pytest.approx(alone.mean_gy, abs=0.02)
        assert found.maximum_gy == pytest.approx(alone.maximum_gy, abs=0.3)
    # A linear dose does not bend.
    assert bent[0].dvh("A").mean_gy == pytest.approx(together[0].dvh("A").mean_gy, abs=1e-9)
