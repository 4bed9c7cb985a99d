"""The Plan record: everything rtcheck knows of one treatment plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rtcheck.plan.dose import DoseGrid
from rtcheck.plan.finding import Finding
from rtcheck.plan.fraction_pattern import FractionPattern
from rtcheck.plan.identity import Identity
from rtcheck.plan.prescription import Prescription
from rtcheck.plan.source_files import SourceFiles
from rtcheck.plan.stored_dvh import StoredDvh
from rtcheck.plan.structure import Structure


@dataclass(frozen=True, eq=False)
class Plan:
    """One plan: RT Plan, RT Structure Set and RT Dose that belong together.

    Parameters
    ----------
    rt_plan_label : str
        RTPlanLabel (300A,0002); empty when there is no RT Plan.
    structures : tuple of Structure
        Every ROI of the structure set, empty ones included, in ROINumber order.
    dose : DoseGrid or None
        Total dose of the whole plan; None when there is none that can be used (a finding of
        severity BLOCKS says why).
    prescriptions : tuple of Prescription
        Target prescriptions, in the plan's order.
    number_of_fractions_planned : int or None
        Fractions of the plan's one fraction group.
    fraction_pattern : FractionPattern or None
        On which days fractions are given, when the export says it.
    findings : tuple of Finding
        What is wrong or doubtful in the input.
    sop_instance_uids : mapping of str to str or list of str
        ``rt_plan``, ``rt_structure_set``, ``rt_dose`` (list).
    details : mapping of str to str
        Facts worth printing: approval status, dates, manufacturer, patient position, source.
    stored_dvhs : tuple of StoredDvh
        The planning system's own DVHs, at most one an ROI: a second opinion, never a verdict.
    source_files : SourceFiles
        The files themselves, for an engine that reads DICOM itself.
    identity : callable
        Returns who the patient is: what a report that names nobody leaves out.
    """

    rt_plan_label: str
    structures: tuple[Structure, ...]
    dose: DoseGrid | None
    prescriptions: tuple[Prescription, ...] = ()
    number_of_fractions_planned: int | None = None
    fraction_pattern: FractionPattern | None = None
    findings: tuple[Finding, ...] = ()
    sop_instance_uids: Mapping[str, object] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    stored_dvhs: tuple[StoredDvh, ...] = ()
    source_files: SourceFiles = field(default_factory=SourceFiles, repr=False)
    identity: Callable[[], Identity] = field(default=Identity, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "sop_instance_uids", MappingProxyType(dict(self.sop_instance_uids))
        )
        object.__setattr__(self, "details", MappingProxyType(dict(self.details)))

    def structure(self, roi_number: int) -> Structure:
        """Return the structure of that ROINumber.

        Raises
        ------
        KeyError
            If there is none.
        """
        for structure in self.structures:
            if structure.roi_number == roi_number:
                return structure
        raise KeyError(roi_number)

    def stored_dvh(self, roi_number: int) -> StoredDvh | None:
        """Return the planning system's own DVH of that ROINumber, or None."""
        return next((dvh for dvh in self.stored_dvhs if dvh.roi_number == roi_number), None)
