"""The histogram as dicompyler-core's DVH class, the field's interchange type.

dicompyler-core 0.5.6 asks pydicom for ``dicomio.read_file``, which pydicom 3 has removed. The
alias below stands in for it until dicompyler-core releases a version without that call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rtcheck.errors import UsageError

if TYPE_CHECKING:
    from rtcheck.dvh.record import Dvh


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
    try:
        import pydicom.dicomio

        if not hasattr(pydicom.dicomio, "read_file"):
            pydicom.dicomio.read_file = pydicom.dicomio.dcmread  # type: ignore[attr-defined]
        from dicompylercore.dvh import DVH
    except ImportError as error:
        raise UsageError(
            "dicompyler-core is not installed", hint="pip install 'rtcheck[dicompyler]'"
        ) from error
    edges = np.arange(0.0, dvh.maximum_gy + 2 * bin_gy, bin_gy)
    counts = np.array([dvh.volume_at_dose_cm3(edge) for edge in edges[:-1]])
    notes = ""
    if dvh.outside_cm3 > 0:
        notes = f"{dvh.outside_cm3:.4g} cm3 lie outside the dose grid and are not included"
    return DVH(
        counts=counts,
        bins=edges,
        dvh_type="cumulative",
        dose_units="Gy",
        volume_units="cm3",
        name=name,
        notes=notes,
    )
