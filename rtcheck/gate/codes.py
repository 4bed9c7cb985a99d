"""The one table of the gate's findings: what each does to the verdicts, and what to do about it."""

from __future__ import annotations

from rtcheck.plan import Finding, Severity

_BLOCKS, _WARNS, _INFORMS = Severity.BLOCKS, Severity.WARNS, Severity.INFORMS

GATE_CODES: dict[str, tuple[Severity, str]] = {
    "DOSE_LEVEL_IMPLAUSIBLE": (
        _BLOCKS,
        "export the dose of the whole plan, or state the prescription it belongs to",
    ),
    "DOSE_LEVEL_UNUSUAL": (
        _WARNS,
        "check that every beam and every fraction is in the dose, and nothing else",
    ),
    "DOSE_PLANES_MISSING": (_WARNS, "check that every plane of the dose was exported"),
    "DOSE_GRID_COARSE": (_WARNS, "calculate the dose on a finer grid"),
    "TARGET_OUTSIDE_DOSE": (_WARNS, "calculate the dose on a larger grid"),
    "FRACTION_DOSE_IMPLAUSIBLE": (_WARNS, "check total dose and fractions of the prescription"),
    "TARGET_NOT_NESTED": (_WARNS, "check that both are of one version of the contours"),
    "SIDES_SWAPPED": (_BLOCKS, "correct the names, or the patient's position in the image"),
    "SIDE_DOUBTFUL": (_WARNS, "check its name, and the patient's position in the image"),
    "VOLUME_IMPLAUSIBLE": (_WARNS, "check that its name is right and that it is drawn whole"),
    "STRUCTURE_OUTSIDE_BODY": (_WARNS, "check that it is drawn on the same image"),
    "CONTOUR_SELF_CROSSING": (_WARNS, "redraw it: where it overlaps itself it counts as outside"),
    "CONTOURS_FLAT": (_WARNS, "redraw it there: it counts as if nothing was drawn"),
    "TARGET_EMPTY": (_WARNS, "draw it, or delete it if it is not needed"),
    "NAMES_ALIKE": (_WARNS, "rename or delete the one that is not meant"),
    "PLACE_DOUBTFUL": (_WARNS, "check its name, and that it is drawn on the same image"),
    "DOSE_CUT_OFF": (_WARNS, "export the dose without a threshold"),
    "EXTERNAL_SEVERAL": (_INFORMS, "keep one ROI of type EXTERNAL"),
}
"""Finding code -> (severity, what to do)."""


def finding(code: str, found: str, where: str = "") -> Finding:
    """Return the finding of that code.

    Parameters
    ----------
    code : str
        A key of `GATE_CODES`.
    found : str
        What was found, with its figures, without a full stop.
    where : str
        The ROI's name.

    Examples
    --------
    >>> finding("EXTERNAL_SEVERAL", "there are 2").text
    'there are 2; keep one ROI of type EXTERNAL.'
    """
    severity, what_to_do = GATE_CODES[code]
    return Finding(code, severity, f"{found}; {what_to_do}.", where)
