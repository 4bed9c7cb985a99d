"""RT Structure Set -> structures."""

import time

import numpy as np
import pydicom
import pytest
from datasets import (
    FRAME,
    contour,
    contours_of,
    item,
    plan,
    roi,
    save,
    save_all,
    square,
    structure_set,
)

from rtcheck.dicom import read_plans
from rtcheck.dicom.rtstruct import read_structure_set
from rtcheck.geometry.planes import planes_of
from rtcheck.phantoms.encoding import TransferSyntax


def read(tmp_path, dataset, syntax=TransferSyntax.IMPLICIT):
    return read_structure_set(pydicom.dcmread(save(dataset, tmp_path / "s", syntax)))


def of(result):
    return [(f.code, f.severity, f.where) for f in result.findings]


def one_roi(contours, **changes):
    return structure_set(ROIContourSequence=[contours_of(1, contours)], **changes)


def raw(text, points=None):
    """Return a contour whose ContourData is this very text."""
    made = square()
    made["ContourData"] = pydicom.dataelem.RawDataElement(
        pydicom.tag.Tag(0x30060050), "DS", len(text), text, 0, True, True
    )
    made.NumberOfContourPoints = points
    if points is None:
        del made.NumberOfContourPoints
    return made


@pytest.mark.parametrize("syntax", [TransferSyntax.IMPLICIT, TransferSyntax.EXPLICIT])
def test_structure_with_everything(tmp_path, syntax):
    result = read(tmp_path, structure_set(), syntax)
    (structure,) = result.structures
    assert (structure.roi_number, structure.roi_name) == (1, "PTV")
    assert structure.rt_roi_interpreted_type == "PTV"
    assert structure.frame_of_reference_uid == FRAME
    assert structure.roi_display_color == (255, 0, 1)
    np.testing.assert_array_equal(structure.contour_starts, [0, 4, 8])
    corners = [(-7, 101), (-3, 101), (-3, 105), (-7, 105)]
    expected = [(x, y, z) for z in (-28, -26) for x, y in corners]
    np.testing.assert_array_equal(structure.points_mm, expected)
    assert result.findings == ()


def test_lists_are_joined_by_number_not_by_position(tmp_path):
    dataset = structure_set(
        StructureSetROISequence=[roi(7, "Seven"), roi(3, "Three"), roi(5, "Five"), roi(4, "Four")],
        ROIContourSequence=[
            contours_of(5, None),  # no ContourSequence
            contours_of(3, [square(-20.0)]),
            contours_of(7, [square(-10.0), square(-8.0)]),
        ],  # and none for ROI 4
        RTROIObservationsSequence=[
            item(ObservationNumber=1, ReferencedROINumber=3, RTROIInterpretedType="ORGAN"),
            item(ObservationNumber=2, ReferencedROINumber=7, RTROIInterpretedType="CTV"),
        ],
    )
    result = read(tmp_path, dataset)
    seen = [
        (s.roi_number, s.roi_name, s.number_of_contours, s.rt_roi_interpreted_type)
        for s in result.structures
    ]
    assert seen == [
        (3, "Three", 1, "ORGAN"),
        (4, "Four", 0, ""),
        (5, "Five", 0, ""),
        (7, "Seven", 2, "CTV"),
    ]
    assert result.structures[0].points_mm[0, 2] == -20
    assert result.structures[3].points_mm[0, 2] == -10
    assert of(result) == [("ROI_EMPTY", "informs", "Four"), ("ROI_EMPTY", "informs", "Five")]


@pytest.mark.parametrize("kind", ["CLOSED_PLANAR", "CLOSEDPLANAR_XOR", "CLOSED_PLANAR_XOR"])
def test_closed_contours_are_kept(tmp_path, kind):
    result = read(tmp_path, one_roi([square(kind=kind)]))
    assert result.structures[0].number_of_contours == 1
    assert result.findings == ()


@pytest.mark.parametrize("kind", ["POINT", "OPEN_PLANAR", "OPEN_NONPLANAR"])
def test_open_contours_are_dropped_with_a_finding(tmp_path, kind):
    opened = contour([0, 0, 0] if kind == "POINT" else [0, 0, 0, 1, 1, 5, 2, 0, 9], kind)
    alone = read(tmp_path, one_roi([opened, opened]))
    assert alone.structures[0].is_empty
    assert of(alone) == [("ROI_ONLY_OPEN_CONTOURS", "informs", "PTV")]
    assert f"2 {kind}" in alone.findings[0].text

    mixed = read(tmp_path, one_roi([opened, square()]))
    assert mixed.structures[0].number_of_contours == 1
    assert of(mixed) == [("CONTOURS_OPEN_DROPPED", "warns", "PTV")]
    assert f"1 {kind}" in mixed.findings[0].text


@pytest.mark.parametrize("kind", ["CLOSED_SPIRAL", "", None])
def test_unknown_kind_of_contour_blocks_the_roi(tmp_path, kind):
    odd = square()
    odd.ContourGeometricType = kind
    result = read(tmp_path, one_roi([square(), odd]))
    assert result.structures[0].is_empty
    assert of(result) == [("CONTOUR_TYPE_UNKNOWN", "blocks", "PTV")]


def test_contours_of_fewer_than_three_points_are_dropped(tmp_path):
    short = [contour([0, 0, -28]), contour([0, 0, -28, 1, 1, -28])]
    result = read(tmp_path, one_roi([*short, square()]))
    assert result.structures[0].number_of_contours == 1
    assert of(result) == [("CONTOURS_TOO_SHORT", "warns", "PTV")]
    assert result.findings[0].text.startswith("2 closed contours of fewer than 3 points")
    alone = read(tmp_path, one_roi(short))
    assert alone.structures[0].is_empty
    assert [f.code for f in alone.findings] == ["CONTOURS_TOO_SHORT", "ROI_EMPTY"]


def test_contours_off_the_axial_plane_block_the_roi(tmp_path):
    tilted = contour([0, 0, 0, 10, 0, 0, 10, 10, 0.06])
    result = read(tmp_path, one_roi([square(), tilted]))
    assert result.structures[0].is_empty
    assert of(result) == [("CONTOURS_NOT_AXIAL", "blocks", "PTV")]
    assert result.findings[0].text.startswith("1 of 2 contours")


def test_jitter_in_z_is_kept_as_it_is(tmp_path):
    jitter = contour([0, 0, 0, 10, 0, 0.04, 10, 10, -0.01])
    result = read(tmp_path, one_roi([jitter]))
    np.testing.assert_array_equal(result.structures[0].points_mm[:, 2], [0, 0.04, -0.01])
    assert result.findings == ()


def test_contours_whose_planes_jitter_lie_on_one_plane(tmp_path):
    heights = (-28.0, -27.99, -28.02, -25.0)
    result = read(tmp_path, one_roi([square(z, half) for half, z in enumerate(heights, 1)]))
    assert result.structures[0].number_of_contours == 4
    expected = [np.mean(heights[:3]), -25.0]
    np.testing.assert_allclose(planes_of(result.structures[0]).z_mm, expected, atol=1e-9)


NOT_NUMBERS = [
    b"1\\2\\3\\4\\5\\6\\7\\8\\x",
    b"1\\2\\3\\4\\5\\6\\7\\8\\",
    b"1\\2\\3\\\\5\\6\\7\\8\\9",
    b"\\2\\3\\4\\5\\6\\7\\8\\9",
    b"1 2\\2\\3\\4\\5\\6\\7\\8\\9",
    b"1,5\\2\\3\\4\\5\\6\\7\\8\\9",
    b"nan\\2\\3\\4\\5\\6\\7\\8\\9",
    b"1e999\\2\\3\\4\\5\\6\\7\\8\\9",
    b"0x1\\2\\3\\4\\5\\6\\7\\8\\9",
    b"1\\2\\3\\4\\5\\6\\7\\8",
    b"1\\2\\3\\4\\5\\6\\7\\8\\9\\10",
    b"1\\2\\3\\4\\5\\6\\7\\8000000\\9",  # 8 km away
    b"1\x00\\2\\3\\4\\5\\6\\7\\8\\9",
]


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_text_that_is_no_number_blocks_the_roi(tmp_path, text):
    dataset = one_roi([square(), raw(text), square(-26.0)])
    dataset.StructureSetROISequence.append(roi(2, "Other"))
    dataset.ROIContourSequence.append(contours_of(2, [square()]))
    result = read_structure_set(dataset)
    assert [s.number_of_contours for s in result.structures] == [0, 1]
    assert of(result) == [("CONTOUR_DATA_INVALID", "blocks", "PTV")]


def test_blanks_and_padding_around_numbers():
    text = b" 1 \\2.50\\ 3\\+4\\-5e0\\6\\.7\\8.\\ 9 \x00"
    result = read_structure_set(one_roi([raw(b"0\\0\\3\\1\\0\\3\\1\\1\\3"), raw(text)]))
    assert of(result) == [("CONTOURS_NOT_AXIAL", "blocks", "PTV")]  # so every number was read
    result = read_structure_set(one_roi([raw(b" 1 \\2.50\\ 3\\+4\\-5e0\\3\\.7\\8.\\ 3 \x00", 3)]))
    np.testing.assert_array_equal(
        result.structures[0].points_mm, [[1, 2.5, 3], [4, -5, 3], [0.7, 8, 3]]
    )


@pytest.mark.parametrize("points", [3, 5])
def test_number_of_points_that_disagrees_blocks_the_roi(tmp_path, points):
    odd = square()
    odd.NumberOfContourPoints = points
    result = read(tmp_path, one_roi([odd]))
    assert result.structures[0].is_empty
    assert of(result) == [("CONTOUR_DATA_INVALID", "blocks", "PTV")]


def test_number_of_points_that_is_no_number_blocks_the_roi(tmp_path):
    path = save(one_roi([square()]), tmp_path / "s")
    data = path.read_bytes()
    tag = b"\x06\x30\x46\x00\x02\x00\x00\x00"
    path.write_bytes(data.replace(tag + b"4 ", tag + b"4x"))
    assert path.read_bytes() != data
    result = read_structure_set(pydicom.dcmread(path))
    assert of(result) == [("ROI_UNREADABLE", "blocks", "PTV")]


@pytest.mark.parametrize("syntax", [TransferSyntax.IMPLICIT, TransferSyntax.EXPLICIT])
def test_bulk_parsing_gives_the_bits_of_float(tmp_path, syntax):
    rng = np.random.default_rng(7)
    number = 3000  # as DS in explicit VR this does not fit 64 kB, so it is written as UN
    points = np.column_stack([rng.normal(0, 200, (number, 2)), np.full(number, -28.123456789)])
    texts = [f"{v:.14g}"[:16] for v in points.ravel()]
    dataset = one_roi(
        [square(-30.0), contour(texts), contour([str(v) for v in points[:9].ravel()])]
    )
    path = save(dataset, tmp_path / "s", syntax)
    (structure,) = read_structure_set(pydicom.dcmread(path)).structures
    expected = np.array([float(t) for t in texts]).reshape(-1, 3)
    np.testing.assert_array_equal(structure.points_mm[4 : 4 + number], expected)
    np.testing.assert_array_equal(structure.points_mm[4 + number :], points[:9])


def test_converted_elements_are_read_alike(tmp_path):
    path = save(structure_set(), tmp_path / "s")
    looked_at = pydicom.dcmread(path)
    str(looked_at)  # converts every element
    fresh = read_structure_set(pydicom.dcmread(path)).structures[0]
    again = read_structure_set(looked_at).structures[0]
    np.testing.assert_array_equal(again.points_mm, fresh.points_mm)
    np.testing.assert_array_equal(again.contour_starts, fresh.contour_starts)


def test_a_large_structure_set_is_read_in_a_moment(tmp_path):
    angles = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) * 123.456789
    contours = []
    for z in range(200):
        points = np.column_stack([ring, np.full(len(ring), z)])
        contours.append(contour([f"{v:.10g}" for v in points.ravel()]))
    path = save(one_roi(contours), tmp_path / "s")
    started = time.process_time()  # what else runs on the machine does not count
    (structure,) = read_structure_set(pydicom.dcmread(path)).structures
    # 180 000 numbers; one by one, pydicom takes ten times as long as this bound.
    assert time.process_time() - started < 0.5
    assert len(structure.points_mm) == 60_000


def test_duplicate_numbers_block(tmp_path):
    dataset = structure_set(StructureSetROISequence=[roi(1, "PTV"), roi(1, "Cord"), roi(2, "B")])
    result = read(tmp_path, dataset)
    assert [(s.roi_name, s.is_empty) for s in result.structures] == [
        ("PTV", True),
        ("Cord", True),
        ("B", True),
    ]
    assert of(result)[:2] == [
        ("ROI_NUMBER_DUPLICATE", "blocks", "PTV"),
        ("ROI_NUMBER_DUPLICATE", "blocks", "Cord"),
    ]


def test_duplicate_names_warn(tmp_path):
    dataset = structure_set(StructureSetROISequence=[roi(1, "PTV"), roi(2, "PTV ")])
    dataset.ROIContourSequence.append(contours_of(2, [square()]))
    result = read(tmp_path, dataset)
    assert [s.number_of_contours for s in result.structures] == [2, 1]
    assert of(result) == [("ROI_NAME_DUPLICATE", "warns", "PTV")]


def test_two_lists_of_contours_for_one_roi_block_it(tmp_path):
    dataset = structure_set()
    dataset.ROIContourSequence.append(contours_of(1, [square()]))
    result = read(tmp_path, dataset)
    assert result.structures[0].is_empty
    assert of(result) == [("ROI_CONTOURS_TWICE", "blocks", "PTV")]


def test_contours_of_no_roi_warn(tmp_path):
    dataset = structure_set()
    dataset.ROIContourSequence.append(contours_of(9, [square()]))
    result = read(tmp_path, dataset)
    assert of(result) == [("ROI_CONTOURS_WITHOUT_ROI", "warns", "")]
    assert "ROINumber 9" in result.findings[0].text


def test_conflicting_types_are_told(tmp_path):
    dataset = structure_set()
    dataset.RTROIObservationsSequence.append(
        item(ObservationNumber=2, ReferencedROINumber=1, RTROIInterpretedType="ORGAN")
    )
    result = read(tmp_path, dataset)
    assert result.structures[0].rt_roi_interpreted_type == ""
    assert of(result) == [("ROI_TYPE_CONFLICT", "informs", "PTV")]


@pytest.mark.parametrize("color", [None, [1, 2], [1, 2, 256]])
def test_colour_that_is_none(tmp_path, color):
    dataset = structure_set(ROIContourSequence=[contours_of(1, [square()], ROIDisplayColor=color)])
    assert read(tmp_path, dataset).structures[0].roi_display_color is None


def test_colour_that_is_no_number(tmp_path):
    path = save(structure_set(), tmp_path / "s")
    path.write_bytes(path.read_bytes().replace(b"255\\0\\1", b"red\\0\\1"))
    (result,) = read_plans(path)
    assert result.structures[0].roi_display_color is None
    assert result.structures[0].number_of_contours == 2


def test_names_lose_padding_only(tmp_path):
    names = [" Lung, L/R ", "A\\B", "cord  <2>", "Größe"]
    dataset = structure_set(
        SpecificCharacterSet="ISO_IR 192",
        StructureSetROISequence=[roi(i, name) for i, name in enumerate(names)],
    )
    result = read(tmp_path, dataset)
    assert [s.roi_name for s in result.structures] == ["Lung, L/R", "A\\B", "cord  <2>", "Größe"]


def test_frame_of_reference_of_the_set_when_the_roi_names_none(tmp_path):
    dataset = structure_set(
        StructureSetROISequence=[roi(1, "PTV", ReferencedFrameOfReferenceUID=None)]
    )
    assert read(tmp_path, dataset).structures[0].frame_of_reference_uid == FRAME
    dataset.ReferencedFrameOfReferenceSequence.append(item(FrameOfReferenceUID="1.9"))
    assert read(tmp_path, dataset).structures[0].frame_of_reference_uid == ""


def test_roi_without_number_makes_the_set_unreadable(tmp_path):
    odd = structure_set(StructureSetROISequence=[roi(1, "PTV", ROINumber=None)])
    (result,) = read_plans(save_all(tmp_path, plan(), odd))
    assert result.structures == ()
    finding = next(f for f in result.findings if f.code == "STRUCTURE_SET_UNREADABLE")
    assert finding.severity == "blocks"
    assert "ROINumber is missing" in finding.text
