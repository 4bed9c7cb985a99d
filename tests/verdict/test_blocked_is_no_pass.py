"""What is wrong with the input as a whole is never covered up by goals that could be judged."""

from __future__ import annotations

from pathlib import Path

import pytest
from bodies import UniformDose, ball, box, plan_of
from rules import goal, rules

import rtcheck
from rtcheck.dicom.codes import CODES
from rtcheck.errors import ProtocolSyntaxError, Reason, UsageError
from rtcheck.phantoms import write_example
from rtcheck.plan import Finding, Prescription, Severity
from rtcheck.verdict import Outcome

VOLUME = rules(goal("Volume[cc]", "> 1 cc"))
DOSE_BLOCKS = [
    code
    for code, (severity, _) in CODES.items()
    if code.startswith("DOSE_") and severity is Severity.BLOCKS
]


@pytest.mark.parametrize("code", DOSE_BLOCKS)
def test_a_blocked_dose_is_no_pass_even_if_no_goal_needs_it(code: str) -> None:
    blocked = [Finding(code, Severity.BLOCKS, "blocked", "rtdose.dcm")]
    report = rtcheck.check(plan_of({"Organ": box((20, 20, 20))}, findings=blocked), VOLUME)
    assert (report.overall, report.exit_code) == (Outcome.NOT_EVALUATED, 3)
    assert report.verdicts[0].outcome is Outcome.PER_PROTOCOL, "the volume can still be said"


@pytest.mark.parametrize("protocol", ["zhai-2025-hcc-thrombosis", "yang-2023-hcc-mvi"])
def test_a_truncated_dose_ends_with_3(protocol: str, tmp_path: Path) -> None:
    export = write_example("liver-thrombosis", "complying", tmp_path)
    dose = export / "RTDOSE.dcm"
    dose.write_bytes(dose.read_bytes()[:100_000])
    report = rtcheck.check(export, protocol)
    assert report.exit_code == 3
    assert "DOSE_PIXEL_DATA_TRUNCATED" in {f.code for f in report.findings}


def test_the_dose_of_one_fraction_is_not_the_plans() -> None:
    from rtcheck.api.reading import with_prescriptions
    from rtcheck.plan import parse_prescription

    blocked = [Finding("DOSE_PRESCRIPTION_IMPLAUSIBLE", Severity.BLOCKS, "2 Gy of 50 Gy")]
    plan = plan_of({"Organ": box((20, 20, 20))}, UniformDose(2.0), findings=blocked).record
    for given, stays in (("Organ=50 Gy/25", True), ("Organ=2 Gy/1", False)):
        found = with_prescriptions(plan, [parse_prescription(given)]).findings
        assert ("DOSE_PRESCRIPTION_IMPLAUSIBLE" in {f.code for f in found}) is stays


def test_limits_that_contradict_each_other_judge_nothing() -> None:
    plan = plan_of({"Organ": box((20, 20, 20))}, UniformDose(50.0))
    for limits in (("<= 30 Gy", ">= 35 Gy"), ("<= 30 Gy", "<= 25 Gy")):
        with pytest.raises(ProtocolSyntaxError, match="RTC-L00"):
            rtcheck.check(plan, rules(goal("Mean[Gy]", *limits)))


def test_a_prescription_for_nothing_is_a_slip() -> None:
    plan = plan_of({"PTV": box((20, 20, 20))}, UniformDose(50.0))
    percent = rules(goal("Mean[%]", ">= 95 %", structure='"PTV"', prescription='"PTV"'))
    with pytest.raises(UsageError, match="PVT"):
        rtcheck.check(plan, percent, rx=["PVT=60 Gy/30"])


def test_an_rois_own_name_beats_the_roles() -> None:
    """PTV2 has not the prescription of the ROI that is called PTV, as the role is."""
    bodies = {"PTV": box((20, 20, 20)), "PTV2": box((20, 20, 20), (30, 0, 0))}
    percent = rules(goal("Mean[%]", ">= 95 %", structure='"PTV"', prescription='"PTV"'))
    one = [Prescription("PTV", 50.0, 25)]
    verdicts = rtcheck.check(plan_of(bodies, UniformDose(50.0), prescriptions=one), percent)
    assert [v.reason for v in verdicts.verdicts] == [None, Reason.NO_PRESCRIPTION]
    given = ["PTV=50 Gy/25", "PTV2=40 Gy/25"]
    report = rtcheck.check(plan_of(bodies, UniformDose(50.0)), percent, rx=given)
    assert [v.value for v in report.verdicts] == pytest.approx([100.0, 125.0])


def test_two_planes_far_apart_are_two_slices_where_the_scan_is_finer() -> None:
    wide = [c for c in box((120, 120, 120), slices=30) if abs(abs(c[0, 2]) - 18.0) < 0.1]
    plan = plan_of({"Liver": wide, "GTV": ball(10.0), "CTV": ball(12.0)})
    assert plan["Liver"].volume_cm3 == pytest.approx(2 * 120 * 120 * 2 / 1000, rel=1e-6)
    assert "CONTOUR_SLICES_SPLIT" in {f.code for f in plan.bench.findings()}


def test_margins_are_judged_for_each_lesion() -> None:
    """Two large lesions with margin do not hide a small one without."""
    bodies = {}
    for number, (x, radius, margin) in enumerate([(-60, 20, 5), (0, 20, 5), (60, 4, 0)], 1):
        bodies[f"GTV{number}"] = ball(radius, (float(x), 0.0, 0.0))
        bodies[f"PTV{number}"] = ball(radius + margin, (float(x), 0.0, 0.0))
    verdicts = rtcheck.check(plan_of(bodies), "sun-2016-hcc-lung-mets").verdicts
    margins = {v.roi: v.outcome for v in verdicts if v.goal == "ptv-margin"}
    assert margins == {
        "GTV1": Outcome.PER_PROTOCOL,
        "GTV2": Outcome.PER_PROTOCOL,
        "GTV3": Outcome.DEVIATION_UNACCEPTABLE,
    }
