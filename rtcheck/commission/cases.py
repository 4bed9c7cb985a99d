"""The cases: which body is drawn on which slices, and in which dose on which grid.

Chosen by rote and not by result: every dose with every slice spacing, grids and bodies in turn, the
slices and the grid shifted by another fraction of their spacing each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rtcheck.commission.bodies import BODIES, DOSES, RX_GY
from rtcheck.phantoms.doses import Dose
from rtcheck.phantoms.records import PhantomPlan, Roi
from rtcheck.phantoms.solids import slice_planes_mm

SLICES_MM = (1.0, 2.0, 3.0, 5.0)
GRIDS_MM = (2.0, 1.0, 3.0, 1.5, 2.5)
BODIES_A_PLAN = 6
STRIDE = 7
"""How many bodies further the next plan begins: prime to their number, so that each body meets
every slice spacing and every grid."""

FINE_PERCENT = 1.0
"""A dose grid is fine enough for its field when trilinear interpolation is wrong by less than this
percentage of the prescription, anywhere: by h²/8 of the second derivatives."""

LEAST_CONTOURS = 3
"""From how many contours on a shape can be known."""

GOLDEN = (np.sqrt(5) - 1) / 2
POINTS = 180
"""Points of a contour: a circle of 24 mm then differs from its polygon by 4 micrometres."""

MARGIN_MM = 6.0
"""How far the dose grid goes beyond the bodies."""


class CaseClass(StrEnum):
    """What can be asked of a case."""

    FULL = "full"
    """At least three contours, and a dose grid that is fine enough for its field."""
    COARSE_GRID = "coarse dose grid"
    """The grid does not hold the field: no engine can know what lies between its points."""
    FLAT_ENDS = "flat end between two slices"
    """Where between two slices a flat end lies, no contour says: half a slice each way is unknown.
    """
    FEW_CONTOURS = "fewer than three contours"
    """The shape cannot be known from one or two contours."""


@dataclass(frozen=True)
class PlanCase:
    """A plan of the suite: several bodies in one dose.

    Parameters
    ----------
    dose_name : str
        A key of `DOSES`.
    slice_mm, slice_phase : float
        Distance of the contours' planes, and their shift in units of it.
    grid_mm : float
        Spacing of the dose grid along every axis.
    grid_shift : tuple of float
        Shift of the grid in units of its spacing.
    body_names : tuple of str
        Keys of `BODIES`.
    """

    dose_name: str
    slice_mm: float
    slice_phase: float
    grid_mm: float
    grid_shift: tuple[float, float, float]
    body_names: tuple[str, ...]

    @property
    def dose(self) -> Dose:
        """Return the dose."""
        return DOSES[self.dose_name]

    @property
    def name(self) -> str:
        """Return what tells it from the others."""
        return f"{self.dose_name}, slices {self.slice_mm:g} mm, dose grid {self.grid_mm:g} mm"

    @property
    def interpolation_percent(self) -> float:
        """Return the bound on the error of trilinear interpolation in % of the prescription."""
        spacing = (self.grid_mm, self.grid_mm, self.grid_mm)
        return 100 * self.dose.interpolation_error_gy(spacing) / RX_GY

    def contours(self, body: str) -> tuple[NDArray[np.float64], ...]:
        """Return the contours of a body on the plan's slices."""
        return _contours(body, self.slice_mm, self.slice_phase)

    def class_of(self, body: str) -> CaseClass:
        """Return what can be asked of a body in this plan."""
        if len({float(c[0, 2]) for c in self.contours(body)}) < LEAST_CONTOURS:
            return CaseClass.FEW_CONTOURS
        if BODIES[body].flat_ends_mm2 > 0:
            return CaseClass.FLAT_ENDS
        fine = self.interpolation_percent < FINE_PERCENT
        return CaseClass.FULL if fine else CaseClass.COARSE_GRID

    def phantom(self) -> PhantomPlan:
        """Return the plan to write."""
        rois = tuple(Roi(n, i, self.contours(n)) for i, n in enumerate(self.body_names, 1))
        points = np.concatenate([c for roi in rois for c in roi.contours])
        low, high = points.min(axis=0) - MARGIN_MM, points.max(axis=0) + MARGIN_MM
        # Beyond the end planes a body goes on for up to a slice.
        low[2], high[2] = low[2] - self.slice_mm, high[2] + self.slice_mm
        x, y, z = (
            slice_planes_mm(low[i] - self.grid_mm, high[i] + self.grid_mm, self.grid_mm, shift)
            for i, shift in enumerate(self.grid_shift)
        )
        return PhantomPlan(
            seed=f"commission {self.name}",
            rois=rois,
            prescriptions=(),
            fractions=25,
            # In corners far from the bodies a gradient would end below zero.
            dose_gy=np.maximum(self.dose.on_grid(x, y, z), 0),
            x_mm=x,
            y_mm=y,
            z_mm=z,
            label="COMMISSION",
        )


def full_suite() -> tuple[PlanCase, ...]:
    """Return every plan: 36 with 6 bodies each."""
    return tuple(_suite())


def quick_suite() -> tuple[PlanCase, ...]:
    """Return four plans of the full suite, one of every kind of dose."""
    plans = full_suite()
    return tuple(plans[i] for i in QUICK)


QUICK = (0, 13, 18, 31)
"""Which: uniform, gradient, Gaussian, penumbra; slices of 1, 2, 3 and 5 mm, as all of them have."""


def _suite() -> Iterator[PlanCase]:
    names = list(BODIES)
    pairs = [(dose, slice_mm) for dose in DOSES for slice_mm in SLICES_MM]
    for k, (dose, slice_mm) in enumerate(pairs):
        shifts = [float(round((k + 1) * GOLDEN * factor % 1, 3)) for factor in (1, 2, 3, 5)]
        yield PlanCase(
            dose_name=dose,
            slice_mm=slice_mm,
            slice_phase=shifts[0],
            grid_mm=GRIDS_MM[k % len(GRIDS_MM)],
            grid_shift=(shifts[1], shifts[2], shifts[3]),
            body_names=tuple(names[(STRIDE * k + i) % len(names)] for i in range(BODIES_A_PLAN)),
        )


@lru_cache(maxsize=16)
def _contours(body: str, slice_mm: float, phase: float) -> tuple[NDArray[np.float64], ...]:
    planes = slice_planes_mm(*BODIES[body].z_range_mm, slice_mm, phase)
    return BODIES[body].contours(planes, POINTS, keep_area=True)
