"""The exception tree with stable codes, and the reasons why a value cannot be said.

::

    RtcheckError                 RTC-E000
    ├── UsageError               RTC-U001   the call or command line is wrong
    ├── DicomError               RTC-D000   the input files are wrong
    │   ├── NotDicomError        RTC-D001   nothing readable as DICOM
    │   ├── MissingAttributeError RTC-D002  an attribute we rely on is absent
    │   └── CorruptDicomError    RTC-D003   truncated or contradictory content
    ├── ProtocolError            RTC-P000   the rules are wrong
    │   ├── ProtocolSyntaxError  RTC-P001   not TOML, or not of the schema's form
    │   ├── UnknownFieldError    RTC-P002   a key that does not exist
    │   ├── DuplicateGoalError   RTC-P003   one id used twice
    │   └── ProtocolNotFoundError RTC-P004  no such protocol
    ├── UnitError                RTC-N001   a quantity without a (right) unit
    ├── MetricError              RTC-M001   metric text that is not of the notation
    ├── ExpressionError          RTC-S001   structure expression that cannot be read
    ├── GeometryError            RTC-G001   contours that do not make a solid
    └── CannotSay                RTC-V001   inside only: ends as a Reason on a measurement

"The rules are wrong" and "the plan is wrong" are different branches. A message says what was
found, where, what was expected, and what to do; it never carries a patient's name or ID.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class RtcheckError(Exception):
    """What went wrong, where, what was expected, and what to do.

    Parameters
    ----------
    found : str
        What was found, in words.
    where : str
        File (relative to the input), and keyword path or ``line:column``.
    expected : str
        What would have been right.
    hint : str
        What to do, such as ``did you mean …?``.

    Examples
    --------
    >>> print(UnitError("'50'", where="goal.toml: lung-v20", expected="a number and a unit"))
    RTC-N001: '50' (goal.toml: lung-v20); expected a number and a unit
    """

    code: ClassVar[str] = "RTC-E000"
    exit_code: ClassVar[int] = 2

    def __init__(self, found: str, *, where: str = "", expected: str = "", hint: str = "") -> None:
        super().__init__(found)
        self.found = found
        self.where = where
        self.expected = expected
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.code}: {self.found}"
        if self.where:
            text += f" ({self.where})"
        if self.expected:
            text += f"; expected {self.expected}"
        if self.hint:
            text += f". {self.hint}"
        return text

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions cross process borders in a batch; keyword arguments are lost by default.
        return (_rebuild, (type(self), self.found, self.where, self.expected, self.hint))


def _rebuild(
    kind: type[RtcheckError], found: str, where: str, expected: str, hint: str
) -> RtcheckError:
    return kind(found, where=where, expected=expected, hint=hint)


class UsageError(RtcheckError):
    """The call or command line is wrong."""

    code = "RTC-U001"


class DicomError(RtcheckError):
    """The input files are wrong."""

    code = "RTC-D000"
    exit_code = 3


class NotDicomError(DicomError):
    """Nothing here is readable as DICOM RT."""

    code = "RTC-D001"


class MissingAttributeError(DicomError):
    """An attribute rtcheck relies on is absent or empty."""

    code = "RTC-D002"


class CorruptDicomError(DicomError):
    """Truncated or self-contradictory content."""

    code = "RTC-D003"


class ProtocolError(RtcheckError):
    """The rules are wrong."""

    code = "RTC-P000"


class ProtocolSyntaxError(ProtocolError):
    """A rule file that is not TOML, or not of the schema's form."""

    code = "RTC-P001"


class UnknownFieldError(ProtocolError):
    """A key that the rule language does not have."""

    code = "RTC-P002"


class DuplicateGoalError(ProtocolError):
    """One goal id used twice in a rule file."""

    code = "RTC-P003"


class ProtocolNotFoundError(ProtocolError):
    """No protocol of that id or path."""

    code = "RTC-P004"


class UnitError(RtcheckError):
    """A quantity without a unit, or with a unit of the wrong dimension."""

    code = "RTC-N001"


class MetricError(RtcheckError):
    """A metric that is not of the notation."""

    code = "RTC-M001"


class ExpressionError(RtcheckError):
    """A structure expression that cannot be read."""

    code = "RTC-S001"


class GeometryError(RtcheckError):
    """Contours that do not make a solid."""

    code = "RTC-G001"
    exit_code = 3


class Reason(StrEnum):
    """Why a value cannot be said. Each has one sentence in `REASON_SENTENCES`."""

    STRUCTURE_MISSING = "structure_missing"
    STRUCTURE_AMBIGUOUS = "structure_ambiguous"
    STRUCTURE_EMPTY = "structure_empty"
    STRUCTURE_UNSUPPORTED = "structure_unsupported"
    SMALLER_THAN_VOLUME = "smaller_than_volume"
    DOSE_DOES_NOT_COVER = "dose_does_not_cover"
    NO_DOSE = "no_dose"
    NO_PRESCRIPTION = "no_prescription"
    PRESCRIPTION_AMBIGUOUS = "prescription_ambiguous"
    NO_FRACTIONS = "no_fractions"
    NO_FRACTION_PATTERN = "no_fraction_pattern"
    NO_ALPHA_BETA = "no_alpha_beta"
    NO_OPTION_FOR_TARGET = "no_option_for_target"
    VARIANT_NOT_CHOSEN = "variant_not_chosen"
    UNDEFINED = "undefined"
    INPUT_BLOCKED = "input_blocked"
    INTERNAL_ERROR = "internal_error"


REASON_SENTENCES: dict[Reason, str] = {
    Reason.STRUCTURE_MISSING: "no ROI of the plan has this role",
    Reason.STRUCTURE_AMBIGUOUS: "more than one ROI could have this role",
    Reason.STRUCTURE_EMPTY: "the structure has no closed contour, or the expression leaves nothing",
    Reason.STRUCTURE_UNSUPPORTED: "the contours are of a kind that is refused",
    Reason.SMALLER_THAN_VOLUME: "the structure is smaller than the volume asked for",
    Reason.DOSE_DOES_NOT_COVER: "a part of the structure lies outside the dose grid",
    Reason.NO_DOSE: "the plan has no usable RT Dose",
    Reason.NO_PRESCRIPTION: "the prescription it refers to is not known",
    Reason.PRESCRIPTION_AMBIGUOUS: "the export states more than one prescription for it",
    Reason.NO_FRACTIONS: "the number of fractions is not known",
    Reason.NO_FRACTION_PATTERN: "the export does not say on which days fractions are given",
    Reason.NO_ALPHA_BETA: "no alpha/beta ratio was given",
    Reason.NO_OPTION_FOR_TARGET: "no option of the protocol speaks of this target",
    Reason.VARIANT_NOT_CHOSEN: "the goal belongs to a variant and no variant was chosen",
    Reason.UNDEFINED: "the metric is not defined for this structure and dose",
    Reason.INPUT_BLOCKED: "a finding in the input forbids judging",
    Reason.INTERNAL_ERROR: "rtcheck failed on this goal; please report it",
}


class CannotSay(RtcheckError):  # noqa: N818 - no error: an answer
    """A value that cannot be given: raised inside, ends as a `Reason` on the measurement.

    Parameters
    ----------
    reason : Reason
        Why.
    detail : str
        What exactly, naming ROI, volume or prescription.

    Examples
    --------
    >>> CannotSay(Reason.SMALLER_THAN_VOLUME, "Cord has 1.5 cc, 2 cc asked").reason.value
    'smaller_than_volume'
    """

    code = "RTC-V001"
    exit_code = 3

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(REASON_SENTENCES[reason], where=detail)
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[object, ...]:
        return (CannotSay, (self.reason, self.detail))
