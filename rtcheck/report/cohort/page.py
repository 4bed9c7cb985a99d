"""The cohort as one HTML file: sums and drawings, and a table of plans that can be searched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rtcheck.report.cohort import drawing, text
from rtcheck.report.cohort.record import Cohort
from rtcheck.report.cohort.tally import Tally
from rtcheck.report.cohort.trend import trend_of
from rtcheck.report.html_page import environment, head_of, source_of
from rtcheck.report.numbers import value_text
from rtcheck.report.text_rows import unbroken
from rtcheck.report.words import visible
from rtcheck.verdict import DISPLAY_ORDER, OUTCOME_WORDS, Outcome

_TOLD_OUTLIERS = 5
_TELLING = (Outcome.DEVIATION_UNACCEPTABLE, Outcome.NOT_EVALUATED, Outcome.VARIATION_ACCEPTABLE)


def write_cohort_html(cohort: Cohort) -> str:
    """Return the cohort as one self-contained HTML document.

    It holds sums, and a short line a plan for the search; what was measured in a plan stands in its
    report, which the line leads to.
    """
    from markupsafe import Markup

    style = "".join(map(source_of, ("page.css", "cohort.css")))
    periods, undated = trend_of(cohort.plans)
    labels = {plan["plan"]: plan["rt_plan_label"] or plan["plan"] for plan in cohort.plans}
    links = {plan["plan"]: plan["reports"].partition("; ")[0] for plan in cohort.plans}
    return (
        environment()
        .get_template("cohort.html")
        .render(
            **head_of(style, source_of("cohort.js")),
            cohort=cohort,
            version=cohort.head.get("settings", {}).get("rtcheck", ""),
            outcome_words=OUTCOME_WORDS,
            outcomes=DISPLAY_ORDER,
            tallies=cohort.tallies,
            protocols=list(dict.fromkeys((t.protocol, t.version) for t in cohort.tallies)),
            reason_words=text.reason_words,
            typeset=_typeset,
            # S704: escaped where they are drawn.
            share=lambda share: Markup(drawing.share_svg(share)),  # noqa: S704
            spread=lambda tally: Markup(drawing.histogram_svg(tally)),  # noqa: S704
            trend=Markup(drawing.trend_svg(periods)),  # noqa: S704
            periods=periods,
            undated=undated,
            populations=[
                (p, Markup(drawing.population_svg(p)))  # noqa: S704
                for p in cohort.population()
            ],
            outliers=[(t, t.outliers()) for t in cohort.tallies if t.outliers()],
            told_outliers=_TOLD_OUTLIERS,
            labels=labels,
            links=links,
            value_text=value_text,
            data=Markup(_json(_plans(cohort))),  # noqa: S704 - see `_json`
        )
    )


def _typeset(limit: str) -> str:
    """Return a limit with signs as printed."""
    return unbroken(limit).replace("<=", "≤").replace(">=", "≥")


def _plans(cohort: Cohort) -> dict[str, Any]:
    """Return a short line a plan: label, outcome, date, folder, error, reports, goals."""
    order = {outcome.value: i for i, outcome in enumerate(DISPLAY_ORDER)}
    telling: dict[str, list[list[int]]] = {}
    for number, tally in enumerate(cohort.tallies):
        for plan, outcome in tally.outcomes.items():
            if outcome in _TELLING:
                telling.setdefault(plan, []).append([number, order[outcome.value]])
    return {
        "of": "plans and files" if " and " in cohort.size else "plans",
        "words": [" ".join(OUTCOME_WORDS[outcome]) for outcome in DISPLAY_ORDER],
        "kinds": [outcome.value for outcome in DISPLAY_ORDER],
        "goals": [_goal_name(tally, cohort.tallies) for tally in cohort.tallies],
        "plans": [
            [
                visible(plan["rt_plan_label"] or _file_of(plan)),
                order[plan["outcome"]],
                plan["plan_date"],
                visible(_folder_of(plan)),
                visible(plan["error"]),
                plan["reports"].split("; ") if plan["reports"] else [],
                telling.get(plan["plan"], []),
            ]
            for plan in cohort.plans
        ],
    }


def _file_of(plan: Mapping[str, str]) -> str:
    return plan["files"].partition("; ")[0].rpartition("/")[2]


def _folder_of(plan: Mapping[str, str]) -> str:
    first = plan["files"].partition("; ")[0]
    return first.rpartition("/")[0] or first


def _goal_name(tally: Tally, tallies: tuple[Tally, ...]) -> str:
    alone = sum(other.goal == tally.goal for other in tallies) == 1
    return tally.goal if alone else f"{tally.protocol}: {tally.goal}"


def _json(data: dict[str, Any]) -> str:
    """Return JSON that cannot end the element it stands in."""
    written = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
