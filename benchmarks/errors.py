"""How far the figures of an engine are from the truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median

from running import Figures

COLUMNS = {
    "volume_cm3": "volume, %",
    "mean_gy": "mean, Gy",
    "d95_gy": "D95%, Gy",
    "d2_gy": "D2%, Gy",
    "v_percent": "V, points",
}


@dataclass(frozen=True)
class Errors:
    """Sizes of the errors over the structures of a plan.

    Parameters
    ----------
    median, worst : dict of str to float
        By figure: volume in percent of the truth, doses in Gy, V in percentage points.
    missing : int
        Structures or figures that the engine does not give.
    """

    median: dict[str, float]
    worst: dict[str, float]
    missing: int


def errors(found: Figures, truth: Figures) -> Errors:
    """Return the errors of what was found, over the structures of the truth."""
    # Some engines write names without their blanks.
    by_name = {_plain(name): figures for name, figures in found.items()}
    sizes: dict[str, list[float]] = {key: [] for key in COLUMNS}
    missing = 0
    for name, true in truth.items():
        figures = by_name.get(_plain(name), {})
        for key in COLUMNS:
            exact, value = true.get(key), figures.get(key)
            if exact is None:
                continue
            if value is None:
                missing += 1
            else:
                per = exact / 100 if key == "volume_cm3" else 1.0
                sizes[key].append(abs(value - exact) / per)
    given = {key: values for key, values in sizes.items() if values}
    return Errors(
        {key: median(values) for key, values in given.items()},
        {key: max(values) for key, values in given.items()},
        missing,
    )


def _plain(name: str) -> str:
    return "_".join(name.split())


def stored_figures(folder: Path, at_gy: float, leave_out: frozenset[str]) -> Figures:
    """Return what the planning system itself stored in the RT Dose, as a truth of sorts."""
    import numpy as np
    import pydicom

    files = {ds.Modality: ds for ds in map(pydicom.dcmread, folder.glob("*.dcm"))}
    names = {r.ROINumber: str(r.ROIName) for r in files["RTSTRUCT"].StructureSetROISequence}
    found: Figures = {}
    for item in files["RTDOSE"].get("DVHSequence", []):
        if item.DVHType != "CUMULATIVE" or item.DVHVolumeUnits != "CM3":
            continue
        bins = np.array(item.DVHData, dtype=float).reshape(-1, 2)
        low = np.cumsum(bins[:, 0]) - bins[:, 0]
        volume = bins[:, 1]
        name = names[item.DVHReferencedROISequence[0].ReferencedROINumber]
        if name in leave_out or volume[0] < 1:  # too small for its own bins
            continue
        found[name] = {
            "volume_cm3": float(volume[0]),
            # DVHMeanDose may be in percent of something.
            "mean_gy": float((volume * bins[:, 0]).sum() / volume[0]) - bins[0, 0] / 2,
            "d95_gy": float(np.interp(-0.95 * volume[0], -volume, low)),
            "d2_gy": float(np.interp(-0.02 * volume[0], -volume, low)),
            "v_percent": 100 * float(np.interp(at_gy, low, volume) / volume[0]),
        }
    return found
