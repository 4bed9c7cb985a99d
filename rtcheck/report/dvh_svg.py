"""DVH curves as an SVG drawing: no script, nothing fetched, every name escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rtcheck.report.colors import hex_of, is_told_apart, is_visible
from rtcheck.report.record import Curve
from rtcheck.report.words import visible, volume_text

PALETTE = (
    "#0072b2", "#d55e00", "#00a9ff", "#993c2d", "#aa00ff", "#e58b7e", "#7f7f7f", "#3f6172",
)  # fmt: skip
"""Colours that everyone tells apart, chosen farthest first by `colors.distance`."""

DASHES = ("", "7 3", "2 3", "9 3 2 3")
"""Line patterns; the first is a solid line. A second channel beside colour."""

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 62, 20, 16, 58
LEGEND_LINE = 22
CHARACTER = 7.6
"""Width of a legend character in units of the drawing, generously."""

STYLE = """
.dvh { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
.dvh text { fill: #3d4650; }
.dvh .grid { stroke: #dde2e7; stroke-width: 1; fill: none; }
.dvh .axis { stroke: #7d8894; stroke-width: 1.2; fill: none; }
.dvh .curve { stroke-width: 1.8; stroke-linejoin: round; fill: none; }
.dvh .mark { stroke: none; }
.dvh .number { font-size: 11px; font-weight: 600; text-anchor: middle; }
.dvh .paper, .dvh text.number { fill: #ffffff; }
.dvh .title { font-size: 17px; font-weight: 600; }
@media screen and (prefers-color-scheme: dark) {
  .dvh text { fill: #b9c2cc; }
  .dvh .grid { stroke: #2b323a; }
  .dvh .paper, .dvh text.number { fill: #14181d; }
}
"""
"""Style of the drawing, for a page that shows it and for the drawing as a file of its own."""


@dataclass(frozen=True)
class Ink:
    """How a curve is drawn.

    Parameters
    ----------
    number : int
        Stands on the curve and before its name.
    color : str
        ``#rrggbb``.
    dash : str
        SVG ``stroke-dasharray``; empty for a solid line.
    """

    number: int
    color: str
    dash: str

    @property
    def stroke(self) -> str:
        """Return the SVG attributes of a line drawn with it."""
        dash = f' stroke-dasharray="{self.dash}"' if self.dash else ""
        return f'stroke="{self.color}"{dash}'


def inks_of(curves: Sequence[Curve]) -> tuple[Ink, ...]:
    """Return how each curve is drawn: its own colour where nobody takes it for another's."""
    inks: list[Ink] = []
    for number, curve in enumerate(curves, 1):
        own = None if curve.color is None else hex_of(curve.color)
        inks.append(_ink(number, own, inks))
    return tuple(inks)


def _ink(number: int, own: str | None, used: Sequence[Ink]) -> Ink:
    for dash in DASHES:
        others = [ink.color for ink in used if ink.dash == dash]
        for color in (*((own,) if own and is_visible(own) else ()), *PALETTE):
            if is_told_apart(color, others):
                return Ink(number, color, dash)
    # More curves than anyone tells apart: from here on the numbers do it.
    return Ink(number, PALETTE[number % len(PALETTE)], DASHES[number % len(DASHES)])


def sample_svg(ink: Ink) -> str:
    """Return a short line as it is drawn, for a legend."""
    return (
        '<svg class="dvh sample" viewBox="0 0 34 10" width="34" height="10" aria-hidden="true">'
        f'<path class="curve" d="M0 5H34" {ink.stroke}/></svg>'
    )


def svg_of(
    curves: Sequence[Curve], *, title: str = "Dose–volume histogram", standalone: bool = True
) -> str:
    """Return curves as SVG text: dose in Gy across, percent of volume up.

    Parameters
    ----------
    curves : sequence of Curve
        None is a drawing that says so.
    title : str
        Above the drawing, and read out by screen readers.
    standalone : bool
        True for a file of its own, with title, style and legend; False for a page that has
        `STYLE` and shows the legend itself.

    Examples
    --------
    >>> "&lt;GTV&gt; (1.50 cm³)" in svg_of([Curve("<GTV>", (0.0, 20.0), (100.0, 0.0), 1.5)])
    True
    """
    inks = inks_of(curves)
    top = TOP + (30 if standalone else 0)
    legend, legend_height = _legend(curves, inks, top + HEIGHT - TOP) if standalone else ([], 0)
    height = top - TOP + HEIGHT + legend_height
    plot = _Plot(max((c.dose_gy[-1] for c in curves), default=0.0), top)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="dvh" viewBox="0 0 {WIDTH} {height}" '
        + (f'width="{WIDTH}" height="{height}" ' if standalone else "")
        + f'role="img" aria-label="{_text(title)}">',
        f"<title>{_text(title)}</title>",
    ]
    if standalone:
        parts += [
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
            f'<text class="title" x="{LEFT}" y="26">{_text(title)}</text>',
        ]
    parts += plot.frame()
    for curve, ink in zip(curves, inks, strict=True):
        parts.append(
            f'<path class="curve" d="{plot.path(curve)}" {ink.stroke}>'
            f"<title>{escape(_name(curve))}</title></path>"
        )
    parts += _badges(plot, curves, inks)
    if not curves:
        parts.append(_label((LEFT + WIDTH - RIGHT) / 2, plot.y(50), "No structure with a dose"))
    return "\n".join([*parts, *legend, "</svg>"])


def _text(text: str) -> str:
    return escape(visible(text))


def _name(curve: Curve) -> str:
    return f"{visible(curve.name)} ({volume_text(curve.volume_cm3)})"


class _Plot:
    """The frame of a drawing: where a dose and a volume lie."""

    def __init__(self, maximum_gy: float, top: float) -> None:
        self.top, self.bottom = top, top + HEIGHT - TOP - BOTTOM
        self.step_gy = _step(maximum_gy)
        self.end_gy = self.step_gy * max(math.ceil(maximum_gy / self.step_gy - 1e-9), 1)

    def x(self, dose_gy: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * dose_gy / self.end_gy

    def y(self, volume_percent: float) -> float:
        return self.bottom - (self.bottom - self.top) * volume_percent / 100

    def points(self, curve: Curve) -> list[tuple[float, float]]:
        pairs = zip(curve.dose_gy, curve.volume_percent, strict=True)
        return [(self.x(dose), self.y(volume)) for dose, volume in pairs]

    def path(self, curve: Curve) -> str:
        return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in self.points(curve))

    def frame(self) -> list[str]:
        """Return the grid, the axes and their labels."""
        doses = [i * self.step_gy for i in range(round(self.end_gy / self.step_gy) + 1)]
        volumes = range(0, 101, 20)
        right = WIDTH - RIGHT
        grid = "".join(f"M{self.x(d):.1f} {self.top}V{self.bottom}" for d in doses)
        grid += "".join(f"M{LEFT} {self.y(v):.1f}H{right}" for v in volumes)
        turned = f"translate(17 {(self.top + self.bottom) / 2:.0f}) rotate(-90)"
        return [
            f'<path class="grid" d="{grid}"/>',
            f'<path class="axis" d="M{LEFT} {self.top}V{self.bottom}H{right}"/>',
            *(_label(self.x(d), self.bottom + 20, f"{d:g}") for d in doses),
            *(_label(LEFT - 8, self.y(v) + 4.5, str(v), "end") for v in volumes),
            _label((LEFT + right) / 2, self.bottom + 46, "Dose [Gy]"),
            f'<text transform="{turned}" text-anchor="middle">Volume [%]</text>',
        ]


def _step(maximum: float) -> float:
    """Return the distance of grid lines, 1, 2 or 5 times a power of ten: at most nine lines."""
    if not maximum > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(maximum / 8))
    return next(f * power for f in (1, 2, 5, 10) if maximum / (f * power) <= 8)


def _label(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{_text(text)}</text>'


def _badge(x: float, y: float, ink: Ink) -> str:
    return (
        f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="8.5" fill="{ink.color}"/>'
        f'<text class="number" x="{x:.1f}" y="{y + 4:.1f}">{ink.number}</text>'
    )


def _badges(plot: _Plot, curves: Sequence[Curve], inks: Sequence[Ink]) -> list[str]:
    """Return each curve's number, placed on it where it is farthest from all else."""
    drawn = [plot.points(curve) for curve in curves]
    placed: list[tuple[float, float]] = []
    for i, points in enumerate(drawn):
        slope = [p for p in points if plot.y(92) <= p[1] <= plot.y(8)] or points
        others = [p for k, line in enumerate(drawn) if k != i for p in line[::8]]
        candidates = slope[:: len(slope) // 24 + 1]  # few enough for a hundred curves
        rooms = [
            # Apart from other numbers first, as far as their size asks; then from other curves.
            (min([22.0, *(math.dist(p, q) for q in placed)]), _nearest(p, others), p)
            for p in candidates
        ]
        placed.append(max(rooms)[2])
    return [_badge(x, y, ink) for (x, y), ink in zip(placed, inks, strict=True)]


def _nearest(point: tuple[float, float], others: Sequence[tuple[float, float]]) -> float:
    return min((math.dist(point, other) for other in others), default=0.0)


def _legend(curves: Sequence[Curve], inks: Sequence[Ink], top: float) -> tuple[list[str], float]:
    """Return the names below a drawing, and how high they stand."""
    names = [_name(curve) for curve in curves]
    width = WIDTH - LEFT - RIGHT
    columns = 2 if all(_width(name) <= width / 2 - 66 for name in names) else 1
    lines = math.ceil(len(names) / columns)
    room = width / columns - 66
    parts = []
    for i, (name, ink) in enumerate(zip(names, inks, strict=True)):
        x, y = LEFT + width / columns * (i // lines), top + LEGEND_LINE * (i % lines + 0.5)
        fit = f' textLength="{room:.0f}" lengthAdjust="spacingAndGlyphs"'
        parts += [
            f'<path class="curve" d="M{x:.0f} {y:.0f}h30" {ink.stroke}/>',
            _badge(x + 44, y, ink),
            f'<text x="{x + 60:.0f}" y="{y + 4.5:.1f}"{fit if _width(name) > room else ""}>'
            f"{escape(name)}</text>",
        ]
    return parts, (lines + 0.5) * LEGEND_LINE if names else 0.0


def _width(name: str) -> float:
    return CHARACTER * sum(1 if ord(ch) < 0x1100 else 2 for ch in name)
