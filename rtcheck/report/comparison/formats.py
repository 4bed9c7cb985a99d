"""The one list of formats of a comparison."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rtcheck.errors import UsageError
from rtcheck.report.comparison.page import write_comparison_html
from rtcheck.report.comparison.record import Comparison
from rtcheck.report.comparison.tables import write_comparison_csv, write_comparison_json
from rtcheck.report.comparison.text import write_comparison_text

FORMATS: dict[str, Callable[[Comparison], str]] = {
    ".html": write_comparison_html,
    ".json": write_comparison_json,
    ".csv": write_comparison_csv,
    ".txt": write_comparison_text,
}
"""File name ending to writer."""


def writer_for(path: str | Path) -> Callable[[Comparison], str]:
    """Return the writer for a file name.

    Raises
    ------
    UsageError
        If no format has that ending, naming those that exist.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise UsageError(
            f"comparison format {suffix or str(path)!r}", expected="one of " + ", ".join(FORMATS)
        )
    return FORMATS[suffix]
