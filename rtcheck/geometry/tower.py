"""Several solids sampled in one go: each on a storey of its own, far above the one before.

What a solid becomes under seven geometry models are seven solids. Taken one by one most of the
time goes into calls on small arrays; in a tower they are sampled as if they were one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.distance import FAR_MM, Fields, PixelGrid
from rtcheck.geometry.lattice import Lattice
from rtcheck.geometry.solid import Solid

STOREY_MM = 1e6
"""Height of a storey: more than any coordinate, so that no two solids touch."""


class Tower:
    """Solids that share a pixel grid, each a storey higher than the one before.

    Parameters
    ----------
    parts : sequence of (Solid, Lattice)
        Solids and the lattices they are sampled on; all lattices have one pixel grid.

    Attributes
    ----------
    lattice : Lattice
        The slabs of all storeys, with an empty slab below and above each.
    """

    def __init__(self, parts: Sequence[tuple[Solid, Lattice]]) -> None:
        self.solids = [solid for solid, _ in parts]
        lattices = [lattice for _, lattice in parts]
        self.lattice = Lattice(
            lattices[0].grid,
            _with_gaps([lattice.z_mm + k * STOREY_MM for k, lattice in enumerate(lattices)]),
            _with_gaps([lattice.thickness_mm for lattice in lattices], thickness=True),
        )

    def field(self, at_mm: NDArray[np.float64], grid: PixelGrid) -> Fields:
        """Return the field (height, y, x) of the storeys that heights lie in."""
        field = np.full((len(at_mm), grid.ny, grid.nx), FAR_MM, dtype=np.float32)
        for k, rows in _by_storey(at_mm):
            field[rows] = self.solids[k].field(at_mm[rows] - k * STOREY_MM, grid)
        return field

    def exact_areas_mm2(self, at_mm: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return the area at heights, nan where it is not known better than by samples."""
        areas = np.full(len(at_mm), np.nan)
        for k, rows in _by_storey(at_mm):
            exact = self.solids[k].exact_areas_mm2(at_mm[rows] - k * STOREY_MM)
            if exact is not None:
                areas[rows] = exact
        return areas


def storey_of(z_mm: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the storey that heights in a tower lie in."""
    return np.asarray(np.rint(z_mm / STOREY_MM), dtype=np.int64)


def _by_storey(at_mm: NDArray[np.float64]) -> list[tuple[int, slice]]:
    """Return each storey with the rows of ascending heights that lie in it, gaps left out."""
    storey = storey_of(at_mm)
    gap = np.abs(at_mm - storey * STOREY_MM) > STOREY_MM / 4
    number = np.where(gap, -1, storey)
    first = np.flatnonzero(np.diff(number, prepend=-2))
    stops = np.append(first[1:], len(at_mm))
    return [
        (int(number[a]), slice(int(a), int(b)))
        for a, b in zip(first, stops, strict=True)
        if number[a] >= 0
    ]


def _with_gaps(
    storeys: Sequence[NDArray[np.float64]], *, thickness: bool = False
) -> NDArray[np.float64]:
    pieces: list[NDArray[np.float64]] = []
    for k, storey in enumerate(storeys):
        gap = np.array([1.0 if thickness else (k - 0.4) * STOREY_MM])
        pieces += [gap, storey]
    top = np.array([1.0 if thickness else (len(storeys) - 0.6) * STOREY_MM])
    return np.concatenate([*pieces, top])
