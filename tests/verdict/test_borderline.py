"""Too close to call: marked where geometry or sampling could turn it, judged on the value."""

from __future__ import annotations

import pytest
from bodies import LinearDose, UniformDose, ball, box, plan_of
from rules import goal, rules

import rtcheck
from rtcheck.report.text_report import write_text
from rtcheck.verdict import Outcome, Verdict
from rtcheck.verdict.judge import judge


@pytest.fixture(scope="module")
def plan() -> rtcheck.OpenPlan:
    """Return a ball of 7.24 cc whose volume lies between 6 and 8 cc, in 40 to 60 Gy."""
    dose = LinearDose(50.0, (0.0, 0.0, 0.8))
    return plan_of({"Organ": ball(12.0, (0.0, 0.0, 0.7), 4.0)}, dose, geometry="smooth")


def one(plan: rtcheck.OpenPlan, text: str) -> Verdict:
    (verdict,) = judge(plan.record, rules(text), bench=plan.bench)
    return verdict


@pytest.mark.parametrize(
    ("limit", "outcome", "close"),
    [
        ("< 7.3 cc", Outcome.PER_PROTOCOL, True),
        ("< 7.1 cc", Outcome.DEVIATION_UNACCEPTABLE, True),
        ("< 20 cc", Outcome.PER_PROTOCOL, False),
        ("< 2 cc", Outcome.DEVIATION_UNACCEPTABLE, False),
    ],
)
def test_a_limit_inside_the_interval(
    plan: rtcheck.OpenPlan, limit: str, outcome: Outcome, close: bool
) -> None:
    verdict = one(plan, goal("Volume[cc]", limit))
    assert verdict.outcome is outcome, "judged on the value"
    assert verdict.borderline is close
    assert verdict.low < verdict.value < verdict.high


@pytest.mark.parametrize(
    ("strict", "loose", "outcome", "close"),
    [
        ("< 7.3 cc", "< 20 cc", Outcome.PER_PROTOCOL, True),
        ("< 5 cc", "< 7.3 cc", Outcome.VARIATION_ACCEPTABLE, True),
        ("< 5 cc", "< 20 cc", Outcome.VARIATION_ACCEPTABLE, False),
        ("< 20 cc", "< 30 cc", Outcome.PER_PROTOCOL, False),
        ("< 4 cc", "< 5 cc", Outcome.DEVIATION_UNACCEPTABLE, False),
    ],
)
def test_with_two_tiers_the_limit_that_could_turn_it_counts(
    plan: rtcheck.OpenPlan, strict: str, loose: str, outcome: Outcome, close: bool
) -> None:
    verdict = one(plan, goal("Volume[cc]", strict, loose))
    assert (verdict.outcome, verdict.borderline) == (outcome, close)


def test_one_clause_that_is_surely_broken_leaves_nothing_close(plan: rtcheck.OpenPlan) -> None:
    surely = one(plan, goal("Volume[cc]", "< 7.1 cc and Mean[Gy] < 20 Gy"))
    assert (surely.outcome, surely.borderline) == (Outcome.DEVIATION_UNACCEPTABLE, False)
    close = one(plan, goal("Volume[cc]", "< 7.3 cc and Mean[Gy] < 90 Gy"))
    assert (close.outcome, close.borderline) == (Outcome.PER_PROTOCOL, True)


def test_a_dose_of_a_volume_that_may_not_be_there_is_close() -> None:
    """8 cc as drawn, 7.2 cc if it ends at its last contours: then it has no D7.5cc at all."""
    cord = plan_of({"Organ": box((20, 20, 20))}, UniformDose(20.0))
    verdict = one(cord, goal("D7.5cc[Gy]", "<= 45 Gy"))
    assert (verdict.outcome, verdict.borderline) == (Outcome.PER_PROTOCOL, True)
    assert not one(cord, goal("D2cc[Gy]", "<= 45 Gy")).borderline


def test_a_uniform_dose_at_its_limit_is_not_close() -> None:
    at_limit = plan_of({"Organ": box((20, 20, 20))}, UniformDose(28.0))
    assert not one(at_limit, goal("Mean[Gy]", "<= 28 Gy")).borderline


def test_the_report_says_it_and_which_model_gives_what(
    plan: rtcheck.OpenPlan, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("rules") / "close.toml"
    file.write_text(rules_text(goal("Volume[cc]", "< 7.3 cc")), encoding="utf-8")
    report = rtcheck.check(plan, file)
    text = " ".join(write_text(report).split())
    assert "too close to call" in text
    assert "Geometry models differ: smooth" in text
    for model in ("linear-rounded", "linear-half-slice", "prism"):
        assert model in text


def rules_text(text: str) -> str:
    """Return a rule file with one goal on Organ."""
    from rules import HEAD

    return HEAD + text
