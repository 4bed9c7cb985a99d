"""The linear-quadratic model without a time factor: BED and equivalent doses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import UnitError

Dose = TypeVar("Dose", float, NDArray[np.float64])


def _check(**positive: float) -> None:
    for name, value in positive.items():
        if not 0 < value < math.inf:
            raise UnitError(f"{name} of {value}", expected="a positive number")


def bed_gy(dose_gy: Dose, fractions: float, alpha_beta_gy: float) -> Dose:
    """Return the biologically effective dose in Gy.

    Parameters
    ----------
    dose_gy : float or ndarray
        Total dose in Gy, given in equal fractions. An array is taken voxel by voxel, each with
        its own dose per fraction.
    fractions : float
        Number of fractions.
    alpha_beta_gy : float
        The ratio alpha/beta in Gy.

    Raises
    ------
    UnitError
        If `fractions` or `alpha_beta_gy` is not positive.

    Notes
    -----
    ``BED = D (1 + (D / n) / (alpha/beta))``; no correction for overall time.

    References
    ----------
    Fowler JF. Br J Radiol 1989;62:679–694.

    Examples
    --------
    60 Gy in 2 Gy fractions, alpha/beta 10: 60 × 1.2.

    >>> bed_gy(60.0, 30, 10.0)
    72.0
    """
    _check(fractions=fractions, alpha_beta_gy=alpha_beta_gy)
    return dose_gy * (1.0 + dose_gy / fractions / alpha_beta_gy)


def eqdx_gy(
    dose_gy: Dose, fractions: float, alpha_beta_gy: float, dose_per_fraction_gy: float = 2.0
) -> Dose:
    """Return the dose in Gy that has the same effect in fractions of another size (EQD2: 2 Gy).

    Parameters
    ----------
    dose_gy : float or ndarray
        Total dose in Gy.
    fractions : float
        Number of fractions.
    alpha_beta_gy : float
        The ratio alpha/beta in Gy.
    dose_per_fraction_gy : float
        The reference fraction size in Gy.

    Raises
    ------
    UnitError
        If a parameter is not positive.

    Notes
    -----
    ``EQDx = BED / (1 + x / (alpha/beta)) = D (d + alpha/beta) / (x + alpha/beta)``.

    Examples
    --------
    30 Gy in 6 Gy fractions, alpha/beta 10, as 1.8 Gy fractions: 30 × 16 / 11.8.

    >>> round(eqdx_gy(30.0, 5, 10.0, 1.8), 2)
    40.68
    """
    _check(dose_per_fraction_gy=dose_per_fraction_gy)
    return bed_gy(dose_gy, fractions, alpha_beta_gy) / (1.0 + dose_per_fraction_gy / alpha_beta_gy)


@dataclass(frozen=True)
class ConventionalEquivalent:
    """An equivalent dose rounded to whole fractions of a conventional size.

    Parameters
    ----------
    eqd_gy : float
        The equivalent dose before rounding, in Gy.
    fractions : int
        The nearest whole number of fractions.
    dose_gy : float
        ``fractions`` times the fraction size, in Gy.
    """

    eqd_gy: float
    fractions: int
    dose_gy: float


def conventional_equivalent(
    dose_gy: float, fractions: float, alpha_beta_gy: float, dose_per_fraction_gy: float = 1.8
) -> ConventionalEquivalent:
    """Return the conventional schedule of equal effect, in whole fractions.

    Parameters
    ----------
    dose_gy : float
        Total dose in Gy.
    fractions : float
        Number of fractions it is given in.
    alpha_beta_gy : float
        The ratio alpha/beta in Gy.
    dose_per_fraction_gy : float
        The conventional fraction size in Gy.

    Raises
    ------
    UnitError
        If a parameter is not positive.

    Notes
    -----
    The number of fractions is rounded to the nearest whole number, a half upwards.

    Examples
    --------
    58.42 Gy in 2.54 Gy fractions: 58.42 × 12.54 / 11.8 = 62.08 Gy, that is 34.5, so 34 fractions.

    >>> e = conventional_equivalent(58.42, 23, 10.0)
    >>> round(e.eqd_gy, 2), e.fractions, round(e.dose_gy, 1)
    (62.08, 34, 61.2)
    """
    _check(dose_gy=dose_gy)
    eqd = eqdx_gy(dose_gy, fractions, alpha_beta_gy, dose_per_fraction_gy)
    # The small amount keeps a true half from falling to floating-point noise.
    whole = math.floor(eqd / dose_per_fraction_gy + 0.5 + 1e-9)
    return ConventionalEquivalent(eqd, whole, whole * dose_per_fraction_gy)
