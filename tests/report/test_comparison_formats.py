"""The comparison as text, HTML, CSV and JSON: complete, safe, the same every time."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pytest
from handmade import HOSTILE
from rivals import DATE, THREE_GOALS, compared, handmade_comparison, hostile_comparison, plan
from test_report_html import Page

from rtcheck.errors import UsageError
from rtcheck.report.comparison import Comparison
from rtcheck.report.comparison.formats import FORMATS, writer_for
from rtcheck.report.comparison.page import write_comparison_html, write_notebook
from rtcheck.report.comparison.tables import COLUMNS, comparison_as_dict, write_comparison_csv
from rtcheck.report.comparison.text import write_comparison_text
from rtcheck.report.layout import width_of
from rtcheck.report.words import visible

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_is_written_is_as_it_was(suffix: str) -> None:
    """What other people and programs read changes on purpose only: RTCHECK_GOLDEN=1 rewrites."""
    golden = GOLDEN / f"comparison{suffix}"
    content = FORMATS[suffix](handmade_comparison()).encode()
    if os.environ.get("RTCHECK_GOLDEN"):
        golden.write_bytes(content)
    assert golden.read_bytes() == content


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_suffix_chooses_the_format(suffix: str, tmp_path: Path) -> None:
    comparison = handmade_comparison()
    path = comparison.save(tmp_path / f"compared{suffix.upper()}")
    assert path.read_text(encoding="utf-8-sig") == FORMATS[suffix](comparison).replace("\r\n", "\n")


def test_an_unknown_format_is_an_error_that_names_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"\.html, \.json, \.csv, \.txt"):
        writer_for("compared.pdf")


# Text -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [24, 40, 60, 80, 120, 200])
@pytest.mark.parametrize("comparison", [handmade_comparison(), hostile_comparison()])
def test_no_line_is_wider_than_the_terminal(comparison: Comparison, width: int) -> None:
    lines = write_comparison_text(comparison, width).splitlines()
    assert [line for line in lines if width_of(line) > width] == []


def test_order_and_words_of_the_text() -> None:
    text = write_comparison_text(handmade_comparison())
    order = [
        "✗ A: Plan <A> – DEVIATION UNACCEPTABLE",
        "? B: Plan B – NOT EVALUATED",
        "? export-D – NOT EVALUATED: RTC-D001",
        "A: Plan <A> (reference)",
        "Not to be held against each other as they stand",
        "! Contours of C differ from those of A: lung total.",
        "Against A: Plan <A>",
        "B: Plan B loses 1:",
        "lung-v20, Lungs V20Gy[%]: per protocol 25.3 % → variation acceptable 32.0 %",
        "B: Plan B gains 1:",
        "C: Plan B is not judged, unlike the reference, on 2:",
        "The outcome differs between the plans (2)",
        "NOT EVALUATED in at least one plan (2)",
        "Not applicable in any plan (1)",
        "ROIs that goals were judged on, where the plans are not alike",
        "Findings in the input of A",
        "A difference is real where",
        "rtcheck ranks no plan",
        "rtcheck is an independent check",
    ]
    flat = " ".join(text.split())
    places = [flat.find(words) for words in order]
    assert -1 not in places, [w for w, p in zip(order, places, strict=True) if p < 0]
    assert places == sorted(places)


def test_no_plan_is_called_better_than_another() -> None:
    for suffix in (".txt", ".html"):
        text = FORMATS[suffix](handmade_comparison()).lower()
        for word in ("winner", "best plan", "better", "score", "superior"):
            assert word not in text


def test_names_cannot_act_on_a_terminal() -> None:
    text = write_comparison_text(hostile_comparison())
    assert not {"\x1b", "\r", "\x00", "\u202e", "\t"} & set(text)


# HTML -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("comparison", [handmade_comparison(), hostile_comparison()])
def test_the_page_is_whole_and_holds_nothing_that_could_run(comparison: Comparison) -> None:
    for text in (write_comparison_html(comparison), write_notebook(comparison)):
        page = Page(text)
        assert (page.faults, page.open) == ([], [])
        assert page.all("script") == page.all("img") == page.all("link") == []
        assert not [a for _, attrs in page.elements for a in attrs if a.startswith("on")]
        ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
        assert len(ids) == len(set(ids))
    assert "default-src 'none'" in write_comparison_html(comparison)


def test_hostile_names_are_shown_literally() -> None:
    page = Page(write_comparison_html(hostile_comparison()))
    for name in HOSTILE:
        assert " ".join(visible(name).split()) in page.text


def test_the_page_has_every_row_plan_and_drawing() -> None:
    comparison = handmade_comparison()
    page = Page(write_comparison_html(comparison))
    cells = [a for a in page.all("td") if "plan" in (a.get("class") or "").split()]
    assert len(cells) == 3 * 4  # the goal that applies nowhere is named, but has no row
    for words in ("export-D", "RTC-D001", "drawn otherwise", "no such structure: PTV_High"):
        assert words in page.text
    drawings = [a for a in page.all("svg") if a.get("role") == "img"]
    assert [a["aria-label"] for a in drawings] == ["PTV_High: A, B, C", "lung total: A, B, C"]


# CSV and JSON -----------------------------------------------------------------------------------


def test_a_row_of_the_table_for_each_goal_structure_and_plan() -> None:
    comparison = handmade_comparison()
    rows = list(csv.DictReader(io.StringIO(write_comparison_csv(comparison))))
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == 3 * len(comparison.rows) + 1
    assert rows[-1]["outcome"] == "not_evaluated"
    assert rows[-1]["detail"] == "RTC-D001: no DICOM RT object"
    found = next(r for r in rows if (r["plan"], r["goal"]) == ("B", "lung-v20"))
    assert float(found["difference"]) == pytest.approx(32.0 - 25.31, abs=1e-12)
    assert (found["unit"], found["size"], found["change"]) == ("%", "real", "lost")
    reference = next(r for r in rows if r["plan"] == "A")
    assert (reference["difference"], reference["change"]) == ("", "")


def test_no_cell_is_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(write_comparison_csv(hostile_comparison()))))
    assert not [c for row in rows for c in row if c[:1] in ("=", "+", "@") and len(c) > 1]


def test_json_holds_what_differs_unrounded() -> None:
    comparison = handmade_comparison()
    document = json.loads(FORMATS[".json"](comparison))
    assert document == json.loads(json.dumps(comparison_as_dict(comparison)))
    assert document["schema"] == "rtcheck-compare/1"
    assert document["exit_code"] == 1
    assert [p["key"] for p in document["plans"]] == ["A", "B", "C"]
    row = next(r for r in document["rows"] if r["goal"] == "lung-v20")
    b, c = row["plans"][1:]
    assert (b["change"], b["size"], b["doubts"]) == ("lost", "real", [])
    assert (c["change"], c["size"], c["doubts"]) == (
        "unchanged", "within_interval", ["other_contours"],
    )  # fmt: skip
    assert document["rois_not_alike"] == ["lung total"]
    assert document["unreadable"][0]["argument"] == 4


def test_a_frame_has_the_rows_of_the_csv() -> None:
    pytest.importorskip("pandas", reason="the data frame needs the extra frames")
    comparison = handmade_comparison()
    frame = comparison.to_frame()
    assert list(frame.columns) == list(COLUMNS)
    assert len(frame) == 3 * len(comparison.rows)


# One plan, one date, one text -------------------------------------------------------------------


def test_the_same_plans_give_the_same_bytes() -> None:
    first = compared(THREE_GOALS, plan(50.0), plan(44.0))
    second = compared(THREE_GOALS, plan(50.0), plan(44.0))
    assert first.created == DATE
    for write in FORMATS.values():
        assert write(first) == write(second)


def test_anonymized_no_output_names_the_plan() -> None:
    plans = [plan(50.0, "Meyer VMAT", uid="1.2.840.1.2.3.4"), plan(44.0, "Meyer IMRT")]
    comparison = compared(THREE_GOALS, *plans, reference="Meyer IMRT", anonymize=True)
    assert comparison.reference == "B"
    for write in FORMATS.values():
        text = write(comparison)
        assert "Meyer" not in text
        assert "1.2.840.1.2.3.4" not in text
    assert {c.sha256 for r in comparison.rivals for c in r.contours} == {"1", "2"}
