"""What the arguments of a command mean: which paths are one export, which ROI has which role."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rtcheck.errors import UsageError

if TYPE_CHECKING:
    from rtcheck.api import OpenPlan
    from rtcheck.protocol import Protocol


@dataclass(frozen=True)
class Source:
    """Paths that are read together: one export.

    Parameters
    ----------
    paths : tuple of str
        A folder, a ZIP archive, or files.
    argument : int
        Which argument of the command line it came from, counted from 1.
    """

    paths: tuple[str, ...]
    argument: int

    @property
    def title(self) -> str:
        """Return the paths as the user typed them."""
        more = f" and {len(self.paths) - 1} more" if len(self.paths) > 1 else ""
        return f"{self.paths[0]}{more}"


def sources_of(paths: Sequence[str]) -> list[Source]:
    """Return the exports that paths mean: each folder and ZIP by itself, loose files together.

    Raises
    ------
    UsageError
        If a path does not exist. Nothing has been read then.
    """
    _must_exist(paths)
    loose = [i for i, path in enumerate(paths) if _is_loose_file(Path(path))]
    sources = [Source((path,), i + 1) for i, path in enumerate(paths) if i not in loose]
    if loose:
        sources.append(Source(tuple(paths[i] for i in loose), loose[0] + 1))
    return sorted(sources, key=lambda source: source.argument)


def _must_exist(paths: Iterable[str]) -> None:
    for path in paths:
        if not Path(path).exists():
            raise UsageError("no such file or folder", where=path)


def _is_loose_file(path: Path) -> bool:
    return path.is_file() and not zipfile.is_zipfile(path)


def protect_inputs(target: str, inputs: Iterable[str]) -> None:
    """Refuse to write a report over what was given to be read.

    Parameters
    ----------
    target : str
        A file to be written.
    inputs : iterable of str
        Folders, archives and files that are read; of folders, every DICOM file.

    Raises
    ------
    UsageError
        If the target is one of them, or an RT Plan, RT Structure Set, RT Dose or image.
    """
    path = Path(target)
    if not path.is_file():
        return
    if any(Path(given).exists() and path.samefile(given) for given in inputs):
        raise UsageError("an input would be overwritten", where=target, expected="another name")
    start = path.open("rb")
    with start:
        head = start.read(_HEAD_BYTES)
    # Our own DICOM file may be written anew; another DICOM file may be the only one there is.
    is_dicom = head[128:132] == b"DICM" and _ENCAPSULATED_PDF not in head
    if is_dicom or _holds_rt_object(path):
        raise UsageError("a DICOM file would be overwritten", where=target, expected="another name")


_HEAD_BYTES = 512
_ENCAPSULATED_PDF = b"1.2.840.10008.5.1.4.1.1.104.1\0"


def _holds_rt_object(path: Path) -> bool:
    from rtcheck.dicom.find import find_objects

    found = find_objects([path])
    return bool(found.objects or found.findings)


def parse_maps(texts: Iterable[str], protocols: Sequence[Protocol]) -> dict[str, list[str]]:
    """Return role to ROI names from texts ``ROLE=ROI``; a role given twice has both.

    Raises
    ------
    UsageError
        If a text is not of that form, or no protocol has the role.
    """
    from rtcheck.protocol import check_mapping

    maps: dict[str, list[str]] = {}
    for text in texts:
        role, equals, roi_name = text.partition("=")
        if not (equals and role.strip() and roi_name):
            raise UsageError(f"--map {text!r}", expected="ROLE=ROI, such as --map 'Liver=liver 1'")
        maps.setdefault(role.strip(), []).append(roi_name)
    known = {role for protocol in protocols for role in protocol.roles}
    for role in maps:
        if role not in known:
            check_mapping(protocols[0], {role: ""})
    return maps


def open_one_plan(
    paths: Sequence[str],
    plan_wanted: str | None,
    rx: Sequence[str],
    geometry: str,
    limits: Sequence[str],
) -> OpenPlan:
    """Return the one plan that paths hold, read together.

    Raises
    ------
    UsageError
        If there are several and none is chosen.
    """
    import rtcheck
    from rtcheck.dicom.limits import Limits

    _must_exist(paths)
    allowed = Limits.of(limits)
    plans = rtcheck.read_all(
        *paths, plan=plan_wanted, rx=rx, geometry=geometry, limits=allowed, jobs=None
    )
    if len(plans) > 1:
        found = f"{len(plans)} plans: {names_of(plans)}"
        raise UsageError(found, hint="Choose one with --plan LABEL_OR_UID")
    return plans[0]


def names_of(plans: Sequence[OpenPlan]) -> str:
    """Return the labels of plans with their UIDs, either of which chooses one."""
    uids = (plan.record.sop_instance_uids.get("rt_plan", "no RT Plan") for plan in plans)
    return ", ".join(f"{p.label!r} ({uid})" for p, uid in zip(plans, uids, strict=True))
