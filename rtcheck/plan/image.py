"""The CtPlane record: one axial slice of a CT in patient axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import GeometryError
from rtcheck.plan.arrays import frozen


@dataclass(frozen=True, eq=False)
class CtPlane:
    """One axial slice of a CT, patient axes, ascending; for pictures, never for a verdict.

    Parameters
    ----------
    hu : ndarray of float32, shape (ny, nx)
        Hounsfield units.
    x_mm, y_mm : ndarray
        Centres of the pixels in mm, strictly ascending.
    z_mm : float
        Height of the slice in mm.

    Raises
    ------
    GeometryError
        If shapes do not fit, or an axis does not ascend.
    """

    hu: NDArray[np.float32]
    x_mm: NDArray[np.float64]
    y_mm: NDArray[np.float64]
    z_mm: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "hu", frozen(self.hu, np.float32))
        for name in ("x_mm", "y_mm"):
            axis = frozen(getattr(self, name), np.float64)
            if axis.ndim != 1 or len(axis) < 2 or not np.all(np.diff(axis) > 0):
                raise GeometryError(f"CT axis {name} does not ascend")
            object.__setattr__(self, name, axis)
        if self.hu.shape != (len(self.y_mm), len(self.x_mm)):
            raise GeometryError(f"a CT slice of shape {self.hu.shape} on other axes")
