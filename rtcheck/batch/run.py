"""The batch: what is to be done, what is done already, and the rest by whatever engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rtcheck.batch.child import Lost
from rtcheck.batch.engine import Engine, Here
from rtcheck.batch.places import Place, close_archives, is_there, root_of
from rtcheck.batch.scan import Scanned, Told, scan
from rtcheck.batch.settings import Settings
from rtcheck.batch.store import Record, Store, is_current
from rtcheck.batch.units import Unit, units_of
from rtcheck.batch.work import Check, Done
from rtcheck.errors import UsageError

PathLike = str | Path

_LOST = {
    Lost.DIED: "the process that looked at it died, most likely for want of memory",
    Lost.TIMED_OUT: "looking at it took longer than a plan may",
}


@dataclass(frozen=True)
class PlanResult:
    """What came of one plan of a batch, or of one file that cannot be read.

    Parameters
    ----------
    record : dict
        Its row, verdicts and curves, as in the tables.
    repeated : bool
        Whether it was taken from an earlier run.
    files : mapping of str to bytes
        Its reports, where they were not written to a folder.
    """

    record: Record = field(repr=False)
    repeated: bool = False
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        return f"<plan result {self.label!r}: {self.error or self.outcome}>"

    @property
    def id(self) -> str:
        """Return what the plan is called in the tables."""
        return str(self.record["id"])

    @property
    def label(self) -> str:
        """Return RTPlanLabel."""
        return str(self.record["plan"]["rt_plan_label"])

    @property
    def outcome(self) -> str:
        """Return the worst outcome of its reports; ``not_evaluated`` where there is none."""
        return str(self.record["plan"]["outcome"])

    @property
    def exit_code(self) -> int:
        """Return 0, 1 or 3, as for `rtcheck check`."""
        return int(self.record["plan"]["exit_code"])

    @property
    def error(self) -> str:
        """Return why there is no report; empty if there is one."""
        return str(self.record["plan"]["error"])

    @property
    def row(self) -> dict[str, Any]:
        """Return the row of the table of plans."""
        return dict(self.record["plan"])

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        """Return the rows of the table of verdicts."""
        return list(self.record["verdicts"])

    @property
    def reports(self) -> list[dict[str, Any]]:
        """Return the reports as ``rtcheck-report/1``; with a folder, they are files there."""
        return [json.loads(c) for name, c in self.files.items() if name.endswith(".json")]


@dataclass
class Batch:
    """Plans below some folders, and what they are checked with.

    Parameters
    ----------
    roots : sequence of path
        Folders, files, ZIP archives.
    settings : Settings
        The same for all plans.
    store : Store, optional
        Where results are kept; it must be locked by the caller.
    engine : Engine
        Who does the work.
    told : callable, optional
        Is told how many files were looked at and how many RT objects were found.
    limit_s : float, optional
        How long the engine lets a plan take, to be told.
    """

    roots: Sequence[PathLike]
    settings: Settings
    store: Store | None = None
    engine: Engine = field(default_factory=Here)
    told: Told | None = None
    limit_s: float | None = None
    number_of_files: int = 0

    def find(self) -> list[Unit]:
        """Return what is to be checked, ordered by name of file."""

        def mapped(function: Callable[[Any], Any], chunks: Iterable[Any]) -> Iterator[Any]:
            lost = []
            for chunk, found in self.engine.each(function, chunks):
                if isinstance(found, Lost):
                    lost += chunk
                else:
                    yield found
            for (path,), found in self.engine.each(function, [[path] for path in lost]):
                if isinstance(found, Lost):
                    yield [Scanned(Place(path), fault=_LOST[found])]
                else:
                    yield found

        left_out = [self.store.folder] if self.store else []
        found = scan(self.roots, map_headers=mapped, told=self.told, leave_out=left_out)
        self.number_of_files = found.number_of_files
        return units_of(found.objects, self.roots)

    def is_there(self) -> bool:
        """Return whether all that is to be searched can be reached."""
        try:
            return all(is_there(root_of(root)) for root in self.roots)
        except UsageError:
            return False

    def run(self, units: Sequence[Unit]) -> Iterator[PlanResult]:
        """Return results as they come; those already kept first. Each is kept before it is told."""
        key = self.settings.key()
        kept = set()
        for unit in units if self.store else ():
            record = self.store.record(unit.id) if self.store else None
            if record is not None and is_current(record, unit, key):
                kept.add(unit.id)
                yield PlanResult(record, repeated=True)
        check = Check(self.settings, key)
        waiting = (unit for unit in units if unit.id not in kept)
        try:
            for unit, done in self.engine.each(check, waiting):
                if isinstance(done, Lost):
                    done = check.lost(unit, done, self.limit_s)
                yield self._kept(done)
        finally:
            close_archives()

    def _kept(self, done: Done) -> PlanResult:
        if self.store is None:
            return PlanResult(done.record, files=done.files)
        self.store.keep(done.record, done.files)
        return PlanResult(done.record)

    def begin(self) -> None:
        """Say in the folder which batch this is."""
        if self.store:
            self.store.sweep()
            self._write_head(complete=False)

    def finish(self, units: Sequence[Unit]) -> None:
        """Write the tables and the page of the cohort."""
        if self.store is None:
            return
        from rtcheck.batch.dataset import write_tables
        from rtcheck.report.cohort import Cohort, write_cohort_html

        write_tables(self.store, [unit.id for unit in units])
        self._write_head(complete=True, plans=len(units))
        cohort = Cohort.open(self.store.folder)
        self.store.write("index.html", write_cohort_html(cohort))

    def _write_head(self, **more: object) -> None:
        if self.store:
            settings = self.settings
            said = {"created": settings.created, "settings_sha256": settings.key()}
            self.store.write_head({**said, "settings": settings.as_dict(), **more})
