"""When two engines differ: the tolerances of decision 0012."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from rtcheck.metrics.base import Metric, Needs, Value
from rtcheck.metrics.measurement import Measurement
from rtcheck.metrics.size import Volume
from rtcheck.metrics.subject import BenchSubject
from rtcheck.metrics.volume_at_dose import VolumeAtDose
from rtcheck.plan import Plan
from rtcheck.units import Dimension, dimension_of, from_inside

OF_DOSE, OF_LARGEST_DOSE = 0.02, 0.01
"""A dose differs beyond this share of itself, and of the largest dose of the plan."""
OF_STRUCTURE, LEAST_CM3, LEAST_OF_SHARE_CM3 = 0.02, 0.5, 0.1
"""A volume at dose differs beyond this share of the structure, and this volume; as share, that."""
OF_VOLUME = 0.05
"""The structure's own volume differs beyond this share of it, and `LEAST_CM3`."""
OF_INDEX = 0.05
"""An index without a unit differs beyond this share of itself, and this number."""


@dataclass(frozen=True, eq=False)
class Tolerance:
    """How far two engines may lie apart on one plan before it is said.

    Parameters
    ----------
    plan : Plan
        The plan.
    """

    plan: Plan

    def differ(
        self, ours: Measurement, theirs: Value, metric: Metric, subject: BenchSubject
    ) -> bool:
        """Return whether two intervals lie further apart than the tolerance.

        Parameters
        ----------
        ours : Measurement
            With its interval.
        theirs : Value
            With what one bin of its histogram leaves open.
        metric : Metric
            What was measured.
        subject : BenchSubject
            The structure. Where it leaves the dose grid, the others measure another thing.
        """
        if ours.low is None or ours.high is None:
            return False
        gap = max(ours.low - theirs.high, theirs.low - ours.high)
        if gap <= 0 or (Needs.DOSE in metric.needs and subject.dvh().outside_cm3 > 0):
            return False
        largest = max(abs(v) for v in (ours.low, ours.high, theirs.low, theirs.high))
        return gap > self._allowed(largest, metric, subject)

    def _allowed(self, largest: float, metric: Metric, subject: BenchSubject) -> float:
        """Return the tolerance in the metric's unit."""
        if isinstance(metric, Volume):
            return max(OF_VOLUME * largest, LEAST_CM3)
        if isinstance(metric, VolumeAtDose):
            total_cm3 = subject.dvh().total_cm3
            if dimension_of(metric.unit) is Dimension.PERCENT:
                return 100 * max(OF_STRUCTURE, LEAST_OF_SHARE_CM3 / total_cm3)
            return max(OF_STRUCTURE * total_cm3, LEAST_CM3)
        if metric.unit == "":
            return max(OF_INDEX * largest, OF_INDEX)
        of_largest = OF_LARGEST_DOSE * self._largest_dose_gy
        if dimension_of(metric.unit) is Dimension.PERCENT:
            of_largest *= 100 / subject.prescription().dose_gy
        else:
            of_largest = from_inside(of_largest, metric.unit)
        return max(OF_DOSE * largest, of_largest)

    def other_volume(self, low_cm3: float, high_cm3: float, theirs_cm3: float) -> bool:
        """Return whether another system's volume is not that of this structure."""
        gap = max(low_cm3 - theirs_cm3, theirs_cm3 - high_cm3)
        return gap > max(OF_VOLUME * high_cm3, LEAST_CM3)

    @cached_property
    def _largest_dose_gy(self) -> float:
        return 0.0 if self.plan.dose is None else float(self.plan.dose.dose_gy.max())
