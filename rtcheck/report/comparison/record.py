"""The Comparison record: rival plans, a row for each goal and structure, what differs and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from rtcheck.report.record import ProtocolFacts, Report
from rtcheck.verdict import EXIT_CODES, Outcome, Verdict

if TYPE_CHECKING:
    from pandas import DataFrame

WORST_FIRST = (1, 3, 0)
"""Exit codes: a deviation before what could not be said, and that before a pass."""


class Change(StrEnum):
    """How the outcome of a goal differs from the reference's."""

    GAINED = "gained"
    LOST = "lost"
    UNCHANGED = "unchanged"
    JUDGED_ONLY_HERE = "judged_only_here"
    JUDGED_ONLY_IN_REFERENCE = "judged_only_in_reference"
    JUDGED_IN_NEITHER = "judged_in_neither"


class Size(StrEnum):
    """What a difference of two values is worth, given the interval of each."""

    REAL = "real"
    """The intervals do not overlap."""
    WITHIN_INTERVAL = "within_interval"
    """The intervals overlap: it may come from the way the values are computed."""
    NONE = "none"
    """The values are the same."""


class Doubt(StrEnum):
    """Why two values are not values of the same thing."""

    OTHER_CONTOURS = "other_contours"
    OTHER_PRESCRIPTION = "other_prescription"


@dataclass(frozen=True)
class Contours:
    """The contours of an ROI of a plan, as far as a comparison needs them.

    Parameters
    ----------
    roi_name : str
        ROIName as exported.
    roi_number : int
        ROINumber.
    sha256 : str
        Of the points: the same for the same contours, in whatever file they stand.
    volume_cm3 : float or None
        Volume of the structure; None where it has none.
    """

    roi_name: str
    roi_number: int
    sha256: str
    volume_cm3: float | None


@dataclass(frozen=True, eq=False)
class Rival:
    """One of the plans.

    Parameters
    ----------
    key : str
        Letter that stands for it: ``"A"``, ``"B"`` …
    read_from : str
        Where it was read; empty if it was handed over as a plan.
    report : Report
        The plan judged by the protocol, as `rtcheck.check` returns it.
    contours : tuple of Contours
        The ROIs that goals were judged on.
    frame_of_reference_uids : tuple of str
        FrameOfReferenceUID of the structures.
    """

    key: str
    read_from: str
    report: Report
    contours: tuple[Contours, ...] = ()
    frame_of_reference_uids: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Return the RTPlanLabel."""
        return self.report.plan.rt_plan_label

    @property
    def title(self) -> str:
        """Return letter and label."""
        return f"{self.key}: {self.label or '(no label)'}"


@dataclass(frozen=True, eq=False)
class Standing:
    """What one plan has of one goal, and how that differs from the reference.

    Parameters
    ----------
    rival : str
        Key of the plan.
    verdict : Verdict or None
        None if this plan has nothing that the goal could be judged on.
    difference : float or None
        Value minus the reference's, in the unit of the row; None if either has no value, and for
        the reference itself.
    size : Size or None
        What the difference is worth.
    change : Change
        How the outcome differs.
    doubts : tuple of Doubt
        Why the two values are not values of the same thing.
    """

    rival: str
    verdict: Verdict | None
    difference: float | None = None
    size: Size | None = None
    change: Change = Change.UNCHANGED
    doubts: tuple[Doubt, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Return the outcome; what is not there was not evaluated."""
        return Outcome.NOT_EVALUATED if self.verdict is None else self.verdict.outcome

    @property
    def is_close(self) -> bool:
        """Return whether a change of the outcome may come from how the values are computed."""
        return self.change in (Change.GAINED, Change.LOST) and self.size is Size.WITHIN_INTERVAL


@dataclass(frozen=True, eq=False)
class Row:
    """One goal on one structure, in every plan.

    Parameters
    ----------
    goal, structure, roi, metric, dose, unit : str
        As in `rtcheck.verdict.Verdict`.
    per_protocol, acceptable : str or None
        Limits as written.
    required : bool
        Whether the goal decides.
    standings : tuple of Standing
        One a plan, in their order.
    """

    goal: str
    structure: str
    roi: str
    metric: str
    dose: str
    unit: str
    per_protocol: str | None
    acceptable: str | None
    required: bool
    standings: tuple[Standing, ...]

    def standing(self, key: str) -> Standing:
        """Return what the plan of that key has.

        Raises
        ------
        KeyError
            If there is no such plan.
        """
        for standing in self.standings:
            if standing.rival == key:
                return standing
        raise KeyError(key)

    @property
    def changes(self) -> bool:
        """Return whether some plan gained or lost the goal."""
        return any(s.change in (Change.GAINED, Change.LOST) for s in self.standings)

    @property
    def is_open(self) -> bool:
        """Return whether the goal was not evaluated in some plan."""
        return any(s.outcome is Outcome.NOT_EVALUATED for s in self.standings)

    @property
    def differs(self) -> bool:
        """Return whether some value really differs, or is of another thing."""
        return any(s.size is Size.REAL or s.doubts for s in self.standings)


@dataclass(frozen=True)
class Unread:
    """An input that was to be compared and could not be read.

    Parameters
    ----------
    argument : int
        Which input it was, counted from 1.
    read_from : str
        Where it was to be read.
    error : str
        Why it could not be.
    """

    argument: int
    read_from: str
    error: str


@dataclass(frozen=True, eq=False)
class Comparison:
    """Rival plans judged by one protocol.

    Parameters
    ----------
    rivals : tuple of Rival
        The plans in the order given.
    reference : str
        Key of the plan that the others are held against.
    protocol : ProtocolFacts
        The rules.
    settings : mapping of str to str
        What all reports were made with.
    rows : tuple of Row
        In the protocol's order.
    rtcheck_version : str
        The software.
    created : str
        ISO 8601 date and time, UTC.
    unreadable : tuple of Unread
        Inputs that could not be read: no pass, whatever the plans come to.
    """

    rivals: tuple[Rival, ...]
    reference: str
    protocol: ProtocolFacts
    settings: Mapping[str, str]
    rows: tuple[Row, ...]
    rtcheck_version: str
    created: str
    unreadable: tuple[Unread, ...] = ()

    def __repr__(self) -> str:
        said = ", ".join(f"{r.key} {r.report.overall}" for r in self.rivals)
        return f"<comparison {self.protocol.id}: {said}; {len(self.rows)} rows>"

    @property
    def exit_code(self) -> int:
        """Return the worst: 1 any plan deviates, else 3 not evaluated or unreadable, else 0."""
        codes = {rival.report.exit_code for rival in self.rivals}
        codes |= {EXIT_CODES[Outcome.NOT_EVALUATED]} if self.unreadable else set()
        return next(code for code in WORST_FIRST if code in codes)

    @property
    def base(self) -> Rival:
        """Return the plan that the others are held against."""
        return self.rival(self.reference)

    @property
    def others(self) -> tuple[Rival, ...]:
        """Return the plans that are held against the reference."""
        return tuple(r for r in self.rivals if r.key != self.reference)

    def rival(self, key: str) -> Rival:
        """Return the plan of that key.

        Raises
        ------
        KeyError
            If there is none.
        """
        for rival in self.rivals:
            if rival.key == key:
                return rival
        raise KeyError(key)

    def rows_of(self, key: str, change: Change) -> tuple[Row, ...]:
        """Return the rows in which a plan's outcome differs in that way from the reference's."""
        return tuple(row for row in self.rows if row.standing(key).change is change)

    def save(self, path: str | Path) -> Path:
        """Write the comparison; the file name's ending says in which format. Return the path.

        Raises
        ------
        UsageError
            If no format has that ending, or the file cannot be written.
        """
        from rtcheck.report.comparison.formats import writer_for
        from rtcheck.report.files import write_file

        return write_file(path, writer_for(path)(self))

    def to_frame(self) -> DataFrame:
        """Return a pandas DataFrame, one row a goal, structure and plan (extra `frames`).

        Raises
        ------
        UsageError
            If pandas is not installed.
        """
        from rtcheck.report.comparison.tables import flat_rows
        from rtcheck.report.frame import frame_of

        return frame_of(flat_rows(self))

    def _repr_html_(self) -> str:
        from rtcheck.report.comparison.page import write_notebook

        return write_notebook(self)
