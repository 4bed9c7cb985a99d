"""Whatever is missing, empty, cut off or contradictory: no pass without a number that keeps it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from bodies import LinearDose, box, plan_of
from hypothesis import given, settings
from hypothesis import strategies as st
from rules import goal, rules

import rtcheck
from rtcheck.plan import DoseGrid, Finding, Prescription, Severity
from rtcheck.verdict import Outcome, Verdict

METRICS = {
    "Mean[Gy]": ("Gy", "structure"),
    "D2cc[Gy]": ("Gy", "structure"),
    "D95%[%]": ("%", "prescription"),
    "V20Gy[%]": ("%", "structure"),
    "CV20Gy[cc]": ("cc", "structure"),
    "Volume[cc]": ("cc", "structure"),
    "HI": ("", "structure"),
    "CI": ("", "prescription"),
    "Inside(GTV)[%]": ("%", "structure"),
}
BODIES = {
    "missing": None,
    "empty": [],
    "tiny": box((4, 4, 4)),
    "whole": box((20, 20, 20)),
    "half out": box((20, 20, 20), (25, 0, 0)),
    "far out": box((20, 20, 20), (200, 0, 0)),
}
RX = {
    "none": [],
    "one": [Prescription("PTV", 40.0, 20, None)],
    "two that differ": [Prescription("PTV", 40.0, 20, None), Prescription("PTV", 50.0, 25, None)],
    "another's": [Prescription("Elsewhere", 40.0, 20, 99)],
}


@dataclass(frozen=True)
class Case:
    plan: rtcheck.OpenPlan
    goals: list[str]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    axis = np.arange(-25.0, 26.0, 5.0)
    dose = LinearDose(30.0, (0.5, 0.0, 0.0)).on_grid(axis, axis, axis)
    kinds = {
        role: draw(st.sampled_from([*BODIES, "whole", "whole", "whole", "half out"]))
        for role in ("Organ", "GTV", "PTV")
    }
    twice = draw(st.sampled_from(range(10))) == 7 and kinds["Organ"] != "missing"
    bodies = {role: BODIES[kind] for role, kind in kinds.items() if BODIES[kind] is not None}
    if twice:
        bodies = {"ORGAN": BODIES["whole"], "organ_": BODIES["whole"]} | {
            k: v for k, v in bodies.items() if k != "Organ"
        }
    blocks = (
        [Finding("X", Severity.BLOCKS, "blocked", "a file")]
        if draw(st.sampled_from(range(12))) == 7
        else []
    )
    plan = plan_of(
        bodies,
        DoseGrid(dose, axis, axis, axis) if draw(st.sampled_from(range(8))) != 7 else None,
        prescriptions=RX[draw(st.sampled_from([*RX, "one", "one"]))],
        findings=blocks,
    )
    goals = []
    for i, metric in enumerate(
        draw(st.lists(st.sampled_from(list(METRICS)), min_size=1, max_size=3))
    ):
        unit, needs = METRICS[metric]
        sign = draw(st.sampled_from(["<", "<=", ">", ">="]))
        keys = {
            "id": f'"g{i}"',
            "structure": draw(st.sampled_from(['"Organ"', '"PTV"', '"Organ - GTV"'])),
        }
        if needs == "prescription":
            keys["prescription"] = '"PTV"'
        if draw(st.integers(0, 4)) == 0:
            keys["required"] = "false"
        goals.append(goal(metric, f"{sign} {draw(st.integers(0, 60))} {unit}".strip(), **keys))
    return Case(plan, goals)


def keeps(verdict: Verdict) -> bool:
    """Return whether every end of what the value can be keeps the limit, read from its text."""
    sign, number = verdict.per_protocol.split()[:2]
    compare = {"<": float.__lt__, "<=": float.__le__, ">": float.__gt__, ">=": float.__ge__}[sign]
    ends = [v for v in (verdict.value, verdict.low, verdict.high) if v is not None]
    slack = 1e-9 * abs(float(number))
    return bool(ends) and all(
        compare(end, float(number)) or ("=" in sign and abs(end - float(number)) <= slack)
        for end in ends
    )


@settings(max_examples=80)
@given(cases())
def test_a_pass_has_a_number_that_keeps_the_limit(case: Case) -> None:
    protocol = rules(*case.goals)
    report = rtcheck.check(case.plan, protocol)
    assert {v.goal for v in report.verdicts} == {g.id for g in protocol.goals}, "no row vanishes"
    for verdict in report.verdicts:
        said = {"outcome": verdict.outcome, "value": verdict.value, "reason": verdict.reason}
        if verdict.outcome is Outcome.PER_PROTOCOL:
            assert keeps(verdict), said
            assert verdict.found, "it names the ROI it stands on"
        elif verdict.outcome is Outcome.DEVIATION_UNACCEPTABLE:
            assert verdict.value is not None or verdict.low is not None, said
            assert not keeps(verdict), said
        else:
            assert verdict.outcome is Outcome.NOT_EVALUATED, said
            assert verdict.reason is not None, said
            assert verdict.reason != "internal_error", said
            assert verdict.value is None, said
        numbers = [v for v in (verdict.value, verdict.low, verdict.high) if v is not None]
        assert np.isfinite(numbers).all()
    required = [v.outcome for v in report.verdicts if v.required]
    passes = bool(required) and set(required) == {Outcome.PER_PROTOCOL}
    blocked = any(f.severity is Severity.BLOCKS for f in case.plan.findings)
    assert (report.exit_code == 0) == (passes and not blocked)
    assert (report.exit_code == 1) == (Outcome.DEVIATION_UNACCEPTABLE in required)
