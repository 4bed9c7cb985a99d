"""The notation: every family reads and writes, and a typo is told apart from a metric."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import numbers

from rtcheck.errors import MetricError, RtcheckError
from rtcheck.metrics import FAMILIES, Needs, parse_metric

# text, canonical text, unit of the value, what it needs
D, S, RX, AB = Needs.DOSE, Needs.SOLID, Needs.PRESCRIPTION, Needs.ALPHA_BETA
NOTATION = [
    ("D95%[Gy]", "D95%[Gy]", "Gy", D),
    ("D0.03cc[Gy]", "D0.03cc[Gy]", "Gy", D),
    ("D2%[%]", "D2%[%]", "%", D | RX),
    ("D 2 cc [cGy]", "D2cc[cGy]", "cGy", D),
    ("  D95%[Gy]  ", "D95%[Gy]", "Gy", D),
    ("D100%[Gy]", "D100%[Gy]", "Gy", D),
    ("D99.99%[Gy]", "D99.99%[Gy]", "Gy", D),
    ("DC700cc[Gy]", "DC700cc[Gy]", "Gy", D),
    ("DC5%[%]", "DC5%[%]", "%", D | RX),
    ("V20Gy[%]", "V20Gy[%]", "%", D),
    ("V2000cGy[%]", "V2000cGy[%]", "%", D),
    ("V95%[%]", "V95%[%]", "%", D | RX),
    ("V20Gy[cc]", "V20Gy[cc]", "cc", D),
    ("V20Gy[ml]", "V20Gy[ml]", "ml", D),
    ("V0Gy[cc]", "V0Gy[cc]", "cc", D),
    ("CV15Gy[cc]", "CV15Gy[cc]", "cc", D),
    ("CV95%[%]", "CV95%[%]", "%", D | RX),
    ("Mean[Gy]", "Mean[Gy]", "Gy", D),
    ("Min[Gy]", "Min[Gy]", "Gy", D),
    ("Max[cGy]", "Max[cGy]", "cGy", D),
    ("Median[%]", "Median[%]", "%", D | RX),
    ("Volume[cc]", "Volume[cc]", "cc", S),
    ("Diameter[cm]", "Diameter[cm]", "cm", S),
    ("Diameter[mm]", "Diameter[mm]", "mm", S),
    ("Count", "Count", "", S),
    ("Inside(PTV)[%]", "Inside(PTV)[%]", "%", S),
    ("Inside(expand(GTV, 5 mm))[%]", "Inside(expand(GTV, 5 mm))[%]", "%", S),
    ("Margin(PTV)[mm]", "Margin(PTV)[mm]", "mm", S),
    ("AxialMargin(PTV)[cm]", "AxialMargin(PTV)[cm]", "cm", S),
    ("SupMargin(PTV)[mm]", "SupMargin(PTV)[mm]", "mm", S),
    ("InfMargin(PTV)[mm]", "InfMargin(PTV)[mm]", "mm", S),
    ("HI", "HI", "", D),
    ("CI", "CI", "", D | RX),
    ("PaddickCI", "PaddickCI", "", D | RX),
    ("GI", "GI", "", D | RX),
    ("gEUD(8)[Gy]", "gEUD(8)[Gy]", "Gy", D),
    ("gEUD(-10)[Gy]", "gEUD(-10)[Gy]", "Gy", D),
    ("gEUD( 1.5 )[%]", "gEUD(1.5)[%]", "%", D | RX),
    ("RxDose[Gy]", "RxDose[Gy]", "Gy", RX),
    ("RxDosePerFraction[Gy]", "RxDosePerFraction[Gy]", "Gy", RX),
    ("RxFractions", "RxFractions", "", RX),
    ("RxFractionsPerWeek", "RxFractionsPerWeek", "", RX),
    ("RxDuration[d]", "RxDuration[d]", "d", RX),
    ("RxBED[Gy]", "RxBED[Gy]", "Gy", RX | AB),
    ("RxEQD2[Gy]", "RxEQD2[Gy]", "Gy", RX | AB),
    ("RxEquivalent[Gy]", "RxEquivalent[Gy]", "Gy", RX | AB),
    ("Schedule", "Schedule", "Gy", RX),
]


@pytest.mark.parametrize(("text", "canonical", "unit", "needs"), NOTATION)
def test_notation(text: str, canonical: str, unit: str, needs: Needs) -> None:
    metric = parse_metric(text)
    assert (metric.text, metric.unit, metric.needs) == (canonical, unit, needs)
    assert parse_metric(metric.text) == metric


def test_every_family_stands_in_the_table_above() -> None:
    assert {type(parse_metric(text)) for text, *_ in NOTATION} == set(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_a_family_reads_its_own_example_and_nobody_elses(family: type) -> None:
    assert isinstance(parse_metric(family.notation), family)
    others = [f for f in FAMILIES if f is not family and f.pattern.fullmatch(family.notation)]
    assert others == []
    assert family.__doc__, "each family documents its definition"


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_names_that_differ_in_the_field_carry_their_definition(family: type) -> None:
    if family.__name__.endswith("Index") or family.family in ("gEUD", "diameter", "margin"):
        assert family.definition


TYPOS = [
    ("", "a metric of the notation"),
    ("D95", "a metric of the notation"),
    ("D95[Gy]", "a metric of the notation"),
    ("D95%", "the unit of the answer"),
    ("D2cc", "the unit of the answer"),
    ("DC2cc", "the unit of the answer"),
    ("V20", "a metric of the notation"),
    ("V20Gy", "the unit of the answer"),
    ("CV20Gy", "the unit of the answer"),
    ("V20[%]", "a metric of the notation"),
    ("V20Gy[Gy]", "a metric of the notation"),
    ("V20cc[%]", "a metric of the notation"),
    ("D95Gy[Gy]", "a metric of the notation"),
    ("D95%[cc]", "a metric of the notation"),
    ("Mean[cc]", "a metric of the notation"),
    ("mean[Gy]", "a metric of the notation"),
    ("d95%[gy]", "a metric of the notation"),
    ("v20Gy[%]", "a metric of the notation"),
    ("Dmean[Gy]", "a metric of the notation"),
    ("Dmax", "a metric of the notation"),
    ("D95%[Gy] <= 5", "a metric of the notation"),
    ("D95%[Gy]x", "a metric of the notation"),
    ("xD95%[Gy]", "a metric of the notation"),
    ("D95%[Gy]\nD2%[Gy]", "a metric of the notation"),
    ("D-5%[Gy]", "more than 0"),
    ("D0%[Gy]", "more than 0"),
    ("D0cc[Gy]", "more than 0"),
    ("DC0cc[Gy]", "more than 0"),
    ("D101%[Gy]", "at most 100 %"),
    ("D1,5cc[Gy]", "a metric of the notation"),
    ("D1e400cc[Gy]", "a finite number"),
    ("gEUD[Gy]", "a metric of the notation"),
    ("gEUD(0)[Gy]", "a number other than 0"),
    ("gEUD(a)[Gy]", "a metric of the notation"),
    ("gEUD(8)", "the unit of the answer"),
    ("Volume", "the unit of the answer"),
    ("Volume[%]", "a metric of the notation"),
    ("Diameter", "the unit of the answer"),
    ("Inside()[%]", "a metric of the notation"),
    ("Inside(PTV)", "the unit of the answer"),
    ("HI[%]", "a metric of the notation"),
    ("CI50", "a metric of the notation"),
    ("RxDose", "the unit of the answer"),
    ("RxFractions[Gy]", "a metric of the notation"),
    ("NTCP", "a metric of the notation"),
]


@pytest.mark.parametrize(("text", "expected"), TYPOS)
def test_a_typo_is_no_metric(text: str, expected: str) -> None:
    with pytest.raises(MetricError) as caught:
        parse_metric(text)
    assert caught.value.code == "RTC-M001"
    assert expected in caught.value.expected
    assert repr(text) in caught.value.found


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("mean[Gy]", "did you mean Mean[Gy]?"),
        ("V20Gy", "V20Gy[%] or V20Gy[cc]"),
        ("PadickCI", "did you mean PaddickCI?"),
        ("D0%[Gy]", "Max[Gy] and Min[Gy]"),
        ("zzzz", "Known: D95%[Gy]"),
    ],
)
def test_an_error_says_what_was_probably_meant(text: str, hint: str) -> None:
    with pytest.raises(MetricError) as caught:
        parse_metric(text)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("D95%", "D95%[Gy] or D95%[%]"),
        ("D2cc", "D2cc[Gy] or D2cc[%]"),
        ("Mean", "Mean[Gy] or Mean[%]"),
        ("Max", "Max[Gy] or Max[%]"),
    ],
)
def test_a_missing_dose_unit_is_named_with_those_that_fit(text: str, hint: str) -> None:
    with pytest.raises(MetricError) as caught:
        parse_metric(text)
    assert hint in caught.value.hint


@given(
    st.sampled_from(["D", "DC"]), numbers(0.001, 100.0), st.sampled_from(["%", "cc", "cm3", "ml"]),
    st.sampled_from(["Gy", "cGy", "%"]),
)  # fmt: skip
def test_dose_at_volume_round_trip(letter: str, number: float, unit: str, out: str) -> None:
    metric = parse_metric(f"{letter}{number:.6f}{unit}[{out}]")
    assert parse_metric(metric.text) == metric


@given(
    st.sampled_from(["V", "CV"]), numbers(0.0, 200.0), st.sampled_from(["Gy", "cGy", "%"]),
    st.sampled_from(["cc", "%"]),
)  # fmt: skip
def test_volume_at_dose_round_trip(letter: str, number: float, unit: str, out: str) -> None:
    metric = parse_metric(f"{letter}{number:.6f}{unit}[{out}]")
    assert parse_metric(metric.text) == metric


@given(st.text(alphabet="DCVMeanGycgEUDHI0123459.%[]() +-", max_size=20))
def test_any_text_is_a_metric_or_one_clear_error(text: str) -> None:
    said = None
    try:
        assert parse_metric(parse_metric(text).text) == parse_metric(text)
    except RtcheckError as error:
        said = error
    assert said is None or (isinstance(said, MetricError) and said.expected)
