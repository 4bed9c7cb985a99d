"""Reading single DICOM attributes as plain Python values of a known type."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from pydicom import Dataset
from pydicom.errors import BytesLengthException
from pydicom.multival import MultiValue

from rtcheck.errors import CorruptDicomError, MissingAttributeError

_PADDING = " \t\r\n\0"


def text(dataset: Dataset, keyword: str) -> str:
    """Return an attribute as text without padding; empty when it is absent or empty.

    Examples
    --------
    >>> dataset = Dataset()
    >>> dataset.RTPlanLabel = "B1 "
    >>> text(dataset, "RTPlanLabel"), text(dataset, "RTPlanName")
    ('B1', '')
    """
    value = dataset.get(keyword)
    if value is None:
        return ""
    if isinstance(value, MultiValue):  # a backslash in a name
        value = "\\".join(str(part) for part in value)
    return str(value).strip(_PADDING)


def numbers(dataset: Dataset, keyword: str) -> tuple[float, ...]:
    """Return the numbers of an attribute; none when it is absent or empty.

    Raises
    ------
    CorruptDicomError
        If one is not a number.
    """
    try:
        value = dataset.get(keyword)  # pydicom converts on access
        if value is None or value == "":
            return ()
        parts = value if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
        return tuple(float(part) for part in parts)
    except (TypeError, ValueError, OverflowError, struct.error, BytesLengthException) as error:
        raise CorruptDicomError(f"{keyword} holds something that is no number") from error


def number(dataset: Dataset, keyword: str) -> float | None:
    """Return the one number of an attribute, or None when it is absent or empty.

    Raises
    ------
    CorruptDicomError
        If there is more than one, or it is not a number.
    """
    values = numbers(dataset, keyword)
    if len(values) > 1:
        raise CorruptDicomError(f"{keyword} has {len(values)} values", expected="one")
    return values[0] if values else None


def integer(dataset: Dataset, keyword: str) -> int | None:
    """Return the one whole number of an attribute, or None when it is absent or empty.

    Raises
    ------
    CorruptDicomError
        If there is more than one, or it is not whole.
    """
    value = number(dataset, keyword)
    if value is None:
        return None
    if not value.is_integer():
        raise CorruptDicomError(f"{keyword} is {value}", expected="a whole number")
    return int(value)


def required_integer(dataset: Dataset, keyword: str) -> int:
    """Return the one whole number of an attribute.

    Raises
    ------
    MissingAttributeError
        If it is absent or empty.
    """
    value = integer(dataset, keyword)
    if value is None:
        raise MissingAttributeError(f"{keyword} is missing")
    return value


def items(dataset: Dataset, keyword: str) -> list[Dataset]:
    """Return the items of a sequence; none when it is absent or empty.

    Raises
    ------
    CorruptDicomError
        If the attribute is not a sequence.
    """
    value = dataset.get(keyword)
    if not value:
        return []
    if not all(isinstance(item, Dataset) for item in value):
        raise CorruptDicomError(f"{keyword} is not a sequence")
    return list(value)


def referenced_uids(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    """Return the ReferencedSOPInstanceUID of every item of a sequence, each once, in order."""
    uids = (text(item, "ReferencedSOPInstanceUID") for item in items(dataset, keyword))
    return tuple(dict.fromkeys(filter(None, uids)))
