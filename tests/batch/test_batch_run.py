"""Every plan has its row, with the outcome that a check gives it, and none passes silently."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import cohorts
import pytest
from batches import DATE, rows

import rtcheck

# Results -----------------------------------------------------------------------------------------


def test_every_plan_has_a_row_with_the_outcome_that_check_gives(
    done: Path, twelve: Path, tiny: Path
) -> None:
    plans = rows(done / "plans.csv")
    assert [plan["rt_plan_label"] for plan in plans] == [f"P{i:05}" for i in range(12)]
    for plan in plans[::5]:
        folder = twelve / plan["files"].partition("/")[0]
        report = rtcheck.check(folder, tiny, date=DATE)
        assert plan["outcome"] == report.overall.value
        own = [v for v in rows(done / "verdicts.csv") if v["plan"] == plan["plan"]]
        assert [float(v["value"]) for v in own] == [v.value for v in report.verdicts]
        assert [v["unit"] for v in own] == ["Gy", "Gy"]
        document = json.loads((done / plan["reports"]).with_suffix(".json").read_bytes())
        assert document["overall"] == plan["outcome"]


def test_parquet_has_the_rows_of_the_csv_with_types(done: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    for name in ("plans", "verdicts", "curves"):
        table = parquet.read_table(done / f"{name}.parquet")
        assert table.num_rows == len(rows(done / f"{name}.csv"))
        assert table.column_names == list(rows(done / f"{name}.csv")[0])
    verdicts = parquet.read_table(done / "verdicts.parquet").to_pylist()
    assert verdicts[1]["value"] == float(rows(done / "verdicts.csv")[1]["value"])
    curves = parquet.read_table(done / "curves.parquet").to_pylist()
    # All of the PTV has 1 Gy, and 50 Gy is its greatest dose: points at 0 to 49 Gy.
    assert curves[0]["volume_percent"] == [100.0] * 50


def test_the_cohort_says_what_the_plans_say(done: Path) -> None:
    cohort = rtcheck.Cohort.open(done)
    frame = cohort.to_frame()
    cord = frame[frame.goal == "cord-max"]
    # The cord of plan n gets 44 + n/10 Gy: eleven are at most 45 Gy, all at most 48 Gy.
    assert (cord.value <= 45.001).sum() == 11
    tally = next(t for t in cohort.tallies if t.goal == "cord-max")
    assert (tally.compliance.kept, tally.compliance.of) == (12, 12)
    assert cohort.what_if("cord-max <= 44.55 Gy").now.kept == 6
    assert cohort.exit_code == 0


def test_without_a_folder_nothing_is_written_and_reports_come_along(
    twelve: Path, tiny: Path
) -> None:
    first = next(iter(rtcheck.check_many(twelve, protocol=tiny, date=DATE)))
    assert first.reports[0]["schema"] == "rtcheck-report/1"
    assert first.outcome == first.reports[0]["overall"]


# Accounting --------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", cohorts.BREAKS)
def test_a_plan_that_is_broken_has_a_row_with_a_reason_and_never_passes(
    way: str, tiny: Path, tmp_path: Path
) -> None:
    cohorts.make(tmp_path / "in" / "good", 1)
    cohorts.BREAKS[way](cohorts.make(tmp_path / "in" / "bad", 2))
    results = list(rtcheck.check_many(tmp_path / "in", protocol=tiny, date=DATE))
    outcomes = {r.row["files"].partition("/")[0]: r for r in results if not r.error}
    assert outcomes["good"].outcome == "per_protocol"
    bad = [r for r in results if r.row["files"].startswith("bad")]
    assert bad
    allowed = {"not_evaluated"}
    if way == "no plan file":  # dose and structures are judged by themselves (decision 0011)
        allowed |= {"per_protocol"}
    if way == "dose of nothing":
        allowed |= {"deviation_unacceptable"}
    assert {r.outcome for r in bad} <= allowed
    for result in bad:
        said = result.error or result.row["findings"]
        said = said or [v["reason"] for v in result.verdicts if v["reason"]]
        assert said


def test_a_plan_in_a_heap_is_what_it_is_in_its_own_folder(tiny: Path, tmp_path: Path) -> None:
    heap = tmp_path / "heap"
    heap.mkdir()
    for number in range(4):
        folder = cohorts.make(tmp_path / f"own {number}", number)
        for path in folder.iterdir():
            shutil.copy(path, heap / f"{number}-{path.name}")
    found = {r.label: r for r in rtcheck.check_many(heap, protocol=tiny, date=DATE)}
    assert len(found) == 4
    for number in range(4):
        own = next(iter(rtcheck.check_many(tmp_path / f"own {number}", protocol=tiny, date=DATE)))
        assert found[own.label].verdicts == own.verdicts


def test_plans_in_archives_are_found_and_kept_apart(tiny: Path, tmp_path: Path) -> None:
    folder = cohorts.make(tmp_path / "made", 3)
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("in/a.zip", "in/deep/b.bin"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for path in folder.iterdir():
                archive.write(path, f"x/{path.name}")
    results = list(rtcheck.check_many(tmp_path / "in", protocol=tiny, date=DATE))
    assert [r.outcome for r in results] == ["per_protocol"] * 2
    assert results[0].id != results[1].id
    assert results[0].row["files"].startswith("a.zip/x/")


def test_of_an_archive_that_holds_a_name_twice_neither_member_is_lost(
    tiny: Path, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in" / "two.zip", "w") as archive:
        for number in (1, 2):
            for path in sorted(cohorts.make(tmp_path / "made", number).iterdir()):
                if number == 1:
                    archive.write(path, path.name)
                else:
                    with pytest.warns(UserWarning, match="Duplicate name"):
                        archive.write(path, path.name)
    found = rtcheck.check_many(tmp_path / "in", protocol=tiny, date=DATE)
    results = sorted(found, key=lambda r: r.label)
    assert [(r.label, r.outcome) for r in results] == [
        ("P00001", "per_protocol"),
        ("P00002", "per_protocol"),
    ]
    assert [r.verdicts[1]["value"] for r in results] == pytest.approx([44.1, 44.2], abs=0.01)


def test_a_damaged_member_of_an_archive_is_a_row_and_told_beside_its_plan(
    tiny: Path, tmp_path: Path
) -> None:
    folder = cohorts.make(tmp_path / "made", 1)
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in" / "all.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"one/{path.name}")
        cohorts.BREAKS["structure set of noise"](folder)
        archive.write(folder / "RTSTRUCT.dcm", "one/noise.dcm")
    plan, damaged = rtcheck.check_many(tmp_path / "in", protocol=tiny, date=DATE)
    if plan.error:
        plan, damaged = damaged, plan
    assert damaged.row["files"] == "all.zip/one/noise.dcm"
    assert damaged.row["error_code"] == "FILE_UNREADABLE"
    assert "FILE_UNREADABLE" in plan.row["findings"]


def test_a_dose_that_names_no_plan_is_never_taken_for_another_plan_of_the_patient(
    tiny: Path, tmp_path: Path
) -> None:
    """Two plans of a patient without doses and a dose that names none: as in check, ambiguous."""
    import pydicom

    first = cohorts.make(tmp_path / "in", 1)
    plan = pydicom.dcmread(first / "RTPLAN.dcm")
    plan.SOPInstanceUID = plan.file_meta.MediaStorageSOPInstanceUID = "1.2.3.99"
    plan.save_as(first / "SECOND.dcm")
    dose = pydicom.dcmread(first / "RTDOSE.dcm")
    del dose.ReferencedRTPlanSequence
    dose.save_as(first / "RTDOSE.dcm")
    results = [r for r in rtcheck.check_many(first, protocol=tiny, date=DATE) if r.verdicts]
    assert len(results) >= 2
    for result in results:
        assert result.outcome == "not_evaluated"
        assert "DOSE_LINK_AMBIGUOUS" in result.row["findings"] or not result.label
