"""DVHs overlaid: one drawing a structure, a colour and a line pattern a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rtcheck.report.comparison.record import Comparison, Rival
from rtcheck.report.dvh_plot import HEIGHT, WIDTH, Plot, text_of
from rtcheck.report.dvh_svg import DASHES, PALETTE, Ink
from rtcheck.report.record import Curve
from rtcheck.report.words import volume_text


def inks(count: int) -> list[Ink]:
    """Return how the curves of so many plans are drawn: told apart by colour and by pattern."""
    return [
        Ink(i + 1, PALETTE[i % len(PALETTE)], DASHES[(i + i // len(PALETTE)) % len(DASHES)])
        for i in range(count)
    ]


@dataclass(frozen=True, eq=False)
class Overlay:
    """The curves of one structure in all plans that have it.

    Parameters
    ----------
    name : str
        The ROI; where plans call it differently, by all its names.
    curves : tuple of (str, Curve)
        Key of the plan, and its curve.
    """

    name: str
    curves: tuple[tuple[str, Curve], ...]


def overlays(comparison: Comparison) -> list[Overlay]:
    """Return the curves by structure: ROIs of one name, or taken for one role in a row."""
    drawn: dict[str, list[tuple[str, Curve]]] = {}
    same = _namesakes(comparison)
    for rival in comparison.rivals:
        for curve in rival.report.curves:
            name = same.get((rival.key, curve.name), curve.name)
            drawn.setdefault(name, []).append((rival.key, curve))
    found = []
    for curves in drawn.values():
        names = dict.fromkeys(curve.name for _, curve in curves)
        found.append(Overlay(" / ".join(names), tuple(curves)))
    return found


def _namesakes(comparison: Comparison) -> dict[tuple[str, str], str]:
    """Return by plan and ROI name what the first plan calls the ROI that a row takes for it."""
    called: dict[tuple[str, str], str] = {}
    own = {r.key: {curve.name for curve in r.report.curves} for r in comparison.rivals}
    for row in comparison.rows:
        single = [
            (s.rival, s.verdict.found[0].roi_name)
            for s in row.standings
            if s.verdict is not None and len(s.verdict.found) == 1
        ]
        for key, name in single[1:]:
            first_key, first = single[0]
            # A name that both plans use means the same in both, whatever a role takes it for.
            if first not in own[key] and name not in own[first_key]:
                called.setdefault((key, name), first)
    return called


def overlay_svg(overlay: Overlay, pens: Mapping[str, Ink], end_gy: float) -> str:
    """Return the drawing of one structure: no script, nothing fetched, every name escaped.

    Parameters
    ----------
    overlay : Overlay
        The curves.
    pens : mapping of str to Ink
        How each plan is drawn.
    end_gy : float
        Up to where doses are shown; the same in all drawings, so that they can be laid side by
        side.
    """
    plot = Plot(end_gy)
    title = text_of(f"{overlay.name}: {', '.join(key for key, _ in overlay.curves)}")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="dvh" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" aria-label="{title}">',
        f"<title>{title}</title>",
        *plot.frame(),
    ]
    for key, curve in overlay.curves:
        pen, name = pens[key], text_of(f"{key}: {curve.name} ({volume_text(curve.volume_cm3)})")
        if band := plot.band(curve):
            parts.append(f'<path class="band" d="{band}" fill="{pen.color}" fill-opacity="0.22"/>')
        parts.append(
            f'<path class="curve" d="{plot.path(curve)}" fill="none" stroke-width="1.8" '
            f"{pen.stroke}><title>{name}</title></path>"
        )
    return "\n".join([*parts, "</svg>"])


def end_of(found: Sequence[Overlay]) -> float:
    """Return the largest dose of all curves in Gy."""
    return max((c.dose_gy[-1] for o in found for _, c in o.curves), default=0.0)


def pens_of(rivals: Sequence[Rival]) -> dict[str, Ink]:
    """Return how each plan is drawn."""
    return dict(zip((r.key for r in rivals), inks(len(rivals)), strict=True))
