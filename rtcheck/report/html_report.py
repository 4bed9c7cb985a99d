"""The Report as one HTML file: nothing fetched; for screen, phone and paper."""

from __future__ import annotations

import contextlib
import json
import re
from base64 import b64encode
from datetime import datetime
from typing import TYPE_CHECKING

from rtcheck.plan import Finding
from rtcheck.report import dvh_svg, html_groups, interval_bar, review, words
from rtcheck.report.dvh_limits import SHAPES, LimitMark, limit_marks, mark_shape
from rtcheck.report.dvh_plot import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH
from rtcheck.report.html_page import environment, head_of, source_of
from rtcheck.report.record import Curve, Picture, PlanFacts, Report
from rtcheck.verdict import OUTCOME_WORDS

if TYPE_CHECKING:
    from markupsafe import Markup

_IN_HEADER = ("treatment_site", "approval_status", "rt_plan_date", "source_files")
"""Details of the plan that stand at the top: whether it may be treated at all, and which it is."""

_OBJECTS = {
    "rt_plan": "RT Plan",
    "rt_structure_set": "RT Structure Set",
    "rt_dose": "RT Dose",
}

_STYLES = ("page.css", "report.css", "dvh.css")

_HASH = "sha256 "
"""Begins the key of a detail that is the SHA-256 of a file."""


def write_html(report: Report) -> str:
    """Return the report as one self-contained HTML document."""
    from markupsafe import Markup

    groups = html_groups.groups_of(report)
    limits = limit_marks(report)
    inks = dvh_svg.inks_of(report.curves)
    style = dvh_svg.STYLE + interval_bar.STYLE + "".join(map(source_of, _STYLES))
    script = source_of("dvh.js") if report.curves else ""
    drawing = dvh_svg.svg_of(report.curves, standalone=False, limits=limits)
    return _fill(
        "report.html",
        report,
        **head_of(style, script, images=bool(report.pictures)),
        version=report.rtcheck_version,
        groups=groups,
        footnotes=html_groups.footnotes_of(groups),
        html_groups=html_groups,
        findings=_findings(report),
        review=review,
        plan_facts=_plan_facts(report.plan),
        input_uids=_input_uids(report.plan),
        input_hashes=_input_hashes(report.plan),
        fact=_fact,
        breakable=_breakable,
        bar=lambda verdict: Markup(interval_bar.bar_svg(verdict)),  # noqa: S704 - numbers
        picture_data=_picture_data,
        drawing=Markup(drawing),  # noqa: S704 - escaped
        legend=[
            (ink, Markup(dvh_svg.sample_svg(ink)), curve)  # noqa: S704 - numbers and colours
            for ink, curve in zip(inks, report.curves, strict=True)
        ],
        mark_key=_mark_key(limits),
        plot_data=Markup(_plot_data(report.curves, limits)),  # noqa: S704 - numbers only
        axes=list(dict.fromkeys((rx.dose_gy, rx.name) for rx in report.plan.prescriptions)),
    )


def write_notebook(report: Report) -> str:
    """Return the report as an HTML fragment for a notebook cell."""
    return _fill("notebook.html", report, groups=html_groups.groups_of(report))


def _fill(template: str, report: Report, **more: object) -> str:
    symbol, word = OUTCOME_WORDS[report.overall]
    return (
        environment()
        .get_template(template)
        .render(report=report, symbol=symbol, word=word, words=words, typeset=_typeset, **more)
    )


def _plot_data(curves: tuple[Curve, ...], limits: tuple[LimitMark, ...]) -> str:
    """Return what the script draws from, as JSON: numbers only, no text of a file."""
    plot = dvh_svg.plot_of(curves, limits)
    frame = {"left": LEFT, "right": WIDTH - RIGHT, "top": TOP, "bottom": HEIGHT - BOTTOM}
    shown = [
        {
            "cm3": curve.volume_cm3,
            "dose": [round(dose, 4) for dose in curve.dose_gy],
            "volume": [round(percent, 3) for percent in curve.volume_percent],
            "low": [round(percent, 3) for percent in curve.low_percent],
            "high": [round(percent, 3) for percent in curve.high_percent],
        }
        for curve in curves
    ]
    data = {**frame, "end": plot.end_gy, "step": plot.step_gy, "curves": shown}
    return json.dumps(data, allow_nan=False, separators=(",", ":"))


def _mark_key(limits: tuple[LimitMark, ...]) -> list[tuple[str, Markup, str]]:
    """Return key, shape and words of the marks that are drawn."""
    from markupsafe import Markup

    drawn = {mark.outcome for mark in limits}
    return [
        (outcome.value, Markup(mark_shape(outcome)), OUTCOME_WORDS[outcome][1])  # noqa: S704 - our own
        for outcome in SHAPES
        if outcome in drawn
    ]


def _picture_data(picture: Picture) -> str:
    """Return a drawing as the address of an image: its ids and styles cannot reach the page."""
    return "data:image/svg+xml;base64," + b64encode(picture.svg.encode()).decode()


def _typeset(limit: str) -> str:
    """Return a limit with signs as printed, unbroken between sign, number and unit."""
    signs = limit.replace("<=", "≤").replace(">=", "≥")
    return re.sub(r"(?<=[<>≤≥=]) (?=\d)|(?<=\d) (?=%|[A-Za-z])", "\u00a0", signs)


def _breakable(text: str) -> Markup:
    """Return a metric or an expression that a line ends rather after ``(`` or before ``[``."""
    from markupsafe import Markup, escape

    parts = re.split(r"(?<=\()|(?=\[)", words.visible(text))
    return Markup("<wbr>").join(map(escape, parts))


def _fact(plan: PlanFacts, key: str) -> str:
    """Return a detail of the plan, a DICOM date as year-month-day; empty if it is not stated.

    A date that is none is given back as it stands.
    """
    text = plan.details.get(key, "")
    if key.endswith("_date"):
        with contextlib.suppress(ValueError):
            return f"{datetime.strptime(text, '%Y%m%d'):%Y-%m-%d}"
    return text


def _findings(report: Report) -> list[tuple[Finding, list[str]]]:
    """Return the findings, those that block first, with all places that one is said of."""
    places: dict[tuple[str, str], tuple[Finding, list[str]]] = {}
    for finding in words.findings_in_order(report.findings):
        entry = places.setdefault((finding.code, finding.text), (finding, []))
        if finding.where:
            entry[1].append(finding.where)
    return list(places.values())


def _plan_facts(plan: PlanFacts) -> list[tuple[str, str]]:
    """Return the details that do not stand at the top."""
    below = (key for key in plan.details if key not in _IN_HEADER and not key.startswith(_HASH))
    return [(key, _fact(plan, key)) for key in below]


def _input_uids(plan: PlanFacts) -> list[tuple[str, str]]:
    """Return what each file is, and its SOP Instance UID."""
    return [
        (_OBJECTS.get(key, words.setting_words(key)), str(uid))
        for key, uids in plan.sop_instance_uids.items()
        for uid in (uids if isinstance(uids, list | tuple) else [uids])
    ]


def _input_hashes(plan: PlanFacts) -> list[tuple[str, str]]:
    """Return the name and the SHA-256 of each file."""
    hashed = ((key, text) for key, text in plan.details.items() if key.startswith(_HASH))
    return [(key.removeprefix(_HASH), text) for key, text in hashed]
