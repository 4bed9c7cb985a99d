"""The DVHs of a role over all plans: median and quartiles of the volume at each dose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Population:
    """Median and quartiles of the volume, in percent, that has at least a dose.

    Parameters
    ----------
    role : str
        The structure's role.
    curves, plans : int
        How many curves of how many plans; a role may have several ROIs in one.
    dose_gy : ndarray
        Doses, ascending.
    lower_percent, median_percent, upper_percent : ndarray
        Quartiles of the volume at each dose, over the curves: none of them is one plan's curve.
    """

    role: str
    curves: int
    plans: int
    dose_gy: NDArray[np.float64]
    lower_percent: NDArray[np.float64]
    median_percent: NDArray[np.float64]
    upper_percent: NDArray[np.float64]


def populations_of(rows: Iterable[Mapping[str, str]]) -> list[Population]:
    """Return the population of each role, the most frequent first."""
    curves: dict[str, list[NDArray[np.float32]]] = {}
    plans: dict[str, set[str]] = {}
    step_gy = 1.0
    for row in rows:
        points = np.array(row["volume_percent"].split(), dtype=np.float32)
        if points.size:
            curves.setdefault(row["role"], []).append(points)
            plans.setdefault(row["role"], set()).add(row["plan"])
            step_gy = float(row["step_gy"])
    found = [_population(role, curves[role], len(plans[role]), step_gy) for role in curves]
    return sorted(found, key=lambda p: (-p.plans, p.role))


def _population(
    role: str, curves: list[NDArray[np.float32]], plans: int, step_gy: float
) -> Population:
    # Beyond its greatest dose a structure has no volume left.
    table = np.zeros((len(curves), max(map(len, curves)) + 1), dtype=np.float32)
    for row, points in zip(table, curves, strict=True):
        row[: len(points)] = points
    quartiles = np.percentile(table, [25, 50, 75], axis=0)
    lower, median, upper = (np.asarray(q, dtype=np.float64) for q in quartiles)
    doses = np.arange(table.shape[1], dtype=np.float64) * step_gy
    return Population(role, len(curves), plans, doses, lower, median, upper)
