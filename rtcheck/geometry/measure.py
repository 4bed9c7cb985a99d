"""Volume, diameter, connected parts and containment of solids."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import CannotSay, Reason
from rtcheck.geometry.lattice import Lattice, lattices_for
from rtcheck.geometry.sampling import cover, iter_fields, iter_samples
from rtcheck.geometry.solid import Measures, Solid

SPECK_VOXELS = 3
"""Parts of fewer voxels are traces of the lattice, not of the body."""


def volume_cm3(solid: Solid, lattice: Lattice) -> tuple[float, float]:
    """Return the volume of a solid in cm3, and how much of it lies in voxels the surface cuts."""
    samples = [(s.volume_mm3.sum(), s.cut_mm3) for s in iter_samples(solid, lattice)]
    volume, cut = np.sum(samples, axis=0) / 1000.0 if samples else (0.0, 0.0)
    return float(volume), float(cut)


def measure_solid(solid: Solid) -> Measures:
    """Return volume, longest diameter and number of connected parts of a solid.

    Raises
    ------
    CannotSay
        If the solid is empty.
    """
    volume, cut, diameters = 0.0, 0.0, []
    for part, lattice in lattices_for(solid):
        own, own_cut = volume_cm3(part, lattice)
        if own > 0:
            volume, cut = volume + own, cut + own_cut
            diameters += part_diameters_mm(part, lattice)
    if volume <= 0 or not diameters:
        raise CannotSay(Reason.STRUCTURE_EMPTY, solid.name)
    return Measures(volume, max(diameters), len(diameters), cut / volume)


def part_diameters_mm(solid: Solid, lattice: Lattice) -> list[float]:
    """Return the longest diameter in mm of every connected part."""
    from scipy import ndimage

    inside, points, label_at = [], [], []
    for rows, field in iter_fields(solid, lattice):
        inside.append(field < 0)
        samples = cover(field, lattice, rows)
        points.append(samples.surface_mm)
    mask = np.concatenate(inside)
    # Pixels that touch at a corner belong together: the surface between them is one.
    labels, parts = ndimage.label(mask, np.ones((3, 3, 3), dtype=np.bool_))
    sizes = np.bincount(labels.ravel())[1:]
    surface = np.concatenate(points)
    grid = lattice.grid
    column = np.rint((surface[:, 0] - grid.x0_mm) / grid.pitch_mm).astype(np.int64)
    row = np.rint((surface[:, 1] - grid.y0_mm) / grid.pitch_mm).astype(np.int64)
    slab = np.searchsorted(lattice.z_mm, surface[:, 2] - 1e-9)
    # A surface point may round to a pixel just outside: take the largest label around it.
    near = ndimage.maximum_filter(labels, size=(1, 3, 3))
    label_at = near[slab, row, column]
    half = lattice.thickness_mm[slab, None] / 2 * np.array([[0.0, 0.0, 1.0]])
    both = np.concatenate([surface - half, surface + half])
    owner = np.concatenate([label_at, label_at])
    return [
        _longest_mm(both[owner == part + 1]) for part in range(parts) if sizes[part] >= SPECK_VOXELS
    ]


def _longest_mm(points: NDArray[np.float64]) -> float:
    """Return the longest distance between any two points: it joins two corners of the hull."""
    from scipy.spatial import ConvexHull, QhullError
    from scipy.spatial.distance import pdist

    if len(points) < 2:
        return 0.0
    with suppress(QhullError, ValueError):  # flat or tiny: few points, compared all with all
        points = points[ConvexHull(points).vertices]
    if len(points) > 3000:
        points = points[:: len(points) // 3000 + 1]
    return float(pdist(points).max())


def inside_fraction(inner: Solid, outer: Solid) -> float:
    """Return the share (0–1) of `inner`'s volume that lies inside `outer`.

    Raises
    ------
    CannotSay
        If `inner` is empty.
    """
    whole = within = 0.0
    for part, lattice in lattices_for(inner):
        for rows, field in iter_fields(part, lattice):
            both = np.maximum(field, outer.field(lattice.z_mm[rows], lattice.grid))
            whole += float(cover(field, lattice, rows).volume_mm3.sum())
            within += float(cover(both, lattice, rows).volume_mm3.sum())
    if whole <= 0:
        raise CannotSay(Reason.STRUCTURE_EMPTY, inner.name)
    return min(within / whole, 1.0)
