"""What is required: the tolerances, and why these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rtcheck.commission.figures import Group


@dataclass(frozen=True)
class Tolerance:
    """The largest mean, 95th percentile and worst of the absolute errors.

    Parameters
    ----------
    mean, p95, worst : float
        In the unit of the group.
    """

    mean: float
    p95: float
    worst: float


TOLERANCES: Mapping[Group, Tolerance] = {
    Group.DOSE: Tolerance(0.2, 1.2, 3.0),
    Group.EXTREME: Tolerance(0.7, 2.2, 11.0),
    Group.V: Tolerance(0.25, 1.1, 4.0),
    Group.VOLUME: Tolerance(0.6, 2.5, 6.0),
}
"""Better than a flawless engine that stacks prisms and interpolates the dose trilinearly."""

UNITS: Mapping[Group, str] = {
    Group.DOSE: "% of the prescription",
    Group.EXTREME: "% of the prescription",
    Group.V: "percentage points",
    Group.VOLUME: "% of the volume",
}

LEAST_COVERAGE_PERCENT = 98.0
"""How many of the true values must lie in their interval."""

PRISM_RELATIVE = 1e-6
"""A prism in a uniform dose has no shape and no field to guess: only rounding is left."""

ORIENTATION_GY = 0.005
"""The same patient and dose, stored another way: half of the last digit that is printed."""
