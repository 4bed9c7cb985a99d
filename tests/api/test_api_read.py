"""The API from files: reading, choosing, asking, and what is said when it cannot be done."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from bodies import RX, LinearDose, UniformDose, box, plan_of, written

import rtcheck
from rtcheck.api.reading import with_prescriptions
from rtcheck.errors import (
    CannotSay,
    DicomError,
    ExpressionError,
    MetricError,
    Reason,
    UnitError,
    UsageError,
)
from rtcheck.metrics import Measurement
from rtcheck.plan import FractionPattern, Prescription, parse_prescription
from rtcheck.protocol import load_protocol


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    contours = {"PTV": box((20, 20, 20)), "Liver": box((40, 40, 40), slices=20), "Empty": []}
    return written(
        tmp_path_factory.mktemp("api") / "one", contours, LinearDose(RX, (1.0, 0.0, 0.0))
    )


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("api") / "two"
    for name in ("first", "second"):
        written(root / name, {"PTV": box((20, 20, 20))}, UniformDose(RX))
    return root


def test_a_plan_and_what_is_in_it(folder: Path) -> None:
    plan = rtcheck.read(folder)
    assert plan.label == "PHANTOM"
    assert plan.geometry == "smooth", "the default"
    assert [s.roi_name for s in plan.structures] == ["PTV", "Liver", "Empty"]
    assert [(p.name, p.dose_gy, p.number_of_fractions_planned) for p in plan.prescriptions] == [
        ("PTV", 50.0, 25)
    ]
    assert {f.code for f in plan.findings} == {f.code for f in plan.record.findings}


@pytest.mark.parametrize("kind", ["folder", "str", "files", "zip"])
def test_folder_files_and_zip_are_one_plan(folder: Path, kind: str, tmp_path: Path) -> None:
    if kind == "zip":
        archive = tmp_path / "export.zip"
        with zipfile.ZipFile(archive, "w") as z:
            for path in folder.iterdir():
                z.write(path, f"deep/er/{path.stem}")
        paths = [archive]
    else:
        paths = {"folder": [folder], "str": [str(folder)], "files": sorted(folder.iterdir())}[kind]
    plan = rtcheck.read(*paths)
    assert plan["PTV"].measure("Mean[Gy]").value == pytest.approx(50.0, abs=0.01)


def test_the_order_of_files_does_not_matter(folder: Path) -> None:
    found = []
    for paths in (sorted(folder.iterdir()), sorted(folder.iterdir(), reverse=True)):
        plan = rtcheck.read(*paths)
        found.append([plan["Liver - PTV"].measure(m).value for m in ("Mean[Gy]", "D95%[Gy]")])
    assert found[0] == found[1]


def test_several_plans_are_several_and_never_mixed(two: Path) -> None:
    plans = rtcheck.read_all(two)
    assert len(plans) == 2
    uids = [p.record.sop_instance_uids["rt_plan"] for p in plans]
    assert len(set(uids)) == 2
    with pytest.raises(UsageError, match="2 plans"):
        rtcheck.read(two)
    chosen = rtcheck.read(two, plan=str(uids[1]))
    assert chosen.record.sop_instance_uids["rt_plan"] == uids[1]
    with pytest.raises(rtcheck.RtcheckError):
        rtcheck.read(two, plan="NO SUCH PLAN")


def test_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no DICOM")
    with pytest.raises(DicomError) as caught:
        rtcheck.read(tmp_path)
    assert caught.value.exit_code == 3
    with pytest.raises(UsageError) as caught:
        rtcheck.read(tmp_path / "nowhere")
    assert caught.value.exit_code == 2


def test_a_truncated_dose_blocks_what_needs_dose_and_says_so(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "cut")
    path = tmp_path / "cut" / "RTDOSE.dcm"
    path.write_bytes(path.read_bytes()[:-20_000])
    plan = rtcheck.read(tmp_path / "cut")
    found = plan["PTV"].measure("Mean[Gy]")
    assert (found.value, found.reason) == (None, Reason.NO_DOSE)
    blocks = [f for f in plan.findings if f.severity == "blocks"]
    assert [f.where.split(":")[0] for f in blocks] == ["RTDOSE.dcm"]
    assert found.detail == blocks[0].text


def test_geometry_is_one_of_four(folder: Path) -> None:
    assert rtcheck.GEOMETRY_MODELS == ("smooth", "linear-rounded", "linear-half-slice", "prism")
    for geometry in rtcheck.GEOMETRY_MODELS:
        plan = rtcheck.read(folder, geometry=geometry)
        assert plan.bench.model == geometry
    with pytest.raises(UsageError, match="smooth, linear-rounded, linear-half-slice, prism"):
        rtcheck.read(folder, geometry="Smooth")


# Asking -----------------------------------------------------------------------------------------


def test_expressions_and_metrics(folder: Path) -> None:
    plan = rtcheck.read(folder)
    region = plan["Liver - PTV"]
    assert region.name == "Liver - PTV"
    assert region.volume_cm3 == pytest.approx(56.0, rel=0.005)
    found = region.measure("Mean[Gy]")
    assert (found.structure, found.metric, found.unit) == ("Liver - PTV", "Mean[Gy]", "Gy")
    assert found.value == pytest.approx(50.0, abs=0.01)
    assert found.low <= found.value <= found.high
    assert found.high - found.low < 0.5, "the dose hardly varies"


def test_a_wrong_name_comes_with_a_suggestion(folder: Path) -> None:
    plan = rtcheck.read(folder)
    with pytest.raises(UsageError) as caught:
        _ = plan["Livr"]
    assert "'Liver'" in caught.value.hint
    with pytest.raises(UsageError):
        plan["PTV"].measure("Inside(Livr)[%]")
    with pytest.raises(ExpressionError):
        _ = plan["Liver -"]
    with pytest.raises(MetricError):
        plan["Liver"].measure("V20Gy")


def test_two_rois_of_one_name_are_not_guessed_at() -> None:
    plan = plan_of({"A": box((20, 20, 20))}, UniformDose(RX))
    other = replace(plan.record.structures[0], roi_number=2)
    plan = rtcheck.OpenPlan(replace(plan.record, structures=(*plan.record.structures, other)))
    with pytest.raises(UsageError, match="2 ROIs named 'A'"):
        _ = plan["A"]


def test_an_empty_roi_can_be_asked_and_answers_why(folder: Path) -> None:
    region = rtcheck.read(folder)["Empty"]
    assert region.measure("Mean[Gy]").reason == Reason.STRUCTURE_EMPTY
    with pytest.raises(CannotSay):
        _ = region.volume_cm3
    with pytest.raises(CannotSay):
        region.dvh()


def test_a_histogram_is_computed_once(folder: Path) -> None:
    plan = rtcheck.read(folder)
    assert plan["PTV"].dvh() is plan["PTV"].dvh()
    assert plan["Liver - PTV"].dvh() is plan["Liver-PTV"].dvh(), "the same bodies, another text"
    measured = plan["PTV"].measure("D95%[Gy]").value
    assert plan["PTV"].dvh().dose_at_volume("95 %") == pytest.approx(measured, rel=1e-12)


# Prescriptions given by the user ------------------------------------------------------------------


def test_rx_is_added_where_the_export_has_none() -> None:
    plan = plan_of({"PTV": box((20, 20, 20))}, UniformDose(RX))
    record = with_prescriptions(plan.record, [parse_prescription("PTV=40 Gy/20")])
    found = rtcheck.OpenPlan(record)["PTV"].measure("Mean[%]", prescription="PTV")
    assert found.value == pytest.approx(125.0)
    # 25 % above what is prescribed: the gate says so, and nothing else is new.
    assert {f.code for f in record.findings} - {"DOSE_LEVEL_UNUSUAL"} == {
        f.code for f in plan.record.findings
    }


def test_rx_that_differs_is_used_and_said(folder: Path) -> None:
    plan = rtcheck.read(folder, rx=["PTV=40 Gy/20"])
    said = [f for f in plan.findings if f.code == "PRESCRIPTION_OVERRULED"]
    assert [(f.severity, f.where) for f in said] == [("warns", "PTV")]
    assert "50 Gy in 25 fractions" in said[0].text
    assert "40 Gy in 20 fractions" in said[0].text
    found = plan["PTV"].measure("Mean[%]", prescription="PTV")
    assert found.value == pytest.approx(125.0, abs=0.02)


def test_days_that_the_user_states_stand_in_for_a_fraction_pattern() -> None:
    plan = plan_of({"PTV": box((20, 20, 20))}, UniformDose(RX))

    def measured(given: str, metric: str) -> Measurement:
        record = with_prescriptions(plan.record, [parse_prescription(given)])
        return rtcheck.OpenPlan(record)["PTV"].measure(metric, prescription="PTV")

    unsaid = measured("PTV=50 Gy/5", "RxFractionsPerWeek")
    assert (unsaid.value, unsaid.reason) == (None, Reason.NO_FRACTION_PATTERN)
    assert measured("PTV=50 Gy/5 on Mon-Fri", "RxFractionsPerWeek").value == 5
    # Monday, Wednesday and Friday, Monday, Wednesday: ten days, both ends counted.
    assert measured("PTV=50 Gy/5 on Mon, Wed, Fri", "RxDuration[d]").value == 10


def test_days_that_differ_from_the_export_are_used_and_said() -> None:
    plan = plan_of(
        {"PTV": box((20, 20, 20))}, UniformDose(RX), pattern=FractionPattern("1111100", 1, 1)
    )
    for days, said in (("Mon, Wed, Fri", 1), ("Mon-Fri", 0)):
        given = parse_prescription(f"PTV=50 Gy/25 on {days}")
        record = with_prescriptions(plan.record, [given])
        found = [f for f in record.findings if f.code == "PRESCRIPTION_OVERRULED"]
        assert len(found) == said
        assert all("Mon-Fri" in f.text and "Mon, Wed, Fri" in f.text for f in found)
        metric = rtcheck.OpenPlan(record)["PTV"].measure("RxFractionsPerWeek", prescription="PTV")
        assert metric.value == (3 if said else 5)


def test_rx_that_agrees_is_no_finding(folder: Path) -> None:
    for same in ("PTV=50 Gy/25", "PTV=50 Gy", "PTV=5000 cGy/25"):
        plan = rtcheck.read(folder, rx=[same])
        assert "PRESCRIPTION_OVERRULED" not in {f.code for f in plan.findings}


def test_two_rx_for_one_target_are_ambiguous(folder: Path) -> None:
    plan = rtcheck.read(folder, rx=["PTV=40 Gy/20", "PTV=60 Gy/30"])
    found = plan["PTV"].measure("Mean[%]", prescription="PTV")
    assert (found.value, found.reason) == (None, Reason.PRESCRIPTION_AMBIGUOUS)


def test_rx_for_another_target_changes_nothing_here(folder: Path) -> None:
    plan = rtcheck.read(folder, rx=["Boost=60 Gy/30"])
    assert plan["PTV"].measure("Mean[%]", prescription="PTV").value == pytest.approx(100, abs=0.02)
    assert plan["PTV"].measure("Mean[%]", prescription="Boost").value == pytest.approx(
        83.33, abs=0.02
    )


@pytest.mark.parametrize("rx", ["PTV", "PTV=50", "PTV=50 cc/25"])
def test_rx_that_is_none_is_an_error(folder: Path, rx: str) -> None:
    with pytest.raises(UnitError):
        rtcheck.read(folder, rx=[rx])


def test_a_plan_without_fractions_takes_those_of_rx_for_bed() -> None:
    plan = plan_of(
        {"PTV": box((20, 20, 20))}, UniformDose(60.0),
        prescriptions=[Prescription("PTV", 60.0, 30, None, "given by the user")],
    )  # fmt: skip
    found = plan["PTV"].measure("Mean[Gy]", prescription="PTV", dose="BED", alpha_beta_gy=10.0)
    assert found.value == pytest.approx(72.0)


# Interchange --------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
def test_to_dicompyler(folder: Path) -> None:
    pytest.importorskip("dicompylercore")
    dvh = rtcheck.read(folder)["PTV"].dvh()
    other = dvh.to_dicompyler("PTV")
    assert (other.name, other.dose_units, other.volume_units) == ("PTV", "Gy", "cm3")
    assert other.volume == pytest.approx(dvh.total_cm3, rel=1e-6)
    assert other.mean == pytest.approx(dvh.mean_gy, abs=0.01), "a bin"
    assert other.max == pytest.approx(dvh.maximum_gy, abs=0.02)
    assert other.D95.value == pytest.approx(dvh.dose_at_volume("95 %"), abs=0.02)
    assert other.V50Gy.value == pytest.approx(dvh.volume_at_dose_cm3(50.0), abs=0.02)


def test_to_dicompyler_without_it_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "dicompylercore.dvh", None)
    with pytest.raises(UsageError, match="pip install"):
        rtcheck.read(folder)["PTV"].dvh().to_dicompyler()


def test_role_matches_of_all_protocols(folder: Path) -> None:
    plan = rtcheck.read(folder)
    found = rtcheck.role_matches(plan)
    assert set(found) == {1, 2, 3}
    zhai = load_protocol("zhai-2025-hcc-thrombosis")
    only = rtcheck.role_matches(plan, [zhai])
    assert only[2] == [(zhai.id, "Liver", "tg263")]
    assert only[3] == []
    assert set(only[2]) <= set(found[2])
