"""DVH curves as an SVG drawing: no script, nothing fetched, every name escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rtcheck.report.colors import hex_of, is_told_apart, is_visible
from rtcheck.report.dvh_limits import LimitMark, labels_of, mark_shape, mark_tail
from rtcheck.report.dvh_plot import HEIGHT, LEFT, RIGHT, TOP, WIDTH, Plot, label, text_of
from rtcheck.report.record import Curve
from rtcheck.report.words import visible, volume_text

PALETTE = (
    "#0072b2", "#d55e00", "#00a9ff", "#993c2d", "#aa00ff", "#e58b7e", "#7f7f7f", "#3f6172",
)  # fmt: skip
"""Colours that everyone tells apart, chosen farthest first by `colors.distance`."""

DASHES = ("", "7 3", "2 3", "9 3 2 3")
"""Line patterns; the first is a solid line. A second channel beside colour."""

LEGEND_LINE = 22
CHARACTER = 7.6
"""Width of a legend character in units of the drawing, generously."""

STYLE = """
.dvh { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
.dvh text { fill: #3d4650; }
.dvh .grid { stroke: #dde2e7; stroke-width: 1; fill: none; }
.dvh .axis { stroke: #7d8894; stroke-width: 1.2; fill: none; }
.dvh .curve { stroke-width: 1.8; stroke-linejoin: round; fill: none; }
.dvh .band { stroke: none; }
.dvh .mark { stroke: none; }
.dvh .limit text { font-size: 10.5px; font-weight: 700; }
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
        f'<path d="M0 5H34" stroke-width="1.8" {ink.stroke}/></svg>'
    )


def svg_of(
    curves: Sequence[Curve],
    *,
    title: str = "Dose–volume histogram",
    standalone: bool = True,
    limits: Sequence[LimitMark] = (),
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
    limits : sequence of LimitMark
        Drawn as marks, with the numbers of their curves beside them.

    Examples
    --------
    >>> "&lt;GTV&gt; (1.50 cm³)" in svg_of([Curve("<GTV>", (0.0, 20.0), (100.0, 0.0), 1.5)])
    True
    """
    inks = inks_of(curves)
    top = TOP + (30 if standalone else 0)
    legend, legend_height = _legend(curves, inks, top + HEIGHT - TOP) if standalone else ([], 0)
    height = top - TOP + HEIGHT + legend_height
    plot = plot_of(curves, limits, top)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="dvh" viewBox="0 0 {WIDTH} {height}" '
        + (f'width="{WIDTH}" height="{height}" ' if standalone else "")
        + f'role="img" aria-label="{text_of(title)}">',
        f"<title>{text_of(title)}</title>",
    ]
    if standalone:
        parts += [
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
            f'<text class="title" x="{LEFT}" y="26">{text_of(title)}</text>',
        ]
    parts += plot.frame()
    for i, (curve, ink) in enumerate(zip(curves, inks, strict=True)):
        if band := plot.band(curve):
            parts.append(
                f'<path class="band" data-curve="{i}" d="{band}" fill="{ink.color}" '
                'fill-opacity="0.22"/>'
            )
        parts.append(
            f'<path class="curve" data-curve="{i}" d="{plot.path(curve)}" fill="none" '
            f'stroke-width="1.8" {ink.stroke}><title>{escape(_name(curve))}</title></path>'
        )
    parts += _badges(plot, curves, inks)
    parts += _limits(plot, limits)
    if not curves:
        parts.append(label((LEFT + WIDTH - RIGHT) / 2, plot.y(50), "No structure with a dose"))
    return "\n".join([*parts, *legend, "</svg>"])


def _name(curve: Curve) -> str:
    return f"{visible(curve.name)} ({volume_text(curve.volume_cm3)})"


def plot_of(curves: Sequence[Curve], limits: Sequence[LimitMark] = (), top: float = TOP) -> Plot:
    """Return the frame that holds all curves and limits."""
    ends = [*(curve.dose_gy[-1] for curve in curves), *(mark.dose_gy for mark in limits)]
    return Plot(max(ends, default=0.0), top)


def _limits(plot: Plot, limits: Sequence[LimitMark]) -> list[str]:
    places = [(plot.x(mark.dose_gy), plot.y(mark.volume_percent)) for mark in limits]
    return [
        f'<g class="limit {mark.outcome.value}" data-curve="{mark.curve}" '
        f'transform="translate({x:.1f} {y:.1f})"><title>{text_of(mark.text)}</title>'
        f"{mark_tail(mark)}{mark_shape(mark.outcome)}"
        f'<text x="9" y="-7" font-size="10.5" fill="#3d4650">{numbers}</text></g>'
        for mark, (x, y), numbers in zip(limits, places, labels_of(limits, places), strict=True)
    ]


def _badge(x: float, y: float, ink: Ink, curve: str = "") -> str:
    return (
        f'<g class="badge"{curve} transform="translate({x:.1f} {y:.1f})">'
        f'<circle class="mark" r="8.5" fill="{ink.color}"/>'
        f'<text class="number" y="4" text-anchor="middle" font-size="11" fill="#ffffff">'
        f"{ink.number}</text></g>"
    )


def _badges(plot: Plot, curves: Sequence[Curve], inks: Sequence[Ink]) -> list[str]:
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
    return [
        _badge(x, y, ink, f' data-curve="{i}"')
        for i, ((x, y), ink) in enumerate(zip(placed, inks, strict=True))
    ]


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
            f'<path class="sample" d="M{x:.0f} {y:.0f}h30" stroke-width="1.8" {ink.stroke}/>',
            _badge(x + 44, y, ink),
            f'<text x="{x + 60:.0f}" y="{y + 4.5:.1f}"{fit if _width(name) > room else ""}>'
            f"{escape(name)}</text>",
        ]
    return parts, (lines + 0.5) * LEGEND_LINE if names else 0.0


def _width(name: str) -> float:
    return CHARACTER * sum(1 if ord(ch) < 0x1100 else 2 for ch in name)
