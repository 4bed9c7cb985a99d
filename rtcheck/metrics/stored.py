"""A metric measured on a histogram of another system, with the same arithmetic as on rtcheck's."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from rtcheck.dvh import Dvh
from rtcheck.dvh.binned import binned_dvh
from rtcheck.errors import CannotSay, Reason
from rtcheck.geometry import Solid
from rtcheck.geometry.expression import Expression
from rtcheck.metrics.base import Metric, Needs, Value
from rtcheck.metrics.bench import Bench
from rtcheck.metrics.dose_at_volume import DoseAtVolume
from rtcheck.metrics.size import Volume
from rtcheck.metrics.subject import BenchSubject
from rtcheck.metrics.volume_at_dose import VolumeAtDose
from rtcheck.plan import Plan, StoredDvh
from rtcheck.units import Dimension, dimension_of


@dataclass(eq=False)
class HistogramBench(Bench):
    """A bench on which nothing lies but one histogram: no shape, and no dose in space.

    Parameters
    ----------
    histogram : Dvh
        The histogram.
    """

    histogram: Dvh | None = field(default=None, repr=False)

    def solid(self, tree: Expression) -> Solid:
        raise CannotSay(Reason.UNDEFINED, "a histogram has no shape")

    def dvh(self, tree: Expression) -> Dvh:
        if self.histogram is None:
            raise CannotSay(Reason.NO_DOSE)
        return self.histogram


@dataclass(frozen=True, eq=False)
class StoredCurve:
    """A stored histogram, ready to be measured.

    Parameters
    ----------
    stored : StoredDvh
        The histogram.
    plan : Plan
        The plan it is of.
    """

    stored: StoredDvh
    plan: Plan

    @cached_property
    def _benches(self) -> list[HistogramBench]:
        """Return the histogram as it is, and one bin of dose to either side."""
        bin_gy, no_dose = self.stored.bin_width_gy, replace(self.plan, dose=None)
        return [
            HistogramBench(no_dose, histogram=binned_dvh(self.stored, shift_gy))
            for shift_gy in (0.0, -bin_gy, bin_gy)
        ]

    def measure(self, metric: Metric, subject: BenchSubject) -> Value:
        """Return a metric, its bounds one bin of dose to either side.

        Parameters
        ----------
        metric : Metric
            What is measured.
        subject : BenchSubject
            Says which kind of dose, and which prescription; its own shape and histogram are not
            looked at.

        Raises
        ------
        CannotSay
            If a histogram does not say it: what needs a shape, or the absolute volume where only
            percentages are stored.
        """
        if self.stored.volume_unit == "%" and is_absolute(metric):
            raise CannotSay(Reason.UNDEFINED, "the histogram is in percent of a volume not stated")
        if isinstance(metric, Volume):
            return Value.exactly(self.stored.total)
        if Needs.DOSE not in metric.needs:
            raise CannotSay(Reason.UNDEFINED, "a histogram does not say it")
        found = [metric.measure(replace(subject, bench=bench)) for bench in self._benches]
        ends = [end for value in found for end in (value.low, value.high)]
        return Value(found[0].value, min(ends), max(ends))


def is_absolute(metric: Metric) -> bool:
    """Return whether a metric needs the volume in cm3."""
    if isinstance(metric, DoseAtVolume):
        return metric.volume.dimension is Dimension.VOLUME
    return isinstance(metric, Volume | VolumeAtDose) and (
        dimension_of(metric.unit) is Dimension.VOLUME
    )
