"""PixelData of an RT Dose -> stored integers, from every uncompressed transfer syntax and RLE."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.uid import RLELossless

from rtcheck.dicom.attributes import integer, required_integer, text
from rtcheck.dicom.codes import Refusal

_PIXEL_DATA = 0x7FE00010
_UNDEFINED_LENGTH = 0xFFFFFFFF


def stored_values(
    dataset: Dataset, shape: tuple[int, int, int], where: str
) -> NDArray[np.integer[Any]]:
    """Return the stored values of shape (frames, rows, columns), unscaled.

    Uncompressed values are a view of the file's bytes: a dose grid is large. pydicom's own
    ``pixel_array`` copies them, and refuses a file that does not name its transfer syntax.

    Raises
    ------
    Refusal
        If there are none, fewer or more than the shape asks for, or in a form that is not
        supported.
    """
    bits = required_integer(dataset, "BitsAllocated")
    layout = (
        integer(dataset, "SamplesPerPixel"),
        integer(dataset, "BitsStored"),
        integer(dataset, "HighBit"),
    )
    signed = required_integer(dataset, "PixelRepresentation")
    if bits not in (16, 32) or layout != (1, bits, bits - 1) or signed not in (0, 1):
        raise Refusal(
            "DOSE_PIXEL_FORMAT_UNSUPPORTED",
            f"{bits} bits allocated; samples, bits stored and high bit are {layout}",
            where,
        )
    # As raw element: converting it would copy it.
    element = dataset.get_item(_PIXEL_DATA)
    if not isinstance(element, RawDataElement) or not element.value:
        raise Refusal("DOSE_PIXEL_DATA_MISSING", "there is no PixelData", where)
    if element.length == _UNDEFINED_LENGTH:
        return _decompressed(dataset, shape, where)

    expected = shape[0] * shape[1] * shape[2] * bits // 8
    length = len(element.value)
    found = f"PixelData has {length} bytes, {expected} are needed"
    if length < max(expected, element.length):
        raise Refusal("DOSE_PIXEL_DATA_TRUNCATED", found, where)
    if length > expected:
        raise Refusal("DOSE_PIXEL_DATA_MISMATCH", found, where)
    order = "<" if element.is_little_endian else ">"
    dtype = np.dtype(f"{order}{'i' if signed else 'u'}{bits // 8}")
    values: NDArray[np.integer[Any]] = np.frombuffer(element.value, dtype)
    return values.reshape(shape)


def _decompressed(
    dataset: Dataset, shape: tuple[int, int, int], where: str
) -> NDArray[np.integer[Any]]:
    transfer_syntax = text(dataset.file_meta, "TransferSyntaxUID")
    if transfer_syntax != RLELossless:
        raise Refusal(
            "DOSE_PIXEL_FORMAT_UNSUPPORTED",
            f"PixelData is compressed, transfer syntax {transfer_syntax or 'not stated'}",
            where,
        )
    try:
        values: NDArray[np.integer[Any]] = dataset.pixel_array
    except (ValueError, IndexError, RuntimeError, StopIteration) as error:
        raise Refusal(
            "DOSE_PIXEL_DATA_TRUNCATED",
            f"PixelData cannot be decompressed ({type(error).__name__})",
            where,
        ) from error
    if values.size != shape[0] * shape[1] * shape[2]:
        raise Refusal("DOSE_PIXEL_DATA_MISMATCH", f"PixelData has {values.size} values", where)
    return values.reshape(shape)
