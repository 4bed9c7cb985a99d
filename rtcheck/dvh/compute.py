"""The histogram of a solid in a dose grid."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rtcheck.dvh.record import Dvh
from rtcheck.dvh.trilinear import dose_at
from rtcheck.errors import CannotSay, Reason
from rtcheck.geometry import Parts, iter_samples
from rtcheck.geometry.sampling import Samples
from rtcheck.plan import DoseGrid


@dataclass
class Collected:
    """Doses and volumes of samples on their way to a histogram.

    Parameters
    ----------
    dose : DoseGrid
        The dose; what lies outside of it is kept apart as unknown.
    """

    dose: DoseGrid
    extreme_nodes_mm: list[NDArray[np.float64]] = field(default_factory=list)
    doses_gy: list[NDArray[np.float64]] = field(default_factory=list)
    volumes_mm3: list[NDArray[np.float64]] = field(default_factory=list)
    low_gy: float = np.inf
    high_gy: float = -np.inf
    unknown_mm3: float = 0.0
    cut_mm3: float = 0.0

    def add(self, samples: Samples) -> None:
        """Take in samples, and look at the surface and at the grid points inside for extremes."""
        gy, inside = dose_at(self.dose, samples.x_mm, samples.y_mm, samples.z_mm)
        self.take(gy, samples.volume_mm3, inside, np.arange(len(gy)) >= samples.whole)
        at_surface, on_grid = dose_at(self.dose, *samples.surface_mm.T)
        self._look_at(at_surface[on_grid])
        nodes = self._nodes_beyond(samples.box_mm)
        if len(nodes):
            nodes = nodes[samples.are_inside(nodes)]
            gy, _ = dose_at(self.dose, *nodes.T)
            self._look_at(gy)
            if len(gy):
                self.extreme_nodes_mm += [nodes[[gy.argmin(), gy.argmax()]]]

    def take(
        self,
        gy: NDArray[np.float64],
        volume_mm3: NDArray[np.float64],
        inside: NDArray[np.bool_],
        is_cut: NDArray[np.bool_],
    ) -> None:
        """Take in points with their dose; those without volume only look for extremes.

        Parameters
        ----------
        gy, volume_mm3 : ndarray of shape (n,)
            Dose of each point and the volume it stands for.
        inside, is_cut : ndarray of bool, shape (n,)
            Whether it lies in the dose grid, and in a voxel that the surface cuts.
        """
        self._look_at(gy[inside])
        known = inside & (volume_mm3 > 0)
        self.doses_gy.append(gy[known])
        self.volumes_mm3.append(volume_mm3[known])
        self.unknown_mm3 += float(volume_mm3[~inside].sum())
        self.cut_mm3 += float(volume_mm3[is_cut].sum())

    def _look_at(self, gy: NDArray[np.float64]) -> None:
        if len(gy):
            self.low_gy = min(self.low_gy, float(gy.min()))
            self.high_gy = max(self.high_gy, float(gy.max()))

    def _nodes_beyond(self, box_mm: tuple[float, ...]) -> NDArray[np.float64]:
        """Return the grid points (x, y, z) in a box that would be a new extreme.

        What is linear between grid points has its extremes on them or on the surface: a single
        hot grid point may lie between samples.
        """
        axes = (self.dose.x_mm, self.dose.y_mm, self.dose.z_mm)
        x, y, z = (
            slice(int(np.searchsorted(axis, low)), int(np.searchsorted(axis, high, side="right")))
            for axis, low, high in zip(axes, box_mm[::2], box_mm[1::2], strict=True)
        )
        gy = self.dose.dose_gy[z, y, x]
        k, j, i = np.nonzero((gy < self.low_gy) | (gy > self.high_gy))
        return np.column_stack([axes[0][x][i], axes[1][y][j], axes[2][z][k]])

    def with_all_of(self, other: Collected) -> Collected:
        """Return these samples and others together."""
        return Collected(
            self.dose,
            self.extreme_nodes_mm + other.extreme_nodes_mm,
            self.doses_gy + other.doses_gy,
            self.volumes_mm3 + other.volumes_mm3,
            min(self.low_gy, other.low_gy),
            max(self.high_gy, other.high_gy),
            self.unknown_mm3 + other.unknown_mm3,
            self.cut_mm3 + other.cut_mm3,
        )

    def dvh(self, name: str) -> Dvh:
        """Return the histogram (Gy, cm3).

        Raises
        ------
        CannotSay
            If nothing was collected of the structure of that name.
        """
        known = np.concatenate(self.volumes_mm3 or [np.empty(0)]) / 1000.0
        unknown = self.unknown_mm3 / 1000.0
        total = float(known.sum()) + unknown
        if not total > 0:
            raise CannotSay(Reason.STRUCTURE_EMPTY, name)
        return Dvh(
            np.concatenate(self.doses_gy),
            known,
            self.low_gy if np.isfinite(self.low_gy) else None,
            self.high_gy if np.isfinite(self.high_gy) else None,
            unknown,
            self.dose.boundary_max_gy if unknown > 0 else 0.0,
            self.cut_mm3 / 1000.0 / total,
        )


def collect(parts: Parts, dose: DoseGrid) -> Collected:
    """Return the samples of a solid, with their doses.

    Trilinear dose at volume samples fitted to the solid's size. The extremes also look at points
    on the surface and at the grid points inside: trilinear dose has them there.

    Parameters
    ----------
    parts : Parts
        The parts of the solid and where they are sampled.
    dose : DoseGrid
        The dose.
    """
    collected = Collected(dose)
    for part, lattice in parts:
        for samples in iter_samples(part, lattice):
            collected.add(samples)
    return collected
