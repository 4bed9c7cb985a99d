"""Value against limits: every comparison at the tie, both tiers, bounds, and what is printed."""

from __future__ import annotations

import pytest
from bodies import LinearDose, UniformDose, axes, box, plan_of
from rules import goal, rules

import rtcheck
from rtcheck.plan import DoseGrid, Prescription
from rtcheck.verdict import Outcome, Verdict
from rtcheck.verdict.judge import judge

P, V, D, N = (
    Outcome.PER_PROTOCOL,
    Outcome.VARIATION_ACCEPTABLE,
    Outcome.DEVIATION_UNACCEPTABLE,
    Outcome.NOT_EVALUATED,
)


def uniform(gy: float) -> rtcheck.OpenPlan:
    return plan_of({"Organ": box((20, 20, 20))}, UniformDose(gy))


def one(plan: rtcheck.OpenPlan, text: str) -> Verdict:
    (verdict,) = judge(plan.record, rules(text), bench=plan.bench)
    return verdict


HAIR = 1e-6
"""Far above float noise, far below any digit that is printed."""


@pytest.mark.parametrize(
    ("limit", "gy", "outcome"),
    [
        ("< 28 Gy", 28.0 - HAIR, P),
        ("< 28 Gy", 28.0, D),
        ("< 28 Gy", 28.0 + HAIR, D),
        ("<= 28 Gy", 28.0 - HAIR, P),
        ("<= 28 Gy", 28.0, P),
        ("<= 28 Gy", 28.0 + HAIR, D),
        ("> 28 Gy", 28.0 - HAIR, D),
        ("> 28 Gy", 28.0, D),
        ("> 28 Gy", 28.0 + HAIR, P),
        (">= 28 Gy", 28.0 - HAIR, D),
        (">= 28 Gy", 28.0, P),
        (">= 28 Gy", 28.0 + HAIR, P),
        ("== 28 Gy", 28.0 - HAIR, D),
        ("== 28 Gy", 28.0, P),
        ("== 28 Gy", 28.0 + HAIR, D),
        ("<= 2800 cGy", 28.0, P),
        ("< 2800 cGy", 28.0, D),
        (">= 20 Gy and <= 28 Gy", 28.0, P),
        (">= 20 Gy and < 28 Gy", 28.0, D),
        (">= 28 Gy and <= 40 Gy", 28.0, P),
        ("<= 30 Gy and Max[Gy] < 28 Gy", 28.0, D),
        ("<= 30 Gy and Max[Gy] <= 28 Gy", 28.0, P),
    ],
)
@pytest.mark.parametrize("metric", ["Mean[Gy]", "Max[Gy]", "Min[Gy]", "D95%[Gy]", "Mean[cGy]"])
def test_comparisons_at_the_limit(metric: str, limit: str, gy: float, outcome: Outcome) -> None:
    """`Max[Gy] >= 60` is no upper limit, and `<` is not `<=`."""
    verdict = one(uniform(gy), goal(metric, limit))
    assert verdict.outcome is outcome
    assert verdict.per_protocol == limit, "as written"
    scale = 100.0 if "cGy" in metric else 1.0
    assert verdict.value == pytest.approx(scale * gy, rel=1e-12), "unrounded"


def test_float_noise_is_no_difference() -> None:
    """0.1 + 0.2 Gy is 0.3 Gy."""
    assert one(uniform(0.1 + 0.2), goal("Mean[Gy]", "<= 0.3 Gy")).outcome is P
    assert one(uniform(0.1 + 0.2), goal("Mean[Gy]", "> 0.3 Gy")).outcome is D


@pytest.mark.parametrize(
    ("strict", "loose", "gy", "outcome"),
    [
        ("<= 30 Gy", "<= 35 Gy", 30.0, P),
        ("<= 30 Gy", "<= 35 Gy", 30.0 + HAIR, V),
        ("<= 30 Gy", "<= 35 Gy", 35.0, V),
        ("<= 30 Gy", "<= 35 Gy", 35.0 + HAIR, D),
        ("< 30 Gy", "< 35 Gy", 30.0, V),
        ("< 30 Gy", "< 35 Gy", 35.0, D),
        (">= 47.5 Gy", ">= 45 Gy", 47.5, P),
        (">= 47.5 Gy", ">= 45 Gy", 47.5 - HAIR, V),
        (">= 47.5 Gy", ">= 45 Gy", 45.0 - HAIR, D),
        (">= 47.5 Gy", "D98%[Gy] >= 45 Gy", 46.0, V),
        (">= 47.5 Gy", "D98%[Gy] >= 45 Gy and D2%[Gy] < 46 Gy", 46.0, D),
        # A looser tier that is stricter by mistake takes nothing away from the strict one.
        ("<= 30 Gy", "<= 25 Gy", 30.0, P),
        ("<= 30 Gy", "", 30.0 + HAIR, D),
    ],
)
def test_two_tiers(strict: str, loose: str, gy: float, outcome: Outcome) -> None:
    verdict = one(uniform(gy), goal("Mean[Gy]", strict, loose))
    assert verdict.outcome is outcome
    assert verdict.acceptable == (loose or None)


@pytest.mark.parametrize(
    ("limit", "gy", "margin"),
    [
        ("<= 30 Gy", 28.0, 2.0),
        ("<= 30 Gy", 33.0, -3.0),
        (">= 30 Gy", 33.0, 3.0),
        (">= 30 Gy", 28.0, -2.0),
        (">= 20 Gy and <= 30 Gy", 28.0, 2.0),
        ("<= 3000 cGy", 28.0, 2.0),
        ("Max[Gy] <= 30 Gy", 28.0, None),
    ],
)
def test_margin_is_the_way_to_the_limit(limit: str, gy: float, margin: float | None) -> None:
    found = one(uniform(gy), goal("Mean[Gy]", limit)).margin
    assert found == (None if margin is None else pytest.approx(margin))


def test_a_goal_without_limits_is_reported_and_does_not_decide() -> None:
    verdict = one(uniform(20.0), goal("Mean[Gy]"))
    assert (verdict.outcome, verdict.required) == (Outcome.REPORTED, False)
    assert verdict.value == pytest.approx(20.0)


# The dose does not cover: 8 cc box, half outside, known 40 to 50 Gy, so a mean of 22.5 to 47.5 ----


@pytest.fixture(scope="module")
def half() -> rtcheck.OpenPlan:
    x, y, z = axes()
    x = x[x <= 0]
    dose = LinearDose(50.0, (1.0, 0.0, 0.0)).on_grid(x, y, z)
    return plan_of({"Organ": box((20, 20, 20))}, DoseGrid(dose, x, y, z))


@pytest.mark.parametrize(
    ("strict", "loose", "outcome"),
    [
        ("<= 50 Gy", "", P),
        ("<= 40 Gy", "", N),
        ("<= 20 Gy", "", D),
        (">= 20 Gy", "", P),
        (">= 30 Gy", "", N),
        (">= 49 Gy", "", D),
        ("== 60 Gy", "", D),
        (">= 20 Gy and <= 50 Gy", "", P),
        (">= 30 Gy and <= 50 Gy", "", N),
        (">= 30 Gy and <= 20 Gy", "", D),
        ("<= 50 Gy", "<= 60 Gy", P),
        ("<= 40 Gy", "<= 50 Gy", V),
        ("<= 40 Gy", "<= 45 Gy", N),
        ("<= 20 Gy", "<= 50 Gy", V),
        ("<= 20 Gy", "<= 40 Gy", N),
        ("<= 10 Gy", "<= 20 Gy", D),
    ],
)
def test_limits_inside_and_outside_of_what_is_unknown(
    half: rtcheck.OpenPlan, strict: str, loose: str, outcome: Outcome
) -> None:
    verdict = one(half, goal("Mean[Gy]", strict, loose))
    assert verdict.outcome is outcome
    assert verdict.low == pytest.approx(22.5, abs=0.5)
    assert verdict.high == pytest.approx(47.5, abs=0.5)
    if outcome is N:
        assert (verdict.value, verdict.reason) == (None, "dose_does_not_cover")


def test_the_worst_case_is_shown_where_it_decides(half: rtcheck.OpenPlan) -> None:
    verdict = one(half, goal("Mean[Gy]", "<= 50 Gy"))
    # 4 cc have 45 Gy on average, the other 4 cc at most 50 Gy.
    assert verdict.value == pytest.approx(47.5, abs=0.1)
    assert verdict.low < verdict.value <= verdict.high
    assert verdict.margin == pytest.approx(50.0 - verdict.value)
    assert "worst case" in verdict.detail


def test_an_equality_inside_the_bounds_is_open(half: rtcheck.OpenPlan) -> None:
    assert one(half, goal("Mean[Gy]", "== 40 Gy")).outcome is N


def test_a_reported_value_that_is_open_carries_its_bounds(half: rtcheck.OpenPlan) -> None:
    verdict = one(half, goal("Mean[Gy]"))
    assert (verdict.outcome, verdict.value) == (Outcome.REPORTED, None)
    assert verdict.reason == "dose_does_not_cover"
    assert verdict.low < verdict.high


def test_an_unknown_clause_does_not_hide_a_broken_one(half: rtcheck.OpenPlan) -> None:
    assert one(half, goal("Mean[Gy]", "<= 40 Gy and Volume[cc] < 2 cc")).outcome is D
    assert one(half, goal("Mean[Gy]", "<= 40 Gy and Volume[cc] > 2 cc")).outcome is N
    assert one(half, goal("Volume[cc]", "> 2 cc and HI < 0.1")).outcome is N


@pytest.mark.parametrize(
    ("dose", "fractions", "outcome"),
    [(50.0, 25, P), (50.0, 5, P), (40.0, 20, V), (50.0, 20, D), (45.0, 25, D), (50.0, None, N)],
)
def test_a_schedule_is_one_of_the_options(
    dose: float, fractions: int | None, outcome: Outcome
) -> None:
    plan = plan_of(
        {"PTV": box((20, 20, 20))}, prescriptions=[Prescription("PTV", dose, fractions, 1)]
    )
    verdict = one(plan, goal("Schedule", structure="", prescription='"PTV"'))
    assert verdict.outcome is outcome
    if outcome is N:
        assert verdict.reason == "no_fractions"
