"""Smooth bodies drawn slice by slice: what organs and targets of the patients are made of.

A section is star-shaped: seen from a point inside it, its outline is a radius over the angle. So
it can be cut out of ellipses, carved by others, rounded and grown with a few lines of arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rtcheck.phantoms.records import Points

Values = NDArray[np.float64]
Contours = tuple[Points, ...]

_SOURCE_POINTS = 100
"""Points that stand for a contour when it is grown."""


@dataclass(frozen=True)
class Ellipse:
    """An ellipse along the axes of a plane: centre and semi-axes in mm."""

    x: float
    y: float
    a: float
    b: float

    def crossings(self, x: float, y: float, angles: Values) -> tuple[Values, Values]:
        """Return where rays from a point enter and leave it, in mm; nan where they miss it."""
        ox, oy = (x - self.x) / self.a, (y - self.y) / self.b
        ux, uy = np.cos(angles) / self.a, np.sin(angles) / self.b
        square, half, rest = ux**2 + uy**2, ux * ox + uy * oy, ox**2 + oy**2 - 1
        under = half**2 - square * rest
        root = np.sqrt(np.where(under < 0, np.nan, under))
        return (-half - root) / square, (-half + root) / square


@dataclass(frozen=True)
class Blob:
    """A rounded body whose sections are ellipses.

    Parameters
    ----------
    center_mm : tuple of float
        Its centre (x, y, z).
    semi_axes_mm : tuple of float
        Its half-widths along x, y and z.
    lean : tuple of float
        How far its axis moves in x and y for each mm in z.
    blunt : tuple of float
        How blunt its lower and its upper end are: 2 is an ellipsoid, more is nearer to a column.
    """

    center_mm: tuple[float, float, float]
    semi_axes_mm: tuple[float, float, float]
    lean: tuple[float, float] = (0.0, 0.0)
    blunt: tuple[float, float] = (2.0, 2.0)

    def section(self, z_mm: float, grown_mm: float = 0.0) -> Ellipse | None:
        """Return its section at a height, grown by some mm, or None where there is none."""
        x, y, z = self.center_mm
        a, b, c = (s + grown_mm for s in self.semi_axes_mm)
        height = (z_mm - z) / c
        if abs(height) >= 1:
            return None
        power = self.blunt[int(height > 0)]
        size = (1 - abs(height) ** power) ** (1 / power)
        dz = z_mm - z
        return Ellipse(x + self.lean[0] * dz, y + self.lean[1] * dz, a * size, b * size)


@dataclass(frozen=True)
class Outline:
    """How the outline of an organ is drawn.

    Parameters
    ----------
    points : int
        Points of a contour.
    rounding_rad : float
        Over which angle corners are rounded off.
    wobble : tuple of (int, float, float, float)
        Waves on the outline: how many round it, their height as a fraction of the radius, their
        phase in rad, and how the phase turns with z in rad/mm.
    smallest_mm : float
        Sections with a smaller mean radius are not drawn.
    """

    points: int = 90
    rounding_rad: float = 0.07
    wobble: tuple[tuple[int, float, float, float], ...] = field(default=())
    smallest_mm: float = 2.5


def draw(
    z_mm: float,
    x: float,
    y: float,
    filled: Iterable[Ellipse | None],
    carved: Iterable[Ellipse | None] = (),
    outline: Outline = Outline(),
) -> Points | None:
    """Return the outline of some ellipses without some others, as seen from a point inside.

    Parameters
    ----------
    z_mm : float
        Height of the plane in mm.
    x, y : float
        The point it is seen from in mm.
    filled, carved : iterable of Ellipse or None
        What it is made of, and what is cut out of it. None is skipped.
    outline : Outline
        How to draw it.

    Returns
    -------
    ndarray of shape (points, 3) or None
        None where nothing is left.
    """
    angles = 2 * np.pi * np.arange(outline.points) / outline.points
    radius = np.zeros(outline.points)
    for ellipse in filled:
        if ellipse is not None:
            radius = np.fmax(radius, ellipse.crossings(x, y, angles)[1])
    for ellipse in carved:
        if ellipse is not None:
            near, far = ellipse.crossings(x, y, angles)
            radius = np.fmin(radius, np.where(far > 0, np.maximum(near, 0), np.nan))
    harmonics = np.arange(outline.points // 2 + 1)
    spectrum = np.fft.rfft(radius) * np.exp(-((harmonics * outline.rounding_rad) ** 2) / 2)
    radius = np.fft.irfft(spectrum, outline.points)
    for waves, size, phase, twist in outline.wobble:
        radius = radius * (1 + size * np.sin(waves * angles + phase + twist * z_mm))
    if radius.mean() < outline.smallest_mm or radius.min() < 0.2:
        return None
    return np.column_stack(
        [x + radius * np.cos(angles), y + radius * np.sin(angles), np.full(outline.points, z_mm)]
    )


def draw_blob(
    blob: Blob,
    z_planes_mm: Iterable[float],
    outline: Outline = Outline(),
    carved: Sequence[Blob] = (),
) -> Contours:
    """Return a blob's contours on the planes that cut it, seen from its own axis."""
    contours = []
    for z in z_planes_mm:
        section = blob.section(z)
        if section is not None:
            cuts = [c.section(z) for c in carved]
            contours.append(draw(z, section.x, section.y, [section], cuts, outline))
    return tuple(c for c in contours if c is not None)


def grow(
    contours: Contours,
    z_planes_mm: Iterable[float],
    axial_mm: float,
    z_mm: float,
    points: int = 90,
) -> Contours:
    """Return contours grown by an ellipsoid, as a planning system grows a target.

    Parameters
    ----------
    contours : tuple of ndarray of shape (n, 3)
        Roundish bodies; several that overlap are grown as one.
    z_planes_mm : iterable of float
        The planes to draw on.
    axial_mm, z_mm : float
        The margin in the plane and along z.
    points : int
        Points of a contour.

    Notes
    -----
    The exact Minkowski sum of the contours and the ellipsoid, as seen from the middle of each
    plane: concave dents that cannot be seen from there are filled.
    """
    rings = [_evenly(c) for c in contours]
    source = np.concatenate(rings)
    # A ray must not slip through between two points of the outline.
    gaps = [np.hypot(*(c[1, :2] - c[0, :2])) for c in rings]
    least = np.repeat(0.6 * np.asarray(gaps), _SOURCE_POINTS)
    angles = 2 * np.pi * np.arange(points) / points
    ux, uy = np.cos(angles), np.sin(angles)
    grown = []
    for z in z_planes_mm:
        height = (source[:, 2] - z) / z_mm
        near = np.abs(height) < 1
        if not near.any():
            continue
        x, y = source[near, :2].mean(axis=0)
        px, py = source[near, 0] - x, source[near, 1] - y
        disc = np.maximum(axial_mm * np.sqrt(1 - height[near] ** 2), least[near])
        along = np.outer(ux, px) + np.outer(uy, py)
        reach = disc**2 - (np.outer(ux, py) - np.outer(uy, px)) ** 2
        radius = np.where(reach >= 0, along + np.sqrt(np.maximum(reach, 0)), 0.0).max(axis=1)
        grown.append(np.column_stack([x + radius * ux, y + radius * uy, np.full(points, z)]))
    return tuple(grown)


def _evenly(contour: Points) -> Points:
    """Return a closed contour as points of equal distance along it."""
    closed = np.concatenate([contour, contour[:1]])
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closed[:, :2], axis=0).T))])
    at = along[-1] * np.arange(_SOURCE_POINTS) / _SOURCE_POINTS
    return np.column_stack([np.interp(at, along, closed[:, k]) for k in range(3)])


def polar(contour: Points, angles: Values) -> tuple[float, float, Values]:
    """Return the middle (x, y) of a star-shaped contour in mm and its radius at some angles."""
    x, y = contour[:, :2].mean(axis=0)
    px, py = contour[:, 0] - x, contour[:, 1] - y
    phi = np.arctan2(py, px)
    order = np.argsort(phi)
    radius = np.interp(angles, phi[order], np.hypot(px, py)[order], period=2 * np.pi)
    return float(x), float(y), radius
