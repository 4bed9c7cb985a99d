"""The PDF: the page itself, nothing fetched, neutral properties; rendered by another program."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from handmade import full_report, hostile_report

from rtcheck.errors import UsageError
from rtcheck.report import Report, pdf_report
from rtcheck.report.pdf_report import write_pdf

WEASYPRINT = pytest.importorskip("weasyprint")


def poppler(program: str, *arguments: str | Path) -> str:
    """Return what a program of poppler prints; skip where it is not there."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} (poppler-utils) is not installed")
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return full_report().save(tmp_path_factory.mktemp("pdf") / "report.pdf")


def test_it_is_a_pdf_that_says_what_the_report_says(pdf: Path) -> None:
    text = poppler("pdftotext", "-layout", pdf, "-")
    for word in ("Deviation unacceptable", "SpinalCord", "45.0000001", "site-2020", "Child–Pugh A"):
        assert word.lower() in text.lower()


def test_its_properties_name_nobody(pdf: Path) -> None:
    said = poppler("pdfinfo", "-isodates", pdf)
    about = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
    assert about["Title"].strip() == pdf_report.TITLE
    assert about["Author"].strip() == "rtcheck"
    assert about["CreationDate"].strip().startswith("2026-01-02T03:04:05")
    assert about["JavaScript"].strip() == "no"
    assert about["Page size"].strip().endswith("(A4)")


def test_no_page_is_empty(pdf: Path) -> None:
    pages = poppler("pdftotext", "-layout", pdf, "-").split("\f")[:-1]
    assert len(pages) >= 2
    assert all(len(page.split()) > 20 for page in pages)


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A name that made it into the page as markup could neither call home nor read a file."""
    secret = tmp_path / "secret.css"
    secret.write_text("body { display: none }", encoding="utf-8")
    links = f'<img src="http://evil.example/x.png"><link rel="stylesheet" href="{secret.as_uri()}">'

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    page = f"<html><body>{links}shown</body></html>"
    monkeypatch.setattr(pdf_report, "write_html", lambda _: page)
    path = tmp_path / "report.pdf"
    path.write_bytes(write_pdf(full_report()))
    assert "shown" in poppler("pdftotext", path, "-")


def test_the_date_is_all_that_two_runs_differ_in() -> None:
    report = full_report()
    assert write_pdf(report) == write_pdf(report)
    assert write_pdf(replace(report, created="2026-02-01")) != write_pdf(report)


def test_hostile_names_are_laid_out(tmp_path: Path) -> None:
    path = hostile_report().save(tmp_path / "report.pdf")
    text = poppler("pdftotext", "-raw", path, "-")
    assert "<script>alert(1)</script>" in text.replace("\n", "")
    assert "{{ 7*7 }}" in text.replace("\n", " ")


def test_without_weasyprint_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UsageError, match=r"pip install 'rtcheck\[pdf\]'"):
        write_pdf(full_report())


def test_a_machine_without_pango_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.delitem(sys.modules, "weasyprint")
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    with pytest.raises(UsageError, match="Pango"):
        write_pdf(full_report())


def test_a_report_is_not_changed(pdf: Path) -> None:
    report: Report = full_report()
    assert pdf.read_bytes() == write_pdf(report)
