"""Left and right: what the names say against where the structures lie."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rtcheck.gate.codes import finding
from rtcheck.gate.outline import Outline
from rtcheck.gate.targets import kind_and_rest
from rtcheck.plan import Finding
from rtcheck.plan.arrays import median

CLEAR_MM = 10.0
"""What lies so far on the other side, as a whole, does not do so by a bend of the patient."""

OF_THE_MIDDLE = ("spinalcord", "cord", "spinalcanal", "brainstem")
"""Organs that lie between right and left, by name."""

OFF_PAIR, OFF_BODY, OFF_AT_LEAST_MM = 0.25, 0.2, 20.0
"""They lie no farther from the middle than these fractions of the distance between the organs of a
pair, or of the width of the body: spines bend, and images cut a body off at one side."""

_WORD = re.compile(
    r"(?P<before>.*?)(?:^|[\s_-])(?P<side>(?i:left|right|lt|rt)|L|R)(?:$|[\s_-])(?P<after>.*)"
)


def side_of(name: str) -> tuple[str, str] | None:
    """Return the side a name speaks of, L or R, and the rest of it; None if it names none.

    Of targets only a whole word counts: L is also low, as in ``PTV_L``.

    Examples
    --------
    >>> side_of("Lung_L"), side_of("Rt Kidney"), side_of("Liver"), side_of("PTV_L")
    (('L', 'lung'), ('R', 'kidney'), None, None)
    """
    match = _WORD.fullmatch(name)
    if match is None or (kind_and_rest(name) and len(match["side"]) == 1):
        return None
    rest = re.sub(r"[\s_-]", "", match["before"] + match["after"]).lower()
    return match["side"][0].upper(), rest


def check_sides(outlines: Mapping[int, Outline]) -> list[Finding]:
    """Return pairs that lie the wrong way round, and structures on the wrong side of the body.

    Patient axes turn with the patient: x grows to the left in every position, if the position was
    entered as it was.
    """
    pairs: dict[str, dict[str, list[Outline]]] = {}
    for outline in outlines.values():
        named = side_of(outline.name)
        if named:
            pairs.setdefault(named[1], {}).setdefault(named[0], []).append(outline)
    bodies = [o for o in outlines.values() if o.structure.rt_roi_interpreted_type == "EXTERNAL"]
    middle_mm = (bodies[0].low_mm[0] + bodies[0].high_mm[0]) / 2 if len(bodies) == 1 else None
    findings: list[Finding] = []
    for sides in pairs.values():
        left, right = sides.get("L", []), sides.get("R", [])
        if len(left) == len(right) == 1:
            gap = float(right[0].low_mm[0] - left[0].high_mm[0])
            apart = _middle(right[0]) - _middle(left[0])
            found = f"it lies {apart:.0f} mm to the right of {right[0].name}"
            if gap >= 0:
                findings.append(finding("SIDES_SWAPPED", found, left[0].name))
            elif apart > CLEAR_MM:  # as lungs do, they meet at the middle
                findings.append(finding("SIDE_DOUBTFUL", found, left[0].name))
        elif middle_mm is not None:
            findings += _of_single(left, middle_mm, "left", 1.0)
            findings += _of_single(right, middle_mm, "right", -1.0)
    return findings


def check_middle(outlines: Mapping[int, Outline]) -> list[Finding]:
    """Return organs of the middle that lie at a side: of a pair of organs, else of the body."""
    pairs: dict[str, dict[str, float]] = {}
    for outline in outlines.values():
        side, rest = side_of(outline.name) or ("", "")
        if side:
            pairs.setdefault(rest, {})[side] = _middle(outline)
    spans = [(p["R"], p["L"], OFF_PAIR) for p in pairs.values() if len(p) == 2 and p["R"] < p["L"]]
    spans.sort(key=lambda span: span[0] - span[1])  # the pair that lies farthest apart first
    bodies = [o for o in outlines.values() if o.structure.rt_roi_interpreted_type == "EXTERNAL"]
    if len(bodies) == 1:
        spans.append((float(bodies[0].low_mm[0]), float(bodies[0].high_mm[0]), OFF_BODY))
    findings = []
    for outline in outlines.values() if spans else ():
        if re.sub(r"[\s_-]", "", outline.name).lower() not in OF_THE_MIDDLE:
            continue
        right, left, most = spans[0]
        off_mm = abs(_middle(outline) - (right + left) / 2)
        if off_mm > max(most * (left - right), OFF_AT_LEAST_MM):
            found = f"it lies {off_mm:.0f} mm from the middle, where such an organ is not"
            findings.append(finding("PLACE_DOUBTFUL", found, outline.name))
    return findings


def _middle(outline: Outline) -> float:
    return median(outline.structure.points_mm[:, 0])


def _of_single(outlines: list[Outline], middle_mm: float, side: str, sign: float) -> list[Finding]:
    findings = []
    for outline in outlines:
        innermost = outline.high_mm[0] if sign > 0 else outline.low_mm[0]
        beyond = sign * (middle_mm - innermost)
        if beyond > CLEAR_MM:
            found = f"named {side}, it lies as a whole {beyond:.0f} mm and more on the other side"
            findings.append(finding("SIDE_DOUBTFUL", f"{found} of the body's middle", outline.name))
    return findings
