"""Limits on the command line: taken by every command that reads an export, and refused by name."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
from bodies import UniformDose, box, written
from click.testing import CliRunner

from rtcheck.cli.main import main
from rtcheck.dicom.limits import DEFAULT_LIMITS, Limits
from rtcheck.errors import UsageError

NAMES = [field.name for field in fields(Limits)]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("limits")
    return Path(written(folder / "plan", {"PTV": box((20, 20, 20))}, UniformDose(50.0)))


def ran(*arguments: str) -> tuple[int, str]:
    """Return exit code and output of a command line."""
    done = CliRunner().invoke(main, arguments)
    return done.exit_code, done.output


def test_every_limit_can_be_given_and_keeps_the_others() -> None:
    for name in NAMES:
        limits = Limits.of([f"{name}=7"])
        assert getattr(limits, name) == 7
        others = [n for n in NAMES if n != name]
        assert [getattr(limits, n) for n in others] == [getattr(DEFAULT_LIMITS, n) for n in others]


@pytest.mark.parametrize(
    "given",
    ["file=1", "files", "files=", "files=0", "files=-1", "files=2.5", "files=1e3", "files=1_000",
     "files=2 GB", "files=٣", "=3", "", "files=99999999999999999999"],
)  # fmt: skip
def test_what_is_no_limit_is_refused_in_words_that_help(given: str) -> None:
    with pytest.raises(UsageError) as refused:
        Limits.of([given])
    said = str(refused.value)
    named = given.partition("=")[0]
    assert "files=2000000" in said if named == "files" else all(name in said for name in NAMES)


def test_a_limit_given_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="files given twice"):
        Limits.of(["files=1", "files=2"])


@pytest.mark.parametrize("command", ["check", "compare", "dvh", "inspect"])
def test_every_command_that_reads_an_export_takes_limits(command: str, export: Path) -> None:
    rules = ["-p", "sun-2016-hcc-lung-mets"] if command in ("check", "compare") else []
    code, said = ran(command, str(export), *rules, "--limit", "file=3")
    assert code == 2
    assert "RTC-U001" in said
    assert "dose_points" in said


@pytest.mark.parametrize("command", ["check", "dvh", "inspect"])
def test_what_is_beyond_a_given_limit_is_a_finding_and_no_pass(command: str, export: Path) -> None:
    rules = ["-p", "sun-2016-hcc-lung-mets"] if command == "check" else []
    code, said = ran(command, str(export), *rules, "--limit", "dose_points=10", "--json", "-")
    document = json.loads(said[said.index("{") : said.rindex("}") + 1])
    report = document["plans"][0] if "plans" in document else document
    codes = {finding["code"] for finding in report["findings"]}
    assert {"FILE_TOO_LARGE", "DOSE_MISSING"} <= codes
    assert code != 0
