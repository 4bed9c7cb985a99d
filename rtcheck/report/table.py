"""The one list of report formats. A new format is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rtcheck.errors import UsageError
from rtcheck.report.csv_report import write_csv
from rtcheck.report.html_report import write_html
from rtcheck.report.json_report import write_json
from rtcheck.report.junit_report import write_junit
from rtcheck.report.markdown_report import write_markdown
from rtcheck.report.pdf_report import write_pdf
from rtcheck.report.record import Report
from rtcheck.report.text_report import write_text
from rtcheck.report.xlsx_report import write_xlsx

Writer = Callable[[Report], str | bytes]

FORMATS: dict[str, Writer] = {
    ".html": write_html,
    ".pdf": write_pdf,
    ".json": write_json,
    ".csv": write_csv,
    ".xlsx": write_xlsx,
    ".xml": write_junit,
    ".md": write_markdown,
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
