"""What every engine's script prints: one JSON object, and nothing else on standard output.

    {"engine": "name and version", "structures": {"PTV": {"volume_cm3": 1.0, "mean_gy": 2.0,
     "d95_gy": 1.5, "d2_gy": 2.5, "v_percent": 90.0}}}

A figure an engine cannot give is null. "seconds" may tell how long its stages took. The standard
library alone is used here, because the scripts run in whatever interpreter their engine is
installed in.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from importlib.metadata import version
from types import ModuleType
from typing import NoReturn

FIGURES = ("volume_cm3", "mean_gy", "d95_gy", "d2_gy", "v_percent")
"""V is the volume in percent that gets at least the dose of the command line."""

NOT_INSTALLED = 77
"""Exit code of a script whose engine is not there."""


def needed(module: str) -> ModuleType:
    """Return a module, or leave with the exit code that says it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        not_installed(module)


def not_installed(what: str) -> NoReturn:
    """Leave with the exit code that says what is not installed."""
    print(f"not installed: {what}", file=sys.stderr)
    sys.exit(NOT_INSTALLED)


def answer(
    packages: str | Sequence[str],
    structures: dict[str, dict[str, float | None]],
    seconds: dict[str, float] | None = None,
) -> None:
    """Print what an engine found, and how long its stages took."""
    packages = [packages] if isinstance(packages, str) else packages
    engine = ", ".join(p if " " in p else f"{p} {version(p)}" for p in packages)
    json.dump({"engine": engine, "structures": structures, "seconds": seconds or {}}, sys.stdout)


def from_voxels(dose_gy: object, voxel_cm3: float, at_gy: float) -> dict[str, float | None]:
    """Return the figures of a structure from the doses of its voxels, without bins."""
    import numpy as np

    ascending = np.sort(np.asarray(dose_gy, dtype=float))
    if not len(ascending):
        return dict.fromkeys(FIGURES)
    return {
        "volume_cm3": len(ascending) * voxel_cm3,
        "mean_gy": float(ascending.mean()),
        "d95_gy": float(np.quantile(ascending, 0.05)),
        "d2_gy": float(np.quantile(ascending, 0.98)),
        "v_percent": 100.0 * float((ascending >= at_gy).mean()),
    }
