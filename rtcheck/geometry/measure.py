"""Volume, diameter, connected parts and containment of solids."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import CannotSay, Reason
from rtcheck.geometry.lattice import Lattice, Parts, coarser_lattices
from rtcheck.geometry.models import GeometryModel
from rtcheck.geometry.sampling import cover, iter_fields, iter_samples
from rtcheck.geometry.solid import Margins, Solid

MARGIN_FINER = 2
"""How many more voxels a margin is measured with: it hangs on one point, not on a mean."""

SPECK_VOXELS = 3
"""Parts of fewer voxels are traces of the lattice, not of the body."""


@dataclass(eq=False)
class Shape:
    """A solid with where it is sampled, ready to be measured; each measure is taken once.

    Parameters
    ----------
    solid : Solid
        The solid.
    parts : Parts
        Its parts and their lattices.
    voxels : int
        About how many voxels the solid has there.
    """

    solid: Solid
    parts: Parts
    voxels: int
    _margins: dict[Shape, Margins] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """Return the structure or expression."""
        return self.solid.name

    @cached_property
    def coarser(self) -> dict[GeometryModel, Parts]:
        """Return its parts under each model, with lattices of about an eighth of the voxels.

        One after the other they have the same pixel grids, whatever the model.
        """
        lattices = [(part, coarser_lattices(part, lattice)) for part, lattice in self.parts]
        return {
            model: tuple((part.with_model(model), found[model]) for part, found in lattices)
            for model in GeometryModel
        }

    @property
    def volume_cm3(self) -> float:
        """Return the volume in cm3; `CannotSay` if the solid is empty."""
        return self._volume[0]

    @property
    def cut_fraction(self) -> float:
        """Return the share (0–1) of the volume in voxels that the surface cuts."""
        return self._volume[1]

    @cached_property
    def _volume(self) -> tuple[float, float]:
        samples = [s for part, lattice in self.parts for s in iter_samples(part, lattice)]
        volume = float(sum(s.volume_mm3.sum() for s in samples))
        if volume <= 0:
            raise CannotSay(Reason.STRUCTURE_EMPTY, self.name)
        return volume / 1000.0, sum(s.cut_mm3 for s in samples) / volume

    def forget_fields(self) -> None:
        """Let go of the distances on its lattices: whoever asks again waits for them again."""
        for part, _ in self.parts:
            part.forget_fields()
        self.__dict__.pop("coarser", None)

    @property
    def was_measured(self) -> bool:
        """Return whether the volume is known by now."""
        return "_volume" in self.__dict__

    @property
    def diameter_mm(self) -> float:
        """Return the longest distance in mm between two points of one connected part."""
        return max(self._diameters_mm)

    @cached_property
    def number_of_parts(self) -> int:
        """Return the number of connected parts."""
        found = [_connected(part, lattice)[2] for part, lattice in self.parts]
        if not any(map(len, found)):
            raise CannotSay(Reason.STRUCTURE_EMPTY, self.name)
        return sum(map(len, found))

    @cached_property
    def _diameters_mm(self) -> list[float]:
        found = [mm for part, lattice in self.parts for mm in part_diameters_mm(part, lattice)]
        if not found:
            raise CannotSay(Reason.STRUCTURE_EMPTY, self.name)
        return found

    def inside_fraction(self, outer: Shape) -> float:
        """Return the share (0–1) of the volume that lies inside another solid."""
        whole = within = 0.0
        for part, lattice in self.parts:
            for rows, own in iter_fields(part, lattice):
                both = np.maximum(own, outer.solid.field(lattice.z_mm[rows], lattice.grid))
                whole += float(cover(own, lattice, rows).volume_mm3.sum())
                within += float(cover(both, lattice, rows).volume_mm3.sum())
        if whole <= 0:
            raise CannotSay(Reason.STRUCTURE_EMPTY, self.name)
        return min(within / whole, 1.0)

    def margins_mm(self, outer: Shape) -> Margins:
        """Return the margins in mm from this solid to an enclosing one."""
        from rtcheck.geometry.margins import measure_margins

        if outer not in self._margins:
            voxels = MARGIN_FINER * self.voxels
            self._margins[outer] = measure_margins(self.solid, outer.solid, voxels)
        return self._margins[outer]


def _connected(
    solid: Solid, lattice: Lattice
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.int64]]:
    """Return the label of each voxel, points on the surface, and the labels of connected parts."""
    from scipy import ndimage

    inside, points = [], []
    for rows, own in iter_fields(solid, lattice):
        inside.append(own < 0)
        points.append(cover(own, lattice, rows).surface_mm)
    # Pixels that touch at a corner belong together: the surface between them is one.
    labels, _ = ndimage.label(np.concatenate(inside), np.ones((3, 3, 3), dtype=np.bool_))
    sizes = np.bincount(labels.ravel())[1:]
    return labels, np.concatenate(points), 1 + np.flatnonzero(sizes >= SPECK_VOXELS)


def part_diameters_mm(solid: Solid, lattice: Lattice) -> list[float]:
    """Return the longest diameter in mm of every connected part."""
    from scipy import ndimage

    labels, surface, parts = _connected(solid, lattice)
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
    return [_longest_mm(both[owner == part]) for part in parts]


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
