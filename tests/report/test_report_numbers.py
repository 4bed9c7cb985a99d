"""Printed digits always agree with the verdict."""

from __future__ import annotations

import math
import re

import pytest
from handmade import KEPT
from hypothesis import assume, given
from hypothesis import strategies as st

from rtcheck.protocol.goal import RELATIVE_TIE as JUDGED_EQUAL
from rtcheck.protocol.goal import Comparison, Limit
from rtcheck.report.numbers import (
    DECIMALS,
    RELATIVE_TIE,
    interval_text,
    limits_in,
    margin_text,
    number_text,
    value_text,
    worded_text,
)
from rtcheck.report.words import row_of
from rtcheck.units import Quantity, from_inside

UNITS = [unit for unit in DECIMALS if unit]
LIMITS = st.decimals(0, 200, places=2).map(float)
OFFSETS = st.one_of(
    st.just(0.0),
    st.floats(-1e-6, 1e-6, allow_subnormal=False),
    st.floats(-0.5, 0.5, allow_subnormal=False),
    st.floats(-200, 200, allow_subnormal=False),
)


def test_printing_and_judging_agree_on_what_is_equal() -> None:
    assert RELATIVE_TIE == JUDGED_EQUAL


@given(LIMITS, OFFSETS, st.sampled_from(UNITS), st.sampled_from(list(Comparison)))
def test_the_printed_value_keeps_a_limit_exactly_if_the_value_does(
    number: float, offset: float, unit: str, comparison: Comparison
) -> None:
    value = number + offset
    # Within a rounding error of the edge of what counts as equal, either side is right.
    assume(not math.isclose(abs(offset), RELATIVE_TIE * number, rel_tol=1e-3))
    text = f"{comparison} {number!r} {unit}"
    limit = Limit(comparison, Quantity(number, unit).inside, text)
    (printed_limit,) = limits_in([text], unit)
    printed = float(number_text(value, unit, [printed_limit]))
    assert limit.is_met(Quantity(printed, unit).inside) == limit.is_met(
        Quantity(value, unit).inside
    )


@given(st.floats(-1e6, 1e6), st.lists(LIMITS, max_size=3), st.sampled_from(UNITS))
def test_the_printed_value_is_the_value_rounded(
    value: float, limits: list[float], unit: str
) -> None:
    printed = number_text(value, unit, limits)
    decimals = len(printed.partition(".")[2])
    assert abs(float(printed) - value) <= max(0.5000001 * 10.0**-decimals, 1e-9 * abs(value))
    assert decimals >= DECIMALS[unit] or "e" in printed
    assert not re.fullmatch(r"-0(\.0*)?", printed)


@given(st.floats(-1e3, 1e3), st.floats(1e-6, 1e3))
def test_a_margin_that_is_not_zero_never_prints_as_zero(margin: float, value: float) -> None:
    printed = margin_text(margin, value, "Gy").removesuffix(" Gy")
    tied = abs(margin) <= RELATIVE_TIE * value
    assert (float(printed) == 0) == tied
    assert tied or (float(printed) > 0) == (margin > 0)
    assert printed.startswith("+") == (margin > 0 and not tied)


@pytest.mark.parametrize(
    ("value", "unit", "limits", "printed"),
    [
        (30.0000004, "%", [30.0], "30.0000004 %"),
        (29.96, "%", [30.0], "29.96 %"),
        (30.04, "%", [30.0], "30.04 %"),
        (30.0, "%", [30.0], "30.0 %"),
        (30.0 * (1 + 1e-10), "%", [30.0], "30.0 %"),
        (100.0000000007, "%", [], "100.0 %"),
        (100.0000000007, "%", [100.0], "100.0 %"),
        (94.99999, "%", [95.0, 90.0], "94.99999 %"),
        (89.96, "%", [95.0, 90.0], "89.96 %"),
        (-0.001, "Gy", [], "0.00 Gy"),
        (-0.001, "Gy", [0.0], "-0.001 Gy"),
        (1e-30, "Gy", [0.0], "1e-30 Gy"),
        (1e20, "cc", [], "1e+20 cc"),
        (4500.4, "cGy", [4500.0], "4500.4 cGy"),
        (3.0, "", [10.0], "3"),
        (0.98765, "", [], "0.988"),
        (float("nan"), "Gy", [], "not a finite number Gy"),
    ],
)
def test_digits(value: float, unit: str, limits: list[float], printed: str) -> None:
    assert value_text(value, unit, limits) == printed


@pytest.mark.parametrize(
    ("texts", "unit", "numbers"),
    [
        (["<= 30 %", "<= 35 %"], "%", (30.0, 35.0)),
        ([">= 30 Gy and <= 54 Gy"], "Gy", (30.0, 54.0)),
        (["<= 2000 cGy"], "Gy", (20.0,)),
        (["<=0.5cc"], "cc", (0.5,)),
        (["== 1"], "", (1.0,)),
        ([">= -1.5 mm"], "mm", (-1.5,)),
        (["D98%[%] >= 95 %", None], "%", ()),
        (["> 95 %", "D98%[%] >= 90 %"], "%", (95.0,)),
        (["50 Gy in 5 fractions"], "Gy", ()),
        (["<= 30 parsec"], "Gy", ()),
    ],
)
def test_the_numbers_of_limits(
    texts: list[str | None], unit: str, numbers: tuple[float, ...]
) -> None:
    assert limits_in(texts, unit) == pytest.approx(numbers, rel=1e-15)


@given(LIMITS, st.floats(0, 2), st.floats(0, 2))
def test_an_interval_holds_a_limit_in_print_exactly_if_it_does(
    value: float, below: float, above: float
) -> None:
    low, high, limit = value - below, value + above, 50.0
    text = interval_text(value, low, high, "Gy", [limit])
    if not text:
        assert number_text(low, "Gy", [limit]) == number_text(high, "Gy", [limit])
        return
    ends = [float(end) for end in text.strip("[]").split("–")]
    for end, printed in zip((low, high), ends, strict=True):
        assert (printed > limit) == (end > limit * (1 + RELATIVE_TIE))
        assert (printed < limit) == (end < limit * (1 - RELATIVE_TIE))


def test_an_interval_that_prints_like_the_value_is_left_out() -> None:
    assert interval_text(20.0, 20.0, 20.001, "Gy") == ""
    assert interval_text(None, 20.0, 20.0, "Gy") == "[20.00–20.00]"
    assert interval_text(20.0, None, 21.0, "Gy") == ""


def test_a_schedule_in_words_does_not_round_a_deviation_away() -> None:
    assert worded_text("50 Gy in 5 × 10 Gy", 50.0, "Gy") == "50 Gy in 5 × 10 Gy"
    assert worded_text("50 Gy in 5 × 10 Gy", 49.999998, "Gy").endswith("(49.999998 Gy)")
    assert worded_text("as asked", 1.0, "") == "as asked"


def test_a_row_prints_value_interval_margin_and_the_planning_systems_figure_alike() -> None:
    from dataclasses import replace

    row = row_of(
        replace(
            KEPT,
            value=29.9999,
            low=29.99,
            high=30.00001,
            margin=from_inside(0.0001, "%"),
            tps_value=30.0003,
        )
    )
    assert row.value == "29.9999 %"
    assert row.interval == "[29.99–30.00001]"
    assert row.margin == "+0.0001 %"
    assert row.others == (("Planning system", "30.0003 %"),)
