"""Names that a reader, or a matcher of names, can take for each other."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rtcheck.gate.codes import finding
from rtcheck.gate.outline import Outline
from rtcheck.gate.sides import side_of
from rtcheck.plan import Finding

_SEPARATORS = re.compile(r"(?<!\d)[\s_-]+|[\s_-]+(?!\d)")
"""Digits that stand apart are two numbers, and stay so."""


def check_names(outlines: Mapping[int, Outline]) -> list[Finding]:
    """Return drawn ROIs whose names differ in case, separators or place of the side alone.

    Where a rule asks for one of them, the nearer name wins: perhaps that of a leftover.
    """
    alike: dict[tuple[str, str], list[str]] = {}
    for outline in outlines.values():
        side, rest = side_of(outline.name) or ("", outline.name)
        plain = _SEPARATORS.sub("", rest.casefold())
        alike.setdefault((side, plain), []).append(outline.name)
    findings = []
    for first, *others in alike.values():
        for name in others:
            if name != first:  # of equal names another finding tells
                found = f"its name is that of {first!r} but for case, blanks and order"
                findings.append(finding("NAMES_ALIKE", found, name))
    return findings
