"""Every goal of every shipped protocol against its cases, by the real judge."""

# ruff: noqa: E501 — one fault, one line

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rtcheck.errors import ProtocolNotFoundError, RtcheckError
from rtcheck.protocol import list_protocols, load_protocol, new_protocol
from rtcheck.protocol.cases import EXPECTED, Case, needed_outcomes, read_cases
from rtcheck.protocol.find import cases_path
from rtcheck.protocol.goal import Protocol
from rtcheck.verdict.cases import build_plan, run_case, run_cases
from rtcheck.verdict.outcome import Outcome

PROTOCOLS = list_protocols()
ALL = [(p, case) for p in PROTOCOLS for case in read_cases(cases_path(Path(p.path)), p)]
GOALS = [(p, goal) for p in PROTOCOLS for goal in p.goals]


@pytest.mark.parametrize(("protocol", "case"), ALL, ids=[f"{p.id}-{c.label}" for p, c in ALL])
def test_case(protocol: Protocol, case: Case) -> None:
    result = run_case(case, protocol)
    assert result.passed, str(result)


@pytest.mark.parametrize(("protocol", "goal"), GOALS, ids=[f"{p.id}-{g.id}" for p, g in GOALS])
def test_every_goal_has_the_cases_it_needs(protocol: Protocol, goal: object) -> None:
    have = {case.expect for p, case in ALL if p is protocol and case.goal == goal.id}
    assert set(needed_outcomes(goal)) <= have


def test_a_case_may_expect_any_outcome() -> None:
    assert set(EXPECTED) == set(Outcome)


def write(tmp_path: Path, cases: str) -> Protocol:
    source = Path(load_protocol("sun-2016-hcc-lung-mets").path)
    rules = tmp_path / source.name
    rules.write_bytes(source.read_bytes())
    cases_path(rules).write_text(cases)
    return load_protocol(rules)


PLAN = "[plans.p.structures]\nLungs = { box = [0, 10, 0, 10, 0, 10] }\n"


def one(line: str) -> str:
    return f"case = [{{ {line} }}]\n{PLAN}"


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (one('goal = "lung-v2O", plan = "p", expect = "reported"'), "RTC-P001", ["case number 1", "did you mean lung-v20?"]),
        (one('goal = "lung-v20", plan = "q", expect = "reported"'), "RTC-P001", ["no plan 'q'", "Known: p"]),
        (one('goal = "lung-v20", plan = "p", expect = "passes"'), "RTC-P001", ["expect", "per_protocol"]),
        (one('goal = "lung-v20", plan = "p", expect = "not_evaluated"'), "RTC-P001", ["a reason with not_evaluated"]),
        (one('goal = "lung-v20", plan = "p", expect = "reported", reason = "no_dose"'), "RTC-P001", ["do not fit"]),
        (one('goal = "lung-v20", plan = "p", expect = "not_evaluated", reason = "none"'), "RTC-P001", ["reason", "structure_missing"]),
        (one('goal = "lung-v20", plan = "p", expect = "reported", changes = {}'), "RTC-P002", ["unknown key 'changes'", "did you mean change?"]),
        (one('goal = "lung-v20", plan = "p", expect = "reported", change = { dose = true }'), "RTC-P001", ["change: dose", "or false"]),
        ("case = []\n" + PLAN, "RTC-P001", ["case", "a list"]),
        (one('goal = "lung-v20", plan = "p", expect = "reported"') + "A = { box = [1, 2] }\n", "RTC-P001", ["plans: p: structures: A"]),
        (one('goal = "lung-v20", plan = "p", expect = "reported"') + "A = {}\n", "RTC-P001", ["one of box, sphere, cylinder, empty"]),
        (one('goal = "lung-v20", plan = "p", expect = "reported"') + '[plans.q]\nfraction_pattern = "12345"\n', "RTC-P001", ["fraction_pattern"]),
    ],
)  # fmt: skip
def test_faults_in_a_cases_file_are_named(
    tmp_path: Path, text: str, code: str, says: list[str]
) -> None:
    protocol = write(tmp_path, text)
    with pytest.raises(RtcheckError) as caught:
        run_cases(protocol)
    assert caught.value.code == code, str(caught.value)
    for part in ["sun-2016-hcc-lung-mets.cases.toml", *says]:
        assert part in str(caught.value)


def test_no_cases_file_is_an_error(tmp_path: Path) -> None:
    protocol = write(tmp_path, "")
    cases_path(Path(protocol.path)).unlink()
    with pytest.raises(ProtocolNotFoundError):
        run_cases(protocol.path)


def test_a_case_that_does_not_come_out_says_what_did(tmp_path: Path) -> None:
    protocol = write(tmp_path, one('goal = "lung-v20", plan = "p", expect = "per_protocol"'))
    (result,) = run_cases(protocol.path)
    assert not result.passed
    assert (result.outcome, result.case.label) == ("not_evaluated", "lung-v20-1-per_protocol")
    assert "expected per_protocol, got not_evaluated" in str(result)


def test_a_plan_is_what_its_table_says() -> None:
    plan = build_plan({
        "structures": {
            "Box": {"box": [0, 20, 0, 20, 0, 20]},
            "Ball": {"sphere": {"center": [0, 0, 0], "radius": 10}},
            "Tube": {"cylinder": {"center": [5, 5], "radius": 10, "z": [0, 30]}},
            "Nothing": {"empty": True},
        },
        "dose": [{"gy": 2}, {"gy": 50, "box": [0, 20, 0, 20, 0, 20]}],
        "prescriptions": [{"target": "Box", "dose": "5000 cGy", "fractions": 25}],
        "fractions": 25,
        "fraction_pattern": "1111100",
    })  # fmt: skip
    box, ball, tube, nothing = plan.structures
    assert sorted(set(box.points_mm[:, 2])) == [2.5, 7.5, 12.5, 17.5], "planes amid their slices"
    np.testing.assert_allclose(np.linalg.norm(ball.points_mm, axis=1), 10.0)
    assert tube.number_of_contours == 6
    assert nothing.is_empty
    assert plan.dose is not None
    assert plan.dose.spacing_mm == (5.0, 5.0, 5.0)
    assert (plan.dose.dose_gy.min(), plan.dose.dose_gy.max()) == (2.0, 50.0)
    assert np.count_nonzero(plan.dose.dose_gy == 50.0) == 5**3
    (rx,) = plan.prescriptions
    assert (rx.dose_gy, rx.number_of_fractions_planned, rx.roi_number) == (50.0, 25, 1)
    assert plan.fraction_pattern is not None
    assert plan.fraction_pattern.fractions_per_week() == 5.0


def test_false_takes_away() -> None:
    plan = build_plan({"structures": {}, "dose": False, "prescriptions": False, "fractions": False})
    assert (plan.dose, plan.prescriptions, plan.number_of_fractions_planned) == (None, (), None)


def test_the_cases_of_the_template_come_out(tmp_path: Path) -> None:
    rules, cases = new_protocol("my-lung")
    (tmp_path / "my-lung.toml").write_text(rules, "utf-8")
    (tmp_path / "my-lung.cases.toml").write_text(cases, "utf-8")
    assert [str(r) for r in run_cases(tmp_path / "my-lung.toml") if not r.passed] == []


def test_the_cases_of_the_documentation_come_out(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "protocols.md").read_text("utf-8")
    rules, _, cases = [part.split("```")[0] for part in text.split("```toml\n")[1:]]
    (tmp_path / "site-example.toml").write_text(rules, "utf-8")
    (tmp_path / "site-example.cases.toml").write_text(cases, "utf-8")
    assert [str(r) for r in run_cases(tmp_path / "site-example.toml") if not r.passed] == []
