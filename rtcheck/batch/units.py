"""From RT objects to units of work: one plan each, with every file that has a say in it."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from rtcheck.batch.places import Place, content_of, root_of
from rtcheck.batch.remote import is_url
from rtcheck.batch.scan import Scanned
from rtcheck.dicom.link import PlanFiles, link
from rtcheck.dicom.rtobject import Modality, RtObject
from rtcheck.dicom.scan import Header

Readable = tuple[Place, Header]

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
    places : tuple of Place
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
    places: tuple[Place, ...]
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
    groups, damaged = _related(objects)
    units: list[Unit] = []
    for group in groups:
        units += _linked(group, names)
    units = _with_neighbours(units, [one.place for one in damaged])
    units += [_faulty(one, names) for one in damaged]
    return sorted(units, key=lambda unit: (unit.names, unit.uid))


def _linked(group: Sequence[Readable], names: _Names) -> Iterable[Unit]:
    where: dict[str, Place] = {}
    objects = []
    for place, header in group:
        name = names.of(place)
        while name in where:  # archives may hold two members of one name
            name += " (again)"
        where[name] = place
        objects.append(header.as_object(name, partial(content_of, place)))
    rt_plans = {(o.label, o.sop_instance_uid) for o in objects if o.modality is Modality.RTPLAN}
    versions = Counter(label for label, _ in rt_plans)
    for plan in link(objects):
        first = plan.objects[0]
        own = [name for o in plan.objects for name in (o.where, *o.copies)]
        # That a plan was revised is told by the other version.
        is_only = plan.rt_plan is None or versions[plan.rt_plan.label] == 1
        needed = own if is_only and _stands_alone(plan) else list(where)
        yield Unit(
            _id(first.sop_instance_uid, names.archive(where[first.where])),
            plan.rt_plan.label if plan.rt_plan else "",
            first.sop_instance_uid,
            tuple(sorted({where[name] for name in needed})),
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
    name = names.of(one.place)
    twin = [str(one.place.number)] if one.place.number else []
    return Unit(_id("file", name, *twin), "", "", (one.place,), (name,), one.fault)


def _with_neighbours(units: list[Unit], damaged: Sequence[Place]) -> list[Unit]:
    """Return units with the unreadable files that lie beside the files of one plan alone."""
    plans_in: Counter[str] = Counter()
    for unit in units if damaged else ():
        plans_in.update({place.folder for place in unit.places})
    beside: dict[str, list[Place]] = {}
    for place in damaged:
        if plans_in[place.folder] == 1:
            beside.setdefault(place.folder, []).append(place)
    if not beside:
        return units
    found = []
    for unit in units:
        more = [p for folder in {p.folder for p in unit.places} for p in beside.get(folder, ())]
        found.append(replace(unit, places=tuple(sorted({*unit.places, *more}))))
    return found


def _id(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]


class _Names:
    """Names of files relative to where they were looked for."""

    def __init__(self, roots: Sequence[str | Path]) -> None:
        self._several = len(roots) > 1
        self._roots = [root_of(root) for root in roots]

    def of(self, place: Place) -> str:
        return self._path(place.path) + (f"/{place.member}" if place.member else "")

    def archive(self, place: Place) -> str:
        return self._path(place.path) if place.member else ""

    def _path(self, path: str) -> str:
        for root in self._roots:
            start = root.rstrip(os.sep) + ("/" if is_url(root) else os.sep)
            if path.startswith(start) or path == root:
                inside = path[len(start) :] or Path(root).name
                several = self._several and path != root
                return _printable(f"{Path(root).name}/{inside}" if several else inside)
        return _printable(path)


def _printable(name: str) -> str:
    return name.replace(os.sep, "/").encode("utf-8", "replace").decode("utf-8")


def _related(objects: Iterable[Scanned]) -> tuple[list[list[Readable]], list[Scanned]]:
    """Return objects in groups that linking cannot cross (by reference, patient and frame).

    Beside them stand those that cannot be read. Linking looks at every pair of objects; over a
    cohort as a whole that would take hours.
    """
    readable: list[Readable] = []
    damaged: list[Scanned] = []
    for one in objects:
        if one.header is None:
            damaged.append(one)
        else:
            readable.append((one.place, one.header))
    frameless = {(_of(p), h.patient_id) for p, h in readable if not h.frame_of_reference_uids}
    parent: dict[tuple[str, ...], tuple[str, ...]] = {}

    def top(node: tuple[str, ...]) -> tuple[str, ...]:
        while parent.setdefault(node, node) != node:
            parent[node] = node = parent[parent[node]]
        return node

    for place, header in readable:
        archive = _of(place)
        nodes: list[tuple[str, ...]] = [(archive, "uid", header.sop_instance_uid)]
        nodes += [(archive, "uid", u) for u in (*header.rt_plan_uids, *header.structure_set_uids)]
        if header.patient_id and (archive, header.patient_id) in frameless:
            nodes.append((archive, "patient", header.patient_id))
        nodes += [(archive, "frame", header.patient_id, f) for f in header.frame_of_reference_uids]
        for node in nodes[1:]:
            parent[top(node)] = top(nodes[0])
    groups: dict[tuple[str, ...], list[Readable]] = {}
    for place, header in readable:
        node = top((_of(place), "uid", header.sop_instance_uid))
        groups.setdefault(node, []).append((place, header))
    return list(groups.values()), damaged


def _of(place: Place) -> str:
    """Return the archive that an object lies in: archives are exports of their own."""
    return place.path if place.member else ""
