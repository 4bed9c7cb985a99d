"""The one table of finding codes: what each does to the verdicts, and what to do about it."""

from __future__ import annotations

from rtcheck.plan import Finding, Severity

_BLOCKS, _WARNS, _INFORMS = Severity.BLOCKS, Severity.WARNS, Severity.INFORMS

CODES: dict[str, tuple[Severity, str]] = {
    # Files
    "FILE_UNREADABLE": (_WARNS, "export it again if it belongs to the plan"),
    "FILE_TOO_LARGE": (_WARNS, "give it by itself, or a wider --limit, if it belongs to the plan"),
    "INPUT_TOO_LARGE": (_WARNS, "give the folder of the plan itself, or a wider --limit"),
    "FILE_DUPLICATE": (_INFORMS, "nothing needs doing: one copy was read"),
    # How files belong together
    "RT_PLAN_MISSING": (_WARNS, "export the RT Plan too, or state the prescription yourself"),
    "RT_PLAN_COPIES_DIFFER": (_BLOCKS, "keep only the valid one"),
    "RT_PLAN_UNREADABLE": (_BLOCKS, "export the RT Plan again"),
    "RT_PLAN_FRAME_DIFFERS": (_WARNS, "check that plan and structures are of one image"),
    "STRUCTURE_SET_MISSING": (_BLOCKS, "export the RT Structure Set of this plan"),
    "STRUCTURE_SET_LINK_GUESSED": (_WARNS, "check that it is the right one"),
    "STRUCTURE_SET_LINK_AMBIGUOUS": (_BLOCKS, "give only the files of one plan"),
    "STRUCTURE_SET_NOT_USED": (_INFORMS, "check that the plan refers to the right one"),
    "STRUCTURE_SETS_CONFLICT": (
        _BLOCKS,
        "export plan, structures and dose of one version, or leave out the RT Plan",
    ),
    "STRUCTURE_SET_COPIES_DIFFER": (_BLOCKS, "keep only the valid one"),
    "STRUCTURE_SET_UNREADABLE": (_BLOCKS, "export the RT Structure Set again"),
    "PATIENT_ID_MISMATCH": (_BLOCKS, "export plan, structures and dose of one patient again"),
    "PATIENT_DATA_DIFFER": (_WARNS, "check that all files are of one patient"),
    "PATIENT_POSITION_DIFFERS": (_WARNS, "check the patient's position, and so left and right"),
    "STUDY_DIFFERS": (_INFORMS, "check that all files are of one image"),
    "FRAME_OF_REFERENCE_MISSING": (_WARNS, "check that dose and contours are of one image"),
    # How old files are, and whether anybody wants them
    "STRUCTURE_SET_NEWER": (
        _WARNS,
        "check that no contour was changed since the dose was calculated",
    ),
    "STRUCTURE_SET_NEWER_EXISTS": (_WARNS, "check that the plan refers to the valid one"),
    "DOSE_OLDER": (_WARNS, "calculate and export the dose again if the plan was changed"),
    "RT_PLAN_REVISED": (_WARNS, "check that this is the valid version"),
    "RT_PLAN_INTENT": (_WARNS, "check that this is the plan to be treated"),
    "APPROVAL_REJECTED": (_WARNS, "check that this is the version to be judged"),
    # RT Dose as a whole
    "DOSE_MISSING": (_BLOCKS, "export the RT Dose of this plan"),
    "DOSE_UNREADABLE": (_BLOCKS, "export the RT Dose again"),
    "DOSE_LINK_GUESSED": (_WARNS, "check that it is the dose of this plan"),
    "DOSE_LINK_AMBIGUOUS": (_BLOCKS, "give only the files of one plan"),
    "DOSE_OF_OTHER_PLAN": (
        _BLOCKS,
        "export the dose of this plan, or give dose and structures without the RT Plan",
    ),
    "DOSE_COPIES_DIFFER": (_BLOCKS, "keep only the valid one"),
    "DOSE_OF_UNCLEAR_PLAN": (_BLOCKS, "give only one version of the RT Plan"),
    "DOSE_AMBIGUOUS": (_BLOCKS, "give only the RT Dose to be judged"),
    "DOSE_DUPLICATE": (_INFORMS, "nothing needs doing: one of them was read"),
    "DOSE_NOT_USED": (_INFORMS, "nothing needs doing: the dose of the whole plan was read"),
    "DOSE_MULTI_PLAN": (_BLOCKS, "export the dose of this plan alone"),
    "DOSE_SUMMATION_TYPE_MISSING": (_BLOCKS, "export a dose that states DoseSummationType PLAN"),
    "DOSE_SUMMATION_TYPE_UNSUPPORTED": (_BLOCKS, "export the dose of the whole plan"),
    "DOSE_SUMMED": (_INFORMS, "compare the sum with the dose in the planning system"),
    "DOSE_PARTS_INCOMPLETE": (_BLOCKS, "export the dose of the whole plan"),
    "DOSE_PARTS_GRIDS_DIFFER": (_BLOCKS, "export the dose of the whole plan"),
    "DOSE_STACKED": (_INFORMS, "nothing needs doing: the planes form one regular grid"),
    "DOSE_STACK_INVALID": (_BLOCKS, "export every plane of the dose, or one multi-frame file"),
    "DOSE_FRAME_DIFFERS": (_BLOCKS, "export dose and structures of the same image"),
    "DOSE_STRUCTURE_SET_DIFFERS": (_WARNS, "check that the structures are the planned ones"),
    "DOSE_PRESCRIPTION_IMPLAUSIBLE": (
        _BLOCKS,
        "export the dose of the whole plan, or state the prescription it belongs to",
    ),
    # RT Dose content
    "DOSE_UNITS_NOT_GY": (_BLOCKS, "export the dose in Gy"),
    "DOSE_TYPE_NOT_PHYSICAL": (_BLOCKS, "export the physical dose"),
    "DOSE_TYPE_MISSING": (_WARNS, "check that the dose is physical dose"),
    "DOSE_HOMOGENEOUS": (_WARNS, "calculate the dose with the densities of the image"),
    "DOSE_GRID_SCALING_INVALID": (_BLOCKS, "export the dose again"),
    "DOSE_NEGATIVE": (_BLOCKS, "export the dose itself, not a difference of doses"),
    "DOSE_ALL_ZERO": (_BLOCKS, "calculate the dose and export it again"),
    "DOSE_GRID_OBLIQUE": (_BLOCKS, "export the dose on planes parallel to the patient axes"),
    "DOSE_GRID_INVALID": (_BLOCKS, "export the dose again"),
    "DOSE_FRAME_OFFSETS_INVALID": (_BLOCKS, "export the dose with offsets relative to its origin"),
    "DOSE_PIXEL_DATA_MISSING": (_BLOCKS, "export the dose grid, not only DVHs"),
    "DOSE_PIXEL_DATA_TRUNCATED": (_BLOCKS, "copy or export the RT Dose again"),
    "DOSE_PIXEL_DATA_MISMATCH": (_BLOCKS, "export the RT Dose again"),
    "DOSE_PIXEL_FORMAT_UNSUPPORTED": (_BLOCKS, "export the dose uncompressed, 16 or 32 bit"),
    # DVHs that the planning system stored in the RT Dose
    "TPS_DVH_STALE": (_WARNS, "calculate and export them again if they are to be compared"),
    "TPS_DVH_REFERENCE_MISSING": (_INFORMS, "check that the structures were not changed since"),
    "TPS_DVH_ROI_UNKNOWN": (_WARNS, "check that dose and structures are of one export"),
    "TPS_DVH_NOT_OF_ONE_ROI": (_INFORMS, "nothing needs doing: it is compared with nothing"),
    "TPS_DVH_UNSUPPORTED": (
        _INFORMS,
        "export it in Gy, as cumulative or differential DVH, if it is to be compared",
    ),
    "TPS_DVH_CUT_OFF": (_INFORMS, "nothing needs doing: it is compared with nothing"),
    "TPS_DVH_INVALID": (_WARNS, "export the RT Dose again if it is to be compared"),
    "TPS_DVH_TWICE": (_WARNS, "export the RT Dose again if they are to be compared"),
    "TPS_DVH_STATISTICS_UNCLEAR": (_INFORMS, "nothing needs doing: they are read off the curve"),
    # RT Structure Set: `where` is the ROI's name
    "STRUCTURE_SET_TYPES_MISSING": (_WARNS, "export it again: which ROIs are targets is not said"),
    "ROI_EMPTY": (_INFORMS, "draw it if it is needed"),
    "ROI_NUMBER_DUPLICATE": (_BLOCKS, "give each ROI its own number"),
    "ROI_NAME_DUPLICATE": (_WARNS, "give each ROI its own name"),
    "ROI_CONTOURS_TWICE": (_BLOCKS, "export the RT Structure Set again"),
    "ROI_CONTOURS_WITHOUT_ROI": (_WARNS, "export the RT Structure Set again"),
    "ROI_TYPE_CONFLICT": (_INFORMS, "give it one type if a rule needs it"),
    "ROI_UNREADABLE": (_BLOCKS, "export the RT Structure Set again"),
    "ROI_FRAME_DIFFERS": (_BLOCKS, "copy the ROI to the image of the dose"),
    "ROI_ONLY_OPEN_CONTOURS": (_INFORMS, "nothing needs doing unless it is meant as a volume"),
    "CONTOURS_OPEN_DROPPED": (_WARNS, "check whether they should be closed"),
    "CONTOURS_TOO_SHORT": (_WARNS, "check the ROI for stray points"),
    "CONTOURS_NOT_AXIAL": (_BLOCKS, "redraw or resample the ROI on axial planes"),
    "CONTOUR_TYPE_UNKNOWN": (_BLOCKS, "export the ROI as closed planar contours"),
    "CONTOUR_DATA_INVALID": (_BLOCKS, "export the RT Structure Set again"),
    # CT, for pictures only: no verdict hangs on it
    "CT_UNREADABLE": (_INFORMS, "export the CT again if it is to be shown"),
    "CT_FRAME_DIFFERS": (_INFORMS, "export the CT that the plan was made on if it is to be shown"),
    "CT_SERIES_AMBIGUOUS": (_INFORMS, "give only the CT that the plan was made on"),
    "CT_OBLIQUE": (_INFORMS, "nothing needs doing: pictures show contours and dose alone"),
    "CT_GEOMETRY_INVALID": (_INFORMS, "export the CT again if it is to be shown"),
    "CT_SLICE_MISSING": (_INFORMS, "export every slice of the CT if it is to be shown"),
    "CT_TOO_LARGE": (_INFORMS, "export the CT again if it is to be shown"),
    "CT_PIXEL_FORMAT_UNSUPPORTED": (_INFORMS, "export the CT uncompressed if it is to be shown"),
    "CT_PIXEL_DATA_INVALID": (_INFORMS, "export the CT again if it is to be shown"),
    # RT Plan
    "PRESCRIPTION_MISSING": (_WARNS, "state the prescription yourself"),
    "PRESCRIPTION_DOSE_MISSING": (_INFORMS, "state its prescription yourself if a rule needs it"),
    "PRESCRIPTION_INVALID": (_WARNS, "correct it in the planning system"),
    "PRESCRIPTION_OF_POINT": (
        _INFORMS,
        "state the prescription yourself if it stands for a target",
    ),
    "PRESCRIPTION_ROI_UNKNOWN": (_WARNS, "check which structure is meant"),
    "PRESCRIPTION_CONFLICT": (_WARNS, "say which one is meant"),
    "FRACTIONS_MISSING": (_WARNS, "state the number of fractions yourself"),
    "FRACTIONS_AMBIGUOUS": (_WARNS, "state the number of fractions yourself"),
    "FRACTIONS_DOUBTFUL": (_WARNS, "check fractions, doses of the beams and the prescription"),
    "FRACTION_PATTERN_INVALID": (_WARNS, "correct the fraction pattern in the planning system"),
}
"""Finding code -> (severity, what to do)."""


def finding(code: str, found: str, where: str = "") -> Finding:
    """Return the finding of that code.

    Parameters
    ----------
    code : str
        A key of `CODES`.
    found : str
        What was found, without a full stop; no patient name or ID.
    where : str
        File relative to the input and keyword, or the ROI's name.

    Examples
    --------
    >>> finding("DOSE_MISSING", "there is no RT Dose").text
    'there is no RT Dose; export the RT Dose of this plan.'
    """
    severity, what_to_do = CODES[code]
    return Finding(code, severity, f"{found}; {what_to_do}.", where)


class Refusal(Exception):  # noqa: N818 - says what it does; it never leaves this room
    """Content that is refused as a whole; the door turns it into its finding."""

    def __init__(self, code: str, found: str, where: str = "") -> None:
        super().__init__(code)
        self.finding = finding(code, found, where)
