"""Finding RT objects by content."""

import io
import os
import zipfile

import pytest
from datasets import (
    DOSE,
    PATIENT_ID,
    PATIENT_NAME,
    PLAN,
    SET,
    dose,
    plan,
    rt_object,
    save,
    save_all,
    structure_set,
    without_preamble,
    without_transfer_syntax,
)

from rtcheck.dicom import sniff
from rtcheck.dicom.find import find_objects
from rtcheck.dicom.limits import Limits
from rtcheck.errors import UsageError
from rtcheck.phantoms.encoding import TransferSyntax


def uids(found):
    return sorted(o.sop_instance_uid for o in found.objects)


@pytest.fixture
def export(tmp_path):
    return save_all(tmp_path / "export", plan(), structure_set(), dose())


def test_recognises_objects_by_content_in_nested_folders(tmp_path):
    save(plan(), tmp_path / "notes.txt")
    save(structure_set(), tmp_path / "a" / "IMG0001")
    save(dose(), tmp_path / "a" / "b" / "CT.dcm")
    (tmp_path / "a" / "RTPLAN.dcm").write_bytes(b"this is text, not DICOM" * 100)
    (tmp_path / "a" / "empty.dcm").write_bytes(b"")
    (tmp_path / "a" / "short.dcm").write_bytes(b"\x08\x00")
    found = find_objects([tmp_path])
    assert uids(found) == [PLAN, SET, DOSE]
    assert found.number_of_files == 6
    assert found.findings == ()
    assert {o.where for o in found.objects} == {"notes.txt", "a/IMG0001", "a/b/CT.dcm"}


def test_several_paths_and_single_files(tmp_path):
    one = save(plan(), tmp_path / "1" / "p")
    two = save(dose(), tmp_path / "2" / "d")
    save(structure_set(), tmp_path / "2" / "s")
    assert uids(find_objects([one, two])) == [PLAN, DOSE]
    # A file reached twice is one file, not a duplicate.
    assert uids(find_objects([one, tmp_path / "1", str(tmp_path / "2"), two])) == [PLAN, SET, DOSE]


def test_ct_and_other_dicom_is_skipped(tmp_path):
    save(rt_object("CT", "1.2.3.50"), tmp_path / "ct")
    save(rt_object("CT", "1.2.3.51"), tmp_path / "ct2")
    without_preamble(tmp_path / "ct2")
    found = find_objects([tmp_path])
    assert (found.objects, found.findings, found.number_of_files) == ((), (), 2)


def test_ct_costs_no_dicom_reading(tmp_path, monkeypatch):
    save(rt_object("CT", "1.2.3.50"), tmp_path / "ct")
    monkeypatch.setattr(sniff, "_sniff", lambda _: pytest.fail("a CT header was parsed"))
    assert find_objects([tmp_path]).number_of_files == 1


@pytest.mark.parametrize("syntax", [TransferSyntax.IMPLICIT, TransferSyntax.EXPLICIT])
def test_files_without_preamble(tmp_path, syntax):
    for index, dataset in enumerate((plan(), structure_set(), dose())):
        without_preamble(save(dataset, tmp_path / str(index), syntax))
    assert uids(find_objects([tmp_path])) == [PLAN, SET, DOSE]


def test_file_meta_without_preamble(tmp_path):
    path = save(plan(), tmp_path / "p")
    path.write_bytes(path.read_bytes()[132:])
    assert uids(find_objects([tmp_path])) == [PLAN]


def test_file_without_transfer_syntax(tmp_path):
    for name, syntax in (("1", TransferSyntax.IMPLICIT), ("2", TransferSyntax.EXPLICIT)):
        path = without_transfer_syntax(save(plan(uid=PLAN + name), tmp_path / name, syntax))
        assert uids(find_objects([path])) == [PLAN + name]


def test_modality_tells_when_no_sop_class_does(tmp_path):
    path = save(plan(), tmp_path / "p")
    data = path.read_bytes().replace(b"1.2.840.10008.5.1.4.1.1.481.5", b" " * 29)
    path.write_bytes(data)
    assert [o.modality for o in find_objects([path]).objects] == ["RTPLAN"]


def test_ion_plan_is_a_plan(tmp_path):
    path = save(plan(SOPClassUID="1.2.840.10008.5.1.4.1.1.481.8"), tmp_path / "p")
    assert [o.modality for o in find_objects([path]).objects] == ["RTPLAN"]


def test_bytes_that_only_begin_like_a_dataset_are_no_fault(tmp_path):
    (tmp_path / "x").write_bytes(b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 1" + os.urandom(2000))
    (tmp_path / "y").write_bytes(b"\x08\x00\x05\x00\x08\x00\x00\x00" + bytes(range(256)) * 9)
    found = find_objects([tmp_path])
    assert (found.objects, found.findings) == ((), ())


def test_truncated_object_is_a_finding(tmp_path):
    path = save(structure_set(), tmp_path / "s")
    path.write_bytes(path.read_bytes()[:-40])
    found = find_objects([tmp_path])
    assert found.objects == ()
    (finding,) = found.findings
    assert (finding.code, finding.severity, finding.where) == ("FILE_UNREADABLE", "warns", "s")


@pytest.mark.parametrize("syntax", [TransferSyntax.IMPLICIT, TransferSyntax.EXPLICIT])
@pytest.mark.parametrize("undefined_length", [False, True])
def test_structure_set_cut_anywhere_never_crashes_nor_loses_contours_silently(
    tmp_path, syntax, undefined_length
):
    dataset = structure_set()
    for sequence in ("ROIContourSequence", "StructureSetROISequence", "RTROIObservationsSequence"):
        dataset[sequence].is_undefined_length = undefined_length
        for entry in dataset[sequence].value:
            entry.is_undefined_length_sequence_item = undefined_length
    path = save(dataset, tmp_path / "s", syntax)
    data = path.read_bytes()
    start = data.index(b"\x06\x30\x39\x00")  # ROIContourSequence
    end = data.index(b"\x06\x30\x80\x00")  # RTROIObservationsSequence
    for cut in range(start + 8, end):
        path.write_bytes(data[:cut])
        found = find_objects([path])
        if syntax == TransferSyntax.EXPLICIT and cut < start + 12 and not found.findings:
            continue  # nothing of the sequence is there: an ROI without contours
        codes = [f.code for f in found.findings]
        assert (found.objects, codes) == ((), ["FILE_UNREADABLE"]), cut - start


def test_object_without_uid_is_a_finding(tmp_path):
    path = save(plan(), tmp_path / "p")
    path.write_bytes(path.read_bytes().replace(b"\x08\x00\x18\x00", b"\x08\x00\x19\x00"))
    (finding,) = find_objects([tmp_path]).findings
    assert finding.code == "FILE_UNREADABLE"
    assert "SOPInstanceUID" in finding.text


def test_findings_and_records_name_no_patient(tmp_path):
    path = save(structure_set(), tmp_path / "s")
    whole = find_objects([path])
    assert PATIENT_ID not in repr(whole)
    assert PATIENT_NAME not in repr(whole)
    path.write_bytes(path.read_bytes()[:-40])
    assert PATIENT_ID not in repr(find_objects([path]))


def test_zip_is_read_in_memory(tmp_path, export):
    archive = tmp_path / "x.bin"  # recognised by content too
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as z:
        for index, file in enumerate(sorted(export.iterdir())):
            z.write(file, f"../../evil/{index}")
        z.writestr("folder/", "")
        z.writestr("readme", "hello" * 100)
    before = sorted(tmp_path.rglob("*"))
    found = find_objects([archive])
    assert uids(found) == [PLAN, SET, DOSE]
    assert found.number_of_files == 4
    assert found.objects[0].where == "x.bin/../../evil/0"
    # The archive is closed by now; the objects are not.
    assert [o.dataset().SOPInstanceUID for o in found.objects] == [PLAN, SET, DOSE]
    assert sorted(tmp_path.rglob("*")) == before
    assert not (tmp_path.parent / "evil").exists()


def test_zip_member_that_claims_too_much_is_refused(tmp_path, export):
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as z:
        for file in sorted(export.iterdir()):
            z.write(file, file.name)
    found = find_objects([archive], Limits(file_bytes=100))
    assert found.objects == ()
    assert [f.code for f in found.findings] == ["FILE_TOO_LARGE"] * 3


def test_damaged_zip_member_is_a_finding(tmp_path, export):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as z:
        z.write(export / "file2", "dose")
    data = bytearray(buffer.getvalue())
    data[len(data) // 2] ^= 0xFF  # within the member: its checksum no longer fits
    archive = tmp_path / "x.zip"
    archive.write_bytes(data)
    found = find_objects([archive])
    assert found.objects == ()
    assert [(f.code, f.where) for f in found.findings] == [("FILE_UNREADABLE", "x.zip/dose")]


def test_archive_inside_a_folder_is_counted_not_opened(tmp_path, export):
    with zipfile.ZipFile(export / "more.zip", "w") as z:
        z.write(export / "file0", "p")
    found = find_objects([export])
    assert (len(found.objects), found.archives_not_opened) == (3, 1)


POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes in folders")


@POSIX
def test_symbolic_link_loops_and_fifos_are_skipped(tmp_path, export):
    (export / "loop").symlink_to(export)
    (export / "self").symlink_to(export / "self")
    (export / "dangling").symlink_to(export / "nowhere")
    (export / "again").symlink_to(export / "file0")
    os.mkfifo(export / "pipe")
    found = find_objects([export])
    assert uids(found) == [PLAN, SET, DOSE]
    assert found.number_of_files == 3


def test_path_that_does_not_exist(tmp_path):
    with pytest.raises(UsageError, match="cannot be opened"):
        find_objects([tmp_path / "absent"])


@POSIX
def test_path_that_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="neither a folder nor a regular file"):
        find_objects([tmp_path / "pipe"])
