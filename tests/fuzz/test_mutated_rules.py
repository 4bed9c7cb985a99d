"""Rule files mutated in their structure: loaded and judged by, or refused with a code.

RTCHECK_LONG=1 tries 5,000 of them.
"""

from __future__ import annotations

import copy
import os
import time
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trying import RULES, clean_files

import rtcheck
from rtcheck.errors import RtcheckError
from rtcheck.open_plan import OpenPlan
from rtcheck.protocol.lint import lint_protocol
from rtcheck.protocol.load import read_protocol
from rtcheck.verdict import Outcome

NUMBER = 5_000 if os.environ.get("RTCHECK_LONG") else 100
MOST_SECONDS = 30.0
"""One is read, linted and judged in some tenths of a second; on a busy machine in more."""

MORE = """
[[goal]]
id = "ring"
structure = "ring(PTV, 0 mm, 10 mm) - SpinalCord"
metric = "D2%[Gy]"
acceptable = "<= 60 Gy"
per_protocol = "<= 55 Gy and Mean[Gy] <= 54 Gy"
dose = "EQD2"
alpha_beta = "3 Gy"
when = { exists = "SpinalCord" }
source = { ref = "paper", where = "Table 1" }
"""
RULE_FILE = tomllib.loads(RULES)

ODD: list[Any] = [
    *("", " ", "\n", "A" * 3000, "PTV", "PTV | SpinalCord", "ring(PTV, 0 mm, 5 mm)", "-", "((("),
    *("<= 30 %", ">= 1e308 Gy", "< -1 Gy", "== 50 Gy", "<= 30 Gy and >= 31 Gy", "<= nan Gy"),
    *("D95%[%]", "V20Gy[cc]", "Mean[Gy]", "HI", "gEUD(1e9)[Gy]", "gEUD(-400)[Gy]", "Max[cGy]"),
    *("Inside(PTV)[%]", "Margin(PTV)[mm]", "D1e-300cc[Gy]", "V1e300Gy[%]", "CV0Gy[cc]"),
    *(
        "50 Gy",
        "0 Gy",
        "1e-320 Gy",
        "*",
        "[!",
        "**?*",
        "draft",
        "withdrawn",
        "EQD2",
        "BED",
        "9.9.9",
    ),
    *(0, 1, -1, 2**63, 1e308, float("nan"), float("inf"), True, False, [], {}, [[]], [{}]),
    *(
        ["PTV", "PTV"],
        {"dose": "50 Gy", "fractions": [5, 10]},
        [{"dose": "50 Gy", "fractions": 25}],
    ),
]
APT: dict[str, list[Any]] = {
    "metric": ["Mean[Gy]", "V20Gy[%]", "CV1Gy[cc]", "D0.03cc[cGy]", "DC1e-9cc[Gy]", "Median[Gy]",
               "gEUD(1e9)[Gy]", "gEUD(-400)[Gy]", "V1e300Gy[%]", "D99.999999%[Gy]", "Min[Gy]"],
    "structure": ["PTV", "PTV - PTV", "PTV & SpinalCord", "ring(PTV, 0 mm, 9 mm)",
                  "contract(PTV, 30 mm)", "expand(SpinalCord, 0 mm)", "expand(PTV, sup 1e-9 mm)"],
    "per_protocol": ["<= 1e308 Gy", ">= 0 Gy", "< 50 Gy", "== 50 Gy", "<= 30 %", ">= 5 cc",
                     "<= 55 Gy and Mean[Gy] <= 54 Gy", "<= 5000 cGy", "> 1e-300 Gy"],
    "alpha_beta": ["1e-9 Gy", "3 Gy", "1e9 Gy"],
    "required": [True, False],
}  # fmt: skip
"""Values that fit their key, far out though they may be."""

KEYS = (
    "structure", "metric", "per_protocol", "acceptable", "prescription", "dose", "alpha_beta",
    "required", "variant", "when", "note", "else", "match", "each", "aliases", "except", "tg263",
    "options", "target", "variants", "checklist", "schema", "unknown", "",
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the way to every value in tables and arrays."""
    inside: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict | list):
        inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in inside:
        yield (*path, key)
        yield from places(part, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def toml(value: Any) -> str:
    """Return a value as TOML, tables inline."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = "".join(f"\\u{ord(ch):04x}" if ch in '"\\' or ch < " " else ch for ch in value)
        return f'"{escaped}"'
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(k)} = {toml(v)}" for k, v in value.items()) + "}"
    return repr(value)


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """Return the rule file with one to three values dropped, doubled, swapped or changed."""
    table = copy.deepcopy(RULE_FILE | {"goal": [*RULE_FILE["goal"], *tomllib.loads(MORE)["goal"]]})
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            key = draw(st.sampled_from(sorted(APT)))
            said = table.get("goal")
            goals = [g for g in said if isinstance(g, dict)] if isinstance(said, list) else []
            for goal in goals[: draw(st.integers(0, 3))]:
                goal[key] = draw(st.sampled_from(APT[key]))
            continue
        everywhere = list(places(table))
        if not everywhere:
            break
        path = draw(st.sampled_from(everywhere))
        holder, key = at(table, path[:-1]), path[-1]
        kind = draw(st.sampled_from(["drop", "odd", "odd", "text", "key", "swap", "twice", "nest"]))
        if kind == "drop":
            del holder[key]
        elif kind == "odd":
            holder[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
        elif kind == "text":
            holder[key] = draw(st.text(alphabet="DVPTC015%[]()<>=.,|&-_ GyccmMeanax", max_size=40))
        elif kind == "key" and isinstance(holder, dict):
            odd = copy.deepcopy(draw(st.sampled_from(ODD)))
            holder[draw(st.sampled_from(KEYS))] = odd
        elif kind == "swap":
            holder[key] = copy.deepcopy(at(table, draw(st.sampled_from(everywhere))))
        elif kind == "twice" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        else:
            for _ in range(draw(st.sampled_from([1, 30]))):
                holder[key] = draw(st.sampled_from([dict, list]))([(f"k{key}", holder[key])])
    return table


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> OpenPlan:
    folder = tmp_path_factory.mktemp("rules")
    for name, data in clean_files().items():
        (folder / name).write_bytes(data)
    return rtcheck.read(folder)


def test_what_is_written_is_the_rule_file() -> None:
    assert tomllib.loads("\n".join(f"{k} = {toml(v)}" for k, v in RULE_FILE.items())) == RULE_FILE


def test_a_mutated_rule_file_is_judged_by_or_refused_with_a_code(plan: OpenPlan) -> None:
    counts = {"judged": 0, "refused": 0}

    @settings(max_examples=NUMBER)
    @given(mutated())
    def law(table: dict[str, Any]) -> None:
        text = "\n".join(f"{toml(key)} = {toml(value)}" for key, value in table.items())
        start = time.perf_counter()
        try:
            protocol = read_protocol(text.encode(), Path("fuzz.toml"))
            lint_protocol(protocol)
            report = rtcheck.check(plan, protocol)
        except RtcheckError as error:
            if error.code == RtcheckError.code:
                raise
            counts["refused"] += 1
        else:
            assert not [v.goal for v in report.verdicts if v.reason == "internal_error"], text
            if report.overall is Outcome.PER_PROTOCOL:
                assert any(v.outcome is Outcome.PER_PROTOCOL for v in report.verdicts)
            counts["judged"] += 1
        assert time.perf_counter() - start < MOST_SECONDS, text

    law()
    print(f"\n{NUMBER} mutated rule files: {counts}")
    assert min(counts.values()) > NUMBER / 20
