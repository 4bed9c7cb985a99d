"""``rtcheck commission``: the quick suite from the command line, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import json_of, one_clear_error, run


def test_the_quick_suite_is_in_tolerance_and_filed(tmp_path: Path) -> None:
    page = tmp_path / "record.html"
    result = run(
        "commission", "--quick", "--date", "2026-02-01", "--json", "-", "--html", page
    )  # fmt: skip
    record = json_of(result)
    found = [row for row in record["acceptance"] if row["in_tolerance"] is False]
    found += [check for check in record["checks"] if not check["in_tolerance"]]
    assert found == []
    assert result.exit_code == record["exit_code"] == 0
    assert record["created"] == "2026-02-01"
    assert {check["name"] for check in record["checks"]} == {
        "intervals", "undefined", "missing", "flat_ends", "prism", "orientations",
        "grid_cuts_body", "truth",
    }  # fmt: skip
    assert result.stderr.splitlines()[1].startswith("✓ IN TOLERANCE. ")
    assert "<title>✓ in tolerance" in page.read_text(encoding="utf-8")


def test_out_of_tolerance_is_exit_code_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rtcheck.commission import record
    from rtcheck.commission.acceptance import Check
    from rtcheck.commission.cases import PlanCase

    plan = PlanCase("uniform", 3.0, 0.2, 3.0, (0.1, 0.2, 0.3), ("sphere 12 mm",))
    failed = Check("orientations", "Ways to store.", 0.006, 0.005, "Gy", 8)
    monkeypatch.setattr(record, "quick_suite", lambda: (plan,))
    monkeypatch.setattr(record, "exact_checks", lambda geometry, quick: iter([failed]))
    target = tmp_path / "record.json"
    result = run("commission", "--quick", "--json", target)
    assert result.exit_code == 1
    assert result.stdout.startswith("✗ OUT OF TOLERANCE. ")
    assert json.loads(target.read_text(encoding="utf-8"))["in_tolerance"] is False


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--date", "yesterday"), "date 'yesterday'"),
        (("--geometry", "cubic"), "geometry 'cubic'"),
        (("--json", "nowhere/record.json"), "no such folder"),
        (("--json", "-", "--html", "-"), "both write to '-'"),
    ],
)
def test_what_cannot_be_done_is_refused_at_once(arguments: tuple[str, ...], says: str) -> None:
    result = run("commission", "--quick", *arguments)
    assert result.exit_code == 2
    assert says in one_clear_error(result, "RTC-U001")
