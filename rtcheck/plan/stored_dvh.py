"""The StoredDvh record: a dose-volume histogram as the planning system stored it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import UnitError
from rtcheck.plan.arrays import frozen


@dataclass(frozen=True, eq=False)
class StoredDvh:
    """The planning system's own DVH of one ROI, from the RT Dose.

    Parameters
    ----------
    roi_number : int
        ReferencedROINumber (3006,0084).
    dose_gy : ndarray of shape (n,)
        Doses in Gy, ascending.
    volume : ndarray of shape (n,)
        Volume that has at least that dose, never rising; in `volume_unit`.
    volume_unit : str
        ``"cm3"``, or ``"%"`` of a volume that is not stated.
    bin_width_gy : float
        The widest bin in Gy: what the histogram cannot tell apart.
    min_gy, mean_gy, max_gy : float or None
        DVHMinimumDose (3004,0070), DVHMeanDose (3004,0074), DVHMaximumDose (3004,0072) in Gy;
        None where not stated, or where what is stated cannot be that of this curve.
    dvh_type : str
        DVHType (3004,0001): ``"CUMULATIVE"`` or ``"DIFFERENTIAL"``.
    volume_at : str
        Where in its bin a volume stands: ``"left edge"``, ``"centre"`` or ``"right edge"``;
        the standard leaves that open.

    Raises
    ------
    UnitError
        If shapes do not fit, doses fall or volumes rise.

    Examples
    --------
    >>> StoredDvh(1, np.array([0.0, 1.0, 2.0]), np.array([8.0, 8.0, 0.0]), "cm3", 1.0).total
    8.0
    """

    roi_number: int
    dose_gy: NDArray[np.float64]
    volume: NDArray[np.float64]
    volume_unit: str
    bin_width_gy: float
    min_gy: float | None = None
    mean_gy: float | None = None
    max_gy: float | None = None
    dvh_type: str = "CUMULATIVE"
    volume_at: str = "left edge"

    def __post_init__(self) -> None:
        dose, volume = frozen(self.dose_gy, np.float64), frozen(self.volume, np.float64)
        if dose.ndim != 1 or dose.shape != volume.shape or not len(dose):
            raise UnitError("dose and volume of different shapes")
        if np.any(np.diff(dose) < 0) or np.any(np.diff(volume) > 0):
            raise UnitError("a cumulative histogram with falling doses or rising volumes")
        object.__setattr__(self, "dose_gy", dose)
        object.__setattr__(self, "volume", volume)

    @property
    def total(self) -> float:
        """Return the volume of the structure in `volume_unit`."""
        return float(self.volume[0])
