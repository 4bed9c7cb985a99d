"""Raw items of a sequence: the same as pydicom's, or left to pydicom."""

import random
import struct
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import config
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.values import convert_SQ

from rtcheck.dicom.raw_items import UnexpectedEncodingError, items_of

CONTOUR_SEQUENCE = 0x30060040
VR_OF = {0x30060016: b"SQ", 0x30060042: b"CS", 0x30060046: b"IS", 0x30060050: b"DS",
         0x30060048: b"IS", 0x00081155: b"UI", 0x00081150: b"UI", 0x00091001: b"LO"}  # fmt: skip
UNDEFINED = 0xFFFFFFFF


class Encoder:
    """Writes items in any of the ways the standard allows."""

    def __init__(self, implicit: bool, little: bool, undefined: random.Random | None) -> None:
        self.implicit, self.order, self.undefined = implicit, "<" if little else ">", undefined

    def pack(self, form: str, *values: object) -> bytes:
        return struct.pack(self.order + form, *values)

    def length(self, value: bytes) -> int:
        return UNDEFINED if self.undefined and self.undefined.random() < 0.5 else len(value)

    def element(self, tag: int, value: bytes | list) -> bytes:
        head, vr, tail = self.pack("HH", tag >> 16, tag & 0xFFFF), VR_OF[tag], b""
        if isinstance(value, list):
            value = self.items(value)
            length = self.length(value)
            tail = self.delimiter(0xE0DD) if length == UNDEFINED else b""
        else:
            value += b" " * (len(value) % 2)
            length = len(value)
        if self.implicit:
            head += self.pack("L", length)
        elif vr == b"SQ" or length > 0xFFFE:
            head += (vr if vr == b"SQ" else b"UN") + self.pack("HL", 0, length)
        else:
            head += vr + self.pack("H", length)
        return head + value + tail

    def items(self, items: list[dict]) -> bytes:
        written = []
        for item in items:
            value = b"".join(self.element(tag, v) for tag, v in item.items())
            length = self.length(value)
            tail = self.delimiter(0xE00D) if length == UNDEFINED else b""
            written.append(self.pack("HHL", 0xFFFE, 0xE000, length) + value + tail)
        return b"".join(written)

    def delimiter(self, element: int) -> bytes:
        return self.pack("HHL", 0xFFFE, element, 0)


def sequence(value: bytes, implicit: bool, little: bool) -> RawDataElement:
    return RawDataElement(BaseTag(CONTOUR_SEQUENCE), "SQ", len(value), value, 0, implicit, little)


def by_pydicom(value: bytes, implicit: bool, little: bool) -> list[dict[int, object]]:
    with warnings.catch_warnings(), config.disable_value_validation():
        warnings.simplefilter("ignore")
        found: Sequence = convert_SQ(value, implicit, little)
        return [{int(tag): comparable(item, tag) for tag in item.keys()} for item in found]  # noqa: SIM118


def comparable(item: Dataset, tag: BaseTag) -> object:
    element = item.get_item(tag)
    return (element.value or b"") if isinstance(element, RawDataElement) else Sequence


def ours(value: bytes, implicit: bool, little: bool) -> list[dict[int, bytes]]:
    return items_of(sequence(value, implicit, little))


coordinates = st.lists(st.integers(-500, 500), min_size=9, max_size=12).map(
    lambda values: "\\".join(map(str, values)).encode()
)
images = st.lists(st.just({0x00081150: b"1.2.840", 0x00081155: b"1.2.3"}), max_size=2)
contour_items = st.fixed_dictionaries(
    {0x30060042: st.sampled_from([b"CLOSED_PLANAR", b"POINT"]), 0x30060050: coordinates},
    optional={0x30060016: images, 0x30060046: st.just(b"3"), 0x00091001: st.just(b"private")},
)
layouts = st.tuples(st.booleans(), st.booleans()).filter(lambda layout: layout != (True, False))
"""(implicit, little-endian); there is no implicit big-endian."""


@given(st.lists(contour_items, max_size=4), layouts, st.none() | st.randoms(use_true_random=False))
def test_items_of_the_standard_are_those_that_pydicom_reads(items, layout, undefined):
    value = Encoder(*layout, undefined).items(items)
    found = ours(value, *layout)
    expected = by_pydicom(value, *layout)
    assert [set(item) for item in found] == [set(item) for item in expected]
    for mine, theirs in zip(found, expected, strict=True):
        assert {t: v for t, v in theirs.items() if v is not Sequence}.items() <= mine.items()
    assert [item[0x30060050].strip() for item in found] == [item[0x30060050] for item in items]


@given(
    st.lists(contour_items, min_size=1, max_size=3),
    layouts,
    st.none() | st.randoms(use_true_random=False),
    st.data(),
)
def test_damaged_items_are_those_that_pydicom_reads_or_left_to_it(items, layout, undefined, data):
    value = bytearray(Encoder(*layout, undefined).items(items))
    for _ in range(data.draw(st.integers(1, 3))):
        where = data.draw(st.integers(0, len(value) - 1))
        if data.draw(st.booleans()):
            value[where] = data.draw(st.integers(0, 255) | st.sampled_from(list(b"\0\1\xff\xfe")))
        elif data.draw(st.booleans()):
            del value[where : where + data.draw(st.integers(1, 12))]
        else:
            value[where:where] = data.draw(st.binary(min_size=1, max_size=12))
        if not value:
            return
    try:
        found = ours(bytes(value), *layout)
    except UnexpectedEncodingError:
        return
    expected = by_pydicom(bytes(value), *layout)
    assert [set(item) for item in found] == [set(item) for item in expected]
    for mine, theirs in zip(found, expected, strict=True):
        assert {t: v for t, v in theirs.items() if v is not Sequence}.items() <= mine.items()


def test_a_contour_longer_than_64_kb_in_explicit_vr():
    text = b"\\".join([b"-123.456"] * 9000)
    value = Encoder(False, True, None).items([{0x30060050: text}])
    assert ours(value, False, True) == [{0x30060050: text + b" " * (len(text) % 2)}]


def test_sequences_nested_without_end_are_left_to_pydicom():
    head = struct.pack("<HHL", 0xFFFE, 0xE000, UNDEFINED)
    head += struct.pack("<HHL", 0x3006, 0x0016, UNDEFINED)
    with pytest.raises(UnexpectedEncodingError):
        ours(head * 50_000, True, True)


@pytest.mark.parametrize(
    "value",
    [
        b"\xfe\xff\x00\xe0",  # ends within a header
        b"\xfe\xff\x00\xe0\x08\x00\x00\x00",  # ends before the item
        b"\xfe\xff\x00\xe0\xff\xff\xff\xff",  # is never delimited
        b"\xfe\xff\xdd\xe0\x00\x00\x00\x00",  # a delimiter where a length is stated
        b"\x06\x30\x50\x00\x02\x00\x00\x001 ",  # no item
        b"\xfe\xff\x00\xe0\x0a\x00\x00\x00\x06\x30\x50\x00\x04\x00\x00\x001 ",  # beyond the item
    ],
)
def test_broken_items_are_left_to_pydicom(value):
    with pytest.raises(UnexpectedEncodingError):
        ours(value, True, True)
