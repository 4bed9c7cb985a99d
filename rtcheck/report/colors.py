"""Colours of curves: told apart by everyone, on white and on dark paper.

An ROI keeps its own colour where it can be seen on both papers and is not like another curve's,
to the normal eye and to the three kinds of colour blindness. Otherwise it gets one of a palette.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

Rgb = tuple[float, float, float]

PAPERS = ("#ffffff", "#14181d")
"""Backgrounds a colour must be seen on."""

CONTRAST = 2.5
"""Least contrast ratio (WCAG 2) of a line with both papers."""

DISTANCE = 0.075
"""Least distance of two curves in OKLab, in whatever way they are seen."""

# Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB.
_BLINDNESS: tuple[tuple[Rgb, Rgb, Rgb], ...] = (
    (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
)
_TO_LMS = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_TO_OKLAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


def hex_of(color: tuple[int, int, int]) -> str:
    """Return a colour of 0–255 as ``#rrggbb``.

    Examples
    --------
    >>> hex_of((213, 94, 0))
    '#d55e00'
    """
    return "#" + "".join(f"{min(max(int(c), 0), 255):02x}" for c in color)


def is_visible(color: str) -> bool:
    """Return whether a colour stands out on white and on dark paper.

    Examples
    --------
    >>> is_visible("#ffff00"), is_visible("#d55e00")
    (False, True)
    """
    return all(_contrast(color, paper) >= CONTRAST for paper in PAPERS)


def is_told_apart(color: str, others: Sequence[str]) -> bool:
    """Return whether nobody takes a colour for one of the others.

    Examples
    --------
    >>> is_told_apart("#d55e00", ["#0072b2"]), is_told_apart("#d55e00", ["#d65f01"])
    (True, False)
    """
    return all(distance(color, other) >= DISTANCE for other in others)


def distance(one: str, other: str) -> float:
    """Return how far apart two colours are to the eye that sees them least apart (OKLab)."""
    return min(math.dist(p, q) for p, q in zip(_seen(one), _seen(other), strict=True))


@lru_cache(maxsize=512)
def _seen(color: str) -> tuple[Rgb, ...]:
    linear = _linear(color)
    return (_oklab(linear), *(_oklab(_times(matrix, linear)) for matrix in _BLINDNESS))


def _oklab(linear: Rgb) -> Rgb:
    clipped = tuple(min(max(c, 0.0), 1.0) for c in linear)
    r, g, b = _times(_TO_LMS, (clipped[0], clipped[1], clipped[2]))
    return _times(_TO_OKLAB, (r ** (1 / 3), g ** (1 / 3), b ** (1 / 3)))


def _times(matrix: tuple[Rgb, Rgb, Rgb], v: Rgb) -> Rgb:
    x, y, z = (sum(m * c for m, c in zip(row, v, strict=True)) for row in matrix)
    return x, y, z


def _linear(color: str) -> Rgb:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return r, g, b


def _contrast(one: str, other: str) -> float:
    a, b = (0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2] for c in (_linear(one), _linear(other)))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
