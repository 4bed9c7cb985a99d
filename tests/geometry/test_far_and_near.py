"""Structures that lie apart, or deep in one another: nobody's lattice is laid over everything."""

from __future__ import annotations

import pytest
from bodies import UniformDose, ball, box, drawn, plan_of

from rtcheck.errors import Reason
from rtcheck.phantoms.solids import Sphere


def test_a_small_structure_deep_inside_a_large_one() -> None:
    """No contour of the body lies anywhere near the fine lattice of a lesion in its middle."""
    plan = plan_of({"Body": box((400, 300, 120)), "Lesion": ball(5.0)})
    assert plan["Lesion"].measure("Inside(Body)[%]").value == pytest.approx(100.0, abs=1e-9)
    # By itself a prism is exact; in an expression it is sampled.
    assert plan["Lesion & Body"].volume_cm3 == pytest.approx(plan["Lesion"].volume_cm3, rel=5e-4)


def test_a_structure_is_wholly_inside_itself() -> None:
    plan = plan_of({"A": ball(14.0, (1.3, -2.2, 0.4))})
    assert plan["A"].measure("Inside(A)[%]").value == 100.0


def test_lesions_apart_are_measured_as_each_by_itself() -> None:
    centers = {"A": (-80.0, 3.0, 1.0), "B": (80.0, -7.0, 60.0), "C": (86.0, -7.0, 60.0)}
    bodies = {name: ball(8.0, center) for name, center in centers.items()}
    plan = plan_of(bodies, geometry="smooth")
    together = plan["A | B | C"]
    apart = plan["A"].volume_cm3 + plan["B | C"].volume_cm3
    assert together.volume_cm3 == pytest.approx(apart, rel=1e-9)
    assert together.measure("Count").value == 2  # B and C overlap
    assert together.measure("Diameter[mm]").value == pytest.approx(22.0, abs=0.3)


def test_an_empty_part_of_a_union_adds_nothing() -> None:
    plan = plan_of({"A": ball(8.0, (-80, 0, 0)), "B": ball(8.0), "C": ball(8.0, (80, 0, 0))})
    assert plan["A | B & C"].volume_cm3 == pytest.approx(plan["A"].volume_cm3, rel=1e-9)


def test_the_margin_of_a_lesion_is_that_to_its_own_target() -> None:
    """Another target of the same union, far away, costs nothing and changes nothing."""
    near = {"GTV": ball(8.0), "PTV1": ball(13.0)}
    far = {"PTV2": ball(20.0, (120, 0, 0))}
    alone = plan_of(near)["GTV"].measure("Margin(PTV1)[mm]").value
    beside = plan_of({**near, **far})["GTV"].measure("Margin(PTV1 | PTV2)[mm]").value
    assert beside == pytest.approx(alone, abs=0.05)


def test_a_wide_margin_is_found_beyond_the_first_look() -> None:
    plan = plan_of({"GTV": box((10, 10, 10)), "PTV": box((80, 90, 100))})
    assert plan["GTV"].measure("AxialMargin(PTV)[mm]").value == pytest.approx(35.0, abs=0.3)
    assert plan["GTV"].measure("Margin(PTV)[mm]").value == pytest.approx(35.0, abs=0.3)
    assert plan["GTV"].measure("SupMargin(PTV)[mm]").value == pytest.approx(45.0, abs=0.05)


def test_a_small_sphere_in_a_large_body_has_margins() -> None:
    plan = plan_of({"Body": box((300, 200, 120)), "Seed": ball(1.0, spacing_mm=0.5)})
    found = plan["Seed"].measure("SupMargin(Body)[mm]")
    assert found.value == pytest.approx(59.0, abs=0.6)


@pytest.mark.parametrize(
    "nothing", ["A - B", "A - A", "A - (A | B)", "ring(A, 0 mm, 3 mm) & A", "A - expand(A, 0 mm)"]
)
def test_what_is_subtracted_wholly_has_no_dose(nothing: str) -> None:
    """A shared border is no shell: nothing of it is left to judge."""
    bodies = {"A": ball(20.0), "B": ball(20.0)}
    plan = plan_of(bodies, UniformDose(50.0), geometry="smooth")
    for metric in ("Max[Gy]", "Mean[Gy]", "D0.03cc[Gy]", "Volume[cc]"):
        found = plan[nothing].measure(metric)
        assert (found.value, found.reason) == (None, Reason.STRUCTURE_EMPTY), metric


def test_fiducials_make_no_volume_around_them() -> None:
    seeds = [
        c for x in (-30.0, 0.0, 40.0) for c in drawn(Sphere.of((x, 0.0, 0.0), 0.6), 1.0, 0.5, 24)
    ]
    assert plan_of({"Seeds": seeds}, geometry="smooth")["Seeds"].volume_cm3 < 0.02
