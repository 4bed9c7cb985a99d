"""The report as DICOM: in the plan's study, the same object for the same content."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pydicom
import pytest
from bodies import RX, UniformDose, box, written
from pydicom import Dataset

import rtcheck
from rtcheck.dicom.encapsulated_pdf import STORAGE, encapsulated_pdf
from rtcheck.errors import MissingAttributeError, UsageError
from rtcheck.plan import SourceFiles

PDF = b"%PDF-1.7 a document of an odd number of bytes.."
NOON = datetime(2026, 2, 1, 12, 0, 0)


def export(folder: Path, **changes: str) -> Path:
    home = Path(written(folder, {"PTV": box((20, 20, 20))}, UniformDose(RX)))
    for path in home.iterdir():
        ds = pydicom.dcmread(path)
        for keyword, value in changes.items():
            setattr(ds, keyword, value)
        ds.save_as(path)
    return home


def filed(home: Path, pdf: bytes = PDF) -> Dataset:
    content = encapsulated_pdf(pdf, rtcheck.read(home).record, NOON, "0.1.0")
    return pydicom.dcmread(io.BytesIO(content))


def test_the_document_comes_out_as_it_went_in(tmp_path: Path) -> None:
    ds = filed(export(tmp_path))
    assert ds.SOPClassUID == ds.file_meta.MediaStorageSOPClassUID == STORAGE
    assert ds.MIMETypeOfEncapsulatedDocument == "application/pdf"
    assert len(ds.EncapsulatedDocument) % 2 == 0, "DICOM values are of even length"
    assert ds.EncapsulatedDocument[: ds.EncapsulatedDocumentLength] == PDF
    assert ds.EncapsulatedDocumentLength == len(PDF)
    assert (ds.ContentDate, ds.ContentTime) == ("20260201", "120000")


def test_patient_and_study_are_those_of_the_plan(tmp_path: Path) -> None:
    home = export(tmp_path, PatientName="Nobody^Real", PatientBirthDate="19500102", StudyID="S7")
    plan, ds = pydicom.dcmread(home / "RTPLAN.dcm"), filed(home)
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "StudyInstanceUID", "StudyID"):
        assert ds[keyword].value == plan[keyword].value, keyword
    assert ds.SeriesInstanceUID != plan.SeriesInstanceUID
    assert ds.SOPInstanceUID != plan.SOPInstanceUID
    sources = [item.ReferencedSOPInstanceUID for item in ds.SourceInstanceSequence]
    names = ("RTPLAN.dcm", "RTSTRUCT.dcm", "RTDOSE.dcm")
    assert sources == [pydicom.dcmread(home / name).SOPInstanceUID for name in names]
    assert ds.SourceInstanceSequence[0].ReferencedSOPClassUID == plan.SOPClassUID


def test_a_name_in_another_character_set_is_the_same_name(tmp_path: Path) -> None:
    home = export(tmp_path, SpecificCharacterSet="ISO_IR 100", PatientName="Müller^Jürgen")
    ds = filed(home)
    assert ds.SpecificCharacterSet == "ISO_IR 192"
    assert str(ds.PatientName) == "Müller^Jürgen"


def test_the_same_content_is_the_same_object_and_another_is_not(tmp_path: Path) -> None:
    home = export(tmp_path)
    plan = rtcheck.read(home).record
    assert encapsulated_pdf(PDF, plan, NOON, "0.1.0") == encapsulated_pdf(PDF, plan, NOON, "0.1.0")
    one, other = filed(home), filed(home, PDF + b"more")
    assert one.SOPInstanceUID != other.SOPInstanceUID
    assert len(str(one.SOPInstanceUID)) <= 64


def test_a_plan_without_a_study_cannot_be_filed(tmp_path: Path) -> None:
    home = export(tmp_path, StudyInstanceUID="")
    with pytest.raises(MissingAttributeError, match="StudyInstanceUID"):
        filed(home)


def test_a_plan_that_was_not_read_from_files_cannot_be_filed(tmp_path: Path) -> None:
    plan = replace(rtcheck.read(export(tmp_path)).record, source_files=SourceFiles())
    with pytest.raises(UsageError, match="not read from files"):
        encapsulated_pdf(PDF, plan, NOON, "0.1.0")


def test_without_an_rt_plan_the_structure_set_says_who_and_which_study(tmp_path: Path) -> None:
    home = export(tmp_path)
    study = pydicom.dcmread(home / "RTPLAN.dcm").StudyInstanceUID
    (home / "RTPLAN.dcm").unlink()
    ds = filed(home)
    assert ds.StudyInstanceUID == study
    assert len(ds.SourceInstanceSequence) == 2


def test_dciodvfy_finds_no_fault(tmp_path: Path) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy (dicom3tools) is not installed")
    path = tmp_path / "report.dcm"
    plan = rtcheck.read(export(tmp_path / "a")).record
    path.write_bytes(encapsulated_pdf(PDF, plan, NOON, "0.1.0"))
    said = subprocess.run(["dciodvfy", str(path)], capture_output=True, check=False).stderr.decode()
    assert "EncapsulatedPDF" in said
    assert "Error" not in said, said
