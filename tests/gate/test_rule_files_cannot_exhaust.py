"""Rule files that would hang, recurse or grow without end: each is refused at once, with a code."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rtcheck.errors import RtcheckError
from rtcheck.protocol.lint import lint_protocol
from rtcheck.protocol.load import load_protocol

HEAD = """schema = 1
id = "hostile"
version = "1.0.0"
status = "draft"
title = "Hostile"
[sources.paper]
cite = "A paper"
"""
GOAL = """[[goal]]
id = "one"
structure = "{structure}"
metric = "{metric}"
per_protocol = "{limit}"
source = {{ ref = "paper", where = "Treatment" }}
"""
MOST_SECONDS = 2.0


def rules(
    structures: str = "A = {}\n",
    structure: str = "A",
    metric: str = "Mean[Gy]",
    limit: str = "<= 30 Gy",
) -> str:
    """Return a rule file of one goal."""
    goal = GOAL.format(structure=structure, metric=metric, limit=limit)
    return f"{HEAD}[structures]\n{structures}{goal}"


def nested(opening: str, closing: str, times: int, inside: str = "A") -> str:
    return opening * times + inside + closing * times


def doubling(levels: int) -> str:
    """Return roles that each stand for two, which each stand for the same two, and so on."""
    pairs = [f'{n}{i} = {{ else = "P{i + 1} | Q{i + 1}" }}\n' for i in range(levels) for n in "PQ"]
    return "".join(pairs) + f"P{levels} = {{}}\nQ{levels} = {{}}\nA = {{}}\n"


def chain(length: int) -> str:
    roles = [f'P{i} = {{ else = "P{i + 1}" }}\n' for i in range(length)]
    return "".join(roles) + f"P{length} = {{}}\nA = {{}}\n"


BLANKS = " " * 3900
MANY_BLANKS = f'"""<= 30 Gy{(BLANKS + chr(10)) * 50}nd"""'

HOSTILE = {
    "500 joined terms": rules(structure="|".join(["A"] * 400)),
    "rings in rings": rules(structure=nested("ring(", ",0 mm,5 mm)", 19)),
    "brackets in brackets": rules(structure=nested("(", ")", 400)),
    "margins in margins": rules(structure=nested("expand(", ", 1 mm)", 40)),
    "else to twice as many, 40 times": rules(doubling(40)),
    "else to twice as many, 6 times": rules(doubling(6)),
    "else 3000 times on": rules(chain(3000)),
    "else to itself": rules('A = { else = "B" }\nB = { else = "A" }\n'),
    "100 names that stand for 10 each": rules(
        'A = { else = "' + "|".join(f"N{i}" for i in range(10)) + '" }\n',
        structure="|".join(["A"] * 100),
    ),
    "blanks before a unit": rules(limit=f"<= 30{BLANKS[:3000]}!"),
    "blanks before an and": rules().replace('"<= 30 Gy"', MANY_BLANKS),
    "a metric of blanks": rules(metric=f"Mean{BLANKS[:3000]}[Gy"),
    "a metric of digits": rules(metric="V" + "1" * 3000 + "Gy[%"),
    "a key of 2000 parts": rules() + "a." * 1999 + "b = 1\n",
    "a key of 90 parts on 1000 lines": "".join(f"{'a.' * 90}b{i} = 1\n" for i in range(1000))
    + rules(),
    "5000 nested arrays": rules() + "a = " + "[\n" * 5000,
    "300 nested tables": rules() + "note = " + nested("{a=", "}", 300, "1") + "\n",
    "a number of 3000 digits": rules().replace("schema = 1", "schema = " + "1" * 3000),
    "a line of 10,000 characters": rules().replace("Hostile", "x" * 10_000),
    "300 KiB": "#" * 300 * 1024,
    "NUL": "schema = 1\0",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_would_exhaust_is_refused_at_once(name: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.toml"
    path.write_text(HOSTILE[name], encoding="utf-8")
    start = time.perf_counter()
    with pytest.raises(RtcheckError) as refused:
        load_protocol(path)
    assert time.perf_counter() - start < MOST_SECONDS
    assert refused.value.code.startswith(("RTC-P", "RTC-S", "RTC-M", "RTC-N"))
    assert len(str(refused.value)) < 6_000


BIG = {
    "1000 goals": HEAD
    + "[structures]\nA = {}\n"
    + "".join(
        GOAL.format(structure="A", metric="Mean[Gy]", limit=f"<= {i} Gy").replace("one", f"g{i}")
        for i in range(1000)
    ),
    "5000 roles": rules("A = {}\n" + "".join(f"R{i} = {{}}\n" for i in range(5000))),
    "a glob of 900 stars": rules(f'A = {{ match = "{"*a" * 900}b" }}\n'),
}


@pytest.mark.parametrize("name", BIG)
def test_what_is_only_large_is_read_in_little_time(name: str, tmp_path: Path) -> None:
    path = tmp_path / "large.toml"
    path.write_text(BIG[name], encoding="utf-8")
    start = time.perf_counter()
    protocol = load_protocol(path)
    lint_protocol(protocol)
    assert time.perf_counter() - start < 10.0
    assert protocol.goals


def test_a_glob_of_many_stars_is_matched_in_little_time() -> None:
    from rtcheck.protocol.goal import Role
    from rtcheck.protocol.names import match_role

    class Roi:
        roi_number, roi_name = 1, "a" * 64

    start = time.perf_counter()
    match = match_role(Role("A", match="*a" * 500 + "b"), [Roi()])
    assert time.perf_counter() - start < MOST_SECONDS
    assert match.found == ()
