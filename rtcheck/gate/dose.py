"""Whether the dose can be that of the prescription, and its grid one to judge targets by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rtcheck.gate.codes import finding
from rtcheck.gate.outline import Outline, dose_at
from rtcheck.gate.targets import NOT_OF_THE_PATIENT
from rtcheck.plan import DoseGrid, Finding, Plan, Prescription

POSSIBLE = (0.5, 2.0)
"""The median dose of a target lies between these multiples of what is prescribed: radiosurgery to
the 50 % isodose stays under 1.7. One fraction of many, or a course beside its boost, does not."""

USUAL = (0.8, 1.5)
"""Beyond these a person must look: a beam may be missing, or another plan added."""

USUAL_CONVENTIONAL = (0.9, 1.2)
"""The same with up to `CONVENTIONAL_GY` a fraction, where targets get an even dose."""

CONVENTIONAL_GY = 3.0

FRACTION_DOSE_GY = (0.5, 40.0)
"""Doses of one fraction that are given: partial-body hyperfractionation to radiosurgery."""

FEWEST_STEPS = 4.0
"""A target has at least so many grid steps across: with fewer, between two grid points lies more
than a quarter of it."""

CUT_OFF = 0.02
"""Inside the body dose goes on below this fraction of its maximum, down to scatter."""

ZEROS = 0.05
"""Of a structure at most this fraction has no dose at all, where dose begins above `CUT_OFF`."""

NEARLY_NOTHING_GY = 1e-6
"""So that no dose at all is far from every prescription, and not left out."""

PLANE_GAP = 1.9
"""A gap of so many usual steps between dose planes is one where planes are missing."""


def check_level(
    plan: Plan,
    prescriptions: Sequence[Prescription],
    outlines: Mapping[int, Outline],
    targets: Sequence[Outline],
) -> list[Finding]:
    """Return what of the dose's level cannot be that of the prescriptions.

    Parameters
    ----------
    plan : Plan
        With or without dose.
    prescriptions : sequence of Prescription
        What the dose is held against.
    outlines : mapping of int to Outline
        By ROINumber.
    targets : sequence of Outline
        Where no prescription says of which ROI it is, it is that of one of these: the name of a
        dose reference is often that of a site and of no target.
    """
    findings = [f for rx in prescriptions for f in _of_fraction(rx)]
    if plan.dose is None or not prescriptions:
        return findings
    linked = [
        (rx, outline)
        for rx in prescriptions
        for number, outline in outlines.items()
        if number == rx.roi_number or (rx.given_by_user and outline.name == rx.name)
    ]
    highest = max(prescriptions, key=lambda rx: rx.dose_gy)
    if linked:
        medians = [(rx, o.name, _median_gy(plan.dose, o)) for rx, o in linked]
    else:
        # The one that fits best: if it does not, none does.
        doses = [(o.name, _median_gy(plan.dose, o)) for o in targets]
        off = {
            name: abs(np.log(max(gy, NEARLY_NOTHING_GY) / highest.dose_gy))
            for name, gy in doses
            if gy is not None
        }
        medians = [
            (highest, n, gy) for n, gy in doses if off and n == min(off, key=off.__getitem__)
        ]
    for rx, name, median_gy in medians:
        if median_gy is not None:
            findings += _of_level(rx, highest.dose_gy, name, median_gy)
    return findings


def _median_gy(dose: DoseGrid, outline: Outline) -> float | None:
    doses = dose_at(dose, outline.filling_mm)
    # A target that is mostly off the grid is told as such.
    return float(np.median(doses)) if len(doses) > len(outline.filling_mm) / 2 else None


def _of_level(rx: Prescription, highest_gy: float, name: str, median_gy: float) -> list[Finding]:
    # A low-dose target may hold the high-dose one, so its dose goes up to that.
    below, above = median_gy / rx.dose_gy, median_gy / highest_gy
    per_fraction = rx.dose_per_fraction_gy
    conventional = per_fraction is not None and per_fraction <= CONVENTIONAL_GY
    low, high = USUAL_CONVENTIONAL if conventional else USUAL
    if POSSIBLE[0] <= below and above <= POSSIBLE[1]:
        if low <= below and above <= high:
            return []
        code = "DOSE_LEVEL_UNUSUAL"
    else:
        code = "DOSE_LEVEL_IMPLAUSIBLE"
    found = f"the median dose of the target is {median_gy:.4g} Gy where {rx.dose_gy:g} Gy are"
    found += " prescribed"
    n = rx.number_of_fractions_planned
    if n and n > 1 and abs(below * n - 1) < 0.2:
        found += f": that is one of {n} fractions"
    elif n and n > 1 and abs(below / n - 1) < 0.2:
        found += f": that is {n} times the whole"
    elif above > 1:
        found += ": other plans may have been added"
    return [finding(code, found, name)]


def _of_fraction(rx: Prescription) -> list[Finding]:
    gy = rx.dose_per_fraction_gy
    if gy is None or FRACTION_DOSE_GY[0] <= gy <= FRACTION_DOSE_GY[1]:
        return []
    found = f"{rx.dose_gy:g} Gy in {rx.number_of_fractions_planned} fractions are {gy:.3g} Gy each"
    return [finding("FRACTION_DOSE_IMPLAUSIBLE", found, rx.name)]


def check_grid(plan: Plan, targets: Sequence[Outline]) -> list[Finding]:
    """Return what the dose grid does not cover, or covers too coarsely.

    Parameters
    ----------
    plan : Plan
        With or without dose.
    targets : sequence of Outline
        The targets.
    """
    dose = plan.dose
    if dose is None:
        return []
    findings = []
    axes = (dose.x_mm, dose.y_mm, dose.z_mm)
    for name, axis in zip("xyz", axes, strict=True):
        gaps = np.diff(axis)
        if len(gaps) > 1 and gaps.max() > PLANE_GAP * np.median(gaps):
            at = float(axis[int(gaps.argmax())])
            found = f"a gap of {gaps.max():g} mm after {name} {at:.1f} mm where the usual step is "
            findings.append(finding("DOSE_PLANES_MISSING", f"{found}{np.median(gaps):g} mm"))
    low = np.array([axis[0] for axis in axes])
    high = np.array([axis[-1] for axis in axes])
    coarsest = max(dose.spacing_mm)
    for target in targets:
        beyond = max((low - target.low_mm).max(), (target.high_mm - high).max())
        if beyond > 0:
            found = f"the target reaches up to {beyond:.1f} mm beyond the dose grid"
            findings.append(finding("TARGET_OUTSIDE_DOSE", found, target.name))
        across = (6 * max(target.volume_cm3, 0.0) * 1000 / np.pi) ** (1 / 3)
        if across < FEWEST_STEPS * coarsest:
            found = f"the target is {across:.1f} mm across, the dose grid {coarsest:g} mm wide"
            findings.append(finding("DOSE_GRID_COARSE", found, target.name))
    return findings


def check_cut_off(plan: Plan, outlines: Mapping[int, Outline]) -> list[Finding]:
    """Return a finding if small doses were left out of the dose grid, inside the patient.

    Parameters
    ----------
    plan : Plan
        With or without dose.
    outlines : mapping of int to Outline
        By ROINumber.
    """
    dose = plan.dose
    if dose is None:
        return []
    small_gy = CUT_OFF * float(dose.dose_gy.max())
    # Plane by plane: of most doses the first one that is not empty says it.
    if any(((plane > 0) & (plane <= small_gy)).any() for plane in dose.dose_gy):
        return []
    for outline in outlines.values():
        if outline.structure.rt_roi_interpreted_type in NOT_OF_THE_PATIENT:
            continue
        doses = dose_at(dose, outline.filling_mm)
        without = float((doses == 0).mean()) if len(doses) else 0.0
        if ZEROS < without < 1:
            found = f"{100 * without:.0f} % of it have no dose at all, and nothing has up to "
            return [finding("DOSE_CUT_OFF", f"{found}{small_gy:.3g} Gy", outline.name)]
    return []
