"""What was done is kept: through kills, interrupts, full disks, and against a second batch."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cohorts
import pytest
from batches import DATE, ROOT, files_of, until
from cohorts import long

import rtcheck
from rtcheck.batch.store import Store
from rtcheck.errors import UsageError

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
    until(lambda: any(out.glob("results/*/*.json")))
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
