"""The interval of a value: what the geometry models make of it, and the error of its sampling."""

from __future__ import annotations

from dataclasses import dataclass

from rtcheck.errors import CannotSay
from rtcheck.geometry import GeometryModel
from rtcheck.metrics.base import Metric, Needs, Subject, Value
from rtcheck.metrics.bench import SAMPLING_SHARE

ByModel = tuple[tuple[str, float], ...]
"""The value under each geometry model that has one."""


@dataclass(frozen=True)
class Interval:
    """Bounds of a value over everything that is not known.

    Parameters
    ----------
    low, high : float
        Bounds over geometry models, sampling error, and what lies outside the dose grid.
    by_model : tuple of (str, float)
        The value under each geometry model; empty if the value itself is open.
    unsaid : tuple of str
        Models under which it cannot be said.
    """

    low: float
    high: float
    by_model: ByModel = ()
    unsaid: tuple[str, ...] = ()


def interval_of(metric: Metric, subject: Subject, found: Value) -> Interval:
    """Return the interval of a value in the metric's unit.

    Parameters
    ----------
    metric : Metric
        What was measured.
    subject : Subject
        On what.
    found : Value
        The value under the subject's own model at full resolution.

    Notes
    -----
    Every model is measured at an eighth of the samples, the subject's own too. What another model
    differs from it there, it is taken to differ at full resolution: the error of the sampling is
    nearly the same for both and cancels. What the own model differs from itself at full resolution
    is the error of the coarser sampling; a share of it is that of the finer.
    """
    if not metric.needs & (Needs.DOSE | Needs.SOLID):
        return Interval(found.low, found.high)
    values: dict[GeometryModel, Value] = {}
    unsaid = []
    for model, coarse in subject.under_each_model().items():
        try:
            values[model] = metric.measure(coarse)
        except CannotSay:
            unsaid.append(str(model))
    own = values.get(subject.model)
    if own is None:
        return Interval(found.low, found.high, unsaid=tuple(map(str, GeometryModel)))
    error = SAMPLING_SHARE * max(abs(own.low - found.low), abs(own.high - found.high))
    low = found.low + min(v.low - own.low for v in values.values()) - error
    high = found.high + max(v.high - own.high for v in values.values()) + error
    least, greatest = metric.range
    by_model: list[tuple[str, float]] = []
    if found.value is not None and own.value is not None:
        by_model = [
            (str(model), min(max(found.value + v.value - own.value, least), greatest))
            for model, v in values.items()
            if v.value is not None
        ]
    return Interval(
        max(low, min(least, found.low)),
        min(high, max(greatest, found.high)),
        tuple(by_model),
        tuple(unsaid),
    )
