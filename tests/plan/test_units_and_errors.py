"""Quantities enter as text in one place; errors carry code, place, expectation and advice."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import numbers

from rtcheck.errors import CannotSay, ProtocolSyntaxError, Reason, RtcheckError, UnitError
from rtcheck.units import Dimension, Quantity, dimension_of, from_inside, parse_quantity

UNITS = ["Gy", "cGy", "cc", "cm3", "ml", "mL", "mm3", "mm", "cm", "%", "d"]


@pytest.mark.parametrize(
    ("text", "inside", "dimension"),
    [
        ("50 Gy", 50.0, "dose"),
        ("5000cGy", 50.0, "dose"),
        ("0.03cc", 0.03, "volume"),
        ("700 ml", 700.0, "volume"),
        ("35 mm3", 0.035, "volume"),
        ("4 cm", 40.0, "length"),
        ("+.5 mm", 0.5, "length"),
        ("1e1 %", 10.0, "percent"),
        ("38 d", 38.0, "time"),
        (" 3 ", 3.0, "number"),
    ],
)
def test_quantities(text: str, inside: float, dimension: str) -> None:
    found = parse_quantity(text)
    assert found.inside == pytest.approx(inside)
    assert found.dimension == dimension


@pytest.mark.parametrize(
    "text", ["", "Gy", "50 gy", "50 GY", "50 Gray", "5 0 Gy", "50,5 Gy", "50 Gy/fx", "1_000 Gy",
             "nan Gy", "inf Gy", "1e999 Gy", "0x10 Gy"]
)  # fmt: skip
def test_no_quantities(text: str) -> None:
    with pytest.raises(UnitError) as caught:
        parse_quantity(text, where="x.toml: goal")
    assert caught.value.code == "RTC-N001"
    assert caught.value.where == "x.toml: goal"


def test_a_wrong_dimension_says_which_is_right() -> None:
    with pytest.raises(UnitError, match="a dose with its unit"):
        parse_quantity("5 cc", Dimension.DOSE)
    with pytest.raises(UnitError, match="a volume with its unit"):
        parse_quantity("5", Dimension.VOLUME)


@given(numbers(-1e6, 1e6), st.sampled_from(UNITS))
def test_in_and_out_again(value: float, unit: str) -> None:
    assert from_inside(Quantity(value, unit).inside, unit) == pytest.approx(value, rel=1e-12)
    assert parse_quantity(f"{value!r} {unit}") == Quantity(value, unit)


def test_dimensions_of_units() -> None:
    assert {u: str(dimension_of(u)) for u in ("Gy", "cc", "mm", "%", "d", "")} == {
        "Gy": "dose", "cc": "volume", "mm": "length", "%": "percent", "d": "time", "": "number",
    }  # fmt: skip
    with pytest.raises(UnitError):
        dimension_of("Sv")


def test_an_error_in_full() -> None:
    error = ProtocolSyntaxError("'x'", where="a.toml: id", expected="letters", hint="Write y")
    assert str(error) == "RTC-P001: 'x' (a.toml: id); expected letters. Write y"
    assert (error.exit_code, CannotSay(Reason.NO_DOSE).exit_code) == (2, 3)


@pytest.mark.parametrize("error", [UnitError("x", where="y", expected="z", hint="h"),
                                   CannotSay(Reason.SMALLER_THAN_VOLUME, "Cord")])  # fmt: skip
def test_errors_cross_process_borders(error: RtcheckError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(again) is type(error)
    assert str(again) == str(error)
