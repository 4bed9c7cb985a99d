"""The interval of a value: what the geometry models make of it, and the error of its sampling."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from rtcheck.dvh.sampling_error import SAMPLING_SHARE
from rtcheck.errors import CannotSay
from rtcheck.geometry import GEOMETRY_MODELS
from rtcheck.geometry.stack import BOUND_ENDS
from rtcheck.metrics.base import Metric, Needs, Subject, Value
from rtcheck.metrics.variants import BENT, FINEST_VOLUME, HIGHER, LOWER
from rtcheck.units import Dimension, dimension_of

BETWEEN_MORE = 1.5
"""The true shape between contours may differ from the models by half as much again."""

ENDS_MORE = 1.1
"""The same for where a body ends; the bounds of that are nearly all there can be."""

BEND_MORE = 2.0
"""A dose may bend between grid points by twice what its neighbours say: they cut corners too."""

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
        Models, and bounds of the ends, under which it cannot be said.
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
    Every variant is measured at an eighth of the samples, the subject's own model too. What another
    differs from it there, it is taken to differ at full resolution: the error of the sampling is
    nearly the same for both and cancels. What the own model differs from itself at full resolution
    is the error of the coarser sampling; a share of it is that of the finer.

    Four sources are taken as independent and added as squares: the geometry (models, and where the
    body ends), the bend of the dose between grid points, the finest that is claimed of a dose, and
    the sampling. The factors are those with which closed forms lie within: see decision 0015.
    """
    if not metric.needs & (Needs.DOSE | Needs.SOLID):
        return Interval(found.low, found.high)
    values: dict[str, Value] = {}
    unsaid = []
    of_dose = Needs.DOSE in metric.needs
    for name, coarse in subject.variants().items():
        if name in (BENT, LOWER, HIGHER) and not of_dose:
            continue
        if name in BOUND_ENDS and not metric.hangs_on_ends:
            continue
        try:
            values[name] = metric.measure(coarse)
        except CannotSay:
            unsaid.append(name)
    own = values.get(subject.model)
    if own is None:
        return Interval(found.low, found.high, unsaid=tuple(GEOMETRY_MODELS))

    is_volume = dimension_of(metric.unit) is Dimension.VOLUME

    def beyond(end: Callable[[Value], float], sign: float) -> float:
        others = {name: end(value) for name, value in values.items()}
        finest = FINEST_VOLUME * abs(end(found)) if is_volume else 0.0
        return reach(end(found), end(own), others, sign, finest)

    low = found.low - beyond(lambda v: v.low, -1.0)
    high = found.high + beyond(lambda v: v.high, 1.0)
    least, greatest = metric.range
    by_model: list[tuple[str, float]] = []
    if found.value is not None and own.value is not None:
        by_model = [
            (name, min(max(found.value + v.value - own.value, least), greatest))
            for name, v in values.items()
            if v.value is not None and name in GEOMETRY_MODELS
        ]
    return Interval(
        max(low, min(least, found.low)),
        min(high, max(greatest, found.high)),
        tuple(by_model),
        tuple(unsaid),
    )


def reach(
    found: float, own: float, others: Mapping[str, float], sign: float, finest: float = 0.0
) -> float:
    """Return how far a value may lie on one side, all sources taken as independent.

    Parameters
    ----------
    found : float
        The value at full resolution.
    own : float
        The same coarsely.
    others : mapping of str to float
        The same coarsely, under each variant.
    sign : float
        1 for how far above, -1 for how far below.
    finest : float
        The finest that is claimed of the sampling.
    """

    def beyond(names: Iterable[str]) -> float:
        return max([0.0, *(sign * (others[name] - own) for name in names if name in others)])

    return math.hypot(
        max(BETWEEN_MORE * beyond(GEOMETRY_MODELS), ENDS_MORE * beyond(BOUND_ENDS)),
        BEND_MORE * beyond([BENT]),
        beyond([LOWER, HIGHER]),
        max(SAMPLING_SHARE * abs(own - found), finest),
    )
