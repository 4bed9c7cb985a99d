"""From RT objects to units of work: one plan each, with every file that has a say in it."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rtcheck.dicom.link import PlanFiles, link
from rtcheck.dicom.rtobject import RtObject
from rtcheck.dicom.scan import Scanned

_OF_ITSELF = ("FILE_DUPLICATE", "RT_PLAN_MISSING")
"""Findings of linking that its own files bear out; any other needs the files around them."""


@dataclass(frozen=True)
class Unit:
    """One plan to be checked, or one file that cannot be read.

    Parameters
    ----------
    id : str
        Stays the same from run to run: made from the plan's UID, or from the name of the file.
    label : str
        RTPlanLabel.
    uid : str
        SOPInstanceUID of the plan, or of its first object; it chooses the plan among the files.
    paths : tuple of str
        The files to be read together.
    names : tuple of str
        The plan's own files, relative to where they were looked for.
    fault : str
        Why there is no plan: a file that looks like DICOM RT and cannot be read.
    is_whole : bool
        Whether there are an RT Plan, its structure set and a dose.
    """

    id: str
    label: str
    uid: str
    paths: tuple[str, ...]
    names: tuple[str, ...]
    fault: str = ""
    is_whole: bool = False


def units_of(objects: Iterable[Scanned], roots: Sequence[str | Path]) -> list[Unit]:
    """Return the plans that RT objects form and the files that cannot be read, ordered by name.

    Parameters
    ----------
    objects : iterable of Scanned
        From any number of plans and patients.
    roots : sequence of path
        Where they were looked for.

    Notes
    -----
    Objects are linked as `rtcheck.check` links those of a folder (decision 0011), patient by
    patient, and archive by archive. A file that cannot be read is a unit of its own; it is read
    along with a plan where it lies beside the files of that plan alone.
    """
    names = _Names(roots)
    readable: list[Scanned] = []
    damaged: list[Scanned] = []
    for one in objects:
        (damaged if one.fault else readable).append(one)
    units: list[Unit] = []
    for group in _related(readable):
        units += _linked(group, names)
    units = _with_neighbours(units, damaged)
    units += [_faulty(one, names) for one in damaged]
    return sorted(units, key=lambda unit: (unit.names, unit.uid))


def _linked(group: Sequence[Scanned], names: _Names) -> Iterable[Unit]:
    where = {names.of(one): one for one in group}
    for plan in link([one.as_object(name) for name, one in where.items()]):
        first = plan.objects[0]
        own = [name for o in plan.objects for name in (o.where, *o.copies)]
        needed = own if _stands_alone(plan) else list(where)
        archive = names.archive(where[first.where])
        yield Unit(
            _id(first.sop_instance_uid, archive),
            plan.rt_plan.label if plan.rt_plan else "",
            first.sop_instance_uid,
            tuple(sorted({where[name].path for name in needed})),
            tuple(own),
            is_whole=bool(plan.rt_plan and plan.structure_set and plan.doses),
        )


def _stands_alone(plan: PlanFiles) -> bool:
    return all(finding.code in _OF_ITSELF for finding in plan.findings) and not any(
        _has_foreign_references(o, plan) for o in plan.objects
    )


def _has_foreign_references(one: RtObject, plan: PlanFiles) -> bool:
    """Return whether an RT Dose speaks of other plans too: they must be seen to be told."""
    own = plan.rt_plan.sop_instance_uid if plan.rt_plan else ""
    return one in plan.doses and any(uid != own for uid in one.rt_plan_uids)


def _faulty(one: Scanned, names: _Names) -> Unit:
    name = names.of(one)
    return Unit(_id("file", name), "", "", (one.path,), (name,), one.fault)


def _with_neighbours(units: list[Unit], damaged: Sequence[Scanned]) -> list[Unit]:
    """Return units with the unreadable files that lie beside the files of one plan alone."""
    if not damaged:
        return units
    plans_in: Counter[str] = Counter()
    for unit in units:
        plans_in.update({os.path.dirname(path) for path in unit.paths})  # noqa: PTH120
    beside: dict[str, list[str]] = {}
    for one in damaged:
        folder = os.path.dirname(one.path)  # noqa: PTH120
        if plans_in[folder] == 1:
            beside.setdefault(folder, []).append(one.path)
    found = []
    for unit in units:
        more = {p for path in unit.paths for p in beside.get(os.path.dirname(path), ())}  # noqa: PTH120
        paths = tuple(sorted({*unit.paths, *more}))
        found.append(replace(unit, paths=paths))
    return found


def _id(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]


class _Names:
    """Names of files relative to where they were looked for."""

    def __init__(self, roots: Sequence[str | Path]) -> None:
        self._several = len(roots) > 1
        self._roots = [(Path(root), str(root).rstrip(os.sep) + os.sep) for root in roots]

    def of(self, one: Scanned) -> str:
        return self._path(one.path) + (f"/{one.member}" if one.member else "")

    def archive(self, one: Scanned) -> str:
        return self._path(one.path) if one.member else ""

    def _path(self, path: str) -> str:
        for root, start in self._roots:
            if path.startswith(start) or path == str(root):
                inside = path[len(start) :] or root.name
                named = f"{root.name}/{inside}" if self._several and path != str(root) else inside
                return _printable(named)
        return _printable(path)


def _printable(name: str) -> str:
    return name.replace(os.sep, "/").encode("utf-8", "replace").decode("utf-8")


def _related(objects: Sequence[Scanned]) -> list[list[Scanned]]:
    """Return objects in groups that linking cannot cross: by reference, patient and frame.

    Linking looks at every pair of objects; over a cohort as a whole that would take hours.
    """
    frameless = {(_of(o), o.patient_id) for o in objects if not o.frame_of_reference_uids}
    parent: dict[tuple[str, ...], tuple[str, ...]] = {}

    def top(node: tuple[str, ...]) -> tuple[str, ...]:
        while parent.setdefault(node, node) != node:
            parent[node] = node = parent[parent[node]]
        return node

    for one in objects:
        archive = _of(one)
        nodes: list[tuple[str, ...]] = [(archive, "uid", one.sop_instance_uid)]
        nodes += [(archive, "uid", u) for u in (*one.rt_plan_uids, *one.structure_set_uids)]
        if one.patient_id and (archive, one.patient_id) in frameless:
            nodes.append((archive, "patient", one.patient_id))
        nodes += [(archive, "frame", one.patient_id, f) for f in one.frame_of_reference_uids]
        for node in nodes[1:]:
            parent[top(node)] = top(nodes[0])
    groups: dict[tuple[str, ...], list[Scanned]] = {}
    for one in objects:
        groups.setdefault(top((_of(one), "uid", one.sop_instance_uid)), []).append(one)
    return list(groups.values())


def _of(one: Scanned) -> str:
    """Return the archive that an object lies in: archives are exports of their own."""
    return one.path if one.member else ""
