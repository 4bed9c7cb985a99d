"""The frame of a DVH drawing: axes, grid, and where a dose and a volume lie."""

from __future__ import annotations

import math
from html import escape

from rtcheck.report.record import Curve
from rtcheck.report.words import visible

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 62, 20, 16, 58

Point = tuple[float, float]


class Plot:
    """The frame of a drawing.

    Parameters
    ----------
    maximum_gy : float
        The largest dose to be shown; the axis ends at the next grid line.
    top : float
        Where the frame begins, from above.
    """

    def __init__(self, maximum_gy: float, top: float = TOP) -> None:
        self.top, self.bottom = top, top + HEIGHT - TOP - BOTTOM
        self.step_gy = _step(maximum_gy)
        self.end_gy = self.step_gy * max(math.ceil(maximum_gy / self.step_gy - 1e-9), 1)

    def x(self, dose_gy: float) -> float:
        """Return where a dose lies across."""
        return LEFT + (WIDTH - LEFT - RIGHT) * dose_gy / self.end_gy

    def y(self, volume_percent: float) -> float:
        """Return where a volume lies, from above."""
        return self.bottom - (self.bottom - self.top) * volume_percent / 100

    def points(self, curve: Curve) -> list[Point]:
        """Return where the points of a curve lie."""
        pairs = zip(curve.dose_gy, curve.volume_percent, strict=True)
        return [(self.x(dose), self.y(volume)) for dose, volume in pairs]

    def path(self, curve: Curve) -> str:
        """Return a curve as SVG path data, down to where nothing has so much dose."""
        points = self.points(curve)
        drop = [(points[-1][0], self.y(0))] if curve.volume_percent[-1] > 0 else []
        return _path([*points, *drop])

    def band(self, curve: Curve) -> str:
        """Return the outline of a curve's bounds as SVG path data; empty without bounds."""
        if not curve.low_percent:
            return ""
        above = zip(curve.dose_gy, curve.high_percent, strict=True)
        below = reversed(list(zip(curve.dose_gy, curve.low_percent, strict=True)))
        return _path([(self.x(d), self.y(v)) for d, v in (*above, *below)]) + "Z"

    def frame(self) -> list[str]:
        """Return the grid, the axes and their labels."""
        doses = [i * self.step_gy for i in range(round(self.end_gy / self.step_gy) + 1)]
        volumes = range(0, 101, 20)
        right = WIDTH - RIGHT
        upright = "".join(f"M{self.x(d):.1f} {self.top}V{self.bottom}" for d in doses)
        level = "".join(f"M{LEFT} {self.y(v):.1f}H{right}" for v in volumes)
        turned = f"translate(17 {(self.top + self.bottom) / 2:.0f}) rotate(-90)"
        title = '<text class="axis-title" text-anchor="middle" fill="#3d4650"'
        return [
            '<g class="doses">',
            f'<path class="grid" d="{upright}" stroke="#dde2e7" fill="none"/>',
            *(label(self.x(d), self.bottom + 20, f"{d:g}") for d in doses),
            "</g>",
            '<g class="volumes">',
            f'<path class="grid" d="{level}" stroke="#dde2e7" fill="none"/>',
            *(label(LEFT - 8, self.y(v) + 4.5, str(v), "end") for v in volumes),
            "</g>",
            f'<path class="axis" d="M{LEFT} {self.top}V{self.bottom}H{right}" stroke="#7d8894" '
            'fill="none"/>',
            f'{title} x="{(LEFT + right) / 2:.1f}" y="{self.bottom + 46:.1f}">Dose [Gy]</text>',
            f'{title} transform="{turned}">Volume [%]</text>',
        ]


def text_of(text: str) -> str:
    """Return text that came from a file, safe in SVG."""
    return escape(visible(text))


def label(x: float, y: float, text: str, anchor: str = "middle") -> str:
    """Return a text at a place."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#3d4650">'
        f"{text_of(text)}</text>"
    )


def _path(points: list[Point]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _step(maximum: float) -> float:
    """Return the distance of grid lines, 1, 2 or 5 times a power of ten: at most nine lines."""
    if not maximum > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(maximum / 8))
    return next(f * power for f in (1, 2, 5, 10) if maximum / (f * power) <= 8)
