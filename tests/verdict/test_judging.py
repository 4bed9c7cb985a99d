"""Roles, conditions, blocks and faults: a goal always ends as a verdict, and zero is no pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from bodies import LinearDose, UniformDose, axes, box, dose_grid, plan_of
from rules import HEAD, goal, rules

import rtcheck
from rtcheck.errors import Reason, UsageError
from rtcheck.plan import Finding, Prescription, Severity
from rtcheck.protocol.load import read_protocol
from rtcheck.verdict import DISPLAY_ORDER, EXIT_CODES, OUTCOME_WORDS, Outcome, Verdict, overall
from rtcheck.verdict.judge import judge

P, V, D, N, R, A = (
    Outcome.PER_PROTOCOL,
    Outcome.VARIATION_ACCEPTABLE,
    Outcome.DEVIATION_UNACCEPTABLE,
    Outcome.NOT_EVALUATED,
    Outcome.REPORTED,
    Outcome.NOT_APPLICABLE,
)

BODY = box((20, 20, 20))
DOSE = UniformDose(20.0)
MET, BROKEN = goal("Mean[Gy]", "<= 30 Gy"), goal("Mean[Gy]", "<= 10 Gy")


def plan(*names: str, **more: object) -> rtcheck.OpenPlan:
    return plan_of(dict.fromkeys(names or ("Organ",), BODY), DOSE, **more)


def verdicts(opened: rtcheck.OpenPlan, *goals: str, **options: object) -> tuple[Verdict, ...]:
    return judge(opened.record, rules(*goals), bench=opened.bench, **options)


def one(opened: rtcheck.OpenPlan, text: str, **options: object) -> Verdict:
    (verdict,) = verdicts(opened, text, **options)
    return verdict


def not_evaluated(verdict: Verdict, reason: Reason) -> None:
    assert (verdict.outcome, verdict.reason) == (N, reason)
    assert verdict.value is None


# Roles ------------------------------------------------------------------------------------------


def test_a_missing_role_is_not_evaluated_with_suggestions() -> None:
    verdict = one(plan("Orgam"), MET)
    not_evaluated(verdict, Reason.STRUCTURE_MISSING)
    assert "'Orgam'" in verdict.detail, "near misses are said, never taken"
    assert verdict.found == ()


def test_two_candidates_are_ambiguous_and_both_named() -> None:
    verdict = one(plan("ORGAN", "organ "), MET)
    not_evaluated(verdict, Reason.STRUCTURE_AMBIGUOUS)
    assert "'ORGAN'" in verdict.detail
    assert "'organ '" in verdict.detail


def test_an_empty_roi_is_not_evaluated() -> None:
    not_evaluated(one(plan_of({"Organ": []}, DOSE), MET), Reason.STRUCTURE_EMPTY)


def test_a_map_wins_and_is_recorded() -> None:
    verdict = one(plan("Organ", "Heart"), MET, structure_map={"Organ": "Heart"})
    assert [(f.roi_name, f.matched_by, f.role) for f in verdict.found] == [
        ("Heart", "map", "Organ")
    ]


def test_a_map_of_an_unknown_role_is_an_error() -> None:
    with pytest.raises(UsageError, match="Orgen"):
        one(plan(), MET, structure_map={"Orgen": "Heart"})


def test_a_map_to_an_roi_the_plan_has_not_is_missing_and_no_fallback() -> None:
    verdict = one(plan("Organ"), MET, structure_map={"Organ": "Orgen"})
    not_evaluated(verdict, Reason.STRUCTURE_MISSING)
    assert "Orgen" in verdict.detail


def test_a_map_to_several_rois_is_a_union_only_where_the_role_may_have_several() -> None:
    opened = plan_of({"A": BODY, "B": box((10, 10, 10), (30, 0, 0))}, DOSE)
    text = goal("Volume[cc]", ">= 9 cc", structure='"GTV"')
    verdict = one(opened, text, structure_map={"GTV": ["A", "B"]})
    assert verdict.value == pytest.approx(9.0, rel=2e-3)
    assert [f.roi_name for f in verdict.found] == ["A", "B"]
    both = one(opened, MET, structure_map={"Organ": ["A", "B"]})
    not_evaluated(both, Reason.STRUCTURE_AMBIGUOUS)


def test_an_else_is_used_and_said() -> None:
    verdict = one(plan("Lung_L", "Lung_R"), goal("Mean[Gy]", "<= 30 Gy", structure='"Lungs"'))
    assert verdict.outcome is P
    assert [f.roi_name for f in verdict.found] == ["Lung_L", "Lung_R"]
    assert "Lungs = Lung_L | Lung_R" in verdict.detail


def test_half_an_else_is_missing() -> None:
    verdict = one(plan("Lung_L"), goal("Mean[Gy]", "<= 30 Gy", structure='"Lungs"'))
    not_evaluated(verdict, Reason.STRUCTURE_MISSING)
    assert "Lung_R" in verdict.detail


def test_all_matches_of_a_role_are_one_body() -> None:
    opened = plan_of({"GTV_1": BODY, "GTV_2": box((10, 10, 10), (30, 0, 0))}, DOSE)
    verdict = one(opened, goal("Volume[cc]", ">= 9 cc", structure='"GTV"'))
    assert verdict.value == pytest.approx(9.0, rel=2e-3)
    assert [f.roi_name for f in verdict.found] == ["GTV_1", "GTV_2"]


def test_an_expression_that_leaves_nothing_is_not_evaluated() -> None:
    opened = plan_of({"Organ": box((10, 10, 10)), "GTV": BODY}, DOSE)
    verdict = one(opened, goal("Mean[Gy]", "<= 30 Gy", structure='"Organ - GTV"'))
    not_evaluated(verdict, Reason.STRUCTURE_EMPTY)


# each -------------------------------------------------------------------------------------------

EACH = goal("Mean[Gy]", "<= 30 Gy", structure='"PTV"')


def targets() -> rtcheck.OpenPlan:
    """Return three targets that get 10, 20 and 40 Gy."""
    return plan_of(
        {f"PTV{x}": box((10, 10, 10), (x, 0, 0)) for x in (-30, 0, 30)},
        LinearDose(25.0, (0.5, 0.0, 0.0)),
    )


def test_a_goal_on_each_target_is_a_verdict_a_target() -> None:
    found = verdicts(targets(), EACH)
    assert [(v.roi, v.outcome) for v in found] == [("PTV-30", P), ("PTV0", P), ("PTV30", D)]
    assert [v.value for v in found] == pytest.approx([10.0, 25.0, 40.0], abs=1e-3)
    assert {v.goal for v in found} == {"g"}
    assert overall(found) is D


def test_one_empty_target_of_several_is_its_own_verdict() -> None:
    opened = plan_of({"PTV1": BODY, "PTV2": [], "PTV3": BODY}, DOSE)
    found = verdicts(opened, EACH)
    assert [(v.roi, v.outcome) for v in found] == [("PTV1", P), ("PTV2", N), ("PTV3", P)]
    assert overall(found) is N


def test_each_of_none_is_missing() -> None:
    not_evaluated(one(plan("Organ"), EACH), Reason.STRUCTURE_MISSING)


def test_each_in_an_expression() -> None:
    opened = plan_of({"PTV1": BODY, "PTV2": box((10, 10, 10), (40, 0, 0)), "Organ": BODY}, DOSE)
    found = verdicts(opened, goal("Volume[cc]", "<= 8.1 cc", structure='"PTV | Organ"'))
    assert [v.roi for v in found] == ["PTV1", "PTV2"]
    assert [v.value for v in found] == pytest.approx([8.0, 9.0], rel=2e-3)


def test_each_target_has_its_own_prescription() -> None:
    opened = plan_of(
        {"PTV1": BODY, "PTV2": BODY}, DOSE,
        prescriptions=[Prescription("a", 20.0, 5, 1), Prescription("b", 40.0, 5, 2)],
    )  # fmt: skip
    found = verdicts(opened, goal("Mean[%]", ">= 95 %", structure='"PTV"', prescription='"PTV"'))
    assert [(v.roi, v.outcome) for v in found] == [("PTV1", P), ("PTV2", D)]
    assert [v.value for v in found] == pytest.approx([100.0, 50.0])
    assert ["20 Gy" in found[0].prescription, "40 Gy" in found[1].prescription] == [True, True]


# Prescriptions ----------------------------------------------------------------------------------

PERCENT = goal("Mean[%]", ">= 95 %", structure='"Organ"', prescription='"PTV"')


def test_no_prescription_is_not_evaluated_and_says_how_to_give_one() -> None:
    verdict = one(plan("Organ", "PTV"), PERCENT)
    not_evaluated(verdict, Reason.NO_PRESCRIPTION)
    assert '--rx "PTV=50 Gy/25"' in verdict.detail


def test_the_prescription_of_another_target_is_never_taken() -> None:
    opened = plan("Organ", "PTV", "GTV", prescriptions=[Prescription("Boost", 54.0, 25, 3)])
    not_evaluated(one(opened, PERCENT), Reason.NO_PRESCRIPTION)


def test_conflicting_prescriptions_are_ambiguous() -> None:
    both = [Prescription("PTV", 20.0, 5, 2), Prescription("PTV", 25.0, 5, 2)]
    not_evaluated(
        one(plan("Organ", "PTV", prescriptions=both), PERCENT), Reason.PRESCRIPTION_AMBIGUOUS
    )


def test_the_prescription_used_is_printed() -> None:
    opened = plan("Organ", "PTV", prescriptions=[Prescription("PTV", 20.0, 5, 2)])
    verdict = one(opened, PERCENT)
    assert verdict.outcome is P
    assert verdict.prescription == "PTV: 20 Gy in 5 fractions"


def test_a_schedule_for_another_kind_of_target_has_no_option() -> None:
    head = HEAD.replace("fractions = [5, 25] }", 'fractions = 25, for = "GTV" }')
    head = head.replace('tier = "acceptable" }', 'for = "GTV" }')
    text = head + goal("Schedule", structure="", prescription='"PTV"')
    protocol = read_protocol(text.encode(), Path("lung/site-test.toml"))
    opened = plan("PTV", prescriptions=[Prescription("PTV", 50.0, 25, 1)])
    (verdict,) = judge(opened.record, protocol)
    not_evaluated(verdict, Reason.NO_OPTION_FOR_TARGET)
    assert "GTV" in verdict.detail


# Conditions and variants ------------------------------------------------------------------------


def test_a_condition_on_a_role() -> None:
    text = goal("Mean[Gy]", "<= 10 Gy", when='{ exists = "GTV" }')
    assert one(plan("Organ"), text).outcome is A
    assert one(plan("Organ", "GTV"), text).outcome is D


def test_a_condition_on_a_prescription() -> None:
    text = goal("Mean[Gy]", "<= 10 Gy", when='{ prescribed = "Boost" }')
    boost, ptv = Prescription("GTV", 54.0, 25, 2), Prescription("PTV", 50.0, 25, 3)
    names = ("Organ", "GTV", "PTV")
    assert one(plan(*names, prescriptions=[ptv]), text).outcome is A
    assert one(plan(*names, prescriptions=[ptv, boost]), text).outcome is D
    not_evaluated(one(plan(*names), text), Reason.NO_PRESCRIPTION)


def test_variants() -> None:
    text = goal("Mean[Gy]", "<= 10 Gy", variant='"long"')
    unsaid = one(plan(), text)
    not_evaluated(unsaid, Reason.VARIANT_NOT_CHOSEN)
    assert "site-test@short or site-test@long" in unsaid.detail
    assert one(plan(), text, variant="short").outcome is A
    assert one(plan(), text, variant="long").outcome is D


# Blocks -----------------------------------------------------------------------------------------


def blocked(code: str, where: str, *, dose: bool = True) -> rtcheck.OpenPlan:
    finding = Finding(code, Severity.BLOCKS, "it must not be judged", where)
    return plan_of({"Organ": BODY, "PTV": BODY}, DOSE if dose else None, findings=[finding])


def test_a_finding_that_blocks_blocks_every_goal() -> None:
    opened = blocked("FRAME_OF_REFERENCE_DIFFERS", "RTDOSE.dcm")
    verdict = one(opened, MET)
    not_evaluated(verdict, Reason.INPUT_BLOCKED)
    assert verdict.detail == "it must not be judged"
    assert rtcheck.check(opened, rules(MET)).exit_code == 3


def test_a_blocked_dose_blocks_what_needs_dose_only() -> None:
    opened = blocked("DOSE_UNITS_RELATIVE", "RTDOSE.dcm", dose=False)
    not_evaluated(one(opened, MET), Reason.NO_DOSE)
    assert one(opened, goal("Volume[cc]", "<= 9 cc")).outcome is P


def test_a_blocked_roi_blocks_what_is_measured_on_it_only() -> None:
    finding = Finding("CONTOUR_OPEN", Severity.BLOCKS, "open contours", "Organ")
    opened = plan_of({"Organ": [], "PTV": BODY}, DOSE, findings=[finding])
    found = verdicts(opened, MET, goal("Mean[Gy]", "<= 30 Gy", structure='"PTV"', id='"p"'))
    not_evaluated(found[0], Reason.STRUCTURE_UNSUPPORTED)
    assert found[1].outcome is P


def test_findings_that_warn_do_not_block() -> None:
    warns = Finding("CONTOUR_JITTER", Severity.WARNS, "look", "Organ")
    assert one(plan(findings=[warns]), MET).outcome is P


# Faults -----------------------------------------------------------------------------------------


def test_a_goal_that_crashes_is_a_verdict_and_ends_only_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from rtcheck.metrics.size import Volume

    def crash(self: Volume, subject: object) -> None:
        raise ZeroDivisionError("DOE^JANE 1234567")

    monkeypatch.setattr(Volume, "measure", crash)
    text = goal("Volume[cc]", "<= 9 cc", id='"crashes"')
    found = verdicts(plan(), text, MET)
    not_evaluated(found[0], Reason.INTERNAL_ERROR)
    assert found[0].goal == "crashes"
    assert "ZeroDivisionError" in found[0].detail
    assert "DOE" not in found[0].detail, "a foreign message may hold anything"
    assert found[1].outcome is P
    report = rtcheck.check(plan(), rules(text, MET))
    assert (report.overall, report.exit_code) == (N, 3)


def test_a_crash_before_measuring_is_a_verdict_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from rtcheck.verdict import judge as module

    def crash(plan: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(module, "plan_blocks", crash)
    not_evaluated(one(plan(), MET), Reason.INTERNAL_ERROR)


# Overall and exit codes -------------------------------------------------------------------------


def verdict(outcome: Outcome, *, required: bool = True) -> Verdict:
    return Verdict("g", "Organ", "Mean[Gy]", outcome, required=required)


@pytest.mark.parametrize(
    ("outcomes", "whole", "code"),
    [
        ([], N, 3),
        ([P], P, 0),
        ([V], V, 0),
        ([P, V], V, 0),
        ([D], D, 1),
        ([N], N, 3),
        ([P, N], N, 3),
        ([V, N], N, 3),
        ([P, V, D, N], D, 1),
        ([R], N, 3),
        ([A], N, 3),
        ([R, A], N, 3),
        ([P, R, A], P, 0),
    ],
)
def test_the_worst_decides_and_nothing_judged_is_no_pass(
    outcomes: list[Outcome], whole: Outcome, code: int
) -> None:
    found = overall(tuple(verdict(o) for o in outcomes))
    assert (found, EXIT_CODES[found]) == (whole, code)


@pytest.mark.parametrize("outcome", [D, N, V])
def test_what_is_not_required_does_not_decide(outcome: Outcome) -> None:
    assert overall((verdict(P), verdict(outcome, required=False))) is P
    assert overall((verdict(outcome, required=False),)) is N, "but alone it is no pass"


def test_a_block_is_no_pass() -> None:
    assert overall((verdict(P),), blocked=True) is N
    assert overall((verdict(D),), blocked=True) is D


def test_required_false_is_judged_shown_and_not_counted() -> None:
    opened = plan()
    report = rtcheck.check(opened, rules(MET, BROKEN.replace('"g"', '"h"') + "required = false\n"))
    assert [v.outcome for v in report.verdicts] == [P, D]
    assert (report.overall, report.exit_code) == (P, 0)


def test_every_outcome_has_its_place_and_words() -> None:
    assert set(DISPLAY_ORDER) == set(OUTCOME_WORDS) == set(Outcome)
    assert DISPLAY_ORDER[:2] == (D, N), "what a reader must see stands first"
    assert set(EXIT_CODES) == {P, V, D, N}
    assert len({symbol for symbol, _ in OUTCOME_WORDS.values()}) == len(Outcome)


def test_only_some_goals_may_be_judged() -> None:
    opened = plan()
    protocol = rules(MET, BROKEN.replace('"g"', '"h"'))
    assert [v.goal for v in judge(opened.record, protocol, goals=["h"])] == ["h"]
    assert judge(opened.record, protocol, goals=[]) == ()


def test_source_and_note_travel_with_the_verdict() -> None:
    found = one(plan(), goal("Mean[Gy]", "<= 30 Gy", note='"as read"'))
    assert (found.source_cite, found.source_where, found.note) == (
        "A paper 2020",
        "Table 1",
        "as read",
    )


def test_a_biological_dose_is_named() -> None:
    text = goal("Mean[Gy]", "<= 30 Gy", dose='"EQD2"', alpha_beta='"3 Gy"')
    found = one(plan(fractions=10), text)
    assert found.dose == "EQD2"
    assert found.value == pytest.approx(20.0)
    not_evaluated(one(plan(), text), Reason.NO_FRACTIONS)


def test_an_undefined_metric_is_not_evaluated() -> None:
    opened = plan_of({"Organ": BODY}, dose_grid(UniformDose(0.0), axes()))
    not_evaluated(one(opened, goal("HI", "<= 0.1")), Reason.UNDEFINED)


@pytest.mark.parametrize(
    ("name", "outcome", "reason"),
    [
        ("prescription 1", Outcome.PER_PROTOCOL, None),
        ("Breast", Outcome.NOT_EVALUATED, Reason.NO_PRESCRIPTION),
    ],
)
def test_the_only_prescription_is_not_taken_if_it_names_another_roi(
    name: str, outcome: Outcome, reason: Reason | None
) -> None:
    plan = plan_of(
        {"PTV": box((20, 20, 20)), "Breast": box((40, 40, 20))},
        prescriptions=[Prescription(name, 50.0, 10)],
    )
    verdicts = rtcheck.check(plan, "sun-2016-hcc-lung-mets").verdicts
    (schedule,) = (v for v in verdicts if v.goal == "schedule")
    assert (schedule.outcome, schedule.reason) == (outcome, reason)
