"""The Cohort record: the tables that a batch wrote."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtcheck.errors import UsageError
from rtcheck.report.cohort.tally import Tally, tallies_of
from rtcheck.verdict import DISPLAY_ORDER, EXIT_CODES, Outcome

if TYPE_CHECKING:
    from pandas import DataFrame

    from rtcheck.report.cohort.population import Population
    from rtcheck.report.cohort.whatif import WhatIf

Row = dict[str, str]

TABLES = ("plans", "verdicts", "curves")
_GUARD = re.compile(r"(^|[;\t\r\n])'(?=[=+\-@＝＋－＠\t\r\n])")
"""What `csv_report` puts before text that a spreadsheet would take for a formula."""


@dataclass(frozen=True, eq=False)
class Cohort:
    """A cohort as a batch left it: plans, verdicts and curves.

    Parameters
    ----------
    folder : Path
        Folder of the batch; its tables are read when they are asked for.
    head : mapping
        Of the batch: its settings and date.

    Examples
    --------
    >>> cohort = Cohort.open("out")                           # doctest: +SKIP
    >>> cohort.what_if("lung-v20 <= 25 %").now                # doctest: +SKIP
    """

    folder: Path
    head: dict[str, Any]

    @classmethod
    def open(cls, folder: str | Path) -> Cohort:
        """Return the cohort in the folder of a batch.

        Raises
        ------
        UsageError
            If no batch wrote its tables there.
        """
        folder = Path(folder)
        missing = [name for name in TABLES if not (folder / f"{name}.csv").is_file()]
        if missing:
            raise UsageError(
                f"no {missing[0]}.csv",
                where=str(folder),
                expected="the folder of a batch that was finished",
                hint="rtcheck batch ... --resume finishes one",
            )
        try:
            head = json.loads((folder / "batch.json").read_bytes())
        except (OSError, ValueError):
            head = {}
        return cls(folder, head if isinstance(head, dict) else {})

    def __repr__(self) -> str:
        return f"<cohort of {len(self.plans)} plans in {self.folder}>"

    def rows(self, table: str) -> Iterator[Row]:
        """Return the rows of a table one by one, as text.

        Raises
        ------
        UsageError
            If there is no such table.
        """
        if table not in TABLES:
            raise UsageError(f"table {table!r}", expected="one of " + ", ".join(TABLES))
        # A plan may have hundreds of files, and a curve a thousand points.
        csv.field_size_limit(1 << 30)
        path = self.folder / f"{table}.csv"
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for row in csv.DictReader(stream):
                yield {
                    key: _GUARD.sub(r"\1", value) if "'" in value else value
                    for key, value in row.items()
                }

    @cached_property
    def plans(self) -> tuple[Row, ...]:
        """Return the rows of the table of plans."""
        return tuple(self.rows("plans"))

    @property
    def size(self) -> str:
        """Return how many plans there are, and how many files beside them cannot be read."""
        files = sum(plan["error_code"] == "FILE_UNREADABLE" for plan in self.plans)
        plans = len(self.plans) - files
        text = f"{plans} plan{'' if plans == 1 else 's'}"
        return f"{text} and {files} unreadable file{'' if files == 1 else 's'}" if files else text

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        """Return each goal over all plans, in the order of the rules."""
        return tallies_of(self.rows("verdicts"))

    @cached_property
    def outcomes(self) -> Counter[Outcome]:
        """Return how many plans came to each outcome."""
        return Counter(Outcome(plan["outcome"]) for plan in self.plans)

    @property
    def exit_code(self) -> int:
        """Return that of the worst plan: 1 before 3 before 0; 3 of no plans."""
        codes = {EXIT_CODES[outcome] for outcome in self.outcomes} or {3}
        return next(code for code in (1, 3, 0) if code in codes)

    def reasons(self) -> list[tuple[str, int]]:
        """Return why plans have no report at all, and how many, the most frequent first."""
        why = Counter(plan["error_code"] for plan in self.plans if plan["error_code"])
        return sorted(why.items(), key=lambda item: (-item[1], item[0]))

    def counts(self) -> list[tuple[Outcome, int]]:
        """Return outcomes with their numbers of plans, the worst first."""
        return [(o, self.outcomes[o]) for o in DISPLAY_ORDER if self.outcomes[o]]

    def population(self) -> list[Population]:
        """Return the DVHs of each role over all plans."""
        from rtcheck.report.cohort.population import populations_of

        return populations_of(self.rows("curves"))

    def what_if(self, text: str) -> WhatIf:
        """Return what another limit on stored values would come to, such as ``lung-v20 <= 25 %``.

        Raises
        ------
        UsageError
            If it names no goal of the cohort, or is no limit on its metric.
        """
        from rtcheck.report.cohort.whatif import what_if

        return what_if(self.tallies, text)

    def to_frame(self, table: str = "verdicts") -> DataFrame:
        """Return a table as a pandas DataFrame, numbers unrounded (extra `frames`).

        Raises
        ------
        UsageError
            If pandas is not installed, or there is no such table.
        """
        try:
            import pandas as pd
        except ImportError:
            raise UsageError(
                "pandas is not installed", hint="pip install 'rtcheck[frames]'"
            ) from None
        frame = pd.DataFrame(list(self.rows(table)))
        for column in _NUMBERS & set(frame.columns):
            frame[column] = pd.to_numeric(frame[column])
        for column in _TRUTHS & set(frame.columns):
            if table == "verdicts":
                frame[column] = frame[column] == "true"
        return frame


_NUMBERS = {
    *("exit_code", "number_of_fractions_planned", "goals", "value", "low", "high", "margin"),
    *("tps_value", "second_engine_value", "volume_cm3", "max_gy", "step_gy"),
}
_TRUTHS = {"borderline", "required"}
