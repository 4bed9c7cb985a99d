"""The bounds of a whole dose-volume curve, for drawing."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from rtcheck.dvh import Dvh
from rtcheck.errors import CannotSay
from rtcheck.geometry.expression import Expression
from rtcheck.metrics.bench import Bench
from rtcheck.metrics.interval import reach

Doses = NDArray[np.float64]


def volume_band_percent(bench: Bench, tree: Expression, doses_gy: Doses) -> tuple[Doses, Doses]:
    """Return the least and the greatest volume in percent that may have each dose or more.

    Parameters
    ----------
    bench : Bench
        The plan.
    tree : Expression
        A resolved expression.
    doses_gy : ndarray of shape (n,)
        Doses in Gy.

    Raises
    ------
    CannotSay
        If there is no dose, or nothing of the structure.

    Notes
    -----
    Dose by dose the interval of ``V(d)[%]``, as `interval_of` has it.
    """
    found = _percent(bench.dvh(tree), doses_gy)
    variants: dict[str, tuple[Doses, Doses]] = {}
    for name, coarse in bench.coarse().items():
        with suppress(CannotSay):
            variants[name] = _percent(coarse.dvh(tree), doses_gy)
    own = variants.get(bench.model, found)
    sides = []
    for side, sign in ((0, -1.0), (1, 1.0)):
        beyond = [
            reach(here, there, {name: v[side][i] for name, v in variants.items()}, sign)
            for i, (here, there) in enumerate(zip(found[side], own[side], strict=True))
        ]
        sides.append(np.clip(found[side] + sign * np.array(beyond), 0.0, 100.0))
    return sides[0], sides[1]


def _percent(dvh: Dvh, doses_gy: Doses) -> tuple[Doses, Doses]:
    """Return the curve with what lies outside the dose grid at 0 Gy, and at its most."""
    least, most = (100 / dvh.total_cm3 * bound.curve_cm3(doses_gy) for bound in dvh.bounds)
    return least, most
