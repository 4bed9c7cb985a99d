"""The bar of a row: everything lies where its number says, and nothing is drawn that misleads."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from handmade import BROKEN, KEPT, NOT_MEANT, REPORTED, UNSAID, VARIED
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.report.interval_bar import LEAST_BAND, LEFT, RIGHT, bar_svg
from rtcheck.verdict import Verdict


class Bar:
    """What a drawing shows, in the unit of the value: its axis is printed below it."""

    def __init__(self, verdict: Verdict) -> None:
        root = ElementTree.fromstring(bar_svg(verdict))  # noqa: S314 - our own text
        self.ends = [float(text.text or "nan") for text in root.iter("text")]
        self.rects = {r.get("class"): r for r in root.iter("rect")}
        self.limits = [
            self.number(float((p.get("d") or "")[1:].split()[0])) for p in root.iter("path")
        ]

    def number(self, x: float) -> float:
        low, high = self.ends[0], self.ends[-1]
        return low + (high - low) * (x - LEFT) / (RIGHT - LEFT)

    def span(self, kind: str) -> tuple[float, float]:
        x, width = (float(self.rects[kind].get(key, "nan")) for key in ("x", "width"))
        return self.number(x), self.number(x + width)

    @property
    def value(self) -> float:
        return sum(self.span("value")) / 2

    @property
    def resolution(self) -> float:
        """What a tenth of a pixel stands for: coordinates are written to that."""
        return (self.ends[-1] - self.ends[0]) / (RIGHT - LEFT) / 10


def test_value_interval_and_limits_lie_on_the_printed_axis() -> None:
    bar = Bar(KEPT)  # 25.31 % [25.0–25.6] against <= 30 %, acceptable <= 35 %
    assert bar.ends == [20.0, 30.0, 40.0]
    assert bar.value == pytest.approx(25.31, abs=bar.resolution)
    assert bar.span("band") == pytest.approx((25.0, 25.6), abs=2 * bar.resolution)
    assert sorted(bar.limits) == pytest.approx([30.0, 35.0], abs=bar.resolution)
    assert bar.span("kept") == pytest.approx((20.0, 30.0), abs=2 * bar.resolution)
    assert bar.span("tolerated") == pytest.approx((20.0, 35.0), abs=2 * bar.resolution)


def test_a_lower_limit_is_kept_above_it() -> None:
    bar = Bar(VARIED)  # 94.0 % against >= 95 %, acceptable >= 90 %
    assert bar.span("kept") == pytest.approx((95.0, bar.ends[-1]), abs=2 * bar.resolution)
    assert bar.span("tolerated") == pytest.approx((90.0, bar.ends[-1]), abs=2 * bar.resolution)
    low, high = bar.span("band")
    assert low < 95.0 < high, "too close to call is seen"


def test_between_two_limits_only_what_keeps_both_is_shaded() -> None:
    bar = Bar(replace(KEPT, unit="Gy", value=25.0, per_protocol="> 20 Gy and <= 30 Gy"))
    assert bar.span("kept") == pytest.approx((20.0, 30.0), abs=2 * bar.resolution)


def test_an_interval_of_no_width_is_still_seen() -> None:
    rect = Bar(BROKEN).rects["band"]
    assert float(rect.get("width", "nan")) == pytest.approx(LEAST_BAND, abs=0.1)


def test_without_a_value_the_interval_alone_is_drawn() -> None:
    bar = Bar(UNSAID)
    assert "value" not in bar.rects
    assert bar.span("band") == pytest.approx((9.0, 12.0), abs=2 * bar.resolution)


@pytest.mark.parametrize(
    "verdict",
    [
        REPORTED,
        NOT_MEANT,
        replace(KEPT, per_protocol="50 Gy in 25 fractions"),
        replace(KEPT, per_protocol="<= 30 % and D2%[Gy] <= 50 Gy"),
        replace(KEPT, value=None, low=None, high=None),
        replace(KEPT, value=float("nan")),
    ],
)
def test_what_cannot_be_drawn_in_full_is_not_drawn(verdict: Verdict) -> None:
    assert bar_svg(verdict) == ""


@given(
    st.floats(0, 1e4), st.floats(0, 100), st.floats(1e-3, 1e4), st.sampled_from(["<=", ">", "=="])
)
def test_every_number_lies_within_a_short_axis(
    value: float, half: float, limit: float, sign: str
) -> None:
    low, high = max(value - half, 0.0), value + half
    bar = Bar(
        replace(
            KEPT,
            unit="Gy",
            value=value,
            low=low,
            high=high,
            per_protocol=f"{sign} {limit!r} Gy",
            acceptable=None,
        )
    )
    # Ends are printed to six digits.
    slack = 1e-5 * max(high, limit)
    assert 0 <= bar.ends[0] <= min(low, limit) + slack
    assert bar.ends[-1] >= max(high, limit) - slack
    farthest = max(abs(n - limit) for n in (low, value, high))
    # A round number is at most twice what is needed; about zero, twice the limit is shown.
    assert bar.ends[-1] - bar.ends[0] <= max(4.4 * farthest, 0.05 * limit, 2 * limit) + 2 * slack
