"""A picture as SVG: CT, dose wash, isodoses, contours, scale and legends.

Nothing is fetched, no script, no style sheet, no ids: it can stand in a page many times, and under
a policy that forbids styles. What lies beside the image is in the colour of the text around.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from rtcheck.report.colors import hex_of
from rtcheck.report.dvh_svg import PALETTE
from rtcheck.report.pictures.inset import GAP, Whole
from rtcheck.report.pictures.isodoses import Level, Reference, color_at, lines_mm
from rtcheck.report.pictures.places import Places
from rtcheck.report.pictures.plane import Raster
from rtcheck.report.pictures.png import grey_png, palette_png
from rtcheck.report.words import visible

WIDTH = 720
IMAGE_WIDTH, IMAGE_HEIGHT = 530.0, 460.0
"""The box that the image is fitted into."""
LEGEND_LINE = 20
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"

WASH_FROM = 0.1
"""Below this share of the reference dose there is no wash."""
WASH_ALPHA = 105
WASH_COLORS = 48

DARK, LIGHT = "#000000", "#ffffff"
PAPER = "#eef1f4"
"""What lies behind a picture without CT, on a dark page too: contour colours are made for it."""

LEAST_TENTHS = 8
"""Points of a line nearer than this many tenths of a unit are not told apart."""

SCALE_BARS_MM = (200, 100, 50, 20, 10, 5, 2, 1)


@dataclass(frozen=True, eq=False)
class Outline:
    """A structure in a plane.

    Parameters
    ----------
    name : str
        As exported.
    color : tuple of int, optional
        ROIDisplayColor.
    contours_mm : tuple of ndarray of shape (n, 2)
        Its contours.
    is_emphasised : bool
        Whether the picture is about it.
    """

    name: str
    color: tuple[int, int, int] | None
    contours_mm: tuple[NDArray[np.float64], ...]
    is_emphasised: bool


@dataclass(frozen=True, eq=False)
class Drawing:
    """All that a picture shows.

    Parameters
    ----------
    title, description : str
        In words; names as exported.
    z_mm : float
        Height of the plane.
    raster : Raster
        The part of the plane.
    dose_gy : ndarray of shape (ny, nx)
        Dose on the raster; NaN where it is not known.
    levels : tuple of Level
        Isodoses.
    reference : Reference
        What 100 % is.
    outlines : tuple of Outline
        Structures.
    worst_mm : tuple of (x, y)
        Points to mark.
    marks : tuple of str
        What they are.
    grey : ndarray of uint8, shape (ny, nx), optional
        The CT.
    whole : Whole, optional
        What it is a part of, if it is a close-up.
    """

    title: str
    description: str
    z_mm: float
    raster: Raster
    dose_gy: NDArray[np.float64]
    levels: tuple[Level, ...]
    reference: Reference
    outlines: tuple[Outline, ...]
    worst_mm: tuple[tuple[float, float], ...]
    marks: tuple[str, ...]
    grey: NDArray[np.uint8] | None
    whole: Whole | None = None


def svg_of(drawing: Drawing) -> str:
    """Return a picture as SVG text."""
    return _Canvas(drawing).svg()


class _Canvas:
    """The drawing board: where a point of the plane lies, and the inks."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        width_mm, height_mm = drawing.raster.size_mm
        self.scale = min(IMAGE_WIDTH / width_mm, IMAGE_HEIGHT / height_mm)
        self.width, self.height = self.scale * width_mm, self.scale * height_mm
        has_ct = drawing.grey is not None
        self.ink, self.halo = (LIGHT, DARK) if has_ct else ("#1d242b", LIGHT)
        self.paper = DARK if has_ct else PAPER
        known = drawing.dose_gy[~np.isnan(drawing.dose_gy)]
        top = float(known.max()) if known.size else 0.0
        self.top_gy = max([top, drawing.reference.dose_gy, *(v.dose_gy for v in drawing.levels)])
        self.places = Places(self.width, self.height)
        self.labels: list[str] = []

    def svg(self) -> str:
        """Return the whole picture."""
        d = self.drawing
        inset = self._inset()
        image = [*self._rasters(), *self._isodoses(), *self._contours(), *self._worst()]
        image += [*self.labels, *self._letters(), *self._scale_bar(), *inset]
        beside = self._color_bar()
        below, below_height = self._names()
        height = max(self.height, 300.0) + 34 + below_height
        label = escape(visible(d.title))
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
                f'width="{WIDTH}" height="{height:.0f}" role="img" aria-label="{label}" '
                f'font-family="{FONT}" font-size="13">',
                f"<title>{label}</title>",
                f"<desc>{escape(visible(d.description))}</desc>",
                f'<svg width="{self.width:.1f}" height="{self.height:.1f}" '
                f'viewBox="0 0 {self.width:.1f} {self.height:.1f}" overflow="hidden">',
                *image,
                "</svg>",
                *beside,
                *below,
                "</svg>",
            ]
        )

    def _xy(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        return (points_mm - (self.drawing.raster.x0_mm, self.drawing.raster.y0_mm)) * self.scale

    def _rasters(self) -> list[str]:
        d = self.drawing
        size = f'width="{self.width:.1f}" height="{self.height:.1f}"'
        parts = [f'<rect {size} fill="{self.paper}"/>']
        if d.grey is not None:
            parts.append(_image(grey_png(d.grey), size))
        share = np.nan_to_num(d.dose_gy / self.top_gy, nan=0.0)
        shown = share * self.top_gy >= WASH_FROM * d.reference.dose_gy
        number = 1 + np.minimum(share * WASH_COLORS, WASH_COLORS - 1).astype(np.uint8)
        colors = [color_at((i + 0.5) / WASH_COLORS) for i in range(WASH_COLORS)]
        palette = [(0, 0, 0, 0), *((r, g, b, WASH_ALPHA) for r, g, b in colors)]
        wash = np.where(shown, number, 0).astype(np.uint8)
        return [*parts, _image(palette_png(wash, palette), size)]

    def _isodoses(self) -> list[str]:
        d = self.drawing
        parts = []
        for level in d.levels:
            lines = [
                self._xy(line)
                for line in lines_mm(d.dose_gy, d.raster.x_mm, d.raster.y_mm, level.dose_gy)
            ]
            if not lines:
                continue
            path = "".join(_path(line, closed=False) for line in lines)
            color = hex_of(color_at(level.dose_gy / self.top_gy))
            wide = 2.0 if level.is_limit else 1.2
            dash = ' stroke-dasharray="6 3"' if level.is_limit else ""
            parts += [
                f'<path d="{path}" fill="none" stroke="#000" stroke-opacity=".55" '
                f'stroke-width="{wide + 1.4:.1f}"/>',
                f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{wide}"{dash}>'
                f"<title>{level.words}</title></path>",
            ]
            text = f"{level.percent:.3g} %"
            place = self.places.beside(max(lines, key=len), 6.5 * len(text), 13)
            if place is not None:
                self.labels.append(self._text(*place, text, size=11))
        return parts

    def _contours(self) -> list[str]:
        parts = []
        for number, outline in enumerate(self.drawing.outlines, 1):
            drawn = [self._xy(c) for c in outline.contours_mm]
            path = "".join(_path(c, closed=True) for c in drawn)
            color = _color(outline, number)
            wide = 2.6 if outline.is_emphasised else 1.4
            parts += [
                f'<path d="{path}" fill="none" stroke="#000" stroke-opacity=".6" '
                f'stroke-width="{wide + 1.4:.1f}" stroke-linejoin="round"/>',
                f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{wide}" '
                f'stroke-linejoin="round"><title>{escape(visible(outline.name))}</title></path>',
            ]
            place = self.places.beside(max(drawn, key=len), 17, 17)
            if place is not None:
                self.labels.append(_badge(*place, number, color))
        return parts

    def _worst(self) -> list[str]:
        parts = []
        for x, y in self._xy(np.array(self.drawing.worst_mm, dtype=np.float64).reshape(-1, 2)):
            cross = f"M{x - 11:.1f} {y:.1f}h7m8 0h7M{x:.1f} {y - 11:.1f}v7m0 8v7"
            for stroke, width in (("#000", 4), ("#fff", 1.8)):
                parts.append(
                    f'<path d="{cross}" stroke="{stroke}" stroke-width="{width}" fill="none"/>'
                )
        return parts

    def _letters(self) -> list[str]:
        middle_x, middle_y = self.width / 2, self.height / 2
        z = f"z {self.drawing.z_mm:.1f} mm"
        return [
            self._text(middle_x, 16, "A", size=14, bold=True),
            self._text(middle_x, self.height - 7, "P", size=14, bold=True),
            self._text(12, middle_y + 5, "R", size=14, bold=True),
            self._text(self.width - 12, middle_y + 5, "L", size=14, bold=True),
            self._text(8, 17, z, size=12, anchor="start"),
        ]

    def _scale_bar(self) -> list[str]:
        fits = [mm for mm in SCALE_BARS_MM if mm * self.scale <= self.width / 4]
        if not fits:
            return []
        length, x, y = fits[0] * self.scale, 10.0, self.height - 10
        bar = f"M{x:.1f} {y - 4:.1f}v4h{length:.1f}v-4"
        return [
            f'<path d="{bar}" fill="none" stroke="{self.halo}" stroke-width="4"/>',
            f'<path d="{bar}" fill="none" stroke="{self.ink}" stroke-width="1.8"/>',
            self._text(x + length / 2, y - 8, f"{fits[0]} mm", size=12),
        ]

    def _inset(self) -> list[str]:
        """Return where in the patient a close-up is; no label stands there."""
        d = self.drawing
        if d.whole is None:
            return []
        width, height = d.whole.size()
        right, bottom = self.width - GAP, self.height - GAP
        self.places.keep_free(right - width / 2, bottom - height / 2, width / 2, height / 2)
        frame = (d.raster.x0_mm, d.raster.y0_mm, *d.raster.size_mm)
        return d.whole.svg((right, bottom), frame, self.ink, self.halo)

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: int,
        anchor: str = "middle",
        bold: bool = False,
    ) -> str:
        weight = ' font-weight="700"' if bold else ""
        return (
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{weight} '
            f'fill="{self.ink}" stroke="{self.halo}" stroke-width="3" '
            f'stroke-linejoin="round" paint-order="stroke">{text}</text>'
        )

    def _color_bar(self) -> list[str]:
        """Return the scale of the dose beside the image, with the isodoses on it."""
        d = self.drawing
        x, top, bottom = self.width + 26, 34.0, max(self.height, 300.0) - 22
        steps = WASH_COLORS
        high = (bottom - top) / steps
        parts = [_plain(x, 16, "Dose", bold=True)]
        for i in range(steps):
            color = hex_of(color_at((i + 0.5) / steps))
            y = bottom - (i + 1) * high
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.2f}" width="16" height="{high + 0.3:.2f}" '
                f'fill="{color}" shape-rendering="crispEdges"/>'
            )
        free = bottom + 14.0
        for level in d.levels:
            y = bottom - (bottom - top) * level.dose_gy / self.top_gy
            free = min(y + 4.5, free - 15)
            dash = ' stroke-dasharray="4 2"' if level.is_limit else ""
            parts.append(
                f'<path d="M{x - 3:.1f} {y:.1f}h22l6 {free - 4.5 - y:.1f}" fill="none" '
                f'stroke="currentColor"{dash}/>'
            )
            parts.append(_plain(x + 28, free, level.words, bold=level.is_limit))
        parts.append(_plain(x, bottom + 16, "0 Gy"))
        return parts

    def _names(self) -> tuple[list[str], float]:
        """Return the legend below the image, and how high it is."""
        d = self.drawing
        top = max(self.height, 300.0) + 22
        words = [d.reference.words, *(f"✛ {text}" for text in d.marks)]
        parts = [_plain(0, top, "; ".join(words), fit=WIDTH)]
        columns = 3
        room = WIDTH / columns - 32
        for i, outline in enumerate(d.outlines):
            x, y = WIDTH / columns * (i % columns), top + 24 + LEGEND_LINE * (i // columns)
            parts.append(_badge(x + 9, y - 4, i + 1, _color(outline, i + 1)))
            parts.append(_plain(x + 24, y, outline.name, bold=outline.is_emphasised, fit=room))
        rows = -(-len(d.outlines) // columns)
        return parts, LEGEND_LINE * rows + 4.0


def _color(outline: Outline, number: int) -> str:
    return hex_of(outline.color) if outline.color else PALETTE[number % len(PALETTE)]


def _badge(x: float, y: float, number: int, color: str) -> str:
    channels = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    bright = 0.299 * channels[0] + 0.587 * channels[1] + 0.114 * channels[2] > 140
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="{color}" stroke="#000" '
        f'stroke-opacity=".6"/><text x="{x:.1f}" y="{y + 4:.1f}" font-size="11" '
        f'font-weight="700" text-anchor="middle" fill="{DARK if bright else LIGHT}">{number}</text>'
    )


def _plain(x: float, y: float, text: str, *, bold: bool = False, fit: float = 0.0) -> str:
    """Return text beside the image, in the colour of the page's own; squeezed if too long."""
    shown = visible(text)
    wide = sum(7.2 if ord(ch) < 0x1100 else 14.4 for ch in shown)
    squeeze = f' textLength="{fit:.0f}" lengthAdjust="spacingAndGlyphs"' if 0 < fit < wide else ""
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="currentColor"{weight}{squeeze}>{escape(shown)}</text>'
    )


def _image(png: bytes, size: str) -> str:
    data = base64.b64encode(png).decode()
    return f'<image {size} preserveAspectRatio="none" href="data:image/png;base64,{data}"/>'


def _path(points: NDArray[np.float64], *, closed: bool) -> str:
    """Return a line as path data in whole tenths, points that add nothing left out."""
    tenths = np.rint(points * 10).astype(np.int64).tolist()
    kept = [tenths[0]]
    for x, y in tenths[1:]:
        if abs(x - kept[-1][0]) >= LEAST_TENTHS or abs(y - kept[-1][1]) >= LEAST_TENTHS:
            kept.append((x, y))
    if not closed:
        kept.append(tenths[-1])
    numbers = [f"{x / 10:g} {y / 10:g}" for x, y in kept]
    return f"M{'L'.join(numbers)}{'Z' if closed else ''}"
