"""The one list of report formats. A new format is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rtcheck.errors import UsageError
from rtcheck.report.csv_report import write_csv
from rtcheck.report.html_report import write_html
from rtcheck.report.json_report import write_json
from rtcheck.report.record import Report
from rtcheck.report.text_report import write_text

Writer = Callable[[Report], str]

FORMATS: dict[str, Writer] = {
    ".html": write_html,
    ".json": write_json,
    ".csv": write_csv,
    ".txt": write_text,
}
"""File name ending to writer."""


def writer_for(path: str | Path) -> Writer:
    """Return the writer for a file name.

    Raises
    ------
    UsageError
        If no format has that ending, naming those that exist.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise UsageError(
            f"report format {suffix or str(path)!r}", expected="one of " + ", ".join(FORMATS)
        )
    return FORMATS[suffix]
