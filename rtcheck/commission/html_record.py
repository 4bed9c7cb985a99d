"""The commissioning record as one HTML file to print and sign: nothing fetched, no script."""

from __future__ import annotations

from rtcheck.commission import words
from rtcheck.commission.acceptance import Row
from rtcheck.commission.cases import CaseClass
from rtcheck.commission.record import Commission
from rtcheck.report.html_page import environment, head_of, source_of
from rtcheck.report.words import DISCLAIMER, GEOMETRY_WORDS

_PACKAGE = "rtcheck.commission"
_TONES = {True: "per_protocol", False: "deviation_unacceptable", None: "reported"}
_MARKS = {True: "✓", False: "✗", None: "·"}
_RESULTS = {True: words.IN, False: words.OUT, None: words.REPORTED}


def write_commission_html(record: Commission) -> str:
    """Return the record as one self-contained HTML document."""
    style = source_of("page.css") + source_of("commission.css", _PACKAGE)
    return (
        environment(_PACKAGE)
        .get_template("commission.html")
        .render(
            **head_of(style),
            version=record.versions["rtcheck"],
            record=record,
            words=words,
            classes=_classes(record),
            tones=_TONES,
            marks=_MARKS,
            results=_RESULTS,
            geometry_words=GEOMETRY_WORDS[record.geometry],
            disclaimer=DISCLAIMER,
        )
    )


def _classes(record: Commission) -> list[tuple[CaseClass, list[Row]]]:
    rows = [(c, [row for row in record.rows if row.case_class is c]) for c in CaseClass]
    return [(case_class, some) for case_class, some in rows if some]
