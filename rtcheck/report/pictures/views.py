"""Which planes are shown: through each violation's worst point and each target's centre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from rtcheck.plan import TARGET_TYPES, Plan, Structure
from rtcheck.report.pictures.plane import SAME_PLANE_MM, Values, contours_at, heights_mm
from rtcheck.verdict import Evidence, Outcome, Verdict

MOST_PICTURES = 8
"""More would not be looked at, and a report must stay small enough to send."""

NEAR_CENTRE = 0.25
"""A target has been shown if a plane cuts it this near to its centre, as a share of its height."""


@dataclass
class View:
    """One plane to show.

    Parameters
    ----------
    z_mm : float
        Its height.
    evidence : list of Evidence
        The violations whose worst points lie in it.
    targets : list of str
        Names of the targets whose centre it shows.
    emphasised : set of int
        ROINumbers of the structures it is about.
    """

    z_mm: float
    evidence: list[Evidence] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    emphasised: set[int] = field(default_factory=set)

    @property
    def goals(self) -> tuple[str, ...]:
        """Return the ids of the goals whose violation it shows, each once."""
        return tuple(dict.fromkeys(e.goal for e in self.evidence))

    @property
    def title(self) -> str:
        """Return what it shows; names stand in it as exported."""
        about = [
            f"worst point of {e.metric}, goal {e.goal}{f' ({e.roi})' if e.roi else ''}"
            for e in self.evidence
        ]
        if self.targets:
            about.append("centre of " + ", ".join(self.targets))
        return f"Axial plane at z {self.z_mm:.1f} mm: " + "; ".join(about)


def views_of(
    plan: Plan, verdicts: Sequence[Verdict], evidence: Sequence[Evidence]
) -> tuple[tuple[View, ...], int]:
    """Return the planes to show, violations first, and how many more there would be."""
    views: list[View] = []
    broken = {(v.goal, v.roi): v for v in verdicts if v.outcome is Outcome.DEVIATION_UNACCEPTABLE}
    for one in evidence:
        verdict = broken.get((one.goal, one.roi))
        if verdict is not None:
            view = _view_at(one.plane_mm, views)
            view.evidence.append(one)
            view.emphasised |= {f.roi_number for f in verdict.found}
    for target in _judged_targets(plan, verdicts):
        _show_centre(target, views)
    return tuple(views[:MOST_PICTURES]), max(len(views) - MOST_PICTURES, 0)


def _view_at(z_mm: float, views: list[View]) -> View:
    """Return the view at a height; a new one if there is none yet."""
    for view in views:
        if abs(view.z_mm - z_mm) <= SAME_PLANE_MM:
            return view
    views.append(View(z_mm))
    return views[-1]


def _show_centre(target: Structure, views: list[View]) -> None:
    heights = heights_mm(target)
    middle = (heights[0] + heights[-1]) / 2
    near = NEAR_CENTRE * (heights[-1] - heights[0]) + SAME_PLANE_MM
    shown = [v for v in views if abs(v.z_mm - middle) <= near and contours_at(target, v.z_mm)]
    view = shown[0] if shown else _view_at(float(heights[np.abs(heights - middle).argmin()]), views)
    view.targets.append(target.roi_name)
    if not view.evidence:
        view.emphasised.add(target.roi_number)


def _judged_targets(plan: Plan, verdicts: Sequence[Verdict]) -> list[Structure]:
    """Return the targets that goals were judged on, those that enclose others first."""
    prescribed = {p.roi_number for p in plan.prescriptions}
    judged = dict.fromkeys(f.roi_number for v in verdicts for f in v.found)
    structures = [plan.structure(n) for n in judged]
    targets = [
        s
        for s in structures
        if (s.rt_roi_interpreted_type in TARGET_TYPES or s.roi_number in prescribed)
        and not s.is_empty
    ]
    kinds = (*TARGET_TYPES, "")
    return sorted(targets, key=lambda s: kinds.index(_kind(s)))


def _kind(structure: Structure) -> str:
    kind = structure.rt_roi_interpreted_type
    return kind if kind in TARGET_TYPES else ""


def structures_to_draw(
    plan: Plan, verdicts: Sequence[Verdict], view: View
) -> list[tuple[Structure, list[Values]]]:
    """Return the structures that are drawn in a view with their contours, its own first.

    Those that goals were judged on, the targets, and the outline of the patient.
    """
    judged = {f.roi_number for v in verdicts for f in v.found}
    drawn = []
    for structure in plan.structures:
        kind = structure.rt_roi_interpreted_type
        if structure.roi_number in judged or kind in (*TARGET_TYPES, "EXTERNAL"):
            contours = contours_at(structure, view.z_mm)
            if contours:
                drawn.append((structure, contours))
    return sorted(drawn, key=lambda pair: pair[0].roi_number not in view.emphasised)


def describe(
    view: View, names: Sequence[str], isodoses: Sequence[str], with_ct: bool, is_close: bool
) -> str:
    """Return what a picture shows, for those who do not see it; names as exported."""
    parts = [
        f"Axial plane at z {view.z_mm:.1f} mm, seen from the feet: the patient's right is at the "
        "left, the front at the top.",
        *(["A close-up: the patient goes on beyond it."] if is_close else []),
        "CT in a soft tissue window." if with_ct else "Without CT.",
        f"Contours of {', '.join(names) or 'no structure'}.",
        f"Isodoses at {', '.join(isodoses)}." if isodoses else "No isodose crosses it.",
        *(e.words() for e in view.evidence),
    ]
    return " ".join(parts)
