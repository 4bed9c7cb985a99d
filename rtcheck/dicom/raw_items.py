"""Sequence items -> their raw elements, for sequences of thousands of items.

pydicom makes a Dataset of every item, some 60 µs each: half a second for the contours of a large
structure set. This reader only notes where values begin and end. It reads what keeps the standard
to the letter (PS3.5 chapter 7) and refuses anything else, which is then left to pydicom.
"""

from __future__ import annotations

from struct import Struct

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, VR

_ITEM = 0xFFFEE000
_END_OF_ITEM = 0xFFFEE00D
_END_OF_SEQUENCE = 0xFFFEE0DD
_DELIMITERS = 0xFFFE
_UNDEFINED_LENGTH = 0xFFFFFFFF
_DEEPEST = 8
"""No RT object nests sequences deeper."""

_LONG_VRS = frozenset(vr.encode() for vr in EXPLICIT_VR_LENGTH_32)
_SHORT_VRS = frozenset(vr.encode() for vr in VR) - _LONG_VRS

Item = dict[int, bytes]
"""Tag to value as it stands in the file; that of a sequence is its items, headers included."""


class UnexpectedEncodingError(Exception):
    """Not what the standard says: pydicom shall read it. Never leaves this room."""


def items_of(sequence: RawDataElement) -> list[Item]:
    """Return the items of a sequence that pydicom has not looked at yet.

    Raises
    ------
    UnexpectedEncodingError
        If they are not encoded to the letter of the standard.
    """
    reader = _Reader(
        sequence.value or b"", sequence.is_implicit_VR, "<" if sequence.is_little_endian else ">"
    )
    return reader.items(0, len(reader.value), is_delimited=False, depth=1)[0]


class _Reader:
    """Notes where things are in the bytes of a sequence.

    Every method takes a start and a stop, and returns what it found and where that ended. What is
    delimited ends at its delimiter before the stop, anything else exactly at the stop.
    """

    def __init__(self, value: bytes, is_implicit: bool, order: str) -> None:
        self.value = value
        self.is_implicit = is_implicit
        self.tag_and_length = Struct(order + "HHL").unpack_from
        self.vr_and_length = Struct(order + "2sH").unpack_from
        self.long_length = Struct(order + "L").unpack_from

    def items(
        self, start: int, stop: int, *, is_delimited: bool, depth: int
    ) -> tuple[list[Item], int]:
        if depth > _DEEPEST:
            raise UnexpectedEncodingError
        found: list[Item] = []
        while start < stop:
            if start + 8 > stop:
                raise UnexpectedEncodingError
            group, element, length = self.tag_and_length(self.value, start)
            tag = group << 16 | element
            start += 8
            if tag == _END_OF_SEQUENCE and is_delimited and not length:
                return found, start
            if tag != _ITEM:
                raise UnexpectedEncodingError
            if length == _UNDEFINED_LENGTH:
                item, start = self._item(start, stop, is_delimited=True, depth=depth)
            elif start + length <= stop:
                item, start = self._item(start, start + length, is_delimited=False, depth=depth)
            else:
                raise UnexpectedEncodingError
            found.append(item)
        if is_delimited:
            raise UnexpectedEncodingError
        return found, start

    def _item(self, start: int, stop: int, *, is_delimited: bool, depth: int) -> tuple[Item, int]:
        value = self.value
        item: Item = {}
        while start < stop:
            if start + 8 > stop:
                raise UnexpectedEncodingError
            group, element, length = self.tag_and_length(value, start)
            if group == _DELIMITERS:
                if is_delimited and element == _END_OF_ITEM & 0xFFFF and not length:
                    return item, start + 8
                raise UnexpectedEncodingError
            begin = start + 8
            if not self.is_implicit:
                vr, length = self.vr_and_length(value, start + 4)
                if vr in _LONG_VRS and begin + 4 <= stop:
                    (length,) = self.long_length(value, begin)
                    begin += 4
                elif vr not in _SHORT_VRS:
                    raise UnexpectedEncodingError
            if length == _UNDEFINED_LENGTH:
                if not _is_sequence(group << 16 | element, None if self.is_implicit else vr):
                    raise UnexpectedEncodingError
                _, start = self.items(begin, stop, is_delimited=True, depth=depth + 1)
                item[group << 16 | element] = value[begin : start - 8]
            else:
                start = begin + length
                item[group << 16 | element] = value[begin:start]
        if start != stop or is_delimited:
            raise UnexpectedEncodingError
        return item, start


def _is_sequence(tag: int, vr: bytes | None) -> bool:
    try:
        return vr == b"SQ" if vr else dictionary_VR(tag) == "SQ"
    except KeyError:  # a private element, whose maker alone knows
        return False
