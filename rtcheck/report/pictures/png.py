"""PNG files of grey or palette pixels: the two kinds that a picture embeds."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rgba = tuple[int, int, int, int]

_GREY, _PALETTE = 0, 3
_FILTER_NONE, _FILTER_UP = 0, 2


def grey_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a PNG of grey pixels, shape (rows, columns).

    Each row is stored as its difference from the row above: a CT is then a fifth smaller.
    """
    rows = np.diff(pixels, axis=0, prepend=np.uint8(0) * pixels[:1])
    return _png(rows, _GREY, _FILTER_UP, [])


def palette_png(pixels: NDArray[np.uint8], palette: Sequence[Rgba]) -> bytes:
    """Return a PNG of pixels that are numbers of colours, shape (rows, columns).

    Parameters
    ----------
    pixels : ndarray of uint8
        Numbers in the palette.
    palette : sequence of (red, green, blue, alpha)
        At most 256 colours, each value 0–255.
    """
    colors = np.array(palette, dtype=np.uint8)
    extra = [(b"PLTE", colors[:, :3].tobytes()), (b"tRNS", colors[:, 3].tobytes())]
    return _png(pixels, _PALETTE, _FILTER_NONE, extra)


def _png(
    rows: NDArray[np.uint8], kind: int, row_filter: int, extra: Sequence[tuple[bytes, bytes]]
) -> bytes:
    height, width = rows.shape
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    filtered = np.hstack([np.full((height, 1), row_filter, dtype=np.uint8), rows])
    data = zlib.compress(filtered.tobytes(), 9)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
