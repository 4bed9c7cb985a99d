"""Where a goal is violated, and the least change, against answers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from bodies import axes, ball, box, box_in_gradient, dose_grid, plan_of
from rules import goal, rules

import rtcheck
from rtcheck.phantoms.doses import GaussianDose, LinearDose
from rtcheck.plan import DoseGrid, Plan, Structure
from rtcheck.verdict import Evidence, Outcome, violations
from rtcheck.verdict.evidence import amount_text

# The box: 20 x 20 x 20 mm (8 cc), 40 Gy at x = -10 mm to 60 Gy at x = 10 mm, ten planes.
ORGAN = 'Organ = { aliases = ["PTV"] }'


def of_box(*goals: str, **others: list[np.ndarray]) -> tuple[Evidence, ...]:
    plan = box_in_gradient()
    return evidence_of(plan_of({"Organ": box((20, 20, 20)), **others}, plan.record.dose), *goals)


def evidence_of(plan: rtcheck.api.OpenPlan, *goals: str) -> tuple[Evidence, ...]:
    return rtcheck.check(plan, rules(*goals)).evidence


def the(found: tuple[Evidence, ...]) -> Evidence:
    (only,) = found
    return only


# The box is sampled in pixels of half a millimetre, so a slab of 5 mm has its volume to 2 % and
# its centroid to a tenth of a pixel; volumes and doses are the curve's own, to 1e-3.
SLAB = pytest.approx


def test_too_much_volume_is_the_slab_between_the_limit_and_the_curve() -> None:
    # 4 cc have 50 Gy or more, 2 cc are allowed: x from 0 to 5 mm must go, D25% is 55 Gy.
    e = the(of_box(goal("V50Gy[%]", "<= 25 %")))
    assert (e.goal, e.roi, e.metric, e.is_too_much) == ("g", "", "V50Gy[%]", True)
    assert e.excess_cm3 == SLAB(2.0, abs=4e-3)
    assert e.beyond_cm3 == SLAB(4.0, abs=4e-3)
    assert e.centroid_mm == SLAB((2.5, 0.0, 0.0), abs=0.1)
    assert e.z_range_mm == SLAB((-10.0, 10.0), abs=0.6)
    assert e.slices == 10
    (change,) = e.changes
    assert change.volume_cm3 == SLAB(2.0, abs=4e-3)
    assert change.dose_gy == SLAB(5.0, abs=0.02)
    assert (change.limit, change.tier) == ("<= 25 %", "per protocol")
    assert e.least_change.startswith("to keep <= 25 %, 2.0")
    assert "must fall below 50 Gy, by at most 5.0" in e.least_change


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("V50Gy[%]", "<= 25 %"), ("D25%[Gy]", "<= 50 Gy")),
        (("V50Gy[cc]", "<= 2 cc"), ("D2cc[Gy]", "<= 50 Gy")),
        (("V50Gy[%]", ">= 75 %"), ("D75%[Gy]", ">= 50 Gy")),
        (("CV50Gy[cc]", ">= 6 cc"), ("DC6cc[Gy]", "<= 50 Gy")),
        (("CV50Gy[cc]", ">= 6 cc"), ("V50Gy[cc]", "<= 2 cc")),
        (("D50%[Gy]", "<= 45 Gy"), ("Median[Gy]", "<= 45 Gy")),
        (("D100%[Gy]", ">= 45 Gy"), ("Min[Gy]", ">= 45 Gy")),
    ],
)
def test_one_limit_in_two_notations_has_one_evidence(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    first, second = the(of_box(goal(*one))), the(of_box(goal(*other)))
    assert first.excess_cm3 == pytest.approx(second.excess_cm3, rel=1e-9)
    assert first.changes[0].dose_gy == pytest.approx(second.changes[0].dose_gy, rel=1e-9)
    for field in ("is_too_much", "centroid_mm", "z_range_mm", "slices", "worst_mm", "plane_mm"):
        assert getattr(first, field) == pytest.approx(getattr(second, field)), field


def test_too_little_dose_is_the_cold_slab_that_must_rise() -> None:
    # 6 cc must have 50 Gy, 4 have: x from -5 to 0 mm must rise, D75% is 45 Gy.
    e = the(of_box(goal("V50Gy[%]", ">= 75 %")))
    assert not e.is_too_much
    assert e.excess_cm3 == SLAB(2.0, abs=4e-3)
    assert e.centroid_mm == SLAB((-2.5, 0.0, 0.0), abs=0.1)
    assert e.changes[0].dose_gy == SLAB(5.0, abs=0.02)
    assert "must rise to 50 Gy" in e.least_change
    assert e.words().startswith("Too little dose in 2.0")


def test_the_worst_point_of_a_limit_on_an_extreme_is_the_extreme() -> None:
    e = the(of_box(goal("Max[Gy]", "<= 55 Gy")))
    assert e.excess_cm3 == SLAB(2.0, abs=4e-3)
    assert e.worst_mm[0] == SLAB(10.0, abs=0.01)
    assert e.worst_gy == SLAB(60.0, abs=0.01)
    assert e.changes[0].dose_gy == SLAB(5.0, abs=0.01)
    cold = the(of_box(goal("D98%[Gy]", ">= 42 Gy")))
    assert cold.worst_mm[0] == SLAB(-10.0, abs=0.01)
    assert cold.worst_gy == SLAB(40.0, abs=0.01)


def test_a_mean_has_an_excess_in_gy_and_what_lies_above_it() -> None:
    # The mean is 50 Gy; 6 cc have more than 45 Gy, x from -5 to 10 mm.
    e = the(of_box(goal("Mean[Gy]", "<= 45 Gy")))
    assert e.excess_cm3 == SLAB(6.0, abs=0.01)
    assert e.centroid_mm == SLAB((2.5, 0.0, 0.0), abs=0.1)
    (change,) = e.changes
    assert (change.volume_cm3, change.dose_gy) == (None, SLAB(5.0, abs=5e-3))
    # Only what lies above: 5 Gy x 8 cc / 6 cc, rounded up.
    assert "or what is above the limit by 6.6" in e.least_change


def test_a_hot_sphere_is_found_where_it_is() -> None:
    # A Gaussian of 60 Gy, sigma 20 mm: more than 54 Gy within 20 * sqrt(2 ln(60/54)) mm.
    center, radius = (4.0, -6.0, 9.0), 20 * math.sqrt(2 * math.log(60 / 54))
    dose = dose_grid(GaussianDose(60.0, center, 20.0), axes(-60, 60, 1.25))
    plan = plan_of({"Organ": ball(35.0, spacing_mm=3.0)}, dose, geometry="smooth")
    e = the(evidence_of(plan, goal("Max[Gy]", "<= 54 Gy")))
    # Trilinear dose lies below the true by 1.25² / 8 * 3 * 60 / 400 = 0.09 Gy: 1.7 % of radius.
    assert e.excess_cm3 == pytest.approx(4 / 3 * math.pi * radius**3 / 1000, rel=0.05)
    assert e.centroid_mm == pytest.approx(center, abs=0.2)
    assert e.z_range_mm == pytest.approx((9.0 - radius, 9.0 + radius), abs=1.2)  # half a slab
    assert e.worst_mm == pytest.approx(center, abs=0.7)  # half a grid step and its diagonal
    assert e.plane_mm == pytest.approx(9.0, abs=1.5)
    # Planes 3 mm apart whose cells the sphere reaches.
    assert e.slices in (6, 7)
    assert e.changes[0].dose_gy == pytest.approx(6.0, abs=0.1)


def test_overlap_with_targets_is_of_the_excess_alone() -> None:
    # The excess is x from 0 to 5 mm; the target covers y > 0, and half of z.
    target = box((40, 10, 10), (0.0, 5.0, 5.0), slices=5)
    plan = plan_of(
        {"Organ": box((20, 20, 20)), "PTV_1": target, "Elsewhere": box((5, 5, 5), (30, 30, 0))},
        box_in_gradient().record.dose,
    )
    typed = tuple(
        Structure(s.roi_number, s.roi_name, s.points_mm, s.contour_starts, kind)
        for s, kind in zip(plan.structures, ("ORGAN", "PTV", "GTV"), strict=True)
    )
    plan = rtcheck.OpenPlan(Plan("T", typed, plan.record.dose), "prism")
    e = the(evidence_of(plan, goal("V50Gy[%]", "<= 25 %")))
    ((name, cm3),) = e.overlaps
    assert name == "PTV_1"
    assert cm3 == pytest.approx(0.5, abs=0.03)  # 5 x 10 x 10 mm; the surface of half a pixel
    assert e.words().endswith(f"it shares {amount_text(cm3)} cc of PTV_1.")


def test_each_tier_says_its_own_least_change() -> None:
    e = the(of_box(goal("V50Gy[%]", "<= 25 %", "<= 30 %")))
    strict, loose = e.changes
    assert (strict.tier, loose.tier) == ("per protocol", "acceptable")
    assert loose.volume_cm3 == SLAB(1.6, abs=4e-3)
    assert loose.dose_gy == SLAB(4.0, abs=0.02)
    assert "to keep <= 30 % (acceptable)" in e.least_change


def test_an_acceptable_variation_says_what_the_strict_limit_asks() -> None:
    report = rtcheck.check(
        plan_of({"Organ": box((20, 20, 20))}, box_in_gradient().record.dose),
        rules(goal("V50Gy[%]", "<= 25 %", "<= 60 %")),
    )
    assert report.verdicts[0].outcome is Outcome.VARIATION_ACCEPTABLE
    assert [c.tier for c in the(report.evidence).changes] == ["per protocol"]


def test_every_broken_clause_has_evidence_of_its_own() -> None:
    found = of_box(goal("Max[Gy]", "<= 55 Gy and Mean[Gy] <= 45 Gy and Min[Gy] >= 30 Gy"))
    assert [e.metric for e in found] == ["Max[Gy]", "Mean[Gy]"]


def test_what_no_dose_can_keep_is_said() -> None:
    e = the(of_box(goal("CV50Gy[cc]", ">= 10 cc")))
    (change,) = e.changes
    assert change.dose_gy is None
    assert change.volume_cm3 == SLAB(2.0, abs=4e-3)
    assert "no dose is enough: the structure has only 8 cc" in change.words
    assert e.excess_cm3 == e.beyond_cm3


def test_evidence_is_in_the_dose_the_goal_asks_for() -> None:
    # 25 fractions: EQD2 with a/b 2 of 60 Gy (2.4 a fraction) is 60 * 4.4 / 4 = 66 Gy.
    plan = plan_of({"Organ": box((20, 20, 20))}, box_in_gradient().record.dose, fractions=25)
    e = the(evidence_of(plan, goal("Max[Gy]", "<= 60 Gy", dose='"EQD2"', alpha_beta='"2 Gy"')))
    assert (e.dose, e.worst_gy) == ("EQD2", SLAB(66.0, abs=0.02))
    assert e.changes[0].dose_gy == SLAB(6.0, abs=0.02)
    # 60 Gy EQD2: d (2 + d / 25) = 4 * 60, d = 56.39 Gy, x = 6.39 mm.
    physical = (-2 + math.sqrt(4 + 4 * 240 / 25)) * 25 / 2
    assert e.excess_cm3 == SLAB((60 - physical) * 0.4, abs=0.01)
    assert "Gy (EQD2)" in e.least_change


@pytest.mark.parametrize("metric", ["gEUD(2)[Gy]", "HI", "Volume[cc]"])
def test_what_has_no_place_has_no_evidence_and_no_finding(metric: str) -> None:
    limit = {"Volume[cc]": "<= 1 cc", "HI": "<= 0.01"}.get(metric, "<= 1 Gy")
    plan = plan_of({"Organ": box((20, 20, 20))}, box_in_gradient().record.dose)
    report = rtcheck.check(plan, rules(goal(metric, limit)))
    assert report.verdicts[0].outcome is Outcome.DEVIATION_UNACCEPTABLE
    assert report.evidence == ()
    assert "EVIDENCE_MISSING" not in {f.code for f in report.findings}


def test_kept_goals_have_none() -> None:
    assert of_box(goal("Max[Gy]", "<= 65 Gy"), goal("Mean[Gy]", id='"mean"')) == ()


def test_a_failure_is_a_finding_and_the_verdict_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(violations.excess, "sample", fails)
    plan = plan_of({"Organ": box((20, 20, 20))}, box_in_gradient().record.dose)
    report = rtcheck.check(plan, rules(goal("Max[Gy]", "<= 55 Gy")))
    assert report.verdicts[0].outcome is Outcome.DEVIATION_UNACCEPTABLE
    assert report.evidence == ()
    (finding,) = [f for f in report.findings if f.code == "EVIDENCE_MISSING"]
    assert finding.where == "Organ"
    assert finding.text == "where g is violated cannot be said (MemoryError); its verdict stands."


def test_what_lies_wholly_off_the_dose_grid_is_violated_nowhere_in_particular() -> None:
    """No dose around the grid is as high as asked: certainly violated, and not to be placed."""
    plan = plan_of({"Organ": box((20, 20, 20), (500, 0, 0))}, box_in_gradient().record.dose)
    report = rtcheck.check(plan, rules(goal("Min[Gy]", ">= 500 Gy")))
    assert report.verdicts[0].outcome is Outcome.DEVIATION_UNACCEPTABLE
    (finding,) = [f for f in report.findings if f.code == "EVIDENCE_MISSING"]
    assert "(dose_does_not_cover)" in finding.text


def test_goals_for_each_roi_have_evidence_by_roi() -> None:
    plan = plan_of(
        {"PTV_A": box((20, 20, 20)), "PTV_B": box((20, 20, 20), (10, 0, 0))},
        dose_grid(LinearDose(50.0, (1.0, 0.0, 0.0))),
    )
    found = evidence_of(plan, goal("Max[Gy]", "<= 55 Gy", structure='"PTV"'))
    assert [(e.roi, round(e.worst_mm[0])) for e in found] == [("PTV_A", 10), ("PTV_B", 20)]


def test_a_part_outside_the_grid_is_taken_as_it_breaks_the_limit_least() -> None:
    # The grid ends at x = 5 mm: 2 of 8 cc are unknown. Of the known, 2 cc have 50 Gy or more.
    full = box_in_gradient().record.dose
    kept = full.x_mm <= 5.0
    cut = DoseGrid(full.dose_gy[:, :, kept], full.x_mm[kept], full.y_mm, full.z_mm)
    plan = plan_of({"Organ": box((20, 20, 20))}, cut)
    e = the(evidence_of(plan, goal("V50Gy[%]", "<= 10 %")))
    assert e.excess_cm3 == SLAB(2.0 - 0.8, abs=5e-3)
    assert e.worst_mm[0] <= 5.0


def test_printed_amounts_are_rounded_up_so_that_they_are_enough() -> None:
    for amount in (88.31, 1.2345, 0.0012349, 7.0, 1234.5, 3e-9):
        assert float(amount_text(amount)) >= amount * (1 - 1e-6)
        assert float(amount_text(amount)) <= max(amount * 1.01, 1e-6)
