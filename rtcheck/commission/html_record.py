"""The commissioning record as one HTML file to print and sign: nothing fetched, no script."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING

from rtcheck.commission import words
from rtcheck.commission.acceptance import Row
from rtcheck.commission.cases import CaseClass
from rtcheck.commission.record import Commission
from rtcheck.report.words import DISCLAIMER, GEOMETRY_WORDS, visible

if TYPE_CHECKING:
    from jinja2 import Environment

_TONES = {True: "per_protocol", False: "deviation_unacceptable", None: "reported"}
_MARKS = {True: "✓", False: "✗", None: "·"}
_RESULTS = {True: words.IN, False: words.OUT, None: words.REPORTED}


def write_commission_html(record: Commission) -> str:
    """Return the record as one self-contained HTML document."""
    from markupsafe import Markup

    environment = _environment()
    style = "".join(
        environment.get_template(name).render() for name in ("report.css", "commission.css")
    )
    # The page may use this one style and nothing else.
    style_hash = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template("commission.html").render(
        record=record,
        words=words,
        style=Markup(style),  # noqa: S704 - our own files
        style_hash=style_hash,
        classes=_classes(record),
        tones=_TONES,
        marks=_MARKS,
        results=_RESULTS,
        geometry_words=GEOMETRY_WORDS[record.geometry],
        disclaimer=DISCLAIMER,
    )


def _classes(record: Commission) -> list[tuple[CaseClass, list[Row]]]:
    rows = [(c, [row for row in record.rows if row.case_class is c]) for c in CaseClass]
    return [(case_class, some) for case_class, some in rows if some]


@cache
def _environment() -> Environment:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    def printed(value: object) -> object:
        return visible(value) if type(value) is str else value

    return Environment(
        loader=ChoiceLoader([PackageLoader("rtcheck.commission"), PackageLoader("rtcheck.report")]),
        autoescape=True,
        finalize=printed,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
