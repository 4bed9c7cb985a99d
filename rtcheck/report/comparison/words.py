"""A comparison in words: what every human-readable writer lays out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rtcheck.plan import Finding
from rtcheck.report.comparison.build import prescribed_alike
from rtcheck.report.comparison.record import (
    Change,
    Comparison,
    Contours,
    Doubt,
    Rival,
    Row,
    Size,
    Standing,
    Unread,
)
from rtcheck.report.numbers import margin_text, value_text
from rtcheck.report.words import Row as VerdictWords
from rtcheck.report.words import row_of, volume_text
from rtcheck.verdict import DISPLAY_ORDER, OUTCOME_WORDS, Outcome, Verdict

NO_WINNER = (
    "rtcheck ranks no plan: the protocol says what each goal comes to, not which goal is worth "
    "more than another."
)

REAL_MEANS = (
    "A difference is real where the intervals of the two values do not overlap. Within: they "
    "do, and the difference may come from the way the values are computed."
)

SIZE_WORDS = {Size.REAL: "real", Size.WITHIN_INTERVAL: "within", Size.NONE: "the same"}

DOUBT_WORDS = {
    Doubt.OTHER_CONTOURS: "other contours",
    Doubt.OTHER_PRESCRIPTION: "other prescription",
}

ABSENT = "no such structure"
"""Stands where a plan has nothing that a goal could be judged on."""


NOT_ALIKE = "Not to be held against each other as they stand"
"""Stands above the reasons why values of these plans are not of one kind."""

CONTOURS_TITLE = "ROIs that goals were judged on, where the plans are not alike"


class Section(StrEnum):
    """Where a row stands: what must be seen first stands first."""

    CHANGES = "changes"
    OPEN = "open"
    DIFFERS = "differs"
    ALIKE = "alike"
    NOWHERE = "nowhere"


SECTION_WORDS = {
    Section.CHANGES: "The outcome differs between the plans",
    Section.OPEN: "NOT EVALUATED in at least one plan",
    Section.DIFFERS: "The same outcome, other values",
    Section.ALIKE: "The same outcome, values equal within their intervals",
    Section.NOWHERE: "Not applicable in any plan",
}


def section_of(row: Row) -> Section:
    """Return where a row stands."""
    if all(s.outcome is Outcome.NOT_APPLICABLE for s in row.standings):
        return Section.NOWHERE
    if row.changes:
        return Section.CHANGES
    if row.is_open:
        return Section.OPEN
    return Section.DIFFERS if row.differs else Section.ALIKE


def sections(comparison: Comparison) -> list[tuple[Section, tuple[Row, ...]]]:
    """Return the rows in sections; in each what decides first, the worst outcome before others."""
    order = list(DISPLAY_ORDER)

    def place(row: Row) -> tuple[bool, int]:
        return not row.required, min(order.index(s.outcome) for s in row.standings)

    grouped = [
        (
            section,
            tuple(sorted((r for r in comparison.rows if section_of(r) is section), key=place)),
        )
        for section in Section
    ]
    return [(section, rows) for section, rows in grouped if rows]


@dataclass(frozen=True)
class Cell:
    """What one plan has of one goal, in words.

    Parameters
    ----------
    key : str
        The plan.
    outcome : Outcome
        What it came to.
    symbol, word : str
        The outcome.
    value, interval : str
        Printed; empty where there is none.
    difference : str
        Against the reference, with what it is worth; empty for the reference.
    remarks : tuple of str
        Too close to call; why it was not evaluated; another limit.
    is_real, is_same : bool
        Whether the difference is real; whether all of the cell is as in the reference.
    """

    key: str
    outcome: Outcome
    symbol: str
    word: str
    value: str
    interval: str
    difference: str
    remarks: tuple[str, ...]
    is_real: bool = False
    is_same: bool = False


def cells(row: Row) -> list[Cell]:
    """Return the cells of a row, one a plan."""
    return [_cell(row, standing) for standing in row.standings]


def _cell(row: Row, standing: Standing) -> Cell:
    symbol, word = OUTCOME_WORDS[standing.outcome]
    if standing.verdict is None:
        what = f"{ABSENT}: {row.roi}" if row.roi else ABSENT
        return Cell(standing.rival, standing.outcome, symbol, word, "", "", "", (what,))
    words = row_of(standing.verdict)
    return Cell(
        standing.rival,
        standing.outcome,
        symbol,
        word,
        words.value,
        words.interval,
        difference_text(row, standing),
        tuple(_remarks(row, standing, words)),
        is_real=standing.size is Size.REAL and not standing.doubts,
        is_same=standing.size is Size.NONE
        and standing.change is Change.UNCHANGED
        and not standing.doubts,
    )


def _remarks(row: Row, standing: Standing, words: VerdictWords) -> Iterable[str]:
    verdict = words.verdict
    if words.why:
        yield words.why
    if verdict.borderline:
        yield "too close to call"
    limits = (verdict.per_protocol, verdict.acceptable)
    if limits != (row.per_protocol, row.acceptable):
        yield "limit here: " + ", acceptable ".join(filter(None, limits))


def difference_text(row: Row, standing: Standing) -> str:
    """Return a difference with its sign, and what it is worth; empty if there is none to tell.

    Values of different things have a difference too; that it is one is not called real.
    """
    if standing.difference is None or standing.size is None:
        return ""
    doubts = ", ".join(DOUBT_WORDS[doubt] for doubt in standing.doubts)
    if standing.size is Size.NONE:
        return ", ".join(filter(None, ("the same", doubts)))
    value = None if standing.verdict is None else standing.verdict.value
    amount = margin_text(standing.difference, value, row.unit)
    if standing.size is Size.WITHIN_INTERVAL:
        # A few digits are enough of what may be nothing.
        amount = value_text(standing.difference, row.unit)
        if float(amount.split()[0]) == 0:
            amount = "about the same"
        elif standing.difference > 0:
            amount = f"+{amount}"
    return f"{amount} ({doubts or SIZE_WORDS[standing.size]})"


def unread_text(unread: Unread) -> str:
    """Return which input could not be read, and why."""
    return f"{unread.read_from} – {OUTCOME_WORDS[Outcome.NOT_EVALUATED][1]}: {unread.error}"


def row_name(row: Row) -> str:
    """Return the structure of a row, with the ROI of a goal that holds for each."""
    return ": ".join(filter(None, (row.structure, row.roi))) or "(plan)"


def metric_text(row: Row) -> str:
    """Return the metric, with the dose it is measured in where that is not the physical one."""
    return row.metric if row.dose == "physical" else f"{row.metric} in {row.dose}"


@dataclass(frozen=True)
class Turn:
    """A goal that a plan gained or lost, or that only one of the two plans was judged on.

    Parameters
    ----------
    goal, what : str
        Goal id; structure and metric.
    text : str
        From what to what.
    decides : bool
        Whether the goal decides.
    """

    goal: str
    what: str
    text: str
    decides: bool


TURN_WORDS = {
    Change.LOST: "loses",
    Change.GAINED: "gains",
    Change.JUDGED_ONLY_IN_REFERENCE: "is not judged, unlike the reference, on",
    Change.JUDGED_ONLY_HERE: "is judged, unlike the reference, on",
}
"""What a plan does with goals, after its name; losses are said first."""

CHANGE_TONES = {
    Change.LOST: Outcome.DEVIATION_UNACCEPTABLE,
    Change.GAINED: Outcome.PER_PROTOCOL,
    Change.JUDGED_ONLY_IN_REFERENCE: Outcome.NOT_EVALUATED,
    Change.JUDGED_ONLY_HERE: Outcome.NOT_EVALUATED,
}
"""The outcome whose colours a change is shown in."""


def turns(comparison: Comparison, key: str, change: Change) -> list[Turn]:
    """Return the goals whose outcome differs in that way between a plan and the reference."""
    return [
        _turn(row, row.standing(comparison.reference), row.standing(key))
        for row in comparison.rows_of(key, change)
    ]


def _turn(row: Row, was: Standing, now: Standing) -> Turn:
    text = f"{_said(was)} → {_said(now)}"
    if now.is_close:
        text += "; within the interval: too close to call"
    if now.doubts:
        text += f"; {', '.join(DOUBT_WORDS[d] for d in now.doubts)}"
    return Turn(row.goal, f"{row_name(row)} {metric_text(row)}", text, row.required)


def _said(standing: Standing) -> str:
    verdict = standing.verdict
    if verdict is None:
        return ABSENT
    words = row_of(verdict)
    # A value and its unit stay on one line.
    value = words.value.replace(" ", "\u00a0")
    return " ".join(filter(None, (OUTCOME_WORDS[verdict.outcome][1], value)))


def tally(comparison: Comparison, key: str) -> str:
    """Return how a plan's values differ from the reference's, in numbers of rows."""
    applying = [row for row in comparison.rows if section_of(row) is not Section.NOWHERE]
    standings = [row.standing(key) for row in applying]
    real = sum(s.size is Size.REAL and not s.doubts for s in standings)
    within = sum(s.size is Size.WITHIN_INTERVAL and not s.doubts for s in standings)
    same = sum(s.size is Size.NONE and not s.doubts for s in standings)
    doubted = sum(bool(s.doubts) for s in standings)
    unsaid = len(standings) - real - within - same - doubted
    parts = [
        (real, "really different"),
        (within, "different within the interval"),
        (same, "the same"),
        (doubted, "of other contours or another prescription"),
        (unsaid, "without a value in one of the two"),
    ]
    return f"{len(standings)} rows: " + ", ".join(f"{n} {what}" for n, what in parts if n)


def warnings(comparison: Comparison) -> list[str]:
    """Return why values of these plans may not be held against each other, the gravest first."""
    base = comparison.base
    said: list[str] = []
    frames = {r.frame_of_reference_uids for r in comparison.rivals if r.frame_of_reference_uids}
    if len(frames) > 1:
        said.append(
            "The plans are not in one frame of reference: other images, perhaps another patient."
        )
    said += [
        f"Prescriptions differ: {base.key} {prescribed(base)}; {rival.key} {prescribed(rival)}. "
        "Doses, and percent of doses, of the two are not of one kind."
        for rival in comparison.others
        if not prescribed_alike(base.report.plan, rival.report.plan)
    ]
    for rival in comparison.others:
        names = [name for name, here, there in contours(comparison, rival) if differs(here, there)]
        if names:
            said.append(
                f"Contours of {rival.key} differ from those of {base.key}: {', '.join(names)}. "
                "Values on them are not of one volume."
            )
    return said


def prescribed(rival: Rival) -> str:
    """Return what a plan prescribes, in a phrase."""
    plan = rival.report.plan
    n = plan.number_of_fractions_planned
    by_schedule: dict[str, list[str]] = {}
    for rx in plan.prescriptions:
        by_schedule.setdefault(str(rx).removeprefix(f"{rx.name}: "), []).append(rx.name)
    named = [f"{', '.join(names)}: {schedule}" for schedule, names in by_schedule.items()]
    stated = "; ".join(named) or "nothing stated"
    if n is None:
        return f"{stated}; number of fractions unknown"
    if plan.prescriptions and all(rx.number_of_fractions_planned == n for rx in plan.prescriptions):
        return stated
    return f"{stated}; {n} fractions"


def findings(comparison: Comparison) -> list[tuple[str, tuple[Finding, ...]]]:
    """Return findings below the titles of the plans they are of; what all have is said once."""
    by_rival = [dict.fromkeys(rival.report.findings) for rival in comparison.rivals]
    shared = [f for f in by_rival[0] if all(f in found for found in by_rival)]
    groups = [(", ".join(rival.key for rival in comparison.rivals), tuple(shared))]
    groups += [
        (rival.title, tuple(f for f in found if f not in shared))
        for rival, found in zip(comparison.rivals, by_rival, strict=True)
    ]
    return [(title, found) for title, found in groups if found]


def contours(
    comparison: Comparison, rival: Rival
) -> list[tuple[str, Contours | None, Contours | None]]:
    """Return by ROI name the contours of the reference and of a plan that goals were judged on."""
    here = {c.roi_name: c for c in comparison.base.contours}
    there = {c.roi_name: c for c in rival.contours}
    return [(name, here.get(name), there.get(name)) for name in here | there]


def differs(here: Contours | None, there: Contours | None) -> bool:
    """Return whether both plans have an ROI of a name, with other contours."""
    return here is not None and there is not None and here.sha256 != there.sha256


def volume_or_none(found: Contours | None) -> str:
    """Return the volume of an ROI with its unit, or that it is not there."""
    if found is None:
        return "not judged on"
    return "no volume" if found.volume_cm3 is None else volume_text(found.volume_cm3)


def contour_rows(comparison: Comparison) -> list[tuple[str, list[str], bool]]:
    """Return by ROI name the volumes in each plan, of those whose contours are not all the same."""
    by_rival = [{c.roi_name: c for c in rival.contours} for rival in comparison.rivals]
    names = dict.fromkeys(name for found in by_rival for name in found)
    rows = []
    for name in names:
        found = [rival.get(name) for rival in by_rival]
        digests = {None if c is None else c.sha256 for c in found}
        if len(digests) > 1:
            drawn_otherwise = len(digests - {None}) > 1
            rows.append((name, [volume_or_none(c) for c in found], drawn_otherwise))
    return rows


def same_structures(comparison: Comparison) -> str:
    """Return in a sentence that all goals were judged on the same contours; empty if not."""
    if contour_rows(comparison):
        return ""
    uids = {r.report.plan.sop_instance_uids.get("rt_structure_set") for r in comparison.rivals}
    one = "one structure set" if len(uids) == 1 else "the same contours, of several structure sets"
    return f"All plans were judged on {one}."


def found_names(verdict: Verdict | None) -> str:
    """Return the ROIs a verdict was measured on."""
    return "" if verdict is None else ", ".join(f.roi_name for f in verdict.found)


def roi_text(row: Row) -> str:
    """Return the ROIs of a row, by plan where their names differ; empty if the row names them."""
    names = {s.rival: found_names(s.verdict) for s in row.standings}
    given = dict.fromkeys(name for name in names.values() if name)
    if len(given) <= 1:
        (name,) = given or [""]
        return "" if name in (row.roi, row.structure) else name
    return "; ".join(f"{key}: {name}" for key, name in names.items() if name)
