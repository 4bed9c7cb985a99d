"""The RT Dose files of one plan -> the one dose grid of the whole plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom import Dataset

from rtcheck.dicom.attributes import integer, items, required_integer, text
from rtcheck.dicom.codes import Refusal, finding
from rtcheck.dicom.rtdose_grid import read_grid
from rtcheck.dicom.rtobject import RtObject
from rtcheck.plan import DoseGrid, Finding

SAME_POSITION_MM = 1e-3
"""Grid points of two files closer than this are the same point: rounding of decimal strings."""

Part = tuple[int, int | None]
"""(FractionGroupNumber, BeamNumber); the beam is None for the whole fraction group."""


def read_dose(doses: Sequence[RtObject], rt_plan: Dataset | None) -> tuple[DoseGrid, list[Finding]]:
    """Return the dose of the whole plan, and what is worth knowing about it.

    Parameters
    ----------
    doses : sequence of RtObject
        Every RT Dose of the plan.
    rt_plan : Dataset or None
        The RT Plan, which says what the parts of a dose must add up to.

    Raises
    ------
    Refusal
        If there is no dose of the whole plan, or more than one.

    Notes
    -----
    In PS3.3 C.8.8.3 a dose of summation type PLAN is that of all fraction groups, FRACTION that of
    all fractions of one fraction group, and BEAM that of one or more beams, over all fractions.
    So parts are added only when together they are every part of the plan exactly once.
    """
    if not doses:
        raise Refusal("DOSE_MISSING", "there is no RT Dose")
    for dose in doses:
        if dose.copies_differ:
            raise Refusal(
                "DOSE_COPIES_DIFFER", "files of one SOPInstanceUID differ in content", dose.where
            )
    by_type: dict[str, list[RtObject]] = {}
    for dose in doses:
        by_type.setdefault(summation_type(dose), []).append(dose)

    chosen = next((kind for kind in ("PLAN", "FRACTION", "BEAM") if kind in by_type), None)
    if chosen is None:
        raise _no_total(by_type)
    used = by_type.pop(chosen)
    findings = [
        finding("DOSE_TYPE_MISSING", "DoseType is missing, taken as PHYSICAL", dose.where)
        for dose in used
        if not text(dose.header, "DoseType")
    ]
    findings += [
        finding("DOSE_HOMOGENEOUS", "TissueHeterogeneityCorrection is WATER", dose.where)
        for dose in used
        if "WATER" in text(dose.header, "TissueHeterogeneityCorrection").split("\\")
    ]
    if chosen == "PLAN":
        for dose in used:
            _require_whole(dose, rt_plan)
        grid = _one_grid(used, findings)
    else:
        grid = _sum_of_parts(used, rt_plan, chosen, findings)
    for kind, unused in by_type.items():
        found = f"{len(unused)} RT Dose of DoseSummationType {kind or 'not stated'} not used"
        findings.append(finding("DOSE_NOT_USED", found, _files(unused)))
    return grid, findings


def doses_of_whole_plan(doses: Sequence[RtObject]) -> list[RtObject]:
    """Return which of the doses `read_dose` took, if each of them is of the whole plan."""
    for kind in ("PLAN", "FRACTION", "BEAM"):
        of_kind = [dose for dose in doses if summation_type(dose) == kind]
        if of_kind:
            return of_kind if kind == "PLAN" or len(of_kind) == 1 else []
    return []


def summation_type(dose: RtObject) -> str:
    """Return DoseSummationType, as far as the references bear it out."""
    # A sum over several plans is no dose of this plan, whatever it calls itself.
    several = len(dose.rt_plan_uids) > 1
    return "MULTI_PLAN" if several else text(dose.header, "DoseSummationType")


def _no_total(by_type: dict[str, list[RtObject]]) -> Refusal:
    where = next(iter(by_type.values()))[0].where
    if "" in by_type:
        return Refusal("DOSE_SUMMATION_TYPE_MISSING", "DoseSummationType is missing", where)
    if "MULTI_PLAN" in by_type:
        return Refusal("DOSE_MULTI_PLAN", "the only dose is that of several plans", where)
    kinds = ", ".join(sorted(by_type))
    return Refusal(
        "DOSE_SUMMATION_TYPE_UNSUPPORTED", f"the only dose is of DoseSummationType {kinds}", where
    )


def _one_grid(doses: Sequence[RtObject], findings: list[Finding]) -> DoseGrid:
    """Return the grid of doses that state the same: one file, equal files, or single planes."""
    grids = [read_grid(dose.dataset(), dose.where) for dose in doses]
    first = grids[0]
    if len(grids) == 1:
        return first
    frames = {integer(dose.header, "NumberOfFrames") or 1 for dose in doses}
    if all(_same_points(grid, first) for grid in grids[1:]):
        if all(np.array_equal(grid.dose_gy, first.dose_gy) for grid in grids[1:]):
            found = f"{len(grids)} RT Dose hold the same dose grid"
            findings.append(finding("DOSE_DUPLICATE", found, _files(doses)))
            return first
    elif frames == {1}:
        grid = _stacked(grids, doses[0].where)
        findings.append(
            finding("DOSE_STACKED", f"{len(grids)} RT Dose of a single plane were stacked")
        )
        return grid
    raise Refusal(
        "DOSE_AMBIGUOUS",
        f"{len(grids)} different RT Dose state the dose of the same thing",
        _files(doses),
    )


def _files(doses: Sequence[RtObject]) -> str:
    return ", ".join(dose.where for dose in doses)


def _same_points(one: DoseGrid, other: DoseGrid) -> bool:
    return one.frame_of_reference_uid == other.frame_of_reference_uid and all(
        a.shape == b.shape and np.allclose(a, b, rtol=0, atol=SAME_POSITION_MM)
        for a, b in zip(_axes(one), _axes(other), strict=True)
    )


def _axes(grid: DoseGrid) -> list[np.ndarray[tuple[int], np.dtype[np.float64]]]:
    return [grid.z_mm, grid.y_mm, grid.x_mm]


def _stacked(planes: Sequence[DoseGrid], where: str) -> DoseGrid:
    """Return one grid of single planes that differ only in their position along one axis."""
    first = planes[0]
    varying = [
        axis
        for axis in range(3)
        if any(
            _axes(plane)[axis].shape != _axes(first)[axis].shape
            or not np.allclose(
                _axes(plane)[axis], _axes(first)[axis], rtol=0, atol=SAME_POSITION_MM
            )
            for plane in planes
        )
    ]
    frames = {plane.frame_of_reference_uid for plane in planes}
    if (
        len(varying) != 1
        or len(frames) != 1
        or any(len(_axes(plane)[varying[0]]) != 1 for plane in planes)
    ):
        raise Refusal("DOSE_STACK_INVALID", "dose planes of different grids", where)
    axis = varying[0]
    planes = sorted(planes, key=lambda plane: float(_axes(plane)[axis][0]))
    axes = _axes(first)
    axes[axis] = np.concatenate([_axes(plane)[axis] for plane in planes])
    gaps = np.diff(axes[axis])
    # Two planes do not show whether others lay between them.
    if len(gaps) < 2 or gaps.min() <= SAME_POSITION_MM or gaps.max() > 1.5 * gaps.min():
        raise Refusal("DOSE_STACK_INVALID", "dose planes are missing or given twice", where)
    dose = np.concatenate([plane.dose_gy for plane in planes], axis=axis)
    z, y, x = axes
    return DoseGrid(dose, x, y, z, first.frame_of_reference_uid)


def _sum_of_parts(
    doses: Sequence[RtObject], rt_plan: Dataset | None, kind: str, findings: list[Finding]
) -> DoseGrid:
    where = doses[0].where
    if rt_plan is None:
        found = f"{kind} doses without the RT Plan, which says how many there must be"
        raise Refusal("DOSE_PARTS_INCOMPLETE", found, where)
    whole = _parts_of_plan(rt_plan, with_beams=kind == "BEAM")
    by_part: dict[tuple[Part, ...], list[RtObject]] = {}
    for dose in doses:
        by_part.setdefault(_parts_of_dose(dose.header, with_beams=kind == "BEAM"), []).append(dose)
    given = [part for parts in by_part for part in parts]
    stated = all(by_part)
    if not (whole and stated) or sorted(given, key=str) != sorted(whole, key=str):
        raise Refusal(
            "DOSE_PARTS_INCOMPLETE",
            f"{len(given)} of {len(whole)} parts of the plan ({kind} doses) are given, "
            "or some twice, or it is not stated which",
            where,
        )
    grids = [_one_grid(same_part, findings) for same_part in by_part.values()]
    if not all(_same_points(grid, grids[0]) for grid in grids[1:]):
        raise Refusal("DOSE_PARTS_GRIDS_DIFFER", f"{kind} doses on different grids", where)
    if len(grids) == 1:
        return grids[0]
    findings.append(finding("DOSE_SUMMED", f"the dose is the sum of {len(grids)} {kind} doses"))
    first = grids[0]
    total = np.sum([grid.dose_gy for grid in grids], axis=0)
    return DoseGrid(total, first.x_mm, first.y_mm, first.z_mm, first.frame_of_reference_uid)


def _require_whole(dose: RtObject, rt_plan: Dataset | None) -> None:
    """Refuse a dose of summation type PLAN that names parts, and not all of the plan's."""
    if rt_plan is None:
        return
    for with_beams in (False, True):
        given = _parts_of_dose(dose.header, with_beams=with_beams)
        whole = _parts_of_plan(rt_plan, with_beams=with_beams)
        if given and not set(whole) <= set(given):
            kind = "beams" if with_beams else "fraction groups"
            raise Refusal(
                "DOSE_PARTS_INCOMPLETE",
                f"DoseSummationType is PLAN, but {len(given)} of {len(whole)} {kind} are named",
                dose.where,
            )


def _parts_of_plan(rt_plan: Dataset, *, with_beams: bool) -> list[Part]:
    setup_beams = {
        integer(beam, "BeamNumber")
        for sequence in ("BeamSequence", "IonBeamSequence")
        for beam in items(rt_plan, sequence)
        if text(beam, "TreatmentDeliveryType") == "SETUP"
    }
    parts = _parts(items(rt_plan, "FractionGroupSequence"), "FractionGroupNumber", with_beams)
    return [part for part in parts if not with_beams or part[1] not in setup_beams]


def _parts_of_dose(dose: Dataset, *, with_beams: bool) -> tuple[Part, ...]:
    groups = [
        group
        for plan in items(dose, "ReferencedRTPlanSequence")
        for group in items(plan, "ReferencedFractionGroupSequence")
    ]
    return tuple(_parts(groups, "ReferencedFractionGroupNumber", with_beams))


def _parts(groups: Sequence[Dataset], number_keyword: str, with_beams: bool) -> list[Part]:
    parts: list[Part] = []
    for group in groups:
        number = required_integer(group, number_keyword)
        if with_beams:
            beams = items(group, "ReferencedBeamSequence")
            parts += [(number, required_integer(beam, "ReferencedBeamNumber")) for beam in beams]
            # No dose of beams holds what sources give: a part that never is there.
            if items(group, "ReferencedBrachyApplicationSetupSequence"):
                parts.append((number, None))
        else:
            parts.append((number, None))
    return parts
