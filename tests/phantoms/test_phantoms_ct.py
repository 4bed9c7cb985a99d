"""The CT of a phantom: what is drawn has its Hounsfield units, at its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from rtcheck.errors import UsageError
from rtcheck.phantoms import Box, Roi, Sphere, slice_planes_mm, write_ct, write_example
from rtcheck.phantoms.encoding import PlanUids, ct_series_uid

PLANES = np.arange(-30.0, 31.0, 3.0)
BODY = Roi("Body", 1, Box((5, -10, 0), (80, 60, 61)).contours(PLANES, 4), "EXTERNAL", hu=0.0)
LUNG = Roi("Lung", 2, Sphere((15, -5, 0), 12.0).contours(PLANES, 90), hu=-700.0)
UNSEEN = Roi("PTV", 3, Sphere((0, 0, 0), 30.0).contours(PLANES, 90))


def slices(folder: Path) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in sorted(folder.iterdir())]


def hounsfield(ds: pydicom.Dataset) -> np.ndarray:
    return ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)


def test_every_plane_has_a_slice_with_the_areas_of_what_is_drawn(tmp_path: Path) -> None:
    found = slices(write_ct(tmp_path, [BODY, LUNG, UNSEEN], spacing_mm=(0.8, 0.6), size=(128, 160)))
    assert [float(ds.ImagePositionPatient[2]) for ds in found] == pytest.approx(PLANES)
    for ds in found:
        hu, z = hounsfield(ds), float(ds.ImagePositionPatient[2])
        assert set(np.unique(hu)) <= {-1000.0, -700.0, 0.0}
        pixel = float(ds.PixelSpacing[0]) * float(ds.PixelSpacing[1])
        lung = np.pi * max(144 - z**2, 0)
        # The pixels along the edge: their number times half a pixel.
        assert (hu == -700).sum() * pixel == pytest.approx(lung, abs=0.02 * lung + 15)
        assert (hu > -1000).sum() * pixel == pytest.approx(80 * 60, rel=0.02)


def test_the_slices_are_one_series_of_the_frame_of_the_plan(tmp_path: Path) -> None:
    uids = PlanUids.of("phantom")
    found = slices(write_ct(tmp_path, [BODY, LUNG]))
    assert {ds.SeriesInstanceUID for ds in found} == {ct_series_uid(uids)}
    assert {ds.FrameOfReferenceUID for ds in found} == {uids.frame_of_reference}
    assert len({ds.SOPInstanceUID for ds in found}) == len(found) == len(PLANES)


def test_the_same_phantom_is_the_same_bytes(tmp_path: Path) -> None:
    one, other = (write_ct(tmp_path / name, [BODY, LUNG]) for name in "ab")
    for path in sorted(one.iterdir()):
        assert path.read_bytes() == (other / path.name).read_bytes()


def test_nothing_drawn_has_no_ct(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a CT of nothing"):
        write_ct(tmp_path, [Roi("Empty", 1)])


def test_an_unknown_position_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="patient position 'UP'"):
        write_ct(tmp_path, [BODY], patient_position="UP")


def test_an_example_has_a_ct_if_it_is_asked_for(tmp_path: Path) -> None:
    plain = write_example("oligometastasis", "violating", tmp_path / "plain")
    shown = write_example("oligometastasis", "violating", tmp_path / "ct", ct=True)
    assert not (plain / "CT").exists()
    first = pydicom.dcmread(shown / "CT" / "CT000.dcm")
    structures = pydicom.dcmread(shown / "RTSTRUCT.dcm")
    study = structures.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    assert study.ReferencedSOPInstanceUID == first.StudyInstanceUID
    assert study.RTReferencedSeriesSequence[0].SeriesInstanceUID == first.SeriesInstanceUID
    assert slice_planes_mm(0, 9, 3)[1] - slice_planes_mm(0, 9, 3)[0] == 3  # as the example's
