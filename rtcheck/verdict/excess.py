"""The part of a structure that a violated limit is about: which samples, where, shared with whom.

A D or V limit is one point (dose, volume) that the DVH curve must pass below or above. What is in
excess is the part of the structure between the curve and that point: decision 0016.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.dvh.trilinear import dose_at
from rtcheck.errors import CannotSay
from rtcheck.geometry import Parts, Solid, iter_samples, names_in
from rtcheck.geometry.distance import PixelGrid
from rtcheck.geometry.expression import Expression
from rtcheck.geometry.lattice import PITCH_LIMITS_MM, Lattice
from rtcheck.geometry.planes import PLANE_TOLERANCE_MM
from rtcheck.geometry.sampling import Samples, are_inside
from rtcheck.metrics.bench import roi
from rtcheck.metrics.subject import BenchSubject
from rtcheck.plan import TARGET_TYPES, DoseGrid, Plan

Values = NDArray[np.float64]
Sampled = tuple[Solid, Lattice, Samples]

TARGET_PIXELS = 20_000
"""Voxels of a target where it is asked which samples lie in it: its surface is known far better."""


@dataclass(frozen=True)
class LimitPoint:
    """The point that a DVH curve must pass below (or above) for a limit to be kept.

    Parameters
    ----------
    dose_gy : float
        Its dose, in the kind of dose that the goal asks for.
    volume_cm3 : float
        The volume that may (or must) have that dose; None where the mean is limited.
    is_upper : bool
        Whether the curve must pass below: the dose is too high where it does not.
    """

    dose_gy: float
    volume_cm3: float | None
    is_upper: bool


@dataclass(frozen=True, eq=False)
class Sampling:
    """A structure as samples with their doses, and the points that may be extremes besides.

    Parameters
    ----------
    points_mm : ndarray of shape (n, 3)
        Samples (x, y, z).
    gy : ndarray of shape (n,)
        Their doses, in the kind of dose that the goal asks for.
    cm3 : ndarray of shape (n,)
        What each stands for.
    slab, part : ndarray of int64, shape (n,)
        The slab and the part of the structure that each lies in.
    extremes_mm, extremes_gy : ndarray
        Points on the surface and grid points inside, where the dose has its extremes.
    parts : Parts
        The parts and their lattices.
    """

    points_mm: Values
    gy: Values
    cm3: Values
    slab: NDArray[np.int64]
    part: NDArray[np.int64]
    extremes_mm: Values
    extremes_gy: Values
    parts: Parts


def sample(subject: BenchSubject, tree: Expression, dose: DoseGrid) -> Sampling:
    """Return the samples of a structure that have a known dose.

    Raises
    ------
    CannotSay
        If there is nothing of the structure.
    """
    effect = _effect(subject, tree)
    parts = subject.bench.shape(tree).parts
    points, doses, volumes, slabs, numbers, ends, end_doses = [], [], [], [], [], [], []
    for number, (part, lattice) in enumerate(parts):
        for found in iter_samples(part, lattice):
            gy, known = dose_at(dose, found.x_mm, found.y_mm, found.z_mm)
            points.append(np.column_stack([found.x_mm, found.y_mm, found.z_mm])[known])
            doses.append(gy[known])
            volumes.append(found.volume_mm3[known] / 1000)
            slabs.append(found.slab[known])
            numbers.append(np.full(int(known.sum()), number))
            end = np.concatenate([found.surface_mm, _nodes_inside(dose, found)])
            gy, known = dose_at(dose, *end.T)
            ends.append(end[known])
            end_doses.append(gy[known])
    return Sampling(
        np.concatenate(points),
        effect(np.concatenate(doses)),
        np.concatenate(volumes),
        np.concatenate(slabs),
        np.concatenate(numbers),
        np.concatenate(ends),
        effect(np.concatenate(end_doses)),
        parts,
    )


def _effect(subject: BenchSubject, tree: Expression) -> Callable[[Values], Values]:
    """Return what turns physical dose into the kind that the goal asks for.

    Both histograms have the same samples in the same order, so that they say it together.
    """
    if subject.dose == "physical":
        return lambda gy: gy
    before, after = subject.bench.dvh(tree), subject.dvh()
    here = np.concatenate([[before.minimum_gy], before.dose_gy[::-1], [before.maximum_gy]])
    there = np.concatenate([[after.minimum_gy], after.dose_gy[::-1], [after.maximum_gy]])
    return lambda gy: np.interp(gy, here, there)


def _nodes_inside(dose: DoseGrid, samples: Samples) -> Values:
    axes = (dose.x_mm, dose.y_mm, dose.z_mm)
    within = [
        axis[np.searchsorted(axis, low) : np.searchsorted(axis, high, side="right")]
        for axis, low, high in zip(axes, samples.box_mm[::2], samples.box_mm[1::2], strict=True)
    ]
    nodes = np.stack(np.meshgrid(*within, indexing="ij"), axis=-1).reshape(-1, 3)
    return np.asarray(nodes[samples.are_inside(nodes)])


def contour_planes_mm(plan: Plan, tree: Expression) -> Values:
    """Return the heights, ascending, of the contour planes of the ROIs in an expression."""
    numbers = [int(name.removeprefix("#")) for name in names_in(tree)]
    heights = np.unique(np.concatenate([plan.structure(n).points_mm[:, 2] for n in numbers]))
    # Exports jitter: what lies nearer than that is one plane.
    return heights[np.diff(heights, prepend=-np.inf) > PLANE_TOLERANCE_MM]


def nearest(planes_mm: Values, at_mm: Values) -> NDArray[np.int64]:
    """Return for each height the number of the plane nearest to it."""
    return np.searchsorted((planes_mm[1:] + planes_mm[:-1]) / 2, at_mm).astype(np.int64)


def targets_besides(plan: Plan, tree: Expression) -> list[int]:
    """Return the ROINumbers of the plan's targets that are not themselves in an expression."""
    own = {int(name.removeprefix("#")) for name in names_in(tree)}
    prescribed = {p.roi_number for p in plan.prescriptions}
    return [
        s.roi_number
        for s in plan.structures
        if (s.rt_roi_interpreted_type in TARGET_TYPES or s.roi_number in prescribed)
        and s.roi_number not in own
        and not s.is_empty
    ]


def overlaps(
    subject: BenchSubject, samples: Sampling, chosen: NDArray[np.bool_], targets: Iterable[int]
) -> tuple[tuple[str, float], ...]:
    """Return how many cm3 of the chosen samples lie in each target; those with none left out."""
    found = []
    for number in targets:
        try:
            target = subject.bench.solid(roi(number))
        except CannotSay:
            continue  # its contours cannot be used: a finding of the plan says so
        shared = sum(
            _shared_cm3(samples, chosen & (samples.part == i), lattice, target)
            for i, (_, lattice) in enumerate(samples.parts)
        )
        if shared > 0:
            found.append((subject.plan.structure(number).roi_name, shared))
    return tuple(found)


def _shared_cm3(
    samples: Sampling, chosen: NDArray[np.bool_], lattice: Lattice, target: Solid
) -> float:
    """Return how many cm3 of chosen samples of one lattice lie in a target.

    Only where both can be is looked at: the lattice of a lung is large, what they share is not.
    """
    x0, x1, y0, y1 = target.extent_mm
    low, high = target.heights_mm
    x, y, z = samples.points_mm.T
    chosen = chosen & (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1) & (z >= low) & (z <= high)
    if not chosen.any():
        return 0.0
    points, slab = samples.points_mm[chosen], samples.slab[chosen]
    (x0, y0, _), (x1, y1, _) = points.min(axis=0), points.max(axis=0)
    # Its distances are needed wherever it is drawn, so the pixels are those of its own size.
    pitch_mm = (target.rough_volume_mm3 / TARGET_PIXELS) ** (1 / 3)
    grid = PixelGrid.around((x0, x1, y0, y1), float(np.clip(pitch_mm, *PITCH_LIMITS_MM)))
    used = np.unique(slab)
    small = Lattice(grid, lattice.z_mm[used], lattice.thickness_mm[used])
    field = target.field(small.z_mm, grid)
    inside = are_inside(field, small, slice(0, len(used)), points)
    return float(samples.cm3[chosen][inside].sum())
