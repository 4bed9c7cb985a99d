"""JUnit XML: red unless the exit code is 0, and nothing that a pipeline would count as well."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from handmade import (
    BROKEN,
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

from rtcheck.plan import Finding, Severity
from rtcheck.report import Report
from rtcheck.report.junit_report import write_junit, write_junit_of
from rtcheck.report.words import visible
from rtcheck.verdict import Outcome, Verdict, overall

RESULTS = ("failure", "error", "skipped")

ATTRIBUTES = {
    "testsuite": {
        *("name", "package", "id", "timestamp", "hostname", "tests", "failures", "errors"),
        *("skipped", "time"),
    },
    "testcase": {"classname", "name", "time"},
    "property": {"name", "value"},
    **{key: {"type", "message"} for key in RESULTS},
}
CHILDREN = {
    "testsuites": ["testsuite"],
    "testsuite": ["properties", "testcase", "system-out", "system-err"],
    "properties": ["property"],
    "testcase": list(RESULTS),
}
"""What both the schema of Jenkins' xUnit plugin (junit-10) and that of Ant allow, in its order."""


def suites(text: str) -> list[ET.Element]:
    """Return the suites of a document, having seen that both schemas would take it."""
    root = ET.fromstring(text)  # noqa: S314 - our own
    assert root.tag == "testsuites"
    for element in root.iter():
        allowed = CHILDREN.get(element.tag, [])
        order = [allowed.index(child.tag) for child in element]
        assert order == sorted(order), f"order in {element.tag}"
        assert set(element.attrib) == ATTRIBUTES.get(element.tag, set()), element.tag
        assert element.tag != "testcase" or len(element) <= 1
    for i, suite in enumerate(root):
        cases = suite.findall("testcase")
        assert suite.get("id") == str(i)
        assert suite.get("tests") == str(len(cases))
        for kind, key in zip(RESULTS, ("failures", "errors", "skipped"), strict=True):
            assert suite.get(key) == str(len(suite.findall(f"testcase/{kind}")))
    return list(root)


def results(report: Report) -> dict[str, str]:
    (suite,) = suites(write_junit(report))
    return {
        str(case.get("name")): case[0].tag if len(case) else "passed"
        for case in suite.findall("testcase")
    }


def is_red(report: Report) -> bool:
    return bool({"failure", "error"} & set(results(report).values()))


def judged(*verdicts: Verdict, findings: tuple[Finding, ...] = ()) -> Report:
    blocked = any(f.severity is Severity.BLOCKS and not f.is_about_roi for f in findings)
    outcome = overall(verdicts, blocked=blocked)
    return report_of(*verdicts, overall=outcome, findings=findings)


def test_each_outcome_has_its_result() -> None:
    assert results(full_report()) == {
        "overall outcome": "failure",
        "lung-v20": "passed",
        "ptv-d95 PTV_High": "passed",
        "cord-max": "failure",
        "heart-mean": "error",
        "ptv-schedule": "skipped",
        "bowel-d2cc": "skipped",
    }


BLOCK = Finding("DOSE_MISSING", Severity.BLOCKS, "there is no RT Dose; export it.", "RTPLAN.dcm")
SHOWN = replace(BROKEN, required=False)


@pytest.mark.parametrize(
    "report",
    [
        judged(KEPT),
        judged(KEPT, VARIED, REPORTED, NOT_MEANT),
        judged(KEPT, SHOWN),
        judged(KEPT, BROKEN),
        judged(KEPT, UNSAID),
        judged(KEPT, findings=(BLOCK,)),
        judged(),
        judged(REPORTED, NOT_MEANT),
        judged(SHOWN),
    ],
    ids=lambda report: f"{report.overall}-{len(report.verdicts)}",
)
def test_a_pipeline_is_red_exactly_when_the_exit_code_is_not_0(report: Report) -> None:
    assert is_red(report) == (report.exit_code != 0)


def test_nothing_evaluated_is_an_error_and_no_empty_suite() -> None:
    assert results(judged()) == {"overall outcome": "error"}


def test_what_blocks_the_plan_is_an_error_of_its_own() -> None:
    assert results(judged(KEPT, findings=(BLOCK,)))["DOSE_MISSING"] == "error"


def test_a_passing_suite_tells_what_is_too_close_to_call_and_what_was_found() -> None:
    (suite,) = suites(write_junit(full_report()))
    said = suite.findtext("system-out") or ""
    assert "ptv-d95 PTV_High: variation acceptable" in said
    assert "too close to call" in said
    assert "LINK_BY_FRAME" in said


def test_protocol_version_and_hash_are_properties() -> None:
    (suite,) = suites(write_junit(full_report()))
    about = {p.get("name"): p.get("value") for p in suite.iter("property")}
    assert about["protocol"] == "site-2020"
    assert about["protocol_version"] == "1.0.0"
    assert about["protocol_sha256"] == "ab" * 32
    assert suite.get("timestamp") == "2026-01-02T03:04:05", "Ant's schema knows no zone"


def test_a_date_in_another_zone_is_told_in_utc() -> None:
    report = replace(full_report(), created="2026-01-02T03:04:05+09:00")
    (suite,) = suites(write_junit(report))
    assert suite.get("timestamp") == "2026-01-01T18:04:05"


def test_an_input_that_could_not_be_read_is_an_error() -> None:
    read, unread = suites(write_junit_of([judged(KEPT)], [{"argument": 2, "error": "RTC-D001: x"}]))
    assert read.get("errors") == "0"
    assert unread.get("errors") == "1"
    assert unread.find("testcase/error") is not None


def test_hostile_names_are_text_and_nothing_else() -> None:
    text = write_junit(hostile_report())
    (suite,) = suites(text)
    groups = [case.get("classname") for case in suite.findall("testcase")][1:]
    assert groups == [visible(name) for name in HOSTILE]
    assert not any(ord(ch) < 32 and ch not in "\n" for ch in text), "no control character"
    assert Outcome.DEVIATION_UNACCEPTABLE.value in text
