"""Pictures of a plan that was checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from rtcheck.plan import DoseGrid, Finding, Plan, Severity, Structure
from rtcheck.plan.image import CtPlane
from rtcheck.report.pictures.draw import Drawing, Outline, svg_of
from rtcheck.report.pictures.inset import Whole
from rtcheck.report.pictures.isodoses import Reference, levels_of
from rtcheck.report.pictures.plane import Raster, Values, dose_on, grey_on
from rtcheck.report.pictures.views import View, describe, structures_to_draw, views_of
from rtcheck.report.record import Picture
from rtcheck.verdict import Evidence, Verdict
from rtcheck.verdict.evidence import kind_text

ReadCt = Callable[[Iterable[float]], tuple[Mapping[float, CtPlane], tuple[Finding, ...]]]
"""Takes heights in mm, returns the CT slice at each that has one, and findings."""

AROUND_MM = 8.0
"""What is shown around the patient, or around what is drawn."""

CLOSE_MM, CLOSE_SHARE = 30.0, 0.6
"""What a close-up shows around its subject, and how much of the patient it is at most, a side."""

Drawn = Sequence[tuple[Structure, list[Values]]]
"""Structures with their contours in a plane."""


def make_pictures(
    plan: Plan, verdicts: Sequence[Verdict], evidence: Sequence[Evidence], read_ct: ReadCt
) -> tuple[tuple[Picture, ...], tuple[Finding, ...]]:
    """Return pictures of a plan that was checked, and findings of what could not be shown.

    Parameters
    ----------
    plan : Plan
        The plan.
    verdicts : sequence of Verdict
        Its verdicts: each target among what they were judged on is shown at its centre.
    evidence : sequence of Evidence
        Where violated goals are violated: each deviation is shown at its worst point.
    read_ct : callable
        Gives the CT slices at heights.

    Notes
    -----
    A picture that cannot be made is a finding that informs; it never touches a verdict.
    """
    if plan.dose is None:
        return (), ()
    views, left_out = views_of(plan, verdicts, evidence)
    findings = []
    if left_out:
        text = f"{left_out} more planes are not shown: look at them in the planning system."
        findings.append(Finding("PICTURES_LIMITED", Severity.INFORMS, text))
    slices, said = _slices(views, read_ct)
    pictures = []
    for view in views:
        try:
            pictures.append(_picture(plan, plan.dose, verdicts, view, slices.get(view.z_mm)))
        except Exception as fault:  # noqa: BLE001 - ends as a visible finding
            text = f"the plane at z {view.z_mm:.1f} mm cannot be drawn ({type(fault).__name__})."
            findings.append(Finding("PICTURE_MISSING", Severity.INFORMS, text))
    return tuple(pictures), (*said, *findings)


def _slices(
    views: Sequence[View], read_ct: ReadCt
) -> tuple[Mapping[float, CtPlane], tuple[Finding, ...]]:
    """Return the CT slices of views; without any if the CT is gone since the plan was read."""
    if not views:
        return {}, ()
    try:
        return read_ct([view.z_mm for view in views])
    except Exception as fault:  # noqa: BLE001 - ends as a visible finding
        text = f"the CT cannot be read ({type(fault).__name__}): pictures do without it."
        return {}, (Finding("CT_UNREADABLE", Severity.INFORMS, text),)


def _picture(
    plan: Plan, dose: DoseGrid, verdicts: Sequence[Verdict], view: View, ct: CtPlane | None
) -> Picture:
    drawn = structures_to_draw(plan, verdicts, view)
    low, high, whole = _frame(drawn, view, dose)
    drawn = [(s, c) for s, c in drawn if _is_seen(c, low, high)]
    raster = Raster.over(low, high)
    gy = dose_on(raster, dose, view.z_mm)
    known = gy[~np.isnan(gy)]
    largest_gy = float(known.max()) if known.size else 0.0
    reference = Reference.of(plan.prescriptions, float(dose.dose_gy.max()))
    limits = [e.limit_gy for e in view.evidence if e.dose == "physical"]
    levels = levels_of(reference, limits, largest_gy)
    outlines = tuple(
        Outline(s.roi_name, s.roi_display_color, tuple(c), s.roi_number in view.emphasised)
        for s, c in drawn
    )
    description = describe(
        view,
        [o.name for o in outlines],
        [level.words for level in levels if level.dose_gy < largest_gy],
        ct is not None,
        whole is not None,
    )
    grey = None if ct is None else grey_on(raster, ct)
    worst = tuple((e.worst_mm[0], e.worst_mm[1]) for e in view.evidence)
    drawing = Drawing(
        view.title,
        description,
        view.z_mm,
        raster,
        gy,
        levels,
        reference,
        outlines,
        worst,
        tuple(f"{e.goal} {e.worst_gy:.2f} Gy{kind_text(e.dose)}" for e in view.evidence),
        grey,
        whole,
    )
    return Picture(view.title, description, svg_of(drawing), view.goals)


def _frame(drawn: Drawn, view: View, dose: DoseGrid) -> tuple[Values, Values, Whole | None]:
    """Return the corners (x, y) of what is shown, and of a close-up what it is a part of.

    The patient; only around what the view is about, if that would be lost in the patient; the
    whole dose grid if nothing is drawn.
    """
    points = _points(drawn)
    if not len(points):
        points = np.array([(dose.x_mm[0], dose.y_mm[0]), (dose.x_mm[-1], dose.y_mm[-1])])
    low, high = points.min(axis=0) - AROUND_MM, points.max(axis=0) + AROUND_MM
    worst = np.array([e.worst_mm[:2] for e in view.evidence]).reshape(-1, 2)
    about = [(s, c) for s, c in drawn if s.roi_number in view.emphasised]
    focus = np.concatenate([_points(about), worst])
    if not len(focus):
        return low, high, None
    near_low, near_high = focus.min(axis=0) - CLOSE_MM, focus.max(axis=0) + CLOSE_MM
    if ((near_high - near_low) > CLOSE_SHARE * (high - low)).any():
        return low, high, None
    whole = Whole(low, high, tuple(c for _, contours in drawn for c in contours))
    return np.maximum(near_low, low), np.minimum(near_high, high), whole


def _is_seen(contours: list[Values], low: Values, high: Values) -> bool:
    return any(bool(((c > low) & (c < high)).all(axis=1).any()) for c in contours)


def _points(drawn: Drawn) -> Values:
    """Return the points (x, y) of all contours."""
    return np.concatenate([np.empty((0, 2)), *(c for _, contours in drawn for c in contours)])
