"""Times rtcheck and its peers on one export, in one run: cold process, from files to metrics.

    pip install -e ".[dev]"
    python benchmarks/compare.py                  # the real Eclipse plan of dicompyler-core's sdist
    python benchmarks/compare.py export/          # any other export

Each engine is a process of its own that reads the files, computes the histogram of every
structure
and prints volume, mean, D95 % and D2 %. The runs are interleaved, so that a busy machine slows all
alike; the best of the repeats counts. If the RT Dose stores the planning system's own histograms,
the
largest differences from them are printed too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

Figures = dict[str, dict[str, float]]

ENGINES = {
    "rtcheck smooth": ["with_rtcheck.py", "{folder}", "smooth"],
    "rtcheck linear-rounded": ["with_rtcheck.py", "{folder}", "linear-rounded"],
    "dicompyler-core": ["with_dicompyler.py", "{folder}"],
}


def run_once(arguments: list[str], folder: Path) -> tuple[float, float, float, Figures]:
    """Return (wall s, CPU s, peak memory MB, figures) of one cold process."""
    script, *rest = (a.format(folder=folder) for a in arguments)
    command = [sys.executable, str(HERE / "engines" / script), *rest]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise RuntimeError(err.decode().strip().splitlines()[-1])
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, json.loads(out)


def stored_figures(folder: Path) -> Figures:
    """Return what the planning system stored in the RT Dose: volume, D95 % and D2 %."""
    import numpy as np
    import pydicom

    found = {}
    sets = [pydicom.dcmread(p) for p in folder.glob("*.dcm")]
    dose = next(d for d in sets if d.Modality == "RTDOSE")
    names = {
        r.ROINumber: str(r.ROIName)
        for d in sets
        if d.Modality == "RTSTRUCT"
        for r in d.StructureSetROISequence
    }
    for item in dose.get("DVHSequence", []):
        if item.DVHType != "CUMULATIVE" or item.DVHVolumeUnits != "CM3":
            continue
        bins = np.array(item.DVHData, dtype=float).reshape(-1, 2)
        low = np.cumsum(bins[:, 0]) - bins[:, 0]
        volume = bins[:, 1]
        number = item.DVHReferencedROISequence[0].ReferencedROINumber
        found[names[number]] = {
            "volume_cm3": float(volume[0]),
            "d95_gy": float(np.interp(-0.95 * volume[0], -volume, low)),
            "d2_gy": float(np.interp(-0.02 * volume[0], -volume, low)),
        }
    return found


def largest_differences(figures: Figures, stored: Figures) -> str:
    """Return the largest differences from the stored figures."""
    shared = [n for n in figures if n in stored and stored[n]["volume_cm3"] > 1]
    if not shared:
        return ""
    by_volume = [
        (abs(figures[n]["volume_cm3"] / stored[n]["volume_cm3"] - 1) * 100, n) for n in shared
    ]
    parts = ["volume {:.2f} % ({})".format(*max(by_volume))]
    for key in ("d95_gy", "d2_gy"):
        by_dose = [(abs(figures[n][key] - stored[n][key]), n) for n in shared]
        parts.append(key[:-3].upper() + "% {:.3f} Gy ({})".format(*max(by_dose)))
    return ", ".join(parts)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--without", nargs="*", default=["BODY"], help="structures not compared")
    options = parser.parse_args()
    folder = options.folder or _real_plan()
    best: dict[str, tuple[float, float, float, Figures]] = {}
    for _ in range(options.repeat):
        for name, arguments in ENGINES.items():
            try:
                result = run_once(arguments, folder)
            except RuntimeError as error:
                print(f"{name}: left out: {error}")
                continue
            best[name] = min(best.get(name, result), result, key=lambda r: r[0])
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}, "
        f"{os.cpu_count()} cores, best of {options.repeat}"
    )
    for package in ("rtcheck", "numpy", "scipy", "pydicom", "dicompyler-core"):
        try:
            print(f"  {package} {version(package)}")
        except PackageNotFoundError:
            print(f"  {package} not installed")
    stored = {n: f for n, f in stored_figures(folder).items() if n not in options.without}
    base = best["rtcheck smooth"][0]
    print(f"{'':24}{'wall s':>8}{'CPU s':>8}{'MB':>7}{'ratio':>8}  largest difference from the TPS")
    for name, (wall, cpu, memory, figures) in best.items():
        differences = largest_differences(figures, stored)
        print(f"{name:24}{wall:8.2f}{cpu:8.2f}{memory:7.0f}{wall / base:8.2f}  {differences}")


def _real_plan() -> Path:
    from real_plan import fetch_real_plan

    return fetch_real_plan()


if __name__ == "__main__":
    main()
