"""The published schema and the reader are one table; shipped files keep both."""

from __future__ import annotations

import tomllib
from pathlib import Path

import jsonschema
import pytest

from rtcheck.protocol import json_schema, list_protocols, load_protocol
from rtcheck.protocol.cases import CASES, read_cases
from rtcheck.protocol.find import cases_path
from rtcheck.protocol.language import GOAL, PROTOCOL
from rtcheck.protocol.lint import CODES

ROOT = Path(__file__).parents[2]
FILES = [Path(p.path) for p in list_protocols()]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_shipped_files_keep_the_schema(path: Path) -> None:
    jsonschema.validate(tomllib.loads(path.read_text("utf-8")), json_schema())
    jsonschema.validate(tomllib.loads(cases_path(path).read_text("utf-8")), CASES.schema())


def test_the_schema_has_the_readers_keys() -> None:
    schema = json_schema()
    assert set(schema["properties"]) == set(PROTOCOL.keys)
    assert schema["additionalProperties"] is False
    goal = schema["properties"]["goal"]["items"]
    assert set(goal["properties"]) == set(GOAL.keys)
    assert set(goal["required"]) == {"id", "metric", "source"}


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    good = tomllib.loads(FILES[0].read_text("utf-8"))
    for change in (
        {"titel": "x"},
        {"schema": 2},
        {"status": "drafty"},
        {"version": "1"},
        {"goal": []},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**good, **change}, json_schema())


def test_every_key_is_documented() -> None:
    text = (ROOT / "docs" / "protocols.md").read_text("utf-8")
    tables = [PROTOCOL.schema(), CASES.schema()]
    while tables:
        table = tables.pop()
        for key, value in table.get("properties", {}).items():
            assert f"`{key}`" in text, f"{key} is missing in docs/protocols.md"
            tables.append(value)
        inner = [table.get("items"), table.get("additionalProperties"), *table.get("anyOf", [])]
        tables += [t for t in inner if isinstance(t, dict)]


def test_every_lint_code_is_documented() -> None:
    text = (ROOT / "docs" / "protocols.md").read_text("utf-8")
    for code, (severity, _) in CODES.items():
        assert f"| {code} | {severity} |" in text


def test_the_files_in_the_documentation_load(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "protocols.md").read_text("utf-8")
    rules, _, cases = [part.split("```")[0] for part in text.split("```toml\n")[1:]]
    path = tmp_path / "site-example.toml"
    path.write_text(rules, "utf-8")
    protocol = load_protocol(path)
    assert [g.id for g in protocol.goals] == ["schedule", "ptv-coverage", "lung-v20", "lung-mean"]
    cases_path(path).write_text(cases, "utf-8")
    assert len(read_cases(cases_path(path), protocol)) == 4
