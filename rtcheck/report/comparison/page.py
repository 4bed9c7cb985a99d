"""The comparison as one HTML file: nothing fetched, no script; for screen, phone and paper."""

from __future__ import annotations

from rtcheck.report import dvh_svg
from rtcheck.report import words as report_words
from rtcheck.report.comparison import drawing, words
from rtcheck.report.comparison.record import Comparison
from rtcheck.report.html_page import environment, head_of, source_of
from rtcheck.report.text_rows import unbroken
from rtcheck.verdict import OUTCOME_WORDS

_STYLES = ("page.css", "report.css", "compare.css")

_MANY = 4
"""Plans from which on the table is made of narrow columns."""


def write_comparison_html(comparison: Comparison) -> str:
    """Return the comparison as one self-contained HTML document."""
    from markupsafe import Markup

    style = dvh_svg.STYLE + "".join(map(source_of, _STYLES))
    found = drawing.overlays(comparison)
    pens, end_gy = drawing.pens_of(comparison.rivals), drawing.end_of(found)
    return _fill(
        "compare.html",
        comparison,
        **head_of(style),
        # S704: escaped where they are drawn.
        drawings=[(o, Markup(drawing.overlay_svg(o, pens, end_gy))) for o in found],  # noqa: S704
        samples={key: Markup(dvh_svg.sample_svg(pen)) for key, pen in pens.items()},  # noqa: S704
    )


def write_notebook(comparison: Comparison) -> str:
    """Return the comparison as an HTML fragment for a notebook cell."""
    return _fill("compare_notebook.html", comparison)


def _fill(template: str, comparison: Comparison, **more: object) -> str:
    return (
        environment()
        .get_template(template)
        .render(
            c=comparison,
            version=comparison.rtcheck_version,
            words=words,
            report_words=report_words,
            report=comparison.base.report,
            outcome_words=OUTCOME_WORDS,
            many=len(comparison.rivals) >= _MANY,
            typeset=_typeset,
            **more,
        )
    )


def _typeset(limit: str) -> str:
    """Return a limit with signs as printed, unbroken between sign, number and unit."""
    return unbroken(limit).replace("<=", "≤").replace(">=", "≥")
