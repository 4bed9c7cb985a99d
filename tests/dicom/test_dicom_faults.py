"""Whole exports with something wrong: one clear message, never a traceback or a warning."""

import random
import zipfile
from pathlib import Path

import pytest
from datasets import (
    PATIENT_ID,
    PATIENT_NAME,
    dose,
    plan,
    roi,
    rt_object,
    save,
    save_all,
    structure_set,
    target,
)
from whole_plan import DOSE_GY, PHANTOM

from rtcheck.dicom import read_plans
from rtcheck.errors import CorruptDicomError, DicomError, NotDicomError
from rtcheck.phantoms.dicom_files import write_plan
from rtcheck.phantoms.encoding import TransferSyntax


def test_nothing_there(tmp_path):
    with pytest.raises(NotDicomError, match="0 files looked at"):
        read_plans(tmp_path)
    save(rt_object("CT", "1.2.3.50"), tmp_path / "ct.dcm")
    (tmp_path / "notes.txt").write_text("The export is on the other drive.")
    with pytest.raises(NotDicomError, match="no DICOM RT object; 2 files looked at") as caught:
        read_plans(tmp_path)
    assert caught.value.expected == "RT Plan, RT Structure Set, RT Dose"
    assert caught.value.exit_code == 3


def test_only_an_archive_there(tmp_path):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as z:
        z.write(save(plan(), tmp_path / "p"))
    (tmp_path / "p").unlink()
    with pytest.raises(NotDicomError, match="Give the path of the ZIP archive itself: 1 lie there"):
        read_plans(tmp_path)


def test_archive_cut_short(tmp_path):
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as z:
        z.write(save(plan(), tmp_path / "p"))
    archive.write_bytes(archive.read_bytes()[:-60])
    with pytest.raises(CorruptDicomError, match="BadZipFile") as caught:
        read_plans(archive)
    assert caught.value.where == "export.zip"


def test_archive_with_a_password(tmp_path):
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as z:
        z.write(save(plan(), tmp_path / "p"), "p")
    data = bytearray(archive.read_bytes())
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(data)
    with pytest.raises(CorruptDicomError, match="no readable DICOM RT object"):
        read_plans(archive)


@pytest.mark.parametrize("syntax", [TransferSyntax.IMPLICIT, TransferSyntax.EXPLICIT])
@pytest.mark.parametrize("kept", [0.999, 0.7])
def test_truncated_dose_is_no_dose(tmp_path, syntax, kept):
    path = write_plan(tmp_path, PHANTOM, syntax=syntax) / "RTDOSE.dcm"
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    (found,) = read_plans(tmp_path)
    assert found.dose is None
    finding = next(f for f in found.findings if f.severity == "blocks")
    assert (finding.code, finding.where) == ("DOSE_PIXEL_DATA_TRUNCATED", "RTDOSE.dcm")
    assert f"{2 * 2 * DOSE_GY.size} are needed" in finding.text
    assert "copy or export the RT Dose again" in finding.text


@pytest.mark.parametrize("syntax", [TransferSyntax.DEFLATED, TransferSyntax.RLE])
def test_truncated_compressed_dose_is_no_dose(tmp_path, syntax):
    path = write_plan(tmp_path, PHANTOM, syntax=syntax, bits=16) / "RTDOSE.dcm"
    path.write_bytes(path.read_bytes()[:-200])
    (found,) = read_plans(tmp_path)
    assert found.dose is None
    assert any(f.severity == "blocks" and f.code.startswith("DOSE_") for f in found.findings)


def test_dose_cut_within_its_header_is_told(tmp_path):
    path = write_plan(tmp_path, PHANTOM) / "RTDOSE.dcm"
    whole = path.read_bytes()
    start, end = whole.index(b"\x20\x00\x32\x00"), whole.index(b"\xe0\x7f\x10\x00")
    for cut in range(start, end, 7):
        path.write_bytes(whole[:cut])
        (found,) = read_plans(tmp_path)
        assert found.dose is None
        told = [f.code for f in found.findings]
        assert told[0] == "FILE_UNREADABLE" or told[-1] in CUT_BETWEEN_ELEMENTS, (cut, told)


CUT_BETWEEN_ELEMENTS = {
    "DOSE_UNREADABLE",
    "DOSE_UNITS_NOT_GY",
    "DOSE_SUMMATION_TYPE_MISSING",
    "DOSE_FRAME_OFFSETS_INVALID",
    "DOSE_GRID_SCALING_INVALID",
    "DOSE_GRID_INVALID",
    "DOSE_PIXEL_DATA_MISSING",
}
"""A file may end where an element ends: then it is whole, and lacks what comes after."""


def test_only_damaged_files_there(tmp_path):
    path = save(plan(), tmp_path / "p")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(CorruptDicomError, match="1 files looked at, 1 of them damaged") as caught:
        read_plans(path)
    assert caught.value.where == "p"
    assert PATIENT_ID not in str(caught.value)
    assert PATIENT_NAME not in str(caught.value)


def test_file_that_may_not_be_opened_is_told(tmp_path, monkeypatch):
    save_all(tmp_path, plan(), structure_set(), dose())
    opened = Path.open

    def locked(self, *args, **kwargs):
        if self.name == "file2":
            raise PermissionError(13, "Permission denied")
        return opened(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", locked)
    (found,) = read_plans(tmp_path)
    finding = found.findings[0]
    assert (finding.code, finding.where) == ("FILE_UNREADABLE", "file2")
    assert "PermissionError" in finding.text
    assert found.dose is None


def test_file_name_that_is_no_text_can_be_printed(tmp_path):
    save_all(tmp_path, plan(), structure_set())
    try:
        path = save(dose(), tmp_path / "d\udce4se")
    except (OSError, UnicodeError):
        pytest.skip("this file system allows no such name")
    path.write_bytes(path.read_bytes()[:-1])
    (found,) = read_plans(tmp_path)
    assert [(f.code, f.where) for f in found.findings] == [("DOSE_PIXEL_DATA_TRUNCATED", "d?se")]


@pytest.mark.parametrize(
    "changes",
    [
        {"RTPlanDate": "yesterday", "PatientBirthDate": "1.1.1970"},
        {"ApprovalStatus": "approved ?", "Manufacturer": "M" * 100, "RTPlanLabel": "L" * 40},
        {"FrameOfReferenceUID": "1.2.3.9", "StudyInstanceUID": "not-a-uid"},
        {"DoseReferenceSequence": [target(TargetPrescriptionDose="2.000000000000000000")]},
    ],
)
def test_values_that_break_the_rules_and_matter_not_raise_no_warning(tmp_path, changes):
    (found,) = read_plans(save_all(tmp_path, plan(**changes), structure_set(), dose()))
    assert found.findings == ()
    assert [p.dose_gy for p in found.prescriptions] == [2.0]


@pytest.mark.parametrize(
    ("tag", "before", "after", "code", "keyword"),
    [
        ("0a302600", b"2.0 ", b"2,0 ", "RT_PLAN", "TargetPrescriptionDose"),
        ("0a307800", b"5 ", b"x ", "RT_PLAN", "NumberOfFractionsPlanned"),
        ("04300e00", b"0.001 ", b"0.00l ", "DOSE", "DoseGridScaling"),
        ("06302200", b"1 ", b"1x", "STRUCTURE_SET", "ROINumber"),
    ],
)
def test_number_that_is_none_names_its_attribute(tmp_path, tag, before, after, code, keyword):
    start = bytes.fromhex(tag) + len(before).to_bytes(4, "little")
    for file in save_all(tmp_path, plan(), structure_set(), dose()).iterdir():
        file.write_bytes(file.read_bytes().replace(start + before, start + after))
    (found,) = read_plans(tmp_path)
    finding = next(f for f in found.findings if f.code == f"{code}_UNREADABLE")
    assert finding.severity == "blocks"
    assert f"{keyword} holds something that is no number" in finding.text


def test_damaged_bytes_anywhere_end_as_finding_or_dicom_error(tmp_path):
    chance = random.Random(20260102)  # noqa: S311 - the same faults on every day
    files = sorted(save_all(tmp_path, plan(), structure_set(), dose()).iterdir())
    whole = {file: file.read_bytes() for file in files}
    read = 0
    for turn in range(300):
        file = files[turn % 3]
        damaged = bytearray(whole[file])
        for _ in range(chance.choice([1, 1, 3])):
            damaged[chance.randrange(132, len(damaged))] = chance.randrange(256)
        if chance.random() < 0.2:
            del damaged[chance.randrange(140, len(damaged)) :]
        file.write_bytes(damaged)
        try:
            read += len(read_plans(tmp_path))
        except DicomError:
            pytest.fail("two intact files were there")
        file.write_bytes(whole[file])
    assert read >= 300


# --- text -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("character_set", "name"),
    [
        ("ISO_IR 100", "Lunge rechts, Größe"),
        ("ISO_IR 192", "肝 − GTV µ"),
        ("ISO_IR 144", "Печень"),
        ("GB18030", "肝脏"),
    ],
)
def test_roi_names_and_labels_in_their_character_set(tmp_path, character_set, name):
    rois = [roi(1, name)]
    files = [
        plan(SpecificCharacterSet=character_set, RTPlanLabel=name[:16]),
        structure_set(SpecificCharacterSet=character_set, StructureSetROISequence=rois),
        dose(),
    ]
    (found,) = read_plans(save_all(tmp_path, *files))
    assert found.structures[0].roi_name == name
    assert found.rt_plan_label == name[:16].strip()
    assert found.findings == ()


@pytest.mark.parametrize("stated", [b"ISO_IR 100", b"ISO_IR 999", b"ISO_IR 192"])
def test_name_in_another_character_set_than_stated_is_still_a_name(tmp_path, stated):
    rois = [roi(1, "Größe"), roi(2, "Liver")]
    odd = structure_set(SpecificCharacterSet="ISO_IR 100", StructureSetROISequence=rois)
    save_all(tmp_path, plan(), odd, dose())
    path = tmp_path / "file1"
    path.write_bytes(path.read_bytes().replace(b"ISO_IR 100", stated))
    (found,) = read_plans(tmp_path)
    assert [s.number_of_contours for s in found.structures] == [2, 0]
    assert found.structures[1].roi_name == "Liver"
    assert found.structures[0].roi_name.startswith("Gr")
