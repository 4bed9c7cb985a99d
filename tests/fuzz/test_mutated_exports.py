"""Mutated exports: the same verdicts, or a finding or an error with a code; nothing else.

RTCHECK_LONG=1 runs 20,000 of them; RTCHECK_MUTATIONS=n another number, RTCHECK_SEED from another
seed.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from mutations import mutations
from trying import Kind, Result, clean_files, is_false_pass, run

SHORT, LONG = 150, 20_000
SEED = int(os.environ.get("RTCHECK_SEED", "0"))
NUMBER = int(os.environ.get("RTCHECK_MUTATIONS", LONG if os.environ.get("RTCHECK_LONG") else SHORT))
MOST_BYTES = 600 * 1024**2
"""Python, numpy and pydicom take some 150 MB; the export itself has 30 kB."""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="time limits are set by POSIX alarms")


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run(clean_files(), tmp_path_factory.mktemp("clean"))


def test_the_clean_export_passes(clean: Result) -> None:
    assert (clean.kind, clean.exit_code) == (Kind.SAME, 0)
    assert len(clean.values) == 2


def test_mutated_exports_end_as_verdict_finding_or_error(clean: Result, tmp_path: Path) -> None:
    import resource

    counts: Counter[Kind] = Counter()
    faults: list[str] = []
    files = clean_files()
    for seed in range(SEED, SEED + NUMBER):
        mutation = mutations(files, seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        try:
            result = run(mutation.files, folder, clean)
        except Exception as fault:  # noqa: BLE001 - every one of them is a failure, told below
            faults.append(f"seed {seed}: {type(fault).__name__}: {fault}; {mutation.text}")
            continue
        counts[result.kind] += 1
        if is_false_pass(mutation, result):
            faults.append(f"seed {seed}: a pass without a finding; {mutation.text}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )
    told = ", ".join(f"{n} {kind}" for kind, n in counts.most_common())
    print(f"\n{NUMBER} mutations from seed {SEED}: {told}; {len(faults)} faults; {peak >> 20} MB")
    assert faults == []
    assert sum(counts.values()) == NUMBER
    assert {Kind.FOUND, Kind.SAME} <= counts.keys()
    if NUMBER > SHORT:  # in a short run of the whole suite the peak is that of other tests
        assert peak < MOST_BYTES
