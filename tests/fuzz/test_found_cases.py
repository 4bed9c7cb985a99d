"""The corpus: what mutations and planted faults brought to light once, each by its own case."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from trying import Kind, clean_files, run

from rtcheck.dicom.find import find_objects
from rtcheck.gate import check_plan
from rtcheck.gate.loops import self_crossing
from rtcheck.phantoms.encoding import TransferSyntax, save
from rtcheck.plan import DoseGrid, Plan, Prescription, Structure

SQUARE = [(0, 0), (10, 0), (10, 10), (0, 10)]
KEYHOLE = [(0, 0), (10, 0), (10, 10), (0, 10), (0, 5), (3, 5), (3, 7), (7, 7), (7, 3), (3, 3)]
KEYHOLE += [(3, 5), (0, 5)]
BOW_TIE = [(0, 0), (10, 10), (10, 0), (0, 10)]
STAR = [(10 * np.cos(a), 10 * np.sin(a)) for a in np.arange(5) * 4 * np.pi / 5]


def rings(*corners: list[tuple[float, float]]) -> Structure:
    """Return a structure of contours on one plane."""
    points = [np.column_stack([np.array(ring, float), np.zeros(len(ring))]) for ring in corners]
    return Structure(1, "PTV", np.concatenate(points), np.cumsum([0, *map(len, points)]))


@pytest.mark.parametrize("syntax", [TransferSyntax.IMPLICIT, TransferSyntax.EXPLICIT])
def test_a_structure_set_cut_anywhere_is_unreadable(syntax: TransferSyntax, tmp_path: Path) -> None:
    # pydicom stops without a word where fewer than 8 bytes are left, and between elements.
    import pydicom

    path = tmp_path / "s"
    path.write_bytes(clean_files()["RTSTRUCT.dcm"])
    save(pydicom.dcmread(path), path, syntax)
    data = path.read_bytes()
    types_missing = data.index(b"\x06\x30\x80\x00")
    approval_missing = data.index(b"\x0e\x30\x02\x00")  # all that matters stands before it
    sniffed = data.index(b"\x08\x00\x70\x00")  # before it, nothing says that it is RT at all
    read = []
    for cut in range(sniffed, len(data), 2 if syntax is TransferSyntax.IMPLICIT else 5):
        path.write_bytes(data[:cut])
        found = find_objects([path])
        if found.objects:
            read.append(cut)
        else:
            assert [f.code for f in found.findings] == ["FILE_UNREADABLE"], cut
    assert set(read) <= {types_missing, approval_missing}


def test_a_structure_set_that_lost_its_types_at_the_end_is_told(tmp_path: Path) -> None:
    files = clean_files()
    data = files["RTSTRUCT.dcm"]
    files["RTSTRUCT.dcm"] = data[: data.index(b"\x06\x30\x80\x00")]
    assert run(files, tmp_path).kind is Kind.FOUND


@pytest.mark.parametrize(
    ("contours", "crossing"),
    [
        ([SQUARE], []),
        ([SQUARE[::-1], SQUARE], []),
        ([KEYHOLE], []),
        ([SQUARE, BOW_TIE], [1]),
        ([STAR], [0]),
    ],
    ids=["square", "both directions", "keyhole", "bow tie", "star"],
)
def test_a_contour_that_crosses_itself_is_told(contours: list, crossing: list[int]) -> None:
    assert self_crossing(rings(*contours)).tolist() == crossing


def test_many_contours_on_one_plane_do_not_stop_the_gate() -> None:
    import time

    number = 20_000
    corners = np.random.default_rng(0).uniform(-90, 90, (number, 1, 2))
    triangles = corners + np.array([[0, 0], [1, 0], [0, 1.0]])
    points = np.concatenate([triangles, np.zeros((number, 3, 1))], axis=2).reshape(-1, 3)
    starts = np.arange(number + 1) * 3
    structures = tuple(
        Structure(i, name, points, starts, kind)
        for i, (name, kind) in enumerate([("BODY", "EXTERNAL"), ("PTV", "PTV"), ("CTV", "CTV")], 1)
    )
    axis = np.arange(-100, 101, 5.0)
    dose = DoseGrid(np.full((41, 41, 41), 50.0), axis, axis, axis)
    start = time.perf_counter()
    check_plan(Plan("CROWD", structures, dose, (Prescription("PTV", 50.0, 25, 2),)))
    assert time.perf_counter() - start < 10
