"""Processes do the work: what ends one of them costs one plan; a thousand plans cost no more."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cohorts
import pytest
from batches import DATE, ROOT, files_of, rows, run, until
from cohorts import long

import rtcheck
from rtcheck.batch.child import Lost
from rtcheck.batch.engine import Processes
from rtcheck.batch.run import Batch
from rtcheck.batch.settings import settings_of
from rtcheck.batch.store import Store
from rtcheck.errors import UsageError

# Processes ---------------------------------------------------------------------------------------


def test_processes_give_the_same_bytes_as_none(
    done: Path, twelve: Path, tiny: Path, tmp_path: Path
) -> None:
    list(rtcheck.check_many(twelve, protocol=tiny, out=tmp_path / "out", date=DATE, jobs=2))
    assert files_of(tmp_path / "out") == files_of(done)


def test_a_process_that_is_killed_takes_one_unit_with_it() -> None:
    with Processes(2) as engine:
        got = dict(engine.each(_kill_itself_at_three, range(8)))
    assert got == {n: Lost.DIED if n == 3 else n * n for n in range(8)}


@pytest.mark.parametrize("engine", ["--jobs", "--dask"])
def test_a_plan_over_the_time_limit_is_a_row_and_the_batch_goes_on(
    engine: str, tiny: Path, tmp_path: Path
) -> None:
    if engine == "--dask":
        pytest.importorskip("distributed", reason="distributed is not installed")
    cohorts.make_heavy(tmp_path / "in" / "a heavy one")
    cohorts.cohort(tmp_path / "in", 3)
    out = tmp_path / "out"
    options = ("--jobs", 1) if engine == "--jobs" else ("--dask", "local", "--jobs", 1)
    arguments = ("batch", tmp_path / "in", "-p", tiny, "-o", out, "--no-html", *options)
    done = run(*arguments, "--time-limit", 3)
    assert done.returncode == 3, done.stderr
    assert "a heavy one/RTPLAN.dcm: it was not done after 3 s" in done.stderr
    heavy, *others = rows(out / "plans.csv")
    assert (heavy["rt_plan_label"], heavy["error_code"]) == ("HEAVY", "TIME_LIMIT")
    assert [plan["outcome"] for plan in others] == ["per_protocol"] * 3
    planned = run(*arguments, "--dry-run", "-q", "--resume")
    assert "3 were done before" in planned.stdout  # it is tried again


def test_what_a_unit_raises_is_raised_here() -> None:
    with Processes(1) as engine, pytest.raises(UsageError, match="no dose in words"):
        list(engine.each(_raise, ["no dose in words"]))


def _raise(words: str) -> None:
    raise UsageError(words)


def _kill_itself_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def test_the_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "naps.py").write_text(
        "import os, time\n"
        "def nap(n):\n    open(f'{n}.pid', 'w').write(str(os.getpid())); time.sleep(60)\n"
    )
    script = tmp_path / "parent.py"
    script.write_text(
        "from rtcheck.batch.engine import Processes\nfrom naps import nap\n"
        "with Processes(2) as engine:\n    list(engine.each(nap, range(2)))\n"
    )
    parent = subprocess.Popen(
        [sys.executable, str(script)], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    until(lambda: len([p for p in tmp_path.glob("*.pid") if p.read_text()]) == 2)
    workers = [int(path.read_text()) for path in tmp_path.glob("*.pid")]
    parent.kill()
    parent.wait()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


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
    memory_kib, theirs_kib, moments = [], [], []
    with store.locked(), Processes(2) as engine:
        work = Batch([folder], settings, store, engine)
        units = work.find()
        work.begin()
        for _ in work.run(units):
            moments.append(time.perf_counter())
            memory_kib.append(_status("self", "VmRSS"))
            if len(moments) in (200, 1000):
                theirs_kib.append(max(_status(pid, "VmRSS") for pid in _children()))
        work.finish(units)
    plans = rows(tmp_path / "out" / "plans.csv")
    seen = {plan["files"].partition("/")[0] for plan in plans}
    assert len(seen) == 1000
    for plan in plans:
        way = broken.get(plan["files"].partition("/")[0])
        if way not in (None, "no plan file", "dose of nothing"):
            assert plan["outcome"] == "not_evaluated", way
    early, late = (moments[600] - moments[200], moments[999] - moments[599])
    print(
        f"\nparent {memory_kib[200]} to {memory_kib[-1]} KiB, largest process {theirs_kib[0]} "
        f"to {theirs_kib[-1]} KiB; 400 plans early {early:.1f} s, late {late:.1f} s"
    )
    assert memory_kib[-1] < memory_kib[200] * 1.1
    assert theirs_kib[-1] < theirs_kib[0] * 1.1
    assert late < early * 1.25


def _status(process: str, field: str) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{field}:")).split()[1])


def _children() -> list[str]:
    found = []
    for path in Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # one that ended just now
            if path.name.isdigit() and _status(path.name, "PPid") == os.getpid():
                found.append(path.name)
    return found


@long
def test_two_jobs_use_two_cores_well(tiny: Path, tmp_path: Path) -> None:
    """Efficiency: the time of one job over twice the time of two. Needs the machine for itself."""
    folder = cohorts.cohort(tmp_path / "in", 200)
    seconds = {}
    others_s = -_others_s()
    for jobs in (1, 2):
        start = time.perf_counter()
        done = run("batch", folder, "-p", tiny, "-o", tmp_path / str(jobs), "--jobs", jobs, "-q")
        seconds[jobs] = time.perf_counter() - start
        assert done.returncode == 1, done.stderr  # some cords get over 48 Gy
    others_s += _others_s()
    efficiency = seconds[1] / (2 * seconds[2])
    print(
        f"\nefficiency of 2 jobs {100 * efficiency:.0f} % (1 job {seconds[1]:.1f} s, "
        f"2 jobs {seconds[2]:.1f} s; others used the cores for {others_s:.1f} s)"
    )
    if others_s > 0.05 * sum(seconds.values()):
        pytest.skip(f"others used the cores for {others_s:.1f} s")
    assert efficiency >= 0.8


def _others_s() -> float:
    """Return for how long the cores were used by others than this process and its children."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    user, nice, system, _idle, _waiting, *rest = (int(field) for field in fields)
    all_s = (user + nice + system + sum(rest[:3])) / os.sysconf("SC_CLK_TCK")
    return all_s - sum(os.times()[:4])
