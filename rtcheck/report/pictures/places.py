"""Where labels stand in an image: on their line, and not on each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EDGE = 20.0
"""What labels keep free along the border: the letters of the orientation stand there."""

CANDIDATES = 40
"""Places looked at along a line."""


class Places:
    """The labels of one image so far.

    Parameters
    ----------
    width, height : float
        Of the image.
    """

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        # Each as (x, y, half its width, half its height).
        self._taken: list[tuple[float, float, float, float]] = []

    def beside(
        self, line: NDArray[np.float64], width: float, height: float
    ) -> tuple[float, float] | None:
        """Return the point of a line where a label of that size has most room, and take it.

        None if the line has no point in the image, or every one of them is taken.
        """
        inside = line[
            (line[:, 0] > EDGE)
            & (line[:, 0] < self.width - EDGE)
            & (line[:, 1] > EDGE)
            & (line[:, 1] < self.height - EDGE)
        ]
        candidates = inside[:: len(inside) // CANDIDATES + 1]
        best, room = None, 0.0
        for x, y in candidates:
            here = min([30.0, *(self._gap(x, y, width / 2, height / 2, t) for t in self._taken)])
            if here > room:
                best, room = (float(x), float(y)), here
        if best is not None:
            self._taken.append((*best, width / 2, height / 2))
        return best

    def keep_free(self, x: float, y: float, wide: float, high: float) -> None:
        """Let no label stand on a box, given by its middle and half its width and height."""
        self._taken.append((x, y, wide, high))

    @staticmethod
    def _gap(
        x: float, y: float, wide: float, high: float, taken: tuple[float, float, float, float]
    ) -> float:
        """Return how far a label is from one that stands already; not positive if they meet."""
        tx, ty, t_wide, t_high = taken
        return max(abs(x - tx) - wide - t_wide, abs(y - ty) - high - t_high)
