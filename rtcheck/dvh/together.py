"""The samples of several solids, taken in one pass."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from rtcheck.dvh.compute import Collected
from rtcheck.dvh.curvature import bent_dose_gy
from rtcheck.dvh.trilinear import dose_at
from rtcheck.geometry import Solid, iter_samples
from rtcheck.geometry.lattice import Lattice
from rtcheck.geometry.sampling import Samples
from rtcheck.geometry.tower import STOREY_MM, Tower, storey_of
from rtcheck.plan import DoseGrid


class _Points:
    """The points of a group of slabs: samples, then points without volume that look for extremes.

    Those are on the surface, and the grid points inside.
    """

    def __init__(self, samples: Samples, nodes_mm: NDArray[np.float64]) -> None:
        more = np.concatenate([samples.surface_mm, nodes_mm[samples.are_inside(nodes_mm)]])
        inner = (samples.x_mm, samples.y_mm, samples.z_mm)
        x, y, z = (np.concatenate([own, also]) for own, also in zip(inner, more.T, strict=True))
        self.storey = storey_of(z)
        self.at_mm = np.stack([x, y, z - self.storey * STOREY_MM])
        self.volume_mm3 = np.concatenate([samples.volume_mm3, np.zeros(len(more))])
        self.is_cut = np.zeros(len(x), dtype=np.bool_)
        self.is_cut[samples.whole : len(samples.x_mm)] = True

    def by_storey(self) -> dict[int, NDArray[np.int64]]:
        """Return which of the points lie in each storey."""
        order = np.argsort(self.storey, kind="stable")
        first = np.flatnonzero(np.diff(self.storey[order], prepend=-1))
        stops = [*first[1:].tolist(), len(order)]
        return {
            int(self.storey[order[a]]): order[a:b]
            for a, b in zip(first.tolist(), stops, strict=True)
        }


def collect_together(
    parts: Sequence[tuple[Solid, Lattice]],
    dose: DoseGrid,
    nodes_mm: NDArray[np.float64],
    bent: Collection[int],
) -> tuple[list[Collected], dict[int, Collected]]:
    """Return the samples of each of several solids, and those of some of them in bent dose.

    Parameters
    ----------
    parts : sequence of (Solid, Lattice)
        The solids; their lattices have one pixel grid.
    dose : DoseGrid
        The dose.
    nodes_mm : ndarray of shape (k, 3)
        The grid points (x, y, z) that may be extremes.
    bent : collection of int
        Which of the solids are looked at in a dose that bends between grid points, too.
    """
    tower = Tower(parts)
    lifts = np.zeros((len(parts), 1, 3))
    lifts[:, 0, 2] = STOREY_MM * np.arange(len(parts))
    nodes = (nodes_mm + lifts).reshape(-1, 3)
    straight = [Collected(dose) for _ in parts]
    curved = {k: Collected(dose) for k in bent}
    for samples in iter_samples(tower, tower.lattice):
        points = _Points(samples, nodes)
        gy, inside = dose_at(dose, *points.at_mm)
        for k, rows in points.by_storey().items():
            own = (points.volume_mm3[rows], inside[rows], points.is_cut[rows])
            straight[k].take(gy[rows], *own)
            if k in curved:
                curved[k].take(bent_dose_gy(gy[rows], dose, *points.at_mm[:, rows]), *own)
    return straight, curved
