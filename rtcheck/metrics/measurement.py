"""A metric measured on a structure: value, interval and unit, or the reason why not."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from rtcheck.errors import CannotSay, Reason
from rtcheck.metrics.base import Metric, Subject
from rtcheck.metrics.interval import ByModel, interval_of
from rtcheck.metrics.opinion import EngineValue
from rtcheck.units import Dimension, dimension_of, from_inside

DISAGREE_SHARE, DISAGREE_GY, DISAGREE_LEAST_GY = 0.02, 0.5, 0.05
"""Models disagree beyond this share of the value, or this dose; less than the last is nothing."""


@dataclass(frozen=True)
class Measurement:
    """A metric measured on a structure: value, bounds and unit, or the reason why not.

    Parameters
    ----------
    structure : str
        Structure or expression, as asked.
    metric : str
        Canonical notation.
    unit : str
        Unit of `value`, `low` and `high`.
    value : float or None
        None when it cannot be said.
    low, high : float or None
        Bounds of the value over geometry models, sampling error and everything unknown; None when
        nothing can be said.
    reason : Reason or None
        Why `value` is None.
    detail : str
        The reason with names and numbers.
    definition : str
        The definition used, where names differ in the field.
    text : str
        How to print the value when a plain number says too little.
    unknown_low, unknown_high : float or None
        Bounds over what lies outside the dose grid alone, the geometry taken as it is.
    by_model : tuple of (str, float)
        The value under each geometry model.
    unsaid : tuple of str
        Geometry models under which it cannot be said.
    tps_value : float or None
        What the planning system's own DVH says; None where it stored none that can be used.
    tps_differs : bool
        Whether that lies outside the tolerance of decision 0012.
    second_engine : EngineValue or None
        What a second engine says, where one was asked.
    """

    structure: str
    metric: str
    unit: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: Reason | None = None
    detail: str = ""
    definition: str = ""
    text: str = ""
    unknown_low: float | None = None
    unknown_high: float | None = None
    by_model: ByModel = ()
    unsaid: tuple[str, ...] = ()
    tps_value: float | None = None
    tps_differs: bool = False
    second_engine: EngineValue | None = None

    @property
    def models_disagree(self) -> bool:
        """Return whether the geometry models differ so much that a reader must know.

        By more than 2 % of the value or 0.5 Gy; of what is itself in percent, by 2 points.
        """
        values = [value for _, value in self.by_model]
        if not values or self.value is None:
            return bool(self.unsaid)
        apart = max(values) - min(values)
        if dimension_of(self.unit) is Dimension.DOSE:
            least, most = (from_inside(gy, self.unit) for gy in (DISAGREE_LEAST_GY, DISAGREE_GY))
            return apart > least and apart > min(DISAGREE_SHARE * abs(self.value), most)
        if self.unit == "%":
            return apart > 100 * DISAGREE_SHARE
        return apart > DISAGREE_SHARE * abs(self.value)


def measure(metric: Metric, subject: Subject, structure: str) -> Measurement:
    """Return the measurement of `metric` on `subject`; what cannot be said carries its reason."""
    unsaid = Measurement(structure, metric.text, metric.unit, definition=metric.definition)
    try:
        found = metric.measure(subject)
        if not all(math.isfinite(v) for v in (found.value or 0.0, found.low, found.high)):
            raise CannotSay(Reason.UNDEFINED, "the result is not a finite number")
    except CannotSay as why:
        return replace(unsaid, reason=why.reason, detail=why.detail)
    interval = interval_of(metric, subject, found)
    is_open = found.value is None
    return replace(
        unsaid,
        value=found.value,
        low=interval.low,
        high=interval.high,
        reason=Reason.DOSE_DOES_NOT_COVER if is_open else None,
        detail="the part outside the dose grid leaves it open" if is_open else "",
        text=found.text,
        unknown_low=found.low,
        unknown_high=found.high,
        by_model=interval.by_model,
        unsaid=interval.unsaid,
    )
