"""The JSON contract of `rtcheck-report/1`: keys, types, unrounded numbers, no NaN."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from handmade import BROKEN, KEPT, UNSAID, full_report, hostile_report, report_of

from rtcheck.report.json_report import json_text, reports_as_dict, write_json
from rtcheck.verdict import Outcome

TEXT = {"type": "string"}
NUMBER = {"type": ["number", "null"]}
FLAG = {"type": "boolean"}
NULLABLE = {"type": ["string", "null"]}
OUTCOME = {"enum": [outcome.value for outcome in Outcome]}


def table(**properties: object) -> dict[str, object]:
    """Return the schema of an object that has at least these keys."""
    return {"type": "object", "required": list(properties), "properties": properties}


def rows(item: object) -> dict[str, object]:
    return {"type": "array", "items": item}


VERDICT = table(
    goal=TEXT,
    structure=TEXT,
    found=rows(table(roi_name=TEXT, roi_number={"type": "integer"}, matched_by=TEXT)),
    metric=TEXT,
    value=NUMBER,
    low=NUMBER,
    high=NUMBER,
    unit=TEXT,
    per_protocol=NULLABLE,
    acceptable=NULLABLE,
    outcome=OUTCOME,
    borderline=FLAG,
    reason=NULLABLE,
    margin=NUMBER,
    tps_value=NUMBER,
    required=FLAG,
    source={"type": "object"},
    note=TEXT,
)
REPORT = table(
    schema={"const": "rtcheck-report/1"},
    rtcheck=TEXT,
    overall=OUTCOME,
    exit_code={"enum": [0, 1, 3]},
    plan=table(
        rt_plan_label=TEXT,
        sop_instance_uids={"type": "object"},
        prescriptions=rows(table(name=TEXT, dose_gy={"type": "number"}, source=TEXT)),
        number_of_fractions_planned={"type": ["integer", "null"]},
    ),
    protocol=table(id=TEXT, version=TEXT, sha256=TEXT),
    settings={"type": "object"},
    findings=rows(table(code=TEXT, severity=TEXT, text=TEXT, where=TEXT)),
    verdicts=rows(VERDICT),
    checklist=rows(TEXT),
)


@pytest.mark.parametrize("report", [full_report(), hostile_report(), report_of()])
def test_the_keys_of_the_contract(report: object) -> None:
    validator = pytest.importorskip("jsonschema").Draft202012Validator(REPORT)
    document = json.loads(write_json(report))
    assert [error.message for error in validator.iter_errors(document)] == []


def test_verdicts_stand_in_the_protocols_order_with_unrounded_numbers() -> None:
    document = json.loads(write_json(full_report()))
    kept, _, broken, unsaid, *_ = document["verdicts"]
    assert kept["goal"] == "lung-v20"
    assert (kept["value"], kept["margin"], kept["unit"]) == (KEPT.value, KEPT.margin, "%")
    assert broken["value"] == BROKEN.value == 45.0000001
    assert unsaid["value"] is None
    assert (unsaid["low"], unsaid["high"]) == (UNSAID.low, UNSAID.high)
    assert unsaid["reason"] == "dose_does_not_cover"
    assert document["overall"] == "deviation_unacceptable"
    assert document["exit_code"] == 1
    assert sum(document["counts"].values()) == len(document["verdicts"]) == 6


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("key", ["value", "low", "high", "margin", "tps_value"])
def test_a_number_that_is_not_finite_is_refused(key: str, number: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(report_of(replace(KEPT, **{key: number})))


def test_text_outside_ascii_stands_as_it_is() -> None:
    assert '"Child–Pugh A"' in write_json(full_report())
    assert json_text({"a": "ש"}) == '{\n "a": "ש"\n}\n'


def test_several_reports_are_a_document_of_their_own() -> None:
    one = full_report()
    assert reports_as_dict([one])["schema"] == "rtcheck-report/1"
    entry = {"argument": 2, "error": "RTC-D001: nothing"}
    document = reports_as_dict([one], [entry])
    assert document["schema"] == "rtcheck-reports/1"
    assert document["unreadable"] == [entry]
    assert len(reports_as_dict([one, one])["reports"]) == 2
    assert reports_as_dict([], [entry])["reports"] == []
