"""A comparison that names nobody: what is left of each plan, and what stands for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rtcheck.plan import Plan
from rtcheck.report.anonymize import anonymized
from rtcheck.report.comparison.record import Rival


def anonymous(rivals: Sequence[Rival], plans: Sequence[Plan]) -> list[Rival]:
    """Return rivals without anything that says who the patient is.

    Parameters
    ----------
    rivals : sequence of Rival
        Made from the plans.
    plans : sequence of Plan
        One a rival.

    Notes
    -----
    Whether plans share images and contours is still told: numbers stand for frames of reference
    and for contours, whose hash whoever has the file could find.
    """
    frames = _numbered([uid for rival in rivals for uid in rival.frame_of_reference_uids])
    shapes = _numbered([c.sha256 for rival in rivals for c in rival.contours])
    return [
        _anonymous(rival, plan, frames, shapes) for rival, plan in zip(rivals, plans, strict=True)
    ]


def _numbered(texts: Sequence[str]) -> dict[str, str]:
    return {text: str(i) for i, text in enumerate(dict.fromkeys(texts), 1)}


def _anonymous(rival: Rival, plan: Plan, frames: dict[str, str], shapes: dict[str, str]) -> Rival:
    report = anonymized(rival.report, plan, f"plan {rival.key}")
    names = {f.roi_number: f.roi_name for v in report.verdicts for f in v.found}
    return Rival(
        rival.key,
        "",
        report,
        tuple(
            replace(
                c, roi_name=names.get(c.roi_number, f"ROI {c.roi_number}"), sha256=shapes[c.sha256]
            )
            for c in rival.contours
        ),
        tuple(frames[uid] for uid in rival.frame_of_reference_uids),
    )
