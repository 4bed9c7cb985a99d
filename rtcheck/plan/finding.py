"""A fault or doubt in the input."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a finding does to the verdicts."""

    BLOCKS = "blocks"
    """Verdicts that depend on the faulty part are not evaluated."""
    WARNS = "warns"
    """Judged, but a person must look."""
    INFORMS = "informs"
    """Worth knowing."""


@dataclass(frozen=True)
class Finding:
    """What was found in the input, how bad it is, and where.

    Parameters
    ----------
    code : str
        Stable upper-case code such as ``"DOSE_UNITS_RELATIVE"``.
    severity : Severity
        What it does to the verdicts.
    text : str
        One sentence: what was found and what to do. No patient name or ID.
    where : str
        File (relative to the input) and keyword, or the ROI's name.
    """

    code: str
    severity: Severity
    text: str
    where: str = ""

    @property
    def is_about_roi(self) -> bool:
        """Return whether it concerns one ROI, whose name is `where`, and nothing else."""
        return self.code.startswith(("ROI_", "CONTOUR"))
