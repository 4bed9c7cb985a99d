"""The Report as JUnit XML: a pipeline is green exactly when the exit code is 0."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rtcheck.errors import UsageError
from rtcheck.plan import Severity
from rtcheck.report import words
from rtcheck.report.dates import moment_of
from rtcheck.report.record import Report
from rtcheck.verdict import Outcome, Verdict

PASSED, FAILURE, ERROR, SKIPPED = "", "failure", "error", "skipped"

RESULTS = {
    Outcome.PER_PROTOCOL: PASSED,
    Outcome.VARIATION_ACCEPTABLE: PASSED,
    Outcome.DEVIATION_UNACCEPTABLE: FAILURE,
    Outcome.NOT_EVALUATED: ERROR,
    Outcome.REPORTED: SKIPPED,
    Outcome.NOT_APPLICABLE: SKIPPED,
}
"""Not evaluated is an error: pipelines count what is skipped as well done."""


@dataclass(frozen=True)
class Case:
    """One test case.

    Parameters
    ----------
    group, name : str
        Structure and goal.
    result : str
        `PASSED`, `FAILURE`, `ERROR` or `SKIPPED`.
    kind, message, text : str
        The outcome, one line on it, and all there is to say.
    """

    group: str
    name: str
    result: str
    kind: str = ""
    message: str = ""
    text: str = ""


def write_junit(report: Report) -> str:
    """Return the report as JUnit XML."""
    return write_junit_of([report])


def write_junit_of(
    reports: Sequence[Report], unreadable: Sequence[Mapping[str, object]] = ()
) -> str:
    """Return several reports as JUnit XML, a test suite each.

    An input no report could be made of is a suite whose one case is an error; see
    `json_report.reports_as_dict`.

    Notes
    -----
    A suite has a case for the overall outcome, one for each finding that blocks the plan, and one
    for each goal. Goals that do not decide are skipped whatever they came to, as they do not
    change the exit code either; their outcome is the message.
    """
    root = ET.Element("testsuites")
    for report in reports:
        p = report.protocol
        about = {
            "rtcheck": report.rtcheck_version,
            "protocol": p.id,
            "protocol_version": p.version,
            "protocol_status": p.status,
            "protocol_sha256": p.sha256,
            "variant": p.variant,
            "overall": report.overall.value,
            "exit_code": str(report.exit_code),
        }
        for key, uids in report.plan.sop_instance_uids.items():
            several = uids if isinstance(uids, list | tuple) else [uids]
            about[f"{key}_uid"] = ", ".join(map(str, several))
        name = f"{report.plan.rt_plan_label or 'plan without a label'}: {p.id}"
        _add_suite(root, name, report.created, about, list(_cases(report)), _remarks(report))
    created = reports[0].created if reports else "1970-01-01"
    for entry in unreadable:
        case = Case("rtcheck", "input", ERROR, "not_evaluated", str(entry["error"]))
        _add_suite(root, f"argument {entry['argument']}", created, {}, [case], "")
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _cases(report: Report) -> Iterator[Case]:
    said = words.headline(report)
    result = RESULTS[report.overall]
    yield Case("rtcheck", "overall outcome", result, report.overall.value, said, said)
    for finding in report.findings:
        if finding.severity is Severity.BLOCKS and not finding.is_about_roi:
            text = f"{finding.where}: {finding.text}" if finding.where else finding.text
            yield Case("rtcheck.findings", finding.code, ERROR, finding.code, text, text)
    for verdict in report.verdicts:
        yield _case(verdict)


def _case(v: Verdict) -> Case:
    row = words.row_of(v)
    result = RESULTS[v.outcome] if v.required else SKIPPED
    limit = "; ".join(f"{tier} {text}" for tier, text in row.limits)
    measured = " ".join(filter(None, (row.value, row.interval)))
    measured = f"{row.metric} = {measured}" if measured else row.metric
    message = ", ".join(filter(None, (row.word, measured, limit, row.why)))
    lines = [
        message,
        f"found: {row.found}" if row.found else "",
        *row.remarks,
        f"to do: {row.advice}" if row.advice else "",
        row.source,
    ]
    name = f"{v.goal} {v.roi}" if v.roi else v.goal
    text = "\n".join(words.visible(line) for line in lines if line)
    return Case(v.structure or "plan", name, result, v.outcome.value, message, text)


def _remarks(report: Report) -> str:
    """Return what the two schemas give a passing case no place for, and findings."""
    lines = [words.headline(report)]
    for finding in words.findings_in_order(report.findings):
        where = f"{finding.where}: " if finding.where else ""
        lines.append(f"{finding.severity.value}: {finding.code}: {where}{finding.text}")
    for v in report.in_display_order():
        case = _case(v)
        found = f", found: {words.found_text(v)}" if v.found else ""
        close = ", too close to call" if v.borderline else ""
        lines.append(f"{case.name}: {case.message}{found}{close}")
    lines += [f"{e.goal}: {e.words()} {e.least_change}" for e in report.evidence]
    lines += [f"for a person to sign: {item}" for item in report.checklist]
    return "\n".join(map(words.visible, lines))


def _add_suite(
    root: ET.Element,
    name: str,
    created: str,
    about: Mapping[str, str],
    cases: Sequence[Case],
    remarks: str,
) -> None:
    counts = [sum(case.result == kind for case in cases) for kind in (FAILURE, ERROR, SKIPPED)]
    suite = ET.SubElement(
        root,
        "testsuite",
        name=words.visible(name),
        package="rtcheck",
        id=str(len(root)),
        timestamp=_timestamp(created),
        hostname="localhost",
        tests=str(len(cases)),
        failures=str(counts[0]),
        errors=str(counts[1]),
        skipped=str(counts[2]),
        time="0",
    )
    properties = ET.SubElement(suite, "properties")
    for key, value in about.items():
        ET.SubElement(properties, "property", name=key, value=words.visible(value))
    for case in cases:
        names = {"classname": words.visible(case.group), "name": words.visible(case.name)}
        element = ET.SubElement(suite, "testcase", {**names, "time": "0"})
        if case.result != PASSED:
            message = words.visible(case.message)
            said = ET.SubElement(element, case.result, type=case.kind, message=message)
            said.text = case.text if case.result != SKIPPED else None
    ET.SubElement(suite, "system-out").text = remarks
    ET.SubElement(suite, "system-err")


def _timestamp(created: str) -> str:
    """Return a date as the schema of Ant has it: to the second, without a zone."""
    try:
        return f"{moment_of(created):%Y-%m-%dT%H:%M:%S}"
    except UsageError:
        return "1970-01-01T00:00:00"
