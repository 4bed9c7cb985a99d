"""The error of a histogram's sampling, estimated from a coarser one of the same solid."""

from __future__ import annotations

from rtcheck.dvh.record import Dvh

GOOD_ENOUGH = 0.002
"""Estimated error, as a share of the volume and of the plan's largest dose, to be content with."""

ORDER_SHARE, SAMPLING_SHARE = 1 / 3, 0.5
"""Share of the difference to an eighth of the samples that is the error, and that is allowed for.

The error goes with the square of the sample distance: that of the eighth is four times as large.
"""


def sampling_error(fine: Dvh, coarse: Dvh, largest_gy: float) -> float:
    """Return the estimated error of a histogram's volume, doses and volumes at dose, as a share.

    Parameters
    ----------
    fine, coarse : Dvh
        The same solid, the second with an eighth of the samples.
    largest_gy : float
        What an error in dose is a share of, in Gy.
    """
    if not (len(fine.dose_gy) and len(coarse.dose_gy)):
        return 0.0
    errors = [coarse.total_cm3 / fine.total_cm3 - 1]
    if largest_gy > 0:
        errors.append((coarse.mean_gy - fine.mean_gy) / largest_gy)
        for share in (0.98, 0.95, 0.5, 0.05, 0.02):
            there, here = (d.dose_at_volume_gy(share * d.known_cm3) for d in (coarse, fine))
            errors.append((there - here) / largest_gy)
    return ORDER_SHARE * max(map(abs, errors))
