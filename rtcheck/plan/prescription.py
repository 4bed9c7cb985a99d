"""The Prescription record: what a named target was prescribed."""

from __future__ import annotations

from dataclasses import dataclass

from rtcheck.errors import UnitError


@dataclass(frozen=True)
class Prescription:
    """Total dose in Gy, and fractions, prescribed to a named target.

    Parameters
    ----------
    name : str
        The target as the plan (DoseReferenceDescription or ROI name) or the user named it.
    dose_gy : float
        TargetPrescriptionDose (300A,0026), total over all fractions, in Gy.
    number_of_fractions_planned : int or None
        NumberOfFractionsPlanned (300A,0078); None when the export does not say.
    roi_number : int or None
        ReferencedROINumber (3006,0084) of the target; None when it is not linked to an ROI.
    source : str
        Where it comes from, such as ``"RT Plan DoseReferenceSequence[0]"`` or ``"--rx"``.

    Examples
    --------
    >>> Prescription("PTV", 50.0, 25).dose_per_fraction_gy
    2.0
    """

    name: str
    dose_gy: float
    number_of_fractions_planned: int | None = None
    roi_number: int | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.dose_gy < float("inf"):
            raise UnitError(f"a prescription of {self.dose_gy} Gy", where=self.name)
        n = self.number_of_fractions_planned
        if n is not None and n < 1:
            raise UnitError(f"a prescription in {n} fractions", where=self.name)

    @property
    def dose_per_fraction_gy(self) -> float | None:
        """Return the dose per fraction in Gy, or None when the fractions are not known."""
        n = self.number_of_fractions_planned
        return None if n is None else self.dose_gy / n

    def __str__(self) -> str:
        n = self.number_of_fractions_planned
        schedule = f"{self.dose_gy:g} Gy" + (f" in {n} fractions" if n else "")
        return f"{self.name}: {schedule}"
