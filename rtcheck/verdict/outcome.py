"""Outcomes and the Verdict record."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rtcheck.errors import Reason
from rtcheck.metrics import Measurement
from rtcheck.metrics.opinion import EngineValue


class Outcome(StrEnum):
    """What a goal came to."""

    PER_PROTOCOL = "per_protocol"
    VARIATION_ACCEPTABLE = "variation_acceptable"
    DEVIATION_UNACCEPTABLE = "deviation_unacceptable"
    NOT_EVALUATED = "not_evaluated"
    REPORTED = "reported"
    NOT_APPLICABLE = "not_applicable"


DISPLAY_ORDER: tuple[Outcome, ...] = (
    Outcome.DEVIATION_UNACCEPTABLE,
    Outcome.NOT_EVALUATED,
    Outcome.VARIATION_ACCEPTABLE,
    Outcome.PER_PROTOCOL,
    Outcome.REPORTED,
    Outcome.NOT_APPLICABLE,
)
"""What a reader must see first stands first."""

OUTCOME_WORDS: dict[Outcome, tuple[str, str]] = {
    Outcome.PER_PROTOCOL: ("✓", "per protocol"),
    Outcome.VARIATION_ACCEPTABLE: ("~", "variation acceptable"),
    Outcome.DEVIATION_UNACCEPTABLE: ("✗", "deviation unacceptable"),
    Outcome.NOT_EVALUATED: ("?", "NOT EVALUATED"),
    Outcome.REPORTED: ("·", "reported"),
    Outcome.NOT_APPLICABLE: ("–", "not applicable"),
}
"""Symbol and words of each outcome; never colour alone."""


@dataclass(frozen=True)
class Found:
    """An ROI that was taken for a role.

    Parameters
    ----------
    roi_name : str
        Name as exported.
    roi_number : int
        ROINumber.
    matched_by : str
        ``"map"``, ``"tg263"``, ``"alias"``, ``"normalised"``, ``"match"`` or ``"else"``.
    role : str
        The role it was taken for.
    """

    roi_name: str
    roi_number: int
    matched_by: str
    role: str


@dataclass(frozen=True)
class Verdict:
    """One goal judged on one structure.

    Parameters
    ----------
    goal : str
        Goal id.
    structure : str
        As the rule writes it; with ``each`` the ROI's name follows in `roi`.
    roi : str
        The ROI of a goal that holds for each one; empty otherwise.
    found : tuple of Found
        The ROIs it was measured on and how each was matched.
    metric : str
        Canonical notation; with ``dose`` other than physical, that is said in `dose`.
    outcome : Outcome
        What it came to.
    unit : str
        Unit of the numbers.
    value, low, high : float or None
        Value and its bounds, unrounded.
    value_text : str
        How to print the value when a plain number says too little.
    per_protocol, acceptable : str or None
        Limits as written.
    margin : float or None
        How far the value is inside the limit that decided, in `unit`; negative outside.
    borderline : bool
        Whether a limit lies within the numerical interval: too close to call.
    reason : Reason or None
        Why it was not evaluated, or not applicable.
    detail : str
        The reason with names and numbers, or what was assumed.
    tps_value : float or None
        The planning system's own figure, from the DVH it stored; it never changes the outcome.
    tps_differs : bool
        Whether that lies outside the tolerance of decision 0012.
    tps_outcome : Outcome or None
        What the goal would come to by the planning system's figures; only to be shown.
    second_engine : EngineValue or None
        What a second engine says, where one was asked.
    required : bool
        Whether the verdict decides.
    source, note : str
        Citation and reading.
    dose : str
        ``"physical"``, ``"BED"`` or ``"EQD2"``.
    prescription : str
        The prescription percentages refer to, in words; empty if none.
    definition : str
        Definition of the metric where names differ in the field.
    by_model : tuple of (str, float)
        The value under each geometry model, where they disagree so much that a reader must know.
    others : tuple of Measurement
        What was measured of other metrics that the tiers name.
    """

    goal: str
    structure: str
    metric: str
    outcome: Outcome
    unit: str = ""
    roi: str = ""
    found: tuple[Found, ...] = ()
    value: float | None = None
    low: float | None = None
    high: float | None = None
    value_text: str = ""
    per_protocol: str | None = None
    acceptable: str | None = None
    margin: float | None = None
    borderline: bool = False
    reason: Reason | None = None
    detail: str = ""
    tps_value: float | None = None
    tps_differs: bool = False
    tps_outcome: Outcome | None = None
    second_engine: EngineValue | None = None
    required: bool = True
    source_ref: str = ""
    source_where: str = ""
    source_cite: str = ""
    note: str = ""
    dose: str = "physical"
    prescription: str = ""
    definition: str = ""
    by_model: tuple[tuple[str, float], ...] = ()
    others: tuple[Measurement, ...] = ()


def overall(verdicts: tuple[Verdict, ...], *, blocked: bool = False) -> Outcome:
    """Return the outcome of a whole report: the worst of the goals that decide.

    Nothing evaluated is never a pass: without any required goal that was judged the outcome is
    not_evaluated.

    Parameters
    ----------
    verdicts : tuple of Verdict
        All of them.
    blocked : bool
        Whether the input has a finding that blocks.

    Examples
    --------
    >>> overall(()).value
    'not_evaluated'
    """
    deciding = [v.outcome for v in verdicts if v.required]
    if Outcome.DEVIATION_UNACCEPTABLE in deciding:
        return Outcome.DEVIATION_UNACCEPTABLE
    judged = {Outcome.PER_PROTOCOL, Outcome.VARIATION_ACCEPTABLE}
    if blocked or Outcome.NOT_EVALUATED in deciding or not judged & set(deciding):
        return Outcome.NOT_EVALUATED
    if Outcome.VARIATION_ACCEPTABLE in deciding:
        return Outcome.VARIATION_ACCEPTABLE
    return Outcome.PER_PROTOCOL


EXIT_CODES: dict[Outcome, int] = {
    Outcome.PER_PROTOCOL: 0,
    Outcome.VARIATION_ACCEPTABLE: 0,
    Outcome.DEVIATION_UNACCEPTABLE: 1,
    Outcome.NOT_EVALUATED: 3,
}
"""Exit code of a report's overall outcome; 2 is for usage and rule-file faults."""
