"""Drawings of a cohort: values against their limit, shares over time, population DVHs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from rtcheck.report.cohort.population import Population
from rtcheck.report.cohort.statistics import Share
from rtcheck.report.cohort.tally import Tally
from rtcheck.report.cohort.trend import Period
from rtcheck.report.numbers import number_text, value_text
from rtcheck.report.words import visible

_WIDTH, _HEIGHT = 260.0, 74.0
_FLOOR = 54.0
_BINS = 26


def share_svg(share: Share) -> str:
    """Return a bar of a share with its interval; the numbers stand beside it."""
    if share.fraction is None:
        return ""
    x = [f"{100 * part:.1f}" for part in (share.fraction, share.low, share.high)]
    return (
        '<svg class="share" viewBox="0 0 100 12" aria-hidden="true" focusable="false">'
        '<rect class="track" x="0" y="3" width="100" height="6" rx="3"/>'
        f'<rect class="kept" x="0" y="3" width="{x[0]}" height="6" rx="3"/>'
        f'<path class="interval" d="M{x[1]} 1V11M{x[1]} 6H{x[2]}M{x[2]} 1V11"/></svg>'
    )


def histogram_svg(tally: Tally) -> str:
    """Return how the values of a goal are spread, with its limits; empty for fewer than two."""
    values = np.array([m.value for m in tally.values])
    limits = tally.limits()
    if len(values) < 2:
        return ""
    low, high = min([values.min(), *limits]), max([values.max(), *limits])
    is_one = low == high
    ends = (
        "" if is_one else number_text(float(low), tally.unit),
        value_text(float(high), tally.unit),
    )
    pad = (high - low) * 0.04 or max(abs(high), 1.0) * 0.05
    low, high = low - pad, high + pad
    counts, _ = np.histogram(values, bins=_BINS, range=(low, high))
    width = _WIDTH / _BINS
    bars = "".join(
        f"M{i * width + 0.5:.1f} {_FLOOR:g}v{-max(1.0, 46 * n / counts.max()):.1f}"
        f"h{width - 1:.1f}V{_FLOOR:g}z"
        for i, n in enumerate(counts)
        if n
    )
    marks = "".join(_limit_mark(limit, low, high, tally.unit) for limit in limits)
    least, most = (value_text(float(v), tally.unit) for v in (values.min(), values.max()))
    said = f"{len(values)} values from {least} to {most}; median "
    said += value_text(float(np.median(values)), tally.unit)
    return (
        f'<svg class="spread" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" '
        f'aria-label="{escape(visible(said))}"><title>{escape(visible(said))}</title>'
        f'<path class="floor" d="M0 {_FLOOR:g}H{_WIDTH:g}"/><path class="bars" d="{bars}"/>{marks}'
        f'<text x="0" y="68">{escape(ends[0])}</text>'
        f'<text x="{_WIDTH / 2 if is_one else _WIDTH:g}" y="68" '
        f'text-anchor="{"middle" if is_one else "end"}">{escape(ends[1])}</text></svg>'
    )


def _limit_mark(limit: float, low: float, high: float, unit: str) -> str:
    x = _WIDTH * (limit - low) / (high - low)
    anchor = "start" if x < _WIDTH / 2 else "end"
    at = x + (3 if anchor == "start" else -3)
    return (
        f'<path class="limit" d="M{x:.1f} 2V{_FLOOR + 4:g}"/>'
        f'<text class="limit" x="{at:.1f}" y="10" text-anchor="{anchor}">'
        f"{escape(f'{limit:g} {unit}'.rstrip())}</text>"
    )


def trend_svg(periods: Sequence[Period]) -> str:
    """Return shares of plans that keep all goals, with their intervals, over time."""
    if len(periods) < 2:
        return ""
    width, height, left, floor = 760.0, 200.0, 44.0, 160.0
    step = (width - left - 10) / len(periods)
    parts = []
    for percent in (0, 25, 50, 75, 100):
        y = floor - 1.4 * percent
        parts.append(f'<path class="floor" d="M{left:g} {y:g}H{width:g}"/>')
        parts.append(f'<text x="{left - 6:g}" y="{y + 4:g}" text-anchor="end">{percent} %</text>')
    every = math.ceil(len(periods) / 12)
    for i, period in enumerate(periods):
        x = left + (i + 0.5) * step
        if i % every == 0:
            name = escape(period.name)
            parts.append(f'<text x="{x:.1f}" y="{floor + 18:g}" text-anchor="middle">{name}</text>')
        if period.share.fraction is None:
            continue
        at, low, high = (
            floor - 140 * part
            for part in (period.share.fraction, period.share.low, period.share.high)
        )
        parts.append(f'<path class="interval" d="M{x:.1f} {low:.1f}V{high:.1f}"/>')
        said = f"{period.name}: {period.share}; {period.not_evaluated} not evaluated"
        parts.append(
            f'<circle class="dot" cx="{x:.1f}" cy="{at:.1f}" r="4"><title>{escape(said)}</title>'
            "</circle>"
        )
    return (
        f'<svg class="trend" viewBox="0 0 {width:g} {height:g}" role="img" '
        'aria-label="Share of evaluated plans that keep all goals, by date of the plan">'
        + "".join(parts)
        + "</svg>"
    )


def population_svg(population: Population) -> str:
    """Return median and quartiles of a role's DVHs."""
    width, height, left, floor = 360.0, 220.0, 40.0, 186.0
    end = max(1.0, float(population.dose_gy[-1]))

    def x(gy: float) -> float:
        return left + (width - left - 10) * gy / end

    def y(percent: float) -> float:
        return floor - 1.7 * percent

    def line(percents: Sequence[float], doses: Sequence[float]) -> str:
        return "L".join(f"{x(d):.1f} {y(p):.1f}" for d, p in zip(doses, percents, strict=True))

    doses = population.dose_gy.tolist()
    upper = line(population.upper_percent.tolist(), doses)
    lower = line(population.lower_percent.tolist()[::-1], doses[::-1])
    parts = [f'<path class="band" d="M{upper}L{lower}Z"/>']
    parts.append(f'<path class="median" d="M{line(population.median_percent.tolist(), doses)}"/>')
    grid = []
    for percent in (0, 50, 100):
        grid.append(f'<path class="floor" d="M{left:g} {y(percent):g}H{width - 10:g}"/>')
        at = y(percent) + 4
        grid.append(f'<text x="{left - 5:g}" y="{at:g}" text-anchor="end">{percent} %</text>')
    step = 10 ** math.floor(math.log10(end))
    step = next(s for s in (step / 5, step / 2, step, 2 * step) if end / s <= 6)
    for i in range(math.floor(end / step) + 1):
        at, dose = x(i * step), f"{i * step:g}"
        grid.append(f'<text x="{at:.1f}" y="{floor + 16:g}" text-anchor="middle">{dose}</text>')
    grid.append(f'<text x="{width - 10:g}" y="{floor + 31:g}" text-anchor="end">dose in Gy</text>')
    label = f"{population.role}: median and quartiles of the volume at each dose"
    return (
        f'<svg class="population" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(visible(label))}">' + "".join(grid + parts) + "</svg>"
    )
