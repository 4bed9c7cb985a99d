"""DVH drawings: valid XML, literal names, curves where they belong and told apart."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree

import pytest
from handmade import CURVES, HOSTILE, hostile_report
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.report import Curve, dvh_plot, dvh_svg
from rtcheck.report.colors import DISTANCE, PAPERS, distance, is_visible
from rtcheck.report.dvh_svg import DASHES, PALETTE, inks_of, svg_of
from rtcheck.report.words import visible

SVG = "{http://www.w3.org/2000/svg}"


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - our own text


def texts(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def points(root: ElementTree.Element) -> list[list[tuple[float, float]]]:
    """Return the points of each curve of a drawing without a legend."""
    paths = [p.get("d", "") for p in root.iter(f"{SVG}path") if p.get("class") == "curve"]
    return [
        [(float(x), float(y)) for x, y in (point.split() for point in path[1:].split("L"))]
        for path in paths
    ]


def test_a_point_is_drawn_where_its_dose_and_volume_lie() -> None:
    curve = Curve("PTV", (0.0, 30.0, 60.0), (100.0, 75.0, 0.0), 1.0)
    root = parsed(svg_of([curve], standalone=False))
    doses = {
        e.text: float(e.get("x", "nan"))
        for e in root.iter(f"{SVG}text")
        if e.get("text-anchor") == "middle"
    }
    start, middle, end = points(root)[0]
    # Labels stand centred under their doses; coordinates are written to a tenth.
    drawn = [start[0], middle[0], end[0]]
    assert drawn == pytest.approx([doses[text] for text in ("0", "30", "60")], abs=0.1)
    top, bottom = start[1], end[1]
    assert middle[1] == pytest.approx(top + 0.25 * (bottom - top), abs=0.1)
    assert top < bottom, "100 % stands above 0 %"
    assert {"Dose [Gy]", "Volume [%]", "20", "100"} <= set(texts(root))


@given(st.lists(st.floats(1e-3, 500), min_size=1, max_size=5))
def test_no_curve_leaves_the_frame_and_the_axis_has_few_round_numbers(ends: list[float]) -> None:
    curves = [Curve(f"R{i}", (0.0, end), (100.0, 0.0), 1.0) for i, end in enumerate(ends)]
    text = svg_of(curves, standalone=False)
    for x, y in itertools.chain(*points(parsed(text))):
        assert dvh_plot.LEFT - 0.1 <= x <= dvh_plot.WIDTH - dvh_plot.RIGHT + 0.1
        assert dvh_plot.TOP - 0.1 <= y <= dvh_plot.HEIGHT - dvh_plot.BOTTOM + 0.1
    doses = [
        float(e.text or "")
        for e in parsed(text).iter(f"{SVG}text")
        if e.get("y") == f"{dvh_plot.HEIGHT - dvh_plot.BOTTOM + 20:.1f}"
    ]
    assert 2 <= len(doses) <= 10
    assert doses[0] == 0
    assert doses[-1] >= max(ends) * (1 - 1e-5)  # labels have six digits


def test_hostile_names_are_literal_and_the_drawing_is_valid_xml() -> None:
    text = svg_of(hostile_report().curves, title="<b>&\ufffe")
    root = parsed(text)
    assert "<b>&\\ufffe" in texts(root)
    for name in HOSTILE:
        assert f"{visible(name)} (1.00 cm³)" in texts(root)
    assert not [e for e in root.iter() if e.tag in (f"{SVG}script", f"{SVG}image", f"{SVG}a")]
    assert not re.search(r"(href|url\(|@import|\son\w+=)", text.replace("onerror=", ""))


def test_a_name_too_long_for_the_drawing_is_squeezed_not_cut() -> None:
    root = parsed(svg_of([Curve("漢" * 64, (0.0, 1.0), (100.0, 0.0), 1.0)]))
    (name,) = [e for e in root.iter(f"{SVG}text") if (e.text or "").startswith("漢")]
    right = float(name.get("x", "nan")) + float(name.get("textLength", "nan"))
    assert right <= dvh_plot.WIDTH - dvh_plot.RIGHT + 1


def test_each_curve_has_its_number_on_it_and_in_the_legend() -> None:
    shown = texts(parsed(svg_of(CURVES)))
    assert [shown.count(f"{CURVES[i].name} ({v} cm³)") for i, v in enumerate(("120.50", "3210.00"))]
    assert shown.count("1") == shown.count("2") == 2
    inline = svg_of(CURVES, standalone=False)
    assert "<style>" not in inline
    assert texts(parsed(inline)).count("1") == 1


def test_no_curve_is_a_drawing_that_says_so() -> None:
    assert "No structure with a dose" in texts(parsed(svg_of([])))


def test_a_structure_without_any_dose_is_drawn_at_zero() -> None:
    root = parsed(svg_of([Curve("Far", (0.0, 0.0), (100.0, 0.0), 1.0)], standalone=False))
    assert {x for x, _ in points(root)[0]} == {float(dvh_plot.LEFT)}


@pytest.mark.parametrize(("doses", "volumes"), [((), ()), ((0.0, 1.0), (100.0,))])
def test_a_curve_that_is_none_cannot_be_made(
    doses: tuple[float, ...], volumes: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match="a curve needs points"):
        Curve("PTV", doses, volumes, 1.0)


def test_the_palette_is_seen_on_both_papers_and_told_apart_by_everyone() -> None:
    assert all(map(is_visible, PALETTE))
    for one, other in itertools.combinations(PALETTE, 2):
        assert distance(one, other) >= DISTANCE, (one, other)


def test_distance_knows_what_the_colour_blind_do_not_see() -> None:
    # Reference: black and white are 1 apart in OKLab lightness, by definition.
    assert distance("#000000", "#ffffff") == pytest.approx(1.0, abs=1e-3)
    assert distance("#123456", "#123456") == 0
    # A red and a green of like lightness: far apart to the normal eye only.
    assert distance("#c0392b", "#5d7a1f") < 0.5 * distance("#d55e00", "#0072b2")


def test_an_roi_keeps_its_colour_only_where_it_can_be_seen_and_told_apart() -> None:
    def curve(*color: int) -> Curve:
        return Curve("R", (0.0, 1.0), (100.0, 0.0), 1.0, color or None)  # type: ignore[arg-type]

    red, twin, yellow, black, none = inks_of(
        [curve(220, 40, 40), curve(222, 41, 40), curve(255, 255, 0), curve(0, 0, 0), curve()]
    )
    assert red.color == "#dc2828"
    others = [twin, yellow, black, none]
    assert all(ink.color in PALETTE for ink in others)
    assert len({(i.color, i.dash) for i in (red, *others)}) == 5


@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), max_size=24))
def test_two_curves_of_one_line_pattern_are_never_alike(
    colors: list[tuple[int, int, int]],
) -> None:
    inks = inks_of([Curve("R", (0.0, 1.0), (100.0, 0.0), 1.0, color) for color in colors])
    for one, other in itertools.combinations(inks, 2):
        assert one.dash != other.dash or distance(one.color, other.color) >= DISTANCE
    assert [ink.number for ink in inks] == list(range(1, len(colors) + 1))
    assert {ink.dash for ink in inks} <= set(DASHES)


def test_a_hundred_curves_are_drawn() -> None:
    curves = [Curve(f"R{i}", (0.0, 1.0 + i), (100.0, 0.0), 1.0) for i in range(100)]
    assert len(points(parsed(svg_of(curves, standalone=False)))) == 100


def test_the_dark_paper_is_the_one_colours_are_chosen_for() -> None:
    assert PAPERS[1] in dvh_svg.STYLE
