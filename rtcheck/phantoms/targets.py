"""Targets of the made-up patients: tumours and their margins, drawn slice by slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtcheck.phantoms.shapes import Blob, Contours, Outline, Values, draw, grow

SLICE_MM = 3.0
"""Distance of the slices that everything is drawn on: every multiple of it is a slice."""

_FINE_MM = 1.0
"""Margins are grown from planes this near: a tumour does not end on a slice."""
_TUMOUR = Outline(
    points=180, rounding_rad=0.08, wobble=((2, 0.05, 0.6, 0.04), (3, 0.04, 1.1, -0.05))
)


@dataclass(frozen=True, eq=False)
class Volume:
    """A target volume on planes that are nearer to each other than the slices.

    Parameters
    ----------
    fine : tuple of ndarray of shape (n, 3)
        Its contours in mm, patient axes.
    """

    fine: Contours

    @classmethod
    def tumour(cls, *blobs: Blob) -> Volume:
        """Return the tumour made of overlapping blobs, seen from the axis of the first."""
        first = blobs[0]
        planes = _fine_planes([first])
        drawn = []
        for z in planes:
            seen = first.section(z)
            if seen is not None:
                sections = [b.section(z) for b in blobs]
                drawn.append(draw(z, seen.x, seen.y, sections, (), _TUMOUR))
        return cls(tuple(c for c in drawn if c is not None))

    def grown(self, axial_mm: float, z_mm: float) -> Volume:
        """Return this volume with a margin in the plane and along z, in mm."""
        low, high = self.fine[0][0, 2] - z_mm, self.fine[-1][0, 2] + z_mm
        planes = np.arange(np.ceil(low / _FINE_MM), np.floor(high / _FINE_MM) + 1) * _FINE_MM
        return Volume(grow(self.fine, planes, axial_mm, z_mm, points=180))

    @property
    def contours(self) -> Contours:
        """Return its contours on the slices."""
        return tuple(c for c in self.fine if abs(c[0, 2] / SLICE_MM % 1) < 1e-6)


def _fine_planes(blobs: Sequence[Blob]) -> Values:
    low = min(b.center_mm[2] - b.semi_axes_mm[2] for b in blobs)
    high = max(b.center_mm[2] + b.semi_axes_mm[2] for b in blobs)
    return np.arange(np.ceil(low / _FINE_MM), high / _FINE_MM) * _FINE_MM
