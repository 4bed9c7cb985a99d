"""The Report as PDF: the HTML page on A4, laid out by weasyprint (extra ``pdf``)."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

from rtcheck.errors import UsageError
from rtcheck.report.dates import moment_of
from rtcheck.report.html_report import write_html
from rtcheck.report.record import Report

TITLE = "Radiotherapy plan check"
"""Title in the file's properties: they are shown by file managers, and name no plan."""


def write_pdf(report: Report) -> bytes:
    """Return the report as a PDF document; the same report gives the same bytes.

    Nothing is fetched, from the network or from disk: the page needs nothing but itself.

    Raises
    ------
    UsageError
        If weasyprint is not installed.
    """
    weasyprint = require_weasyprint()
    style = files("rtcheck.report").joinpath("templates/pdf.css").read_text(encoding="utf-8")
    # Given apart, it would give way to the style of the page.
    page = write_html(report).replace("</style>", style + "</style>", 1)
    nothing = _nothing_fetched(weasyprint)
    with _quiet("weasyprint", "fontTools"):
        document = weasyprint.HTML(string=page, url_fetcher=nothing).render()
        about = document.metadata
        about.title, about.authors, about.description, about.keywords = TITLE, ["rtcheck"], None, []
        about.generator = f"rtcheck {report.rtcheck_version}"
        about.created = about.modified = f"{moment_of(report.created):%Y-%m-%dT%H:%M:%SZ}"
        content = document.write_pdf(
            pdf_identifier=hashlib.sha256(page.encode()).digest()[:16], pdf_tags=True
        )
    return bytes(content)


def require_weasyprint() -> Any:
    """Return the module that lays pages out.

    Raises
    ------
    UsageError
        If it is not installed, or a library that it needs is not.
    """
    try:
        import weasyprint
    except ImportError:
        raise UsageError("weasyprint is not installed", hint="pip install 'rtcheck[pdf]'") from None
    except OSError as error:
        raise UsageError(
            "weasyprint finds no Pango library on this machine",
            hint="See doc.courtbouillon.org/weasyprint/stable/first_steps.html",
        ) from error
    return weasyprint


def _nothing_fetched(weasyprint: Any) -> Any:
    """Return what weasyprint asks for other files, and which has none."""

    class Nothing(weasyprint.urls.URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: object = None) -> Any:
            # Pictures stand in the page as data, and that is the page itself.
            if url.startswith(("data:image/png;base64,", "data:image/svg+xml;base64,")):
                return super().fetch(url, headers)
            raise ValueError("nothing is fetched")

    return Nothing()


@contextmanager
def _quiet(*names: str) -> Iterator[None]:
    """Keep remarks on fonts and on CSS that only browsers know off the terminal."""
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled
