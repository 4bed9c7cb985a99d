"""What to do about each reason. One sentence each; a test fails if a reason has none."""

from __future__ import annotations

from rtcheck.errors import Reason

ADVICE: dict[Reason, str] = {
    Reason.STRUCTURE_MISSING: "Name the ROI with --map ROLE=ROI or in an alias file, or contour it "
    "and export again.",
    Reason.STRUCTURE_AMBIGUOUS: "Choose one with --map ROLE=ROI.",
    Reason.STRUCTURE_EMPTY: "Contour the structure, or check that the expression leaves a volume.",
    Reason.STRUCTURE_UNSUPPORTED: "Export the structure as closed planar contours.",
    Reason.SMALLER_THAN_VOLUME: "Read the protocol for structures this small; Max[Gy] bounds the "
    "dose asked for.",
    Reason.DOSE_DOES_NOT_COVER: "Calculate the dose on a grid that covers the whole structure.",
    Reason.NO_DOSE: "Export the RT Dose of the whole plan (DoseSummationType PLAN) in Gy.",
    Reason.NO_PRESCRIPTION: 'State it with --rx "NAME=50 Gy/25".',
    Reason.PRESCRIPTION_AMBIGUOUS: 'Choose one with --rx "NAME=50 Gy/25".',
    Reason.NO_FRACTIONS: 'State them with --rx "NAME=50 Gy/25".',
    Reason.NO_FRACTION_PATTERN: "State the days, such as --rx 'PTV=50 Gy/25 on Mon-Fri'.",
    Reason.NO_ALPHA_BETA: "Give the ratio in the rule file or on the command line.",
    Reason.NO_OPTION_FOR_TARGET: "Check the prescription of this target by hand.",
    Reason.VARIANT_NOT_CHOSEN: "Choose the variant: -p PROTOCOL@VARIANT.",
    Reason.UNDEFINED: "Judge this goal by hand.",
    Reason.INPUT_BLOCKED: "Correct what the findings say and export again.",
    Reason.INTERNAL_ERROR: "Judge this goal by hand and report the error.",
}
