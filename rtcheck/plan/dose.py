"""The DoseGrid record: dose on a rectilinear grid in patient axes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import GeometryError
from rtcheck.plan.arrays import frozen, median

EVEN_MM = 1e-6
"""Grid points this near to even spacing are evenly spaced."""


@dataclass(frozen=True, eq=False)
class DoseGrid:
    """Physical dose in Gy at the points of a rectilinear grid, patient axes, ascending.

    Whatever the patient's position, the reader has turned the array so that every axis ascends
    in DICOM patient coordinates. Spacing may be irregular.

    Parameters
    ----------
    dose_gy : ndarray of shape (nz, ny, nx)
        Total dose of the plan in Gy.
    x_mm, y_mm, z_mm : ndarray
        Coordinates of the grid points, strictly ascending, in mm.
    frame_of_reference_uid : str
        FrameOfReferenceUID (0020,0052).

    Raises
    ------
    GeometryError
        If shapes do not fit, an axis does not ascend, or a dose is not finite.
    """

    dose_gy: NDArray[np.float64]
    x_mm: NDArray[np.float64]
    y_mm: NDArray[np.float64]
    z_mm: NDArray[np.float64]
    frame_of_reference_uid: str = ""

    def __post_init__(self) -> None:
        dose = frozen(self.dose_gy, np.float64)
        axes = []
        for name in ("x_mm", "y_mm", "z_mm"):
            axis = frozen(getattr(self, name), np.float64)
            if axis.ndim != 1 or not len(axis) or not np.all(np.diff(axis) > 0):
                raise GeometryError(f"dose grid axis {name} does not ascend")
            object.__setattr__(self, name, axis)
            axes.append(len(axis))
        if dose.shape != tuple(reversed(axes)):
            raise GeometryError(f"dose of shape {dose.shape} on axes of {axes[::-1]} points")
        if dose.size and not (np.isfinite(dose.min()) and np.isfinite(dose.max())):
            raise GeometryError("dose values that are not finite")
        object.__setattr__(self, "dose_gy", dose)

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Return the median spacing (z, y, x) of the grid in mm; 0 along an axis of one point."""

        def spacing(axis: NDArray[np.float64]) -> float:
            return median(np.diff(axis)) if len(axis) > 1 else 0.0

        return spacing(self.z_mm), spacing(self.y_mm), spacing(self.x_mm)

    @cached_property
    def steps_mm(self) -> tuple[float, float, float]:
        """Return the spacing (z, y, x) of the grid in mm where it is even; 0 where it is not."""

        def step(axis: NDArray[np.float64]) -> float:
            last = len(axis) - 1
            even = float(axis[-1] - axis[0]) / last if last else 0.0
            off = np.abs(axis - (axis[0] + even * np.arange(last + 1))).max()
            # Coordinates are decimals: what differs less is evenly spaced.
            return even if off < EVEN_MM else 0.0

        return step(self.z_mm), step(self.y_mm), step(self.x_mm)

    @property
    def boundary_max_gy(self) -> float:
        """Return the largest dose on the faces of the grid in Gy.

        Tissue outside the grid is taken to have at most this dose.
        """
        d = self.dose_gy
        return float(max(f.max() for a in range(3) for f in (d.take(0, a), d.take(-1, a))))
