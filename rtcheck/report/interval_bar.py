"""A verdict's interval against its limits, as a small SVG drawing that stands in its row."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rtcheck.report.numbers import clauses_in
from rtcheck.verdict import Verdict

WIDTH, HEIGHT = 128, 34
LEFT, RIGHT = 2, 126
TOP, BOTTOM = 3, 21
LEAST_BAND = 2.0
"""An interval is drawn at least so wide: one that is not there would be a claim too."""

STEPS = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0)

STYLE = """
.bar { display: block; width: 100%; max-width: 128px; height: auto; font: 10px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
.bar .track { fill: var(--track); }
.bar .kept { fill: var(--kept); }
.bar .tolerated { fill: var(--tolerated); }
.bar .limit { stroke: var(--ink); }
.bar .band { fill: var(--tone); fill-opacity: 0.6; }
.bar .value { fill: var(--tone); stroke: var(--paper); }
.bar text { fill: var(--soft); }
"""  # noqa: E501 - a font stack
"""Style in a page that has the colours; without it the drawing is as on white paper."""

Span = tuple[float, float]


@dataclass(frozen=True)
class Scale:
    """A stretch of an axis, in the unit of the value, and where a number lies on the drawing.

    Parameters
    ----------
    low, high : float
        Its ends.
    """

    low: float
    high: float

    def x(self, number: float) -> float:
        """Return where a number lies, at an end for one beyond it."""
        share = (number - self.low) / (self.high - self.low)
        return LEFT + (RIGHT - LEFT) * min(max(share, 0.0), 1.0)


def bar_svg(verdict: Verdict) -> str:
    """Return value, interval and limits of a verdict as SVG; empty without a limit to draw.

    The axis is centred on the per-protocol limit, so that the limits of a table stand below each
    other, and reaches as far as a round number that takes in the rest; its ends are printed.

    Examples
    --------
    >>> from rtcheck.verdict import Outcome
    >>> v = Verdict("g", "Lungs", "V20Gy[%]", Outcome.PER_PROTOCOL, "%", value=25.0, low=24.0,
    ...             high=26.0, per_protocol="<= 30 %")
    >>> [text in bar_svg(v) for text in (">20<", ">30<", ">40<")]
    [True, True, True]
    """
    strict = clauses_in([verdict.per_protocol], verdict.unit)
    loose = clauses_in([verdict.acceptable], verdict.unit)
    if not strict or verdict.per_protocol is None:
        return ""
    if len(strict) != _clauses(verdict.per_protocol):
        return ""  # a limit on another metric decides too: half of it drawn would mislead
    limits = [limit for _, limit in strict]
    shown = [*limits, *(limit for _, limit in loose)]
    ends = [n for n in (verdict.low, verdict.value, verdict.high) if n is not None]
    if not ends or not all(map(math.isfinite, (*ends, *shown))):
        return ""
    scale = _scale(limits, [*shown, *ends])
    parts = [
        f'<svg class="bar" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="sans-serif" font-size="10" aria-hidden="true">',
        _rect("track", LEFT, RIGHT, TOP, BOTTOM, "#eef1f4"),
    ]
    for kind, clauses, fill in (("tolerated", loose, "#f6e3bd"), ("kept", strict, "#bfe3da")):
        if clauses:
            low, high = _allowed(clauses)
            parts.append(_rect(kind, scale.x(low), scale.x(high), TOP, BOTTOM, fill))
    parts += [_tick(scale.x(limit), 3.0) for _, limit in loose]
    parts += [_tick(scale.x(limit), 0.0) for limit in limits]
    if verdict.low is not None and verdict.high is not None:
        low, high = scale.x(verdict.low), scale.x(verdict.high)
        short = max(LEAST_BAND - (high - low), 0.0) / 2
        parts.append(_rect("band", low - short, high + short, 8, 16, "#7d8894"))
    if verdict.value is not None:
        x = min(max(scale.x(verdict.value), LEFT + 2), RIGHT - 2)
        parts.append(
            f'<rect class="value" x="{x - 1.75:.2f}" y="4" width="3.5" height="16" '
            'fill="#1a2027" stroke="#ffffff" stroke-width="0.8"/>'
        )
    return "".join([*parts, *_ends(scale, limits), "</svg>"])


def _clauses(text: str) -> int:
    return sum(text.count(sign) for sign in ("<", ">", "==")) if text else 0


def _allowed(clauses: tuple[tuple[str, float], ...]) -> Span:
    """Return from where to where all clauses are kept."""
    above = [limit for sign, limit in clauses if sign in (">", ">=", "==")]
    below = [limit for sign, limit in clauses if sign in ("<", "<=", "==")]
    return max(above, default=-math.inf), min(below, default=math.inf)


def _scale(limits: list[float], shown: list[float]) -> Scale:
    centre = (min(limits) + max(limits)) / 2
    farthest = max(abs(number - centre) for number in shown)
    least = max(0.01 * abs(centre), 1e-6)
    wanted = max(1.08 * farthest, least)
    reach = _round_up(wanted)
    if centre - reach < 0 <= min(shown):
        # Doses and volumes begin at zero, and nothing lies beyond.
        above = 1.08 * (max(shown) - centre)
        return Scale(0.0, centre + (centre if above <= centre else _round_up(above)))
    return Scale(centre - reach, centre + reach)


def _round_up(reach: float) -> float:
    power = 10.0 ** math.floor(math.log10(reach))
    return next(step * power for step in STEPS if step * power >= reach * (1 - 1e-9))


def _rect(kind: str, left: float, right: float, top: float, bottom: float, fill: str) -> str:
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top}" width="{max(right - left, 0):.1f}" '
        f'height="{bottom - top}" fill="{fill}"/>'
    )


def _tick(x: float, dash: float) -> str:
    broken = f' stroke-dasharray="{dash:g} 2"' if dash else ""
    return (
        f'<path class="limit" d="M{x:.1f} {TOP - 3}V{BOTTOM + 3}" stroke="#1a2027" '
        f'stroke-width="1.5"{broken}/>'
    )


def _ends(scale: Scale, limits: list[float]) -> list[str]:
    numbers = [(float(LEFT), "start", scale.low), (float(RIGHT), "end", scale.high)]
    at = scale.x(limits[0])
    if len(limits) == 1 and LEFT + 40 < at < RIGHT - 40:
        numbers.insert(1, (at, "middle", limits[0]))
    return [
        f'<text x="{x:g}" y="{HEIGHT - 1}" text-anchor="{anchor}" fill="#57626e">'
        f"{_short(number)}</text>"
        for x, anchor, number in numbers
    ]


def _short(number: float) -> str:
    return f"{0.0 if abs(number) < 1e-12 else number:.6g}"
