"""Structure names: which ROIs of a plan have a role of the protocol.

From the surest to the least sure: an explicit map or a clinic's own alias, the exact TG-263 name,
an exact alias of the rule file, a name or alias that is the same once normalised; and for roles
with ``match``, the glob. Never fuzzy: near misses are suggestions for a person and nothing else.
"""

from __future__ import annotations

import difflib
import fnmatch
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Protocol as StructuralType

from rtcheck.protocol.goal import Protocol, Role


class NamedRoi(StructuralType):
    """What matching needs of an ROI."""

    @property
    def roi_number(self) -> int:
        """Return ROINumber."""

    @property
    def roi_name(self) -> str:
        """Return ROIName, exactly as exported."""


class MatchedBy(StrEnum):
    """How an ROI came to a role, the surest first."""

    MAP = "map"
    SITE_ALIAS = "site alias"
    TG263 = "tg263"
    ALIAS = "alias"
    NORMALISED = "normalised"
    MATCH = "match"


@dataclass(frozen=True)
class Candidate:
    """An ROI that could have the role, and why."""

    roi_number: int
    roi_name: str
    matched_by: MatchedBy


@dataclass(frozen=True)
class MatchResult:
    """Which ROIs have a role.

    Parameters
    ----------
    role : str
        The role.
    found : tuple of Candidate
        The ROIs that have it; empty when it is missing or ambiguous. More than one only for a
        role with `match` or `each`.
    ambiguous : tuple of Candidate
        The ROIs among which a person must choose; empty unless ambiguous.
    suggestions : tuple of str
        ROI names that are near, when nothing was found; never used.
    detail : str
        Why nothing was found, in words.
    """

    role: str
    found: tuple[Candidate, ...] = ()
    ambiguous: tuple[Candidate, ...] = ()
    suggestions: tuple[str, ...] = ()
    detail: str = ""


_SIDES = {"l": "left", "lt": "left", "left": "left", "r": "right", "rt": "right", "right": "right"}
_SEPARATORS = re.compile(r"[\s_\-]+")


@lru_cache(maxsize=65536)
def normalise(name: str) -> str:
    """Return a name without regard to case, blanks, underscores, hyphens and place of the side.

    A side (l, lt, left, r, rt, right as a word of its own) goes to the end behind a blank; a
    name with both keeps both, so that it is no single side's. Digits that were apart stay apart:
    ``PTV_1_2`` is not ``PTV_12``. Empty when nothing but sides and separators is left.

    Examples
    --------
    >>> {normalise(n) for n in ("Lung_L", "lung left", "LT LUNG", "Left Lung", "lung lt")}
    {'lung left'}
    >>> normalise("Spinal Cord"), normalise("PTV_1_2"), normalise("L_R Lung")
    ('spinalcord', 'ptv1_2', 'lung left right')
    """
    words = _SEPARATORS.split(unicodedata.normalize("NFC", name).casefold())
    sides = sorted({_SIDES[w] for w in words if w in _SIDES})
    body = ""
    for word in words:
        if word and word not in _SIDES:
            body += "_" if body[-1:].isdigit() and word[0].isdigit() else ""
            body += word
    return " ".join([body, *sides]) if body else ""


def match_role(
    role: Role, rois: Iterable[NamedRoi], mapping: Mapping[str, str | Sequence[str]] | None = None
) -> MatchResult:
    """Return which ROIs have a role.

    Parameters
    ----------
    role : Role
        The role of the protocol.
    rois : iterable of NamedRoi
        The plan's ROIs, empty ones included.
    mapping : mapping of str to str or sequence of str, optional
        Role to ROI name, exactly as exported. Several names (a list, or joined by ``|``) are
        allowed for roles with `match` or `each`. It alone decides for the roles it names.

    Returns
    -------
    MatchResult
        `found`, or `ambiguous` with every candidate of the winning level, or neither.

    Notes
    -----
    A role with `match` or `each` takes all its candidates, of every level. Any other takes the
    candidates of the surest level that has one, and two of them are ambiguous.
    """
    rois = list(rois)
    if mapping and role.name in mapping:
        return _match_mapped(role, rois, mapping[role.name])
    candidates = [
        Candidate(roi.roi_number, roi.roi_name, level)
        for roi in rois
        if (level := _level(role, roi.roi_name)) is not None
    ]
    if role.match or role.each:
        winners = candidates
    else:
        order = list(MatchedBy)
        best = min((order.index(c.matched_by) for c in candidates), default=-1)
        winners = [c for c in candidates if order.index(c.matched_by) == best]
    if not winners:
        return _missing(role, rois, "no ROI has this name")
    return _one_or_ambiguous(role, winners)


def match_roles(
    protocol: Protocol,
    rois: Iterable[NamedRoi],
    mapping: Mapping[str, str | Sequence[str]] | None = None,
) -> dict[str, MatchResult]:
    """Return the match of every role of a protocol: the dry run of name matching."""
    rois = list(rois)
    return {name: match_role(role, rois, mapping) for name, role in protocol.roles.items()}


def _level(role: Role, name: str) -> MatchedBy | None:
    if name in role.site_aliases:
        return MatchedBy.SITE_ALIAS
    if role.tg263 and name == role.tg263:
        return MatchedBy.TG263
    if name in role.aliases:
        return MatchedBy.ALIAS
    plain = normalise(name)
    if plain and plain in {normalise(n) for n in _names(role)}:
        return MatchedBy.NORMALISED
    if (
        role.match
        and _glob(role.match, name)
        and not any(_glob(g, name) for g in role.except_match)
    ):
        return MatchedBy.MATCH
    return None


def _names(role: Role) -> list[str]:
    return [n for n in (role.tg263, *role.aliases, *role.site_aliases) if n]


def _glob(glob: str, name: str) -> bool:
    pattern = glob.casefold()
    return any(fnmatch.fnmatchcase(n, pattern) for n in (name.casefold(), normalise(name)))


def _one_or_ambiguous(role: Role, winners: Sequence[Candidate]) -> MatchResult:
    if len(winners) == 1 or role.match or role.each:
        return MatchResult(role.name, found=tuple(winners))
    names = " and ".join(f"{c.roi_name!r} (ROI {c.roi_number})" for c in winners)
    detail = f"{names} could be {role.name}, by {winners[0].matched_by}"
    return MatchResult(role.name, ambiguous=tuple(winners), detail=detail)


def _match_mapped(role: Role, rois: list[NamedRoi], asked: str | Sequence[str]) -> MatchResult:
    names = {roi.roi_name for roi in rois}
    wanted = _split_map(asked, names) if isinstance(asked, str) else list(asked)
    absent = [name for name in wanted if name not in names]
    if absent or not wanted:
        detail = (
            f"the map names {absent[0]!r}, which the plan does not have"
            if absent
            else "the map is empty"
        )
        near = difflib.get_close_matches(absent[0], names, n=3, cutoff=0.5) if absent else []
        return MatchResult(role.name, suggestions=tuple(near), detail=detail)
    chosen = [
        Candidate(roi.roi_number, roi.roi_name, MatchedBy.MAP)
        for roi in rois
        if roi.roi_name in wanted
    ]
    return _one_or_ambiguous(role, chosen)


def _split_map(text: str, names: set[str]) -> list[str]:
    """Return the ROI names of ``"A|B"``; a name that holds ``|`` itself is taken whole."""
    if text in names:
        return [text]
    parts = text.split("|")
    wanted, first = [], 0
    while first < len(parts):
        for last in range(len(parts), first, -1):
            whole = "|".join(parts[first:last])
            name = whole if whole in names else whole.strip()
            if name in names or last == first + 1:
                wanted.append(name)
                first = last
                break
    return wanted


def _missing(role: Role, rois: list[NamedRoi], detail: str) -> MatchResult:
    plain = {normalise(roi.roi_name): roi.roi_name for roi in rois}
    sought = {normalise(n) for n in (role.name, *_names(role))}
    near: dict[str, None] = {}
    for word in sorted(sought):
        side = word.partition(" ")[2]
        same_side = [p for p in plain if p and p.partition(" ")[2] in (side, "")]
        close = difflib.get_close_matches(word, same_side, n=3, cutoff=0.7)
        inside = [p for p in same_side if len(word) > 2 and word.partition(" ")[0] in p]
        near.update(dict.fromkeys(plain[p] for p in (*close, *inside)))
    return MatchResult(role.name, suggestions=tuple(near)[:3], detail=detail)
