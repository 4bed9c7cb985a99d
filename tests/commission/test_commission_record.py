"""The commissioning record: what it says, that it is the same each time, and when it says no."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from rtcheck.commission import Commission, record, run_commission
from rtcheck.commission.cases import CaseClass, PlanCase
from rtcheck.commission.checks import prism_check
from rtcheck.commission.html_record import write_commission_html
from rtcheck.commission.json_record import write_commission_json
from rtcheck.commission.text_record import commission_layout
from rtcheck.commission.words import check_found, check_limit, held_text
from rtcheck.errors import UsageError
from rtcheck.metrics import Measurement
from rtcheck.open_plan import Region
from rtcheck.report.layout import plain_text

TINY = (
    PlanCase("gradient SI", 2.0, 0.31, 2.5, (0.1, 0.6, 0.3), ("sphere 12 mm", "axial cone")),
    PlanCase("Gaussian 9 mm", 3.0, 0.7, 3.0, (0.4, 0.2, 0.8), ("sphere 6 mm", "sphere 3 mm")),
)
DATE = "2026-02-01"


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run two plans instead of the suite, and one of the exact checks."""
    monkeypatch.setattr(record, "quick_suite", lambda: TINY)
    monkeypatch.setattr(record, "exact_checks", lambda geometry, quick: iter([prism_check()]))


@pytest.fixture(scope="module")
def made() -> Commission:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record, "quick_suite", lambda: TINY)
        patch.setattr(record, "exact_checks", lambda geometry, quick: iter([prism_check()]))
        return run_commission(quick=True, created=DATE)


def test_the_classes_are_those_of_the_cases(made: Commission) -> None:
    found = {(c.body, c.case_class) for c in made.comparisons}
    assert found == {
        ("sphere 12 mm", CaseClass.FULL),
        ("axial cone", CaseClass.FLAT_ENDS),
        ("sphere 6 mm", CaseClass.COARSE_GRID),
        ("sphere 3 mm", CaseClass.FEW_CONTOURS),
    }
    assert (made.plans_run, made.bodies_run) == (2, 4)


def test_a_sphere_of_twelve_millimetres_is_in_tolerance(made: Commission) -> None:
    rows = [row for row in made.rows if row.case_class is CaseClass.FULL]
    assert len(rows) == 4
    for row in rows:
        assert row.in_tolerance, row
        assert row.mean <= row.p95 <= row.worst == abs(row.worst_cases[0].error or 0)


def test_only_the_full_class_has_tolerances(made: Commission) -> None:
    for row in made.rows:
        assert (row.tolerance is not None) is (row.case_class is CaseClass.FULL)
        assert (row.in_tolerance is None) is (row.tolerance is None)


def test_a_body_too_small_for_one_cc_gets_no_number(made: Commission) -> None:
    asked = [c for c in made.comparisons if c.figure.truth is None]
    # 0.9 cc is too near to 1 cc to be asked; 0.1 cc is not.
    assert {(c.body, c.figure.metric) for c in asked} == {("sphere 3 mm", "D1cc[Gy]")}
    assert all(c.value is None and c.reason for c in asked)
    undefined = next(check for check in made.checks if check.name == "undefined")
    assert (undefined.found, undefined.count) == (0, 1)


def test_the_same_run_gives_the_same_record(made: Commission, tiny: None) -> None:
    again = run_commission(quick=True, created=DATE)
    assert write_commission_json(again) == write_commission_json(made)
    assert write_commission_html(again) == write_commission_html(made)
    other_day = run_commission(quick=True, created="2026-02-02")
    assert replace(other_day, created=DATE, comparisons=made.comparisons) == replace(
        made, rows=other_day.rows
    )


@pytest.mark.usefixtures("tiny")
def test_an_engine_that_is_wrong_by_five_percent_is_out_of_tolerance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = Region.measure

    def wrong(self: Region, metric: str) -> Measurement:
        m = right(self, metric)
        if m.value is None or metric == "Volume[cc]":
            return m
        return replace(m, value=m.value * 1.05, low=m.value * 1.049, high=m.value * 1.051)

    monkeypatch.setattr(Region, "measure", wrong)
    said = run_commission(quick=True, created=DATE)
    assert said.exit_code == 1
    assert not said.in_tolerance
    out = {row.group for row in said.rows if row.in_tolerance is False}
    assert "mean dose, Dx%, Dxcc" in out
    assert "volume" not in out
    assert next(check for check in said.checks if check.name == "intervals").in_tolerance is False
    text = plain_text(commission_layout(said))
    assert text.startswith("✗ OUT OF TOLERANCE.")
    assert "✗ out of tolerance" in text


@pytest.mark.usefixtures("tiny")
def test_a_number_where_there_is_none_is_out_of_tolerance(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Region.measure

    def invented(self: Region, metric: str) -> Measurement:
        m = right(self, metric)
        return replace(m, value=0.0, low=0.0, high=0.0) if metric == "D1cc[Gy]" else m

    monkeypatch.setattr(Region, "measure", invented)
    checks = {check.name: check for check in run_commission(quick=True, created=DATE).checks}
    assert checks["undefined"].found == 1
    assert "sphere 3 mm" in checks["undefined"].where
    assert not checks["undefined"].in_tolerance


@pytest.mark.usefixtures("tiny")
def test_a_value_that_is_not_given_is_out_of_tolerance(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Region.measure

    def silent(self: Region, metric: str) -> Measurement:
        m = right(self, metric)
        return replace(m, value=None, low=None, high=None) if metric == "Mean[Gy]" else m

    monkeypatch.setattr(Region, "measure", silent)
    made = run_commission(quick=True, created=DATE)
    missing = next(check for check in made.checks if check.name == "missing")
    assert missing.found == 1
    assert not missing.in_tolerance


def test_json_has_the_keys_of_its_schema(made: Commission) -> None:
    text = write_commission_json(made)
    content = json.loads(text)
    assert content["schema"] == "rtcheck-commission/1"
    assert {"rtcheck", "created", "in_tolerance", "exit_code", "settings", "versions"} <= set(
        content
    )
    assert content["created"] == DATE
    assert set(content["sha256"]) == {"rtcheck_source", "phantom_files"}
    assert all(re.fullmatch("[0-9a-f]{64}", h) for h in content["sha256"].values())
    assert {"python", "numpy", "scipy", "pydicom", "platform"} <= set(content["versions"])
    assert len(content["cases"]) == 4
    metric = content["cases"][0]["metrics"][0]
    assert set(metric) == {
        "metric", "value", "low", "high", "unit", "truth", "error", "interval_contains_truth",
        "reason",
    }  # fmt: skip
    assert {row["class"] for row in content["acceptance"]} == {str(c) for c in CaseClass}
    assert "NaN" not in text
    assert "Infinity" not in text


def test_html_asks_for_nothing_and_can_be_signed(made: Commission) -> None:
    page = write_commission_html(made)
    assert page.startswith("<!doctype html>")
    assert not re.search(r"<(script|link|img|iframe|object)\b|https?://|@import|url\(", page)
    assert "default-src 'none'" in page
    assert "<span>Signature</span>" in page
    for digest in made.sha256.values():
        assert digest in page
    for row in made.rows:
        assert row.worst_cases[0].case in page or row.case_class is not CaseClass.FULL
    assert "@page" in page
    assert "prefers-color-scheme: dark" in page


def test_text_names_figures_tolerances_and_worst_cases(made: Commission) -> None:
    text = plain_text(commission_layout(made))
    assert "Quick suite: 4 bodies in 2 plans" in text
    assert "≤ 1.1" in text
    assert "sphere 12 mm: gradient SI" in text.replace("\n", " ")
    assert made.sha256["phantom_files"] in text
    assert max(map(len, text.splitlines())) <= 80


def test_an_unknown_geometry_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="geometry 'cubic'"):
        run_commission("cubic", created=DATE)


def test_a_figure_is_printed_on_its_side_of_the_limit(made: Commission) -> None:
    assert held_text(3.0000001, 3.0) == "3.0000001"
    assert held_text(3.0, 3.0) == "3.00"
    prism = next(check for check in made.checks if check.name == "prism")
    assert check_limit(prism) == "≤ 1e-6 relative"
    assert float(check_found(prism)) <= 1e-6
