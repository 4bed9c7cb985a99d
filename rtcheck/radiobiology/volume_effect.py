"""Generalised equivalent uniform dose, and the Lyman-Kutcher-Burman NTCP."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from rtcheck.errors import UnitError


def geud_gy(dose_gy: ArrayLike, volume: ArrayLike, a: float) -> float:
    """Return the generalised equivalent uniform dose in Gy.

    Parameters
    ----------
    dose_gy : array_like of shape (n,)
        Dose of each part in Gy.
    volume : array_like of shape (n,)
        Volume of each part; any unit, only the shares count.
    a : float
        Volume parameter: 1 is the mean, large is the maximum, negative for targets.

    Raises
    ------
    UnitError
        If `a` is 0 or not finite, or no volume is given.

    Notes
    -----
    ``gEUD = (sum v_i D_i^a)^(1/a)``. For negative `a` any part at 0 Gy makes it 0. Computed
    relative to the largest (for negative `a`: smallest) dose, so that it cannot overflow.

    References
    ----------
    Niemierko A. Med Phys 1999;26:1100.

    Examples
    --------
    >>> geud_gy([10.0, 30.0], [1.0, 1.0], 1)
    20.0
    """
    if not math.isfinite(a) or a == 0:
        raise UnitError(f"gEUD with a = {a}", expected="a finite number other than 0")
    dose = np.asarray(dose_gy, dtype=np.float64)
    share = np.asarray(volume, dtype=np.float64)
    if not share.sum() > 0:
        raise UnitError("gEUD of no volume")
    scale = float(dose.max() if a > 0 else dose.min())
    if scale <= 0:
        return 0.0
    mean = float(np.average((dose / scale) ** a, weights=share))
    return float(scale * mean ** (1.0 / a))


def lkb_ntcp_fraction(geud: float, td50_gy: float, m: float) -> float:
    """Return the Lyman-Kutcher-Burman complication probability as a fraction (0–1).

    Parameters
    ----------
    geud : float
        gEUD of the organ in Gy, with ``a = 1/n``.
    td50_gy : float
        Uniform whole-organ dose of 50 % complications, in Gy.
    m : float
        Slope parameter.

    Raises
    ------
    UnitError
        If `td50_gy` or `m` is not a positive finite number.

    References
    ----------
    Lyman JT. Radiat Res 1985;104:S13–S19. Kutcher GJ, Burman C. IJROBP 1989;16:1623–1630.

    Examples
    --------
    >>> lkb_ntcp_fraction(40.0, 40.0, 0.2)
    0.5
    """
    if not (0 < td50_gy < math.inf and 0 < m < math.inf):
        raise UnitError(f"TD50 of {td50_gy} Gy with m = {m}", expected="positive numbers")
    t = (geud - td50_gy) / (m * td50_gy)
    return 0.5 * (1.0 + math.erf(t / math.sqrt(2.0)))
