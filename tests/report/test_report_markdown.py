"""Markdown for a ticket: what came in is shown, and neither links nor mentions nor breaks out."""

from __future__ import annotations

import re

import pytest
from handmade import HOSTILE, full_report, hostile_report, report_of

from rtcheck.report.markdown_report import inert, write_markdown, write_markdown_of
from rtcheck.report.words import visible
from rtcheck.verdict import Outcome


def without_code(line: str) -> str:
    """Return a line without its code spans, as CommonMark finds them."""
    return re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", line)


def cells(line: str) -> list[str]:
    """Return the cells of a table's row: only a bar without a backslash is an edge."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[click](http://evil.example)",
        "![x](http://evil.example/x.png)",
        "see http://evil.example now",
        "www.evil.example",
        "@everyone",
        "#1",
        "a@b.example",
        "*bold*",
        "_em_",
        "~~gone~~",
        "# heading",
        "- item",
        "1. item",
        "`code`",
        "``two``",
        "&lt;",
        "$x$",
        ":smile:",
        "\\",
        "a\\`b",
        "|",
        "a`|`b",
        "<!-- hidden -->",
    ],
)
def test_what_would_act_is_code(text: str) -> None:
    shown = inert(text)
    bare = without_code(shown.replace("\\|", "|"))
    assert not re.search(r"[\[\]#*_~`@$&\\|!{}]|://|www\.|<(?!/?$)", bare), shown
    assert not re.match(r"\s*([-+*]|\d+\.)\s", bare)
    assert not re.search(r"(?<!\\)\|", shown), "a bar would be the edge of a cell"


@pytest.mark.parametrize("text", ["a`b", "`", "``", "a``b`", "`x`"])
def test_backticks_stay_inside_their_code(text: str) -> None:
    shown = inert(text)
    fence = re.match(r"`+", shown)
    assert fence is not None
    assert shown.endswith(fence.group())
    inner = shown[len(fence.group()) : -len(fence.group())]
    assert fence.group() not in re.findall(r"`+", inner)
    assert inner.strip(" ") == text


@pytest.mark.parametrize("text", ["lung total", "PTV 50 Gy in 25 fractions", "Child–Pugh A"])
def test_plain_words_stand_as_they_are(text: str) -> None:
    assert inert(text) == text


def test_the_outcome_comes_first_then_findings_then_goals() -> None:
    text = write_markdown(full_report())
    assert text.startswith("## ✗ DEVIATION UNACCEPTABLE: Plan 1\n")
    assert text.index("### Findings") < text.index("### Goals") < text.index("### For a person")
    rows = [cells(line) for line in text.splitlines() if line.startswith("| ")][1:]
    assert [row[0] for row in rows] == [
        "✗ deviation unacceptable",
        "? NOT EVALUATED",
        "~ variation acceptable",
        "✓ per protocol",
        "· reported",
        "– not applicable",
    ]
    assert "45.0000001 Gy" in rows[0][3]
    assert "per protocol &lt;= 45 Gy" in rows[0][4]


def test_hostile_names_do_not_break_out_of_their_cell() -> None:
    text = write_markdown(hostile_report())
    rows = [cells(line) for line in text.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == len(HOSTILE)
    assert {len(row) for row in rows} == {7}
    for line in text.splitlines():
        bare = without_code(line)
        assert "<script" not in bare
        assert "@" not in bare
        assert "](" not in bare
    assert all(visible(name).replace("|", "\\|") in text for name in HOSTILE)


def test_what_could_not_be_read_stands_at_the_top() -> None:
    text = write_markdown_of([full_report()], [{"argument": 2, "error": "RTC-D001: nothing"}])
    assert text.startswith("## ? NOT EVALUATED")
    assert "argument 2" in text


def test_without_a_goal_there_is_no_empty_table() -> None:
    text = write_markdown(report_of(overall=Outcome.NOT_EVALUATED, findings=()))
    assert "|---" not in text
    assert "No goal was evaluated at all." in text
