"""Statistics of a cohort against figures worked out by hand or published."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from cohorts import long

from rtcheck.batch.choose import load_chooser
from rtcheck.batch.dataset import CURVES, PLANS, VERDICTS, write_tables
from rtcheck.batch.store import Store
from rtcheck.errors import ProtocolSyntaxError, UsageError
from rtcheck.report.cohort import Cohort, write_cohort_html
from rtcheck.report.cohort.statistics import Share, fences, quantile
from rtcheck.report.cohort.trend import trend_of

SPECIAL = "Café =1+1;=2 <script>alert(1)</script>"


def record(number: int, value: float, **changed: object) -> dict[str, object]:
    """Return the record of a plan as a batch keeps it: one goal, one curve."""
    outcome = "per_protocol" if value <= 30 else "deviation_unacceptable"
    plan = dict.fromkeys(PLANS) | {
        "plan": f"{number:016x}", "rt_plan_label": f"P{number}", "outcome": outcome,
        "exit_code": int(value > 30), "plan_date": f"20{20 + number % 5}-0{1 + number % 9}-01",
        "files": f"patient {number}/RTPLAN.dcm", "reports": f"reports/{number}/tiny.html",
    }  # fmt: skip
    verdict = dict.fromkeys(VERDICTS) | {
        "plan": plan["plan"], "protocol": "tiny", "protocol_version": "1.0.0", "goal": "lung-v20",
        "structure": "Lungs", "metric": "V20Gy[%]", "dose": "physical", "value": value,
        "low": value - 0.5, "high": value + 0.5, "unit": "%", "per_protocol": "<= 30 %",
        "outcome": outcome, "required": True, "borderline": abs(value - 30) < 0.5,
    }  # fmt: skip
    curve = dict.fromkeys(CURVES) | {
        "plan": plan["plan"], "role": "Lungs", "roi": "Lungs", "step_gy": 1.0,
        "volume_percent": [100.0, float(number % 5 * 10)],
    }  # fmt: skip
    kept = {"id": plan["plan"], "plan": plan, "verdicts": [verdict], "curves": [curve]}
    for key, value_ in changed.items():
        plan[key] = value_
    return kept


def cohort_of(folder: Path, records: list[dict[str, object]]) -> Cohort:
    store = Store(folder)
    for one in records:
        store.keep(one, {})
    write_tables(store, [str(one["id"]) for one in records])
    return Cohort.open(folder)


def test_wilson_intervals_are_the_published_ones() -> None:
    """Newcombe, Stat Med 1998;17:857, table I, method 3 (score, no continuity correction)."""
    for kept, of, low, high in (
        (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):  # fmt: skip
        assert Share(kept, of).low == pytest.approx(low, abs=5e-5)
        assert Share(kept, of).high == pytest.approx(high, abs=5e-5)
    assert (Share(29, 29).high, Share(0, 0).fraction) == (1.0, None)


def test_quartiles_and_fences_are_numpys() -> None:
    values = sorted([3.0, 1.0, 4.0, 1.5, 9.0, 2.6])
    low, high = np.percentile(values, [25, 75])
    assert quantile(values, 0.25) == pytest.approx(low, rel=1e-12)
    assert fences(values) == pytest.approx((low - 3 * (high - low), high + 3 * (high - low)))
    assert fences([1.0] * 9 + [2.0])[1] == np.inf


def test_counts_and_what_if_are_those_of_the_values(tmp_path: Path) -> None:
    values = [10.0, 20.0, 24.9, 25.0, 25.1, 29.0, 31.0, 40.0]
    cohort = cohort_of(tmp_path, [record(i, v) for i, v in enumerate(values)])
    (tally,) = cohort.tallies
    assert (tally.compliance.kept, tally.compliance.of) == (6, 8)
    asked = cohort.what_if("lung-v20 <= 25 %")
    assert (asked.now.kept, asked.now.of, len(asked.changed)) == (4, 8, 2)
    # 25.0 ± 0.5 and its neighbours hold the limit.
    assert len(asked.too_close) == 3
    assert cohort.what_if("lung-v20 < 25 %").now.kept == 3
    assert cohort.what_if("tiny:lung-v20 > 20 % and <= 29 %").now.kept == 4
    assert cohort.exit_code == 1


@pytest.mark.parametrize("question", ["v20 <= 3 %", "lung-v20 <= 3 Gy", "lung-v20", "<= 25 %"])
def test_a_question_that_means_nothing_is_refused(question: str, tmp_path: Path) -> None:
    cohort = cohort_of(tmp_path, [record(1, 20.0)])
    with pytest.raises(UsageError):
        cohort.what_if(question)


def test_what_was_not_evaluated_is_in_no_share_and_is_told_by_reason(tmp_path: Path) -> None:
    missing = record(2, 20.0)
    missing["verdicts"][0] |= {
        "value": None, "low": None, "high": None, "unit": "", "outcome": "not_evaluated",
        "reason": "structure_missing",
    }  # fmt: skip
    cohort = cohort_of(tmp_path, [missing, record(1, 20.0), record(3, 35.0)])
    (tally,) = cohort.tallies
    assert (tally.compliance.kept, tally.compliance.of) == (1, 2)
    assert tally.why_not() == [("structure_missing", 1)]
    assert cohort.what_if("lung-v20 <= 50 %").without_value == 1
    page = write_cohort_html(cohort)
    assert "no ROI of the plan has this role" in page


def test_a_goal_that_is_only_reported_has_its_values_drawn_and_no_share(tmp_path: Path) -> None:
    records = [record(i, 20.0 + i) for i in range(3)]
    for one in records:
        one["verdicts"][0] |= {"per_protocol": None, "outcome": "reported", "required": False}
    cohort = cohort_of(tmp_path, records)
    assert cohort.tallies[0].compliance.fraction is None
    page = write_cohort_html(cohort)
    assert "3 values from 20.0 % to 22.0 %; median 21.0 %" in page
    assert "reported only" in page
    assert cohort.what_if("lung-v20 <= 20.5 %").now.kept == 1
    assert cohort.what_if("lung-v20 <= 20.5 %").changed == ()


def test_outliers_lie_beyond_tukeys_outer_fences(tmp_path: Path) -> None:
    values = [20.0 + 0.1 * i for i in range(20)] + [2000.0]
    cohort = cohort_of(tmp_path, [record(i, v) for i, v in enumerate(values)])
    assert [m.value for m in cohort.tallies[0].outliers()] == [2000.0]


def test_population_dvhs_are_quartiles_at_each_dose(tmp_path: Path) -> None:
    cohort = cohort_of(tmp_path, [record(i, 20.0) for i in range(5)])
    (population,) = cohort.population()
    # At 1 Gy the five plans have 0, 10, 20, 30, 40 %; at 2 Gy none has any left.
    assert population.median_percent.tolist() == [100.0, 20.0, 0.0]
    assert population.lower_percent.tolist() == [100.0, 10.0, 0.0]
    assert population.upper_percent.tolist() == [100.0, 30.0, 0.0]
    assert population.dose_gy.tolist() == [0.0, 1.0, 2.0]


def test_periods_grow_where_there_would_be_too_many() -> None:
    plans = [
        {"plan_date": f"20{year}-{month:02}-01", "outcome": "per_protocol"}
        for year in (20, 21, 22)
        for month in range(1, 13)
    ]
    periods, undated = trend_of([*plans, {"plan_date": "", "outcome": "per_protocol"}])
    assert (len(periods), undated) == (12, 1)
    assert (periods[0].name, periods[0].share.of) == ("2020 Q1", 3)


def test_names_cannot_act_in_tables_or_page(tmp_path: Path) -> None:
    cohort = cohort_of(tmp_path, [record(1, 20.0, rt_plan_label=SPECIAL, error="=cmd|x")])
    assert cohort.plans[0]["rt_plan_label"] == SPECIAL
    assert cohort.plans[0]["error"] == "=cmd|x"
    raw = (tmp_path / "plans.csv").read_text(encoding="utf-8-sig")
    assert "'=cmd" in raw
    assert "<script>alert" not in write_cohort_html(cohort)


# In a browser ------------------------------------------------------------------------------------


CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if program is None:
        pytest.skip("there is no Chromium on the PATH: apt-get install chromium")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize("number", [300, pytest.param(10_000, marks=long)])
def test_the_page_opens_and_filters_in_under_three_seconds(
    number: int, tmp_path: Path, browser: object
) -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(26, 4, number)
    records = [record(i, float(v)) for i, v in enumerate(values)]
    for one in records:
        one["verdicts"] = [one["verdicts"][0] | {"goal": f"goal-{k}"} for k in range(12)]
    cohort = cohort_of(tmp_path, records)
    start = time.perf_counter()
    html = write_cohort_html(cohort)
    made_s = time.perf_counter() - start
    (tmp_path / "index.html").write_text(html, encoding="utf-8")
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    start = time.perf_counter()
    page.goto((tmp_path / "index.html").as_uri())
    page.wait_for_selector(".plans tbody tr")
    opened_s = time.perf_counter() - start
    start = time.perf_counter()
    page.select_option("select[name=outcome]", label="deviation unacceptable")
    page.fill("input[type=search]", "p12")
    rows = page.locator(".plans tbody tr")
    wanted = [i for i, v in enumerate(values) if v > 30 and "12" in f"p{i}"[1:3]]
    text = page.locator(".found").text_content()
    filtered_s = time.perf_counter() - start
    print(f"{number} plans: {len(html)} bytes made in {made_s:.1f} s, opened {opened_s:.2f} s, "
          f"filtered {filtered_s:.2f} s")  # fmt: skip
    assert text.startswith(f"{len(wanted)} of {number} plans")
    assert rows.count() == min(len(wanted), 100)
    assert opened_s + filtered_s < 3
    assert said == []


def test_the_page_can_be_read_on_a_telephone(tmp_path: Path, browser: object) -> None:
    records = [record(i, 20.0 + i) for i in range(30)]
    records[0]["verdicts"][0] |= {"value": None, "outcome": "not_evaluated", "reason": "no_dose"}
    unreadable = record(40, 20.0, error_code="FILE_UNREADABLE", rt_plan_label="", reports="",
                        outcome="not_evaluated")  # fmt: skip
    unreadable["verdicts"] = unreadable["curves"] = []
    html = write_cohort_html(cohort_of(tmp_path, [*records, unreadable]))
    (tmp_path / "index.html").write_text(html, encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto((tmp_path / "index.html").as_uri())
    page.wait_for_selector(".plans tbody tr")
    assert page.locator("h1").text_content() == "30 plans and 1 unreadable file"
    assert page.locator(".found").text_content() == "31 of 31 plans and files"
    assert page.locator(".plans tbody tr").last.text_content().startswith("RTPLAN.dcm")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("td.not_evaluated .why").first.bounding_box()["width"] > 200


# Choosing protocols ------------------------------------------------------------------------------


def test_rules_choose_by_label_structure_prescription_and_folder(tmp_path: Path) -> None:
    import cohorts

    import rtcheck

    cohorts.rules(tmp_path)
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[rule]]\nlabel = "p0000[01]"\nfolder = "lung/*"\nstructure = "spinal*"\n'
        'prescription = "50 Gy"\nfractions = 25\nprotocol = "tiny.toml"\n'
        '[[rule]]\nprescription = "60 Gy"\nprotocol = ["tiny.toml"]\n'
    )
    for folder, number in (("lung/a", 0), ("lung/b", 2), ("liver/c", 1)):
        cohorts.make(tmp_path / "in" / folder, number)
    results = rtcheck.check_many(tmp_path / "in", protocol_for=rules, date="2026-02-01")
    got = {r.label: (r.outcome, r.error) for r in results}
    assert got["P00000"] == ("per_protocol", "")
    for label in ("P00001", "P00002"):
        assert got[label][0] == "not_evaluated"
        assert "no rule of --protocol-for fits" in got[label][1]


@pytest.mark.parametrize(
    "text", ["", "[[rule]]\nlabel='x'", "[[rule]]\nprotocol='tiny.toml'\nlable='x'", "x = 1",
             "[[rule]]\nprotocol='tiny.toml'\nfractions=true"],
)  # fmt: skip
def test_rules_of_another_form_are_refused(text: str, tmp_path: Path) -> None:
    import cohorts

    cohorts.rules(tmp_path)
    (tmp_path / "rules.toml").write_text(text)
    with pytest.raises(ProtocolSyntaxError):
        load_chooser(tmp_path / "rules.toml")
