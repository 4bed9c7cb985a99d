"""The HTML report printed by a browser: nothing cut, no control, no page more than it needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from handmade import KEPT, full_report, hostile_report, report_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

Opener = Callable[..., "Page"]

A4_WIDTH = round((210 - 2 * 13) / 25.4 * 96)
"""Pixels between the margins of the page."""


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def printed(page: Page, paper: str) -> int:
    return pages_of(page.pdf(format=paper, print_background=True))


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_short_report_is_printed_on_three_pages(opened: Opener, paper: str) -> None:
    assert printed(opened(full_report()), paper) == 3


def test_goals_fill_pages_and_leave_none_empty(opened: Opener) -> None:
    goals = [replace(KEPT, goal=f"goal-{i}", structure=f"Organ {i}", found=()) for i in range(60)]
    page = opened(report_of(*goals, curves=(), findings=()))
    # A row is less than 15 mm high; two pages hold header, signatures and sources.
    assert 3 <= printed(page, "A4") <= 2 + 60 * 15 / (297 - 30)


def test_nothing_is_cut_at_the_edge_or_within_a_row(opened: Opener) -> None:
    page = opened(hostile_report(), width=A4_WIDTH)
    page.emulate_media(media="print")
    beyond = page.evaluate(
        "[...document.querySelectorAll('body *')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML)"
    )
    assert beyond == []
    kept_whole = page.evaluate(
        "[...document.querySelectorAll('.goals tbody, tr, figure, .signing, .overall')]"
        ".map(e => getComputedStyle(e).breakInside)"
    )
    assert set(kept_whole) == {"avoid"}
    heads = page.evaluate(
        "[...document.querySelectorAll('thead')].map(e => getComputedStyle(e).display)"
    )
    assert set(heads) == {"table-header-group"}, "repeated on each page"


def test_paper_has_no_controls_and_is_white_in_the_dark(opened: Opener) -> None:
    page = opened(full_report(), scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    for control in (".controls", ".cursor", ".readout"):
        assert not page.locator(control).is_visible()
    ink, paper = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert paper == "rgb(255, 255, 255)"
    assert ink == "rgb(26, 32, 39)"
    assert page.locator(".legend .volume").first.is_visible()
