"""The dose of the made-up patients: conformal beams around targets, smooth everywhere.

Each target gets a plateau that ends some millimetres outside it and is blurred, as scattered
radiation blurs a field edge. Around it lies the bath of its beams: shaped like the target as each
beam sees it, weakened with depth, built up under the skin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rtcheck.phantoms.records import Points
from rtcheck.phantoms.shapes import Contours, Values, grow, polar

Cube = NDArray[np.float64]
"""Values on a grid, shape (nz, ny, nx) or one that broadcasts to it."""

_ATTENUATION_PER_MM = 0.0045
"""Photons of 6 MV in soft tissue, some 4.5 % a centimetre."""
_BUILD_UP_MM = 5.0
_SCATTER, _SCATTER_MM = 0.1, 25.0
"""Which part of the bath is scattered and leaked, and how far it goes."""


@dataclass(frozen=True, eq=False)
class Grid:
    """The points of the dose grid in mm, patient axes; evenly spaced, ascending."""

    x_mm: Values
    y_mm: Values
    z_mm: Values

    @classmethod
    def around(cls, contours: Contours, spacing_mm: float) -> Grid:
        """Return the grid that covers contours by more than one step on every side.

        Its planes in z are those of the contours, as far as they are spaced by `spacing_mm`.
        """
        points = np.concatenate(contours)
        axes = []
        for low, high in zip(points.min(axis=0), points.max(axis=0), strict=True):
            first = np.floor(low / spacing_mm + 1e-6) - 1
            last = np.ceil(high / spacing_mm - 1e-6) + 1
            axes.append(np.arange(first, last + 1) * spacing_mm)
        return cls(*axes)


@dataclass(frozen=True, eq=False)
class Field:
    """How one target is irradiated.

    Parameters
    ----------
    target : tuple of ndarray
        Contours of the target (the PTV).
    dose_gy : float
        Dose of the plateau in Gy, before the ripple.
    gantry_deg : tuple of float
        Gantry angles of its beams; 0 comes from the front, 90 from the patient's left.
    edge_mm : float
        How far outside the target the field edge (half the dose) lies.
    blur_mm : float
        Standard deviation of the blur of that edge.
    bath : float
        Strength of the beams outside the plateau; 1 is what the beams would really leave.
    cold : callable or None
        Takes x, y, z in mm (arrays that broadcast) and returns which fraction of the dose is
        missing there: what a planner does who spares something.
    """

    target: Contours
    dose_gy: float
    gantry_deg: tuple[float, ...]
    edge_mm: float = 10.0
    blur_mm: float = 4.2
    bath: float = 1.0
    cold: Callable[[Cube, Cube, Cube], Cube] | None = field(default=None)


def compute_dose(
    grid: Grid, body: Contours, fields: Sequence[Field], boosts: Sequence[Field] = ()
) -> Cube:
    """Return the dose in Gy on a grid, shape (nz, ny, nx).

    Parameters
    ----------
    grid : Grid
        Where.
    body : tuple of ndarray
        Outer contours of the patient: no dose outside.
    fields : sequence of Field
        One for each target. Where plateaus meet the higher one counts; baths add up.
    boosts : sequence of Field
        What a part of a target gets on top of the plateau, as a difference in Gy; their beams and
        baths are not used.
    """
    shape = (len(grid.z_mm), len(grid.y_mm), len(grid.x_mm))
    bath, plateau, share = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    middle = body[len(body) // 2]
    for one in fields:
        planes = _grown_planes(grid, one)
        mask = _blurred_mask(grid, planes, one)
        plateau = np.maximum(plateau, mask * one.dose_gy)
        share = np.maximum(share, mask)
        beams = _beams(grid, middle, planes, one)
        if one.cold is not None:
            beams *= 1 - one.cold(*_axes(grid))
        bath += one.dose_gy * one.bath * beams
    for one in boosts:
        mask = _blurred_mask(grid, _grown_planes(grid, one), one)
        plateau += mask * one.dose_gy
    scatter = bath
    for axis, points in enumerate((grid.z_mm, grid.y_mm, grid.x_mm)):
        scatter = _blur(scatter, axis, points, _SCATTER_MM)
    bath = _blur(bath, 0, grid.z_mm, 4.0) * (1 - _SCATTER) + scatter * _SCATTER
    # A bath cannot be hotter than the plateau whose beams it is made of.
    ceiling = max(one.dose_gy for one in fields)
    bath = ceiling * 0.9 * np.tanh(bath / (ceiling * 0.9))
    x, y, z = _axes(grid)
    ripple = 1 + 0.013 * np.sin(x / 9 + 1) * np.sin(y / 11 + z / 17) + 0.01 * np.sin(z / 8)
    dose = (plateau + bath * (1 - share)) * ripple
    return np.asarray(dose * _inside_body(grid, body))


def _axes(grid: Grid) -> tuple[Cube, Cube, Cube]:
    """Return x, y and z of the grid in mm, in shapes that broadcast to (nz, ny, nx)."""
    return grid.x_mm[None, None, :], grid.y_mm[None, :, None], grid.z_mm[:, None, None]


def _grown_planes(grid: Grid, one: Field) -> Contours:
    return grow(one.target, grid.z_mm, one.edge_mm, one.edge_mm, points=120)


def _blurred_mask(grid: Grid, planes: Contours, one: Field) -> Cube:
    """Return how much of a field's full dose each point gets, from 0 to 1."""
    mask = np.zeros((len(grid.z_mm), len(grid.y_mm), len(grid.x_mm)))
    for contour in planes:
        mask[_index(grid.z_mm, contour[0, 2])] = _covered(grid, contour)
    if one.cold is not None:
        mask *= 1 - one.cold(*_axes(grid))
    for axis, points in enumerate((grid.z_mm, grid.y_mm, grid.x_mm)):
        mask = _blur(mask, axis, points, one.blur_mm)
    return mask


def _covered(grid: Grid, contour: Points) -> Cube:
    """Return which part of each pixel (y, x) lies within a contour, about."""
    angles = np.linspace(-np.pi, np.pi, 361)
    x, y, radius = polar(contour, angles)
    dx, dy = grid.x_mm[None, :] - x, grid.y_mm[:, None] - y
    far = np.hypot(dx, dy)
    edge = np.interp(np.arctan2(dy, dx), angles, radius)
    return np.asarray(np.clip(0.5 - (far - edge) / (grid.x_mm[1] - grid.x_mm[0]), 0, 1))


def _beams(grid: Grid, body: Points, planes: Contours, one: Field) -> Cube:
    """Return the sum of a field's beams; 1 is their sum in the middle of the target."""
    dose = np.zeros((len(grid.z_mm), len(grid.y_mm), len(grid.x_mm)))
    x, y = grid.x_mm[None, :], grid.y_mm[:, None]
    middle_x, middle_y = np.concatenate(planes)[:, :2].mean(axis=0)
    for gantry in np.deg2rad(one.gantry_deg):
        source = np.array([np.sin(gantry), -np.cos(gantry)])
        deep = _depth(x, y, source, body)
        deep_middle = float(_depth(middle_x, middle_y, source, body))
        along = np.exp(-_ATTENUATION_PER_MM * (deep - deep_middle))
        along *= 1 - 0.6 * np.exp(-np.maximum(deep, 0) / _BUILD_UP_MM)
        side = x * source[1] - y * source[0]
        for contour in planes:
            seen = contour[:, 0] * source[1] - contour[:, 1] * source[0]
            width = one.blur_mm * 0.8
            open_ = 1 / (1 + np.exp((seen.min() - side) / width))
            open_ /= 1 + np.exp(np.minimum((side - seen.max()) / width, 50))
            dose[_index(grid.z_mm, contour[0, 2])] += along * open_
    return dose / len(one.gantry_deg)


def _depth(x: Values | float, y: Values | float, source: Values, body: Points) -> Values:
    """Return the depth in mm of points under the skin, toward a source direction.

    The skin is taken as the ellipse with the half-widths of one contour.
    """
    a, b = np.abs(body[:, :2]).max(axis=0)
    ux, uy, ox, oy = source[0] / a, source[1] / b, np.asarray(x) / a, np.asarray(y) / b
    square, half, rest = ux**2 + uy**2, ux * ox + uy * oy, ox**2 + oy**2 - 1
    under = np.maximum(half**2 - square * rest, 0)
    return np.asarray(np.maximum((-half + np.sqrt(under)) / square, 0))


def _inside_body(grid: Grid, body: Contours) -> Cube:
    inside = np.zeros((len(grid.z_mm), len(grid.y_mm), len(grid.x_mm)))
    level = {_index(grid.z_mm, c[0, 2]): c for c in body}
    for k in range(len(grid.z_mm)):
        nearest = min(level, key=lambda at: abs(at - k))
        inside[k] = _covered(grid, level[nearest])
    return inside


def _blur(values: Cube, axis: int, points_mm: Values, sigma_mm: float) -> Cube:
    """Return values blurred along one axis by a Gaussian; beyond the ends they are zero."""
    step = points_mm[1] - points_mm[0]
    reach = int(np.ceil(3.5 * sigma_mm / step))
    weights = np.exp(-((np.arange(-reach, reach + 1) * step / sigma_mm) ** 2) / 2)
    weights /= weights.sum()
    n = values.shape[axis]
    blurred = np.asarray(weights[reach] * values)
    for k in range(1, reach + 1):
        there = np.moveaxis(values, axis, 0)
        out = np.moveaxis(blurred, axis, 0)
        out[: n - k] += weights[reach + k] * there[k:]
        out[k:] += weights[reach - k] * there[: n - k]
    return blurred


def _index(points_mm: Values, at_mm: float) -> int:
    return int(np.argmin(np.abs(points_mm - at_mm)))
