"""Which RT objects form one plan: by SOPInstanceUID, and by likeness only with a finding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from rtcheck.dicom.codes import finding
from rtcheck.dicom.door import through_door
from rtcheck.dicom.rtobject import Modality, RtObject
from rtcheck.plan import Finding


@dataclass
class PlanFiles:
    """The RT objects that form one plan, and how sure that is.

    Parameters
    ----------
    rt_plan : RtObject or None
        The RT Plan.
    structure_set : RtObject or None
        The RT Structure Set.
    doses : list of RtObject
        Every RT Dose of the plan, parts included.
    findings : list of Finding
        How they were linked, where not by reference.
    """

    rt_plan: RtObject | None = None
    structure_set: RtObject | None = None
    doses: list[RtObject] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def objects(self) -> list[RtObject]:
        """Return every object there is: plan, structure set, doses."""
        return [o for o in (self.rt_plan, self.structure_set, *self.doses) if o is not None]

    def add(self, code: str, found: str, where: str = "") -> None:
        """Add a finding."""
        self.findings.append(finding(code, found, where))


def link(objects: Iterable[RtObject]) -> list[PlanFiles]:
    """Return the plans that these objects form; every object is in one, or in a finding.

    Parameters
    ----------
    objects : iterable of RtObject
        From any number of plans and patients.

    Notes
    -----
    RT Dose -> ReferencedRTPlanSequence -> RT Plan -> ReferencedStructureSetSequence -> RT
    Structure Set. Fallbacks, each with a warning, and only if there is no other candidate of the
    same patient and frame of reference:

    - an RT Dose that names no RT Plan is taken for the plan that has no other dose;
    - where the plan's reference to its structure set is absent or leads nowhere, the set that the
      dose names is taken, else the only set.

    An RT Dose that names a plan which is not there is never taken for another plan: it is most
    likely the dose of an earlier version. Without any RT Plan it can be judged by itself.
    """
    unique = _without_copies(objects)
    sets = [o for o in unique if o.modality is Modality.RTSTRUCT]
    plans = [PlanFiles(o) for o in unique if o.modality is Modality.RTPLAN]
    for plan in plans:
        if plan.rt_plan is not None:
            plan.structure_set = _only(_named(sets, plan.rt_plan.structure_set_uids))

    loose = []
    for dose in (o for o in unique if o.modality is Modality.RTDOSE):
        owners = [p for p in plans if p.rt_plan and p.rt_plan.sop_instance_uid in dose.rt_plan_uids]
        for plan in owners:
            plan.doses.append(dose)
        if not owners:
            loose.append(dose)
    plans += _link_loose_doses(loose, plans)
    for plan in plans:
        if plan.structure_set is None:
            _guess_structure_set(plan, sets)
    plans += _left_over(sets, plans)
    for plan in plans:
        _tell_copies(plan)
    return plans


def _without_copies(objects: Iterable[RtObject]) -> list[RtObject]:
    by_uid: dict[str, list[RtObject]] = {}
    for rt_object in objects:
        by_uid.setdefault(rt_object.sop_instance_uid, []).append(rt_object)
    unique = []
    for first, *others in by_uid.values():
        differ = not all(_same_content(first, other) for other in others)
        copies = tuple(other.where for other in others)
        unique.append(replace(first, copies=copies, copies_differ=differ))
    return unique


def _same_content(one: RtObject, other: RtObject) -> bool:
    def same() -> bool:
        # The same object may be exported with another file header.
        return one.sha256() == other.sha256() or one.dataset() == other.dataset()

    return bool(through_door(same, [], code="FILE_UNREADABLE", where=other.where))


def _tell_copies(plan: PlanFiles) -> None:
    for rt_object in plan.objects:
        if rt_object.copies and not rt_object.copies_differ:
            others = ", ".join(rt_object.copies)
            plan.add("FILE_DUPLICATE", f"there are equal copies of it: {others}", rt_object.where)


def _named(candidates: Sequence[RtObject], uids: Iterable[str]) -> list[RtObject]:
    return [o for o in candidates if o.sop_instance_uid in uids]


def _only(candidates: Sequence[RtObject]) -> RtObject | None:
    return candidates[0] if len(candidates) == 1 else None


def _belongs(rt_object: RtObject, plan: PlanFiles) -> bool:
    """Return whether patient and frame of reference, as far as stated, are those of the plan."""
    patients = {o.patient_id for o in plan.objects}
    frames: set[str] = set()
    for other in plan.objects:
        frames |= other.frame_of_reference_uids
    if patients != {rt_object.patient_id}:
        return False
    if frames and rt_object.frame_of_reference_uids:
        return bool(frames & rt_object.frame_of_reference_uids)
    return bool(rt_object.patient_id)  # an emptied ID says nothing of who it is


def _link_loose_doses(loose: Sequence[RtObject], plans: Sequence[PlanFiles]) -> list[PlanFiles]:
    """Link doses whose RT Plan is not named or not there; return those without any plan."""
    waiting = [plan for plan in plans if not plan.doses]
    choices = [(dose, [plan for plan in waiting if _belongs(dose, plan)]) for dose in loose]
    alone: dict[tuple[object, ...], PlanFiles] = {}
    for dose, candidates in choices:
        if dose.rt_plan_uids:
            for plan in candidates:
                found = "the RT Dose refers to another RT Plan, which is not there"
                plan.add("DOSE_OF_OTHER_PLAN", found, dose.where)
        elif len(candidates) == 1:
            candidates[0].doses.append(dose)
            found = "the RT Dose names no RT Plan, and was taken for the only one without a dose"
            candidates[0].add("DOSE_LINK_GUESSED", found, dose.where)
        else:
            for plan in candidates:
                found = f"the RT Dose names no RT Plan, and could belong to {len(candidates)} plans"
                plan.add("DOSE_LINK_AMBIGUOUS", found, dose.where)
        if not candidates:
            key = (
                dose.patient_id,
                dose.frame_of_reference_uids,
                dose.rt_plan_uids,
                dose.structure_set_uids,
            )
            plan = alone.setdefault(key, PlanFiles())
            plan.doses.append(dose)
    for plan in alone.values():
        plan.add("RT_PLAN_MISSING", "the RT Plan of this dose is not there", plan.doses[0].where)
    return list(alone.values())


def _guess_structure_set(plan: PlanFiles, sets: Sequence[RtObject]) -> None:
    """Link the structure set of a plan whose own reference is absent or leads nowhere."""
    named_by_plan = _named(sets, plan.rt_plan.structure_set_uids) if plan.rt_plan else []
    named_by_dose = _named(sets, {uid for dose in plan.doses for uid in dose.structure_set_uids})
    candidates = named_by_plan or named_by_dose or [s for s in sets if _belongs(s, plan)]
    if plan.rt_plan is not None and plan.rt_plan.structure_set_uids:
        why = "the RT Structure Set that the plan refers to is not there"
    else:
        why = "no reference says which RT Structure Set it is"
    where = plan.objects[0].where
    plan.structure_set = _only(candidates)
    if not candidates:
        plan.add("STRUCTURE_SET_MISSING", why, where)
    elif plan.structure_set is None:
        found = f"{len(candidates)} RT Structure Sets could belong to the plan"
        plan.add("STRUCTURE_SET_LINK_AMBIGUOUS", found, where)
    elif plan.rt_plan is not None or not named_by_dose:
        source = "the one the RT Dose refers to" if named_by_dose else "the only one that fits"
        found = f"{why}, and {source} was taken"
        plan.add("STRUCTURE_SET_LINK_GUESSED", found, plan.structure_set.where)


def _left_over(sets: Sequence[RtObject], plans: Sequence[PlanFiles]) -> list[PlanFiles]:
    """Tell the plans of the same patient of unused structure sets; return those without any."""
    used = {plan.structure_set.sop_instance_uid for plan in plans if plan.structure_set}
    alone = []
    for structure_set in sets:
        if structure_set.sop_instance_uid in used:
            continue
        relatives = [plan for plan in plans if _belongs(structure_set, plan)]
        for plan in relatives:
            found = "another RT Structure Set of the same patient and image is not used"
            plan.add("STRUCTURE_SET_NOT_USED", found, structure_set.where)
        if not relatives:
            plan = PlanFiles(structure_set=structure_set)
            plan.add("RT_PLAN_MISSING", "there is no RT Plan", structure_set.where)
            alone.append(plan)
    return alone
