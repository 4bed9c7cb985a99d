"""``rtcheck protocol``: list, show, lint, test, schema, new."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from command_line import KEPT, json_of, one_clear_error, rules, run

from rtcheck.protocol import json_schema, list_protocols
from rtcheck.report.layout import plain_text
from rtcheck.report.protocol_report import protocol_layout

IDS = [protocol.id for protocol in list_protocols()]


def test_list_names_every_protocol_with_version_and_status() -> None:
    text = run("protocol", "list").stdout
    listed = json_of(run("protocol", "list", "--json", "-"))["protocols"]
    assert [entry["id"] for entry in listed] == IDS
    for protocol in list_protocols():
        assert protocol.id in text
        assert protocol.version in text


@pytest.mark.parametrize("name", IDS)
def test_show_has_every_goal_limit_source_and_checklist_line(name: str) -> None:
    protocol = next(p for p in list_protocols() if p.id == name)
    result = run("protocol", "show", name)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    wide = plain_text(protocol_layout(protocol), 2000)
    for goal in protocol.goals:
        (line,) = (line for line in wide.splitlines() if line.split()[:1] == [goal.id])
        assert goal.metric.text in line
        assert goal.source.where in line
        if goal.per_protocol:
            assert goal.per_protocol.text in line
    options = [option.text for rx in protocol.prescriptions for option in rx.options]
    cites = [citation.cite for citation in protocol.sources.values()]
    # In 80 columns lines wrap, but every word is there.
    words = "".join(result.stdout.split())
    for text in (*protocol.checklist, *cites, *options):
        assert text in wide
        assert "".join(text.split()) in words


def test_show_toml_prints_the_file_itself() -> None:
    text = run("protocol", "show", IDS[0], "--toml").stdout
    assert tomllib.loads(text)["id"] == IDS[0]


def test_schema_is_that_of_the_reader() -> None:
    assert json_of(run("protocol", "schema")) == json_schema()


def test_new_writes_files_that_lint_and_pass_their_cases(tmp_path: Path) -> None:
    result = run("protocol", "new", "my-lung", "-o", tmp_path)
    assert result.exit_code == 0, result.output
    rules_file, cases_file = tmp_path / "my-lung.toml", tmp_path / "my-lung.cases.toml"
    assert cases_file.is_file()
    assert f"rtcheck protocol lint {rules_file}" in result.stdout
    assert run("protocol", "lint", rules_file).exit_code == 0
    tested = run("protocol", "test", rules_file)
    assert tested.exit_code == 0, tested.output
    assert "cases as expected" in tested.stdout


@pytest.mark.parametrize("there", ["my-lung.toml", "my-lung.cases.toml"])
def test_new_never_overwrites(there: str, tmp_path: Path) -> None:
    (tmp_path / there).write_text("mine", encoding="utf-8")
    result = run("protocol", "new", "my-lung", "-o", tmp_path)
    assert result.exit_code == 2
    assert there in one_clear_error(result, "RTC-U001")
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text(encoding="utf-8") == "mine"


def test_new_refuses_a_name_that_is_a_path(tmp_path: Path) -> None:
    result = run("protocol", "new", "../evil", "-o", tmp_path)
    assert result.exit_code == 2
    one_clear_error(result, "RTC-U001")
    assert list(tmp_path.parent.glob("evil*")) == []


def test_lint_errors_exit_2_and_other_files_are_still_linted(tmp_path: Path) -> None:
    bad = rules(tmp_path, KEPT)  # no cases file
    result = run("protocol", "lint", bad, IDS[0])
    assert result.exit_code == 2
    assert "RTC-L011" in result.stdout
    assert f"{IDS[0]}: clean" in result.stdout


def test_a_case_that_comes_out_otherwise_exits_2(tmp_path: Path) -> None:
    run("protocol", "new", "my-lung", "-o", tmp_path)
    file = tmp_path / "my-lung.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(">= 95 %", ">= 199 %").replace(">= 90 %", ">= 198 %"), "utf-8")
    result = run("protocol", "test", file)
    assert result.exit_code == 2
    assert "expected per_protocol, got deviation_unacceptable" in " ".join(result.stdout.split())


def test_without_cases_there_is_one_clear_error(tmp_path: Path) -> None:
    result = run("protocol", "test", rules(tmp_path, KEPT))
    assert result.exit_code == 2
    assert "tiny.cases.toml" in one_clear_error(result, "RTC-P004")


def test_unknown_protocol(tmp_path: Path) -> None:
    result = run("protocol", "show", "sun-2016-hcc-lung-met")
    assert result.exit_code == 2
    assert "did you mean" in one_clear_error(result, "RTC-P004")
