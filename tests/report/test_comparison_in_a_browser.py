"""The page of a comparison in a browser: nothing fetched, nothing cut, readable by everyone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rivals import handmade_comparison, hostile_comparison

from rtcheck.report.comparison import Comparison

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Opener = Callable[..., "Page"]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Opener:
    def open_page(comparison: Comparison, width: int, scheme: str = "light") -> Page:
        path = comparison.save(tmp_path / "compared.html")
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        page = context.new_page()
        complaints: list[str] = []
        page.on("request", lambda r: complaints.append(r.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.goto(path.as_uri())
        assert complaints == [path.as_uri()]
        return page

    return open_page


@pytest.mark.parametrize("width", [1440, 800, 390])
@pytest.mark.parametrize("comparison", [handmade_comparison(), hostile_comparison()])
def test_the_page_fits_and_fetches_nothing(
    opened: Opener, comparison: Comparison, width: int
) -> None:
    page = opened(comparison, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    # No cell of the table runs into its neighbour.
    wide = "[...document.querySelectorAll('td, th')].filter(e => e.scrollWidth > e.clientWidth + 1)"
    assert page.evaluate(f"{wide}.map(e => e.textContent)") == []
    page.context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_no_serious_fault(opened: Opener, scheme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = opened(handmade_comparison(), width, scheme)
    serious = [
        (fault["id"], node["target"])
        for fault in axe.run(page).response["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
    assert serious == []
    page.context.close()
