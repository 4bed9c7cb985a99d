"""Formats on the command line: several at once, a date, nobody named, no input overwritten."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from command_line import BROKEN, KEPT, export, in_process, one_clear_error, rules, run
from pydicom import Dataset

from rtcheck.cli.filing import FORMATS

EXTRAS = {"pdf": "weasyprint", "dicom-pdf": "weasyprint", "xlsx": "xlsxwriter"}
ENDINGS = {"junit": "xml", "dicom-pdf": "dcm"}


def outputs(folder: Path, *names: str) -> dict[str, Path]:
    """Return a file for each format that can be written here."""
    for name in names:
        if name in EXTRAS:
            pytest.importorskip(EXTRAS[name])
    return {name: folder / f"report.{ENDINGS.get(name, name)}" for name in names}


def options(files: dict[str, Path]) -> list[str | Path]:
    return [part for name, path in files.items() for part in (f"--{name}", path)]


def test_every_format_of_one_run_says_the_same(tmp_path: Path) -> None:
    files = outputs(tmp_path, *FORMATS)
    folder = export(tmp_path / "a")
    result = run("check", folder, "-p", rules(tmp_path, KEPT, BROKEN), *options(files))
    assert result.exit_code == 1, result.output
    assert result.stdout.startswith("✗ DEVIATION UNACCEPTABLE")
    assert [line for line in result.stderr.splitlines() if line.startswith("Written: ")] == [
        f"Written: {path}" for path in files.values()
    ]
    assert json.loads(files["json"].read_text())["overall"] == "deviation_unacceptable"
    assert ET.parse(files["junit"]).find(".//failure") is not None  # noqa: S314 - our own
    assert files["md"].read_text(encoding="utf-8").startswith("## ✗ DEVIATION UNACCEPTABLE")
    assert files["pdf"].read_bytes().startswith(b"%PDF-")
    filed = pydicom.dcmread(files["dicom-pdf"])
    pdf = filed.EncapsulatedDocument[: filed.EncapsulatedDocumentLength]
    assert pdf.startswith(b"%PDF-")
    assert filed.StudyInstanceUID == pydicom.dcmread(Path(folder) / "RTPLAN.dcm").StudyInstanceUID


@pytest.mark.parametrize("name", ["md", "junit", "xlsx"])
def test_a_format_may_go_to_standard_output(name: str, tmp_path: Path) -> None:
    outputs(tmp_path, name)
    file = rules(tmp_path, KEPT)
    done = in_process("check", export(tmp_path / "a"), "-p", file, f"--{name}", "-")
    assert done.returncode == 0, done.stderr
    assert done.stdout[:2] in (b"##", b"<?", b"PK")
    assert b"PER PROTOCOL" in done.stderr


def test_the_date_is_the_one_asked_for_and_bytes_repeat(tmp_path: Path) -> None:
    folder, file = export(tmp_path / "a"), rules(tmp_path, KEPT)
    names = ("json", "csv", "junit", "md", "html")
    contents = []
    for attempt in ("one", "two"):
        (tmp_path / attempt).mkdir()
        files = outputs(tmp_path / attempt, *names)
        date = "2026-02-01T10:00:00+00:00"
        assert run("check", folder, "-p", file, "--date", date, *options(files)).exit_code == 0
        contents.append([path.read_bytes() for path in files.values()])
    assert contents[0] == contents[1]
    assert json.loads(contents[0][0])["created"] == "2026-02-01T10:00:00+00:00"


def test_source_date_epoch_sets_the_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1770000000")
    folder, file = export(tmp_path / "a"), rules(tmp_path, KEPT)
    result = run("check", folder, "-p", file, "--json", "-")
    assert json.loads(result.stdout)["created"] == "2026-02-02T02:40:00+00:00"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    one_clear_error(run("check", folder, "-p", file), "RTC-U001")


@pytest.mark.parametrize("date", ["yesterday", "2026-13-01", ""])
def test_a_date_that_is_none_is_refused_before_any_work(date: str, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    folder, file = export(tmp_path / "a"), rules(tmp_path, KEPT)
    result = run("check", folder, "-p", file, "--date", date, "--json", target)
    assert result.exit_code == 2
    assert repr(date) in one_clear_error(result, "RTC-U001")
    assert not target.exists()


@pytest.mark.parametrize("target", ["a/RTPLAN.dcm", "a/RTDOSE.dcm", "tiny.toml", "copy", "ct.dcm"])
def test_no_input_is_overwritten(target: str, tmp_path: Path) -> None:
    folder, file = export(tmp_path / "a"), rules(tmp_path, KEPT)
    (tmp_path / "copy").symlink_to(tmp_path / "a" / "RTSTRUCT.dcm")
    (tmp_path / "ct.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"an image")
    before = (tmp_path / target).read_bytes()
    result = run("check", folder, "-p", file, "--json", tmp_path / target)
    assert result.exit_code == 2
    assert "overwritten" in one_clear_error(result, "RTC-U001")
    assert (tmp_path / target).read_bytes() == before


@pytest.mark.parametrize(
    "command", [("dvh", "--json"), ("dvh", "--csv"), ("dvh", "--svg"), ("inspect", "--json")]
)
def test_no_command_writes_over_what_it_reads(command: tuple[str, str], tmp_path: Path) -> None:
    folder, (name, option) = export(tmp_path / "a"), command
    target = Path(folder) / "RTDOSE.dcm"
    before = target.read_bytes()
    result = run(name, folder, option, target)
    assert result.exit_code == 2
    assert "overwritten" in one_clear_error(result, "RTC-U001")
    assert target.read_bytes() == before


def test_an_archive_given_to_be_read_is_not_overwritten(tmp_path: Path) -> None:
    folder = export(tmp_path / "a")
    archive = Path(shutil.make_archive(str(tmp_path / "a"), "zip", folder))
    result = run("check", archive, "-p", rules(tmp_path, KEPT), "--json", archive)
    assert "an input would be overwritten" in one_clear_error(result, "RTC-U001")
    assert zipfile.is_zipfile(archive)


def test_reports_are_written_anew_over_old_ones(tmp_path: Path) -> None:
    files = outputs(tmp_path, "json", "dicom-pdf")
    folder, file = export(tmp_path / "a"), rules(tmp_path, KEPT)
    for _ in range(2):
        assert run("check", folder, "-p", file, *options(files)).exit_code == 0


# Nobody is named --------------------------------------------------------------------------------

MARKERS = ("zebrafinch", "quagga", "4711", "19570321", "1957-03-21", "21.03.1957")
TEXT_VRS = {"LO": 64, "SH": 16, "ST": 1024, "LT": 10240, "UT": 10240, "PN": 64}


def mark(ds: Dataset) -> Iterator[str]:
    """Put the patient's name into every text of a dataset; yield the UIDs of its instances."""
    for element in list(ds):
        if element.VR == "SQ":
            for item in element.value:
                yield from mark(item)
        elif element.VR == "UI" and not str(element.value).startswith("1.2.840.10008"):
            yield str(element.value)
        elif element.VR in TEXT_VRS and element.keyword not in ("PatientName", "PatientID"):
            value = f"{element.value} Zebrafinch" if element.value else "Zebrafinch"
            element.value = value if len(value) <= TEXT_VRS[element.VR] else "Zebrafinch"


def marked_export(folder: Path) -> tuple[str, set[str]]:
    """Write a plan whose every text carries the patient's name; return its folder and UIDs."""
    export(folder / "plain")
    home = folder / "Zebrafinch_4711"
    home.mkdir()
    uids: set[str] = set()
    for path in sorted((folder / "plain").iterdir()):
        ds = pydicom.dcmread(path)
        uids |= set(mark(ds))
        ds.PatientName = "Zebrafinch^Quagga"
        ds.PatientID = "ZQ-4711-X"
        ds.PatientBirthDate = "19570321"
        ds.save_as(home / f"Quagga {path.name}")
    whole = (home / "Quagga RTPLAN.dcm").read_bytes()
    cut_within_the_name = whole.index(b"Zebrafinch^Quagga") + 10
    (home / "Zebrafinch broken.dcm").write_bytes(whole[:cut_within_the_name])
    shutil.copy(home / "Quagga RTPLAN.dcm", home / "again Zebrafinch.dcm")
    return str(home), {uid for uid in uids if uid}


def words_of(path: Path) -> str:
    """Return all that a file says, unpacked."""
    content = path.read_bytes()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"\n".join(archive.read(name) for name in archive.namelist())
    if path.suffix == ".pdf" and shutil.which("pdftotext"):
        for program in (["pdftotext", str(path), "-"], ["pdfinfo", str(path)]):
            content += subprocess.run(program, capture_output=True, check=True).stdout
    return content.decode("utf-8", "replace")


def test_no_output_names_the_patient(tmp_path: Path) -> None:
    files = outputs(tmp_path, *(name for name in FORMATS if name != "dicom-pdf"))
    folder, uids = marked_export(tmp_path)
    spoken = ("--map", "SpinalCord=SpinalCord Zebrafinch", "--rx", "PTV Zebrafinch=40 Gy/20")
    result = run(
        "check", folder, "-p", rules(tmp_path, KEPT, BROKEN), "--anonymize", "--pictures",
        *spoken, *options(files),
    )  # fmt: skip
    assert result.exit_code == 1, result.output
    said = {name: words_of(path) for name, path in files.items()}
    paths = re.compile(r"^Written: .*$", re.MULTILINE)
    said["terminal"] = paths.sub("", result.output)
    for name, text in said.items():
        found = [m for m in MARKERS if m in text.lower()] + [uid for uid in uids if uid in text]
        assert found == [], f"{name}: {found}"
    document = json.loads(files["json"].read_text(encoding="utf-8"))
    assert document["plan"]["rt_plan_label"] == "plan"
    assert document["plan"]["sop_instance_uids"] == {}
    assert not any("sha256" in key or "date" in key for key in document["plan"]["details"])
    assert [v["outcome"] for v in document["verdicts"]] == [
        "per_protocol",
        "deviation_unacceptable",
    ]
    roles = [(v["structure"], f["role"]) for v in document["verdicts"] for f in v["found"]]
    assert roles == [("PTV", "PTV"), ("SpinalCord", "SpinalCord")]


def test_verdicts_are_those_of_the_report_that_names(tmp_path: Path) -> None:
    folder, _ = marked_export(tmp_path)
    file = rules(tmp_path, KEPT)
    numbers = []
    for more in ((), ("--anonymize",)):
        document = json.loads(run("check", folder, "-p", file, "--json", "-", *more).stdout)
        keys = ("goal", "value", "low", "high", "margin", "outcome")
        numbers.append([[v[key] for key in keys] for v in document["verdicts"]])
    assert numbers[0] == numbers[1]


def test_errors_name_nobody(tmp_path: Path) -> None:
    folder, _ = marked_export(tmp_path)
    file = rules(tmp_path, KEPT)
    broken = tmp_path / "Quagga"
    broken.mkdir()
    shutil.copy(Path(folder) / "Zebrafinch broken.dcm", broken)
    unread = run("check", broken, "-p", file, "--anonymize")
    assert unread.exit_code == 3
    wrong = run("check", folder, "-p", file, "--anonymize", "--plan", "x")
    assert wrong.exit_code == 2
    for result in (unread, wrong):
        assert not [m for m in MARKERS if m in result.output.lower()], result.output


def test_dicom_cannot_be_had_without_a_name(tmp_path: Path) -> None:
    folder, file = export(tmp_path / "a"), rules(tmp_path, KEPT)
    target = tmp_path / "report.dcm"
    result = run("check", folder, "-p", file, "--anonymize", "--dicom-pdf", target)
    assert result.exit_code == 2
    assert "filed by patient" in one_clear_error(result, "RTC-U001")
    assert not target.exists()


def test_the_schema_is_printed_and_written(tmp_path: Path) -> None:
    printed = run("schema", "report")
    assert "rtcheck-report/1" in printed.stdout
    assert run("schema", "protocol").stdout == run("protocol", "schema").stdout
    assert run("schema", "--json", tmp_path / "schema.json").exit_code == 0
    assert json.loads((tmp_path / "schema.json").read_text()) == json.loads(printed.stdout)
