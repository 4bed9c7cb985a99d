"""The published JSON Schema says what is written, and what is written is what it says."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from handmade import full_report, hostile_report
from rivals import handmade_comparison, hostile_comparison

from rtcheck.errors import Reason
from rtcheck.report import Report
from rtcheck.report.comparison import Comparison
from rtcheck.report.comparison.record import Change, Doubt, Size
from rtcheck.report.comparison.tables import comparison_as_dict, comparison_schema
from rtcheck.report.json_report import report_as_dict, report_schema, reports_as_dict
from rtcheck.report.record import Picture
from rtcheck.verdict import Evidence, Outcome

jsonschema = pytest.importorskip("jsonschema")


def strict(schema: Any) -> Any:
    """Return the schema with no other key allowed: in the tests, a key must be published."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(part) for key, part in schema.items()}
    if "properties" in schema and isinstance(schema["properties"], dict) and "type" in schema:
        closed.setdefault("additionalProperties", False)
    return closed


def validate(document: object) -> None:
    written = json.loads(json.dumps(document, allow_nan=False))
    validator = jsonschema.Draft202012Validator(strict(report_schema()))
    assert [f"{e.json_path}: {e.message}" for e in validator.iter_errors(written)] == []


def with_everything() -> Report:
    evidence = Evidence(
        "cord-max", "", 1.5, (1.0, 2.0, 3.0), (0.0, 6.0), 3, (("PTV", 0.5),), "to keep it, less"
    )
    picture = Picture("Axial plane", "A plane.", "<svg/>", ("cord-max",))
    return replace(full_report(), evidence=(evidence,), pictures=(picture,))


def test_the_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(report_schema())


@pytest.mark.parametrize("report", [full_report(), hostile_report(), with_everything()])
def test_every_key_that_is_written_is_published(report: Report) -> None:
    validate(report_as_dict(report))


def test_several_reports_are_of_the_schema_too() -> None:
    several = reports_as_dict([full_report()], [{"argument": 2, "error": "RTC-D001: nothing"}])
    validate({**several, "exit_code": 1})


@pytest.mark.parametrize("comparison", [handmade_comparison(), hostile_comparison()])
def test_every_key_of_a_comparison_is_published(comparison: Comparison) -> None:
    schema = comparison_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    written = json.loads(json.dumps(comparison_as_dict(comparison), allow_nan=False))
    validator = jsonschema.Draft202012Validator(strict(schema))
    assert [f"{e.json_path}: {e.message}" for e in validator.iter_errors(written)] == []


def test_words_of_a_comparison_are_those_of_the_program() -> None:
    standing: Any = comparison_schema()["$defs"]
    standing = standing["standing"]["properties"]
    assert standing["size"]["enum"] == [*(s.value for s in Size), None]
    assert standing["change"]["enum"] == [*(c.value for c in Change), None]
    assert standing["doubts"]["items"]["enum"] == [d.value for d in Doubt]


def test_outcomes_and_reasons_are_those_of_the_program() -> None:
    definitions = report_schema()["$defs"]
    assert isinstance(definitions, dict)
    assert definitions["outcome"]["enum"] == [o.value for o in Outcome]
    assert definitions["reason"]["enum"] == [r.value for r in Reason]


@pytest.mark.parametrize(
    ("key", "value"), [("overall", "passed"), ("exit_code", 2), ("verdicts", None), ("created", 5)]
)
def test_what_is_not_of_the_schema_is_refused(key: str, value: object) -> None:
    document = deepcopy(report_as_dict(full_report()))
    document[key] = value
    assert list(jsonschema.Draft202012Validator(report_schema()).iter_errors(document))
