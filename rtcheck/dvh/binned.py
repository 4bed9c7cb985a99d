"""A binned histogram, of another system, as the same record as rtcheck's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rtcheck.dvh.record import Dvh
from rtcheck.plan import StoredDvh

PARTS = 4
"""Samples a bin: in between, its volume lies evenly."""


@dataclass(frozen=True, eq=False)
class BinnedDvh(Dvh):
    """A histogram whose mean may have been stated more exactly than its bins can tell.

    Parameters
    ----------
    stated_mean_gy : float, optional
        The mean dose in Gy.
    """

    stated_mean_gy: float | None = None

    @property
    def mean_gy(self) -> float:
        """Return the mean dose in Gy."""
        return super().mean_gy if self.stated_mean_gy is None else self.stated_mean_gy


def binned_dvh(stored: StoredDvh, shift_gy: float = 0.0) -> BinnedDvh:
    """Return a stored histogram as a Dvh (Gy, and cm3 or percent of the volume).

    Parameters
    ----------
    stored : StoredDvh
        The histogram.
    shift_gy : float
        Is added to every dose: by one bin, what the histogram cannot tell apart.

    Examples
    --------
    >>> stored = StoredDvh(1, np.array([0.0, 1.0, 2.0]), np.array([8.0, 8.0, 0.0]), "cm3", 1.0)
    >>> dvh = binned_dvh(stored)
    >>> dvh.total_cm3, dvh.mean_gy, dvh.dose_at_volume_gy(4.0), dvh.minimum_gy
    (8.0, 1.5, 1.5, 1.0)
    """
    left, right = stored.dose_gy[:-1], stored.dose_gy[1:]
    volume = -np.diff(stored.volume)
    some = volume > 0
    share = (np.arange(PARTS) + 0.5) / PARTS
    dose = np.add.outer(left[some], 0 * share) + np.multiply.outer((right - left)[some], share)
    ends = (
        float(left[some][0]) if stored.min_gy is None else stored.min_gy,
        float(right[some][-1]) if stored.max_gy is None else stored.max_gy,
    )

    def shifted(gy: float) -> float:
        return max(gy + shift_gy, 0.0)

    return BinnedDvh(
        np.maximum(np.clip(dose.ravel(), *ends) + shift_gy, 0.0),
        np.repeat(volume[some] / PARTS, PARTS),
        min_gy=shifted(ends[0]),
        max_gy=shifted(ends[1]),
        stated_mean_gy=None if stored.mean_gy is None else shifted(stored.mean_gy),
    )
