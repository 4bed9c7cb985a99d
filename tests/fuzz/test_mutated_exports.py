"""Mutated exports: the same verdicts, or a finding or an error with a code; nothing else.

RTCHECK_LONG=1 runs 20,000 of them; RTCHECK_MUTATIONS=n another number, RTCHECK_SEED from another
seed. They come in parts, so that several processes can share them (``pytest -n auto``).
"""

from __future__ import annotations

import os
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from mutations import mutations
from trying import Kind, Result, clean_files, is_false_pass, run

SHORT, LONG, PART = 150, 20_000, 500
SEED = int(os.environ.get("RTCHECK_SEED", "0"))
NUMBER = int(os.environ.get("RTCHECK_MUTATIONS", LONG if os.environ.get("RTCHECK_LONG") else SHORT))
PARTS = [range(a, min(a + PART, SEED + NUMBER)) for a in range(SEED, SEED + NUMBER, PART)]
MOST_BYTES = 300 * 1024**2
"""What a part may take beyond what the process had: libraries some 150 MB, the export 30 kB."""

STATUS = Path("/proc/self/status")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="time limits are set by POSIX alarms")


def at_work(what: str) -> int:
    """Return what Linux says of the memory of this process in bytes; 0 elsewhere."""
    if not STATUS.exists():
        return 0
    lines = STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(what + ":"))


def forget_peak() -> None:
    """Let the peak of memory begin anew: before, it is that of other tests."""
    with suppress(OSError):
        STATUS.with_name("clear_refs").write_text("5", encoding="ascii")


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run(clean_files(), tmp_path_factory.mktemp("clean"))


def test_the_clean_export_passes(clean: Result) -> None:
    assert (clean.kind, clean.exit_code) == (Kind.SAME, 0)
    assert len(clean.values) == 2


@pytest.mark.parametrize("seeds", PARTS, ids=lambda seeds: f"from {seeds[0]}")
def test_mutated_exports_end_as_verdict_finding_or_error(
    clean: Result, tmp_path: Path, seeds: range
) -> None:
    before = at_work("VmRSS")
    forget_peak()
    counts: Counter[Kind] = Counter()
    faults: list[str] = []
    slowest = 0.0
    files = clean_files()
    for seed in seeds:
        mutation = mutations(files, seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        start = time.process_time()
        try:
            result = run(mutation.files, folder, clean)
        except Exception as fault:  # noqa: BLE001 - every one of them is a failure, told below
            faults.append(f"seed {seed}: {type(fault).__name__}: {fault}; {mutation.text}")
            print("\n" + faults[-1], flush=True)
            continue
        slowest = max(slowest, time.process_time() - start)
        counts[result.kind] += 1
        if is_false_pass(mutation, result):
            faults.append(f"seed {seed}: a pass without a finding; {mutation.text}")
            print("\n" + faults[-1], flush=True)
    peak = at_work("VmHWM")
    told = ", ".join(f"{n} {kind}" for kind, n in counts.most_common())
    print(f"\n{len(seeds)} mutations from seed {seeds[0]}: {told}; {len(faults)} faults; ", end="")
    print(f"{slowest:.1f} s the slowest; {peak >> 20} MB")
    assert faults == []
    assert sum(counts.values()) == len(seeds)
    assert {Kind.FOUND, Kind.SAME} <= counts.keys()
    assert peak - before < MOST_BYTES
