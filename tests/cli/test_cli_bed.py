"""``rtcheck bed``: the known answers of the second paper, and what is refused."""

from __future__ import annotations

import pytest
from command_line import json_of, one_clear_error, run

# Dose, dose per fraction, alpha/beta; equivalent in 1.8 Gy fractions, their number, their dose.
PAPER = [
    ("58.42", "2.54", "10", 62.08, 34, 61.2),
    ("30", "6", "10", 40.68, 23, 41.4),
    ("50.4", "1.8", "10", 50.4, 28, 50.4),
    ("39", "3", "3", 48.75, 27, 48.6),
    ("30", "3", "10", 33.05, 18, 32.4),
]


@pytest.mark.parametrize(("dose", "each", "ratio", "eqd", "fractions", "rounded"), PAPER)
def test_the_known_answers_of_the_paper(
    dose: str, each: str, ratio: str, eqd: float, fractions: int, rounded: float
) -> None:
    schedule = ["--dose", dose, "--dose-per-fraction", each, "--alpha-beta", ratio]
    document = json_of(run("bed", *schedule, "--json", "-"))
    equivalent = document["conventional_equivalent"]
    # The paper prints two decimals.
    assert equivalent["eqd_gy"] == pytest.approx(eqd, abs=0.005)
    assert equivalent["fractions"] == fractions
    assert equivalent["dose_gy"] == pytest.approx(rounded, abs=1e-9)
    text = run("bed", *schedule).stdout
    assert f"{eqd:.2f} Gy" in text
    assert f"{fractions} × 1.8 Gy = {rounded:.1f} Gy" in text


def test_bed_and_eqd2_by_hand() -> None:
    # 60 Gy in 30 × 2 Gy, alpha/beta 3: 60 × (1 + 2/3) = 100 Gy; EQD2 is the dose itself.
    schedule = ["--dose", "60", "--fractions", "30", "--alpha-beta", "3"]
    document = json_of(run("bed", *schedule, "--json", "-"))
    assert document["schema"] == "rtcheck-bed/1"
    assert document["bed_gy"] == pytest.approx(100, abs=1e-9)
    assert document["eqd2_gy"] == pytest.approx(60, abs=1e-9)
    text = run("bed", *schedule).stdout
    assert "100.00 Gy" in text
    assert "60.00 Gy" in text


def test_a_unit_may_be_written() -> None:
    bare = run("bed", "--dose", "60", "--fractions", "30", "--alpha-beta", "3")
    unit = run("bed", "--dose", "6000 cGy", "--fractions", "30", "--alpha-beta", "3 Gy")
    assert unit.stdout == bare.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--dose", "0", "--fractions", "30", "--alpha-beta", "10"], "more than 0 Gy"),
        (["--dose", "-5", "--fractions", "30", "--alpha-beta", "10"], "--dose"),
        (["--dose", "nan", "--fractions", "30", "--alpha-beta", "10"], "--dose"),
        (["--dose", "1e400", "--fractions", "30", "--alpha-beta", "10"], "--dose"),
        (["--dose", "50 cc", "--fractions", "25", "--alpha-beta", "10"], "--dose"),
        (["--dose", "60", "--fractions", "2.5", "--alpha-beta", "10"], "whole number"),
        (["--dose", "60", "--fractions", "0", "--alpha-beta", "10"], "whole number"),
        (["--dose", "60", "--fractions", "30", "--alpha-beta", "0"], "--alpha-beta"),
        (["--dose", "60", "--alpha-beta", "10"], "--fractions N"),
        (["--dose", "58", "--dose-per-fraction", "2.54", "--alpha-beta", "10"], "22.835 fractions"),
        (
            ["--dose", "60", "--fractions", "20", "--dose-per-fraction", "2", "--alpha-beta", "10"],
            "disagree",
        ),
    ],
)
def test_what_makes_no_schedule_is_refused(arguments: list[str], says: str) -> None:
    result = run("bed", *arguments)
    assert result.exit_code == 2, result.output
    assert says in one_clear_error(result, "RTC-U001")
