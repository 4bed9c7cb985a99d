"""The histogram of a solid in a dose grid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rtcheck.dvh.record import Dvh
from rtcheck.dvh.trilinear import dose_at
from rtcheck.errors import CannotSay, Reason
from rtcheck.geometry import Parts, iter_samples
from rtcheck.geometry.sampling import Nodes
from rtcheck.plan import DoseGrid

Axis = NDArray[np.float64]
Interpolation = Callable[
    [DoseGrid, Axis, Axis, Axis], tuple[NDArray[np.float64], NDArray[np.bool_]]
]
"""Takes a dose grid and points, returns the dose in Gy and whether each lies inside."""


def compute_dvh(parts: Parts, dose: DoseGrid, interpolate: Interpolation = dose_at) -> Dvh:
    """Return the dose-volume histogram of a solid (Gy, cm3).

    Parameters
    ----------
    parts : Parts
        The parts of the solid and where they are sampled.
    dose : DoseGrid
        The dose; what lies outside of it is kept apart as unknown.
    interpolate : callable
        Gives the dose between grid points.

    Raises
    ------
    CannotSay
        If the solid is empty.

    Notes
    -----
    Trilinear dose at volume samples fitted to the solid's size. The extremes also look at points
    on the surface and at the grid points inside: trilinear dose has them there.
    """
    doses, volumes, unknown, cut = [], [], 0.0, 0.0
    low, high = np.inf, -np.inf

    def beyond(*box: slice) -> NDArray[np.bool_]:
        """Return which grid points would be a new extreme."""
        gy = dose.dose_gy[box]
        return np.asarray((gy < low) | (gy > high))

    nodes = Nodes(dose.x_mm, dose.y_mm, dose.z_mm, beyond)
    for part, lattice in parts:
        for samples in iter_samples(part, lattice):
            gy, inside = interpolate(dose, samples.x_mm, samples.y_mm, samples.z_mm)
            doses.append(gy[inside])
            volumes.append(samples.volume_mm3[inside])
            cut += samples.cut_mm3 / 1000.0
            unknown += float(samples.volume_mm3[~inside].sum())
            at_surface, on_grid = interpolate(dose, *samples.surface_mm.T)
            extremes = np.concatenate([doses[-1], at_surface[on_grid]])
            if len(extremes):
                low, high = min(low, float(extremes.min())), max(high, float(extremes.max()))
            at_nodes, on_grid = interpolate(dose, *samples.nodes_inside(nodes).T)
            if on_grid.any():
                low, high = min(low, float(at_nodes.min())), max(high, float(at_nodes.max()))
    known = np.concatenate(volumes) / 1000.0
    unknown /= 1000.0
    if not known.sum() + unknown > 0:
        raise CannotSay(Reason.STRUCTURE_EMPTY, parts[0][0].name)
    return Dvh(
        np.concatenate(doses),
        known,
        low if np.isfinite(low) else None,
        high if np.isfinite(high) else None,
        unknown,
        dose.boundary_max_gy if unknown > 0 else 0.0,
        cut / (float(known.sum()) + unknown),
    )
