"""One RT Dose file -> its dose grid."""

import numpy as np
import pydicom
import pytest
from datasets import (
    SCALING,
    STORED,
    X,
    Y,
    Z,
    dose,
    run_length_encoded,
    save,
    without_transfer_syntax,
)

from rtcheck.dicom.codes import Refusal
from rtcheck.dicom.door import through_door
from rtcheck.dicom.rtdose_grid import read_grid
from rtcheck.phantoms.encoding import TransferSyntax


def read(path):
    return read_grid(pydicom.dcmread(path, force=True), "d")


def grid_of(tmp_path, dataset, syntax=TransferSyntax.IMPLICIT):
    return read(save(dataset, tmp_path / "d", syntax))


def assert_refused(tmp_path, code, dataset, syntax=TransferSyntax.IMPLICIT):
    with pytest.raises(Refusal) as caught:
        grid_of(tmp_path, dataset, syntax)
    finding = caught.value.finding
    assert (finding.code, finding.severity, finding.where) == (code, "blocks", "d")


def assert_is_phantom(grid, stored=STORED):
    np.testing.assert_array_equal(grid.dose_gy, stored * SCALING)
    np.testing.assert_allclose(grid.x_mm, X, atol=1e-9)
    np.testing.assert_allclose(grid.y_mm, Y, atol=1e-9)
    np.testing.assert_allclose(grid.z_mm, Z, atol=1e-9)
    assert grid.frame_of_reference_uid == "1.2.3.9"


# --- pixel data -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "syntax", [TransferSyntax.IMPLICIT, TransferSyntax.EXPLICIT, TransferSyntax.DEFLATED]
)
@pytest.mark.parametrize("dtype", ["<u2", "<u4", "<i2", "<i4"])
def test_uncompressed(tmp_path, syntax, dtype):
    assert_is_phantom(grid_of(tmp_path, dose(dtype=dtype), syntax))


@pytest.mark.parametrize("dtype", [">u2", ">u4", ">i2", ">i4"])
def test_big_endian(tmp_path, dtype):
    path = save(dose(dtype=dtype), tmp_path / "d", TransferSyntax.BIG_ENDIAN)
    assert_is_phantom(read(path))
    # The reference library reads the same stored values.
    np.testing.assert_array_equal(pydicom.dcmread(path).pixel_array, STORED)


def encapsulated(data, **changes):
    dataset = dose(**changes)
    dataset.PixelData = data
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dataset


@pytest.mark.parametrize("dtype", ["<u2", "<u4", "<i2", "<i4"])
def test_run_length_encoded(tmp_path, dtype):
    dataset = encapsulated(run_length_encoded(STORED, dtype), dtype=dtype)
    assert_is_phantom(grid_of(tmp_path, dataset, TransferSyntax.RLE))


@pytest.mark.parametrize("cut", [20, 70, 90])
def test_damaged_run_length_encoded(tmp_path, cut):
    whole = run_length_encoded(STORED, "<u4")
    one_frame = pydicom.encaps.encapsulate(
        [whole[whole.index(bytes([4, 0, 0, 0, 64])) :][:cut]] * 2
    )
    with pytest.raises(Refusal) as caught:
        grid_of(tmp_path, encapsulated(one_frame), TransferSyntax.RLE)
    assert caught.value.finding.code == "DOSE_PIXEL_DATA_TRUNCATED"


@pytest.mark.parametrize("frames", [1, 3])
def test_fewer_or_more_run_length_encoded_frames_than_stated(tmp_path, frames):
    stored = np.concatenate([STORED, STORED])[:frames]
    path = save(encapsulated(run_length_encoded(stored, "<u4")), tmp_path / "d", TransferSyntax.RLE)
    found = []
    assert through_door(lambda: read(path), found, code="DOSE_UNREADABLE", where="d") is None
    # Of too many frames pydicom 3 returns all, and pydicom 2 none.
    mismatch = ["DOSE_PIXEL_DATA_MISMATCH"] * (frames > 1)
    assert found[0].code in ["DOSE_PIXEL_DATA_TRUNCATED", *mismatch]


def test_compressed_without_transfer_syntax_is_refused(tmp_path):
    dataset = encapsulated(run_length_encoded(STORED, "<u4"))
    path = without_transfer_syntax(save(dataset, tmp_path / "d", TransferSyntax.RLE))
    with pytest.raises(Refusal) as caught:
        read(path)
    assert caught.value.finding.code == "DOSE_PIXEL_FORMAT_UNSUPPORTED"


@pytest.mark.parametrize("syntax", [TransferSyntax.IMPLICIT, TransferSyntax.EXPLICIT])
def test_without_transfer_syntax(tmp_path, syntax):
    assert_is_phantom(read(without_transfer_syntax(save(dose(), tmp_path / "d", syntax))))


@pytest.mark.parametrize(("dtype", "top"), [("<u2", 65535), ("<u4", 4294967295)])
def test_unsigned_values_above_the_signed_range(tmp_path, dtype, top):
    stored = STORED.copy()
    stored[1, 2, 3] = top
    grid = grid_of(tmp_path, dose(stored=stored, dtype=dtype))
    assert grid.dose_gy[1, 2, 3] == top * SCALING


def test_negative_dose_is_refused(tmp_path):
    stored = STORED.copy()
    stored[0, 0, 0] = -1
    assert_refused(tmp_path, "DOSE_NEGATIVE", dose(stored=stored, dtype="<i4"))


def test_zero_dose_everywhere_is_refused(tmp_path):
    assert_refused(tmp_path, "DOSE_ALL_ZERO", dose(stored=0 * STORED))


def test_truncated_file(tmp_path):
    path = save(dose(), tmp_path / "d")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Refusal) as caught:
        read(path)
    assert caught.value.finding.code == "DOSE_PIXEL_DATA_TRUNCATED"
    assert "95 bytes, 96 are needed" in caught.value.finding.text


def test_fewer_or_more_values_than_the_grid_has(tmp_path):
    raw = STORED.astype("<u4").tobytes()
    assert_refused(tmp_path, "DOSE_PIXEL_DATA_TRUNCATED", dose(PixelData=raw[:-4]))
    assert_refused(tmp_path, "DOSE_PIXEL_DATA_MISMATCH", dose(PixelData=raw + bytes(4)))
    assert_refused(tmp_path, "DOSE_PIXEL_DATA_MISSING", dose(PixelData=None))


@pytest.mark.parametrize(
    "changes",
    [
        {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7},
        {"BitsStored": 12, "HighBit": 11},
        {"SamplesPerPixel": 3},
        {"PixelRepresentation": 2},
    ],
)
def test_pixel_formats_that_are_refused(tmp_path, changes):
    assert_refused(tmp_path, "DOSE_PIXEL_FORMAT_UNSUPPORTED", dose(dtype="<u2", **changes))


def test_other_compression_is_refused(tmp_path):
    dataset = encapsulated(pydicom.encaps.encapsulate([b"\xff\x4f\xff\x51" * 4]))
    path = save(dataset, tmp_path / "d", TransferSyntax.RLE)
    data = path.read_bytes()
    # A transfer syntax that does not exist, of the same length as RLE.
    path.write_bytes(data.replace(b"1.2.840.10008.1.2.5", b"1.2.840.10008.1.2.8"))
    with pytest.raises(Refusal) as caught:
        read(path)
    assert caught.value.finding.code == "DOSE_PIXEL_FORMAT_UNSUPPORTED"
    assert "1.2.840.10008.1.2.8" in caught.value.finding.text


# --- what the values mean ---------------------------------------------------------------------


@pytest.mark.parametrize("units", ["RELATIVE", None, ""])
def test_units_other_than_gy_are_refused(tmp_path, units):
    assert_refused(tmp_path, "DOSE_UNITS_NOT_GY", dose(DoseUnits=units))


@pytest.mark.parametrize("kind", ["EFFECTIVE", "ERROR"])
def test_dose_other_than_physical_is_refused(tmp_path, kind):
    assert_refused(tmp_path, "DOSE_TYPE_NOT_PHYSICAL", dose(DoseType=kind))


@pytest.mark.parametrize("scaling", [None, "0", "-0.001", ""])
def test_scaling_that_scales_nothing_is_refused(tmp_path, scaling):
    assert_refused(tmp_path, "DOSE_GRID_SCALING_INVALID", dose(DoseGridScaling=scaling))


def test_scaling_is_done_in_double_precision(tmp_path):
    scaling = 1.2345678901e-05
    grid = grid_of(tmp_path, dose(DoseGridScaling=f"{scaling:.10e}"))
    assert grid.dose_gy[1, 2, 3] == int(STORED[1, 2, 3]) * scaling
    assert grid.dose_gy.dtype == np.float64


# --- where the values are ---------------------------------------------------------------------

# name: directions of a row (x of the image), of a column, of the frames
ORIENTATIONS = {
    "HFS": ((1, 0, 0), (0, 1, 0)),
    "HFP": ((-1, 0, 0), (0, -1, 0)),
    "FFS": ((-1, 0, 0), (0, 1, 0)),
    "FFP": ((1, 0, 0), (0, -1, 0)),
    "HFDL": ((0, -1, 0), (1, 0, 0)),
    "HFDR": ((0, 1, 0), (-1, 0, 0)),
    "FFDL": ((0, 1, 0), (1, 0, 0)),
    "FFDR": ((0, -1, 0), (-1, 0, 0)),
    "coronal": ((1, 0, 0), (0, 0, -1)),
    "sagittal": ((0, 1, 0), (0, 0, -1)),
}


def turned(row, column, descending=False):
    """Return the phantom stored with other image axes, derived independently point by point."""
    axes = {0: X, 1: Y, 2: Z}
    normal = np.cross(row, column) * (-1 if descending else 1)

    def coordinates(direction):
        axis = int(np.argmax(np.abs(direction)))
        return axis, axes[axis] if np.sum(direction) > 0 else axes[axis][::-1]

    (ka, ks), (ja, js), (ia, is_) = map(coordinates, (normal, column, row))
    stored = np.empty((len(ks), len(js), len(is_)), dtype=int)
    for k, kc in enumerate(ks):
        for j, jc in enumerate(js):
            for i, ic in enumerate(is_):
                point = {ka: kc, ja: jc, ia: ic}
                where = [int(np.flatnonzero(axes[a] == point[a])[0]) for a in (2, 1, 0)]
                stored[k, j, i] = STORED[tuple(where)]
    origin = {ka: ks[0], ja: js[0], ia: is_[0]}
    offsets = np.abs(ks - ks[0]) * (-1 if descending else 1)
    return dose(
        stored=stored,
        ImagePositionPatient=[origin[a] for a in range(3)],
        ImageOrientationPatient=[*row, *column],
        PixelSpacing=[abs(js[1] - js[0]), abs(is_[1] - is_[0])],
        GridFrameOffsetVector=list(offsets),
    )


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", ORIENTATIONS)
def test_every_orientation_gives_the_same_grid(tmp_path, name, descending):
    assert_is_phantom(grid_of(tmp_path, turned(*ORIENTATIONS[name], descending)))


def test_hand_made_prone_grid(tmp_path):
    flipped = STORED[:, ::-1, ::-1]
    changes = {
        "ImageOrientationPatient": [-1, 0, 0, 0, -1, 0],
        "ImagePositionPatient": [X[-1], Y[-1], Z[0]],
    }
    assert_is_phantom(grid_of(tmp_path, dose(stored=flipped, **changes)))


def test_oblique_grid_is_refused(tmp_path):
    c, s = np.cos(np.radians(2)), np.sin(np.radians(2))
    orientation = [round(v, 8) for v in (c, s, 0, -s, c, 0)]
    assert_refused(tmp_path, "DOSE_GRID_OBLIQUE", dose(ImageOrientationPatient=orientation))
    nearly = dose(ImageOrientationPatient=[0.9999999, 1e-6, 0, -1e-6, 0.9999999, -0.0])
    assert_is_phantom(grid_of(tmp_path, nearly))


def test_absolute_offsets(tmp_path):
    assert_is_phantom(grid_of(tmp_path, dose(GridFrameOffsetVector=[-30.0, -25.0])))
    descending = dose(
        stored=STORED[::-1],
        ImagePositionPatient=[X[0], Y[0], Z[1]],
        GridFrameOffsetVector=[-25.0, -30.0],
    )
    assert_is_phantom(grid_of(tmp_path, descending))


def absolute(name, descending=False):
    """Return the phantom in an orientation with the patient z of its frames as offsets."""
    dataset = turned(*ORIENTATIONS[name], descending)
    z = float(dataset.ImagePositionPatient[2])
    dataset.GridFrameOffsetVector = [z, sum(Z) - z]  # the phantom has two planes
    return dataset


AXIAL = [name for name in ORIENTATIONS if len(name) <= 4]


@pytest.mark.parametrize("name", AXIAL)
def test_absolute_offsets_are_the_patients_z_in_every_position(tmp_path, name):
    assert_is_phantom(grid_of(tmp_path, absolute(name)))


@pytest.mark.parametrize("name", [name for name in AXIAL if name.startswith("HF")])
def test_absolute_offsets_may_descend_where_the_normal_points_up(tmp_path, name):
    assert_is_phantom(grid_of(tmp_path, absolute(name, descending=True)))


@pytest.mark.parametrize("name", [name for name in AXIAL if name.startswith("FF")])
def test_absolute_offsets_that_ascend_where_the_normal_points_down_are_refused(tmp_path, name):
    """Frames against the normal, or along it with the first z added: 5 mm up or 5 mm down."""
    assert_refused(tmp_path, "DOSE_FRAME_OFFSETS_INVALID", absolute(name, descending=True))


@pytest.mark.parametrize("name", ["coronal", "sagittal"])
def test_absolute_offsets_on_planes_that_are_not_axial_are_refused(tmp_path, name):
    dataset = turned(*ORIENTATIONS[name])
    z = float(dataset.ImagePositionPatient[2])
    dataset.GridFrameOffsetVector = [z + float(v) for v in dataset.GridFrameOffsetVector]
    assert_refused(tmp_path, "DOSE_FRAME_OFFSETS_INVALID", dataset)


@pytest.mark.parametrize(
    "offsets",
    [None, [0.0], [0.0, 5.0, 10.0], [1.0, 6.0], [-29.0, -24.0], [0.0, 0.0]],
    ids=["none", "too few", "too many", "neither", "near absolute", "not monotonic"],
)
def test_offsets_that_are_refused(tmp_path, offsets):
    assert_refused(tmp_path, "DOSE_FRAME_OFFSETS_INVALID", dose(GridFrameOffsetVector=offsets))


def test_offsets_that_turn_back_are_refused(tmp_path):
    stored = np.concatenate([STORED, STORED[:1]])
    assert_refused(
        tmp_path,
        "DOSE_FRAME_OFFSETS_INVALID",
        dose(stored=stored, GridFrameOffsetVector=[0.0, 5.0, 4.0]),
    )


def test_irregular_offsets(tmp_path):
    stored = np.concatenate([STORED, STORED[:1]])
    grid = grid_of(tmp_path, dose(stored=stored, GridFrameOffsetVector=[0.0, 5.0, 7.5]))
    np.testing.assert_array_equal(grid.z_mm, [-30.0, -25.0, -22.5])
    np.testing.assert_array_equal(grid.dose_gy, stored * SCALING)


@pytest.mark.parametrize("offsets", [None, [0.0], [-30.0]])
@pytest.mark.parametrize("frames", [None, 1])
def test_single_frame(tmp_path, offsets, frames):
    dataset = dose(stored=STORED[:1], GridFrameOffsetVector=offsets, NumberOfFrames=frames)
    grid = grid_of(tmp_path, dataset)
    np.testing.assert_array_equal(grid.dose_gy, STORED[:1] * SCALING)
    np.testing.assert_array_equal(grid.z_mm, [-30.0])


@pytest.mark.parametrize(
    "changes",
    [
        {"ImagePositionPatient": None},
        {"ImageOrientationPatient": None},
        {"PixelSpacing": None},
        {"PixelSpacing": [3.0, 0.0]},
        {"PixelSpacing": [3.0, -2.5]},
    ],
)
def test_grid_without_place_is_refused(tmp_path, changes):
    assert_refused(tmp_path, "DOSE_GRID_INVALID", dose(**changes))
