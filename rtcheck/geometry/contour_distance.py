"""Signed distance of every pixel to the contours of its plane, exact where a surface may pass.

A surface between two planes passes only where one of them, or one nearby, changes from inside to
outside. There the distance is that to the nearest point of the contour; elsewhere only its sign
is needed, and a rough figure does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.bodies import parts_of_planes
from rtcheck.geometry.distance import Fields, PixelGrid
from rtcheck.geometry.planes import Planes
from rtcheck.geometry.rows import row_crossings

Index = NDArray[np.int32]
Pixels = NDArray[np.float32]

NEAR_PIXELS = 2
"""How far around a change from inside to outside distances are exact: slopes look one further."""

FAR_PIXELS = np.float32(1e4)
"""Distance in pixels of a plane without contours near."""

NOWHERE = 1e6
"""Where a boundary point lies that is not there, in pixels."""


class PlaneFields(NamedTuple):
    """Signed distance of each contour plane, and the half-width of what each pixel is near.

    Parameters
    ----------
    distance_mm : ndarray of float32, shape (plane, y, x)
        Negative inside.
    radius_mm : ndarray of float32, shape (plane, y, x) or (plane, 1, 1)
        Radius of the largest disc in the connected part that the pixel is in or nearest to.
    """

    distance_mm: Fields
    radius_mm: Fields


@dataclass(frozen=True, eq=False)
class Edges:
    """Edges in pixel units: start, step, and the edges before and after on the same contour."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    dx: NDArray[np.float32]
    dy: NDArray[np.float32]
    before: Index
    after: Index

    @classmethod
    def of(cls, planes: Planes, grid: PixelGrid) -> Edges:
        """Return the edges of all planes, in pixels of a grid."""
        corner = np.array([grid.x0_mm, grid.y0_mm] * 2)
        x0, y0, x1, y1 = ((planes.edges_mm - corner) / grid.pitch_mm).T
        n = len(x0)
        first = np.flatnonzero(np.diff(planes.contour, prepend=-1))
        before, after = np.arange(-1, n - 1, dtype=np.int32), np.arange(1, n + 1, dtype=np.int32)
        last = np.append(first[1:], n) - 1
        before[first], after[last] = last, first
        x, y, dx, dy = (v.astype(np.float32) for v in (x0, y0, x1 - x0, y1 - y0))
        return cls(x, y, dx, dy, before, after)

    def along(
        self,
        x: NDArray[np.float32],
        y: NDArray[np.float32],
        edge: Index,
        least: NDArray[np.float32],
    ) -> tuple[NDArray[np.float32], Index]:
        """Return the distance of points to the contour, and the nearest edge.

        Parameters
        ----------
        edge : ndarray of int32
            An edge with a point near the nearest.
        least : ndarray of float32
            Squared distance to that point.

        Notes
        -----
        Where the foot of the perpendicular falls beyond an edge, the next one is looked at.
        """
        edge, least = edge.copy(), np.minimum(least, FAR_PIXELS**2)
        active, ahead = np.arange(len(x)), edge
        for _ in range(6):
            dx, dy = self.dx[ahead], self.dy[ahead]
            fx, fy = x[active] - self.x[ahead], y[active] - self.y[ahead]
            share = (fx * dx + fy * dy) / (dx * dx + dy * dy)
            foot = np.clip(share, 0, 1)
            found = (fx - foot * dx) ** 2 + (fy - foot * dy) ** 2
            nearer = found <= least[active]
            least[active[nearer]], edge[active[nearer]] = found[nearer], ahead[nearer]
            further = nearer & (share != foot)
            active, ahead, share = active[further], ahead[further], share[further]
            if not len(active):
                break
            ahead = np.where(share < 0, self.before[ahead], self.after[ahead])
        return np.sqrt(least), edge

    def foot(
        self, x: NDArray[np.float32], y: NDArray[np.float32], edge: Index
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the points of edges that are nearest to points."""
        dx, dy = self.dx[edge], self.dy[edge]
        share = ((x - self.x[edge]) * dx + (y - self.y[edge]) * dy) / (dx * dx + dy * dy)
        share = np.clip(share, 0, 1).astype(np.float32)
        foot_x, foot_y = self.x[edge] + share * dx, self.y[edge] + share * dy
        return foot_x.astype(np.float32), foot_y.astype(np.float32)


class Radii(NamedTuple):
    """What the parts of the planes are, whatever the grid.

    Parameters
    ----------
    part : ndarray of int64
        For each contour, ascending, the contour around its part of the plane.
    mm : ndarray of float32
        For each of these the radius of the largest disc in it.
    """

    part: NDArray[np.int64]
    mm: Pixels


def plane_fields(
    planes: Planes, grid: PixelGrid, radii: Radii | None = None
) -> tuple[PlaneFields, Radii]:
    """Return the fields of every contour plane on a pixel grid, and the radii of their parts.

    The radii are found by the pixels, if they are not known from another grid.
    """
    inside = inside_even_odd(planes, grid)
    border = _border(planes, grid)
    pixels = np.where(inside, -border.rough, border.rough)
    wanted = np.flatnonzero(_wanted(inside))
    exact, edge = border.nearest(wanted)
    pixels.reshape(-1)[wanted] = np.copysign(exact, pixels.reshape(-1)[wanted])
    if radii is None:
        radii = _radii(planes, border, inside, grid.pitch_mm)
    pitch = np.float32(grid.pitch_mm)
    radius = _radius_field(planes, pixels.shape, radii, wanted, edge) / pitch
    np.maximum(pixels, -radius, out=pixels)  # the rough figure knows no radius
    return PlaneFields(pixels * pitch, radius * pitch), radii


def inside_even_odd(planes: Planes, grid: PixelGrid) -> NDArray[np.bool_]:
    """Return which pixel centres are inside by the even-odd rule, shape (plane, y, x).

    Notes
    -----
    Holes drawn as inner loops, keyholes, and islands in holes all come out right: what counts is
    how many edges lie to the left of a pixel. All edges of all planes are worked on at once.
    """
    # The grid may be smaller than the structure: what lies above and below it is not asked for.
    edge, row, x = row_crossings(planes, grid.y0_mm, grid.pitch_mm, grid.ny)
    column = np.clip(np.ceil((x - grid.x0_mm) / grid.pitch_mm), 0, grid.nx).astype(np.int64)
    k = len(planes.z_mm)
    flat = (planes.plane[edge] * grid.ny + row) * (grid.nx + 1) + column
    toggles = np.bincount(flat, minlength=k * grid.ny * (grid.nx + 1))
    left = toggles.astype(np.uint8).reshape(k, grid.ny, grid.nx + 1)[:, :, :-1]
    return (np.bitwise_xor.accumulate(left, axis=2) & np.uint8(1)).view(np.bool_)


@dataclass(frozen=True, eq=False)
class Border:
    """The contours of all planes as boundary points, found by way of the pixels' columns.

    Parameters
    ----------
    edges : Edges
        The contours.
    x, y : ndarray of float32, shape (point + 1,)
        Boundary points in pixel units; the last stands for "none" and lies nowhere.
    edge : ndarray of int32, same shape
        The edge that each lies on.
    of_column : ndarray of int32, shape (plane, y, x)
        The point nearest to each pixel in its own column.
    rough : ndarray of float32, same shape
        How far that is in pixels; at least 2.
    middle : ndarray of int64
        Pixels halfway between two points of their column: among them are the deepest.
    """

    edges: Edges
    x: NDArray[np.float32]
    y: NDArray[np.float32]
    edge: Index
    of_column: Index
    rough: Fields
    middle: NDArray[np.int64]

    def nearest(self, wanted: NDArray[np.int64]) -> tuple[NDArray[np.float32], Index]:
        """Return the distance in pixels from each pixel to the contour, and the nearest edge.

        Column by column to the left and right, until what is found is nearer than the next one.
        """
        _, ny, nx = self.of_column.shape
        line, column = np.divmod(wanted, nx)
        x, y = column.astype(np.float32), (line % ny).astype(np.float32)
        of_column = self.of_column.reshape(-1)
        best = of_column[wanted]
        least = (self.x[best] - x) ** 2 + (self.y[best] - y) ** 2
        active = np.arange(len(wanted))
        for step in range(1, nx):
            # A point of the next column may be half a pixel nearer than its middle.
            active = active[least[active] > (step - 0.5) ** 2]
            if not len(active):
                break
            here, px, py = wanted[active], x[active], y[active]
            own, own2 = best[active], least[active]
            for side in (step, -step):
                beside = column[active] + side
                seen = (beside >= 0) & (beside < nx)
                point = of_column[np.where(seen, here + side, here)]
                found = (self.x[point] - px) ** 2 + (self.y[point] - py) ** 2
                nearer = found < own2
                np.copyto(own2, found, where=nearer)
                np.copyto(own, point, where=nearer)
            best[active], least[active] = own, own2
        return self.edges.along(x, y, self.edge[best], least)


def _border(planes: Planes, grid: PixelGrid) -> Border:
    """Return the boundary points of every plane: edges walked in steps of less than a pixel."""
    k, ny, nx = len(planes.z_mm), grid.ny, grid.nx
    edges = Edges.of(planes, grid)
    steps = np.maximum(1, np.ceil(np.hypot(edges.dx, edges.dy) * 1.25)).astype(np.int64)
    edge = np.repeat(np.arange(len(steps), dtype=np.int32), steps)
    first = np.cumsum(steps) - steps
    share = ((np.arange(len(edge)) - first[edge] + 0.5) / steps[edge]).astype(np.float32)
    x, y = edges.x[edge] + share * edges.dx[edge], edges.y[edge] + share * edges.dy[edge]
    # A pixel keeps the most central of its points; what lies beside the grid counts at its rim.
    column = np.clip(np.rint(x), 0, nx - 1).astype(np.int32)
    row = np.clip(np.rint(y), 0, ny - 1).astype(np.int32)
    none = len(edge)
    point = np.full((k, ny, nx), none, dtype=np.int32)
    nearest_last = np.argsort(-np.maximum(np.abs(x - column), np.abs(y - row)), kind="stable")
    at_pixel = (planes.plane[edge] * ny + row) * nx + column
    point.reshape(-1)[at_pixel[nearest_last]] = nearest_last
    at, far = np.arange(ny, dtype=np.int16)[None, :, None], np.int16(8191)
    free = point == none
    above = np.maximum.accumulate(np.where(free, -far, at), axis=1)
    below = np.minimum.accumulate(np.where(free, far, at)[:, ::-1], axis=1)[:, ::-1]
    to_above, to_below = at - above, below - at
    nearer = np.where(to_above <= to_below, above, below)
    lines = np.clip(nearer, 0, ny - 1).astype(np.int32) + np.arange(0, k * ny, ny)[:, None, None]
    of_column = point.reshape(-1)[lines * nx + np.arange(nx)]
    halfway = (np.abs(to_above - to_below) <= 1) & (to_above < far // 2)
    nowhere = np.float32(NOWHERE)
    return Border(
        edges,
        np.append(x, nowhere),
        np.append(y, nowhere),
        np.append(edge, np.int32(0)),
        of_column,
        np.clip(np.minimum(to_above, to_below), 2, None).astype(np.float32),
        np.flatnonzero(halfway),
    )


def _wanted(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels whose distance must be exact: where a surface between planes may pass.

    The cubic looks at two planes below and above. Beyond the ends the surface may pass anywhere
    inside, as far as the trend of the three last planes goes.
    """
    change = np.zeros_like(inside)
    across = inside[:, :, 1:] != inside[:, :, :-1]
    change[:, :, 1:] |= across
    change[:, :, :-1] |= across
    across = inside[:, 1:] != inside[:, :-1]
    change[:, 1:] |= across
    change[:, :-1] |= across
    across = inside[1:] != inside[:-1]
    change[1:] |= across
    change[:-1] |= across
    change[:3] |= inside[0]
    change[-3:] |= inside[-1]
    near = change.copy()
    near[1:] |= change[:-1]
    near[:-1] |= change[1:]
    for _ in range(NEAR_PIXELS):
        before = near.copy()
        near[:, :, 1:] |= before[:, :, :-1]
        near[:, :, :-1] |= before[:, :, 1:]
        before = near.copy()
        near[:, 1:] |= before[:, :-1]
        near[:, :-1] |= before[:, 1:]
    return near


def _radii(planes: Planes, border: Border, inside: NDArray[np.bool_], pitch_mm: float) -> Radii:
    """Return the parts of the planes and the radius of the largest disc in each, in mm."""
    contour, plane = _contours(planes)
    several = len(plane) > len(planes.z_mm)
    part = parts_of_planes(planes) if several else np.arange(len(plane))
    middle = border.middle[inside.reshape(-1)[border.middle]]
    depth, nearest = border.nearest(middle)
    owner = part[contour[nearest]]
    order = np.lexsort((depth, owner))
    deepest = order[np.flatnonzero(np.diff(owner[order], append=-1))]
    radius = np.full(len(plane), 0.5, dtype=np.float32)
    radius[owner[deepest]] = _inscribed(middle[deepest], border)
    return Radii(part, radius * np.float32(pitch_mm))


def _radius_field(
    planes: Planes, shape: tuple[int, ...], radii: Radii, wanted: NDArray[np.int64], edge: Index
) -> Fields:
    """Return, in mm, the radius of the largest disc in the part that a pixel is nearest to.

    One figure a plane where no plane has several contours.
    """
    contour, plane = _contours(planes)
    of_plane = np.zeros(shape[0], dtype=np.float32)
    np.maximum.at(of_plane, plane, radii.mm)
    if len(plane) == len(planes.z_mm):
        return of_plane[:, None, None]
    field = np.broadcast_to(of_plane[:, None, None], shape).copy()
    field.reshape(-1)[wanted] = radii.mm[radii.part[contour[edge]]]
    return field


def _contours(planes: Planes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the contour of each edge, counted from 0, and the plane of each contour."""
    new = np.diff(planes.contour, prepend=-1) != 0
    return np.cumsum(new) - 1, planes.plane[new]


def _inscribed(deepest: NDArray[np.int64], border: Border) -> NDArray[np.float32]:
    """Return the radius in pixels of the largest disc whose centre is within a pixel or so.

    The contour points nearest to the 5 × 5 pixels around hem the disc in. The point that is
    farthest from all of them is looked for in two ever finer rounds.
    """
    _, ny, nx = border.of_column.shape
    line, column = np.divmod(deepest, nx)
    plane, row = np.divmod(line, ny)
    step = np.arange(-2, 3)
    rows = np.clip(row[:, None, None] + step[None, :, None], 0, ny - 1)
    columns = np.clip(column[:, None, None] + step[None, None, :], 0, nx - 1)
    around = ((plane[:, None, None] * ny + rows) * nx + columns).reshape(-1)
    _, edge = border.nearest(around)
    at_x = (around % nx).astype(np.float32)
    at_y = (around // nx % ny).astype(np.float32)
    hem_x, hem_y = border.edges.foot(at_x, at_y, edge)
    hem_x, hem_y = hem_x.reshape(-1, 1, 25), hem_y.reshape(-1, 1, 25)
    x, y = column.astype(np.float32), row.astype(np.float32)
    offsets = np.arange(-4, 5, dtype=np.float32)
    dx, dy = np.repeat(offsets, 9), np.tile(offsets, 9)
    part = np.arange(len(deepest))
    for fineness in (0.2, 0.04):
        some_x, some_y = (
            x[:, None] + np.float32(fineness) * dx,
            y[:, None] + np.float32(fineness) * dy,
        )
        depth2 = ((some_x[:, :, None] - hem_x) ** 2 + (some_y[:, :, None] - hem_y) ** 2).min(axis=2)
        best = depth2.argmax(axis=1)
        x, y = some_x[part, best], some_y[part, best]
    return np.asarray(np.maximum(np.sqrt(depth2[part, best]), np.float32(0.5)))
