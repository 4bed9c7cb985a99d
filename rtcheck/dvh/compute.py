"""The histogram of a solid in a dose grid."""

from __future__ import annotations

import numpy as np

from rtcheck.dvh.record import Dvh
from rtcheck.dvh.trilinear import dose_at
from rtcheck.errors import CannotSay, Reason
from rtcheck.geometry import Solid, iter_samples, lattices_for
from rtcheck.plan import DoseGrid


def compute_dvh(solid: Solid, dose: DoseGrid) -> Dvh:
    """Return the dose-volume histogram of a solid (Gy, cm3).

    Parameters
    ----------
    solid : Solid
        The solid.
    dose : DoseGrid
        The dose; what lies outside of it is kept apart as unknown.

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
    lattices = lattices_for(solid)
    nodes = (dose.x_mm, dose.y_mm, dose.z_mm)
    for samples in (s for part, lattice in lattices for s in iter_samples(part, lattice, nodes)):
        gy, inside = dose_at(dose, samples.x_mm, samples.y_mm, samples.z_mm)
        doses.append(gy[inside])
        volumes.append(samples.volume_mm3[inside])
        cut += samples.cut_mm3 / 1000.0
        unknown += float(samples.volume_mm3[~inside].sum())
        gy, inside = dose_at(dose, *np.concatenate([samples.surface_mm, samples.nodes_mm]).T)
        if inside.any():
            low, high = min(low, float(gy[inside].min())), max(high, float(gy[inside].max()))
    known = np.concatenate(volumes) / 1000.0
    unknown /= 1000.0
    if not known.sum() + unknown > 0:
        raise CannotSay(Reason.STRUCTURE_EMPTY, solid.name)
    return Dvh(
        np.concatenate(doses),
        known,
        low if np.isfinite(low) else None,
        high if np.isfinite(high) else None,
        unknown,
        dose.boundary_max_gy if unknown > 0 else 0.0,
        cut / (float(known.sum()) + unknown),
    )
