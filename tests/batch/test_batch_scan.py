"""Scanning finds what is there in any layout, reads headers only, and keeps no list of the rest."""

from __future__ import annotations

import os
import time
import tracemalloc
from pathlib import Path

import cohorts
import pydicom
from cohorts import long
from pydicom.uid import generate_uid

from rtcheck.batch.scan import scan
from rtcheck.batch.units import units_of
from rtcheck.dicom import read_plans


def heap(folder: Path, number_of_files: int, plans: int) -> Path:
    """Write small files that are no RT object around plans, all in one folder."""
    folder.mkdir()
    image = b"\0" * 128 + b"DICM\x02\x00\x00\x00UL\x04\x00\xc0\x00\x00\x00"
    image += b"\x02\x00\x01\x00OB\x00\x00\x02\x00\x00\x00\x00\x01"
    image += (
        b"\x02\x00\x02\x00UI\x1a\x001.2.840.10008.5.1.4.1.1.2\x00\x02\x00\x03\x00UI" + b"1" * 400
    )
    for number in range(number_of_files):
        content = (image, b"text " * 80, os.urandom(300))[number % 3]
        (folder / f"f{number:06}").write_bytes(content)
    for number in range(plans):
        for path in cohorts.make(folder.parent / "made", number).iterdir():
            path.rename(folder / f"{number:03}{path.name}")
    return folder


def test_a_heap_is_streamed_and_its_plans_are_found(tmp_path: Path) -> None:
    folder = heap(tmp_path / "heap", 3000, 3)
    scan([folder])  # imports
    tracemalloc.start()
    found = scan([folder])
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.number_of_files == 3009
    assert [unit.label for unit in units_of(found.objects, [folder])] == [
        "P00000",
        "P00001",
        "P00002",
    ]
    assert len(found.objects) == 9
    # 3000 paths alone would be some 600 kB; chunks of 256 are under way in eight threads.
    assert peak_bytes < 8_000_000


@long
def test_a_hundred_thousand_files_around_fifty_plans_take_under_a_minute(tmp_path: Path) -> None:
    folder = heap(tmp_path / "heap", 100_000, 50)
    start = time.perf_counter()
    found = scan([folder])
    units = units_of(found.objects, [folder])
    seconds = time.perf_counter() - start
    print(f"{found.number_of_files} files in {seconds:.1f} s")
    assert len(units) == 50
    assert all(unit.is_whole for unit in units)
    assert seconds < 60


def test_links_in_circles_and_files_reached_twice_are_one(tmp_path: Path) -> None:
    cohorts.make(tmp_path / "in" / "a", 1)
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "copy").symlink_to(tmp_path / "in" / "a")
    assert len(scan([tmp_path / "in", tmp_path / "in" / "a"]).objects) == 3


def test_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04" + b"\0" * 50)
    (tmp_path / "gone.dcm").symlink_to(tmp_path / "nowhere")  # holds nothing
    units = units_of(scan([tmp_path]).objects, [tmp_path])
    assert [unit.names for unit in units] == [("cut.zip",)]
    assert "cannot be read" in units[0].fault


def test_a_unit_keeps_its_name_when_others_come(tmp_path: Path) -> None:
    cohorts.make(tmp_path / "in" / "b", 2)
    (first,) = units_of(scan([tmp_path / "in"]).objects, [tmp_path / "in"])
    cohorts.make(tmp_path / "in" / "a", 1)
    units = units_of(scan([tmp_path / "in"]).objects, [tmp_path / "in"])
    assert [unit.label for unit in units] == ["P00001", "P00002"]
    assert units[1] == first


def test_a_unit_holds_only_the_files_of_its_plan(tmp_path: Path) -> None:
    """Reading all files of a heap for each plan would take the square of the time."""
    for number in range(3):
        for path in cohorts.make(tmp_path / "made", number).iterdir():
            path.rename(tmp_path / f"{number}{path.name}")
    units = units_of(scan([tmp_path]).objects, [tmp_path])
    assert [len(unit.places) for unit in units] == [3, 3, 3]


def test_a_revised_plan_is_told_as_in_a_folder_of_its_own(tmp_path: Path) -> None:
    """Its files alone do not say it: the unit holds the other version too."""
    folder = cohorts.make(tmp_path / "made", 0)
    cohorts.make(tmp_path / "made", 1)  # of another patient: it has no say
    (path,) = [p for p in folder.iterdir() if pydicom.dcmread(p).Modality == "RTPLAN"]
    revised = pydicom.dcmread(path)
    revised.SOPInstanceUID = revised.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    revised.RTPlanDate = "20991231"
    revised.save_as(folder / "revised.dcm")
    units = [
        unit
        for unit in units_of(scan([tmp_path / "made"]).objects, [tmp_path / "made"])
        if any(place.path == str(path) for place in unit.places) and unit.is_whole
    ]
    (unit,) = units
    assert {Path(place.path).parent for place in unit.places} == {folder}
    (plan,) = read_plans([Path(place.path) for place in unit.places], plan=unit.uid)
    assert "RT_PLAN_REVISED" in {f.code for f in plan.findings}
