"""Running the cases of a protocol: synthetic plans built as records and judged for real."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtcheck.plan import DoseGrid, FractionPattern, Plan, Prescription, Structure
from rtcheck.protocol.cases import Case, read_cases
from rtcheck.protocol.find import cases_path
from rtcheck.protocol.goal import Protocol
from rtcheck.protocol.load import load_protocol
from rtcheck.units import Dimension, parse_quantity
from rtcheck.verdict.judge import judge
from rtcheck.verdict.outcome import DISPLAY_ORDER, Verdict

_DEFAULT_MM = 5.0
_CORNERS = 48
"""Points on a circle: a regular 48-gon has 0.3 % less area, far from any case's limit."""


@dataclass(frozen=True)
class CaseResult:
    """A case and what the judge said.

    Parameters
    ----------
    case : Case
        The case.
    outcome, reason : str
        What it came to; of several verdicts, the gravest. Empty if the goal gave none.
    verdicts : tuple of Verdict
        All verdicts of the goal.
    """

    case: Case
    outcome: str
    reason: str
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        """Return whether the outcome, and the reason if one is expected, are as expected."""
        return (self.outcome, self.reason) == (self.case.expect, self.case.reason)

    def __str__(self) -> str:
        expected = " ".join(filter(None, (self.case.expect, self.case.reason)))
        got = " ".join(filter(None, (self.outcome, self.reason))) or "no verdict"
        detail = "; ".join(
            f"{v.roi or v.structure} {v.value_text or v.value} {v.unit} {v.detail}".strip()
            for v in self.verdicts
        )
        return f"{self.case.label}: expected {expected}, got {got} ({detail})"


def run_cases(protocol: str | Path | Protocol) -> list[CaseResult]:
    """Return the result of every case of a protocol, from the cases file beside its rule file.

    Raises
    ------
    ProtocolError
        If the rules or the cases are wrong, or there is no cases file.
    """
    rules = protocol if isinstance(protocol, Protocol) else load_protocol(protocol)
    return [run_case(case, rules) for case in read_cases(cases_path(Path(rules.path)), rules)]


def run_case(case: Case, protocol: Protocol) -> CaseResult:
    """Return what the judge says of one case."""
    verdicts = judge(
        build_plan(case.plan),
        protocol,
        variant=case.variant,
        geometry="prism",
        structure_map=dict(case.mapping or {}),
        goals=[case.goal],
    )
    if not verdicts:
        return CaseResult(case, "", "", ())
    gravest = min(verdicts, key=lambda v: DISPLAY_ORDER.index(v.outcome))
    reason = gravest.reason.value if gravest.reason and case.reason else ""
    return CaseResult(case, gravest.outcome.value, reason, verdicts)


def build_plan(table: Mapping[str, Any]) -> Plan:
    """Return the plan that a table of a cases file describes; no DICOM is involved."""
    slices = float(table.get("slices", _DEFAULT_MM))
    structures = tuple(
        _structure(number, name, solid, slices)
        for number, (name, solid) in enumerate(table["structures"].items(), start=1)
    )
    numbers = {s.roi_name: s.roi_number for s in structures}
    pattern = table.get("fraction_pattern")
    return Plan(
        rt_plan_label="case",
        structures=structures,
        dose=_dose(table, structures),
        prescriptions=tuple(
            Prescription(
                rx["target"],
                parse_quantity(rx["dose"], Dimension.DOSE).inside,
                rx.get("fractions"),
                numbers.get(rx["target"]),
                "case",
            )
            for rx in table.get("prescriptions") or ()
        ),
        number_of_fractions_planned=table.get("fractions") or None,
        fraction_pattern=FractionPattern(pattern, 1, 1) if pattern else None,
    )


def _structure(number: int, name: str, solid: Mapping[str, Any], slices_mm: float) -> Structure:
    contours = _contours(solid, slices_mm)
    points = np.concatenate(contours) if contours else np.empty((0, 3))
    return Structure(number, name, points, np.cumsum([0, *map(len, contours)]))


def _contours(solid: Mapping[str, Any], slices_mm: float) -> list[NDArray[np.float64]]:
    if "empty" in solid:
        return []
    z0, z1 = _heights(solid)
    # Planes in the middle of their slices, so that a prism has exactly the asked height.
    count = max(1, round((z1 - z0) / slices_mm))
    heights = z0 + (np.arange(count) + 0.5) * (z1 - z0) / count
    return [
        np.column_stack([ring, np.full(len(ring), z)])
        for z in heights
        for ring in [_ring(solid, z)]
    ]


def _heights(solid: Mapping[str, Any]) -> tuple[float, float]:
    if "box" in solid:
        return solid["box"][4], solid["box"][5]
    if "cylinder" in solid:
        return solid["cylinder"]["z"][0], solid["cylinder"]["z"][1]
    z, radius = solid["sphere"]["center"][2], solid["sphere"]["radius"]
    return z - radius, z + radius


def _ring(solid: Mapping[str, Any], z_mm: float) -> NDArray[np.float64]:
    if "box" in solid:
        x0, x1, y0, y1 = solid["box"][:4]
        return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=np.float64)
    round_solid = solid.get("cylinder") or solid["sphere"]
    radius = round_solid["radius"]
    if "sphere" in solid:
        radius = np.sqrt(radius**2 - (z_mm - round_solid["center"][2]) ** 2)
    angle = 2 * np.pi * np.arange(_CORNERS) / _CORNERS
    x, y = round_solid["center"][:2]
    return np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])


def _dose(table: Mapping[str, Any], structures: tuple[Structure, ...]) -> DoseGrid | None:
    if not table.get("dose"):
        return None
    spacing = float(table.get("spacing", _DEFAULT_MM))
    points = [s.points_mm for s in structures if not s.is_empty]
    if "grid" in table:
        ends = np.array(table["grid"], dtype=np.float64).reshape(3, 2)
        axes = [np.arange(a, b + spacing / 2, spacing) for a, b in ends]
    else:
        every = np.concatenate(points) if points else np.zeros((1, 3))
        # Two grid spacings beyond the contours: room for the end slices and the dose's ramp.
        low = np.floor(every.min(axis=0) / spacing - 2) * spacing
        high = np.ceil(every.max(axis=0) / spacing + 2) * spacing
        axes = [np.arange(a, b + spacing / 2, spacing) for a, b in zip(low, high, strict=True)]
    x, y, z = axes
    dose = np.zeros((len(z), len(y), len(x)))
    for paint in table["dose"]:
        dose[_painted(paint, x, y, z)] = paint["gy"]
    return DoseGrid(dose, x, y, z)


def _painted(
    paint: Mapping[str, Any],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return which grid points (z, y, x) a paint covers, its surface included."""
    zz, yy, xx = np.meshgrid(z, y, x, indexing="ij")
    covered = np.ones(xx.shape, dtype=bool)
    if "box" in paint:
        x0, x1, y0, y1, z0, z1 = paint["box"]
        covered = (x0 <= xx) & (xx <= x1) & (y0 <= yy) & (yy <= y1) & (z0 <= zz) & (zz <= z1)
    elif "sphere" in paint:
        a, b, c = paint["sphere"]["center"]
        covered = np.hypot(np.hypot(xx - a, yy - b), zz - c) <= paint["sphere"]["radius"]
    elif "cylinder" in paint:
        (a, b), (z0, z1) = paint["cylinder"]["center"], paint["cylinder"]["z"]
        covered = np.hypot(xx - a, yy - b) <= paint["cylinder"]["radius"]
        covered &= (z0 <= zz) & (zz <= z1)
    return covered
