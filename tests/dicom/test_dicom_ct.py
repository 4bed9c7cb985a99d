"""CT slices for pictures: placed by position alone, and never a reason to stop."""

from __future__ import annotations

import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from whole_plan import PHANTOM

from rtcheck.dicom import CODES, read_plans
from rtcheck.dicom.ct import read_ct_planes
from rtcheck.phantoms import ORIENTATIONS, Roi, TransferSyntax, write_ct, write_plan
from rtcheck.phantoms.encoding import PlanUids, make_uid, save
from rtcheck.plan import Finding, Plan
from rtcheck.plan.image import CtPlane

PATIENT_ID = PHANTOM.patient_id
UIDS = PlanUids.of(PHANTOM.seed)
Z_MM = (-9.0, -6.0, -3.0, 0.0, 3.0)


def square(z: float, low: float, high: float, y: float = 0.0) -> np.ndarray:
    return np.array([(low, y - 4, z), (high, y - 4, z), (high, y + 4, z), (low, y + 4, z)])


# A long box to the patient's left, a bright mark in front, and one more mark on each plane.
ROIS = (
    Roi("Body", 1, tuple(square(z, -20.3, 35.2) for z in Z_MM), hu=0.0),
    Roi("Mark", 2, tuple(square(z, 20.3, 33.4, -3.0)[:, :] for z in Z_MM), hu=500.0),
    Roi("High", 3, (square(0.0, -12.1, -4.4),), hu=900.0),
)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Return an export with a CT of asymmetric pixels: 0.5 mm down, 1.25 mm across."""
    folder = write_plan(tmp_path / "export", PHANTOM)
    write_ct(folder / "CT", ROIS, uids=UIDS, size=(64, 80), spacing_mm=(0.5, 1.25))
    return folder


def plan_in(folder: Path) -> Plan:
    (plan,) = read_plans(folder)
    return plan


def read(folder: Path, *heights: float) -> tuple[dict[float, CtPlane], tuple[Finding, ...]]:
    return read_ct_planes([folder], plan_in(folder), heights or (0.0,))


def changed(folder: Path, change: Callable[[pydicom.Dataset], None], only: str = "*") -> None:
    """Change the CT files of a folder."""
    for path in sorted((folder / "CT").glob(only)):
        ds = pydicom.dcmread(path)
        change(ds)
        save(ds, path, TransferSyntax.IMPLICIT)


def assert_is_the_phantom(plane: CtPlane) -> None:
    """Assert that every ROI lies where it was drawn: its pixels' centres are in it."""
    x, y = np.meshgrid(plane.x_mm, plane.y_mm)
    for value, (low, high), middle in ((500.0, (20.3, 33.4), -3.0), (900.0, (-12.1, -4.4), 0.0)):
        inside = (x > low) & (x < high) & (y > middle - 4) & (y < middle + 4)
        assert inside.any()
        assert (plane.hu[inside] == value).all()
        assert ((plane.hu == value) == inside).all()


def test_asymmetric_pixels_are_where_they_were_drawn(export: Path) -> None:
    planes, findings = read(export, 0.0)
    assert findings == ()
    assert planes[0.0].hu.shape == (64, 80)
    assert np.diff(planes[0.0].x_mm) == pytest.approx(1.25)
    assert np.diff(planes[0.0].y_mm) == pytest.approx(0.5)
    assert_is_the_phantom(planes[0.0])


@pytest.mark.parametrize("position", ORIENTATIONS)
def test_the_patient_is_the_same_in_every_position(tmp_path: Path, position: str) -> None:
    folder = write_plan(tmp_path / "export", PHANTOM)
    write_ct(
        folder / "CT", ROIS, uids=UIDS, size=(128, 130), spacing_mm=(0.5, 0.7),
        patient_position=position,
    )  # fmt: skip
    planes, findings = read(folder, 0.0)
    assert findings == ()
    assert_is_the_phantom(planes[0.0])


@pytest.mark.parametrize("syntax", ["implicit", "explicit", "big-endian", "deflated"])
def test_every_plain_encoding_is_read(tmp_path: Path, syntax: str) -> None:
    folder = write_plan(tmp_path / "export", PHANTOM)
    write_ct(folder / "CT", ROIS, uids=UIDS, size=(64, 80), spacing_mm=(0.5, 1.25), syntax=syntax)
    planes, findings = read(folder, 0.0)
    assert findings == ()
    assert_is_the_phantom(planes[0.0])


def test_names_and_numbers_of_files_say_nothing(export: Path) -> None:
    numbers = list(range(len(Z_MM)))
    random.Random(4).shuffle(numbers)  # noqa: S311 - any order will do

    def scramble(ds: pydicom.Dataset) -> None:
        number = numbers.pop()
        ds.InstanceNumber, ds.SliceLocation = number, 1000 + number

    changed(export, scramble)
    for i, path in enumerate(sorted((export / "CT").iterdir(), reverse=True)):
        path.rename(export / "CT" / f"IMG{i}")
    planes, findings = read(export, 0.0, 3.0)
    assert findings == ()
    assert {z: p.z_mm for z, p in planes.items()} == {0.0: 0.0, 3.0: 3.0}
    assert_is_the_phantom(planes[0.0])
    assert 900.0 not in planes[3.0].hu


def test_an_archive_is_as_good_as_a_folder(export: Path, tmp_path: Path) -> None:
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in export.rglob("*.dcm"):
            packed.write(path, path.relative_to(export))
    planes, findings = read(archive, 0.0)
    assert findings == ()
    assert_is_the_phantom(planes[0.0])


def test_twelve_signed_bits_have_their_sign_in_the_twelfth(export: Path) -> None:
    def signed(ds: pydicom.Dataset) -> None:
        hu = np.frombuffer(ds.PixelData, "<u2").astype(np.int64) - 1024
        # What stands above the stored bits is an overlay of old: no part of the value.
        ds.PixelData = ((hu & 0x0FFF) | 0x5000).astype("<u2").tobytes()
        ds.RescaleIntercept, ds.PixelRepresentation = 0, 1

    changed(export, signed)
    planes, findings = read(export, 0.0)
    assert findings == ()
    assert_is_the_phantom(planes[0.0])
    assert planes[0.0].hu.min() == -1000.0


def test_slope_and_intercept_are_applied(export: Path) -> None:
    def halved(ds: pydicom.Dataset) -> None:
        stored = np.frombuffer(ds.PixelData, "<u2").astype(np.int64) * 2
        ds.PixelData = stored.astype("<u2").tobytes()
        ds.BitsStored, ds.HighBit, ds.RescaleSlope = 16, 15, "0.5"

    changed(export, halved)
    assert_is_the_phantom(read(export, 0.0)[0][0.0])


def test_a_run_length_coded_slice_is_read(export: Path) -> None:
    from pydicom.uid import RLELossless

    for path in (export / "CT").iterdir():
        ds = pydicom.dcmread(path)
        uid = ds.SOPInstanceUID
        ds.compress(RLELossless, encoding_plugin="pydicom")
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = uid
        ds.save_as(path)
    planes, findings = read(export, 0.0)
    assert findings == ()
    assert_is_the_phantom(planes[0.0])


def test_without_ct_there_is_nothing_to_say(tmp_path: Path) -> None:
    folder = write_plan(tmp_path / "export", PHANTOM)
    assert read(folder, 0.0) == ({}, ())


def test_the_structure_set_says_which_series(tmp_path: Path) -> None:
    folder = write_plan(tmp_path / "export", PHANTOM)
    write_ct(folder / "CT", ROIS, uids=UIDS)
    shutil.copytree(folder / "CT", tmp_path / "other")

    def other(ds: pydicom.Dataset) -> None:
        ds.SeriesInstanceUID = "1.2.3"
        ds.SOPInstanceUID = make_uid(ds.SOPInstanceUID, "other")
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID

    changed(folder, other)
    shutil.copytree(tmp_path / "other", folder / "CT2")
    assert [f.code for f in read(folder, 0.0)[1]] == ["CT_SERIES_AMBIGUOUS"]
    from rtcheck.phantoms import write_rtstruct

    write_rtstruct(folder / "RTSTRUCT.dcm", PHANTOM.rois, uids=UIDS, with_ct=True)
    planes, findings = read(folder, 0.0)
    assert (set(planes), findings) == ({0.0}, ())


def test_a_height_between_slices_takes_the_nearer_one(export: Path) -> None:
    planes, findings = read(export, 1.2, 20.0)
    assert [(z, p.z_mm) for z, p in planes.items()] == [(1.2, 0.0)]
    assert [f.code for f in findings] == ["CT_SLICE_MISSING"]
    assert findings[0].text.startswith("1 planes to be shown have no CT slice")


def setting(**values: object) -> Callable[[pydicom.Dataset], None]:
    def change(ds: pydicom.Dataset) -> None:
        for keyword, value in values.items():
            if value is None:
                delattr(ds, keyword)
            else:
                setattr(ds, keyword, value)

    return change


def same_place(ds: pydicom.Dataset) -> None:
    ds.ImagePositionPatient = [*ds.ImagePositionPatient[:2], "1"]


def jpeg(folder: Path) -> None:
    from pydicom.encaps import encapsulate

    for path in (folder / "CT").iterdir():
        ds = pydicom.dcmread(path)
        ds.PixelData = encapsulate([b"\xff\xd8 not a picture"])
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
        ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.70"
        if pydicom.__version__ < "3":
            ds.is_implicit_VR, ds.is_little_endian = False, True
        ds.save_as(path)


def truncated(folder: Path) -> None:
    for path in (folder / "CT").iterdir():
        path.write_bytes(path.read_bytes()[:-500])


def cut_in_header(folder: Path) -> None:
    for path in (folder / "CT").iterdir():
        path.write_bytes(path.read_bytes()[:430])


FAULTS: dict[str, Callable[[Path], None]] = {
    "no such frame": lambda f: changed(f, setting(FrameOfReferenceUID="1.9")),
    "two at one place": lambda f: changed(f, same_place, "CT00[23].dcm"),
    "no position": lambda f: changed(f, setting(ImagePositionPatient=None), "CT001.dcm"),
    "no spacing": lambda f: changed(f, setting(PixelSpacing=None)),
    "zero spacing": lambda f: changed(f, setting(PixelSpacing=["0", "1"])),
    "tilted gantry": lambda f: changed(
        f, setting(ImageOrientationPatient=["1", "0", "0", "0", "0.996", "-0.087"])
    ),
    "sagittal": lambda f: changed(
        f, setting(ImageOrientationPatient=["0", "1", "0", "0", "0", "-1"])
    ),
    "huge": lambda f: changed(f, setting(Rows=65535, Columns=65535)),
    "no rows": lambda f: changed(f, setting(Rows=None)),
    "colours": lambda f: changed(f, setting(SamplesPerPixel=3)),
    "32 bits": lambda f: changed(f, setting(BitsAllocated=32, BitsStored=32, HighBit=31)),
    "no rescale": lambda f: changed(f, setting(RescaleSlope=None)),
    "fewer pixels": lambda f: changed(f, setting(PixelData=b"\0" * 64)),
    "no pixels": lambda f: changed(f, setting(PixelData=None)),
    "compressed": jpeg,
    "truncated": truncated,
    "a gap": lambda f: (f / "CT" / "CT001.dcm").unlink(),
    "cut in the header": cut_in_header,
}
EXPECTED = {
    "no such frame": "CT_FRAME_DIFFERS",
    "two at one place": "CT_GEOMETRY_INVALID",
    "no position": "CT_GEOMETRY_INVALID",
    "no spacing": "CT_GEOMETRY_INVALID",
    "zero spacing": "CT_GEOMETRY_INVALID",
    "tilted gantry": "CT_OBLIQUE",
    "sagittal": "CT_OBLIQUE",
    "huge": "CT_TOO_LARGE",
    "no rows": "CT_TOO_LARGE",
    "colours": "CT_PIXEL_FORMAT_UNSUPPORTED",
    "32 bits": "CT_PIXEL_FORMAT_UNSUPPORTED",
    "no rescale": "CT_PIXEL_DATA_INVALID",
    "fewer pixels": "CT_PIXEL_DATA_INVALID",
    "no pixels": "CT_PIXEL_DATA_INVALID",
    "compressed": "CT_PIXEL_FORMAT_UNSUPPORTED",
    "truncated": "CT_PIXEL_DATA_INVALID",
    "a gap": "CT_SLICE_MISSING",
    "cut in the header": "CT_UNREADABLE",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_used_informs_and_stops_nothing(export: Path, fault: str) -> None:
    FAULTS[fault](export)
    planes, findings = read(export, 0.0)
    assert (0.0 in planes) is (fault == "a gap")
    found = next(f for f in findings if f.code == EXPECTED[fault])
    severity, what_to_do = CODES[found.code]
    assert found.severity is severity
    assert severity == "informs"
    assert found.text.endswith(f"; {what_to_do}.")
    assert all(PATIENT_ID not in f.text + f.where for f in findings)


def test_every_ct_code_has_a_fault() -> None:
    told = {*EXPECTED.values(), "CT_SERIES_AMBIGUOUS"}
    assert told == {code for code in CODES if code.startswith("CT_")}


def test_the_plan_is_read_the_same_with_a_ct_beside_it(export: Path) -> None:
    with_ct = plan_in(export)
    shutil.rmtree(export / "CT")
    without = plan_in(export)
    assert with_ct.findings == without.findings
    assert dict(with_ct.details) == dict(without.details)
