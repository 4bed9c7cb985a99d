"""Structure expressions: text to tree and back, and errors that say where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import expressions

from rtcheck.errors import ExpressionError, RtcheckError
from rtcheck.geometry.expression import (
    MAX_DEPTH,
    MAX_LENGTH,
    MAX_MARGIN_MM,
    MAX_NAMES,
    Combine,
    Expression,
    Grow,
    Name,
    leaves,
    names_in,
    parse_expression,
    reach_mm,
    to_text,
)

A, B, C = Name("A"), Name("B"), Name("C")


def is_within_limits(tree: Expression) -> bool:
    return (
        len(to_text(tree)) <= MAX_LENGTH
        and len(list(leaves(tree))) <= MAX_NAMES
        and reach_mm(tree) <= MAX_MARGIN_MM
    )


@given(expressions)
def test_text_of_a_tree_reads_back_to_the_tree(tree: Expression) -> None:
    text = to_text(tree)
    if is_within_limits(tree):
        assert parse_expression(text) == tree


@given(expressions)
def test_text_of_a_tree_reads_back_where_the_names_are_known(tree: Expression) -> None:
    text = to_text(tree)
    if is_within_limits(tree):
        assert set(names_in(parse_expression(text, names_in(tree)))) == set(names_in(tree))


def test_a_name_with_a_quotation_mark_is_known_or_refused() -> None:
    name = Name('a "b" | c')
    assert parse_expression(to_text(name), {name.name}) == name
    assert parse_expression(f"A - {to_text(name)}", {name.name}) == Combine("-", A, name)
    with pytest.raises(ExpressionError):
        parse_expression('a "b"')


def test_a_name_that_is_also_a_function_is_either() -> None:
    grown = Grow(Name("expand"), 0.0, 0.0, 0.0)
    assert parse_expression("expand(expand, 0 mm)", {"expand"}) == grown
    assert parse_expression("expand - A", {"expand"}) == Combine("-", Name("expand"), A)


@given(st.text(alphabet='AB ()|&-,"50m axialsupexpandring.', max_size=60))
def test_any_text_is_a_tree_or_one_clear_error(text: str) -> None:
    said = None
    try:
        assert names_in(parse_expression(text))
    except RtcheckError as error:
        said = error
    assert said is None or (isinstance(said, ExpressionError) and said.expected)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("A", A),
        ("  A  ", A),
        ("A - B", Combine("-", A, B)),
        ("A-B", Combine("-", A, B)),
        ("A - B - C", Combine("-", Combine("-", A, B), C)),
        ("A - (B - C)", Combine("-", A, Combine("-", B, C))),
        ("A | B & C", Combine("|", A, Combine("&", B, C))),
        ("(A | B) & C", Combine("&", Combine("|", A, B), C)),
        ("A - B | C", Combine("|", Combine("-", A, B), C)),
        ('"A - B" - C', Combine("-", Name("A - B"), C)),
        ("expand(A, 5 mm)", Grow(A, 5, 5, 5)),
        ("expand(A, 0.5 cm)", Grow(A, 5, 5, 5)),
        ("contract(A, 5mm)", Grow(A, 5, 5, 5, True)),
        ("expand(A, axial 5 mm, sup 10 mm, inf 15 mm)", Grow(A, 5, 10, 15)),
        ("expand(A, inf 15 mm, axial 5 mm)", Grow(A, 5, 0, 15)),
        ("expand(A | B, 5 mm)", Grow(Combine("|", A, B), 5, 5, 5)),
        ("ring(A, 0 mm, 20 mm)", Combine("-", Grow(A, 20, 20, 20), Grow(A, 0, 0, 0))),
        ("expand", Name("expand")),
        ("Lung L", Name("Lung L")),
    ],
)
def test_notation(text: str, tree: Expression) -> None:
    assert parse_expression(text) == tree


def test_a_known_name_wins_over_the_operators_in_it() -> None:
    assert parse_expression("Lungs-GTV", {"Lungs-GTV"}) == Name("Lungs-GTV")
    assert parse_expression("Lungs-GTV - A", {"Lungs-GTV", "A"}) == Combine(
        "-", Name("Lungs-GTV"), A
    )
    assert parse_expression("Lungs-GTV", {"Lungs", "GTV"}) == Combine(
        "-", Name("Lungs"), Name("GTV")
    )


def test_the_longest_known_name_wins() -> None:
    known = {"PTV", "PTV - Rectum"}
    assert parse_expression("PTV - Rectum & A", known) == Combine("&", Name("PTV - Rectum"), A)


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("", 1, "a structure name"),
        ("A -", 4, "a structure name"),
        ("A | | B", 5, "a structure name"),
        ("A ) B", 3, "an operator | & - or the end"),
        ("(A | B", 7, "')'"),
        ('"A', 2, "a closing quotation mark"),
        ('""', 3, "a structure name"),
        ("expand(A)", 9, "','"),
        ("expand(A, 5)", 11, "a length such as 5 mm"),
        ("expand(A, 5 Gy)", 11, "a length such as 5 mm"),
        ("expand(A, 5 mm, 6 mm)", 15, "')'"),
        ("expand(A, axial 5 mm, axial 6 mm)", 23, "axial, sup or inf, each once"),
        ("expand(A, axial 5 mm, 6 mm)", 23, "axial, sup or inf, each once"),
        ("ring(A, 5 mm)", 13, "','"),
        ('A "B"', 3, "an operator | & - or the end"),
    ],
)
def test_an_error_names_the_column_and_what_was_expected(
    text: str, column: int, expected: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text)
    assert caught.value.where == f"column {column}"
    assert caught.value.expected == expected
    assert caught.value.code == "RTC-S001"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("expand(A, -5 mm)", "0 to 200 mm"),
        ("expand(A, 201 mm)", "0 to 200 mm"),
        ("expand(A, 1e9 mm)", "0 to 200 mm"),
        ("expand(A | contract(expand(B, 90 mm), 90 mm), sup 21 mm)", "0 to 200 mm"),
        ("ring(expand(A, 101 mm), 5 mm, 100 mm)", "0 to 200 mm"),
        ("ring(A, 20 mm, 5 mm)", "the inner margin first"),
        ("ring(A, 5 mm, 5 mm)", "the inner margin first"),
        ("A" * (MAX_LENGTH + 1), f"{MAX_LENGTH} at most"),
        ("(" * (MAX_DEPTH + 1) + "A" + ")" * (MAX_DEPTH + 1), f"at most {MAX_DEPTH} nested"),
        ("(" * 900, f"at most {MAX_DEPTH} nested"),
        ("expand(" * 60 + "A" + ", 1 mm)" * 60, f"at most {MAX_DEPTH} nested"),
        ("|".join(["A"] * (MAX_NAMES + 1)), f"more than {MAX_NAMES} names"),
        # Each ring has its structure twice: seven in each other have it 128 times.
        ("ring(" * 7 + "A" + ",0 mm,5 mm)" * 7, f"more than {MAX_NAMES} names"),
    ],
)
def test_what_would_exhaust_or_mislead_is_refused(text: str, expected: str) -> None:
    with pytest.raises(ExpressionError, match=expected):
        parse_expression(text)


def test_nesting_up_to_the_limit_is_read() -> None:
    assert parse_expression("(" * MAX_DEPTH + "A" + ")" * MAX_DEPTH) == A
    long = " | ".join(["A"] * MAX_NAMES)
    assert names_in(parse_expression(long)) == ("A",)
