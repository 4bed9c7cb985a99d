"""Doses in and out of a metric: Gy, cGy, or percent of the named prescription."""

from __future__ import annotations

from dataclasses import replace

from rtcheck.metrics.base import Subject, Value
from rtcheck.units import Dimension, Quantity, from_inside

DOSE_UNITS = "Gy|cGy|%"
"""Units a dose may be asked in; % is of the named prescription."""


def dose_answer(value: Value, unit: str, subject: Subject) -> Value:
    """Return a value in Gy turned into `unit`."""

    def turn(gy: float) -> float:
        if unit == "%":
            return 100.0 * gy / subject.prescription().dose_gy
        return from_inside(gy, unit)

    return replace(
        value,
        value=None if value.value is None else turn(value.value),
        low=turn(value.low),
        high=turn(value.high),
    )


def dose_asked_gy(dose: Quantity, subject: Subject) -> float:
    """Return a dose in Gy that may have been written as percent of the named prescription."""
    if dose.dimension is Dimension.PERCENT:
        return dose.inside / 100.0 * subject.prescription().dose_gy
    return dose.inside
