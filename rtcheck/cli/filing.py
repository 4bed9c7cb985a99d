"""Reports as files: which formats were asked for, where they go, and what they must not replace."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rtcheck.cli.inputs import protect_inputs
from rtcheck.cli.options import output_option
from rtcheck.cli.output import STDOUT, check_targets, deliver
from rtcheck.errors import UsageError

if TYPE_CHECKING:
    from rtcheck.report import Report

FORMATS = {
    "json": "the report with every number unrounded",
    "html": "the report as one self-contained page; several plans: one file each",
    "pdf": "the same page on A4 (needs pip install 'rtcheck[pdf]'); several plans: one file each",
    "csv": "one row a verdict, all plans in one table",
    "xlsx": "the same as an Excel workbook, with findings and provenance (needs pip install "
    "'rtcheck[xlsx]')",
    "junit": "JUnit XML for a pipeline: red unless the exit code is 0",
    "md": "Markdown for a ticket",
    "dicom-pdf": "the PDF as DICOM in the plan's own study; several plans: one file each",
}
"""What can be asked for, and the help of its option."""

_A_FILE_EACH = ("html", "pdf", "dicom-pdf")
_NEEDS_WEASYPRINT = ("pdf", "dicom-pdf")


def format_options(command: Any) -> Any:
    """Add the options of all formats to a command, which takes them as keyword arguments."""
    for name, what in reversed(FORMATS.items()):
        command = output_option(f"--{name}", what)(command)
    return command


@dataclass
class Filing:
    """The formats that were asked for.

    Parameters
    ----------
    targets : mapping of str to str
        Format to file name; ``-`` is standard output.
    dicom : list of bytes
        The DICOM file of each report, made while its plan is at hand.
    """

    targets: Mapping[str, str]
    dicom: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, given: Mapping[str, str | None]) -> Filing:
        """Return the formats that the arguments of a command ask for."""
        named = {name.removesuffix("_to").replace("_", "-"): to for name, to in given.items()}
        return cls({name: to for name, to in named.items() if to is not None})

    def __contains__(self, name: str) -> bool:
        return name in self.targets

    @property
    def shows_pictures(self) -> bool:
        """Return whether a format was asked for that shows pictures of the plan."""
        return any(name in self for name in _A_FILE_EACH)

    def prepare(self, inputs: Sequence[str], *, anonymize: bool) -> TextIO:
        """Return the stream for human text, having refused what could not be done at the end.

        Raises
        ------
        UsageError
            If a file cannot be written there or is an input, an extra is not installed, or a
            format cannot be had without naming the patient.
        """
        people = check_targets({f"--{name}": to for name, to in self.targets.items()}, inputs)
        if anonymize and "dicom-pdf" in self:
            raise UsageError(
                "--dicom-pdf with --anonymize: a DICOM file is filed by patient and study",
                expected="one of them",
                hint="--pdf gives the document alone",
            )
        if any(name in self for name in _NEEDS_WEASYPRINT):
            from rtcheck.report.pdf_report import require_weasyprint

            require_weasyprint()
        if "xlsx" in self:
            from rtcheck.report.xlsx_report import require_xlsxwriter

            require_xlsxwriter()
        return people

    def write(
        self, reports: Sequence[Report], unread: Sequence[Mapping[str, object]], exit_code: int,
        inputs: Sequence[str],
    ) -> None:  # fmt: skip
        """Write every format.

        Parameters
        ----------
        reports : sequence of Report
            In the order they were made.
        unread : sequence of mapping
            Inputs no report could be made of; see `json_report.reports_as_dict`.
        exit_code : int
            Of the run.
        inputs : sequence of str
            What no file may replace.
        """
        for name, target in self.targets.items():
            if name not in _A_FILE_EACH:
                deliver(target, _together(name, reports, unread, exit_code))
                continue
            contents = self.dicom if name == "dicom-pdf" else [_alone(name, r) for r in reports]
            for to, content in zip(places(name, target, reports), contents, strict=True):
                if to != STDOUT:
                    protect_inputs(to, inputs)
                deliver(to, content)


def _alone(name: str, report: Report) -> str | bytes:
    from rtcheck.report.html_report import write_html
    from rtcheck.report.pdf_report import write_pdf

    return write_pdf(report) if name == "pdf" else write_html(report)


def _together(
    name: str, reports: Sequence[Report], unread: Sequence[Mapping[str, object]], exit_code: int
) -> str | bytes:
    if name == "json":
        from rtcheck.report.json_report import json_text, reports_as_dict

        return json_text({**reports_as_dict(reports, unread), "exit_code": exit_code})
    if name == "csv":
        from rtcheck.report.csv_report import write_csv_of

        return write_csv_of(reports, unread)
    if name == "xlsx":
        from rtcheck.report.xlsx_report import write_xlsx_of

        return write_xlsx_of(reports, unread)
    if name == "junit":
        from rtcheck.report.junit_report import write_junit_of

        return write_junit_of(reports, unread)
    from rtcheck.report.markdown_report import write_markdown_of

    return write_markdown_of(reports, unread)


def places(name: str, target: str, reports: Sequence[Report]) -> list[str]:
    """Return a file name for each report: several get the plan's label (and protocol) added.

    Raises
    ------
    UsageError
        If several documents would go to standard output.
    """
    if len(reports) == 1:
        return [target]
    if target == STDOUT and reports:
        raise UsageError(
            f"{len(reports)} reports on standard output",
            where=f"--{name}",
            expected="a file name; each plan gets its own",
        )
    path = Path(target)
    several_protocols = len({report.protocol.id for report in reports}) > 1
    names: list[str] = []
    for report in reports:
        words = [report.plan.rt_plan_label or "plan"]
        words += [report.protocol.id] if several_protocols else []
        safe = re.sub(r"[^A-Za-z0-9.-]+", "_", "-".join(words)).strip("._") or "plan"
        one = f"{path.stem}-{safe}"
        twins = sum(other == one or other.startswith(f"{one}~") for other in names)
        names.append(f"{one}~{twins + 1}" if twins else one)
    return [str(path.with_name(one + path.suffix)) for one in names]
