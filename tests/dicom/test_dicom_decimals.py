"""Bulk parsing of decimal strings against Python's own float(), to the bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.dicom import decimals
from rtcheck.dicom.decimals import parse_decimals

digits = st.text("0123456789", max_size=12)
signs = st.sampled_from(["", "", "-", "+"])


@st.composite
def plain_spellings(draw: st.DrawFn) -> str:
    """Decimal strings as most systems write them, leading and trailing zeros included."""
    whole, part = draw(digits), draw(digits)
    point = draw(st.sampled_from(["", "."])) or ("." if part else "")
    text = draw(signs) + whole + point + part
    return text if whole or part else text + "0"


@st.composite
def all_spellings(draw: st.DrawFn) -> str:
    """Every spelling that DS allows (PS3.5 6.2): also exponents, and blanks around."""
    exponent = draw(st.sampled_from(["", "", "E2", "e-05", "e+10", "E-300"]))
    blank = st.sampled_from(["", "", " "])
    return draw(blank) + draw(plain_spellings()) + exponent + draw(blank)


floats = st.floats(-1e4, 1e4).flatmap(
    lambda value: st.sampled_from([repr(value), f"{value:.6f}", f"{value:.10g}", f"{value:.16g}"])
)


def assert_bits_of_float(spellings: list[str]) -> None:
    found = parse_decimals("\\".join(spellings).encode(), len(spellings))
    assert found is not None
    expected = np.array([float(text) for text in spellings])
    assert found.tobytes() == expected.tobytes()  # minus zero is not zero here


@given(st.lists(plain_spellings() | floats, min_size=1, max_size=40))
def test_plain_decimals_have_the_bits_of_float(spellings):
    assert_bits_of_float(spellings)


@given(st.lists(all_spellings() | plain_spellings(), min_size=1, max_size=40))
def test_any_decimal_string_has_the_bits_of_float(spellings):
    assert_bits_of_float(spellings)


@pytest.mark.parametrize(
    "text",
    [
        "0", "-0", "-0.0", ".5", "-.5", "5.", "000000000000.100", "0.000000000000001",
        "999999999999999", "9007199254740993", "123456789.123456", "1234567.12345678",
        "-123456789012345", "12345678.9", "0.1234567890123", "1e22", "-1.5E-7", "+3",
    ],
)  # fmt: skip
def test_spellings_at_the_edges(text):
    assert_bits_of_float([text])
    assert_bits_of_float([text, "1.5", text, "-20", text])


@given(st.lists(all_spellings(), min_size=20, max_size=60), st.integers(1, 40))
def test_where_a_stretch_ends_changes_nothing(spellings, stretch):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decimals, "_STRETCH_BYTES", stretch)
        assert_bits_of_float(spellings)


def test_many_stretches_of_the_real_length():
    rng = np.random.default_rng(5)
    spellings = [f"{value:.3f}" for value in rng.uniform(-500, 500, 60_000)]
    spellings[40_000] = " 1e-3"  # one stretch is not plain, the others are
    assert_bits_of_float(spellings)


WRONG = [
    "", " ", "\t", "\\", "1\\", "\\1", "1\\\\2", "-", ".", "-.", "1-2", "--1", "1.2.3", "..", "1,5",
    "1 2", "left", "0x10", "1_000", "1\0", "\u0661", "1e", "e5", "1.5-", "-\\1", "1;2", "1/2",
    "1:2",
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("around", ["{}", "1.5\\{}\\-2", "{}\\7", "7\\{}"])
def test_what_is_no_number_gives_no_numbers(wrong, around):
    text = around.format(wrong)
    assert parse_decimals(text.encode(), text.count("\\") + 1) is None


@given(st.lists(all_spellings(), min_size=1, max_size=8), st.integers(0, 10))
def test_another_number_of_values_than_asked_for_gives_none(spellings, count):
    found = parse_decimals("\\".join(spellings).encode(), count)
    assert (found is None) == (count != len(spellings))


@given(st.binary(max_size=24))
def test_of_any_bytes_only_numbers_are_numbers(noise):
    found = parse_decimals(noise, noise.count(b"\\") + 1)
    if found is not None:
        assert b"_" not in noise
        expected = [float(text) for text in noise.split(b"\\")]
        np.testing.assert_array_equal(found, expected)
