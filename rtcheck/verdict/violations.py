"""Violated verdicts with their evidence; what goes wrong here never touches a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.dvh import Dvh
from rtcheck.errors import CannotSay, Reason
from rtcheck.metrics import Metric
from rtcheck.metrics.dose_at_volume import DoseAtVolume
from rtcheck.metrics.dose_statistics import DoseStatistic
from rtcheck.metrics.doses import dose_asked_gy
from rtcheck.metrics.subject import BenchSubject
from rtcheck.metrics.volume_at_dose import VolumeAtDose
from rtcheck.plan import Finding, Severity
from rtcheck.protocol import Protocol
from rtcheck.protocol.goal import Comparison, Goal, Limit
from rtcheck.units import Dimension, Quantity, dimension_of
from rtcheck.verdict import excess
from rtcheck.verdict.evidence import Change, Evidence, Point, amount_text, kind_text
from rtcheck.verdict.excess import LimitPoint, Sampling
from rtcheck.verdict.outcome import Outcome, Verdict

VIOLATED = (Outcome.DEVIATION_UNACCEPTABLE, Outcome.VARIATION_ACCEPTABLE)
"""Outcomes of goals of which at least one limit is not kept."""

NEAR_EXTREME = 0.05
"""A limit on at most this share of the hottest or coldest volume is about the extreme itself.

D95%, D98%, D2% and D0.03cc speak of the ends of a histogram; V20Gy <= 30 % does not."""

_UPPER = (Comparison.LESS, Comparison.AT_MOST)


def find_evidence(
    protocol: Protocol,
    verdicts: Iterable[Verdict],
    subjects: Mapping[tuple[str, int | None], BenchSubject],
) -> tuple[tuple[Evidence, ...], tuple[Finding, ...]]:
    """Return where violated goals on dose and volume are violated, and what could not be said.

    Parameters
    ----------
    protocol : Protocol
        The rules.
    verdicts : iterable of Verdict
        Their verdicts on one plan.
    subjects : mapping
        What they were measured on, as `judge` gives it.

    Notes
    -----
    D, V, Mean, Min, Max and Median have a place; indices, gEUD and geometry have none.
    """
    goals = {goal.id: goal for goal in protocol.goals}
    evidence: list[Evidence] = []
    findings = []
    for verdict in verdicts:
        number = next((f.roi_number for f in verdict.found if f.roi_name == verdict.roi), None)
        subject = subjects.get((verdict.goal, number))
        if verdict.outcome not in VIOLATED or subject is None:
            continue
        try:
            evidence += _of_goal(goals[verdict.goal], verdict.roi, subject)
        except Exception as fault:  # noqa: BLE001 - ends as a visible finding; the verdict stands
            why = fault.reason.value if isinstance(fault, CannotSay) else type(fault).__name__
            text = f"where {verdict.goal} is violated cannot be said ({why}); its verdict stands."
            where = verdict.roi or verdict.structure
            findings.append(Finding("EVIDENCE_MISSING", Severity.INFORMS, text, where))
    return tuple(evidence), tuple(findings)


@dataclass(frozen=True)
class _Broken:
    """A limit that is not kept, and the point that the curve would have to pass."""

    limit: Limit
    tier: str
    point: LimitPoint


def _of_goal(goal: Goal, roi: str, subject: BenchSubject) -> Iterator[Evidence]:
    """Return the evidence of each metric of a goal that breaks a limit, stricter tier first."""
    broken: dict[tuple[Metric, bool], list[_Broken]] = {}
    for tier, word in ((goal.per_protocol, "per protocol"), (goal.acceptable, "acceptable")):
        for clause in tier.clauses if tier else ():
            metric = clause.metric or goal.metric
            point = _point(metric, clause.limit, subject)
            if point is not None and not _is_kept(metric, clause.limit, subject):
                key = metric, point.is_upper
                broken.setdefault(key, []).append(_Broken(clause.limit, word, point))
    for (metric, _), limits in broken.items():
        yield _evidence(goal, roi, metric, limits, subject)


def _is_kept(metric: Metric, limit: Limit, subject: BenchSubject) -> bool:
    """Return whether a limit could be kept, whatever the dose outside the grid is."""
    found = metric.measure(subject)
    ends = (found.low, found.high) if found.value is None else (found.value,)
    return any(limit.is_met(Quantity(end, metric.unit).inside) for end in ends)


def _point(metric: Metric, limit: Limit, subject: BenchSubject) -> LimitPoint | None:
    """Return the point that a limit means; None for a metric or a limit that has none."""
    if limit.comparison is Comparison.EQUAL:
        return None
    upper = limit.comparison in _UPPER
    if isinstance(metric, VolumeAtDose):
        total = subject.dvh().total_cm3
        percent = dimension_of(metric.unit) is Dimension.PERCENT
        volume = limit.inside * total / 100 if percent else limit.inside
        dose_gy = dose_asked_gy(metric.dose, subject)
        if metric.spared:
            return LimitPoint(dose_gy, total - volume, not upper)
        return LimitPoint(dose_gy, volume, upper)
    if isinstance(metric, DoseAtVolume | DoseStatistic):
        unit = "%" if metric.unit == "%" else "Gy"
        dose_gy = dose_asked_gy(Quantity(limit.inside, unit), subject)
        return LimitPoint(dose_gy, _volume_asked_cm3(metric, subject.dvh().total_cm3), upper)
    return None


def _volume_asked_cm3(metric: DoseAtVolume | DoseStatistic, total_cm3: float) -> float | None:
    """Return the hottest volume whose least dose is asked; None for the mean."""
    if isinstance(metric, DoseStatistic):
        shares = {"Max": 0.0, "Median": 0.5, "Min": 1.0}
        share = shares.get(metric.statistic)
        return None if share is None else share * total_cm3
    asked = metric.volume.inside
    if metric.volume.dimension is Dimension.PERCENT:
        asked *= total_cm3 / 100
    return total_cm3 - asked if metric.coldest else asked


def _evidence(
    goal: Goal, roi: str, metric: Metric, limits: list[_Broken], subject: BenchSubject
) -> Evidence:
    plan, tree, point = subject.plan, subject.tree, limits[0].point
    if plan.dose is None or tree is None:
        raise CannotSay(Reason.NO_DOSE)
    # What has no known dose is taken as it would least break the limit.
    dvh = subject.dvh().bounds[0 if point.is_upper else 1]
    changes = tuple(_change(b, dvh, goal.dose) for b in limits)
    samples = excess.sample(subject, tree, plan.dose)
    if not len(samples.gy):
        raise CannotSay(Reason.DOSE_DOES_NOT_COVER)  # violated whatever the dose there is
    chosen = _in_excess(samples, point, dvh)
    planes_mm = excess.contour_planes_mm(plan, tree)
    weight = samples.cm3 * chosen
    at = excess.nearest(planes_mm, samples.points_mm[:, 2])
    in_plane = np.bincount(at, weight, len(planes_mm)).astype(np.float64)
    worst_mm, worst_gy = _worst(samples, point, dvh, chosen, planes_mm, in_plane)
    z = samples.points_mm[chosen, 2] if chosen.any() else np.array([worst_mm[2]])
    centroid = weight @ samples.points_mm / weight.sum() if weight.sum() > 0 else worst_mm
    targets = excess.targets_besides(plan, tree)
    return Evidence(
        goal.id,
        roi,
        excess_cm3=_excess_cm3(point, dvh),
        centroid_mm=_triple(centroid),
        z_range_mm=(float(z.min()), float(z.max())),
        slices=max(int((in_plane > 0).sum()), 1),
        overlaps=excess.overlaps(subject, samples, chosen, targets),
        least_change="; ".join(c.words for c in changes) + ".",
        metric=metric.text,
        is_too_much=point.is_upper,
        limit_gy=point.dose_gy,
        beyond_cm3=_beyond_cm3(point, dvh),
        worst_mm=worst_mm,
        worst_gy=worst_gy,
        plane_mm=float(planes_mm[np.abs(planes_mm - worst_mm[2]).argmin()]),
        changes=changes,
        dose=goal.dose,
    )


def _beyond_cm3(point: LimitPoint, dvh: Dvh) -> float:
    """Return the volume beyond the limit's dose."""
    hot = dvh.volume_at_dose_cm3(point.dose_gy)
    return hot if point.is_upper else dvh.total_cm3 - hot


def _excess_cm3(point: LimitPoint, dvh: Dvh) -> float:
    """Return the volume that is on the wrong side of the limit's dose and may not be."""
    beyond = _beyond_cm3(point, dvh)
    if point.volume_cm3 is None:
        return beyond
    allowed = point.volume_cm3 if point.is_upper else dvh.total_cm3 - point.volume_cm3
    return min(max(beyond - allowed, 0.0), beyond)


def _dose_at_gy(volume_cm3: float, dvh: Dvh) -> float:
    """Return the curve's dose at a volume, the extremes included."""
    if volume_cm3 <= 0:
        return dvh.maximum_gy
    return dvh.dose_at_volume_gy(min(volume_cm3, dvh.total_cm3))


def _in_excess(samples: Sampling, point: LimitPoint, dvh: Dvh) -> NDArray[np.bool_]:
    """Return which samples are the volume in excess: those between limit and curve."""
    gy, limit_gy = samples.gy, point.dose_gy
    if point.volume_cm3 is None:
        return np.asarray(gy > limit_gy if point.is_upper else gy < limit_gy)
    end_gy = _dose_at_gy(point.volume_cm3, dvh)
    if point.is_upper:
        return np.asarray((gy >= limit_gy) & (gy <= end_gy))
    return np.asarray((gy < limit_gy) & (gy >= end_gy))


def _worst(
    samples: Sampling,
    point: LimitPoint,
    dvh: Dvh,
    chosen: NDArray[np.bool_],
    planes_mm: NDArray[np.float64],
    in_plane: NDArray[np.float64],
) -> tuple[Point, float]:
    """Return the worst point and its dose.

    Of a limit on an extreme, the extreme; else the extreme of what is in excess on the plane that
    has most of it.
    """
    sign = 1.0 if point.is_upper else -1.0
    if _is_near_extreme(point, dvh.total_cm3) or not chosen.any():
        points = np.concatenate([samples.points_mm, samples.extremes_mm])
        gy = np.concatenate([samples.gy, samples.extremes_gy])
    else:
        here = excess.nearest(planes_mm, samples.points_mm[:, 2]) == in_plane.argmax()
        points, gy = samples.points_mm[chosen & here], samples.gy[chosen & here]
    i = int(np.argmax(sign * gy))
    return _triple(points[i]), float(gy[i])


def _is_near_extreme(point: LimitPoint, total_cm3: float) -> bool:
    if point.volume_cm3 is None:
        return False
    end = point.volume_cm3 if point.is_upper else total_cm3 - point.volume_cm3
    return end <= (NEAR_EXTREME + 1e-9) * total_cm3


def _change(broken: _Broken, dvh: Dvh, dose: str) -> Change:
    """Return the least change by which a limit would be kept."""
    point, tier = broken.point, broken.tier
    to_keep = f"to keep {broken.limit.text}" + (" (acceptable)" if tier == "acceptable" else "")
    fall = "fall" if point.is_upper else "rise"
    gy = f"Gy{kind_text(dose)}"
    if point.volume_cm3 is None:
        by_gy = abs(dvh.mean_gy - point.dose_gy)
        words = f"{to_keep}, the mean must {fall} by {amount_text(by_gy)} {gy}"
        beyond = _beyond_cm3(point, dvh)
        if 0 < beyond < dvh.total_cm3:
            side = "above" if point.is_upper else "below"
            alone = amount_text(by_gy * dvh.total_cm3 / beyond)
            words += f", or what is {side} the limit by {alone} {gy} on average"
        return Change(broken.limit.text, tier, None, by_gy, words)
    short = -point.volume_cm3 if point.is_upper else point.volume_cm3 - dvh.total_cm3
    if short > 1e-9 * dvh.total_cm3:
        words = f"{to_keep}, no dose is enough: the structure has only {dvh.total_cm3:.4g} cc"
        return Change(broken.limit.text, tier, short, None, words)
    by_gy = abs(_dose_at_gy(point.volume_cm3, dvh) - point.dose_gy)
    cm3 = _excess_cm3(point, dvh)
    side = "below" if point.is_upper else "to"
    volume = f"{amount_text(cm3)} cc" if cm3 > 0 else "the extreme"
    words = f"{to_keep}, {volume} must {fall} {side} {point.dose_gy:.4g} {gy}"
    words += f", by at most {amount_text(by_gy)} Gy"
    return Change(broken.limit.text, tier, cm3, by_gy, words)


def _triple(point: Iterable[float]) -> Point:
    x, y, z = (float(mm) for mm in point)
    return x, y, z
