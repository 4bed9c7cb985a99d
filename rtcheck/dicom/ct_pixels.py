"""PixelData of a CT slice -> Hounsfield units."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from rtcheck.dicom.attributes import integer, number, required_integer, text
from rtcheck.dicom.codes import Refusal


def hounsfield(dataset: Dataset, shape: tuple[int, int], where: str) -> NDArray[np.float32]:
    """Return the Hounsfield units of a slice, shape (rows, columns) as stored.

    Parameters
    ----------
    dataset : Dataset
        The whole slice.
    shape : tuple of int
        Rows and columns, already found plausible.
    where : str
        File relative to the input, for findings.

    Raises
    ------
    Refusal
        If pixels or rescaling are missing or in a form that is not supported.

    Notes
    -----
    ``HU = RescaleSlope × stored + RescaleIntercept``. Bits beyond BitsStored are no part of a
    value: of signed values the sign is in the highest stored bit.
    """
    slope, intercept = number(dataset, "RescaleSlope"), number(dataset, "RescaleIntercept")
    if slope is None or intercept is None or not np.isfinite([slope, intercept]).all():
        raise Refusal("CT_PIXEL_DATA_INVALID", "the CT does not say what its values mean", where)
    bits, stored = required_integer(dataset, "BitsAllocated"), integer(dataset, "BitsStored")
    high, signed = integer(dataset, "HighBit"), required_integer(dataset, "PixelRepresentation")
    stored = bits if stored is None else stored
    high = stored - 1 if high is None else high
    plain = bits in (8, 16) and signed in (0, 1) and 0 < stored <= high + 1 <= bits
    if not plain or integer(dataset, "SamplesPerPixel") not in (1, None):
        found = f"{bits} bits allocated, {stored} stored, high bit {high}"
        raise Refusal("CT_PIXEL_FORMAT_UNSUPPORTED", found, where)
    values = _values(dataset, shape, bits, signed, where)
    # Left, and back with the sign: what lies beyond the stored bits falls off.
    values = (values << (bits - 1 - high)) >> (bits - stored)
    return values.astype(np.float32) * np.float32(slope) + np.float32(intercept)


def _values(
    dataset: Dataset, shape: tuple[int, int], bits: int, signed: int, where: str
) -> NDArray[Any]:
    """Return the values as allocated."""
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if syntax is not None and syntax.is_compressed:
        try:
            values: NDArray[Any] = np.asarray(dataset.pixel_array)
        except Exception as error:
            syntax_text = text(dataset.file_meta, "TransferSyntaxUID")
            found = f"the CT is compressed, transfer syntax {syntax_text}"
            raise Refusal("CT_PIXEL_FORMAT_UNSUPPORTED", found, where) from error
        if values.shape != shape or values.dtype.itemsize * 8 != bits:
            raise Refusal("CT_PIXEL_DATA_INVALID", "the CT slice has other pixels", where)
        return values
    data = dataset.get("PixelData") or b""
    needed = shape[0] * shape[1] * bits // 8
    if not needed <= len(data) <= needed + 1:
        found = f"PixelData has {len(data)} bytes, {needed} are needed"
        raise Refusal("CT_PIXEL_DATA_INVALID", found, where)
    little = syntax is None or syntax.is_little_endian
    dtype = np.dtype(f"{'<' if little else '>'}{'i' if signed else 'u'}{bits // 8}")
    return np.frombuffer(data[:needed], dtype).reshape(shape).astype(dtype.newbyteorder("="))
