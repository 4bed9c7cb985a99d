"""The Prescription record: what a named target was prescribed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rtcheck.errors import UnitError
from rtcheck.plan.fraction_pattern import FractionPattern, parse_days
from rtcheck.units import Dimension, parse_quantity

GIVEN_BY_USER = "given by the user"


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
        Where it comes from, such as ``"RT Plan DoseReferenceSequence[0]"``.
    fraction_pattern : FractionPattern or None
        On which days, when the user says it.

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
    fraction_pattern: FractionPattern | None = None

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

    @property
    def schedule(self) -> tuple[object, ...]:
        """Return dose, fractions and days: of one schedule, they are the same."""
        return self.dose_gy, self.number_of_fractions_planned, self.fraction_pattern

    @property
    def given_by_user(self) -> bool:
        """Return whether a person stated it, not the export."""
        return self.source == GIVEN_BY_USER

    def __str__(self) -> str:
        n = self.number_of_fractions_planned
        schedule = f"{self.dose_gy:.10g} Gy" + (f" in {n} fractions" if n else "")
        days = f" on {self.fraction_pattern.days}" if self.fraction_pattern else ""
        return f"{self.name}: {schedule}{days}"


_RX = re.compile(
    r"(?P<name>.+?)\s*=\s*(?P<dose>[^=/]+?)\s*"
    r"(?:/\s*(?P<fractions>\d+)\s*(?:fx)?\s*(?:\bon\s(?P<days>.+))?)?"
)


def parse_prescription(text: str) -> Prescription:
    """Return the prescription that a text such as ``"PTV=50 Gy/25"`` states.

    Parameters
    ----------
    text : str
        Name of the target or of the protocol's prescription, total dose with unit, and after a
        slash the number of fractions, which may be left out, and on which days of the week.

    Raises
    ------
    UnitError
        If the text is not of that form.

    Examples
    --------
    >>> print(parse_prescription("PTV=50 Gy/25"))
    PTV: 50 Gy in 25 fractions
    >>> print(parse_prescription("PTV=50 Gy/5 on Mon, Wed, Fri"))
    PTV: 50 Gy in 5 fractions on Mon, Wed, Fri
    """
    match = _RX.fullmatch(text.strip())
    if match is None:
        expected = 'the form "PTV=50 Gy/25" or "PTV=50 Gy/25 on Mon-Fri"'
        raise UnitError(f"prescription {text!r}", expected=expected)
    dose = parse_quantity(match["dose"], Dimension.DOSE, where=f"prescription {text!r}")
    fractions = int(match["fractions"]) if match["fractions"] else None
    pattern = parse_days(match["days"]) if match["days"] else None
    return Prescription(match["name"].strip(), dose.inside, fractions, None, GIVEN_BY_USER, pattern)
