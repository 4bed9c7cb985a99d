"""The HTML report: self-contained, safe, in the right order, and readable without colour."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html import unescape

import pytest
from handmade import (
    BROKEN,
    CITE,
    HOSTILE,
    KEPT,
    NOT_MEANT,
    REPORTED,
    UNSAID,
    VARIED,
    full_report,
    hostile_report,
    report_of,
)
from parsed_page import Page

from rtcheck.errors import Reason
from rtcheck.report import Report
from rtcheck.report.advice import ADVICE
from rtcheck.report.html_report import write_html, write_notebook
from rtcheck.report.words import DISCLAIMER, visible
from rtcheck.verdict import (
    DISPLAY_ORDER,
    EXIT_CODES,
    OUTCOME_WORDS,
    Outcome,
)

REPORTS = [full_report(), hostile_report(), report_of(curves=(), findings=(), checklist=())]


@pytest.mark.parametrize("report", REPORTS)
def test_every_element_is_closed(report: Report) -> None:
    page = Page(write_html(report))
    assert (page.faults, page.open) == ([], [])
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = {attrs["href"] for attrs in page.all("a")}
    assert links <= {f"#{one}" for one in ids}
    labels = {attrs["aria-labelledby"] for _, attrs in page.elements if "aria-labelledby" in attrs}
    assert labels <= set(ids)


@pytest.mark.parametrize("report", REPORTS)
def test_nothing_is_fetched_and_nothing_of_a_file_runs(report: Report) -> None:
    text = write_html(report)
    page = Page(text)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"img", "link", "iframe", "object", "embed", "form", "base"}
    ours = [{"type": "application/json", "id": "dvh-data"}, {}] if report.curves else []
    assert page.all("script") == ours
    names = {name for _, attrs in page.elements for name in attrs}
    assert not names & {"src", "srcset", "style", "action", "background", "data"}
    assert not [name for name in names if name.startswith("on")]
    (style,) = re.findall("<style>(.*?)</style>", text, re.DOTALL)
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize("report", REPORTS)
def test_the_page_allows_itself_its_one_style_and_script_only(report: Report) -> None:
    text = write_html(report)
    (style,) = re.findall("<style>(.*?)</style>", text, re.DOTALL)
    wanted = ["default-src 'none'", f"style-src 'sha256-{sha256(style)}'"]
    scripts = re.findall("<script>(.*?)</script>", text, re.DOTALL)
    wanted += [f"script-src 'sha256-{sha256(script)}'" for script in scripts]
    (policy,) = [
        meta["content"]
        for meta in Page(text).all("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy == "; ".join([*wanted, "base-uri 'none'", "form-action 'none'"])


def sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_what_the_script_draws_from_holds_numbers_only() -> None:
    (data,) = re.findall(
        '<script type="application/json" id="dvh-data">(.*?)</script>',
        write_html(hostile_report()),
        re.DOTALL,
    )

    def numbers(value: object) -> bool:
        if isinstance(value, dict):
            return all(map(numbers, value.values()))
        return (
            all(map(numbers, value)) if isinstance(value, list) else isinstance(value, float | int)
        )

    read = json.loads(data)
    assert numbers(read)
    assert [len(curve["dose"]) for curve in read["curves"]] == [2] * len(HOSTILE)


def test_hostile_names_are_shown_as_they_are() -> None:
    page = Page(write_html(hostile_report()))
    for name in HOSTILE:
        assert re.sub(r"\s+", " ", visible(name)) in page.text
    assert "49" not in write_html(report_of(label="{{ 7*7 }}"))


def test_every_name_from_a_file_is_isolated_from_the_text_beside_it() -> None:
    text = write_html(hostile_report())
    name = "ריאה שמאל"
    assert text.count(f"<bdi>{name}</bdi>") >= 4  # structure, ROI, finding, legend


def test_outcomes_stand_in_display_order_each_with_symbol_and_words() -> None:
    text = write_html(full_report())
    places = []
    for outcome in DISPLAY_ORDER:
        symbol, word = OUTCOME_WORDS[outcome]
        (group,) = re.findall(rf'<section class="goals {outcome.value}".*?</h2>', text, re.DOTALL)
        assert Page(group).text.strip() == f"{symbol} {word} 1"
        places.append(text.index(group))
    assert places == sorted(places)


SHOWN_ONLY = "Shown only"


def test_goals_that_do_not_decide_stand_apart_in_grey_and_are_counted_apart() -> None:
    """A plan that is kept must not look as if it were not."""
    shown = [replace(v, required=False) for v in (BROKEN, UNSAID, VARIED, KEPT)]
    report = report_of(KEPT, *shown, REPORTED, NOT_MEANT, overall=Outcome.PER_PROTOCOL)
    text = write_html(report)
    sections = re.findall(r'<section class="goals (\w+)"', text)
    assert sections == ["per_protocol", "undeciding", "reported", "not_applicable"]
    (counts,) = re.findall('<ul class="counts">.*?</ul>', text, re.DOTALL)
    assert (
        Page(counts)
        .text.split("·")[1]
        .startswith(
            " 4 goals that do not decide (1 deviation unacceptable, 1 NOT EVALUATED, "
            "1 variation acceptable, 1 per protocol)"
        )
    )
    assert 'class="deviation_unacceptable"' not in text
    (section,) = re.findall(r'<section class="goals undeciding".*?</section>', text, re.DOTALL)
    words = ["".join(pair) for pair in re.findall('class="came-to">(.)( [A-Za-z ]+)<', section)]
    assert words == [" ".join(OUTCOME_WORDS[v.outcome]) for v in shown]
    assert text.count(SHOWN_ONLY) == 1, "said by the heading, not in each row"
    assert SHOWN_ONLY in section
    assert f"To do: {ADVICE[Reason.DOSE_DOES_NOT_COVER]}" in Page(section).text


def test_goals_that_decide_stand_before_those_that_do_not_whatever_they_came_to() -> None:
    text = write_html(report_of(replace(BROKEN, required=False), KEPT, UNSAID, BROKEN))
    sections = re.findall(r'<section class="goals (\w+)"', text)
    assert sections == ["deviation_unacceptable", "not_evaluated", "per_protocol", "undeciding"]


@pytest.mark.parametrize(
    ("metric", "written"),
    [
        ("Inside(PTV_Adrenal)[%]", "<code>Inside(<wbr>PTV_Adrenal)<wbr>[%]</code>"),
        ("RxFractionsPerWeek", "<code>RxFractionsPerWeek</code>"),
        ("Inside(<b>)[%]", "<code>Inside(<wbr>&lt;b&gt;)<wbr>[%]</code>"),
        (f"Inside({'W' * 64})", f"<code>Inside(<wbr>{'W' * 64})</code>"),
    ],
)
def test_a_metric_is_broken_at_its_brackets_first(metric: str, written: str) -> None:
    assert written in write_html(report_of(replace(KEPT, metric=metric)))


def test_a_plan_without_approval_or_date_says_so_and_a_date_that_is_none_stays() -> None:
    report = report_of(KEPT)
    bare = replace(report, plan=replace(report.plan, details={}))
    assert "Approvalnot stated Plan datenot stated" in Page(write_html(bare)).text
    odd = replace(report, plan=replace(report.plan, details={"rt_plan_date": "20240231"}))
    assert "Plan date20240231" in Page(write_html(odd)).text


def test_the_signature_leaves_a_line_for_the_patient_whom_the_report_does_not_name() -> None:
    assert "Patient:NameSignatureDate" in Page(write_html(full_report())).text


@pytest.mark.parametrize("outcome", list(EXIT_CODES))
def test_the_overall_outcome_is_colour_symbol_word_and_sentence(outcome: Outcome) -> None:
    text = write_html(report_of(overall=outcome))
    symbol, word = OUTCOME_WORDS[outcome]
    (banner,) = re.findall(rf'<section class="overall {outcome.value}".*?</ul>', text, re.DOTALL)
    page = Page(banner)
    assert symbol in page.text
    assert word in page.text
    assert page.text.rstrip().endswith(".")


def test_what_was_not_evaluated_says_why_what_to_do_and_what_is_known() -> None:
    page = Page(write_html(full_report()))
    assert UNSAID.reason is not None
    assert "a part of the structure lies outside the dose grid: the part outside" in page.text
    assert f"To do: {ADVICE[UNSAID.reason]}" in page.text
    assert "–[9.00–12.00] Gy" in page.text
    assert NOT_MEANT.detail in page.text


def test_each_verdict_shows_value_interval_limit_margin_match_citation_and_note() -> None:
    text = write_html(full_report())
    page = Page(text)
    for shown in (
        "25.3 %[25.0–25.6]",
        "≤ 30 %",
        "acceptable ≤ 35 %",
        "+4.7 %",
        "lung total (alias)",
        "PTV_High (name pattern)",
        "Both lungs.",
        "[1] Table 2",
        "Borderline: a limit lies inside the interval, too close to call.",
        "TPS 45.002 Gy",
        "50 Gy in 25 × 2 Gy",
        CITE,
        DISCLAIMER,
        "Nobody has reviewed this rule file yet",
        "ab" * 32,
        "2026-01-02 03:04 UTC",
        "rtcheck 0.1.0",
        "1.2.5",
        "ApprovalAPPROVED Plan date2024-01-02",
        "Child–Pugh A",
        "site-2020@arm-a",
    ):
        assert shown in page.text.replace("\u00a0", " "), shown


def test_the_table_is_a_table_for_those_who_hear_it() -> None:
    page = Page(write_html(full_report()))
    assert len(page.all("table")) == 6, "one for each outcome"
    assert all(table["aria-labelledby"] for table in page.all("table"))
    scopes = [th["scope"] for th in page.all("th")]
    assert scopes.count("col") == 6 * 7
    assert scopes.count("rowgroup") == 6
    assert page.all("html") == [{"lang": "en"}]
    assert next(a for a in page.all("svg") if a.get("role") == "img")["aria-label"]


def test_empty_parts_say_so() -> None:
    page = Page(write_html(report_of(curves=(), findings=(), checklist=())))
    assert "No goal was evaluated." in page.text
    assert "None can be drawn" in page.text
    assert "Findings in the input None." in page.text
    assert "Checklist" not in page.text


def test_findings_that_block_stand_first() -> None:
    text = unescape(write_html(full_report()))
    places = [text.index(word) for word in ("✗ blocks", "! warns", "i informs")]
    assert places == sorted(places)


def test_a_notebook_shows_the_table_without_style_or_script() -> None:
    report = hostile_report()
    text = report._repr_html_()
    assert text == write_notebook(report)
    page = Page(text)
    assert (page.faults, page.open) == ([], [])
    assert not {tag for tag, _ in page.elements} & {"script", "style", "img", "html"}
    assert len(page.all("tr")) == 1 + len(report.verdicts)
    assert "deviation unacceptable" in page.text


def test_a_notebook_says_which_goals_do_not_decide() -> None:
    report = report_of(KEPT, replace(BROKEN, required=False), overall=Outcome.PER_PROTOCOL)
    page = Page(write_notebook(report))
    assert "1 per protocol, 1 goals that do not decide (1 deviation unacceptable)" in page.text
    assert "✗ deviation unacceptabledoes not decide" in page.text
