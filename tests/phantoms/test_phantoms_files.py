"""What is written is what pydicom alone reads back: dose in every form, contours, bytes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from rtcheck.errors import UsageError
from rtcheck.phantoms import (
    ORIENTATIONS,
    FrameOffsets,
    PhantomPlan,
    Prescription,
    Roi,
    TransferSyntax,
    UniformDose,
    write_plan,
    write_rtdose,
    write_rtstruct,
)

Array = NDArray[np.float64]

# A grid without any symmetry: three lengths, three spacings, planes not evenly spaced.
X = np.array([-40.0, -37.5, -35.0, -32.5, -30.0])
Y = np.array([10.0, 13.0, 16.0, 19.0])
Z = np.array([-21.0, -19.0, -15.0])
LARGEST_GY = 61.7


def known(points_mm: Array) -> Array:
    """Return a dose in Gy, different at every point of the grid."""
    x, y, z = np.moveaxis(points_mm, -1, 0)
    return 30 + 0.5 * (x + 35) - 0.9 * (y - 15) + 2.0 * (z + 18) + 0.01 * x * y


def written(path: Path, **options: object) -> Dataset:
    z, y, x = np.meshgrid(Z, Y, X, indexing="ij")
    dose = known(np.stack([x, y, z], axis=-1))
    return pydicom.dcmread(write_rtdose(path, dose, X, Y, Z, **options))


def frame_positions(ds: Dataset) -> Array:
    """Return where each pixel lies in the patient in mm, (frame, row, column, xyz): PS3.3."""
    first = np.array(ds.ImagePositionPatient, dtype=float)
    along_row, along_column = np.array(ds.ImageOrientationPatient, dtype=float).reshape(2, 3)
    between_rows, between_columns = (float(s) for s in ds.PixelSpacing)
    offsets = np.array(ds.GridFrameOffsetVector, dtype=float)
    # C.8.8.3.2: relative from zero, or, for axial planes, the z of each plane.
    if offsets[0] == 0:
        frames = offsets[:, None] * np.cross(along_row, along_column)
    else:
        frames = (offsets - first[2])[:, None] * np.array([0.0, 0.0, 1.0])
    rows = np.arange(ds.Rows)[:, None] * between_rows * along_column
    columns = np.arange(ds.Columns)[:, None] * between_columns * along_row
    return first + frames[:, None, None] + rows[None, :, None] + columns[None, None]


def assert_same_dose(ds: Dataset) -> None:
    """The physical dose of each pixel is the known one at the place where DICOM says it lies."""
    found = ds.pixel_array.astype(float) * float(ds.DoseGridScaling)
    # Half a step of the stored whole numbers, and the sixteenth digit of a decimal string.
    rounding = 0.5 * float(ds.DoseGridScaling) * (1 + 1e-6) + 1e-9
    assert found.shape == (ds.NumberOfFrames, ds.Rows, ds.Columns)
    assert found.size == X.size * Y.size * Z.size
    assert np.abs(found - known(frame_positions(ds))).max() <= rounding


@pytest.mark.parametrize(
    ("position", "offsets"),
    [
        pair
        for pair in itertools.product(ORIENTATIONS, FrameOffsets)
        if not ("D" in pair[0] and pair[1] is FrameOffsets.ABSOLUTE)
    ],
)
def test_the_dose_stays_in_place_in_every_orientation(
    tmp_path: Path, position: str, offsets: FrameOffsets
) -> None:
    ds = written(tmp_path / "d.dcm", patient_position=position, frame_offsets=offsets)
    assert tuple(ds.ImageOrientationPatient) == ORIENTATIONS[position]
    assert_same_dose(ds)


@pytest.mark.parametrize(
    ("syntax", "bits"),
    [(s, b) for s in TransferSyntax for b in (16, 32) if (s, b) != (TransferSyntax.RLE, 32)],
)
def test_every_transfer_syntax_keeps_the_dose(
    tmp_path: Path, syntax: TransferSyntax, bits: int
) -> None:
    ds = written(tmp_path / "d.dcm", syntax=syntax, bits=bits)
    assert ds.file_meta.TransferSyntaxUID == syntax.uid
    assert ds.BitsAllocated == bits
    assert_same_dose(ds)


@pytest.mark.parametrize("bits", [16, 32])
def test_the_largest_dose_uses_all_bits(tmp_path: Path, bits: int) -> None:
    dose = np.zeros((3, 4, 5))
    dose[1, 2, 3] = LARGEST_GY
    ds = pydicom.dcmread(write_rtdose(tmp_path / "d.dcm", dose, X, Y, Z, bits=bits))
    assert ds.pixel_array.max() == pytest.approx(2**bits - 1, rel=1e-8)
    largest = float(ds.pixel_array.max()) * float(ds.DoseGridScaling)
    # The scaling has ten digits.
    assert largest == pytest.approx(LARGEST_GY, rel=1e-9)


def test_no_dose_at_all_is_written_as_zeros(tmp_path: Path) -> None:
    ds = pydicom.dcmread(write_rtdose(tmp_path / "d.dcm", np.zeros((3, 4, 5)), X, Y, Z))
    assert float(ds.DoseGridScaling) > 0
    assert not ds.pixel_array.any()


DOSE = np.ones((3, 4, 5))
REFUSED: dict[str, Callable[[Path], object]] = {
    "shape": lambda p: write_rtdose(p, DOSE.T, X, Y, Z),
    "does not ascend": lambda p: write_rtdose(p, DOSE, X[::-1], Y, Z),
    "not evenly spaced": lambda p: write_rtdose(p, DOSE, X**2 * np.sign(X), Y, Z),
    "negative or not finite": lambda p: write_rtdose(p, DOSE - 2, X, Y, Z),
    "not finite": lambda p: write_rtdose(p, DOSE * np.nan, X, Y, Z),
    "patient position": lambda p: write_rtdose(p, DOSE, X, Y, Z, patient_position="UP"),
    "begin with 0": lambda p: write_rtdose(
        p, DOSE, X, Y, Z - Z[-1], patient_position="FFS", frame_offsets="absolute"
    ),
    "run-length": lambda p: write_rtdose(p, DOSE, X, Y, Z, syntax="rle"),
    "8 bits": lambda p: write_rtdose(p, DOSE, X, Y, Z, bits=8),
    "transfer syntax 'jpeg'": lambda p: write_rtdose(p, DOSE, X, Y, Z, syntax="jpeg"),
    "frame offsets 'none'": lambda p: write_rtdose(p, DOSE, X, Y, Z, frame_offsets="none"),
    "a contour of shape": lambda p: Roi("PTV", 1, (np.zeros((4, 2)),)),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_dicom_cannot_say_is_refused_and_nothing_written(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "d.dcm"
    with pytest.raises(UsageError, match=fault):
        REFUSED[fault](path)
    assert not path.exists()


def rings() -> list[Array]:
    """Return two contours with coordinates that need many digits."""
    t = 2 * np.pi * np.arange(7) / 7
    circle = np.column_stack([np.cos(t), np.sin(t), np.zeros(7)])
    return [circle * r + np.array([-1.25, 1 / 3, z]) for r, z in ((12.0, -3.0), (10.5, 0.1))]


@pytest.mark.parametrize("digits", [2, 6])
def test_contours_are_read_back_to_the_digits_asked_for(tmp_path: Path, digits: int) -> None:
    rois = [Roi("PTV", 7, tuple(rings()), "PTV", (9, 8, 7)), Roi("Heart", 3)]
    ds = pydicom.dcmread(write_rtstruct(tmp_path / "s.dcm", rois, digits=digits))
    assert [(r.ROINumber, r.ROIName) for r in ds.StructureSetROISequence] == [
        (7, "PTV"),
        (3, "Heart"),
    ]
    drawn, empty = ds.ROIContourSequence
    assert (drawn.ReferencedROINumber, list(drawn.ROIDisplayColor)) == (7, [9, 8, 7])
    assert "ContourSequence" not in empty
    for contour, ring in zip(drawn.ContourSequence, rings(), strict=True):
        assert contour.ContourGeometricType == "CLOSED_PLANAR"
        assert contour.NumberOfContourPoints == len(ring)
        found = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
        assert np.abs(found - ring).max() <= 0.5000001 * 10.0**-digits


def test_decimal_strings_keep_to_sixteen_characters(tmp_path: Path) -> None:
    path = write_rtstruct(tmp_path / "s.dcm", [Roi("PTV", 1, tuple(rings()))], digits=6)
    element = pydicom.dcmread(path).ROIContourSequence[0].ContourSequence[0]
    raw = element.get_item("ContourData").value
    texts = raw.decode().split("\\") if isinstance(raw, bytes) else [str(v) for v in raw]
    assert len(texts) == 21
    assert max(map(len, texts)) <= 16
    assert not any(t.lstrip("-0.").strip() == "" and t.startswith("-") for t in texts)


def a_plan(seed: str = "files") -> PhantomPlan:
    return PhantomPlan(
        seed=seed,
        rois=(Roi("PTV", 1, tuple(rings()), "PTV"),),
        prescriptions=(Prescription("PTV", 50.0, 1),),
        fractions=25,
        dose_gy=UniformDose(50.0).on_grid(X, Y, Z),
        x_mm=X,
        y_mm=Y,
        z_mm=Z,
    )


@pytest.mark.parametrize("syntax", TransferSyntax)
def test_the_same_plan_is_the_same_bytes(tmp_path: Path, syntax: TransferSyntax) -> None:
    first, second = (
        write_plan(tmp_path / name, a_plan(), bits=16, syntax=syntax) for name in ("a", "b")
    )
    names = sorted(p.name for p in first.iterdir())
    assert names == ["RTDOSE.dcm", "RTPLAN.dcm", "RTSTRUCT.dcm"]
    assert all((first / n).read_bytes() == (second / n).read_bytes() for n in names)


def test_another_seed_is_another_plan(tmp_path: Path) -> None:
    uids = set()
    for seed in ("one", "two"):
        folder = write_plan(tmp_path / seed, a_plan(seed))
        uids |= {pydicom.dcmread(p).SOPInstanceUID for p in folder.iterdir()}
    assert len(uids) == 6


@pytest.mark.parametrize("position", ORIENTATIONS)
def test_the_plan_says_how_the_patient_lies(tmp_path: Path, position: str) -> None:
    folder = write_plan(tmp_path, a_plan(), patient_position=position)
    plan = pydicom.dcmread(folder / "RTPLAN.dcm")
    assert plan.PatientSetupSequence[0].PatientPosition == position
    dose = pydicom.dcmread(folder / "RTDOSE.dcm")
    assert tuple(dose.ImageOrientationPatient) == ORIENTATIONS[position]
