"""The HTML report in a browser: opened from disk, read, pointed at, switched, and heard."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from handmade import BROKEN, HOSTILE, KEPT, full_report, hostile_report, report_of

from rtcheck.report import Curve, Report
from rtcheck.report.record import Picture
from rtcheck.verdict import Found

if TYPE_CHECKING:
    from playwright.sync_api import Page

Opener = Callable[..., "Page"]

WIDTHS = (1440, 800, 390)

# Straight lines: at 30 Gy half of the one is left, and three quarters of the other.
LINE = Curve("Line", (0.0, 60.0), (100.0, 0.0), 200.0, roi_number=3)
SLOPE = Curve("Slope", (0.0, 30.0, 60.0), (100.0, 75.0, 0.0), 1000.0, roi_number=4)
ON_LINE = replace(
    BROKEN,
    structure="Line",
    metric="D50%[Gy]",
    value=30.0,
    per_protocol="<= 25 Gy",
    found=(Found("Line", 3, "tg263", "Line"),),
)


def drawn_report() -> Report:
    return report_of(ON_LINE, curves=(LINE, SLOPE))


def point_at(page: Page, dose_gy: float) -> None:
    """Move the pointer to a dose of a plot that ends at 60 Gy."""
    plot = page.locator(".plot svg")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    across = 62 + (720 - 62 - 20) * dose_gy / 60
    page.mouse.move(box["x"] + box["width"] * across / 720, box["y"] + box["height"] / 2)


def read_off(page: Page) -> list[tuple[float, float]]:
    """Return percent and cm3 that the legend shows for each curve."""
    texts = page.locator(".legend .volume").all_text_contents()
    found = [re.fullmatch(r"([\d.]+) % · ([\d.]+) cm³", text) for text in texts]
    return [(float(m[1]), float(m[2])) for m in found if m]


def tick_texts(page: Page, axis: str) -> list[str]:
    return page.locator(f".plot .{axis} text").all_text_contents()


@pytest.mark.parametrize("report", [full_report(), hostile_report()], ids=["full", "hostile"])
def test_a_page_from_disk_fetches_nothing_and_is_never_wider_than_the_screen(
    opened: Opener, report: Report
) -> None:
    page = opened(report)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator(".overall .word").is_visible()


def test_hostile_names_are_read_as_they_are(opened: Opener) -> None:
    page = opened(hostile_report())
    names = page.locator(".legend .name").all_text_contents()
    for name in (HOSTILE[0], HOSTILE[1], "ריאה שמאל", "W" * 64):
        assert name in names
    assert page.locator("main img, main iframe").count() == 0


def test_pointing_at_a_dose_reads_every_curve_there(opened: Opener) -> None:
    page = opened(drawn_report())
    assert page.locator(".legend .volume").all_text_contents() == ["200.00 cm³", "1000.00 cm³"]
    point_at(page, 30.0)
    # A pixel is 0.1 Gy here, and the steeper curve falls by 2.5 % a Gy.
    (half, of_200), (three_quarters, of_1000) = read_off(page)
    assert half == pytest.approx(50.0, abs=0.3)
    assert of_200 == pytest.approx(100.0, abs=0.6)
    assert three_quarters == pytest.approx(75.0, abs=0.3)
    assert of_1000 == pytest.approx(750.0, abs=3.0)
    readout = page.locator(".readout").inner_text()
    assert re.fullmatch(r"Volume with at least (29\.9|30\.0|30\.1)\d Gy", readout)


def test_the_keyboard_moves_along_the_dose_and_what_is_there_is_spoken(opened: Opener) -> None:
    page = opened(drawn_report())
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("End")
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    gy = 60 - 5 * 10 / 50
    assert slider.get_attribute("aria-valuetext") == f"{gy:.2f} Gy"
    page.wait_for_selector(".announce:not(:empty)", state="attached")
    spoken = page.locator(".announce").text_content()
    # Line: 1/60 of 200 cm³ is left; Slope falls by 2.5 % of 1000 cm³ in the last Gy.
    assert spoken == f"{gy:.2f} Gy: Line 1.7 % · 3.33 cm³; Slope 2.5 % · 25.00 cm³"


def test_a_click_or_enter_hides_a_curve_with_its_limits_and_show_all_brings_it_back(
    opened: Opener,
) -> None:
    page = opened(drawn_report())
    line = page.get_by_role("button", name="Line")
    curve, limit = (
        page.locator(".curve[data-curve='0']"),
        page.locator(".plot .limit[data-curve='0']"),
    )
    assert limit.count() == 1
    line.click()
    assert line.get_attribute("aria-pressed") == "false"
    assert not curve.is_visible()
    assert not limit.is_visible()
    assert page.locator(".curve[data-curve='1']").is_visible()
    point_at(page, 30.0)
    assert len(read_off(page)) == 1
    page.get_by_role("button", name="Show all").click()
    assert curve.is_visible()
    line.focus()
    page.keyboard.press("Enter")
    assert not curve.is_visible()


def test_volumes_in_cm3_are_drawn_to_one_scale_that_fits_what_is_shown(opened: Opener) -> None:
    page = opened(drawn_report())
    start = page.evaluate("document.querySelector('.curve').getAttribute('d').split('L')[0]")
    assert start == "M62.0 16.0", "100 % stands at the top"
    page.get_by_role("button", name="cm³", exact=True).click()
    assert tick_texts(page, "volumes")[-1] == "1000"
    assert page.locator(".axis-title").all_text_contents() == ["Dose [Gy]", "Volume [cm³]"]
    start = page.evaluate("document.querySelector('.curve').getAttribute('d').split('L')[0]")
    assert start == f"M62.0 {362 - (362 - 16) * 200 / 1000:.1f}"
    page.get_by_role("button", name="Slope").click()
    assert tick_texts(page, "volumes")[-1] == "200"
    # D50% <= 25 Gy lies at half of the 200 cm³.
    place = page.locator(".plot .limit").get_attribute("transform")
    assert place == f"translate({62 + 638 * 25 / 60:.1f} {(16 + 362) / 2:.1f})"


def test_the_dose_axis_counts_percent_of_a_named_prescription(opened: Opener) -> None:
    page = opened(drawn_report())
    assert tick_texts(page, "doses") == ["0", "10", "20", "30", "40", "50", "60"]
    page.locator("select").select_option(label="% of PTV: 50 Gy")
    assert tick_texts(page, "doses") == ["0", "20", "40", "60", "80", "100", "120"]
    assert page.locator(".axis-title").first.text_content() == "Dose [% of PTV: 50 Gy]"
    point_at(page, 25.0)
    assert re.search(r"\((49\.[89]|50\.[012]) % of PTV: 50 Gy\)", page.inner_text(".readout"))


def test_without_scripts_all_is_there_but_the_controls(opened: Opener) -> None:
    page = opened(full_report(), scripts=False)
    assert page.locator(".plot svg .curve").count() == 2
    assert page.locator(".plot svg").is_visible()
    assert page.locator(".legend .volume").all_text_contents() == ["120.50 cm³", "3210.00 cm³"]
    for control in (".controls", ".cursor", ".readout"):
        assert not page.locator(control).is_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_no_serious_fault(opened: Opener, scheme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    square = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9"/></svg>'
    report = replace(full_report(), pictures=(Picture("A plane", "z 0 mm", square, ("cord-max",)),))
    page = opened(report, scheme=scheme, width=width)
    page.locator(".legend button").first.click()
    found = axe.run(page).response["violations"]
    serious = [
        (fault["id"], node["target"])
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
    assert serious == []


def test_a_report_without_curves_needs_no_script(opened: Opener) -> None:
    page = opened(report_of(KEPT, curves=()))
    assert page.locator("script").count() == 0
    assert "None can be drawn" in page.locator(".histogram").inner_text()
