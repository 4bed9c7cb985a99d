"""What the numbers of stored DVHs mean, found from the numbers themselves.

The standard says neither where in its bin a volume of a cumulative DVH stands, nor do systems keep
to it in the unit of mean, minimum and maximum. But the stated mean is the mean of the curve, and
all curves of one file follow one convention: the one that makes most of them agree is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.plan import StoredDvh
from rtcheck.plan.arrays import median

VOLUME_AT = {0.0: "left edge", 0.5: "centre", 1.0: "right edge"}
"""Where in its bin a volume stands, as a share of the bin's width."""

_NOTHING = 1e-9
"""Share of the volume that is rounding, not tissue."""


@dataclass(frozen=True, eq=False)
class Curve:
    """One stored DVH as cumulative volumes, its convention still open.

    Parameters
    ----------
    roi_number : int
        The ROI.
    dvh_type, volume_unit : str
        See `StoredDvh`.
    width_gy, volume : ndarray
        Bin widths in Gy, and volumes that never rise.
    minimum, mean, maximum : float or None
        As stated, in a unit still unknown.
    """

    roi_number: int
    dvh_type: str
    volume_unit: str
    width_gy: NDArray[np.float64]
    volume: NDArray[np.float64]
    minimum: float | None
    mean: float | None
    maximum: float | None

    @property
    def bin_gy(self) -> float:
        """Return the usual bin width in Gy; a first bin may be wider, up to the least dose."""
        return median(self.width_gy[self.width_gy > 0])

    def doses_gy(self, share: float) -> NDArray[np.float64]:
        """Return the doses at which the volumes stand, and the dose nothing exceeds."""
        at = np.cumsum(self.width_gy) - (1 - share) * self.width_gy
        return np.append(at, at[-1] + self.width_gy[-1])

    def mean_gy(self, share: float) -> float:
        """Return the mean dose of the curve in Gy."""
        dose = self.doses_gy(share)
        steps = -np.diff(np.append(self.volume, 0.0))
        return float(steps @ (dose[1:] + dose[:-1]) / 2 / self.volume[0])

    def extent_gy(self, share: float) -> tuple[float, float]:
        """Return the least and the greatest dose of the curve in Gy."""
        dose = self.doses_gy(share)
        some = self.volume > _NOTHING * self.volume[0]
        whole = self.volume >= (1 - _NOTHING) * self.volume[0]
        return float(dose[whole.sum() - 1]), float(dose[some.sum()])

    def same_as(self, other: Curve) -> bool:
        """Return whether another curve holds the same numbers."""
        return np.array_equal(self.width_gy, other.width_gy) and np.array_equal(
            self.volume, other.volume
        )


@dataclass(frozen=True)
class Conventions:
    """How the stored DVHs of one file are read.

    Parameters
    ----------
    share : float
        Where in its bin a volume of a cumulative DVH stands; a key of `VOLUME_AT`.
    factor : float or None
        Gy of one unit of the stated mean, minimum and maximum; None if no unit fits.
    unit : str
        That unit in words.
    """

    share: float
    factor: float | None
    unit: str

    @property
    def in_words(self) -> str:
        """Return the convention as text to print."""
        stated = f"mean, minimum and maximum stated in {self.unit}" if self.unit else ""
        edge = f"a volume stands at the {VOLUME_AT[self.share]} of its bin"
        return "; ".join(filter(None, (stated, edge)))

    def share_of(self, curve: Curve) -> float:
        """Return where in its bin a volume stands: of a differential DVH, there is no doubt."""
        return 0.0 if curve.dvh_type == "DIFFERENTIAL" else self.share

    def stated_gy(self, curve: Curve) -> tuple[float | None, float | None, float | None]:
        """Return minimum, mean and maximum in Gy, each only if it can be that of the curve."""
        share = self.share_of(curve)
        low, high = curve.extent_gy(share)
        pairs = (
            (curve.minimum, low),
            (curve.mean, curve.mean_gy(share)),
            (curve.maximum, high),
        )
        slack = 2 * curve.bin_gy

        def usable(stated: float | None, own: float) -> float | None:
            if stated is None or self.factor is None:
                return None
            gy = stated * self.factor
            return gy if abs(gy - own) <= slack + 0.05 * own else None

        least, mean, most = (usable(*pair) for pair in pairs)
        return least, mean, most

    def leaves_out(self, curve: Curve) -> bool:
        """Return whether something stated of the curve is not used."""
        stated = (curve.minimum, curve.mean, curve.maximum)
        return any(
            said is not None and used is None
            for said, used in zip(stated, self.stated_gy(curve), strict=True)
        )

    def cuts_off(self, curve: Curve) -> bool:
        """Return whether a curve begins above the least dose, so that its first volume is no total.

        Where volumes stand at the centre of their bin, what has less than half a bin is in none.
        """
        first = curve.doses_gy(self.share_of(curve))[0]
        least = self.stated_gy(curve)[0]
        return least is not None and least < first

    def applied_to(self, curve: Curve) -> StoredDvh:
        """Return a curve in Gy."""
        share = self.share_of(curve)
        least, mean, most = self.stated_gy(curve)
        return StoredDvh(
            curve.roi_number,
            curve.doses_gy(share),
            np.append(curve.volume, 0.0),
            curve.volume_unit,
            curve.bin_gy,
            least,
            mean,
            most,
            curve.dvh_type,
            VOLUME_AT[share],
        )


def settle(curves: Sequence[Curve], references_gy: Sequence[float]) -> Conventions:
    """Return the convention with which most curves agree with what is stated of them.

    Parameters
    ----------
    curves : sequence of Curve
        Of one file.
    references_gy : sequence of float
        Doses in Gy that the stated ones may be percentages of.
    """
    units = {1.0: "Gy", 0.01: "cGy"}
    for gy in references_gy:
        units.setdefault(gy / 100, f"percent of {gy:g} Gy")

    def deviation(curve: Curve, factor: float, share: float) -> float:
        """Return by how many tolerances the stated mean, or else maximum, misses the curve."""
        share = 0.0 if curve.dvh_type == "DIFFERENTIAL" else share
        stated, own = curve.mean, curve.mean_gy(share)
        if stated is None:
            stated, own = curve.maximum, curve.extent_gy(share)[1]
        return np.inf if stated is None else abs(stated * factor - own) / tolerance(curve, own)

    def tolerance(curve: Curve, own: float) -> float:
        return curve.bin_gy + 0.01 * own

    fits = {
        factor: sum(min(deviation(c, factor, share) for share in VOLUME_AT) <= 1 for c in curves)
        for factor in units
    }
    factor = max(fits, key=fits.__getitem__, default=1.0)
    if not fits.get(factor):
        return Conventions(0.0, None, "")
    cumulative = [c for c in curves if c.dvh_type == "CUMULATIVE" and c.mean is not None]

    def misses(share: float) -> float:
        # What misses under every convention, such as a curve cut off at the grid, tells nothing.
        return sum(min(deviation(c, factor, share), 1.0) for c in cumulative)

    return Conventions(min(VOLUME_AT, key=misses), factor, units[factor])
