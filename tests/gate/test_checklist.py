"""The checklist of a plan review: what holds, what does not, what files do not say."""

from __future__ import annotations

from pathlib import Path

from chest import checked_export, clean

from rtcheck.gate import GATE_CODES
from rtcheck.gate.checklist import _ITEMS
from rtcheck.report.record import Report


def answers(report: Report) -> dict[str, bool | None]:
    return {line.statement: line.holds for line in report.review}


def test_of_a_clean_plan_everything_holds_but_what_files_do_not_say(tmp_path: Path) -> None:
    found = answers(checked_export(tmp_path, clean()))
    assert len(found) == 11
    assert [statement for statement, holds in found.items() if holds is not True] == [
        "Earlier treatment is in the dose"
    ]
    assert found["Earlier treatment is in the dose"] is None


def test_what_speaks_against_a_line_is_named(tmp_path: Path) -> None:
    plan, structures, dose = clean()
    dose.DoseGridScaling = f"{float(dose.DoseGridScaling) / 25:.9g}"
    review = checked_export(tmp_path, (plan, structures, dose)).review
    (line,) = [line for line in review if "DOSE_LEVEL_IMPLAUSIBLE" in line.codes]
    assert line.statement == "The dose has the level of the prescription"
    assert line.holds is False


def test_of_a_blocked_plan_no_target_is_said_to_be_forgotten(tmp_path: Path) -> None:
    """Nothing of it is judged, which is said once; a list of its targets would only hide that."""
    plan, structures, dose = clean()
    dose.DoseGridScaling = f"{float(dose.DoseGridScaling) / 25:.9g}"
    report = checked_export(tmp_path, (plan, structures, dose))
    assert {f.code for f in report.findings} == {
        "DOSE_LEVEL_IMPLAUSIBLE",
        "DOSE_PRESCRIPTION_IMPLAUSIBLE",
    }
    assert answers(report)["Every target was judged by a goal"] is None


def test_without_a_dose_nothing_is_said_of_it(tmp_path: Path) -> None:
    found = answers(checked_export(tmp_path, clean()[:2]))
    assert found["The dose grid covers every target"] is None
    assert found["Every contour is closed, and on every slice"] is True


def test_every_finding_of_the_gate_speaks_against_a_line() -> None:
    beginnings = tuple(code for _, _, codes in _ITEMS for code in codes)
    informs = {code for code, (severity, _) in GATE_CODES.items() if severity == "informs"}
    assert not [c for c in GATE_CODES.keys() - informs if not c.startswith(beginnings)]
