"""The Report as one HTML file: nothing fetched, no script; for screen, phone and A4."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from rtcheck.report import dvh_svg, words
from rtcheck.report.record import PlanFacts, Report
from rtcheck.verdict import OUTCOME_WORDS, Outcome

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


UNDECIDING = "undeciding"
"""Key of the group of goals that were judged and do not decide."""

_DECIDING = (
    Outcome.DEVIATION_UNACCEPTABLE,
    Outcome.NOT_EVALUATED,
    Outcome.VARIATION_ACCEPTABLE,
    Outcome.PER_PROTOCOL,
)

_LONG_WORD = 20
"""Characters without a place to break from which on a column would be too narrow for a word."""

_IN_HEADER = ("approval_status", "rt_plan_date")
"""Details of the plan that stand at the top: whether it may be treated at all, and which it is."""


@dataclass(frozen=True)
class Group:
    """The verdicts that stand in one section, in words.

    Parameters
    ----------
    key : str
        The outcome's, or `UNDECIDING`.
    symbol, word : str
        The same for people.
    rows : tuple of Row
        In the protocol's order; those that do not decide by outcome.
    """

    key: str
    symbol: str
    word: str
    rows: tuple[words.Row, ...]

    @property
    def decides(self) -> bool:
        """Return whether the section's heading is what its rows came to."""
        return self.key != UNDECIDING

    @property
    def counted(self) -> str:
        """Return what there are so many of; of goals that do not decide, what they came to."""
        if self.decides:
            return self.word
        came_to = Counter(row.word for row in self.rows)
        return f"{self.word} ({', '.join(f'{n} {word}' for word, n in came_to.items())})"


def groups_of(report: Report) -> tuple[Group, ...]:
    """Return the verdicts in sections: first those that decide, what must be seen first first."""
    rows: dict[str, list[words.Row]] = {outcome: [] for outcome in _DECIDING}
    rows |= {UNDECIDING: []}
    for v in report.in_display_order():
        judged = v.outcome in _DECIDING
        key = v.outcome.value if v.required or not judged else UNDECIDING
        # Said once, by the section's heading.
        row = replace(words.row_of(replace(v, required=True)), verdict=v)
        rows.setdefault(key, []).append(row)
    headings = {outcome.value: OUTCOME_WORDS[outcome] for outcome in OUTCOME_WORDS}
    headings[UNDECIDING] = ("·", "goals that do not decide")
    return tuple(Group(key, *headings[key], tuple(some)) for key, some in rows.items() if some)


def write_html(report: Report) -> str:
    """Return the report as one self-contained HTML document."""
    from markupsafe import Markup

    style = dvh_svg.STYLE + _environment().get_template("report.css").render()
    # The page may use this one style and nothing else: what came in with a name could not run
    # even if it were not escaped.
    style_hash = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    inks = dvh_svg.inks_of(report.curves)
    verdicts = [row.verdict for group in groups_of(report) for row in group.rows]
    cited = [v.source_cite or v.source_ref for v in verdicts]
    return _fill(
        "report.html",
        report,
        style=Markup(style),  # noqa: S704 - our own files
        style_hash=style_hash,
        findings=words.findings_in_order(report.findings),
        input_facts=_input_facts(report),
        fact=_fact,
        breakable=_breakable,
        is_long=_is_long,
        cites={cite: i for i, cite in enumerate(dict.fromkeys(filter(None, cited)), 1)},
        drawing=Markup(dvh_svg.svg_of(report.curves, standalone=False)),  # noqa: S704 - escaped
        legend=[
            (ink, Markup(dvh_svg.sample_svg(ink)), curve)  # noqa: S704 - numbers and colours
            for ink, curve in zip(inks, report.curves, strict=True)
        ],
    )


def write_notebook(report: Report) -> str:
    """Return the report as an HTML fragment for a notebook cell."""
    return _fill("notebook.html", report)


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
            typeset=_typeset,
            **more,
        )
    )


def _typeset(limit: str) -> str:
    """Return a limit with signs as printed, unbroken between sign, number and unit."""
    signs = limit.replace("<=", "≤").replace(">=", "≥")
    return re.sub(r"(?<=[<>≤≥=]) (?=\d)|(?<=\d) (?=%|[A-Za-z])", "\u00a0", signs)


def _breakable(text: str) -> Markup:
    """Return a metric or an expression that a line ends only after ``(`` or before ``[``."""
    from markupsafe import Markup, escape

    parts = re.split(r"(?<=\()|(?=\[)", words.visible(text))
    return Markup("<wbr>").join(map(escape, parts))


def _is_long(text: str) -> bool:
    """Return whether a metric must be broken inside a word lest it run into the next column."""
    return any(len(part) > _LONG_WORD for part in re.split(r"(?<=\()|(?=\[)|\s", text))


def _fact(plan: PlanFacts, key: str) -> str:
    """Return a detail of the plan, a DICOM date as year-month-day; empty if it is not stated.

    A date that is none is given back as it stands.
    """
    text = plan.details.get(key, "")
    if key.endswith("_date"):
        with contextlib.suppress(ValueError):
            return f"{datetime.strptime(text, '%Y%m%d'):%Y-%m-%d}"
    return text


def _input_facts(report: Report) -> list[tuple[str, str]]:
    below = (key for key in report.plan.details if key not in _IN_HEADER)
    facts = [(key, _fact(report.plan, key)) for key in below]
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
