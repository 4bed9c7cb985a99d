"""Measured margins and containment of targets: what a planner added is what is found."""

from __future__ import annotations

import numpy as np
import pytest
from bodies import ball, box, drawn, plan_of
from hypothesis import given, settings
from hypothesis import strategies as st

import rtcheck
from rtcheck.errors import Reason
from rtcheck.geometry import GEOMETRY_MODELS
from rtcheck.phantoms.solids import Box, Ellipsoid, slice_planes_mm

SURFACE_MM = 0.3
"""A lattice step of the inner body; margins are judged to half a millimetre at best."""


def margins(plan: rtcheck.OpenPlan, inner: str = "GTV", outer: str = "PTV") -> list[float]:
    """Return the isotropic, axial, superior and inferior margin in mm, measured once."""
    found = plan.bench.shape(plan.resolve(inner)).margins_mm(plan.bench.shape(plan.resolve(outer)))
    return [found.isotropic_mm, found.axial_mm, found.superior_mm, found.inferior_mm]


def grown_box(size: tuple[float, ...], left: float, right: float, up: float, down: float) -> list:
    """Return contours of a box 2 mm apart, wider by margins along x, y (equal) and z."""
    a, b, c = size
    center = ((right - left) / 2, 0.0, (up - down) / 2)
    body = Box(center, (a + left + right, b + left + right, c + up + down))
    low, high = body.z_range_mm
    return list(body.contours(slice_planes_mm(low, high, 2.0, 0.5), 4))


@settings(max_examples=6)
@given(
    st.integers(1, 8), st.sampled_from(range(2, 15, 2)), st.sampled_from(range(2, 15, 2)),
    st.sampled_from(["smooth", "linear-half-slice", "prism"]),
)  # fmt: skip
def test_margins_of_boxes(axial: int, up: int, down: int, geometry: str) -> None:
    size = (20.0, 24.0, 20.0)
    plan = plan_of(
        {"GTV": grown_box(size, 0, 0, 0, 0), "PTV": grown_box(size, axial, axial, up, down)},
        geometry=geometry,
    )
    isotropic, in_plane, superior, inferior = margins(plan)
    assert superior == pytest.approx(up, abs=0.05)
    assert inferior == pytest.approx(down, abs=0.05)
    assert in_plane == pytest.approx(axial, abs=SURFACE_MM)
    assert isotropic == pytest.approx(min(axial, up, down), abs=SURFACE_MM + 0.2)
    assert plan["GTV"].measure("Inside(PTV)[%]").value == pytest.approx(100.0, abs=1e-6)
    assert plan["PTV"].measure("Inside(GTV)[%]").value < 100.0


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
@pytest.mark.parametrize(("inner", "outer"), [(5.0, 8.0), (12.0, 17.0)])
def test_isotropic_margin_of_concentric_spheres(inner: float, outer: float, geometry: str) -> None:
    center = (1.3, -2.2, 0.4)
    plan = plan_of({"GTV": ball(inner, center), "PTV": ball(outer, center)}, geometry=geometry)
    isotropic, axial, superior, inferior = margins(plan)
    # The poles lie up to a slice (2 mm) from the last contour: no model knows better.
    slack = 0.6 if geometry == "smooth" else 2.0
    assert isotropic == pytest.approx(outer - inner, abs=slack)
    assert axial == pytest.approx(outer - inner, abs=slack), "the caps of the inner ball"
    assert superior == pytest.approx(outer - inner, abs=2.0)
    assert inferior == pytest.approx(outer - inner, abs=2.0)


def test_anisotropic_margins_as_the_protocol_writes_them() -> None:
    """PTV = CTV + 5 mm in the plane and 10 mm along z: contained, and measured as such."""
    center = (1.3, -2.2, 0.4)
    ctv, ptv = Ellipsoid(center, (15, 15, 15)), Ellipsoid(center, (21, 21, 27))
    plan = plan_of({"CTV": drawn(ctv), "PTV": drawn(ptv)}, geometry="smooth")
    # The ellipsoid of semi-axes 15+6 and 15+12 holds the true offset of 5 and 10 mm, but not of 7.
    grown = "expand(CTV, axial {} mm, sup {} mm, inf {} mm)"
    assert plan[grown.format(5, 10, 10)].measure("Inside(PTV)[%]").value > 99.5
    assert plan[grown.format(8, 10, 10)].measure("Inside(PTV)[%]").value < 97.0
    assert plan[grown.format(5, 16, 16)].measure("Inside(PTV)[%]").value < 99.5
    _, axial, superior, inferior = margins(plan, "CTV")
    assert axial == pytest.approx(6.0, abs=SURFACE_MM)
    assert superior == pytest.approx(12.0, abs=2.0)
    assert inferior == pytest.approx(12.0, abs=2.0)


@pytest.mark.parametrize("geometry", GEOMETRY_MODELS)
def test_growing_and_measuring_agree(geometry: str) -> None:
    """A body grown by the tool has the margin the tool then measures."""
    plan = plan_of({"GTV": ball(14.0, (1.3, -2.2, 0.4))}, geometry=geometry)
    isotropic, axial, _, _ = margins(plan, "GTV", "expand(GTV, 6 mm)")
    # The cap of a rounded end comes to a point that a lattice of half a millimetre misses.
    assert isotropic == pytest.approx(6.0, abs=0.6 if geometry == "linear-rounded" else 0.12)
    assert axial == pytest.approx(6.0, abs=0.12)


def test_equal_boxes_have_no_axial_margin() -> None:
    plan = plan_of({"GTV": box((20, 20, 20)), "PTV": box((20, 20, 20))})
    assert margins(plan)[1] == pytest.approx(0.0, abs=0.1)


def test_a_margin_is_negative_where_the_body_sticks_out() -> None:
    size = (20.0, 20.0, 20.0)
    plan = plan_of({"GTV": grown_box(size, 0, 0, 0, 0), "PTV": grown_box(size, 5, -3, 6, -4)})
    isotropic, axial, superior, inferior = margins(plan)
    # Out by 3 mm along x (and y, 3 mm shorter), 4 mm below; the farthest corner is farther.
    assert axial <= -2.7
    assert isotropic <= -3.7
    assert superior == pytest.approx(6.0, abs=0.05)
    assert inferior == pytest.approx(-4.0, abs=0.05)
    assert plan["GTV"].measure("Inside(PTV)[%]").value < 80.0


def test_equal_bodies_have_no_margin_and_are_inside() -> None:
    plan = plan_of({"GTV": box((20, 20, 20)), "PTV": box((20, 20, 20))})
    assert margins(plan) == pytest.approx([0.0] * 4, abs=0.25)
    assert plan["GTV"].measure("Inside(PTV)[%]").value == pytest.approx(100.0, abs=1e-6)


def test_share_inside_is_a_share_of_volume() -> None:
    plan = plan_of({"GTV": box((20, 20, 20)), "PTV": box((20, 20, 20), (5, 0, 0))})
    assert plan["GTV"].measure("Inside(PTV)[%]").value == pytest.approx(75.0, abs=0.5)


def test_far_apart_has_no_margin_but_is_outside() -> None:
    plan = plan_of({"GTV": box((10, 10, 10)), "PTV": box((10, 10, 10), (30, 0, 0))})
    found = plan["GTV"].measure("Margin(PTV)[mm]")
    assert (found.value, found.reason) == (None, Reason.UNDEFINED)
    assert plan["GTV"].measure("Inside(PTV)[%]").value == pytest.approx(0.0, abs=1e-6)


def test_only_the_lesions_own_target_counts() -> None:
    """Two targets in one ROI: the far one's far side is no margin."""
    far = [c + np.array([40.0, 0.0, 10.0]) for c in grown_box((20, 20, 20), 0, 0, 20, 0)]
    plan = plan_of(
        {
            "GTV": grown_box((20, 20, 20), 0, 0, 0, 0),
            "PTV": grown_box((20, 20, 20), 4, 4, 4, 4) + far,
        }
    )
    isotropic, axial, superior, inferior = margins(plan)
    # Its upper end lies between two planes on which the other part goes on: within half a slice.
    assert superior == pytest.approx(4.0, abs=1.0)
    assert inferior == pytest.approx(4.0, abs=0.05)
    assert axial == pytest.approx(4.0, abs=SURFACE_MM)
    assert isotropic == pytest.approx(4.0, abs=0.5)


@pytest.mark.parametrize("drawn_as", ["one ROI", "a union"])
def test_of_two_lesions_the_least_margin_counts(drawn_as: str) -> None:
    away = np.array([60.0, 0.0, 0.0])
    size = (20.0, 20.0, 20.0)
    lesion, tight, wide = (grown_box(size, m, m, m, m) for m in (0, 4, 8))
    far_lesion, far_wide = [c + away for c in lesion], [c + away for c in wide]
    if drawn_as == "one ROI":
        plan = plan_of({"GTV": lesion + far_lesion, "PTV": tight + far_wide})
        found = margins(plan)
    else:
        plan = plan_of({"G1": lesion, "G2": far_lesion, "P1": tight, "P2": far_wide})
        found = margins(plan, "G1 | G2", "P1 | P2")
    isotropic, axial, _, _ = found
    assert isotropic == pytest.approx(4.0, abs=SURFACE_MM)
    assert axial == pytest.approx(4.0, abs=SURFACE_MM)


def test_a_lesion_without_a_target_of_its_own_is_not_enclosed() -> None:
    away = np.array([60.0, 0.0, 0.0])
    size = (20.0, 20.0, 20.0)
    lesion, target = grown_box(size, 0, 0, 0, 0), grown_box(size, 5, 5, 5, 5)
    plan = plan_of({"GTV": lesion + [c + away for c in lesion], "PTV": target})
    found = plan["GTV"].measure("Margin(PTV)[mm]")
    assert found.value is None or found.value < 0, "no margin is claimed for it"
    assert plan["GTV"].measure("Inside(PTV)[%]").value == pytest.approx(50.0, abs=0.5)
    apart = plan_of({"G1": lesion, "G2": [c + away for c in lesion], "PTV": target})
    union = apart["G1 | G2"].measure("Margin(PTV)[mm]")
    assert union.value is None or union.value < 0


@pytest.mark.parametrize(
    ("name", "mm"), [("Margin", 2.0), ("AxialMargin", 5.0), ("SupMargin", 4.0), ("InfMargin", 2.0)]
)
def test_each_margin_has_its_name_and_unit(name: str, mm: float) -> None:
    size = (20.0, 20.0, 20.0)
    plan = plan_of({"GTV": grown_box(size, 0, 0, 0, 0), "PTV": grown_box(size, 5, 5, 4, 2)})
    found = plan["GTV"].measure(f"{name}(PTV)[mm]")
    assert found.unit == "mm"
    assert found.value == pytest.approx(mm, abs=SURFACE_MM)
    in_cm = plan["GTV"].measure(f"{name}(PTV)[cm]")
    assert (in_cm.unit, in_cm.value) == ("cm", pytest.approx(found.value / 10))
