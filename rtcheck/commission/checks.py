"""What must hold exactly: prisms, patient positions, a grid that cuts the body, the truth."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import rtcheck
from rtcheck.commission.acceptance import Check
from rtcheck.commission.bodies import BODIES, DOSES, RX_GY
from rtcheck.commission.cases import PlanCase
from rtcheck.commission.criteria import ORIENTATION_GY, PRISM_RELATIVE
from rtcheck.commission.run import TRUTH_ERROR_PERCENT
from rtcheck.phantoms.dicom_files import ORIENTATIONS, FrameOffsets, write_plan
from rtcheck.phantoms.doses import UniformDose
from rtcheck.phantoms.records import PhantomPlan, Roi
from rtcheck.phantoms.solids import Box, Cylinder
from rtcheck.phantoms.solids.solid import area_mm2
from rtcheck.phantoms.truth import spread_truth, truth_of

_TURNED = PlanCase("Gaussian 15 mm", 2.5, 0.31, 2.0, (0.2, 0.55, 0.8), ("turned ellipsoid",))
"""The plan that is stored in every patient position, and then cut by its dose grid."""

_METRICS = ("Mean[Gy]", "Min[Gy]", "Max[Gy]", "D98%[Gy]", "D50%[Gy]", "D2%[Gy]")


def exact_checks(geometry: str, *, quick: bool) -> Iterator[Check]:
    """Return the checks, each as it is done.

    Parameters
    ----------
    geometry : str
        Geometry model of all but the prisms.
    quick : bool
        Only one way of counting frames, and fewer true values.
    """
    yield prism_check()
    yield orientation_check(geometry, quick=quick)
    yield cut_check(geometry)
    yield truth_check(quick=quick)


def prism_check() -> Check:
    """Return how far a prism in a uniform dose is off with the geometry ``prism``, relatively."""
    slices, thick = 8, 2.5
    solids = {
        "box": (Box((0.7, -1.3, 2.1), (21.0, 17.0, slices * thick)), 4),
        "polygon of 60 sides": (Cylinder((0.7, -1.3, 2.1), 11.0, slices * thick), 60),
    }
    rois, volumes = [], {}
    for number, (name, (solid, points)) in enumerate(solids.items(), 1):
        low, _ = solid.z_range_mm
        contours = solid.contours(low + (np.arange(slices) + 0.5) * thick, points)
        rois.append(Roi(name, number, contours))
        # The polygon is the body here, not the circle; as written, to six decimals.
        area = np.mean([area_mm2(np.round(c, 6)) for c in contours])
        volumes[name] = float(area) * slices * thick / 1000
    axis = np.arange(-25.0, 26.0, 2.5)
    dose = UniformDose(RX_GY).on_grid(axis, axis, axis)
    plan = PhantomPlan("commission prism", tuple(rois), (), 1, dose, axis, axis, axis)
    wrong = []
    with tempfile.TemporaryDirectory(prefix="rtcheck-commission-") as folder:
        opened = rtcheck.read(write_plan(folder, plan), geometry="prism")
        for name, volume in volumes.items():
            truths = dict.fromkeys((*_METRICS, "D0.03cc[Gy]", "D1cc[Gy]"), RX_GY)
            truths |= {"Volume[cc]": volume, "V49.9Gy[%]": 100.0}
            for metric, truth in truths.items():
                value = opened[name].measure(metric).value
                off = np.inf if value is None else abs(value / truth - 1)
                wrong.append((off, f"{name}, {metric}"))
    worst, where = max(wrong)
    return Check(
        "prism",
        "A prism in a uniform dose, geometry prism: volume and every dose.",
        float(worst),
        PRISM_RELATIVE,
        "relative",
        len(wrong),
        where,
    )


def orientation_check(geometry: str, *, quick: bool) -> Check:
    """Return how far doses differ between all ways to store one plan, in Gy."""
    ways = list(product(ORIENTATIONS, FrameOffsets))
    if quick:
        ways = [(p, f) for p, f in ways if f is FrameOffsets.RELATIVE]
    phantom, (body,) = _TURNED.phantom(), _TURNED.body_names
    found = []
    for position, offsets in ways:
        with tempfile.TemporaryDirectory(prefix="rtcheck-commission-") as folder:
            write_plan(folder, phantom, patient_position=position, frame_offsets=offsets)
            found.append(_measured(Path(folder), body, geometry))
    apart = [_apart(values, found[0]) for values in found]
    worst = int(np.argmax(apart))
    return Check(
        "orientations",
        f"The same body and dose in {len(ways)} ways to store them: all patient positions"
        + ("." if quick else ", relative, absolute and descending frame offsets."),
        apart[worst],
        ORIENTATION_GY,
        "Gy",
        len(ways) * len(_METRICS),
        " ".join(ways[worst]),
    )


def cut_check(geometry: str) -> Check:
    """Return how many figures are silent about a dose grid that ends within the body."""
    phantom, (body,) = _TURNED.phantom(), _TURNED.body_names
    truth = truth_of(BODIES[body], _TURNED.dose)
    silent = []
    for axis, side in product(range(3), (1, -1)):
        with tempfile.TemporaryDirectory(prefix="rtcheck-commission-") as folder:
            write_plan(folder, _cut(phantom, axis, side))
            found = rtcheck.read(folder, geometry=geometry)[body].measure("Mean[Gy]")
        spans = found.low is not None and found.high is not None
        honest = found.value is None and found.reason is not None and spans
        if not (honest and (found.low or 0) <= truth.mean_gy <= (found.high or 0)):
            silent.append(f"{'xyz'[axis]}{'+' if side > 0 else '-'}")
    return Check(
        "grid_cuts_body",
        "Mean dose of a body that the dose grid cuts on one of six sides: a number, or an interval "
        "without the true value.",
        len(silent),
        0,
        "sides",
        6,
        " ".join(silent),
    )


def _cut(phantom: PhantomPlan, axis: int, side: int) -> PhantomPlan:
    axes = [phantom.x_mm, phantom.y_mm, phantom.z_mm]
    kept = side * axes[axis] < 4.0
    axes[axis] = axes[axis][kept]
    dose: NDArray[np.float64] = np.compress(kept, phantom.dose_gy, axis=2 - axis)
    x, y, z = axes
    return replace(phantom, dose_gy=dose, x_mm=x, y_mm=y, z_mm=z)


def _measured(folder: Path, body: str, geometry: str) -> list[float]:
    region = rtcheck.read(folder, geometry=geometry)[body]
    values = [region.measure(metric).value for metric in _METRICS]
    return [np.nan if value is None else value for value in values]


def _apart(values: list[float], reference: list[float]) -> float:
    # A value that cannot be given is as far off as can be.
    return float(np.nan_to_num(np.abs(np.subtract(values, reference)), nan=np.inf).max())


def truth_check(*, quick: bool) -> Check:
    """Return how far true values read off points are from closed forms, in % of prescription."""
    wrong = []
    for body, dose in product(BODIES, ("gradient SI", "penumbra SI")):
        exact = truth_of(BODIES[body], DOSES[dose])
        if not exact.is_closed_form or (quick and "sphere" not in body):
            continue
        spread = spread_truth(BODIES[body], DOSES[dose])
        for fraction in (0.98, 0.95, 0.5, 0.05, 0.02, 0.01):
            apart = spread.dose_at_fraction(fraction) - exact.dose_at_fraction(fraction)
            wrong.append((100 * abs(apart) / RX_GY, f"{body}, {dose}, D{100 * fraction:g}%"))
        apart = spread.mean_gy - exact.mean_gy
        wrong.append((100 * abs(apart) / RX_GY, f"{body}, {dose}, mean"))
    worst, where = max(wrong)
    return Check(
        "truth",
        "The true values themselves: those read off a million points against closed forms.",
        worst,
        TRUTH_ERROR_PERCENT,
        "% of the prescription",
        len(wrong),
        where,
    )
