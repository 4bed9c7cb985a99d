"""What an export holds, as text and JSON (schema ``rtcheck-inspect/1``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

import rtcheck
from rtcheck.plan import DoseGrid, Finding, Plan, Severity, Structure
from rtcheck.report.grid import Column, Grid, Row
from rtcheck.report.json_report import finding_as_dict, json_text, plan_as_dict
from rtcheck.report.layout import Blank, Element, Facts, Paragraph, Tone
from rtcheck.report.numbers import number_text
from rtcheck.report.record import PlanFacts
from rtcheck.report.text_report import findings_layout, label_of, plan_pairs
from rtcheck.report.words import MATCHED_BY, visible

_PLANE_MM = 0.05
"""Contours nearer than this along z are of one plane, as everywhere in rtcheck."""

_GUESSED = ("_LINK_GUESSED", "_LINK_AMBIGUOUS", "_MISSING", "_STRUCTURE_SET_DIFFERS")


@dataclass(frozen=True)
class RoleOfRoi:
    """A role of a protocol that an ROI would be taken for, and how it was recognised."""

    protocol: str
    role: str
    matched_by: str


@dataclass(frozen=True)
class RoiFacts:
    """What there is to say of one ROI; lengths in mm, volume in cm3.

    Parameters
    ----------
    roi_number : int
        ROINumber.
    roi_name, rt_roi_interpreted_type : str
        As exported.
    number_of_contours, number_of_planes : int
        Closed contours, and the heights they lie at.
    z_from_mm, z_to_mm, volume_cm3 : float or None
        None for an ROI without contours.
    roles : tuple of RoleOfRoi
        Which roles it would have.
    """

    roi_number: int
    roi_name: str
    rt_roi_interpreted_type: str
    number_of_contours: int
    number_of_planes: int
    z_from_mm: float | None
    z_to_mm: float | None
    volume_cm3: float | None
    roles: tuple[RoleOfRoi, ...]

    @classmethod
    def of(
        cls, structure: Structure, volume_cm3: float | None, roles: Sequence[RoleOfRoi]
    ) -> RoiFacts:
        """Return the facts of a structure."""
        z = np.sort(structure.points_mm[:, 2])
        planes = 0 if structure.is_empty else 1 + int(np.sum(np.diff(z) > _PLANE_MM))
        return cls(
            structure.roi_number,
            structure.roi_name,
            structure.rt_roi_interpreted_type,
            structure.number_of_contours,
            planes,
            float(z[0]) if planes else None,
            float(z[-1]) if planes else None,
            volume_cm3,
            tuple(roles),
        )


@dataclass(frozen=True)
class RoleFacts:
    """A role of a protocol and what of the plan has it.

    Parameters
    ----------
    protocol, role : str
        The role.
    rois : tuple of str
        ROI names, each with how it was recognised.
    remark : str
        What is missing or ambiguous, and names that are near.
    """

    protocol: str
    role: str
    rois: tuple[str, ...]
    remark: str


@dataclass(frozen=True)
class InspectReport:
    """What one plan of an export holds.

    Parameters
    ----------
    read_from : str
        The path as typed.
    plan : Plan
        The plan.
    rois : tuple of RoiFacts
        Every ROI.
    findings : tuple of Finding
        What is wrong or doubtful.
    roles : tuple of RoleFacts
        Roles of the protocols that were named.
    """

    read_from: str
    plan: Plan
    rois: tuple[RoiFacts, ...]
    findings: tuple[Finding, ...]
    roles: tuple[RoleFacts, ...] = ()

    @property
    def is_blocked(self) -> bool:
        """Return whether a finding forbids judging something."""
        return any(finding.severity is Severity.BLOCKS for finding in self.findings)


def write_inspect_json(
    reports: Sequence[InspectReport], unreadable: Sequence[Mapping[str, object]] = ()
) -> str:
    """Return what exports hold as JSON text; for `unreadable` see `reports_as_dict`."""
    return json_text(
        {
            "schema": "rtcheck-inspect/1",
            "rtcheck": rtcheck.__version__,
            "plans": [_as_dict(report) for report in reports],
            "unreadable": [dict(entry) for entry in unreadable],
        }
    )


def _as_dict(report: InspectReport) -> dict[str, object]:
    return {
        "plan": plan_as_dict(PlanFacts.of(report.plan)),
        "dose_grid": None if report.plan.dose is None else _dose_as_dict(report.plan.dose),
        "rois": [asdict(roi) for roi in report.rois],
        "roles": [asdict(role) for role in report.roles],
        "findings": [finding_as_dict(finding) for finding in report.findings],
    }


def _dose_as_dict(dose: DoseGrid) -> dict[str, object]:
    z, y, x = dose.spacing_mm
    return {
        "points": list(reversed(dose.dose_gy.shape)),
        "spacing_mm": [x, y, z],
        "from_mm": [float(axis[0]) for axis in (dose.x_mm, dose.y_mm, dose.z_mm)],
        "to_mm": [float(axis[-1]) for axis in (dose.x_mm, dose.y_mm, dose.z_mm)],
        "max_gy": float(dose.dose_gy.max()),
        "boundary_max_gy": dose.boundary_max_gy,
    }


def inspect_layout(report: InspectReport) -> list[Element]:
    """Return what a plan holds, laid out."""
    columns = (
        Column("No."),
        Column("ROI", tone=Tone.STRONG),
        Column("Type"),
        Column("Contours"),
        Column("Planes"),
        Column("Volume [cc]"),
        Column("Would be", spills=True),
    )
    elements: list[Element] = [
        Facts(_pairs(report)),
        *findings_layout(report.findings),
        Blank(),
        Paragraph(f"ROIs ({len(report.rois)})", Tone.STRONG),
        Grid(columns, [_roi_row(roi) for roi in report.rois]),
    ]
    for protocol in dict.fromkeys(role.protocol for role in report.roles):
        of_it = [role for role in report.roles if role.protocol == protocol]
        named = (Column("Role", tone=Tone.STRONG), Column("ROI"), Column("Remark"))
        rows = [Row((role.role, ", ".join(role.rois) or "none", role.remark)) for role in of_it]
        title = f"Structures that {protocol} speaks of"
        elements += [Blank(), Paragraph(title, Tone.STRONG), Grid(named, rows)]
    return elements


def _pairs(report: InspectReport) -> list[tuple[str, str]]:
    plan, details = report.plan, report.plan.details
    pairs = [("Read from", report.read_from), *plan_pairs(PlanFacts.of(plan))]
    words = {"rt_plan": "RT Plan", "rt_structure_set": "RT Structure Set", "rt_dose": "RT Dose"}
    for key, word in words.items():
        uids = plan.sop_instance_uids.get(key) or "none"
        pairs.append((word, ", ".join(uids) if isinstance(uids, list | tuple) else str(uids)))
    doubts = [f.code for f in report.findings if f.code.endswith(_GUESSED)]
    pairs.append(("Linked", f"see {', '.join(doubts)} below" if doubts else "by UID"))
    pairs.append(("Dose grid", "none that can be used" if plan.dose is None else _grid(plan.dose)))
    told = ("approval_status", "dose_grid_spacing")
    # Hashes are for machines: the JSON has them.
    shown = [key for key in details if key not in told and not key.startswith("sha256")]
    pairs += [(label_of(key), details[key]) for key in shown]
    return pairs


def _grid(dose: DoseGrid) -> str:
    facts = _dose_as_dict(dose)
    z, y, x = dose.spacing_mm
    nz, ny, nx = dose.dose_gy.shape
    ends = ", ".join(
        f"{name} {axis[0]:.1f} to {axis[-1]:.1f}"
        for name, axis in (("x", dose.x_mm), ("y", dose.y_mm), ("z", dose.z_mm))
    )
    return (
        f"{nx} × {ny} × {nz} points, {x:g} × {y:g} × {z:g} mm (x, y, z); {ends} mm; "
        f"maximum {facts['max_gy']:.2f} Gy, on its faces at most {dose.boundary_max_gy:.2f} Gy"
    )


def _roi_row(roi: RoiFacts) -> Row:
    volume = "" if roi.volume_cm3 is None else number_text(roi.volume_cm3, "cc")
    cells = (
        str(roi.roi_number),
        visible(roi.roi_name),
        visible(roi.rt_roi_interpreted_type),
        str(roi.number_of_contours),
        str(roi.number_of_planes),
        volume,
        "\n".join(_roles_in_words(roi.roles)),
    )
    return Row(cells)


def _roles_in_words(roles: Sequence[RoleOfRoi]) -> list[str]:
    """Return each role once, the surest first, with how it was recognised by how many protocols."""
    counted: dict[tuple[str, str], int] = {}
    surest = {how: place for place, how in enumerate(MATCHED_BY)}
    for role in sorted(roles, key=lambda r: surest.get(r.matched_by.partition(" (")[0], 0)):
        key = (role.role, role.matched_by)
        counted[key] = counted.get(key, 0) + 1
    return [
        f"{visible(role)} ({matched_words(how)}{f', {n} protocols' if n > 1 else ''})"
        for (role, how), n in counted.items()
    ]


def matched_words(matched_by: str) -> str:
    """Return how an ROI was recognised, in words; a doubt behind it is kept.

    Examples
    --------
    >>> matched_words("tg263 (ambiguous)")
    'TG-263 name, ambiguous'
    """
    how, _, doubt = matched_by.partition(" (")
    words = MATCHED_BY.get(how, how)
    return f"{words}, {doubt.removesuffix(')')}" if doubt else words
