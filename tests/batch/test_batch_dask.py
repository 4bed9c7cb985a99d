"""Dask: real schedulers and workers, started here, give the same bytes; a lost one is no loss."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cohorts
import pytest
from batches import DATE, files_of

import rtcheck
from rtcheck.errors import UsageError

pytest.importorskip("distributed")
# Dask's own code warns of its event loop when a client is closed; nothing of ours is filtered.
pytestmark = pytest.mark.filterwarnings("ignore:::distributed", "ignore::ResourceWarning")

ROOT = Path(__file__).resolve().parents[2]


class Cluster:
    """A scheduler and workers, each a process of its own."""

    def __init__(self, folder: Path, workers: int) -> None:
        self._folder = folder
        self._file = folder / "scheduler.json"
        self.processes = [self._start("dask_scheduler", "--port", "0", "--no-dashboard")]
        self.workers = [self.add_worker() for _ in range(workers)]
        end = time.monotonic() + 30
        while not self._file.exists() and time.monotonic() < end:
            time.sleep(0.05)

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
        command += ["--scheduler-file", str(self._file), "--host", "127.0.0.1"]
        return subprocess.Popen(
            command,
            cwd=self._folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def add_worker(self) -> subprocess.Popen[bytes]:
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0")
        worker = self._start("dask_worker", *options)
        self.processes.append(worker)
        return worker

    @property
    def address(self) -> str:
        import json

        return str(json.loads(self._file.read_text())["address"])

    def end(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    (tmp_path / "dask").mkdir()
    started = Cluster(tmp_path / "dask", 2)
    yield started
    started.end()


def test_a_worker_killed_in_the_middle_loses_nothing_and_the_bytes_are_those_of_a_local_run(
    cluster: Cluster, tiny: Path, tmp_path: Path
) -> None:
    folder = cohorts.cohort(tmp_path / "in", 16)
    calm = tmp_path / "calm"
    list(rtcheck.check_many(folder, protocol=tiny, out=calm, date=DATE))
    ids = []
    out = tmp_path / "out"
    for number, result in enumerate(
        rtcheck.check_many(folder, protocol=tiny, out=out, date=DATE, dask=cluster.address)
    ):
        ids.append(result.id)
        if number == 3:
            cluster.workers[0].send_signal(signal.SIGKILL)
    assert len(ids) == len(set(ids)) == 16
    assert files_of(out) == files_of(calm)


def test_an_address_where_nobody_answers_is_said(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rtcheck.batch import dask_engine

    monkeypatch.setattr(dask_engine, "_PATIENCE_S", 1)
    cohorts.make(tmp_path / "in", 1)
    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        next(rtcheck.check_many(tmp_path / "in", protocol=tiny, dask="tcp://127.0.0.1:9"))
