"""One unit of work: a plan read, checked against its protocols, and put into rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rtcheck.batch.rows import ERRORS, curve_rows, plan_row, verdict_rows
from rtcheck.batch.settings import Settings
from rtcheck.batch.store import Record, sha256_of, stamps_of
from rtcheck.batch.units import Unit
from rtcheck.errors import RtcheckError

if TYPE_CHECKING:
    from rtcheck.report.record import Report


WORKER_DIED = "the process that checked it died, most likely for want of memory"


@dataclass(frozen=True)
class Done:
    """A unit that was checked.

    Parameters
    ----------
    record : dict
        What is kept of it: its row, its verdicts, its curves, and what it was made from.
    files : mapping of str to bytes
        Its reports, by name below the results folder.
    """

    record: Record
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """A unit with all that is needed to check it, in whatever process."""

    unit: Unit
    settings: Settings
    key: str


def check_unit(task: Task) -> Done:
    """Return what came of a unit. Whatever is wrong with it is its row, never an exception."""
    unit, key = task.unit, task.key
    stamps = stamps_of(unit.paths)
    hashes = {path: sha256_of(path) for path in unit.paths}
    reports: list[Report] = []
    error, kind = unit.fault, "FILE_UNREADABLE" if unit.fault else ""
    if not unit.fault:
        try:
            reports = _reports(unit, task.settings)
        except RtcheckError as fault:
            error, kind = str(fault), fault.code
        except Exception as fault:  # noqa: BLE001 - one bad plan is one row
            kind, error = ERRORS["internal"], _internal(fault)
        if stamps_of(unit.paths) != stamps:
            reports, kind = [], ERRORS["changed"]
            error = "a file changed while it was read; it will be checked again with --resume"
    final = kind != ERRORS["changed"]
    return _done(unit, key, task.settings, reports, (kind, error), stamps, hashes, final=final)


def died(task: Task) -> Done:
    """Return the row of a unit that took its process down with it; it is tried again next time."""
    error = (ERRORS["died"], WORKER_DIED)
    return _done(task.unit, task.key, task.settings, [], error, {}, {}, final=False)


def _reports(unit: Unit, settings: Settings) -> list[Report]:
    import rtcheck

    plan = rtcheck.read(
        *unit.paths, plan=unit.uid or None, rx=settings.rx, geometry=settings.geometry
    )
    chosen = settings.protocols
    if settings.chooser:
        chosen = settings.chooser.choose(plan, unit.names)
    return [
        rtcheck.check(
            plan,
            protocol,
            variant=variant,
            structure_map={r: n for r, n in settings.structure_map.items() if r in protocol.roles},
            aliases=settings.aliases,
            second_engine=settings.second_engine,
            date=settings.created,
        )
        for protocol, variant in chosen
    ]


def _internal(fault: Exception) -> str:
    """Return a fault of rtcheck in words; its message is left out, as it may quote the patient."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" ({trace.tb_frame.f_globals['__name__']}:{trace.tb_lineno})" if trace else ""
    return f"internal error {type(fault).__name__}{place}; please report it"


def _done(
    unit: Unit,
    key: str,
    settings: Settings,
    reports: Sequence[Report],
    error: tuple[str, str],
    stamps: Mapping[str, tuple[int, int, int]],
    hashes: Mapping[str, str],
    *,
    final: bool,
) -> Done:
    from rtcheck.report.html_report import write_html
    from rtcheck.report.json_report import write_json

    files: dict[str, bytes] = {}
    names: list[str] = []
    for number, report in enumerate(reports, 1):
        variant = f"-{report.protocol.variant}" if report.protocol.variant else ""
        twins = sum(r.protocol.id == report.protocol.id for r in reports[: number - 1])
        stem = f"{report.protocol.id}{variant}" + (f"~{twins + 1}" if twins else "")
        place = f"reports/{unit.id[:2]}/{unit.id}/{stem}"
        files[f"{place}.json"] = write_json(report).encode("utf-8", "backslashreplace")
        if settings.html:
            files[f"{place}.html"] = write_html(report).encode("utf-8", "backslashreplace")
        names.append(place + (".html" if settings.html else ".json"))
    record: Record = {
        "id": unit.id,
        "key": key,
        "final": final,
        "stamps": {path: list(stamp) for path, stamp in stamps.items()},
        "sha256": dict(hashes),
        "plan": plan_row(unit, reports, error, list(hashes.values()), names)
        | {"settings_sha256": key, "created": settings.created},
        "verdicts": verdict_rows(unit, reports),
        "curves": curve_rows(unit, reports),
    }
    return Done(record, files)
