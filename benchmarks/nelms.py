"""A suite in the manner of Nelms et al. (Med Phys 2015;42:4435): deviations beyond 3 %, counted.

python benchmarks/nelms.py
python benchmarks/nelms.py --geometry prism --geometry linear-rounded
python benchmarks/nelms.py --engine rtcheck --engine dicompyler

Five solids, 24 mm in diameter and length (sphere, axial and lying cylinder, axial and lying cone),
in a dose that grows by 1 Gy/mm from 4 to 28 Gy, front to back or feet to head: 17 figures a solid.
Contours every 0.2 mm, with dose grids of 1, 2 and 3 mm, test the integration; contours every 1, 2
and 3 mm, with dose grids of the same spacing, test what is made of few contours. Planes lie half a
slice from the ends, so that 24 mm are a whole number of slices. A deviation is local: in % of the
true value.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import rtcheck
from rtcheck.phantoms import (
    Cone,
    Cylinder,
    LinearDose,
    LyingCone,
    LyingCylinder,
    PhantomPlan,
    Roi,
    Solid,
    Sphere,
    slice_planes_mm,
    write_plan,
)
from rtcheck.phantoms.truth import Truth, truth_of

CENTER = (0.0, 0.0, 0.0)
SIZE_MM = 24.0
SOLIDS: dict[str, Solid] = {
    "sphere": Sphere.of(CENTER, SIZE_MM / 2),
    "axial cylinder": Cylinder(CENTER, SIZE_MM / 2, SIZE_MM),
    "lying cylinder": LyingCylinder(CENTER, SIZE_MM / 2, SIZE_MM),
    "axial cone": Cone(CENTER, SIZE_MM / 2, SIZE_MM),
    "lying cone": LyingCone(CENTER, SIZE_MM / 2, SIZE_MM),
}
DOSES = {
    "AP": LinearDose(16.0, (0.0, 1.0, 0.0)),
    "SI": LinearDose(16.0, (0.0, 0.0, 1.0)),
}
BEYOND_PERCENT = 3.0
POINTS = 240
METRICS = (
    "Volume[cc]", "Min[Gy]", "Max[Gy]", "Mean[Gy]", "D99%[Gy]", "D95%[Gy]", "D5%[Gy]", "D1%[Gy]",
    "D0.03cc[Gy]",
)  # fmt: skip
"""Nine figures; the volume is the same in both doses and counts once."""


@dataclass(frozen=True)
class Setting:
    """Contours and dose grid of one run.

    Parameters
    ----------
    name : str
        What it is.
    slice_mm : float
        Distance of the contours.
    grid_mm : float
        Spacing of the dose grid.
    """

    name: str
    slice_mm: float
    grid_mm: float


FINE = [Setting("fine contours", 0.2, grid) for grid in (1.0, 2.0, 3.0)]
COARSE = [Setting("contours of 1 to 3 mm", step, step) for step in (1.0, 2.0, 3.0)]
Figures = dict[tuple[str, str], float | None]
Engine = Callable[[Path, list[str]], Figures]


def write(folder: Path, setting: Setting, dose: str) -> Path:
    """Write the five solids in one dose as DICOM files."""
    # Half a slice off the middle: 24 mm are a whole number of slices.
    rois = tuple(
        Roi(
            name,
            number,
            solid.contours(
                slice_planes_mm(*solid.z_range_mm, setting.slice_mm, 0.5), POINTS, keep_area=True
            ),
        )
        for number, (name, solid) in enumerate(SOLIDS.items(), 1)
    )
    # Off the grid of the contours; wide enough for the end slices.
    axis = slice_planes_mm(-15.9, 15.9, setting.grid_mm, 0.3)
    values = DOSES[dose].on_grid(axis, axis, axis)
    plan = PhantomPlan(f"nelms {setting} {dose}", rois, (), 1, values, axis, axis, axis)
    return write_plan(folder, plan)


def by_rtcheck(geometry: str) -> Engine:
    """Return rtcheck with a geometry model."""

    def run(export: Path, names: list[str]) -> Figures:
        plan = rtcheck.read(export, geometry=geometry)
        return {(n, m): plan[n].measure(m).value for n in names for m in METRICS}

    return run


def by_dicompyler(export: Path, names: list[str]) -> Figures:
    """Return what dicompyler-core says, as it is."""
    from rtcheck.dvh.dicompyler import dicompyler

    dvhcalc = dicompyler("dvhcalc")
    found: Figures = {}
    for number, name in enumerate(names, 1):
        dvh = dvhcalc.get_dvh(str(export / "RTSTRUCT.dcm"), str(export / "RTDOSE.dcm"), number)
        stated = {"Volume[cc]": dvh.volume, "Min[Gy]": dvh.min, "Max[Gy]": dvh.max}
        stated |= {"Mean[Gy]": dvh.mean}
        stated |= {f"D{p}%[Gy]": dvh.dose_constraint(p).value for p in (99, 95, 5, 1)}
        stated["D0.03cc[Gy]"] = dvh.dose_constraint(0.03, "cc").value
        found |= {(name, metric): float(value) for metric, value in stated.items()}
    return found


def true_value(truth: Truth, metric: str) -> float:
    """Return the exact value of a metric."""
    stated = {
        "Volume[cc]": truth.volume_cm3,
        "Min[Gy]": truth.min_gy,
        "Max[Gy]": truth.max_gy,
        "Mean[Gy]": truth.mean_gy,
        "D0.03cc[Gy]": truth.dose_at_fraction(0.03 / truth.volume_cm3),
    }
    if metric in stated:
        return stated[metric]
    return truth.dose_at_fraction(float(metric[1:].split("%")[0]) / 100)


def deviations(engine: Engine, setting: Setting) -> Iterator[tuple[str, str, float, float, float]]:
    """Return case, metric, value, truth and local deviation in percent of every figure."""
    for dose in DOSES:
        with tempfile.TemporaryDirectory() as folder:
            found = engine(write(Path(folder), setting, dose), list(SOLIDS))
        for (name, metric), value in found.items():
            if metric == "Volume[cc]" and dose != "AP":
                continue
            true = true_value(truth_of(SOLIDS[name], DOSES[dose]), metric)
            off = np.inf if value is None else 100 * (value / true - 1)
            case = f"{name}, {dose}, slices {setting.slice_mm:g}, grid {setting.grid_mm:g} mm"
            yield case, metric, np.nan if value is None else value, true, off


def main(arguments: list[str]) -> int:
    """Print the deviations beyond 3 %, and how many there are of each engine."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--engine", action="append", choices=("rtcheck", "dicompyler"))
    parser.add_argument("--geometry", action="append", choices=rtcheck.GEOMETRY_MODELS)
    asked = parser.parse_args(arguments)
    engines: dict[str, Engine] = {}
    for name in asked.engine or ["rtcheck"]:
        if name == "dicompyler":
            engines["dicompyler-core"] = by_dicompyler
        else:
            models = asked.geometry or ["smooth"]
            engines |= {f"rtcheck, {model}": by_rtcheck(model) for model in models}
    counts = []
    for engine_name, engine in engines.items():
        for settings in (FINE, COARSE):
            started = time.process_time()
            all_of = [row for setting in settings for row in deviations(engine, setting)]
            beyond = [row for row in all_of if abs(row[4]) > BEYOND_PERCENT]
            for case, metric, value, true, off in beyond:
                print(
                    f"{engine_name}: {case}, {metric}: {value:.3f}, true {true:.3f}, {off:+.1f} %"
                )
            mean = np.mean([min(abs(row[4]), 100.0) for row in all_of])
            counts.append(
                f"{engine_name:28}{settings[0].name:24}{len(beyond):4} of {len(all_of)} beyond "
                f"{BEYOND_PERCENT:g} %, mean deviation {mean:.2f} %, "
                f"{time.process_time() - started:.1f} s of CPU"
            )
    print("\n".join(counts))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
