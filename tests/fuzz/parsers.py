"""The parsers of foreign content, each with the law it keeps for any bytes; for three drivers.

The ordinary tests try them on the corpus and on what Hypothesis makes; atheris, where it is
installed, follows the code: see ``led_by_atheris.py``.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path
from types import UnionType
from typing import TypeVar

import numpy as np
from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.dataset import FileMetaDataset
from pydicom.tag import BaseTag
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from rtcheck.dicom.codes import CODES
from rtcheck.dicom.contours import FARTHEST_MM, read_contours
from rtcheck.dicom.decimals import parse_decimals
from rtcheck.dicom.door import through_door
from rtcheck.dicom.find import File, find_objects
from rtcheck.dicom.raw_items import UnexpectedEncodingError, items_of
from rtcheck.dicom.rtdose_dvh import read_stored_dvhs
from rtcheck.dicom.rtdose_pixels import stored_values
from rtcheck.dicom.rtobject import Modality, RtObject
from rtcheck.dicom.sniff import CLASS_IN_META
from rtcheck.errors import ExpressionError, MetricError, ProtocolError, RtcheckError, UnitError
from rtcheck.geometry.expression import MAX_NAMES, leaves, parse_expression, to_text
from rtcheck.metrics import parse_metric
from rtcheck.plan import Finding, parse_prescription
from rtcheck.protocol.lint import lint_protocol
from rtcheck.protocol.load import read_protocol
from rtcheck.units import parse_quantity

T = TypeVar("T")

CORPUS = Path(__file__).parent / "corpus"


def decimals(data: bytes) -> None:
    """Numbers are to the bit what float() gives, or there are none at all."""
    parts = data.split(b"\\")
    found = parse_decimals(data, len(parts))
    expected = [_float(part) for part in parts]
    if None in expected:
        assert found is None
    else:
        assert found is not None
        np.testing.assert_array_equal(found, np.array(expected, dtype=float))
    assert parse_decimals(data, len(parts) + 1) is None


def _float(text: bytes) -> float | None:
    try:
        return None if b"_" in text else float(text)
    except ValueError:
        return None


def raw_items(data: bytes) -> None:
    """Items hold no byte that is not in the sequence, or it is left to pydicom."""
    for implicit in (True, False):
        try:
            found = items_of(_raw(0x30060040, "SQ", data, implicit=implicit))
        except UnexpectedEncodingError:
            continue
        assert sum(len(value) for item in found for value in item.values()) <= len(data)


def _raw(tag: int, vr: str, value: bytes, *, implicit: bool = False) -> RawDataElement:
    return RawDataElement(BaseTag(tag), vr, len(value), value, 0, implicit, True)


def contours(data: bytes) -> None:
    """Points are finite, axial and near, three and more a contour; or there is a finding."""
    dataset = Dataset()
    dataset[0x30060040] = _raw(0x30060040, "SQ", data)
    findings: list[Finding] = []
    read = through_door(
        lambda: read_contours(dataset, "ROI"), findings, code="ROI_UNREADABLE", where="ROI"
    )
    if read is None:
        _require_known(findings)
    else:
        assert np.abs(read.points_mm).max(initial=0.0) <= FARTHEST_MM
        assert (np.diff(read.contour_starts) >= 3).all()
        assert read.contour_starts[-1] == len(read.points_mm)


def _require_known(findings: list[Finding]) -> None:
    assert findings
    assert all(finding.code in CODES for finding in findings)


def pixels(data: bytes) -> None:
    """Values are as many as the shape says, each from the file; or there is a finding."""
    head, body = data[:8].ljust(8, b"\0"), data[8:]
    shape = (1 + head[0] % 4, 1 + head[1] % 8, 1 + head[2] % 8)
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    packed = bool(head[3] & 1)
    dataset.file_meta.TransferSyntaxUID = RLELossless if packed else ExplicitVRLittleEndian
    bits = (16, 32, head[4])[head[5] % 3]
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = (bits - 1) & 0xFF
    dataset.PixelRepresentation = head[6] % 3
    length = 0xFFFFFFFF if packed else len(body)
    dataset[0x7FE00010] = RawDataElement(
        BaseTag(0x7FE00010), "OB" if packed else "OW", length, body, 0, False, True
    )
    findings: list[Finding] = []
    read = through_door(
        lambda: stored_values(dataset, shape, "x"), findings, code="DOSE_UNREADABLE", where="x"
    )
    if read is None:
        _require_known(findings)
    else:
        assert read.shape == shape
        assert packed or read.tobytes() == body


def stored_dvhs(data: bytes) -> None:
    """A curve begins at its volume and never rises; or there is a finding."""
    head, body = data[:4].ljust(4, b"\0"), data[4:]
    item, roi, header = Dataset(), Dataset(), Dataset()
    roi.ReferencedROINumber = 1
    item.DVHReferencedROISequence = [roi]
    item.DVHType = ("CUMULATIVE", "DIFFERENTIAL", "NATURAL")[head[0] % 3]
    item.DoseUnits, item.DoseType = ("GY", "RELATIVE")[head[1] % 5 == 4], "PHYSICAL"
    item.DVHVolumeUnits = ("CM3", "PERCENT", "PER_U")[head[2] % 3]
    fields = body.split(b"|")
    for tag, vr, value in zip(
        (0x30040058, 0x30040052, 0x30040070, 0x30040072, 0x30040074),
        ("DS",) * 5,
        fields,
        strict=False,
    ):
        item[tag] = _raw(tag, vr, value)
    header.DVHSequence = [item] * (1 + head[3] % 2)
    dose = RtObject(
        Modality.RTDOSE, "x", "1.2", "", header, lambda: b"", "", frozenset(), (), ("1.3",)
    )
    sets = RtObject(
        Modality.RTSTRUCT, "y", "1.3", "", Dataset(), lambda: b"", "", frozenset(), (), ()
    )
    found = read_stored_dvhs([dose], sets, {1: "PTV"}, [50.0])
    if not found.dvhs:
        _require_known(list(found.findings))
    for dvh in found.dvhs:
        assert np.isfinite(dvh.volume).all()
        assert np.isfinite(dvh.dose_gy).all()
        assert (np.diff(dvh.volume) <= 0).all()


def files(data: bytes) -> None:
    """A file is an RT object, or no DICOM, or there is a finding."""
    file = File("x.dcm", lambda: io.BytesIO(data), lambda: data, len(data))
    found = find_objects([file])
    if found.objects:
        assert found.objects[0].sop_instance_uid
    for finding in found.findings:
        assert finding.code in CODES
    assert CLASS_IN_META.match(data[:512], 132) is None or len(data) > 132


def metrics(data: bytes) -> None:
    """A metric reads back from its own text, or is refused with what was expected."""
    metric = _or_refused(lambda: parse_metric(data.decode("utf-8", "replace")), MetricError)
    if metric is not None:  # of its numbers 12 digits are printed
        assert parse_metric(metric.text).text == metric.text


def quantities(data: bytes) -> None:
    """A quantity is finite, and a prescription positive; or there is an error."""
    text = data.decode("utf-8", "replace")
    quantity = _or_refused(lambda: parse_quantity(text), UnitError)
    assert quantity is None or math.isfinite(quantity.inside)
    prescription = _or_refused(lambda: parse_prescription(text), UnitError)
    assert prescription is None or 0 < prescription.dose_gy < math.inf


def expressions(data: bytes) -> None:
    """A tree is of bounded size and can be written, or there is one error."""
    known, _, text = data.decode("utf-8", "replace").rpartition("\n")
    names = {name.strip() for name in known.split("\n") if name.strip()}
    tree = _or_refused(lambda: parse_expression(text, names), ExpressionError | UnitError)
    if tree is not None:
        assert 1 <= len(list(leaves(tree))) <= MAX_NAMES
        assert to_text(tree)


def rules(data: bytes) -> None:
    """A rule file is a protocol that can be linted, or there is an error."""
    kinds = ProtocolError | UnitError | MetricError | ExpressionError
    protocol = _or_refused(lambda: read_protocol(data, Path("fuzz.toml")), kinds)
    if protocol is not None:
        assert lint_protocol(protocol)  # at least that there are no cases beside it


def _or_refused(read: Callable[[], T], kinds: type[RtcheckError] | UnionType) -> T | None:
    """Return what is read, or None if it is refused by an error of those kinds, with its code."""
    try:
        return read()
    except RtcheckError as error:
        refused = error
    assert isinstance(refused, kinds)
    assert refused.code != RtcheckError.code
    return None


PARSERS: dict[str, Callable[[bytes], None]] = {
    parser.__name__: parser
    for parser in (
        decimals, raw_items, contours, pixels, stored_dvhs, files, metrics, quantities,
        expressions, rules,
    )
}  # fmt: skip
"""Every one, by name."""
