"""Measured structures as JSON (schema ``rtcheck-dvh/1``, keys are a contract), CSV and text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import rtcheck
from rtcheck.metrics import Measurement
from rtcheck.plan import Finding
from rtcheck.report.csv_report import csv_text, engine_columns
from rtcheck.report.grid import Column, Grid, Row
from rtcheck.report.json_report import (
    engine_as_dict,
    finding_as_dict,
    json_text,
    plan_as_dict,
)
from rtcheck.report.layout import Blank, Element, Facts, Paragraph, Tone
from rtcheck.report.numbers import interval_text, number_text, value_text
from rtcheck.report.record import Curve, PlanFacts
from rtcheck.report.text_report import findings_layout, label_of, plan_pairs
from rtcheck.report.text_rows import sentence
from rtcheck.report.words import TPS_NAME, reason_text, settings_in_words, visible

NOT_SAID = "?"
"""Stands where a value cannot be given; the reason follows below the row."""


@dataclass(frozen=True)
class MeasuredStructure:
    """A structure, or an expression of structures, with what was measured on it.

    Parameters
    ----------
    name : str
        As asked for.
    measurements : tuple of Measurement
        One a metric asked for.
    volume_cm3, inside_dose_grid_fraction : float or None
        None when there is nothing of the structure, or no dose.
    curve : Curve or None
        Its DVH thinned for drawing.
    """

    name: str
    measurements: tuple[Measurement, ...]
    volume_cm3: float | None = None
    inside_dose_grid_fraction: float | None = None
    curve: Curve | None = None


@dataclass(frozen=True)
class DvhReport:
    """What was measured on the structures of a plan.

    Parameters
    ----------
    plan : PlanFacts
        The plan.
    settings : mapping of str to str
        Geometry model, kind of dose, prescription.
    findings : tuple of Finding
        What is wrong or doubtful in the input.
    structures : tuple of MeasuredStructure
        In the order asked for.
    """

    plan: PlanFacts
    settings: Mapping[str, str]
    findings: tuple[Finding, ...]
    structures: tuple[MeasuredStructure, ...]

    @property
    def all_said(self) -> bool:
        """Return whether every value could be given, and there is one at all."""
        reasons = [m.reason for s in self.structures for m in s.measurements]
        return bool(reasons) and not any(reasons)


def said_layout(report: DvhReport) -> list[Element]:
    """Return in one line how many values could be given."""
    reasons = [m.reason for s in report.structures for m in s.measurements]
    unsaid = sum(reason is not None for reason in reasons)
    if unsaid:
        text = f"{unsaid} of {len(reasons)} values cannot be said"
        return [Paragraph(text, Tone.DOUBT, lead="? ")]
    return [Paragraph(f"{len(reasons)} values", Tone.GOOD, lead="✓ ")]


def write_dvh_json(report: DvhReport) -> str:
    """Return the measured structures as JSON text, every number unrounded."""
    return json_text(
        {
            "schema": "rtcheck-dvh/1",
            "rtcheck": rtcheck.__version__,
            "plan": plan_as_dict(report.plan),
            "settings": dict(report.settings),
            "findings": [finding_as_dict(finding) for finding in report.findings],
            "structures": [_structure_as_dict(s) for s in report.structures],
        }
    )


def _structure_as_dict(s: MeasuredStructure) -> dict[str, object]:
    curve = s.curve
    return {
        "name": s.name,
        "volume_cm3": s.volume_cm3,
        "inside_dose_grid_fraction": s.inside_dose_grid_fraction,
        "metrics": [_measurement_as_dict(m) for m in s.measurements],
        "curve": None
        if curve is None
        else {"dose_gy": list(curve.dose_gy), "volume_percent": list(curve.volume_percent)},
    }


def _measurement_as_dict(m: Measurement) -> dict[str, object]:
    return {
        "metric": m.metric,
        "value": m.value,
        "low": m.low,
        "high": m.high,
        "unit": m.unit,
        "by_model": dict(m.by_model) if m.models_disagree else {},
        "value_text": m.text,
        "tps_value": m.tps_value,
        "tps_differs": m.tps_differs,
        "second_engine": engine_as_dict(m.second_engine),
        "reason": None if m.reason is None else m.reason.value,
        "reason_text": reason_text(m.reason, m.detail),
        "definition": m.definition,
    }


def write_dvh_csv(report: DvhReport) -> str:
    """Return the measured structures as CSV text, one row a metric of a structure."""
    rows = [
        {
            "plan": report.plan.rt_plan_label,
            "structure": structure.name,
            "volume_cm3": structure.volume_cm3,
            "inside_dose_grid_fraction": structure.inside_dose_grid_fraction,
            **_measurement_as_dict(m),
            **engine_columns(m.second_engine),
        }
        for structure in report.structures
        for m in structure.measurements
    ]
    return csv_text(list(rows[0]), rows)


def dvh_layout(report: DvhReport) -> list[Element]:
    """Return the measured structures laid out: one row a structure, one column a metric."""
    first = report.structures[0].measurements
    columns = [
        Column("Structure", tone=Tone.STRONG),
        Column("Volume\n[cc]"),
        *(Column(m.metric.replace("[", "\n[")) for m in first),
    ]
    settings = settings_in_words(report.settings)
    elements: list[Element] = [
        Facts([*plan_pairs(report.plan), *((label_of(k), text) for k, text in settings.items())]),
        *findings_layout(report.findings),
        Blank(),
        Grid(columns, [row for s in report.structures for row in _rows(s)]),
    ]
    definitions = {m.metric: m.definition for m in first if m.definition}
    if definitions:
        elements += [Blank(), Facts(list(definitions.items()))]
    return elements


def _rows(s: MeasuredStructure) -> list[Row]:
    """Return the row of a structure, and one for each other who was asked; notes stand below."""
    volume = NOT_SAID if s.volume_cm3 is None else number_text(s.volume_cm3, "cc")
    cells = [visible(s.name), volume, *(_cell(m) for m in s.measurements)]
    notes: list[tuple[str, Tone]] = []
    inside = s.inside_dose_grid_fraction
    if inside is not None and inside < 1:
        percent = number_text(100 * inside, "%", [100])
        notes.append((f"{percent} % of the volume lies inside the dose grid.", Tone.DOUBT))
    by_reason: dict[str, list[str]] = {}
    for m in s.measurements:
        if m.reason is not None:
            by_reason.setdefault(reason_text(m.reason, m.detail), []).append(_unsaid(m))
    others = []
    for name, said, why in other_values(s.measurements):
        if any(said):
            others.append((f"· {name}", "", *said))
        if why:
            notes.append((f"{name}: {why}.", Tone.QUIET))
    for reason, metrics in by_reason.items():
        which = "Nothing can be said" if len(metrics) == len(s.measurements) else ", ".join(metrics)
        notes.append((f"{NOT_SAID} {which}: {sentence(reason)}", Tone.DOUBT))
    rows = [tuple(cells), *others]
    return [*(Row(row) for row in rows[:-1]), Row(rows[-1], tuple(notes))]


def other_values(
    measurements: Sequence[Measurement],
) -> list[tuple[str, list[str], str]]:
    """Return who else was asked, its values as text, and why it has none; a star differs."""
    found = []
    if any(m.tps_value is not None for m in measurements):
        said = [_other(m.tps_value, m.unit, m.tps_differs) for m in measurements]
        found.append((TPS_NAME.lower(), said, ""))
    engines = [m.second_engine for m in measurements]
    names = dict.fromkeys(engine.name for engine in engines if engine is not None)
    for name in names:
        said = [
            "" if engine is None else _other(engine.value, m.unit, engine.differs)
            for m, engine in zip(measurements, engines, strict=True)
        ]
        whys = dict.fromkeys(engine.reason for engine in engines if engine is not None)
        found.append((name, said, "; ".join(filter(None, whys))))
    return found


def _other(value: float | None, unit: str, differs: bool) -> str:
    return "" if value is None else number_text(value, unit) + ("*" if differs else "")


def _unsaid(m: Measurement) -> str:
    if m.low is None or m.high is None:
        return m.metric
    low, high = number_text(m.low, m.unit, [m.high]), value_text(m.high, m.unit, [m.low])
    return f"{m.metric} (between {low} and {high})"


def _cell(m: Measurement) -> str:
    if m.value is None:
        return NOT_SAID
    interval = interval_text(m.value, m.low, m.high, m.unit)
    return "\n".join(filter(None, (m.text or number_text(m.value, m.unit), interval)))
