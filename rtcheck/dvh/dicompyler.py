"""dicompyler-core: its DVH class as the field's interchange type, and its engine as a second one.

dicompyler-core 0.5.6 asks pydicom for ``dicomio.read_file``, which pydicom 3 has removed. The
alias below stands in for it until dicompyler-core releases a version without that call.
"""

from __future__ import annotations

import io
import logging
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from rtcheck.errors import CannotSay, Reason, UsageError
from rtcheck.plan import Plan, StoredDvh

if TYPE_CHECKING:
    from rtcheck.dvh.record import Dvh

BIN_GY = 0.01
"""Width of dicompyler-core's bins: 1 cGy."""

WHY_IT_DIFFERS = (
    "it counts whole pixels of the dose grid whose centre lies in a contour, at the dose of that "
    "pixel; every contour is extruded by the least distance between two contours, ends included; "
    "doses are cut into bins of 1 cGy; what lies beside the dose grid is left out, and what lies "
    "above or below it is given the doses of the rest"
)
"""Known reasons, from its source, why its figures and rtcheck's need not agree."""


def dicompyler(module: str) -> ModuleType:
    """Return a module of dicompyler-core, such as ``"dvh"``.

    Raises
    ------
    UsageError
        If dicompyler-core is not installed.
    """
    from importlib import import_module

    try:
        import pydicom.dicomio

        if not hasattr(pydicom.dicomio, "read_file"):
            pydicom.dicomio.read_file = pydicom.dicomio.dcmread  # type: ignore[attr-defined]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its source is older than this Python
            return import_module(f"dicompylercore.{module}")
    except ImportError as error:
        raise UsageError(
            "dicompyler-core is not installed", hint="pip install 'rtcheck[dicompyler]'"
        ) from error


def to_dicompyler(dvh: Dvh, name: str = "", bin_gy: float = 0.01) -> object:
    """Return a cumulative ``dicompylercore.dvh.DVH`` in Gy and cm3.

    Parameters
    ----------
    dvh : Dvh
        The histogram.
    name : str
        Structure name.
    bin_gy : float
        Bin width in Gy.

    Raises
    ------
    UsageError
        If dicompyler-core is not installed.

    Notes
    -----
    Only the known part has a dose there; what lies outside the dose grid is not in the histogram,
    and the `notes` attribute says so.
    """
    interchange = dicompyler("dvh")
    edges = np.arange(0.0, dvh.maximum_gy + 2 * bin_gy, bin_gy)
    counts = np.array([dvh.volume_at_dose_cm3(edge) for edge in edges[:-1]])
    notes = ""
    if dvh.outside_cm3 > 0:
        notes = f"{dvh.outside_cm3:.4g} cm3 lie outside the dose grid and are not included"
    made: object = interchange.DVH(
        counts=counts,
        bins=edges,
        dvh_type="cumulative",
        dose_units="Gy",
        volume_units="cm3",
        name=name,
        notes=notes,
    )
    return made


@dataclass(eq=False)
class DicompylerEngine:
    """dicompyler-core as a second engine: DVHs of single ROIs from the very files of a plan.

    Parameters
    ----------
    plan : Plan
        The plan.

    Raises
    ------
    UsageError
        If dicompyler-core is not installed.
    """

    plan: Plan
    _dvhs: dict[int, StoredDvh | CannotSay] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._calc = dicompyler("dvhcalc")
        # Without a handler of its own, what it logs would go to standard error.
        logging.getLogger("dicompylercore").addHandler(logging.NullHandler())

    @property
    def name(self) -> str:
        """Return its name."""
        return "dicompyler-core"

    @property
    def version(self) -> str:
        """Return its version."""
        from importlib.metadata import version

        return version("dicompyler-core")

    @property
    def why_it_differs(self) -> str:
        """Return the known reasons why its figures and rtcheck's need not agree."""
        return WHY_IT_DIFFERS

    def dvh(self, roi_number: int) -> StoredDvh:
        """Return its histogram of an ROI, computed once.

        Raises
        ------
        CannotSay
            If it has none, or fails on these files.
        """
        if roi_number not in self._dvhs:
            try:
                self._dvhs[roi_number] = self._computed(roi_number)
            except CannotSay as why:
                self._dvhs[roi_number] = why
        found = self._dvhs[roi_number]
        if isinstance(found, CannotSay):
            raise CannotSay(found.reason, found.detail)
        return found

    @cached_property
    def _datasets(self) -> tuple[Any, Any]:
        import pydicom

        files = self.plan.source_files
        if files.structure_set is None or files.dose is None:
            why = "there is no single RT Dose file of the whole plan"
            raise CannotSay(Reason.UNDEFINED, why)
        contents = (files.structure_set(), files.dose())
        structure_set, dose = (pydicom.dcmread(io.BytesIO(c), force=True) for c in contents)
        return structure_set, dose

    def _computed(self, roi_number: int) -> StoredDvh:
        try:
            # Only the kind of what it raises is told: its messages may quote a patient's data.
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                found = self._calc.get_dvh(*self._datasets, roi_number)
            volume = np.append(np.asarray(found.counts, dtype=np.float64), 0.0)
            edges = np.asarray(found.bins, dtype=np.float64)
        except CannotSay:
            raise
        except Exception as fault:  # noqa: BLE001 - a foreign engine; ends as a visible reason
            why = f"{self.name} fails on it ({type(fault).__name__})"
            raise CannotSay(Reason.UNDEFINED, why) from None
        if not (np.isfinite(volume).all() and volume[0] > 0):
            raise CannotSay(Reason.UNDEFINED, f"{self.name} finds no volume with a dose")
        return StoredDvh(roi_number, edges, np.minimum.accumulate(volume), "cm3", BIN_GY)
