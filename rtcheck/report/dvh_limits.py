"""Where the limits of the goals lie on a DVH."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rtcheck.errors import RtcheckError
from rtcheck.geometry.expression import Name, parse_expression
from rtcheck.metrics import Metric, parse_metric
from rtcheck.metrics.dose_at_volume import DoseAtVolume
from rtcheck.metrics.dose_statistics import DoseStatistic
from rtcheck.metrics.volume_at_dose import VolumeAtDose
from rtcheck.plan import Prescription
from rtcheck.report.numbers import clauses_in
from rtcheck.report.record import Curve, Report
from rtcheck.units import Dimension, Quantity
from rtcheck.verdict import OUTCOME_WORDS, Outcome, Verdict

BEYOND = 1.3
"""A limit farther right than this share of the largest dose would squeeze the curves."""

_AT_PERCENT = {"Max": 0.0, "Min": 100.0, "Median": 50.0}

SHAPES = {
    Outcome.DEVIATION_UNACCEPTABLE: ("M0-7L7 0L0 7L-7 0Z", "#b3261e"),
    Outcome.NOT_EVALUATED: ("M-5-5H5V5H-5Z", "#6a3fa0"),
    Outcome.VARIATION_ACCEPTABLE: ("M0-6L6 5H-6Z", "#855400"),
    Outcome.PER_PROTOCOL: ("M-5 0A5 5 0 1 1 5 0A5 5 0 1 1-5 0Z", "#0b6b5c"),
}
"""Shape and colour of a mark: each outcome is told by either."""

_TAILS = {"left": "M0 0H-17", "right": "M0 0H17", "up": "M0 0V-17", "down": "M0 0V17", "": ""}


@dataclass(frozen=True)
class LimitMark:
    """A limit as a point of a DVH.

    Parameters
    ----------
    curve : int
        Index of the curve it is held against.
    dose_gy, volume_percent : float
        Where it lies.
    toward : str
        The side that the goal allows: ``"left"``, ``"right"``, ``"up"``, ``"down"`` or empty.
    outcome : Outcome
        What the goal came to.
    text : str
        The goal in words; holds names as they are.
    """

    curve: int
    dose_gy: float
    volume_percent: float
    toward: str
    outcome: Outcome
    text: str


def curve_name(verdict: Verdict) -> str:
    """Return how the curve of a goal on more than one ROI is called."""
    return f"{verdict.structure} ({verdict.roi})" if verdict.roi else verdict.structure


def limit_marks(report: Report) -> tuple[LimitMark, ...]:
    """Return the limits of dose and volume that lie on a curve of the report, each once."""
    marks = [mark for v in report.verdicts for mark in _marks(v, report)]
    largest_gy = max((c.dose_gy[-1] for c in report.curves), default=0.0)
    near = [m for m in marks if m.dose_gy <= BEYOND * largest_gy and 0 <= m.volume_percent <= 100]
    return tuple(dict.fromkeys(near))


def _marks(verdict: Verdict, report: Report) -> Iterator[LimitMark]:
    if verdict.outcome not in SHAPES or verdict.dose != "physical":
        return
    index = _curve_of(verdict, report.curves)
    if index is None:
        return
    try:
        metric = parse_metric(verdict.metric)
    except RtcheckError:
        return
    prescribed = [rx for rx in report.plan.prescriptions if str(rx) == verdict.prescription]
    tiers = [verdict.per_protocol]
    if verdict.outcome is not Outcome.PER_PROTOCOL:
        tiers.append(verdict.acceptable)
    word = OUTCOME_WORDS[verdict.outcome][1]
    for sign, limit in clauses_in(tiers, verdict.unit):
        place = _place(metric, limit, report.curves[index], prescribed[0] if prescribed else None)
        if place is None or not all(map(math.isfinite, place[:2])):
            continue
        dose_gy, percent, below, above = place
        toward = below if sign.startswith("<") else above if sign.startswith(">") else ""
        said = f"{verdict.structure} {verdict.metric} {sign} {limit:g} {verdict.unit}: {word}"
        yield LimitMark(index, dose_gy, percent, toward, verdict.outcome, said)


def _curve_of(verdict: Verdict, curves: Sequence[Curve]) -> int | None:
    for index, curve in enumerate(curves):
        if curve.roi_number is None and curve.name == curve_name(verdict):
            return index
    numbers = {found.roi_number for found in verdict.found}
    if len(numbers) == 1 and _is_bare(verdict):
        numbered = [curve.roi_number for curve in curves]
        (number,) = numbers
        return numbered.index(number) if number in numbered else None
    return None


def _is_bare(verdict: Verdict) -> bool:
    """Return whether a goal is on a role as it is, not on an expression."""
    try:
        roles = [found.role for found in verdict.found]
        return isinstance(parse_expression(verdict.structure, roles), Name)
    except RtcheckError:
        return False


def _place(
    metric: Metric, limit: float, curve: Curve, rx: Prescription | None
) -> tuple[float, float, str, str] | None:
    """Return dose, volume, and the sides that lesser and greater values lie on."""

    def in_gy(dose: Quantity) -> float:
        if dose.dimension is not Dimension.PERCENT:
            return dose.inside
        return math.nan if rx is None else dose.inside / 100 * rx.dose_gy

    def in_percent(volume: Quantity) -> float:
        of_structure = volume.dimension is Dimension.PERCENT
        return volume.inside if of_structure else 100 * volume.inside / curve.volume_cm3

    if isinstance(metric, DoseAtVolume):
        percent = in_percent(metric.volume)
        percent = 100 - percent if metric.coldest else percent
        return in_gy(Quantity(limit, metric.unit)), percent, "left", "right"
    if isinstance(metric, VolumeAtDose):
        percent = in_percent(Quantity(limit, metric.unit))
        if metric.spared:
            return in_gy(metric.dose), 100 - percent, "up", "down"
        return in_gy(metric.dose), percent, "down", "up"
    if isinstance(metric, DoseStatistic) and metric.statistic in _AT_PERCENT:
        percent = _AT_PERCENT[metric.statistic]
        return in_gy(Quantity(limit, metric.unit)), percent, "left", "right"
    return None


def mark_shape(outcome: Outcome) -> str:
    """Return the shape of a mark about (0, 0) as SVG."""
    shape, fill = SHAPES[outcome]
    return f'<path class="shape" d="{shape}" fill="{fill}" stroke="#ffffff" stroke-width="1.2"/>'


def mark_tail(mark: LimitMark) -> str:
    """Return a line from (0, 0) to the side that the goal allows, as SVG; empty without one."""
    path, fill = _TAILS[mark.toward], SHAPES[mark.outcome][1]
    return f'<path class="tail" d="{path}" stroke="{fill}" stroke-width="2.2"/>' if path else ""


def labels_of(marks: Sequence[LimitMark], places: Iterable[tuple[float, float]]) -> list[str]:
    """Return what stands beside each mark: the curves' numbers, once where marks coincide."""
    at: dict[tuple[int, int, str], list[int]] = {}
    for i, (mark, (x, y)) in enumerate(zip(marks, places, strict=True)):
        at.setdefault((round(x / 4), round(y / 4), mark.outcome), []).append(i)
    labels = [""] * len(marks)
    for some in at.values():
        labels[some[0]] = ",".join(str(n) for n in sorted({marks[i].curve + 1 for i in some}))
    return labels
