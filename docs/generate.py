"""Writes the reference pages from the program itself, so that text lives once.

python docs/generate.py            # writes docs/reference/*.md
python docs/generate.py --check    # exit code 1 if a page is not what the program says
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from rtcheck.cli.main import main as command_line
from rtcheck.dicom.codes import CODES
from rtcheck.errors import REASON_SENTENCES, RtcheckError
from rtcheck.gate import GATE_CODES
from rtcheck.metrics import FAMILIES
from rtcheck.plan import Severity
from rtcheck.report.advice import ADVICE
from rtcheck.report.words import GEOMETRY_WORDS

FOLDER = Path(__file__).parent / "reference"
HEAD = "<!-- Written by docs/generate.py from the program. Change it there. -->\n\n"

LATER_FINDINGS = {
    "CONTOUR_SLICES_BRIDGED": (
        Severity.WARNS,
        "a slice is missing, up to twice the spacing: the structure goes on through it",
    ),
    "CONTOUR_SLICES_SPLIT": (
        Severity.WARNS,
        "more is missing than that: the structure ends and begins again",
    ),
    "CONTOUR_SPACING_CHANGES": (
        Severity.INFORMS,
        "the slices are spaced otherwise from some height on: both spacings are taken as drawn",
    ),
    "TARGET_NOT_CHECKED": (
        Severity.WARNS,
        "an ROI of type PTV, CTV or GTV, or with a prescription, has no role in the protocol",
    ),
    "CONTOUR_SINGLE_PLANE": (
        Severity.INFORMS,
        "drawn on one plane: its thickness is the spacing of the other ROIs",
    ),
    "CONTOURS_DOUBLED": (
        Severity.WARNS,
        "a contour is drawn twice on its plane, and counts once",
    ),
    "CONTOURS_CROSS": (
        Severity.WARNS,
        "contours of one plane cross: their overlap is outside by the even-odd rule; join them",
    ),
    "STRUCTURE_THIN": (
        Severity.WARNS,
        "a wall about as thin as the sampling: its volume and doses may be wrong by some percent",
    ),
    "TPS_DVH_DIFFERS": (
        Severity.WARNS,
        "the planning system's own DVH says otherwise, beyond the tolerance of decision 0012",
    ),
    "TPS_DVH_VOLUME_DIFFERS": (
        Severity.WARNS,
        "that DVH is of quite another volume: most likely of another version of the structure",
    ),
    "SECOND_ENGINE_DIFFERS": (
        Severity.INFORMS,
        "the engine asked with `--second-engine` says otherwise, beyond the same tolerance",
    ),
    "SECOND_OPINION_FAILED": (
        Severity.WARNS,
        "a second opinion could not be taken: a fault of rtcheck; the value itself stands",
    ),
    "PRESCRIPTION_OVERRULED": (Severity.WARNS, "`--rx` differs from the export, and is used"),
    "EVIDENCE_MISSING": (
        Severity.INFORMS,
        "where a goal is violated cannot be said: a fault of rtcheck; the verdict itself stands",
    ),
    "PICTURES_LIMITED": (
        Severity.INFORMS,
        "more planes are worth a look than a report shows: look at them in the planning system",
    ),
    "PICTURE_MISSING": (
        Severity.INFORMS,
        "a plane cannot be drawn: a fault of rtcheck; no verdict hangs on it",
    ),
}
"""Findings that arise after reading."""


def metrics_page() -> str:
    """Return the page of the metric families."""
    parts = [
        "# Metrics\n\nNotation as in AAPM TG-263. The unit of the answer in brackets is part of the"
        " name. How they are written in rules: [protocols](../protocols.md#metrics).\n"
    ]
    for family in FAMILIES:
        text = inspect.cleandoc(family.__doc__ or "")
        first, _, rest = text.partition("\n\n")
        parts.append(f"## {family.family}: `{family.notation}`\n\n{_joined(first)}\n")
        if family.definition:
            parts.append(f"Definition printed with the value: {family.definition}.\n")
        for title, body in _sections(rest):
            if title in ("Notes", "References"):
                parts.append(f"{title}: {_joined(body)}\n")
    return "\n".join(parts)


def _sections(text: str) -> Iterator[tuple[str, str]]:
    parts = re.split(r"^(\w+)\n-+\n", text, flags=re.MULTILINE)
    yield from zip(parts[1::2], (body.strip() for body in parts[2::2]), strict=True)


def _joined(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text.strip()).replace("``", "`")


def findings_page() -> str:
    """Return the page of the findings, the gravest first."""
    lines = [
        "# Findings\n\nWhat is wrong or doubtful in the input, in every report.\n\n"
        "- **blocks**: what depends on the faulty part is NOT EVALUATED\n"
        "- **warns**: judged, but a person must look\n- **informs**: worth knowing\n"
    ]
    table = CODES | GATE_CODES
    for severity in Severity:
        rows = [c for c in table if table[c][0] is severity]
        lines.append(f"## {severity}\n\n| code | what to do |\n|---|---|")
        lines += [f"| `{code}` | {table[code][1]} |" for code in rows]
        lines.append("")
    lines.append("## After reading\n\n| code | severity | |\n|---|---|---|")
    lines += [f"| `{code}` | {s} | {text} |" for code, (s, text) in LATER_FINDINGS.items()]
    return "\n".join(lines) + "\n"


def errors_page() -> str:
    """Return the page of the errors and of the reasons why something is not evaluated."""
    lines = [
        "# Errors and reasons\n\n## Errors\n\nWhat ends a run, with the exit code.\n",
        "| code | exit code | |\n|---|---|---|",
    ]
    kinds = [RtcheckError]
    for kind in kinds:
        kinds += [k for k in kind.__subclasses__() if k.__module__ == "rtcheck.errors"]
    for kind in sorted(kinds[1:], key=lambda k: k.code):
        if kind.__name__ != "CannotSay":
            summary = (kind.__doc__ or "").splitlines()[0]
            lines.append(f"| {kind.code} | {kind.exit_code} | {summary} |")
    lines.append(
        "\n## Reasons\n\nWhy a goal is NOT EVALUATED.\n\n| reason | | what to do |\n|---|---|---|"
    )
    lines += [f"| `{r}` | {text} | {ADVICE[r]} |" for r, text in REASON_SENTENCES.items()]
    return "\n".join(lines) + "\n"


def geometry_page() -> str:
    """Return the page of the geometry models."""
    lines = ["# Geometry models\n\n`--geometry NAME`; printed on every report.\n"]
    lines.append("| name | |\n|---|---|")
    lines += [f"| `{name}` | {words} |" for name, words in GEOMETRY_WORDS.items()]
    lines.append("\nWhy these: [decision 0001](../decisions/0001-geometry-model.md).")
    return "\n".join(lines) + "\n"


def command_page() -> str:
    """Return the page of the command line: every help text."""
    parts = ["# Command line\n"]
    for path, command in _commands("rtcheck", command_line):
        settings = {**command_line.context_settings, "max_content_width": 80}
        with click.Context(command, info_name=path, **settings) as context:
            parts.append(f"## {path}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def _commands(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for name in command.list_commands(context):
                sub = command.get_command(context, name)
                if sub is not None and not sub.hidden:
                    yield from _commands(f"{path} {name}", sub)


PAGES = {
    "metrics.md": metrics_page,
    "findings.md": findings_page,
    "errors.md": errors_page,
    "geometry.md": geometry_page,
    "command-line.md": command_page,
}


def stale_pages() -> list[str]:
    """Return the pages that are not what the program says."""
    return [name for name, page in PAGES.items() if _stored(FOLDER / name) != HEAD + page()]


def _stored(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def run(arguments: list[str]) -> int:
    """Write the pages, or check them."""
    if "--check" in arguments:
        stale = stale_pages()
        for name in stale:
            print(f"docs/reference/{name} is not current: run python docs/generate.py")  # noqa: T201
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(HEAD + page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(run(sys.argv[1:]))
