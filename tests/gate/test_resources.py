"""Claims that would cost memory or time: refused with a code, quickly, and in little memory."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pydicom
import pytest
from bodies import UniformDose, box, written

import rtcheck
from rtcheck.dicom import read_plans
from rtcheck.dicom.find import find_objects
from rtcheck.dicom.limits import Limits
from rtcheck.phantoms.encoding import TransferSyntax, save

ROOT = Path(__file__).resolve().parents[2]
MOST_SECONDS = 2.0
MOST_BYTES = 300 * 1024**2

MEASURED = """
import json, sys, time  # seconds of work: those of the wall depend on what else runs
start = time.process_time()
from rtcheck.dicom import read_plans
from rtcheck.errors import RtcheckError
try:
    plans = read_plans(sys.argv[1])
    codes = sorted({f.code for p in plans for f in p.findings if f.severity != "informs"})
    usable = [p.dose is not None and bool(p.structures) for p in plans]
except RtcheckError as error:
    codes, usable = [error.code], []
seconds = time.process_time() - start
# Not ru_maxrss: it begins with what the process had that started this one.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
peak = int(status["VmHWM"].split()[0]) * 1024
print(json.dumps([codes, usable, seconds, peak]))
"""


def export(folder: Path) -> Path:
    """Write a small plan: PTV and cord at 50 Gy."""
    contours = {"PTV": box((20, 20, 20)), "SpinalCord": box((10, 10, 15), (30, 0, 0))}
    return Path(written(folder, contours, UniformDose(50.0)))


def file_of(folder: Path, modality: str) -> Path:
    """Return the file of a modality in a folder."""
    return next(
        path
        for path in folder.iterdir()
        if pydicom.dcmread(path, stop_before_pixels=True).Modality == modality
    )


def _dose(folder: Path, **changes: object) -> None:
    path = file_of(folder, "RTDOSE")
    dataset = pydicom.dcmread(path)
    for keyword, value in changes.items():
        setattr(dataset, keyword, value)
    dataset["PixelData"].VR = "OW"
    dataset.PixelData = bytes(8_000)
    dataset.save_as(path)


def claims_a_large_frame(folder: Path) -> None:
    _dose(folder, Rows=50_000, Columns=50_000, NumberOfFrames=1, GridFrameOffsetVector=[0])


def claims_many_frames(folder: Path) -> None:
    _dose(folder, NumberOfFrames=2**31 - 1)


def claims_a_compressed_frame(folder: Path) -> None:
    path = file_of(folder, "RTDOSE")
    dataset = pydicom.dcmread(path)
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = 50_000, 50_000, 1
    dataset.GridFrameOffsetVector = [0]
    dataset.PixelData = pydicom.encaps.encapsulate([bytes(8_000)])
    dataset["PixelData"].is_undefined_length = True
    dataset["PixelData"].VR = "OB"
    save(dataset, path, TransferSyntax.EXPLICIT)
    explicit, compressed = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0"
    path.write_bytes(path.read_bytes().replace(explicit, compressed, 1))


def claims_a_long_element(folder: Path) -> None:
    path = file_of(folder, "RTDOSE")
    data = path.read_bytes()
    at = data.index(b"\xe0\x7f\x10\x00")  # PixelData
    path.write_bytes(data[: at + 4] + struct.pack("<I", 0xFFFFFF00) + data[at + 8 : 10_000])


def claims_a_long_text(folder: Path) -> None:
    path = file_of(folder, "RTSTRUCT")
    data = path.read_bytes()
    at = data.index(b"\x10\x00\x10\x00")  # PatientName
    path.write_bytes(data[: at + 4] + struct.pack("<I", 0xFFFFFF00) + data[at + 8 :])


def claims_many_points(folder: Path) -> None:
    path = file_of(folder, "RTSTRUCT")
    dataset = pydicom.dcmread(path)
    for roi in dataset.ROIContourSequence:
        roi.ContourSequence[0].NumberOfContourPoints = 1_000_000_000
    dataset.save_as(path)


def nests_sequences(folder: Path) -> None:
    path = file_of(folder, "RTPLAN")
    data = path.read_bytes()
    opened = struct.pack("<HHI", 0x300C, 0x0002, 0xFFFFFFFF)
    opened += struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    path.write_bytes(data + opened * 100_000)


def _bomb(megabytes: int) -> bytes:
    """Return an element that claims much, deflated: each packed kilobyte holds a megabyte."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    text = b"\x09\x00\x10\x00UN\x00\x00" + struct.pack("<I", 0xF0000000)
    packed = packing.compress(text) + packing.flush(zlib.Z_FULL_FLUSH)
    # What ends with a full flush stands for itself, and may be written again and again.
    zeros = packing.compress(bytes(1 << 20)) + packing.flush(zlib.Z_FULL_FLUSH)
    return packed + megabytes * zeros + packing.flush()


def _deflated_bomb(folder: Path, modality: str) -> tuple[Path, bytes, bytes]:
    """Return a file of the export, its own header as deflated, and what unpacks to 2.2 GB."""
    path = file_of(folder, modality)
    save(pydicom.dcmread(path), path, TransferSyntax.DEFLATED)
    data = path.read_bytes()
    return path, data[: 144 + int.from_bytes(data[140:144], "little")], _bomb(2_100)


def unpacks_to_much(folder: Path) -> None:
    bombs = [_deflated_bomb(folder, modality) for modality in ("RTSTRUCT", "RTDOSE")]
    for path, header, bomb in bombs:
        path.write_bytes(header + bomb)


def unpacks_to_much_without_preamble(folder: Path) -> None:
    path, header, bomb = _deflated_bomb(folder, "RTDOSE")
    path.write_bytes(header[132:] + bomb)


def unpacks_to_much_behind_a_long_name(folder: Path) -> None:
    # The transfer syntax stands beyond what is looked at of other files.
    path, header, bomb = _deflated_bomb(folder, "RTDOSE")
    at = header.index(b"\x02\x00\x10\x00UI")
    long = b"\x02\x00\x04\x00UI" + struct.pack("<H", 4_000) + b"1" * 4_000
    path.write_bytes(header[:at] + long + header[at:] + bomb)


def unpacks_to_much_and_lies_about_where_it_begins(folder: Path) -> None:
    path, header, bomb = _deflated_bomb(folder, "RTDOSE")
    path.write_bytes(header[:140] + struct.pack("<I", 8) + header[144:] + bomb)


def is_a_large_sparse_file(folder: Path) -> None:
    with file_of(folder, "RTDOSE").open("r+b") as stream:
        stream.truncate(10 * 1024**3)


def begins_with_4_gb_of_a_sparse_file(folder: Path) -> None:
    with file_of(folder, "RTDOSE").open("r+b") as stream:
        stream.seek(132)
        stream.write(b"\x02\x00\x01\x00OB\x00\x00" + struct.pack("<I", 0xFFFFFF00))
        stream.truncate(10 * 1024**3)


LINUX = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="peak memory is read from /proc"
)

CLAIMS = [
    claims_a_large_frame,
    claims_many_frames,
    claims_a_compressed_frame,
    claims_a_long_element,
    claims_a_long_text,
    claims_many_points,
    nests_sequences,
    is_a_large_sparse_file,
    begins_with_4_gb_of_a_sparse_file,
    unpacks_to_much,
    unpacks_to_much_without_preamble,
    unpacks_to_much_behind_a_long_name,
    unpacks_to_much_and_lies_about_where_it_begins,
]


def measured(folder: Path) -> list[object]:
    """Return codes, whether plans are usable, seconds and peak bytes of reading, alone."""
    import json

    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-c", MEASURED, str(folder)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=True,
    )
    assert run.stderr == ""
    found: list[object] = json.loads(run.stdout)
    return found


@LINUX
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.__name__)
def test_a_claim_of_10_gb_is_refused_in_2_seconds_and_300_mb(claim, tmp_path: Path) -> None:
    folder = export(tmp_path / "plan")
    claim(folder)
    codes, usable, seconds, peak = measured(folder)
    assert codes, "nothing was said"
    if claim is not nests_sequences and claim is not claims_many_points:
        assert not any(usable)
    assert seconds < MOST_SECONDS, seconds
    assert peak < MOST_BYTES, peak / 1024**2


def test_a_bomb_in_an_archive_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    folder = export(tmp_path / "plan")
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.iterdir()):
            # Zeros behind an RT object: bytes that an archive packs a thousandfold.
            packed.writestr(path.name, path.read_bytes() + bytes(300_000))
    few = Limits(unpacked_bytes=100_000, unpacked_ratio=2)
    found = find_objects([archive], few)
    assert found.objects == ()
    assert [f.code for f in found.findings] == ["FILE_TOO_LARGE"] * 3
    assert len(find_objects([archive]).objects) == 3


def test_an_archive_that_holds_too_much_in_all_is_refused(tmp_path: Path) -> None:
    folder = export(tmp_path / "plan")
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.iterdir()):
            packed.write(path, path.name)
    sizes = sorted(path.stat().st_size for path in folder.iterdir())
    found = find_objects([archive], Limits(archive_bytes=sum(sizes) - 1))
    assert len(found.objects) == len(sizes) - 1
    assert [f.code for f in found.findings] == ["FILE_TOO_LARGE"]


def test_a_file_that_begins_with_the_number_2_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"\x02\x00" + bytes(range(256)) * 8)
    found = find_objects([tmp_path])
    assert (found.objects, found.findings) == ((), ())


def test_a_bomb_of_zeros_in_an_archive_is_no_dicom_and_costs_nothing(tmp_path: Path) -> None:
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros", bytes(1 << 26))
    found = find_objects([archive])
    assert (found.objects, found.findings) == ((), ())


def test_more_files_than_are_looked_at_are_told(tmp_path: Path) -> None:
    folder = export(tmp_path / "plan")
    found = find_objects([folder], Limits(files=2))
    assert [f.code for f in found.findings] == ["INPUT_TOO_LARGE"]
    assert len(found.objects) == 2


def test_folders_deeper_than_are_looked_at_are_told(tmp_path: Path) -> None:
    deep = tmp_path / "/".join(["d"] * 70)
    deep.mkdir(parents=True)
    export(tmp_path / "plan")
    (plan,) = read_plans(tmp_path)
    assert [f.code for f in plan.findings] == ["INPUT_TOO_LARGE"]


def test_limits_are_what_the_caller_says(tmp_path: Path) -> None:
    folder = export(tmp_path / "plan")
    points = int(np.prod(read_plans(folder)[0].dose.dose_gy.shape))  # type: ignore[union-attr]
    (refused,) = read_plans(folder, limits=Limits(dose_points=points - 1))
    assert refused.dose is None
    assert {"FILE_TOO_LARGE", "DOSE_MISSING"} <= {f.code for f in refused.findings}
    kept = rtcheck.read(folder, limits=Limits(dose_points=points)).record
    assert kept.dose is not None


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there are no devices as files")
def test_a_device_in_a_folder_is_not_read(tmp_path: Path) -> None:
    folder = export(tmp_path / "plan")
    (folder / "zero").symlink_to("/dev/zero")
    assert len(find_objects([folder]).objects) == 3


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no sockets as files")
def test_a_socket_in_a_folder_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = export(tmp_path / "plan")
    monkeypatch.chdir(folder)  # the name of a socket may have a hundred characters
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s")
        assert len(find_objects([folder]).objects) == 3


def test_an_archive_in_an_archive_is_not_opened(tmp_path: Path) -> None:
    folder = export(tmp_path / "plan")
    inner, outer = tmp_path / "inner.zip", tmp_path / "outer.zip"
    with zipfile.ZipFile(inner, "w") as packed:
        for path in folder.iterdir():
            packed.write(path, path.name)
    with zipfile.ZipFile(outer, "w") as packed:
        packed.write(inner, "again.zip")
    found = find_objects([outer])
    assert (found.objects, found.archives_not_opened) == ((), 1)


def test_members_with_names_that_climb_are_read_and_written_nowhere(tmp_path: Path) -> None:
    folder = export(tmp_path / "plan")
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for number, path in enumerate(sorted(folder.iterdir())):
            packed.write(path, ("../../../climbing", "/etc/rooted", "C:\\drive")[number])
    before = set(tmp_path.rglob("*"))
    assert len(find_objects([archive]).objects) == 3
    assert set(tmp_path.rglob("*")) == before
    assert not Path("/etc/rooted").exists()
