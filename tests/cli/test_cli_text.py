"""Text for people: it fits the terminal, keeps every word, and no name can act on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from bodies import UniformDose, box, plan_of
from command_line import BROKEN, KEPT, rules
from hypothesis import given
from hypothesis import strategies as st

import rtcheck
from rtcheck.plan import Finding, Prescription, Severity
from rtcheck.report import Report
from rtcheck.report.grid import Column, Grid, Row
from rtcheck.report.layout import Facts, Paragraph, plain_text, width_of, wrap
from rtcheck.report.text_report import write_text

NAMES = [
    "PTV " + "W" * 60,
    "PTV\x1b[31m\r\n✓ per protocol",
    "PTV 肝臓計画標的体積",
    "PTV\u202egnul",
    "PTV",
]


def report(tmp_path: Path, name: str = "PTV") -> Report:
    plan = plan_of(
        {name: box((20, 20, 20)), "SpinalCord": box((10, 10, 15), (30, 0, 0))},
        UniformDose(50),
        prescriptions=[Prescription(name, 50, 25, 1, "RT Plan DoseReferenceSequence[0]")],
        findings=[Finding("ROI_EMPTY", Severity.INFORMS, "the ROI is empty.", name)],
    )
    small = ("cord-d2cc", "SpinalCord", "D2cc[Gy]", "<= 45 Gy")
    return rtcheck.check(plan, rules(tmp_path, KEPT, BROKEN, small))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [24, 40, 60, 80, 140])
def test_no_line_is_wider_than_the_terminal(name: str, width: int, tmp_path: Path) -> None:
    text = write_text(report(tmp_path, name), width)
    too_wide = [line for line in text.splitlines() if width_of(line) > width]
    assert too_wide == []
    for word in ("50.00", "cord-d2cc", "ptv-mean", "✗ ", "? ", "✓ "):
        assert word in text


@pytest.mark.parametrize("name", NAMES)
def test_no_name_acts_on_the_terminal_or_makes_a_line_of_its_own(name: str, tmp_path: Path) -> None:
    text = write_text(report(tmp_path, name), 80)
    assert not {"\x1b", "\r", "\u202e"} & set(text)
    headings = [line for line in text.splitlines() if line.lstrip().startswith("✓ per protocol")]
    assert headings == ["✓ per protocol (1)"]


def test_order_and_words_of_a_report(tmp_path: Path) -> None:
    lines = write_text(report(tmp_path)).splitlines()
    assert lines[0] == "✗ DEVIATION UNACCEPTABLE"
    assert lines[2] == "1 deviation unacceptable, 1 NOT EVALUATED, 1 per protocol"
    text = "\n".join(lines)
    order = [
        "Findings in the input",
        "✗ deviation unacceptable (1)",
        "? NOT EVALUATED (1)",
        "✓ per protocol (1)",
        "[ ] Signed by a person",
        "[paper] Author.",
        "rtcheck is an independent check",
    ]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert "  Why: the structure is smaller than the volume asked for" in text


def test_shown_only_goals_are_told_apart(tmp_path: Path) -> None:
    file = Path(rules(tmp_path, KEPT, BROKEN))
    text = file.read_text(encoding="utf-8")
    file.write_text(text + "required = false\n", encoding="utf-8")
    plan = plan_of(
        {"PTV": box((20, 20, 20)), "SpinalCord": box((10, 10, 15), (30, 0, 0))}, UniformDose(50)
    )
    shown = write_text(rtcheck.check(plan, file))
    assert shown.startswith("✓ PER PROTOCOL")
    assert "1 deviation unacceptable (all shown only), 1 per protocol" in shown
    assert "✗ deviation unacceptable (1), shown only: they do not decide" in shown


@given(st.text(max_size=80), st.integers(4, 60))
def test_wrapping_keeps_every_character_and_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(width_of(line) <= max(width, 2) for line in lines)
    again = wrap(" ".join(lines), 10_000)
    assert "".join("".join(again).split()) == "".join("".join(wrap(text, 10_000)).split())


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=30),
                 min_size=3, max_size=3),
        min_size=1, max_size=4,
    ),
    st.integers(24, 120),
)  # fmt: skip
def test_a_table_fits_any_width_and_loses_no_cell(rows: list[list[str]], width: int) -> None:
    columns = (Column("Aa"), Column("Bb", rigid=True), Column("Cc", spills=True))
    text = plain_text([Grid(columns, [Row(tuple(cells)) for cells in rows])], width)
    assert all(width_of(line) <= width for line in text.splitlines())
    letters = sorted("".join(text.split()))
    for letter in set("".join(map("".join, rows))):
        assert letters.count(letter) >= "".join(map("".join, rows)).count(letter)


def test_labels_wider_than_the_terminal_stand_above_their_text() -> None:
    text = plain_text([Facts([("A very long label", "its text"), ("", "more")])], 30)
    assert text == "A very long label\n  its text\n  more\n"


def test_a_hanging_indent() -> None:
    text = plain_text([Paragraph("one two three four five", lead="- ", indent=1)], 24)
    assert text == "  - one two three four\n    five\n"
