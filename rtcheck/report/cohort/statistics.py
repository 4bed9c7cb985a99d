"""Statistics of shares and of values: Wilson's interval, quartiles, Tukey's fences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_Z = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""

FENCE = 3.0
"""How many times the middle half's width an outlier lies outside it: Tukey's far-out values."""


@dataclass(frozen=True)
class Share:
    """How many of how many, with Wilson's 95 % score interval.

    Parameters
    ----------
    kept, of : int
        Counts.

    Examples
    --------
    >>> share = Share(9, 10)
    >>> f"{share.low:.4f} {share.high:.4f}"
    '0.5958 0.9821'
    """

    kept: int
    of: int

    @property
    def fraction(self) -> float | None:
        """Return the share; None of nothing."""
        return self.kept / self.of if self.of else None

    @property
    def low(self) -> float:
        """Return the lower end of the interval; 0 of nothing."""
        return self._ends()[0]

    @property
    def high(self) -> float:
        """Return the upper end of the interval; 1 of nothing."""
        return self._ends()[1]

    def _ends(self) -> tuple[float, float]:
        if not self.of:
            return 0.0, 1.0
        n, p, zz = self.of, self.kept / self.of, _Z * _Z
        middle = (p + zz / (2 * n)) / (1 + zz / n)
        half = _Z / (1 + zz / n) * math.sqrt(p * (1 - p) / n + zz / (4 * n * n))
        # Of none and of all, one end is the share itself, but for rounding.
        low = 0.0 if self.kept == 0 else middle - half
        return low, 1.0 if self.kept == n else middle + half

    def __str__(self) -> str:
        if self.fraction is None:
            return "none of 0"
        ends = f"{100 * self.low:.1f} to {100 * self.high:.1f} %"
        return f"{self.kept} of {self.of} ({100 * self.fraction:.1f} %, 95 % interval {ends})"


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of ascending values, linear between them.

    Examples
    --------
    >>> quantile([1.0, 2.0, 3.0, 4.0], 0.25)
    1.75
    """
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def fences(values: Sequence[float]) -> tuple[float, float]:
    """Return the least and greatest value that is no outlier; none is one if half are equal.

    Examples
    --------
    >>> fences([1.0, 2.0, 3.0, 4.0, 5.0])
    (-4.0, 10.0)
    """
    ordered = sorted(values)
    low, high = quantile(ordered, 0.25), quantile(ordered, 0.75)
    if high <= low:
        return -math.inf, math.inf
    return low - FENCE * (high - low), high + FENCE * (high - low)
