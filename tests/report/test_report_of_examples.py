"""Every example patient, violating, with pictures, in every format that others' programs read."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import pytest
from test_report_schema import validate

import rtcheck
from rtcheck.phantoms.patients import EXAMPLES, write_example
from rtcheck.report import Report

MOST_S = 3.0
"""Seconds of one processor that a PDF may take; slow machines of the CI get twice as many."""


@cache
def report_of(name: str, folder: Path) -> Report:
    write_example(name, "violating", folder / name)
    date = "2026-02-01"
    return rtcheck.check(folder / name, EXAMPLES[name].protocol, pictures=True, date=date)


@pytest.fixture(scope="module", params=EXAMPLES)
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report_of(request.param, tmp_path_factory.mktemp(request.param))


def test_its_json_is_of_the_published_schema(report: Report, tmp_path: Path) -> None:
    path = report.save(tmp_path / "report.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    validate(document)
    assert document["pictures"]
    assert document["created"] == "2026-02-01"


def test_a_pipeline_is_red(report: Report, tmp_path: Path) -> None:
    (suite,) = ET.parse(report.save(tmp_path / "report.xml")).getroot()  # noqa: S314 - our own
    assert suite.get("failures") == "2", "the overall outcome, and the goal that is broken"


def test_its_pdf_is_quick_and_has_no_empty_page(report: Report, tmp_path: Path) -> None:
    pytest.importorskip("weasyprint")
    report.save(tmp_path / "warm.pdf")
    start = time.process_time()
    path = report.save(tmp_path / "report.pdf")
    assert time.process_time() - start < 2 * MOST_S
    assert path.read_bytes() == (tmp_path / "warm.pdf").read_bytes()
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    said = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True).stdout
    pages = said.decode().split("\f")[:-1]
    assert 3 <= len(pages) <= 10
    assert all(len(page.split()) > 10 for page in pages)
