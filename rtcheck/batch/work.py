"""One unit of work: a plan read, checked against its protocols, and put into rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from rtcheck.batch.child import Lost
from rtcheck.batch.places import Source, stamp_of
from rtcheck.batch.remote import Stamp
from rtcheck.batch.rows import ERRORS, curve_rows, plan_row, verdict_rows
from rtcheck.batch.settings import Settings
from rtcheck.batch.store import Record
from rtcheck.batch.units import Unit
from rtcheck.errors import RtcheckError, UsageError

if TYPE_CHECKING:
    from rtcheck.report.record import Report


_CHANGED = "a file changed while it was read; it will be checked again with --resume"


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
class Check:
    """What is done with each unit, in whatever process.

    Parameters
    ----------
    settings : Settings
        What all plans are checked with.
    key : str
        Their hash.
    """

    settings: Settings
    key: str

    def __call__(self, unit: Unit) -> Done:
        """Return what came of a unit. Whatever is wrong with it is its row, never an exception."""
        sources = [Source(place) for place in unit.places]
        stamps = _stamps(sources)
        try:
            reports = [] if unit.fault else self._reports(unit, sources)
            files = _report_files(unit, reports, html=self.settings.html)
            error = ("FILE_UNREADABLE", unit.fault) if unit.fault else ("", "")
            record = self._record(unit, reports, files, error)
        except RtcheckError as fault:
            record, files = self._failed(unit, fault.code, str(fault)), {}
        except Exception as fault:  # noqa: BLE001 - one bad plan is one row
            record, files = self._failed(unit, ERRORS["internal"], _internal(fault)), {}
        has_changed = _stamps(sources) != stamps
        if has_changed:
            record, files = self._failed(unit, ERRORS["changed"], _CHANGED), {}
        record["files"] = [
            {
                "path": source.place.path,
                "member": source.place.member,
                "number": source.place.number,
                "stamp": list(stamp),
                "sha256": source.sha256(),
            }
            for source, stamp in zip(sources, stamps, strict=True)
        ]
        hashes = [file["sha256"] for file in record["files"]]
        record["plan"]["files_sha256"] = "; ".join(sorted(hashes))
        # What could not be read may be there again the next time.
        record["final"] = not has_changed and all(hashes)
        return Done(record, files)

    def prepare(self) -> None:
        """Import what every plan needs."""
        for module in ("rtcheck.api", "rtcheck.report.html_report", "rtcheck.report.json_report"):
            import_module(module)

    def lost(self, unit: Unit, why: Lost, limit_s: float | None) -> Done:
        """Return the row of a unit that took its process with it; it is tried again next time."""
        if why is Lost.TIMED_OUT:
            late = f"it was not done after {limit_s:g} s, the limit for a plan"
            return Done(self._failed(unit, ERRORS["late"], late))
        died = "the process that checked it died, most likely for want of memory"
        return Done(self._failed(unit, ERRORS["died"], died))

    def _failed(self, unit: Unit, code: str, error: str) -> Record:
        return self._record(unit, [], {}, (code, error))

    def _record(
        self,
        unit: Unit,
        reports: Sequence[Report],
        files: Mapping[str, bytes],
        error: tuple[str, str],
    ) -> Record:
        kind = ".html" if self.settings.html else ".json"
        shown = [name for name in files if name.endswith(kind)]
        said = {"settings_sha256": self.key, "created": self.settings.created}
        return {
            "id": unit.id,
            "key": self.key,
            "final": False,
            "files": [],
            "plan": plan_row(unit, reports, error, shown) | said,
            "verdicts": verdict_rows(unit, reports),
            "curves": curve_rows(unit, reports),
        }

    def _reports(self, unit: Unit, sources: Sequence[Source]) -> list[Report]:
        import rtcheck
        from rtcheck.api.reading import with_prescriptions
        from rtcheck.dicom import read_plans
        from rtcheck.plan import parse_prescription

        settings = self.settings
        found = read_plans([source.to_read() for source in sources], plan=unit.uid or None)
        if len(found) != 1:
            raise UsageError(f"{len(found)} plans of one label or SOPInstanceUID")
        given = [parse_prescription(text) for text in settings.rx]
        plan = rtcheck.OpenPlan(with_prescriptions(found[0], given), settings.geometry)
        chosen = settings.protocols
        if settings.chooser:
            chosen = settings.chooser.choose(plan, unit.names)
        return [
            rtcheck.check(
                plan,
                protocol,
                variant=variant,
                structure_map={
                    r: n for r, n in settings.structure_map.items() if r in protocol.roles
                },
                aliases=settings.aliases,
                second_engine=settings.second_engine,
                date=settings.created,
            )
            for protocol, variant in chosen
        ]


def _stamps(sources: Sequence[Source]) -> list[Stamp]:
    now = {path: stamp_of(path) for path in {source.place.path for source in sources}}
    return [now[source.place.path] for source in sources]


def _report_files(unit: Unit, reports: Sequence[Report], *, html: bool) -> dict[str, bytes]:
    """Return the reports of a unit by name below the results folder."""
    from rtcheck.report.html_report import write_html
    from rtcheck.report.json_report import write_json

    files: dict[str, bytes] = {}
    for number, report in enumerate(reports):
        variant = f"-{report.protocol.variant}" if report.protocol.variant else ""
        twins = sum(r.protocol.id == report.protocol.id for r in reports[:number])
        stem = f"{report.protocol.id}{variant}" + (f"~{twins + 1}" if twins else "")
        place = f"reports/{unit.id[:2]}/{unit.id}/{stem}"
        files[f"{place}.json"] = write_json(report).encode("utf-8", "backslashreplace")
        if html:
            files[f"{place}.html"] = write_html(report).encode("utf-8", "backslashreplace")
    return files


def _internal(fault: Exception) -> str:
    """Return a fault of rtcheck in words; its message is left out, as it may quote the patient."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" ({trace.tb_frame.f_globals['__name__']}:{trace.tb_lineno})" if trace else ""
    return f"internal error {type(fault).__name__}{place}; please report it"
