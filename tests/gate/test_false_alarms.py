"""Clean exports raise nothing: an alarm that sounds for nothing is soon not heard."""

from __future__ import annotations

from pathlib import Path

import pytest

import rtcheck
from rtcheck.phantoms import EXAMPLES, VERSIONS, write_example
from rtcheck.plan import Severity


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_raises_no_finding(example: str, version: str, tmp_path: Path) -> None:
    folder = write_example(example, version, tmp_path)
    assert rtcheck.read(folder).findings == ()


def test_a_real_eclipse_plan_raises_nothing_that_warns_or_blocks(eclipse: Path) -> None:
    findings = rtcheck.read(eclipse).findings
    assert {f.severity for f in findings} == {Severity.INFORMS}
    assert [f.code for f in findings] == ["ROI_EMPTY", "PRESCRIPTION_OF_POINT", "TPS_DVH_CUT_OFF"]
