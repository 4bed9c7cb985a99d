"""A batch loses nothing, repeats nothing and passes nothing silently."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import cohorts
import pytest
from cohorts import long

import rtcheck
from rtcheck.batch.engine import Processes
from rtcheck.batch.run import Batch
from rtcheck.batch.settings import settings_of
from rtcheck.batch.store import Store
from rtcheck.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
DATE = "2026-02-01"
TABLES = ("plans.csv", "verdicts.csv", "curves.csv", "index.html", "batch.json")
PARQUET = ("plans.parquet", "verdicts.parquet", "curves.parquet")


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rtcheck", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=600,
        check=False,
    )


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def files_of(out: Path) -> dict[str, bytes]:
    """Return everything a batch wrote that says something about plans."""
    kept = [p for p in out.rglob("*") if p.is_file() and p.name != ".lock"]
    return {str(p.relative_to(out)): p.read_bytes() for p in kept}


@pytest.fixture(scope="module")
def done(twelve: Path, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the results of twelve plans, undisturbed."""
    out = tmp_path_factory.mktemp("done") / "out"
    results = list(rtcheck.check_many(twelve, protocol=tiny, out=out, date=DATE))
    assert len(results) == 12
    return out


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


# Resume ------------------------------------------------------------------------------------------


def test_resume_repeats_nothing_and_changes_no_byte(
    done: Path, twelve: Path, tiny: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(done, out)
    results = list(rtcheck.check_many(twelve, protocol=tiny, out=out, resume=True))
    assert all(r.repeated for r in results)
    assert files_of(out) == files_of(done)


def test_resume_does_again_what_changed_and_only_that(tiny: Path, tmp_path: Path) -> None:
    folder = cohorts.cohort(tmp_path / "in", 3)
    out = tmp_path / "out"
    list(rtcheck.check_many(folder, protocol=tiny, out=out, date=DATE, html=False))

    def repeated(**options: object) -> list[bool]:
        given = {"protocol": tiny, "html": False, **options}
        results = rtcheck.check_many(folder, out=out, resume=True, **given)
        return [r.repeated for r in sorted(results, key=lambda r: r.label)]

    (folder / "patient 00000" / "RTPLAN.dcm").touch()  # another time, the same content
    assert repeated() == [True, True, True]
    path = folder / "patient 00001" / "RTDOSE.dcm"
    path.write_bytes(path.read_bytes().replace(b"NAME^N00001", b"NAME^N00009"))
    assert repeated() == [True, False, True]
    assert repeated(geometry="prism") == [False, False, False]
    changed = tmp_path / "tiny.toml"
    changed.write_text(cohorts.RULES.replace("<= 45 Gy", "<= 44 Gy"), encoding="utf-8")
    assert repeated(geometry="prism", protocol=changed) == [False, False, False]
    assert repeated(geometry="prism", protocol=changed) == [True, True, True]


def _killed_runs(tiny: Path, folder: Path, out: Path, moments_s: list[float]) -> int:
    """Kill a batch at these moments, resuming each time; return how many were really killed."""
    killed = 0
    for moment in moments_s:
        batch = subprocess.Popen(
            [sys.executable, "-m", "rtcheck", "batch", str(folder), "-p", str(tiny), "-o", str(out),
             "--jobs", "2", "--date", DATE, "-q", "--resume"],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(moment)
        killed += batch.poll() is None
        batch.send_signal(signal.SIGKILL)
        batch.wait()
    return killed


def test_a_batch_that_is_killed_loses_nothing_and_ends_with_the_same_bytes(
    done: Path, twelve: Path, tiny: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert _killed_runs(tiny, twelve, out, [1.2, 1.6]) >= 1
    kept = len(list((out / "results").rglob("*.json"))) if (out / "results").is_dir() else 0
    results = list(
        rtcheck.check_many(twelve, protocol=tiny, out=out, resume=True, date=DATE, jobs=2)
    )
    assert sum(r.repeated for r in results) == kept
    assert files_of(out) == files_of(done)


def test_an_interrupt_says_what_is_kept_and_how_to_go_on(
    twelve: Path, tiny: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    batch = subprocess.Popen(
        [sys.executable, "-m", "rtcheck", "batch", str(twelve), "-p", str(tiny), "-o", str(out),
         "--jobs", "1"],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True,
        # Where tests run in the background of a shell, the interrupt is ignored from the start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    _until(lambda: any(out.glob("results/*/*.json")))
    batch.send_signal(signal.SIGINT)
    said = batch.communicate(timeout=20)[1]
    kept = len(list(out.glob("results/*/*.json")))
    assert batch.returncode == 130
    told = re.search(r"Stopped: (\d+) of 12 plans are kept; --resume goes on\.", said)
    assert told is not None, said
    # The interrupt may come between keeping a plan and counting it.
    assert kept - 1 <= int(told[1]) <= kept
    assert "Traceback" not in said
    assert not list(out.rglob("*.tmp"))


@long
def test_twenty_kills_at_random_moments_change_no_byte(tiny: Path, tmp_path: Path) -> None:
    import random

    folder = cohorts.cohort(tmp_path / "in", 120)
    calm = tmp_path / "calm"
    list(rtcheck.check_many(folder, protocol=tiny, out=calm, date=DATE, jobs=2))
    moments = [random.Random(number).uniform(0.5, 4.0) for number in range(20)]  # noqa: S311
    killed = _killed_runs(tiny, folder, tmp_path / "out", moments)
    kept = len(list((tmp_path / "out" / "results").rglob("*.json")))
    print(f"killed {killed} times, {kept} of 120 plans kept")
    assert killed >= 10
    results = rtcheck.check_many(
        folder, protocol=tiny, out=tmp_path / "out", resume=True, date=DATE, jobs=2
    )
    assert sum(r.repeated for r in results) == kept
    assert files_of(tmp_path / "out") == files_of(calm)


# One batch at a time, and full disks -------------------------------------------------------------


def test_a_second_batch_is_refused_while_the_first_lives_and_not_after(tmp_path: Path) -> None:
    code = "import time; from rtcheck.batch.store import Store\n"
    code += f"with Store({str(tmp_path / 'out')!r}).locked():\n"
    code += "    print('held', flush=True); time.sleep(60)"
    held = subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert held.stdout is not None
    assert held.stdout.readline() == "held\n"
    with (
        pytest.raises(UsageError, match=f"another batch .*process {held.pid}"),
        Store(tmp_path / "out").locked(),
    ):
        pass
    held.kill()
    held.communicate()
    with Store(tmp_path / "out").locked():
        assert (tmp_path / "out" / ".lock").read_text().startswith(f"process {os.getpid()}")


def test_a_folder_with_other_files_or_another_batch_is_refused(
    done: Path, twelve: Path, tiny: Path, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    for out, words in ((tmp_path, "other files"), (done, "already written")):
        with pytest.raises(UsageError, match=words):
            next(rtcheck.check_many(twelve, protocol=tiny, out=out))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_said_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    store.write("whole.txt", "before")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="disk is full") as caught:
        store.write("whole.txt", "after")
    assert "--resume" in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["whole.txt"]
    assert (tmp_path / "whole.txt").read_text() == "before"


# Processes ---------------------------------------------------------------------------------------


def test_processes_give_the_same_bytes_as_none(
    done: Path, twelve: Path, tiny: Path, tmp_path: Path
) -> None:
    list(rtcheck.check_many(twelve, protocol=tiny, out=tmp_path / "out", date=DATE, jobs=2))
    assert files_of(tmp_path / "out") == files_of(done)


def test_a_process_that_is_killed_takes_one_unit_with_it() -> None:
    with Processes(2) as engine:
        got = dict(engine.each(_kill_itself_at_three, range(8)))
    assert got == {n: None if n == 3 else n * n for n in range(8)}


def _kill_itself_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def test_the_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, time\nfrom rtcheck.batch.engine import Processes\n"
        "def nap(n):\n    open(f'{n}.pid', 'w').write(str(os.getpid())); time.sleep(60)\n"
        "if __name__ == '__main__':\n"
        "    with Processes(2) as engine:\n        list(engine.each(nap, range(2)))\n"
    )
    parent = subprocess.Popen(
        [sys.executable, str(script)], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    _until(lambda: len([p for p in tmp_path.glob("*.pid") if p.read_text()]) == 2)
    workers = [int(path.read_text()) for path in tmp_path.glob("*.pid")]
    parent.kill()
    parent.wait()
    _until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def _until(condition: object, patience_s: float = 20.0) -> None:
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


# Cohorts of a thousand ---------------------------------------------------------------------------


@long
def test_a_thousand_plans_of_which_fifty_are_broken(tiny: Path, tmp_path: Path) -> None:
    folder = cohorts.cohort(tmp_path / "in", 1000)
    broken = {}
    for number in range(0, 1000, 20):
        way = list(cohorts.BREAKS)[number // 20 % 10]
        cohorts.BREAKS[way](folder / f"patient {number:05}")
        broken[f"patient {number:05}"] = way
    store = Store(tmp_path / "out")
    settings = settings_of([tiny], created=DATE)
    memory_kib, moments = [], []
    with store.locked(), Processes(2) as engine:
        work = Batch([folder], settings, store, engine)
        units = work.find()
        work.begin()
        for _ in work.run(units):
            moments.append(time.perf_counter())
            memory_kib.append(_resident_kib())
        work.finish(units)
    plans = rows(tmp_path / "out" / "plans.csv")
    seen = {plan["files"].partition("/")[0] for plan in plans}
    assert len(seen) == 1000
    for plan in plans:
        way = broken.get(plan["files"].partition("/")[0])
        if way not in (None, "no plan file", "dose of nothing"):
            assert plan["outcome"] == "not_evaluated", way
    early, late = (moments[600] - moments[200], moments[999] - moments[599])
    print(f"memory {memory_kib[200]} to {memory_kib[-1]} KiB; 400 plans {early:.1f}, {late:.1f} s")
    assert memory_kib[-1] < memory_kib[200] * 1.1
    assert late < early * 1.25


def _resident_kib() -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


@long
def test_two_jobs_use_two_cores_well(tiny: Path, tmp_path: Path) -> None:
    """Efficiency: the time of one job over twice the time of two. Needs the machine for itself."""
    if os.getloadavg()[0] > 0.5:
        pytest.skip("others are using this machine's cores")
    folder = cohorts.cohort(tmp_path / "in", 200)
    seconds = {}
    for jobs in (1, 2):
        start = time.perf_counter()
        done = run("batch", folder, "-p", tiny, "-o", tmp_path / str(jobs), "--jobs", jobs, "-q")
        seconds[jobs] = time.perf_counter() - start
        assert done.returncode == 1, done.stderr  # some cords get over 48 Gy
    efficiency = seconds[1] / (2 * seconds[2])
    print(f"1 job {seconds[1]:.1f} s, 2 jobs {seconds[2]:.1f} s: {100 * efficiency:.0f} %")
    assert efficiency >= 0.8
