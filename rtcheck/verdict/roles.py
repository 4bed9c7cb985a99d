"""Roles of a protocol resolved to ROIs of a plan, and prescriptions to the plan's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rtcheck.errors import CannotSay, Reason
from rtcheck.geometry.expression import Combine, Expression, Grow, parse_expression
from rtcheck.metrics.bench import roi, roi_blocked_by
from rtcheck.plan import Plan, Prescription
from rtcheck.protocol import MatchResult, Protocol, match_role
from rtcheck.protocol.goal import ProtocolPrescription
from rtcheck.protocol.names import normalise
from rtcheck.protocol.otherwise import MAX_ELSE_DEPTH
from rtcheck.verdict.outcome import Found


@dataclass(eq=False)
class Casting:
    """Which ROI plays which role: each role of a protocol matched once for a plan.

    Parameters
    ----------
    plan : Plan
        The plan.
    protocol : Protocol
        The protocol.
    structure_map : mapping
        Role to ROI name, as given by the user.
    """

    plan: Plan
    protocol: Protocol
    structure_map: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    _matches: dict[str, MatchResult] = field(default_factory=dict, repr=False)

    def match(self, role: str) -> MatchResult:
        """Return which ROIs have a role."""
        if role not in self._matches:
            rules = self.protocol.roles[role]
            self._matches[role] = match_role(rules, self.plan.structures, self.structure_map)
        return self._matches[role]

    def has(self, role: str) -> bool:
        """Return whether some ROI could have the role; an ambiguous or empty one counts."""
        match = self.match(role)
        return bool(match.found or match.ambiguous)


@dataclass(eq=False)
class Resolver:
    """Turns expressions of roles into expressions of ROIs, noting which ROIs were used.

    Parameters
    ----------
    casting : Casting
        Which ROI plays which role.
    only : mapping of str to int
        Roles that stand for one ROINumber here: the ROI at hand of a goal that holds for each.
    """

    casting: Casting
    only: Mapping[str, int] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def expression(self, text: str) -> Expression:
        """Return a text of roles as a resolved expression.

        Raises
        ------
        CannotSay
            If a role is missing, ambiguous or empty.
        """
        return self._resolve(parse_expression(text, self.casting.protocol.roles), 0)

    def _resolve(self, tree: Expression, depth: int) -> Expression:
        if isinstance(tree, Combine):
            left, right = self._resolve(tree.left, depth), self._resolve(tree.right, depth)
            return Combine(tree.operator, left, right)
        if isinstance(tree, Grow):
            of = self._resolve(tree.of, depth)
            return Grow(of, tree.axial_mm, tree.superior_mm, tree.inferior_mm, tree.contract)
        return self._role(tree.name, depth)

    def _role(self, name: str, depth: int) -> Expression:
        role, match = self.casting.protocol.roles[name], self.casting.match(name)
        if match.ambiguous:
            raise CannotSay(Reason.STRUCTURE_AMBIGUOUS, match.detail)
        candidates = [c for c in match.found if self.only.get(name, c.roi_number) == c.roi_number]
        if not candidates:
            if role.otherwise and depth < MAX_ELSE_DEPTH:
                self.notes.append(f"{name} = {role.otherwise}")
                instead = parse_expression(role.otherwise, self.casting.protocol.roles)
                return self._resolve(instead, depth + 1)
            near = ", ".join(repr(s) for s in match.suggestions)
            hint = f"; near: {near}: say which with --map {name}=ROI" if near else ""
            raise CannotSay(Reason.STRUCTURE_MISSING, f"{name}: {match.detail}{hint}")
        self.found += [Found(c.roi_name, c.roi_number, str(c.matched_by), name) for c in candidates]
        numbers = [c.roi_number for c in candidates]
        if len(numbers) > 1:
            numbers = self._without_empty(numbers) or numbers[:1]
        tree: Expression = roi(numbers[0])
        for number in numbers[1:]:
            tree = Combine("|", tree, roi(number))
        return tree

    def _without_empty(self, numbers: list[int]) -> list[int]:
        """Return the ROIs of a union that have contours; what is left out is said.

        Empty adds nothing to a union. An ROI that could not be read is not empty, and stays in,
        to be refused.
        """
        plan, kept = self.casting.plan, []
        for number in numbers:
            structure = plan.structure(number)
            if structure.is_empty and not roi_blocked_by(plan, structure.roi_name):
                self.notes.append(f"{structure.roi_name!r} is empty")
            else:
                kept.append(number)
        return kept


def find_prescription(
    casting: Casting, rule: ProtocolPrescription, rois: Sequence[int], *, sole: bool
) -> Prescription:
    """Return the plan's prescription for a target, and never that of another.

    Parameters
    ----------
    casting : Casting
        The plan and its roles.
    rule : ProtocolPrescription
        The prescription as the protocol names it.
    rois : sequence of int
        ROINumbers of the target.
    sole : bool
        Whether the protocol speaks of this prescription alone.

    Raises
    ------
    CannotSay
        If there is none, or more than one that differ.

    Notes
    -----
    In this order: given by the user for the ROI, then for the prescription's name or the role's;
    linked to the ROI by number; unlinked, and of the ROI's name, then of the other two; the only
    prescription of the plan, if it is linked to no ROI, does not bear the name of another one, and
    the protocol has only this one.
    """
    levels = _levels(casting, rule, rois, sole=sole)
    chosen = next((level for level in levels if level), [])
    schedules = {p.schedule for p in chosen}
    if len(schedules) == 1:
        return chosen[0]
    if chosen:
        stated = " and ".join(str(p) for p in chosen)
        raise CannotSay(Reason.PRESCRIPTION_AMBIGUOUS, stated)
    stated = "; ".join(str(p) for p in casting.plan.prescriptions) or "none"
    raise CannotSay(
        Reason.NO_PRESCRIPTION,
        f'{rule.name}; the export states: {stated}. Give it with --rx "{rule.name}=50 Gy/25"',
    )


def overruled(
    casting: Casting, rule: ProtocolPrescription, rois: Sequence[int], used: Prescription
) -> list[Prescription]:
    """Return what the export states for a target where the user's own prescription is used."""
    if not used.given_by_user:
        return []
    exported = [
        [p for p in level if not p.given_by_user]
        for level in _levels(casting, rule, rois, sole=True)
    ]
    stated = next((level for level in exported if level), [])
    return [p for p in stated if not _agree(p, used)]


def _agree(a: Prescription, b: Prescription) -> bool:
    """Return whether two prescriptions say the same, as far as both state it."""
    fractions = {a.number_of_fractions_planned, b.number_of_fractions_planned} - {None}
    return a.dose_gy == b.dose_gy and len(fractions) <= 1


def _levels(
    casting: Casting, rule: ProtocolPrescription, rois: Sequence[int], *, sole: bool
) -> list[list[Prescription]]:
    """Return the plan's prescriptions that fit a target, the surest first."""
    plan = casting.plan
    own = {normalise(plan.structure(n).roi_name) for n in rois}
    others = {normalise(s.roi_name) for s in plan.structures if s.roi_number not in rois}
    # A role's name that another ROI bears is that ROI's name.
    role = {normalise(rule.name), normalise(rule.target)} - others

    def named(names: set[str], *, by_user: bool) -> list[Prescription]:
        loose = [p for p in plan.prescriptions if by_user or p.roi_number is None]
        return [p for p in loose if p.given_by_user is by_user and normalise(p.name) in names]

    levels = [
        named(own, by_user=True),
        named(role, by_user=True),
        [p for p in plan.prescriptions if p.roi_number is not None and p.roi_number in rois],
        named(own, by_user=False),
        named(role, by_user=False),
    ]
    only = plan.prescriptions[0] if len(plan.prescriptions) == 1 else None
    # One that bears the name of another ROI is that ROI's.
    loose = only is not None and only.roi_number is None and normalise(only.name) not in others
    if sole and loose:
        levels.append(list(plan.prescriptions))
    return levels
