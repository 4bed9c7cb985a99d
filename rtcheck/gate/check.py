"""Every check of the gate, in one run over a plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rtcheck.gate.dose import check_cut_off, check_grid, check_level
from rtcheck.gate.loops import check_flat, check_loops
from rtcheck.gate.names import check_names
from rtcheck.gate.outline import Outline
from rtcheck.gate.shapes import check_body, check_nesting, check_volumes
from rtcheck.gate.sides import check_middle, check_sides
from rtcheck.gate.targets import empty_targets, targets_of
from rtcheck.plan import Finding, Plan, Prescription
from rtcheck.plan.arrays import distinct, median


def check_plan(plan: Plan, prescriptions: Sequence[Prescription] = ()) -> tuple[Finding, ...]:
    """Return what cannot be, or hardly, in a plan that was read.

    Parameters
    ----------
    plan : Plan
        The plan.
    prescriptions : sequence of Prescription
        What the dose is held against; those of the plan by default.

    Notes
    -----
    Contours are looked at in samples, as decision 0017 says: nothing here takes part in a value.
    """
    outlines = _outlines(plan)
    targets = targets_of(plan, outlines)
    findings = [
        *check_level(plan, prescriptions or plan.prescriptions, outlines, targets),
        *check_grid(plan, targets),
        *check_cut_off(plan, outlines),
        *empty_targets(plan),
        *check_nesting(outlines),
        *check_names(outlines),
        *check_sides(outlines),
        *check_middle(outlines),
        *check_volumes(outlines),
        *check_body(outlines),
        *check_loops(outlines),
        *check_flat(outlines),
    ]
    return tuple(findings)


def _outlines(plan: Plan) -> dict[int, Outline]:
    drawn = [structure for structure in plan.structures if not structure.is_empty]
    spacing_mm = median(np.array([_step(s.points_mm[:, 2]) for s in drawn])) if drawn else 0.0
    return {s.roi_number: Outline(s, spacing_mm) for s in drawn}


def _step(z_mm: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Return the least distance of contour planes in mm; 3 mm where there is one plane."""
    gaps = np.diff(distinct(z_mm.round(1)))
    return float(gaps.min()) if len(gaps) else 3.0
