"""Whether structures lie in each other as they must, and are of a size that organs have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from rtcheck.gate.codes import finding
from rtcheck.gate.outline import Outline, outside_fraction
from rtcheck.gate.targets import NOT_OF_THE_PATIENT, kind_and_rest
from rtcheck.plan import Finding

RIM_MM = 2.0
"""Rims within so much of each other run together: a voxel of an image."""

NESTED = 0.1
"""Of an inner target's rim at most this fraction lies outside: one end slice of ten."""

IN_BODY = 0.5
"""Of a structure's rim at most this fraction lies outside the body: scars, wires and breast
borders lie on the skin, what was drawn on another image lies elsewhere."""

_ORDER = ("GTV", "ITV", "CTV", "PTV")
_INNER = (
    "bladder", "brain", "brainstem", "esophagus", "heart", "kidney", "liver", "lung", "lungs",
    "opticnerve", "spinalcord", "stomach",
)  # fmt: skip

INNER_IN_BODY = 0.1
"""The same of organs that never reach the skin."""

VOLUMES_CM3 = {
    "bladder": (5, 3000),
    "brain": (300, 2500),
    "brainstem": (5, 80),
    "esophagus": (2, 250),
    "eye": (1, 25),
    "heart": (30, 3000),
    "kidney": (5, 1500),
    "lens": (0.01, 2),
    "liver": (50, 10000),
    "lung": (20, 7000),
    "lungs": (40, 12000),
    "opticnerve": (0.02, 8),
    "parotid": (1, 200),
    "spinalcord": (0.3, 250),
    "stomach": (5, 4000),
}
"""Organ -> least and greatest volume in cm3: of children, of parts that were scanned, of swollen
organs too."""

_SAME = {"oesophagus": "esophagus", "oesophag": "esophagus", "cord": "spinalcord"}
_SIDE = re.compile(r"(^(left|right|lt|rt|l|r)[\s_-]+)|([\s_-]+(left|right|lt|rt|l|r)$)", re.I)


def check_nesting(outlines: Mapping[int, Outline]) -> list[Finding]:
    """Return each GTV that is not in its CTV, and each CTV that is not in its PTV, by name."""
    findings = []
    for chain in _chains(outlines):
        for inner, outer in pairwise(chain):
            outside = outside_fraction(inner, outer, RIM_MM)
            if outside > NESTED:
                found = f"{100 * outside:.0f} % of its rim lie outside {outer.name}"
                findings.append(finding("TARGET_NOT_NESTED", found, inner.name))
    return findings


def _chains(outlines: Mapping[int, Outline]) -> Iterator[list[Outline]]:
    """Return targets that belong together, inmost first: alike in name, or the only ones."""
    by_rest: dict[str, dict[str, list[Outline]]] = {}
    everything: dict[str, list[Outline]] = {}
    for outline in outlines.values():
        parts = kind_and_rest(outline.name)
        if parts:
            by_rest.setdefault(parts[1], {}).setdefault(parts[0], []).append(outline)
            everything.setdefault(parts[0], []).append(outline)
    alone = all(len(targets) == 1 for targets in everything.values())
    for kinds in [everything] if alone else by_rest.values():
        yield [kinds[kind][0] for kind in _ORDER if len(kinds.get(kind, ())) == 1]


def organ_of(name: str) -> str:
    """Return the organ that a name means, without its side, as in `VOLUMES_CM3` if it is there.

    Examples
    --------
    >>> organ_of("Lt Lung"), organ_of("Spinal Cord"), organ_of("Cord")
    ('lung', 'spinalcord', 'spinalcord')
    """
    organ = re.sub(r"[\s_-]", "", _SIDE.sub("", name)).lower()
    return _SAME.get(organ, organ)


def check_volumes(outlines: Mapping[int, Outline]) -> list[Finding]:
    """Return organs, known by name, of a volume that no such organ has."""
    findings = []
    for outline in outlines.values():
        limits = VOLUMES_CM3.get(organ_of(outline.name))
        if limits and not limits[0] <= outline.volume_cm3 <= limits[1]:
            found = f"it has about {outline.volume_cm3:.3g} cm3 where {limits[0]:g} to "
            findings.append(
                finding("VOLUME_IMPLAUSIBLE", f"{found}{limits[1]:g} can be", outline.name)
            )
    return findings


def check_body(outlines: Mapping[int, Outline]) -> list[Finding]:
    """Return structures that lie outside the body, where there is one ROI of type EXTERNAL."""
    bodies = [o for o in outlines.values() if o.structure.rt_roi_interpreted_type == "EXTERNAL"]
    if len(bodies) > 1:
        names = ", ".join(body.name for body in bodies)
        return [finding("EXTERNAL_SEVERAL", f"{len(bodies)} ROIs are of type EXTERNAL: {names}")]
    findings = []
    for body in bodies:
        for outline in outlines.values():
            if outline.structure.rt_roi_interpreted_type in NOT_OF_THE_PATIENT:
                continue
            outside = outside_fraction(outline, body, RIM_MM)
            if outside > (INNER_IN_BODY if organ_of(outline.name) in _INNER else IN_BODY):
                found = f"{100 * outside:.0f} % of its rim lie outside {body.name}"
                findings.append(finding("STRUCTURE_OUTSIDE_BODY", found, outline.name))
    return findings
