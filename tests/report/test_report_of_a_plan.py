"""A real check: a phantom written as DICOM, read, judged, and written in every format."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

import rtcheck
from rtcheck.phantoms.dicom_files import write_plan
from rtcheck.phantoms.records import PhantomPlan, Prescription, Roi
from rtcheck.report import Report
from rtcheck.report.html_report import write_html
from rtcheck.report.json_report import report_as_dict
from rtcheck.report.table import FORMATS
from rtcheck.verdict import Outcome

RULES = """
schema = 1
id = "test-2020"
version = "1.0.0"
status = "draft"
title = "Test"
checklist = ["Consent"]
[sources.paper]
cite = "Author 2020."
[structures]
PTV = { tg263 = "PTV" }
Cord = { tg263 = "SpinalCord" }
Heart = { tg263 = "Heart" }
[[goal]]
id = "ptv-mean"
structure = "PTV"
metric = "Mean[Gy]"
per_protocol = ">= 50 Gy"
source = { ref = "paper", where = "Table 1" }
[[goal]]
id = "cord-max"
structure = "Cord"
metric = "Max[Gy]"
per_protocol = "<= 45 Gy"
source = { ref = "paper", where = "Table 1" }
[[goal]]
id = "heart-mean"
structure = "Heart"
metric = "Mean[Gy]"
per_protocol = "<= 4 Gy"
source = { ref = "paper", where = "Table 1" }
"""


def square(half_mm: float) -> tuple[np.ndarray, ...]:
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    return tuple(
        np.array([(half_mm * x, half_mm * y, z) for x, y in corners])
        for z in np.arange(-9.0, 10.0, 3.0)
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("plan")
    axis = np.arange(-40.0, 41.0, 4.0)
    rois = (Roi("PTV", 1, square(20.0)), Roi("<i>Cord & co</i>", 2, square(5.0)))
    plan = PhantomPlan(
        "report",
        rois,
        (Prescription("PTV", 50.0, 1),),
        25,
        np.full((len(axis),) * 3, 50.0),
        axis,
        axis,
        axis,
        label="B&W <1>",
    )
    rules = folder / "test-2020.toml"
    rules.write_text(RULES, encoding="utf-8")
    write_plan(folder / "export", plan)
    return rtcheck.check(
        rtcheck.read(folder / "export"), rules, structure_map={"Cord": "<i>Cord & co</i>"}
    )


def test_a_uniform_dose_is_judged_and_told(report: Report) -> None:
    assert [v.outcome for v in report.verdicts] == [
        Outcome.PER_PROTOCOL,
        Outcome.DEVIATION_UNACCEPTABLE,
        Outcome.NOT_EVALUATED,
    ]
    text = write_html(report)
    assert "<h1><bdi>B&amp;W &lt;1&gt;</bdi></h1>" in text
    assert "&lt;i&gt;Cord &amp; co&lt;/i&gt;</bdi> (mapped by the user)" in text
    assert ">50.00 Gy<" in text
    assert ">-5.00 Gy<" in text
    assert "no ROI of the plan has this role" in text
    assert "PTV: 50 Gy in 25 fractions" in text


def test_curves_of_what_was_measured_fall_from_all_to_nothing(report: Report) -> None:
    assert [curve.name for curve in report.curves] == ["PTV", "<i>Cord & co</i>"]
    for curve in report.curves:
        assert curve.volume_percent[0] == pytest.approx(100.0, abs=1e-9)
        assert list(curve.volume_percent) == sorted(curve.volume_percent, reverse=True)
        assert curve.dose_gy[-1] == pytest.approx(50.0, abs=1e-3)  # as stored in 32 bit
    # 40 × 40 mm over seven slices of 3 mm: what the default model makes of the ends is its own.
    assert report.curves[0].volume_cm3 == pytest.approx(33.6, rel=0.02)


def save(report: Report, path: Path) -> bytes:
    """Return what is written; skip where the format's extra is not installed."""
    pytest.importorskip({".pdf": "weasyprint", ".xlsx": "xlsxwriter"}.get(path.suffix, "json"))
    return report.save(path).read_bytes()


@pytest.mark.parametrize("suffix", list(FORMATS))
def test_every_format_takes_it(report: Report, suffix: str, tmp_path: Path) -> None:
    before = json.dumps(report_as_dict(report))
    written = save(report, tmp_path / f"report{suffix}")
    if suffix not in (".pdf", ".xlsx"):
        assert b"Cord" in written
    assert json.dumps(report_as_dict(report)) == before


@pytest.mark.parametrize("suffix", list(FORMATS))
def test_no_patient_is_named(report: Report, suffix: str, tmp_path: Path) -> None:
    written = save(report, tmp_path / f"report{suffix}")
    if suffix == ".xlsx":
        with zipfile.ZipFile(io.BytesIO(written)) as archive:
            written = b"".join(archive.read(name) for name in archive.namelist())
    assert b"EXAMPLE^PHANTOM" not in written
    assert b"EXAMPLE-0" not in written
