"""Cases files: for each goal small synthetic plans that pass, fail, and cannot be said.

Here the file is read and held against the goals; `rtcheck.verdict.cases` builds the plans and
runs the judge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rtcheck.errors import ProtocolSyntaxError, Reason
from rtcheck.metrics.prescription_facts import PrescriptionFact
from rtcheck.protocol.fields import (
    Either,
    Flag,
    Key,
    Many,
    Named,
    Number,
    Place,
    Table,
    Text,
    did_you_mean,
)
from rtcheck.protocol.goal import Comparison, Goal, Protocol
from rtcheck.protocol.toml import parse_toml, read_bytes

EXPECTED = (
    "per_protocol",
    "variation_acceptable",
    "deviation_unacceptable",
    "not_evaluated",
    "reported",
    "not_applicable",
)
"""What a case may expect: the outcomes, by their names."""

_POINT, _BOX = Many(Number(), exactly=3), Many(Number(), exactly=6)
_RADIUS = Key(Number(0.1), "Radius in mm.", needed=True)
_SOLID = {
    "box": Key(_BOX, "x0, x1, y0, y1, z0, z1 in mm."),
    "sphere": Key(
        Table({"center": Key(_POINT, "x, y, z in mm.", needed=True), "radius": _RADIUS}),
        "A sphere.",
    ),
    "cylinder": Key(
        Table(
            {
                "center": Key(Many(Number(), exactly=2), "x, y in mm.", needed=True),
                "radius": _RADIUS,
                "z": Key(Many(Number(), exactly=2), "From z0 to z1 in mm.", needed=True),
            }
        ),
        "An upright cylinder.",
    ),
}
_STRUCTURE = Table({**_SOLID, "empty": Key(Flag(), "An ROI without contours.")})
_PAINT = Table({"gy": Key(Number(0), "Dose in Gy.", needed=True), **_SOLID})
_RX = Table(
    {
        "target": Key(Text(), "Name of the target's ROI.", needed=True),
        "dose": Key(Text(), "Total dose, such as '50 Gy'.", needed=True),
        "fractions": Key(Number(1, whole=True), "Number of fractions; the plan's if not given."),
    }
)


def _or_false(kind: Any) -> Either:
    return Either((kind, Flag()), "a value, or false for none")


PLAN = Table(
    {
        "structures": Key(
            Named(_or_false(_STRUCTURE), Text()),
            "ROI name to solid; false takes one away in a change.",
        ),
        "slices": Key(Number(0.5), "Distance of contour planes in mm (default 5)."),
        "dose": Key(
            _or_false(Many(_PAINT)),
            "Doses painted one over the other; without a solid, everywhere.",
        ),
        "spacing": Key(Number(0.5), "Spacing of the dose grid in mm (default 5)."),
        "grid": Key(_BOX, "Extent of the dose grid in mm; by default it covers every structure."),
        "prescriptions": Key(_or_false(Many(_RX)), "What the plan prescribes."),
        "fractions": Key(_or_false(Number(1, whole=True)), "Fractions of the plan."),
        "fraction_pattern": Key(
            _or_false(Text(r"[01]{7}", "seven digits, Monday first")),
            "Days with a fraction: '1111100'.",
        ),
    }
)
"""A synthetic plan, and what a case may change in one."""

_CASE = Table(
    {
        "goal": Key(Text(), "Goal id.", needed=True),
        "plan": Key(Text(), "Name in [plans].", needed=True),
        "change": Key(PLAN, "What is different from that plan; structures are changed one by one."),
        "variant": Key(
            Text(), "Variant of the protocol; the goal's own, else the first, if not given."
        ),
        "map": Key(Named(Text(), Text()), "ROLE = 'ROI', as --map."),
        "expect": Key(
            Text(choices=EXPECTED), "The outcome; of several verdicts, the gravest.", needed=True
        ),
        "reason": Key(Text(choices=tuple(Reason)), "Why it cannot be said."),
        "why": Key(Text(), "What the case shows."),
    }
)

CASES = Table(
    {
        "plans": Key(Named(PLAN, Text()), "The synthetic plans.", needed=True),
        "case": Key(Many(_CASE), "The cases.", needed=True),
    }
)
"""The language of cases files."""


@dataclass(frozen=True)
class Case:
    """One case: a plan (with the change done), a goal, and the outcome it must come to."""

    goal: str
    plan: Mapping[str, Any]
    expect: str
    reason: str = ""
    variant: str = ""
    mapping: Mapping[str, str] | None = None
    label: str = ""


def read_cases(path: Path, protocol: Protocol) -> tuple[Case, ...]:
    """Return the cases that a file holds for the goals of a protocol.

    Raises
    ------
    ProtocolNotFoundError
        If there is no such file.
    ProtocolSyntaxError, UnknownFieldError
        If it is not of the language, or names a goal or plan that does not exist.
    """
    at = Place(path.name)
    table = parse_toml(read_bytes(path), path.name)
    CASES.check(table, at)
    goals = {goal.id: goal for goal in protocol.goals}
    for name, plan in table["plans"].items():
        _check_solids(plan, at.into("plans").into(name))
    cases = []
    for number, item in enumerate(table["case"], start=1):
        here = at.into(f"case number {number}").into(item["goal"])
        for key, known in (("goal", goals), ("plan", table["plans"])):
            if item[key] not in known:
                raise ProtocolSyntaxError(
                    f"no {key} {item[key]!r}", where=str(here), hint=did_you_mean(item[key], known)
                )
        if ("reason" in item) != (item["expect"] == "not_evaluated"):
            raise ProtocolSyntaxError(
                "expect and reason do not fit",
                where=str(here),
                expected="a reason with not_evaluated",
            )
        change = item.get("change", {})
        _check_solids(change, here.into("change"))
        own = goals[item["goal"]].variant or next(iter(protocol.variants), "")
        label = f"{item['goal']}-{number}-{item['expect']}"
        cases.append(
            Case(
                item["goal"],
                _changed(table["plans"][item["plan"]], change),
                item["expect"],
                item.get("reason", ""),
                item.get("variant", own),
                item.get("map"),
                label,
            )
        )
    return tuple(cases)


def _check_solids(plan: Mapping[str, Any], at: Place) -> None:
    """Refuse a structure without a form, or a form that is two things at once."""
    solids = [(n, s) for n, s in plan.get("structures", {}).items() if s is not False]
    for name, solid in solids:
        if solid is True or len(solid) != 1:
            raise ProtocolSyntaxError(
                repr(solid),
                where=str(at.into(name)),
                expected="one of box, sphere, cylinder, empty",
            )
    for key in ("dose", "prescriptions", "fractions", "fraction_pattern"):
        if plan.get(key) is True:
            raise ProtocolSyntaxError("true", where=str(at.into(key)), expected="a value, or false")
    for paint in plan.get("dose") or []:
        if len(paint) > 2:
            raise ProtocolSyntaxError(
                repr(paint), where=str(at.into("dose")), expected="gy and one solid at most"
            )


def _changed(plan: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    structures = {**plan.get("structures", {}), **change.get("structures", {})}
    kept = {name: solid for name, solid in structures.items() if solid is not False}
    return {**plan, **change, "structures": kept}


def needed_outcomes(goal: Goal) -> tuple[str, ...]:
    """Return the outcomes for which a goal must have a case.

    Notes
    -----
    A goal that no value can miss (``RxFractions > 0``: it must merely be derivable) has no case
    that fails.
    """
    if goal.per_protocol is None:
        needed = ["reported"]
    else:
        needed = ["per_protocol"]
        if goal.acceptable:
            needed.append("variation_acceptable")
        if not _always_kept(goal):
            needed.append("deviation_unacceptable")
    if goal.when:
        needed.append("not_applicable")
    return (*needed, "not_evaluated")


def _always_kept(goal: Goal) -> bool:
    return (
        isinstance(goal.metric, PrescriptionFact)
        and goal.per_protocol is not None
        and all(
            c.limit.comparison is Comparison.GREATER and c.limit.inside == 0
            for c in goal.per_protocol.clauses
        )
    )
