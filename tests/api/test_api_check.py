"""check(): the whole river, from a plan to a report."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from bodies import RX, UniformDose, box, plan_of, written
from rules import HEAD, goal, rules

import rtcheck
from rtcheck.errors import ProtocolNotFoundError, Reason, UsageError
from rtcheck.phantoms.dicom_files import write_plan
from rtcheck.phantoms.records import PhantomPlan, Roi
from rtcheck.plan import Prescription
from rtcheck.protocol import load_protocol
from rtcheck.report.json_report import write_json

ZHAI = "zhai-2025-hcc-thrombosis"
SECRETS = ("SECRET", "JANE", "ID-77777")


def liver_plan(**more: object) -> rtcheck.OpenPlan:
    return plan_of(
        {
            "Liver": box((100, 100, 90), slices=30),
            "GTV": box((20, 20, 20)),
            "CTV": box((30, 30, 30), slices=15),
            "PTV": box((40, 40, 50), slices=25),
        },
        UniformDose(RX),
        prescriptions=[Prescription("PTV", RX, 25, 4)],
        fractions=25,
        **more,
    )


SIMPLE = rules(goal("Mean[Gy]", "<= 60 Gy"), goal("Volume[cc]", "> 700 cc", id='"volume"'))


def organ_plan(**more: object) -> rtcheck.OpenPlan:
    return plan_of({"Organ": box((100, 100, 90), slices=30)}, UniformDose(RX), **more)


def target_plan() -> rtcheck.OpenPlan:
    return plan_of(
        {"PTV": box((20, 20, 20))},
        UniformDose(RX),
        prescriptions=[Prescription("PTV", RX, 25, 1)],
    )


def test_a_report_says_what_it_stands_on() -> None:
    report = rtcheck.check(liver_plan(geometry="prism"), ZHAI)
    zhai = load_protocol(ZHAI)
    assert report.protocol.id == ZHAI
    assert (report.protocol.version, report.protocol.sha256) == (zhai.version, zhai.sha256)
    assert report.rtcheck_version == rtcheck.__version__
    assert report.settings["geometry"] == "prism"
    assert report.plan.rt_plan_label == "TEST"
    assert report.checklist == zhai.checklist
    made = datetime.fromisoformat(report.created)
    assert made.tzinfo == UTC
    assert {g.id for g in zhai.goals} == {v.goal for v in report.verdicts}, "no row vanishes"
    assert sum(report.counts().values()) == len(report.verdicts)
    assert {c.name for c in report.curves} == {"Liver", "GTV", "CTV", "PTV", "Liver - GTV"}
    for curve in report.curves:
        bounds = zip(curve.low_percent, curve.volume_percent, curve.high_percent, strict=True)
        # 100 % may be 1e-14 more.
        assert all(low - 1e-9 <= volume <= high + 1e-9 for low, volume, high in bounds)
    rois = {c.name: c.roi_number for c in report.curves}
    assert rois["Liver - GTV"] is None
    assert rois["Liver"] is not None


def test_a_report_is_the_same_whether_one_process_makes_it_or_several(monkeypatch) -> None:
    monkeypatch.setattr("rtcheck.metrics.ahead.POINTS_WORTH_IT", 0)
    alone, together = (
        rtcheck.check(replace(liver_plan(geometry="smooth"), jobs=jobs), ZHAI, date="2026-01-01")
        for jobs in (1, 3)
    )
    assert write_json(together) == write_json(alone)


def test_a_value_of_the_report_is_that_of_measure() -> None:
    plan = liver_plan()
    found = {v.goal: v for v in rtcheck.check(plan, ZHAI).verdicts}
    reserve = plan["Liver - GTV"].measure("Volume[cc]")
    assert found["liver-reserve"].value == reserve.value
    assert found["liver-reserve"].outcome == "per_protocol"


@pytest.mark.parametrize("kind", ["id", "path", "loaded"])
def test_rules_by_id_path_or_record(kind: str) -> None:
    zhai = load_protocol(ZHAI)
    protocol = {"id": ZHAI, "path": Path(zhai.path), "loaded": zhai}[kind]
    assert rtcheck.check(target_plan(), protocol).protocol.sha256 == zhai.sha256


def test_rules_that_do_not_exist() -> None:
    with pytest.raises(ProtocolNotFoundError) as caught:
        rtcheck.check(liver_plan(), "zhai-2025-hcc-trombosis")
    assert ZHAI in str(caught.value)
    assert caught.value.exit_code == 2


def test_variants_by_reference_or_argument(tmp_path: Path) -> None:
    text = HEAD + goal("Mean[Gy]", "<= 60 Gy", variant='"long"')
    path = tmp_path / "site-test.toml"
    path.write_text(text)
    for report in (
        rtcheck.check(organ_plan(), f"{path}@long"),
        rtcheck.check(organ_plan(), path, variant="long"),
        rtcheck.check(organ_plan(), load_protocol(path), variant="long"),
    ):
        assert report.protocol.variant == "long"
        assert [v.outcome for v in report.verdicts] == ["per_protocol"]
    for call in (lambda: rtcheck.check(organ_plan(), f"{path}@nonsense"),
                 lambda: rtcheck.check(organ_plan(), path, variant="nonsense")):  # fmt: skip
        with pytest.raises(rtcheck.RtcheckError, match="nonsense"):
            call()


def test_a_path_is_read_and_checked(tmp_path: Path) -> None:
    folder = written(tmp_path / "plan", {"PTV": box((20, 20, 20))}, UniformDose(RX))
    report = rtcheck.check(folder, ZHAI, geometry="prism")
    assert report.settings["geometry"] == "prism"
    missing = [v for v in report.verdicts if v.goal == "liver-reserve"]
    assert [(v.outcome, v.reason) for v in missing] == [("not_evaluated", Reason.STRUCTURE_MISSING)]
    assert report.exit_code in (1, 3)


def test_another_geometry_is_another_report_and_leaves_the_plan_alone() -> None:
    plan = organ_plan(geometry="prism")
    rounded = rtcheck.check(plan, SIMPLE, geometry="linear-rounded")
    assert rounded.settings["geometry"] == "linear-rounded"
    assert plan.geometry == "prism"
    volume = {v.goal: v.value for v in rounded.verdicts}["volume"]
    assert volume < plan["Organ"].volume_cm3 * 0.995
    with pytest.raises(UsageError):
        rtcheck.check(plan, SIMPLE, geometry="round")


def test_rx_of_the_call_is_used_and_its_conflict_found() -> None:
    report = rtcheck.check(target_plan(), ZHAI, rx=["PTV=44 Gy/22"])
    found = {v.goal: v for v in report.verdicts}
    assert found["ptv-schedule"].value == 44.0
    assert "PRESCRIPTION_OVERRULED" in {f.code for f in report.findings}


@pytest.mark.parametrize(
    "rx",
    [
        "PTV_50=40 Gy/20",
        "PTV=40 Gy/20",
        "ptv 50=40 Gy/20",
    ],
)
def test_an_rx_by_any_name_that_overrules_the_export_is_said(rx: str) -> None:
    plan = plan_of(
        {"PTV_50": box((20, 20, 20))},
        UniformDose(50.0),
        prescriptions=[Prescription("PTV_50", 50.0, 25, 1)],
    )
    percent = goal("Mean[%]", ">= 95 %", structure='"PTV"', prescription='"PTV"')
    report = rtcheck.check(plan, rules(percent), rx=[rx])
    (verdict,) = report.verdicts
    assert verdict.value == pytest.approx(125.0)
    said = " ".join([verdict.detail, *(f.text for f in report.findings)])
    assert "50 Gy in 25 fractions" in said


def test_a_map_is_used_and_printed() -> None:
    plan = plan_of({"Leber": box((100, 100, 90), slices=30), "GTV": box((20, 20, 20))})
    plain = {v.goal: v for v in rtcheck.check(plan, ZHAI).verdicts}
    assert plain["liver-reserve"].reason == Reason.STRUCTURE_MISSING
    report = rtcheck.check(plan, ZHAI, structure_map={"Liver": "Leber"})
    assert {v.goal: v for v in report.verdicts}["liver-reserve"].outcome == "per_protocol"
    assert report.settings["map Liver"] == "Leber"
    report = rtcheck.check(plan, ZHAI, aliases={"Liver": ["Leber"]})
    found = {v.goal: v for v in report.verdicts}["liver-reserve"]
    assert found.outcome == "per_protocol"
    assert found.found[0].matched_by == "site alias"


def test_missing_slices_are_findings_of_the_report() -> None:
    whole = box((40, 40, 50), slices=25)
    for contours, codes in ((whole, set()), (whole[:9] + whole[10:], {"CONTOUR_SLICES_BRIDGED"})):
        report = rtcheck.check(plan_of({"Organ": contours}, UniformDose(RX)), SIMPLE)
        assert {f.code for f in report.findings} == codes


def test_the_plan_is_left_as_it_was() -> None:
    plan = organ_plan()
    before = plan.record
    first = rtcheck.check(plan, SIMPLE)
    second = rtcheck.check(plan, SIMPLE)
    assert plan.record is before
    assert [(v.goal, v.outcome, v.value) for v in first.verdicts] == [
        (v.goal, v.outcome, v.value) for v in second.verdicts
    ]


def test_a_frame_has_a_row_a_verdict() -> None:
    pytest.importorskip("pandas")
    report = rtcheck.check(organ_plan(), SIMPLE)
    frame = report.to_frame()
    assert len(frame) == len(report.verdicts)
    assert frame["goal"].tolist() == [v.goal for v in report.verdicts]


def test_no_patient_name_or_id_in_anything_said(tmp_path: Path) -> None:
    axis = np.arange(-30.0, 31.0, 5.0)
    phantom = PhantomPlan(
        seed="secret", rois=(Roi("PTV", 1, tuple(box((20, 20, 20)))),), prescriptions=(),
        fractions=None, dose_gy=UniformDose(RX).on_grid(axis, axis, axis),
        x_mm=axis, y_mm=axis, z_mm=axis,
        patient_id="ID-77777", patient_name="SECRET^JANE",
    )  # fmt: skip
    write_plan(tmp_path / "a", phantom)
    write_plan(tmp_path / "b", replace(phantom, seed="other"))
    said = []
    plan = rtcheck.read(tmp_path / "a")
    report = rtcheck.check(plan, ZHAI)
    report.save(tmp_path / "report.json")
    said.append((tmp_path / "report.json").read_text())
    said += [f"{f.text} {f.where}" for f in plan.findings]
    said += [repr(plan.record.details), repr(plan["PTV"].measure("Mean[%]"))]
    for call in (lambda: rtcheck.read(tmp_path), lambda: plan["Nothing"],
                 lambda: rtcheck.read(tmp_path, plan="none")):  # fmt: skip
        with pytest.raises(rtcheck.RtcheckError) as caught:
            call()
        said.append(str(caught.value))
    for text in said:
        assert not [s for s in SECRETS if s in text]
    assert json.loads(said[0])["exit_code"] == 3
