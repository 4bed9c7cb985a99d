"""The Report as one HTML file: nothing fetched, no script; for screen, phone and A4."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from rtcheck.report import dvh_svg, words
from rtcheck.report.record import Report
from rtcheck.verdict import OUTCOME_WORDS, Outcome

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True)
class Group:
    """The verdicts of one outcome, in words.

    Parameters
    ----------
    outcome : Outcome
        What they came to.
    symbol, word : str
        The same for people.
    rows : tuple of Row
        In the protocol's order.
    """

    outcome: Outcome
    symbol: str
    word: str
    rows: tuple[words.Row, ...]


def groups_of(report: Report) -> tuple[Group, ...]:
    """Return the verdicts by outcome, deviations and what was not evaluated first."""
    by_outcome = groupby(report.in_display_order(), key=lambda verdict: verdict.outcome)
    return tuple(
        Group(outcome, *OUTCOME_WORDS[outcome], tuple(map(words.row_of, verdicts)))
        for outcome, verdicts in by_outcome
    )


def write_html(report: Report) -> str:
    """Return the report as one self-contained HTML document."""
    from markupsafe import Markup

    style = dvh_svg.STYLE + _environment().get_template("report.css").render()
    # The page may use this one style and nothing else: what came in with a name could not run
    # even if it were not escaped.
    style_hash = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    inks = dvh_svg.inks_of(report.curves)
    cited = [v.source_cite or v.source_ref for v in report.in_display_order()]
    return _fill(
        "report.html",
        report,
        style=Markup(style),  # noqa: S704 - our own files
        style_hash=style_hash,
        findings=words.findings_in_order(report.findings),
        input_facts=_input_facts(report),
        typeset=_typeset,
        cites={cite: i for i, cite in enumerate(dict.fromkeys(filter(None, cited)), 1)},
        drawing=Markup(dvh_svg.svg_of(report.curves, standalone=False)),  # noqa: S704 - escaped
        legend=[
            (ink, Markup(dvh_svg.sample_svg(ink)), curve)  # noqa: S704 - numbers and colours
            for ink, curve in zip(inks, report.curves, strict=True)
        ],
    )


def write_notebook(report: Report) -> str:
    """Return the report as an HTML fragment for a notebook cell."""
    return _fill("notebook.html", report, typeset=_typeset)


def _fill(template: str, report: Report, **more: object) -> str:
    symbol, word = OUTCOME_WORDS[report.overall]
    return (
        _environment()
        .get_template(template)
        .render(
            report=report,
            symbol=symbol,
            word=word,
            groups=groups_of(report),
            words=words,
            **more,
        )
    )


def _typeset(limit: str) -> str:
    """Return a limit with signs as printed, unbroken between sign, number and unit."""
    signs = limit.replace("<=", "≤").replace(">=", "≥")
    return re.sub(r"(?<=[<>≤≥=]) (?=\d)|(?<=\d) (?=%|[A-Za-z])", "\u00a0", signs)


def _input_facts(report: Report) -> list[tuple[str, str]]:
    facts = list(report.plan.details.items())
    for key, uids in report.plan.sop_instance_uids.items():
        several = uids if isinstance(uids, list | tuple) else [uids]
        facts += [(f"{key}_uid", str(uid)) for uid in several]
    return facts


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    def printed(value: object) -> object:
        # Markup, a kind of str, is ours and may hold line ends.
        return words.visible(value) if type(value) is str else value

    return Environment(
        loader=PackageLoader("rtcheck.report"),
        autoescape=True,
        finalize=printed,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
