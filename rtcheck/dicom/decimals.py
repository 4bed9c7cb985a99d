"""Decimal strings -> numbers, a whole structure at a time, to the bit what ``float()`` gives.

A structure set holds millions of decimal strings. Almost all are plain: a minus or none, digits,
a point or none. The digits are an integer, which the point divides by a power of ten; while both
are exact as float64, their quotient is the nearest float64, and so is what ``float()`` returns.
All strings of a stretch of text are read at once, eight digits as one 64-bit word. Strings of any
other kind, with an exponent or a blank, are left one by one to ``float()`` itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_STRETCH_BYTES = 1 << 17
"""So much text is read at once: its words stay in the processor's cache."""

_LONGEST_EXACT = 15
"""So many digits always fit into the 53 bits of a float64."""

_POWERS_OF_TEN = 10.0 ** np.arange(_LONGEST_EXACT + 1)

_WORD = 8
_DIGITS_KEPT = np.array(
    [int.from_bytes(bytes(_WORD - n) + b"\x0f" * n, "little") for n in range(_WORD + 1)],
    dtype=np.uint64,
)
"""Masks that turn the last n characters of a word into digits, and the others into zeros."""

_HALVES = tuple(
    (np.uint64(scale), np.uint64(shift), np.uint64(kept))
    for scale, shift, kept in (
        (10, 8, 0x00FF00FF00FF00FF),
        (100, 16, 0x0000FFFF0000FFFF),
        (10_000, 32, 0x00000000FFFFFFFF),
    )
)
"""A pair of neighbours becomes one number: of digits, then of tens, then of thousands."""

_BACKSLASH, _POINT, _MINUS, _ZERO = b"\\.-0"


def parse_decimals(text: bytes, count: int) -> NDArray[np.float64] | None:
    r"""Return the numbers of a text of decimal strings, or None if it does not hold so many.

    Parameters
    ----------
    text : bytes
        Decimal strings with a backslash between each two.
    count : int
        How many there are.

    Examples
    --------
    >>> parse_decimals(rb"1.5\-20\.25", 3)
    array([  1.5 , -20.  ,   0.25])
    >>> parse_decimals(rb"1.5\left", 2) is None
    True
    """
    values = np.empty(count)
    done = start = 0
    # A number's word may begin before the number.
    padded = np.frombuffer(b"".join((bytes(2 * _WORD), text, b"\\")), dtype=np.uint8)
    while start < len(text):
        end = text.find(b"\\", start + _STRETCH_BYTES)
        end = len(text) if end < 0 else end
        numbers = _numbers(padded[start : 2 * _WORD + end + 1])
        if numbers is None or done + len(numbers) > count:
            return None
        values[done : done + len(numbers)] = numbers
        done += len(numbers)
        start = end + 1
    return values if done == count else None


def _numbers(padded: NDArray[np.uint8]) -> NDArray[np.float64] | None:
    """Return the numbers of a stretch that ends with a backslash, or None if one is none.

    The first two words are not looked at.
    """
    characters = padded[2 * _WORD :]
    is_mark = (characters == _BACKSLASH) | (characters == _POINT)
    marks = np.flatnonzero(is_mark)
    end_marks = np.flatnonzero(characters[marks] == _BACKSLASH)
    ends = marks[end_marks]
    marks_each = np.diff(end_marks, prepend=-1)
    starts = np.concatenate([[0], ends[:-1] + 1])
    has_point = marks_each == 2
    points = np.where(has_point, marks[end_marks - 1], ends)
    negative = characters[starts] == _MINUS
    whole = points - starts - negative
    part = ends - points - has_point
    digits = whole + part
    odd = (marks_each > 2) | (digits < 1) | (digits > _LONGEST_EXACT)
    neither = ~(is_mark | (characters - np.uint8(_ZERO) <= 9))
    if np.count_nonzero(neither) != np.count_nonzero(negative):
        odd |= np.add.reduceat(neither, starts, dtype=np.intp) != negative
    whole[odd] = part[odd] = 0
    scale = _POWERS_OF_TEN[part]
    values: NDArray[np.float64] = _integers(padded, points, whole) * scale
    values += _integers(padded, ends, part)
    values /= scale
    np.negative(values, out=values, where=negative)
    for i in np.flatnonzero(odd):
        number = _number(characters[starts[i] : ends[i]].tobytes())
        if number is None:
            return None
        values[i] = number
    return values


def _integers(
    padded: NDArray[np.uint8], ends: NDArray[np.intp], lengths: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the integers of at most 15 digits that end before the given characters."""
    words = np.ndarray(len(padded) - _WORD + 1, "<u8", padded, strides=(1,))
    values = _word_values(words[ends + _WORD], np.minimum(lengths, _WORD))
    if lengths.max() > _WORD:
        values += 1e8 * _word_values(words[ends], np.maximum(lengths - _WORD, 0))
    return values


def _word_values(words: NDArray[np.uint64], lengths: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the integers that the last characters of each word make."""
    words &= _DIGITS_KEPT[lengths]
    for scale, shift, kept in _HALVES:
        words = (words * scale + (words >> shift)) & kept
    return words.astype(np.float64)


def _number(text: bytes) -> float | None:
    try:
        # Underscores are allowed in Python's numbers, not in DICOM's.
        return None if b"_" in text else float(text)
    except ValueError:
        return None
