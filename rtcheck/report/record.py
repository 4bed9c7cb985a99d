"""The Report record: everything a written report says, in one place, computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rtcheck.plan import Finding, Plan, Prescription
from rtcheck.verdict import DISPLAY_ORDER, EXIT_CODES, Evidence, Outcome, Verdict

if TYPE_CHECKING:
    from pandas import DataFrame

    from rtcheck.gate import Checked


@dataclass(frozen=True)
class Curve:
    """A DVH curve thinned for drawing.

    Parameters
    ----------
    name : str
        Structure or expression.
    dose_gy, volume_percent : tuple of float
        Dose ascending, and the volume (0–100) that has at least that dose.
    volume_cm3 : float
        Volume of the structure.
    color : tuple of int, optional
        The ROI's own colour, 0–255.
    low_percent, high_percent : tuple of float
        Bounds of the volume at each dose; empty where none were asked.
    roi_number : int, optional
        ROINumber; None for an expression.

    Raises
    ------
    ValueError
        If there is no point, or a dose without a volume.
    """

    name: str
    dose_gy: tuple[float, ...]
    volume_percent: tuple[float, ...]
    volume_cm3: float
    color: tuple[int, int, int] | None = None
    low_percent: tuple[float, ...] = ()
    high_percent: tuple[float, ...] = ()
    roi_number: int | None = None

    def __post_init__(self) -> None:
        if not len(self.dose_gy) == len(self.volume_percent) > 0:
            raise ValueError("a curve needs points, and as many volumes as doses")
        if {len(self.low_percent), len(self.high_percent)} not in ({0}, {len(self.dose_gy)}):
            raise ValueError("the bounds of a curve are for each of its doses")


@dataclass(frozen=True)
class Picture:
    """A drawing of the plan: a plane with contours and dose.

    Parameters
    ----------
    title : str
        What it shows, for the caption; names in it are as exported, not escaped.
    description : str
        The same for those who do not see it: plane, structures, isodoses.
    svg : str
        The drawing, self-contained and escaped; pixels, if any, as embedded PNG.
    goals : tuple of str
        Ids of the goals whose violation it shows; empty for a target's centre.
    """

    title: str
    description: str
    svg: str
    goals: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlanFacts:
    """What a report says of the plan. No patient name, no birth date.

    Parameters
    ----------
    rt_plan_label : str
        RTPlanLabel.
    sop_instance_uids : mapping
        UIDs of the files.
    prescriptions : tuple of Prescription
        With their sources.
    number_of_fractions_planned : int or None
        Of the plan.
    details : mapping of str to str
        Further facts.
    """

    rt_plan_label: str
    sop_instance_uids: Mapping[str, object]
    prescriptions: tuple[Prescription, ...]
    number_of_fractions_planned: int | None
    details: Mapping[str, str]

    @classmethod
    def of(cls, plan: Plan) -> PlanFacts:
        """Return the facts of a plan record."""
        return cls(
            plan.rt_plan_label,
            plan.sop_instance_uids,
            plan.prescriptions,
            plan.number_of_fractions_planned,
            plan.details,
        )


@dataclass(frozen=True)
class ProtocolFacts:
    """Which rules were applied."""

    id: str
    version: str
    title: str
    status: str
    sha256: str
    variant: str = ""


@dataclass(frozen=True, eq=False)
class Report:
    """A plan judged by a protocol, with its provenance.

    Parameters
    ----------
    overall : Outcome
        The worst of the goals that decide.
    plan : PlanFacts
        The plan.
    protocol : ProtocolFacts
        The rules.
    settings : mapping of str to str
        Geometry model, interpolation, options given.
    findings : tuple of Finding
        What is wrong or doubtful in the input.
    verdicts : tuple of Verdict
        In the protocol's order.
    checklist : tuple of str
        For a person to sign.
    curves : tuple of Curve
        DVHs of the structures the goals speak of.
    rtcheck_version : str
        The software.
    created : str
        ISO 8601 date and time, UTC.
    evidence : tuple of Evidence
        Where violated dose and volume goals are violated, and by how much.
    pictures : tuple of Picture
        Planes of the plan, when they were asked for.
    review : tuple of Checked
        What AAPM MPPG 11.a asks of a plan review, as far as the files answer it.
    """

    overall: Outcome
    plan: PlanFacts
    protocol: ProtocolFacts
    settings: Mapping[str, str]
    findings: tuple[Finding, ...]
    verdicts: tuple[Verdict, ...]
    checklist: tuple[str, ...]
    curves: tuple[Curve, ...]
    rtcheck_version: str
    created: str
    evidence: tuple[Evidence, ...] = ()
    pictures: tuple[Picture, ...] = ()
    review: tuple[Checked, ...] = ()

    def __repr__(self) -> str:
        return f"<report {self.protocol.id}: {self.overall}, {len(self.verdicts)} verdicts>"

    @property
    def exit_code(self) -> int:
        """Return the exit code this report stands for: 0, 1 or 3."""
        return EXIT_CODES[self.overall]

    def in_display_order(self) -> tuple[Verdict, ...]:
        """Return the verdicts, deviations and what was not evaluated first."""
        return tuple(sorted(self.verdicts, key=lambda v: DISPLAY_ORDER.index(v.outcome)))

    def counts(self) -> dict[Outcome, int]:
        """Return how many verdicts came to each outcome, in display order."""
        return {o: sum(v.outcome is o for v in self.verdicts) for o in DISPLAY_ORDER}

    def save(self, path: str | Path) -> Path:
        """Write the report; the file name's ending says in which format. Return the path.

        Raises
        ------
        UsageError
            If no format has that ending, or the file cannot be written.
        """
        from rtcheck.report.files import write_file
        from rtcheck.report.table import writer_for

        return write_file(path, writer_for(path)(self))

    def to_frame(self) -> DataFrame:
        """Return a pandas DataFrame, one row a verdict, numbers unrounded (extra `frames`).

        Raises
        ------
        UsageError
            If pandas is not installed.
        """
        from rtcheck.report.csv_report import flat_rows
        from rtcheck.report.frame import frame_of

        return frame_of(flat_rows(self))

    def _repr_html_(self) -> str:
        from rtcheck.report.html_report import write_notebook

        return write_notebook(self)
