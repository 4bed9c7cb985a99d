"""Makes a large plan of which every answer is known.

    python benchmarks/large_case.py FOLDER --truth truth.json

Thirty closed-form solids in a Gaussian dose, as a planning system exports them: a body of 600
points on each of 180 planes of 2.5 mm, organs of 8 to 60 mm, hollow ones among them, and a dose
grid of 220 × 160 × 180 points that is finer than the dose needs: trilinear interpolation is wrong
by 0.02 Gy at most. The truth of each solid does not come from its contours.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rtcheck.phantoms import GaussianDose, PhantomPlan, Roi, slice_planes_mm, write_plan
from rtcheck.phantoms.solids import Cylinder, Ellipsoid, HollowSphere, Pair, Solid, Sphere, Torus
from rtcheck.phantoms.truth import spread_truth

DOSE = GaussianDose(60.0, (10.0, -5.0, 8.0), 70.0)
AT_GY = 20.0
"""The dose at which the volume is asked for."""

SEED = 20
BODY_RADIUS_MM = 150.0


@dataclass(frozen=True)
class Size:
    """How large the case is.

    Parameters
    ----------
    rois : int
        Structures, the body among them.
    planes : int
        Planes of the body.
    spacing_mm : float
        From plane to plane.
    body_points, organ_points : int
        Points of a contour.
    grid : tuple of int
        Points of the dose grid along x, y and z.
    pixel_mm : float
        From point to point of the dose grid along x and y; along z it covers the body.
    truth_points : int
        Points that the truth of a solid is read off.
    """

    rois: int = 30
    planes: int = 180
    spacing_mm: float = 2.5
    body_points: int = 600
    organ_points: int = 500
    grid: tuple[int, int, int] = (220, 160, 180)
    pixel_mm: float = 2.0
    truth_points: int = 2**20

    @property
    def length_mm(self) -> float:
        """Return the length of the body."""
        return self.planes * self.spacing_mm


def solids(size: Size) -> dict[str, Solid]:
    """Return every structure by name: the body, then organs of all kinds and sizes."""
    rng = np.random.default_rng(SEED)
    found: dict[str, Solid] = {"BODY": Cylinder((0.0, 0.0, 0.0), BODY_RADIUS_MM, size.length_mm)}
    high = size.length_mm / 2
    while len(found) < size.rois:
        kind = len(found) % 6
        largest = min(60.0, high / 2)
        semi_axes = np.exp(rng.uniform(np.log(8.0), np.log(largest), 3)).tolist()
        angles = rng.uniform(0, 180, 3).tolist()
        reach = max(semi_axes)
        across, turn = rng.uniform(0, BODY_RADIUS_MM - reach - 5), rng.uniform(0, 2 * np.pi)
        z = rng.uniform(-1, 1) * (high - reach - 5)
        center = (float(across * np.cos(turn)), float(across * np.sin(turn)), float(z))
        if kind == 1:
            name, solid = "Shell", HollowSphere(center, reach, 0.7 * reach)
        elif kind == 2:
            name, solid = "Keyhole", HollowSphere(center, reach, 0.8 * reach, keyhole=True)
        elif kind == 3:
            name, solid = "Ring", Torus(center, 0.7 * reach, 0.3 * reach)
        elif kind == 4:
            x, y, _ = center
            balls = [Sphere.of((x + side * reach / 2, y, z), 0.45 * reach) for side in (-1, 1)]
            name, solid = "Pair", Pair(*balls)
        else:
            name, solid = "Organ", Ellipsoid(center, tuple(semi_axes), tuple(angles))
        found[f"{name} {len(found)}"] = solid
    return found


def write_large_case(folder: Path, size: Size = Size()) -> None:
    """Write the three DICOM files."""
    rois = []
    for number, (name, solid) in enumerate(solids(size).items(), 1):
        body = name == "BODY"
        planes = slice_planes_mm(*solid.z_range_mm, size.spacing_mm, 0.5 if body else 0.3)
        points = size.body_points if body else size.organ_points
        contours = tuple(solid.contours(planes, points))
        rois.append(Roi(name, number, contours, "EXTERNAL" if body else "ORGAN"))
    x, y, z = dose_axes_mm(size)
    write_plan(
        folder,
        PhantomPlan("large case", tuple(rois), (), 30, DOSE.on_grid(x, y, z), x, y, z),
        digits=3,
    )


def dose_axes_mm(size: Size) -> list[np.ndarray]:
    """Return the axes of the dose grid, along z on none of the contours' planes."""
    across = [size.pixel_mm * (np.arange(n) - (n - 1) / 2) + 0.7 for n in size.grid[:2]]
    half = size.length_mm / 2 + 3
    return [*across, np.linspace(-half, half + 1, size.grid[2])]


def truth(size: Size = Size()) -> dict[str, dict[str, float]]:
    """Return the true figures of every structure, as the engines print them."""
    found = {}
    for name, solid in solids(size).items():
        exact = spread_truth(solid, DOSE, size.truth_points)
        found[name] = {
            "volume_cm3": exact.volume_cm3,
            "mean_gy": exact.mean_gy,
            "d95_gy": exact.dose_at_fraction(0.95),
            "d2_gy": exact.dose_at_fraction(0.02),
            "v_percent": 100 * exact.fraction_at_dose(AT_GY),
        }
    return found


def main() -> None:
    """Write the case, and its truth if asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--truth", type=Path, metavar="FILE", help="write the true figures too")
    options = parser.parse_args()
    write_large_case(options.folder)
    if options.truth:
        options.truth.write_text(json.dumps({"at_gy": AT_GY, "structures": truth()}))


if __name__ == "__main__":
    main()
