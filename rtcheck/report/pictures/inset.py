"""Where in the patient a close-up is: the whole plane, small, in a corner of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

LARGEST, GAP = 104.0, 6.0
"""Longer side of the inset, and how far it is from the border."""


@dataclass(frozen=True, eq=False)
class Whole:
    """What a close-up is a part of.

    Parameters
    ----------
    low_mm, high_mm : ndarray of shape (2,)
        The corners (x, y) of the whole.
    contours_mm : tuple of ndarray of shape (n, 2)
        The contours in it.
    """

    low_mm: Values
    high_mm: Values
    contours_mm: tuple[Values, ...]

    def size(self) -> tuple[float, float]:
        """Return width and height of the inset."""
        width, height = self.high_mm - self.low_mm
        scale = LARGEST / max(width, height)
        return float(width * scale), float(height * scale)

    def svg(
        self, corner: tuple[float, float], frame_mm: Sequence[float], ink: str, paper: str
    ) -> list[str]:
        """Return it with its lower right corner at a point, and the frame of the close-up.

        Parameters
        ----------
        corner : tuple of float
            Where it ends at the right and below.
        frame_mm : sequence of float
            The close-up as (x, y, width, height).
        ink, paper : str
            Colours.
        """
        width, height = self.size()
        scale = width / float(self.high_mm[0] - self.low_mm[0])
        left, top = corner[0] - width, corner[1] - height

        def at(points: Values) -> Values:
            return (points - self.low_mm) * scale + (left, top)

        paths = "".join(
            "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in _thinned(at(c))) + "Z"
            for c in self.contours_mm
        )
        x, y = at(np.array(frame_mm[:2], dtype=np.float64))
        size = f'width="{frame_mm[2] * scale:.1f}" height="{frame_mm[3] * scale:.1f}"'
        return [
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{paper}" fill-opacity=".8" stroke="{ink}" stroke-opacity=".6"/>',
            f'<path d="{paths}" fill="none" stroke="{ink}" stroke-width=".8"/>',
            f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="none" stroke="{ink}" stroke-width="2">'
            "<title>Where in the patient this is</title></rect>",
        ]


def _thinned(points: Values) -> Values:
    """Return points about a pixel apart: more are not seen at that size."""
    steps = np.hypot(*np.diff(points, axis=0, prepend=points[-1:]).T)
    return points[np.flatnonzero(np.diff(np.floor(np.cumsum(steps) / 1.5), prepend=-1))]
