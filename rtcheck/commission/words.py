"""The commissioning record in words and printed numbers, the same in every format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from rtcheck.commission.acceptance import Check, Row
from rtcheck.commission.bodies import BODIES, DOSES, RX_GY
from rtcheck.commission.cases import FINE_PERCENT, LEAST_CONTOURS, CaseClass
from rtcheck.commission.figures import Group
from rtcheck.commission.record import Commission
from rtcheck.commission.run import TRUTH_ERROR_PERCENT, Comparison

IN, OUT, REPORTED = "in tolerance", "out of tolerance", "reported"

CLASS_WORDS = {
    CaseClass.FULL: f"At least {LEAST_CONTOURS} contours, and a dose grid on which trilinear "
    f"interpolation of the field is wrong by less than {FINE_PERCENT:g} % of the prescription",
    CaseClass.COARSE_GRID: "At least three contours; what lies between the points of so coarse a "
    "dose grid cannot be known",
    CaseClass.FLAT_ENDS: "At least three contours; where between two slices the flat end lies "
    "cannot be known, and its volume error is held against that",
    CaseClass.FEW_CONTOURS: "One or two contours do not tell a shape",
}

BODY_WORDS = {
    "sphere 3 mm": "radius 3 mm",
    "sphere 6 mm": "radius 6 mm",
    "sphere 12 mm": "radius 12 mm",
    "sphere 24 mm": "radius 24 mm",
    "axial cylinder": "along z, radius 8 mm, length 31.4 mm",
    "lying cylinder": "in the plane, turned by 25°, radius 10 mm, length 30 mm",
    "axial cone": "along z, radius 12 mm, height 26.3 mm",
    "lying cone": "in the plane, turned by 205°, radius 12 mm, height 26 mm",
    "turned ellipsoid": "semi-axes 8, 15 and 22 mm, turned about all three axes",
    "flat torus": "axis along z, ring 15 mm, tube 6 mm",
    "standing torus": "axis along y, ring 14 mm, tube 5 mm: its sections part and join",
    "hollow sphere, nested": "18 mm without the inner 10 mm, drawn as two contours",
    "hollow sphere, keyhole": "the same, drawn as one contour with a channel",
    "two spheres": "8 mm and 5 mm, apart, in one ROI",
    "thin shell": "18 mm without the inner 15.5 mm: a wall of 2.5 mm",
}

DOSE_WORDS = {
    "uniform": "50 Gy",
    "gradient AP": "50 Gy, 1 Gy/mm along y",
    "gradient SI": "50 Gy, 1 Gy/mm along z",
    "gradient oblique": "50 Gy, 1 Gy/mm oblique to all axes",
    "Gaussian 15 mm": "60 Gy peak, standard deviation 15 mm",
    "Gaussian 9 mm": "62.5 Gy peak, standard deviation 9 mm",
    "penumbra LR": "1 to 50 Gy across x, 5 mm from 20 to 80 %",
    "penumbra SI": "1 to 50 Gy across z, 5 mm from 20 to 80 %",
    "penumbra oblique": "1 to 50 Gy oblique to all axes, 5 mm from 20 to 80 %",
}

ERROR_WORDS = (
    f"Errors of dose are in % of the prescription ({RX_GY:g} Gy), of V in percentage points, of "
    "volume in % of the volume."
)

TRUTH_WORDS = (
    "The true values are closed forms of the solid and the dose, or are read off a million points "
    "spread evenly over the true solid; contours and the dose grid have no part in them. They are "
    f"exact to {TRUTH_ERROR_PERCENT:g} %."
)

SHA_WORDS = {"rtcheck_source": "rtcheck source files", "phantom_files": "phantom DICOM files"}


@dataclass(frozen=True)
class ByBody:
    """The errors of one body over its cases with at least three contours.

    Parameters
    ----------
    name, words : str
        Which body.
    cases : int
        How many.
    volume_bias, volume_worst : float
        Mean of the signed and largest of the absolute errors in % of the volume.
    dose_mean, dose_worst : float
        Of the absolute errors of mean dose, Dx% and Dxcc in % of the prescription; nan without a
        case whose dose grid is fine enough.
    """

    name: str
    words: str
    cases: int
    volume_bias: float
    volume_worst: float
    dose_mean: float
    dose_worst: float


def headline(record: Commission) -> str:
    """Return the outcome in one sentence."""
    if record.in_tolerance:
        return f"All {record.requirements} requirements are kept."
    if not record.out_of_tolerance:
        return "No case that counts was run."
    return f"{record.out_of_tolerance} of {record.requirements} requirements are not kept."


def what_was_run(record: Commission) -> str:
    """Return what was run in one sentence."""
    return (
        f"{record.suite.capitalize()} suite: {record.bodies_run} bodies in {record.plans_run} "
        f"plans, {len(record.comparisons)} figures, from DICOM files to the value."
    )


def created_text(created: str) -> str:
    """Return a date for people; one that is not ISO 8601 as it stands.

    Examples
    --------
    >>> created_text("2026-02-01"), created_text("2026-02-01T10:30:00+00:00")
    ('2026-02-01', '2026-02-01 10:30 UTC')
    """
    try:
        when = datetime.fromisoformat(created)
    except ValueError:
        return created
    if len(created) <= len("2026-02-01"):
        return f"{when:%Y-%m-%d}"
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def error_text(value: float) -> str:
    """Return an error as printed: two decimals, as far as the tolerances are given.

    Examples
    --------
    >>> error_text(0.2041), error_text(12.0), error_text(float("nan"))
    ('0.20', '12.00', '–')
    """
    return "–" if np.isnan(value) else f"{value:.2f}"


def held_text(value: float, limit: float) -> str:
    """Return an error as printed, with more decimals where fewer would hide which side it is on.

    Examples
    --------
    >>> held_text(0.2004, 0.2), held_text(0.1996, 0.2), held_text(0.123, 0.2)
    ('0.2004', '0.1996', '0.12')
    """
    for decimals in range(2, 8):
        text = f"{value:.{decimals}f}"
        if (float(text) > limit) == (value > limit) and (float(text) != limit or value == limit):
            return text
    return repr(value)


def interval_text(row: Row) -> tuple[str, str]:
    """Return how many true values lie in their interval, and its median width."""
    return f"{row.coverage_percent:.1f} %", f"width {row.median_width:.2f}"


def check_found(check: Check) -> str:
    """Return the figure of a check as printed."""
    if check.unit in ("numbers", "figures", "sides"):
        return f"{check.found:g}"
    if check.limit < 1e-3:
        return f"{check.found:.1e}".replace("e-0", "e-")
    if check.unit == "%":
        return held_text(check.found, check.limit)
    return f"{check.found:.4g}"


def check_limit(check: Check) -> str:
    """Return the limit of a check as printed, with its unit."""
    if check.limit == 0:
        return "none"
    number = f"{check.limit:g}".replace("e-0", "e-")
    return f"{'≥' if check.at_least else '≤'} {number} {check.unit}"


def group_title(group: Group) -> str:
    """Return the name of a group of figures, as a heading."""
    return group[0].upper() + group[1:]


def case_value(c: Comparison) -> tuple[str, str, str]:
    """Return what rtcheck says, what is true, and the error of a comparison, as printed."""
    if c.value is None or c.figure.truth is None or c.error is None:
        return "not evaluated", f"{c.figure.truth}", "–"
    return f"{c.value:.3f} {c.unit}", f"{c.figure.truth:.3f} {c.unit}", f"{c.error:+.2f}"


def by_body(record: Commission) -> Iterator[ByBody]:
    """Return the errors of every body, over its cases with at least three contours."""
    for name in BODIES:
        own = [c for c in record.comparisons if c.body == name and c.error is not None]
        some = [c for c in own if c.case_class is not CaseClass.FEW_CONTOURS]
        volume = np.array([c.error for c in some if c.figure.group is Group.VOLUME], dtype=float)
        fine = [c for c in some if c.case_class is not CaseClass.COARSE_GRID]
        dose = np.abs([c.error for c in fine if c.figure.group is Group.DOSE and c.error])
        if len(volume):
            yield ByBody(
                name,
                BODY_WORDS[name],
                len(volume),
                float(volume.mean()),
                float(volume[np.abs(volume).argmax()]),
                float(dose.mean()) if len(dose) else float("nan"),
                float(dose.max()) if len(dose) else float("nan"),
            )


def doses_run(record: Commission) -> list[tuple[str, str]]:
    """Return the doses that were run, each with its words."""
    run = {c.plan.dose_name for c in record.comparisons}
    return [(name, DOSE_WORDS[name]) for name in DOSES if name in run]


def spacings_run(record: Commission) -> str:
    """Return the spacings of slices and dose grids that were run."""
    slices = sorted({c.plan.slice_mm for c in record.comparisons})
    grids = sorted({c.plan.grid_mm for c in record.comparisons})
    return (
        f"slices every {', '.join(f'{s:g}' for s in slices)} mm and dose grids of "
        f"{', '.join(f'{g:g}' for g in grids)} mm, each shifted by another fraction of its spacing"
    )
