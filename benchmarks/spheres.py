"""Volume error of every geometry model on spheres, over the position of the slices.

python benchmarks/spheres.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

import rtcheck
from rtcheck.phantoms import (
    PhantomPlan,
    Roi,
    Sphere,
    UniformDose,
    slice_planes_mm,
    write_plan,
)

CASES = ((24.0, 3.0), (12.0, 3.0), (5.0, 2.0))
"""Radius and slice spacing in mm."""

PHASES = np.arange(8) / 8


def main() -> None:
    """Print mean, spread and worst of the error in percent."""
    print(f"{'model':20}{'radius':>8}{'slices':>8}{'mean %':>10}{'sd %':>8}{'worst %':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for radius, spacing in CASES:
            sphere = Sphere.of((1.3, 2.2, 0.4), radius)
            rois = []
            for number, phase in enumerate(PHASES, 1):
                planes = slice_planes_mm(*sphere.z_range_mm, spacing, float(phase))
                contours = tuple(sphere.contours(planes, 400))
                rois.append(Roi(f"phase {number}", number, contours))
            export = Path(folder) / f"{radius}-{spacing}"
            axis = np.arange(-40.0, 41.0, 4.0)
            dose = UniformDose(10.0).on_grid(axis, axis, axis)
            write_plan(export, PhantomPlan("spheres", tuple(rois), (), 1, dose, axis, axis, axis))
            exact = 4 / 3 * np.pi * radius**3 / 1000
            for model in rtcheck.GEOMETRY_MODELS:
                plan = rtcheck.read(export, geometry=model)
                found = np.array([plan[s.roi_name].volume_cm3 for s in plan.structures])
                error = 100 * (found / exact - 1)
                worst = error[np.abs(error).argmax()]
                print(
                    f"{model:20}{radius:8.0f}{spacing:8.0f}"
                    f"{error.mean():10.2f}{error.std():8.2f}{worst:10.2f}"
                )


if __name__ == "__main__":
    main()
