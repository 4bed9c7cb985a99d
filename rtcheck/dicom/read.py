"""From paths to plans."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial

from rtcheck.dicom.codes import Refusal, finding
from rtcheck.dicom.consistency import (
    check_files,
    check_frames,
    check_plausible,
    require_common_frame,
)
from rtcheck.dicom.currency import check_currency
from rtcheck.dicom.door import through_door
from rtcheck.dicom.find import File, Found, find_objects
from rtcheck.dicom.identity import identity_of
from rtcheck.dicom.limits import DEFAULT_LIMITS, Limits
from rtcheck.dicom.link import PlanFiles, link
from rtcheck.dicom.rtdose import doses_of_whole_plan, read_dose
from rtcheck.dicom.rtdose_dvh import StoredDvhs, read_stored_dvhs
from rtcheck.dicom.rtplan import PlanFacts, read_plan_facts
from rtcheck.dicom.rtstruct import StructureSet, read_structure_set
from rtcheck.errors import CorruptDicomError, NotDicomError, UsageError
from rtcheck.plan import DoseGrid, Finding, Plan, SourceFiles, Structure

_NO_STRUCTURES = StructureSet((), ())
_WHY_NO_DOSE = ("DOSE_LINK_AMBIGUOUS", "DOSE_OF_OTHER_PLAN")
"""Findings that have already said why a plan has no RT Dose."""


def read_plans(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str] | File],
    *,
    plan: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> list[Plan]:
    """Return every plan found in the paths, by label and then by SOPInstanceUID.

    Parameters
    ----------
    paths : path, or iterable of path
        Folders (with all below them), files, or ZIP archives; or files from elsewhere.
    plan : str, optional
        RTPlanLabel or SOPInstanceUID of the RT Plan wanted; without it, all are returned.
    limits : Limits
        What is not read because it is too much.

    Returns
    -------
    list of Plan
        At least one. What is wrong with a plan stands in its findings. A file that looks like
        DICOM RT and cannot be read is a finding of every plan, as it might belong to any.

    Raises
    ------
    UsageError
        If a path does not exist, or no plan is the one wanted.
    NotDicomError
        If no RT object is found.
    CorruptDicomError
        If RT objects are found and none can be read.
    """
    found = find_objects([paths] if isinstance(paths, str | os.PathLike) else paths, limits)
    if not found.objects:
        raise _nothing_found(found)
    wanted = sorted(link(found.objects), key=lambda files: (_label(files), _uid(files)))
    if plan is not None:
        there = [f"{_label(files)!r} ({_uid(files)})" for files in wanted]
        wanted = [files for files in wanted if plan in (_label(files), _uid(files))]
        if not wanted:
            raise UsageError(f"no plan {plan!r}", expected="one of " + ", ".join(there))
    structure_sets: dict[str, StructureSet] = {}
    return [_read_plan(files, structure_sets, found) for files in wanted]


def _nothing_found(found: Found) -> NotDicomError | CorruptDicomError:
    looked_at = f"{found.number_of_files} files looked at"
    if found.findings:
        first = found.findings[0]
        return CorruptDicomError(
            f"no readable DICOM RT object; {looked_at}, {len(found.findings)} of them damaged",
            where=first.where,
            hint=first.text,
        )
    archives = found.archives_not_opened
    hint = f"Give the path of the ZIP archive itself: {archives} lie there" if archives else ""
    return NotDicomError(
        f"no DICOM RT object; {looked_at}", expected="RT Plan, RT Structure Set, RT Dose", hint=hint
    )


def _label(files: PlanFiles) -> str:
    return files.rt_plan.label if files.rt_plan else ""


def _uid(files: PlanFiles) -> str:
    return files.objects[0].sop_instance_uid


def _read_plan(files: PlanFiles, structure_sets: dict[str, StructureSet], found: Found) -> Plan:
    findings = [*found.findings, *files.findings, *_between_files(files, found)]
    structure_set = _structures(files, structure_sets, findings)
    structures = structure_set.structures
    facts = _facts(files, structures, findings)
    dose = through_door(
        partial(_dose, files, structures, findings),
        findings,
        code="DOSE_UNREADABLE",
        where=files.doses[0].where if files.doses else "",
    )
    if dose is not None:
        structures, frame_findings = check_frames(dose, structures)
        findings += [*frame_findings, *check_plausible(dose, facts.prescriptions)]
    stored = _stored_dvhs(files, facts, dose, structures)
    findings += stored.findings
    return Plan(
        facts.rt_plan_label,
        structures,
        dose,
        facts.prescriptions,
        facts.number_of_fractions_planned,
        facts.fraction_pattern,
        tuple(findings),
        _sop_instance_uids(files),
        _details(files, facts, dose, stored),
        stored.dvhs,
        _source_files(files, dose),
        partial(identity_of, files.objects),
    )


def _between_files(files: PlanFiles, found: Found) -> list[Finding]:
    damaged: list[Finding] = []
    told = through_door(
        lambda: check_files(files) + check_currency(files, found.objects),
        damaged,
        code="RT_PLAN_UNREADABLE",
        where=files.objects[0].where,
    )
    return damaged if told is None else told


def _structures(
    files: PlanFiles, structure_sets: dict[str, StructureSet], findings: list[Finding]
) -> StructureSet:
    """Return the structure set, read once even if several plans share it."""
    source = files.structure_set
    if source is None:
        return _NO_STRUCTURES
    if source.copies_differ:
        found = "files of one SOPInstanceUID differ in content"
        findings.append(finding("STRUCTURE_SET_COPIES_DIFFER", found, source.where))
        return _NO_STRUCTURES
    if source.sop_instance_uid not in structure_sets:
        why: list[Finding] = []
        read = through_door(
            partial(read_structure_set, source.header),
            why,
            code="STRUCTURE_SET_UNREADABLE",
            where=source.where,
        )
        structure_sets[source.sop_instance_uid] = read or StructureSet((), tuple(why))
    structure_set = structure_sets[source.sop_instance_uid]
    findings += structure_set.findings
    return structure_set


def _facts(files: PlanFiles, structures: Iterable[Structure], findings: list[Finding]) -> PlanFacts:
    source = files.rt_plan
    if source is None:
        return PlanFacts()
    label = _label(files)
    if source.copies_differ:
        found = "files of one SOPInstanceUID differ in content"
        findings.append(finding("RT_PLAN_COPIES_DIFFER", found, source.where))
        return PlanFacts(label)
    # In another structure set than the plan's own, a number may stand for another ROI.
    is_own = (
        files.structure_set and files.structure_set.sop_instance_uid in source.structure_set_uids
    )
    roi_names = {s.roi_number: s.roi_name for s in structures} if is_own else {}
    facts = through_door(
        partial(read_plan_facts, source.header, roi_names, source.where),
        findings,
        code="RT_PLAN_UNREADABLE",
        where=source.where,
    )
    if facts is None:
        return PlanFacts(label)
    findings += facts.findings
    return facts


def _dose(
    files: PlanFiles, structures: tuple[Structure, ...], findings: list[Finding]
) -> DoseGrid | None:
    if not files.doses and any(f.code in _WHY_NO_DOSE for f in files.findings):
        return None
    if files.doses and files.rt_plan is not None and files.rt_plan.copies_differ:
        raise Refusal(
            "DOSE_OF_UNCLEAR_PLAN",
            "it cannot be said which of the differing RT Plans the dose is of",
            files.doses[0].where,
        )
    rt_plan = files.rt_plan.header if files.rt_plan is not None else None
    dose, dose_findings = read_dose(files.doses, rt_plan)
    require_common_frame(dose, structures, files.doses[0].where)
    findings += dose_findings
    return dose


def _stored_dvhs(
    files: PlanFiles, facts: PlanFacts, dose: DoseGrid | None, structures: Iterable[Structure]
) -> StoredDvhs:
    if dose is None:  # nothing to compare them with
        return StoredDvhs()
    return read_stored_dvhs(
        doses_of_whole_plan(files.doses),
        files.structure_set,
        {s.roi_number: s.roi_name for s in structures},
        [rx.dose_gy for rx in facts.prescriptions],
    )


def _source_files(files: PlanFiles, dose: DoseGrid | None) -> SourceFiles:
    whole = doses_of_whole_plan(files.doses) if dose is not None else []
    # Of equal copies of one dose the first will do; single planes are no dose each.
    same_grid = [d for d in whole if dose is not None and d.header.get("NumberOfFrames", 1) != 1]
    return SourceFiles(
        files.structure_set.content if files.structure_set else None,
        same_grid[0].content if same_grid else whole[0].content if len(whole) == 1 else None,
        files.rt_plan.content if files.rt_plan else None,
    )


def _sop_instance_uids(files: PlanFiles) -> dict[str, object]:
    uids: dict[str, object] = {}
    if files.rt_plan is not None:
        uids["rt_plan"] = files.rt_plan.sop_instance_uid
    if files.structure_set is not None:
        uids["rt_structure_set"] = files.structure_set.sop_instance_uid
    uids["rt_dose"] = [dose.sop_instance_uid for dose in files.doses]
    return uids


def _details(
    files: PlanFiles, facts: PlanFacts, dose: DoseGrid | None, stored: StoredDvhs
) -> dict[str, str]:
    details = dict(facts.details)
    if files.structure_set is not None and files.structure_set.label:
        details["structure_set_label"] = files.structure_set.label
    if dose is not None:
        z, y, x = dose.spacing_mm
        details["dose_grid_spacing"] = f"{x:g} × {y:g} × {z:g} mm (x, y, z)"
    if stored.detail:
        details["stored_dvhs"] = stored.detail
    details["source_files"] = ", ".join(o.where for o in files.objects)
    for rt_object in files.objects:
        digest = through_door(rt_object.sha256, [], code="FILE_UNREADABLE", where=rt_object.where)
        details[f"sha256 {rt_object.where}"] = digest or "the file can no longer be read"
    return details
