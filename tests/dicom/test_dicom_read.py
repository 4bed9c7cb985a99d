"""From paths to plans, on whole exports: every position and encoding, and real files."""

import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
from datasets import without_preamble
from whole_plan import DOSE_GY, HOLED, PHANTOM, X_MM, Y_MM, Z_MM

from rtcheck.dicom import read_plans
from rtcheck.dicom.codes import Refusal
from rtcheck.dicom.rtdose_grid import read_grid
from rtcheck.phantoms.dicom_files import ORIENTATIONS, FrameOffsets, write_plan
from rtcheck.phantoms.encoding import TransferSyntax
from rtcheck.plan import Prescription


def assert_is_phantom(found, bits):
    assert found.rt_plan_label == "Phantom"
    assert [f.code for f in found.findings] == ["ROI_EMPTY"]
    np.testing.assert_allclose(found.dose.x_mm, X_MM, atol=1e-9)
    np.testing.assert_allclose(found.dose.y_mm, Y_MM, atol=1e-9)
    np.testing.assert_allclose(found.dose.z_mm, Z_MM, atol=1e-9)
    # A stored integer is off by at most one half.
    step_gy = DOSE_GY.max() / (2**bits - 1)
    np.testing.assert_allclose(found.dose.dose_gy, DOSE_GY, rtol=0, atol=0.501 * step_gy)
    low, cord, high = found.structures
    assert (low.roi_name, cord.roi_name, high.roi_name) == ("PTV_Low", "Cord", "PTV_High")
    np.testing.assert_allclose(high.points_mm, np.vstack(HOLED), atol=1e-9)
    np.testing.assert_array_equal(high.contour_starts, 4 * np.arange(7))
    assert cord.is_empty
    assert found.prescriptions == (
        Prescription("PTV_High", 32.0, 16, 7, "RT Plan DoseReferenceSequence[0]"),
        Prescription("PTV_Low", 25.6, 16, 3, "RT Plan DoseReferenceSequence[1]"),
    )
    assert found.number_of_fractions_planned == 16
    assert found.fraction_pattern.fractions_per_week() == 5


@pytest.mark.parametrize("frame_offsets", FrameOffsets)
@pytest.mark.parametrize("position", ORIENTATIONS)
def test_the_plan_is_the_same_in_every_position(tmp_path, position, frame_offsets):
    write_plan(tmp_path, PHANTOM, patient_position=position, frame_offsets=frame_offsets)
    (found,) = read_plans(tmp_path)
    assert_is_phantom(found, 32)
    assert found.details["patient_position"] == position


ENCODINGS = [(s, b) for s in TransferSyntax for b in (16, 32) if (s, b) != (TransferSyntax.RLE, 32)]


@pytest.mark.parametrize(("syntax", "bits"), ENCODINGS)
def test_the_plan_is_the_same_in_every_encoding(tmp_path, syntax, bits):
    write_plan(tmp_path, PHANTOM, syntax=syntax, bits=bits)
    assert_is_phantom(read_plans(tmp_path)[0], bits)


def test_folder_files_and_archive_hold_the_same_plan(tmp_path):
    folder = write_plan(tmp_path / "a" / "b", PHANTOM)
    files = sorted(folder.iterdir())
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as z:
        for file in files:
            z.write(file, f"deep/down/{file.stem}")
    for paths in (tmp_path / "a", str(folder), files, [archive], iter(files)):
        (found,) = read_plans(paths)
        assert_is_phantom(found, 32)


@pytest.mark.parametrize("syntax", [TransferSyntax.IMPLICIT, TransferSyntax.EXPLICIT])
def test_export_without_preambles(tmp_path, syntax):
    for file in write_plan(tmp_path, PHANTOM, syntax=syntax).iterdir():
        without_preamble(file)
    assert_is_phantom(read_plans(tmp_path)[0], 32)


# --- real files -------------------------------------------------------------------------------

PYDICOM = Path(pydicom.__file__).parent / "data" / "test_files"
"""Files of real planning systems that pydicom carries."""


def grid(name):
    dataset = pydicom.dcmread(PYDICOM / name)
    with pytest.raises(Refusal, match="DOSE_UNITS_NOT_GY"):
        read_grid(dataset)
    dataset.DoseUnits = "GY"
    return read_grid(dataset)


def test_real_dose_is_the_same_in_three_encodings():
    one = grid("rtdose.dcm")
    dataset = pydicom.dcmread(PYDICOM / "rtdose.dcm")
    expected = dataset.pixel_array * float(dataset.DoseGridScaling)
    np.testing.assert_array_equal(one.dose_gy, expected)
    for other in (grid("rtdose_expb.dcm"), grid("rtdose_rle.dcm")):
        np.testing.assert_array_equal(other.dose_gy, one.dose_gy)
        np.testing.assert_array_equal(other.z_mm, one.z_mm)


def test_real_folder_of_everything_is_read():
    # Some 150 files: images, broken headers, three encodings of one dose, a truncated plan.
    found = read_plans(PYDICOM)
    assert {"Plan1", ""} == {p.rt_plan_label for p in found}
    assert all(p.dose is None for p in found)
    damaged = {f.where for p in found for f in p.findings if f.code == "FILE_UNREADABLE"}
    assert "rtplan_truncated.dcm" in damaged


def test_eclipse_plan(eclipse):
    (found,) = read_plans(eclipse)
    structure_set_file = pydicom.dcmread(eclipse / "rtss.dcm")
    names = {int(r.ROINumber): r.ROIName for r in structure_set_file.StructureSetROISequence}
    assert {s.roi_number: s.roi_name for s in found.structures} == names
    for drawn in structure_set_file.ROIContourSequence:
        contours = [c.ContourData for c in drawn.get("ContourSequence", [])]
        expected = np.array([float(v) for data in contours for v in data]).reshape(-1, 3)
        points = found.structure(int(drawn.ReferencedROINumber)).points_mm
        np.testing.assert_array_equal(points, expected)
    assert found.prescriptions == (
        Prescription("Breast", 14.0, 7, None, "RT Plan DoseReferenceSequence[0]"),
    )
    dose_file = pydicom.dcmread(eclipse / "rtdose.dcm")
    expected = dose_file.pixel_array * float(dose_file.DoseGridScaling)
    np.testing.assert_array_equal(found.dose.dose_gy, expected)
    assert found.dose.spacing_mm == (3.0, 2.5, 2.5)
    assert [f.code for f in found.findings] == [
        "ROI_EMPTY",
        "PRESCRIPTION_OF_POINT",
        "TPS_DVH_CUT_OFF",
    ]
