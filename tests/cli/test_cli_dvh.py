"""``rtcheck dvh``: values with units, what cannot be said, formats."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pydicom
import pytest
from bodies import RX, LinearDose, ball, box, written
from command_line import export, export_cut_by_grid, json_of, one_clear_error, run


def metric(document: dict[str, Any], structure: str, name: str) -> dict[str, Any]:
    found = next(s for s in document["structures"] if s["name"] == structure)
    return next(m for m in found["metrics"] if m["metric"] == name)


def gradient(folder: Path) -> str:
    """Write a ball of 20 mm that gets 50 Gy in its centre and 1 Gy more each mm to the left."""
    contours = {"PTV": ball(20), "Core": ball(10), "A|B - C": box((8, 8, 8), (0, 30, 0))}
    return str(written(folder, contours, LinearDose(RX, (1.0, 0, 0))))


def test_values_of_a_ball_in_a_gradient(tmp_path: Path) -> None:
    asked = ["-m", "Mean[Gy]", "-m", "D50%[cGy]", "-m", "V50Gy[%]", "-m", "Volume[cc]"]
    result = run("dvh", gradient(tmp_path / "a"), "-s", "PTV", *asked, "--json", "-")
    assert result.exit_code == 0, result.output
    document = json_of(result)
    assert document["schema"] == "rtcheck-dvh/1"
    assert document["settings"]["geometry"] == "smooth"
    (ptv,) = document["structures"]
    assert ptv["inside_dose_grid_fraction"] == 1.0
    # 4/3 pi 2^3 cc; contours are 240-gons on 2 mm slices.
    assert ptv["volume_cm3"] == pytest.approx(33.51, rel=0.01)
    expected = {
        "Mean[Gy]": (50, 0.05, "Gy"),
        "D50%[cGy]": (5000, 5, "cGy"),
        "V50Gy[%]": (50, 0.5, "%"),
        "Volume[cc]": (33.51, 0.3, "cc"),
    }
    for name, (value, tolerance, unit) in expected.items():
        found = metric(document, "PTV", name)
        assert found["value"] == pytest.approx(value, abs=tolerance), name
        assert found["unit"] == unit
        assert found["low"] <= found["value"] <= found["high"]
        assert found["reason"] is None
        assert found["tps_value"] is None
    assert ptv["curve"]["volume_percent"][0] == pytest.approx(100)
    assert ptv["curve"]["dose_gy"] == sorted(ptv["curve"]["dose_gy"])


def test_expressions_stand_wherever_a_structure_may(tmp_path: Path) -> None:
    shell = "PTV - Core"
    result = run("dvh", gradient(tmp_path / "a"), "-s", shell, "-m", "Mean[Gy]", "--json", "-")
    assert result.exit_code == 0, result.output
    (found,) = json_of(result)["structures"]
    assert found["name"] == shell
    assert found["volume_cm3"] == pytest.approx(33.51 * 7 / 8, rel=0.015)


def test_every_roi_is_measured_by_default_whatever_it_is_called(tmp_path: Path) -> None:
    result = run("dvh", gradient(tmp_path / "a"), "--json", "-")
    assert result.exit_code == 0, result.output
    structures = json_of(result)["structures"]
    assert len(structures) == 3
    assert structures[2]["volume_cm3"] == pytest.approx(0.512, rel=0.15)
    assert [m["metric"] for m in structures[0]["metrics"]][:2] == ["Min[Gy]", "Mean[Gy]"]


@pytest.mark.parametrize(
    ("structure", "asked", "reason", "words"),
    [
        ("SpinalCord", "D2cc[Gy]", "smaller_than_volume", "smaller than"),
        ("Cord", "Mean[Gy]", "structure_missing", "Did you mean 'SpinalCord'?"),
        ("PTV - Cord", "Mean[Gy]", "structure_missing", "no ROI named 'Cord'"),
        ("PTV", "D95%[%]", "no_prescription", "name one of"),
        ("PTV - PTV", "Mean[Gy]", "structure_empty", "leaves nothing"),
    ],
)
def test_what_cannot_be_said_is_null_with_its_reason(
    structure: str, asked: str, reason: str, words: str, tmp_path: Path
) -> None:
    arguments = ["-s", structure, "-s", "PTV", "-m", asked, "-m", "Max[Gy]", "--json", "-"]
    result = run("dvh", export(tmp_path / "a"), *arguments)
    assert result.exit_code == 3, result.output
    found = metric(json_of(result), structure, asked)
    assert found["value"] is None
    assert found["reason"] == reason
    assert words in found["reason_text"]
    assert words in " ".join(result.stderr.split())
    assert metric(json_of(result), "PTV", "Max[Gy]")["value"] == pytest.approx(50, abs=1e-3)


def test_outside_the_dose_grid_gives_bounds_and_no_value(tmp_path: Path) -> None:
    arguments = ["-s", "SpinalCord", "-m", "Mean[Gy]", "--json", "-"]
    result = run("dvh", export_cut_by_grid(tmp_path / "a"), *arguments)
    assert result.exit_code == 3
    document = json_of(result)
    assert document["structures"][0]["inside_dose_grid_fraction"] == pytest.approx(0.5, abs=0.03)
    found = metric(document, "SpinalCord", "Mean[Gy]")
    assert (found["value"], found["reason"]) == (None, "dose_does_not_cover")
    assert found["low"] < 26
    assert found["high"] == pytest.approx(50, abs=0.1)


def test_two_rois_of_one_name_are_ambiguous(tmp_path: Path) -> None:
    export(tmp_path / "a", "Twin")
    path = tmp_path / "a" / "RTSTRUCT.dcm"
    dataset = pydicom.dcmread(path)
    dataset.StructureSetROISequence[1].ROIName = "Twin"
    dataset.save_as(path)
    result = run("dvh", tmp_path / "a", "-s", "Twin", "-m", "Mean[Gy]", "--json", "-")
    assert result.exit_code == 3
    assert metric(json_of(result), "Twin", "Mean[Gy]")["reason"] == "structure_ambiguous"


def test_percent_is_of_the_prescription_that_is_named(tmp_path: Path) -> None:
    folder = export(tmp_path / "a")
    asked = ["-s", "PTV", "-m", "Mean[%]", "--json", "-"]
    own = run("dvh", folder, *asked, "--prescription", "PTV")
    assert metric(json_of(own), "PTV", "Mean[%]")["value"] == pytest.approx(100, abs=1e-3)
    stated = run("dvh", folder, *asked, "--rx", "Boost=40 Gy/20", "--prescription", "Boost")
    assert stated.exit_code == 0, stated.output
    assert metric(json_of(stated), "PTV", "Mean[%]")["value"] == pytest.approx(125, abs=1e-3)


def test_bed_and_eqd2_are_taken_point_by_point(tmp_path: Path) -> None:
    folder = export(tmp_path / "a")
    # 50 Gy in 25 fractions: BED 50 × 1.2 at alpha/beta 10, EQD2 50 because fractions are of 2 Gy.
    for kind, expected in (("BED", 60.0), ("EQD2", 50.0)):
        asked = ["-s", "PTV", "-m", "Mean[Gy]", "--dose", kind, "--alpha-beta", "10", "--json", "-"]
        result = run("dvh", folder, *asked)
        assert result.exit_code == 0, result.output
        document = json_of(result)
        assert metric(document, "PTV", "Mean[Gy]")["value"] == pytest.approx(expected, abs=1e-3)
        assert document["settings"]["dose"] == kind


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["-m", "V20Gy"], "RTC-M001", "V20Gy[%]"),
        (["-m", "D95[Gy]"], "RTC-M001", "D95"),
        (["-s", "PTV -"], "RTC-S001", "PTV -"),
        (["--dose", "bed"], "RTC-U001", "EQD2"),
        (["--dose", "BED"], "RTC-U001", "--alpha-beta"),
        (["--alpha-beta", "10"], "RTC-U001", "no effect"),
        (["--prescription", "PTV"], "RTC-U001", "no effect"),
        (["--dose", "BED", "--alpha-beta", "-3"], "RTC-U001", "--alpha-beta"),
        (["--plan", "other"], "RTC-U001", "PHANTOM"),
        (["--svg", "-", "--json", "-"], "RTC-U001", "a place for each"),
    ],
)
def test_wrong_options_exit_2(options: list[str], code: str, says: str, tmp_path: Path) -> None:
    result = run("dvh", export(tmp_path / "a"), *options)
    assert result.exit_code == 2, result.output
    assert says in one_clear_error(result, code)
    assert result.stdout == ""


def test_several_plans_ask_for_a_choice(tmp_path: Path) -> None:
    export(tmp_path / "x" / "a")
    export(tmp_path / "x" / "b")
    result = run("dvh", tmp_path / "x")
    assert result.exit_code == 2
    assert "--plan" in one_clear_error(result, "RTC-U001")


def test_csv_has_one_row_a_metric_of_a_structure(tmp_path: Path) -> None:
    asked = ["-s", "PTV", "-s", "SpinalCord", "-m", "Mean[Gy]", "-m", "D2cc[Gy]", "--csv", "-"]
    result = run("dvh", export(tmp_path / "a"), *asked)
    assert result.exit_code == 3
    rows = list(csv.DictReader(io.StringIO(result.stdout.removeprefix("\ufeff"))))
    assert [(row["structure"], row["metric"], row["reason"]) for row in rows] == [
        ("PTV", "Mean[Gy]", ""),
        ("PTV", "D2cc[Gy]", ""),
        ("SpinalCord", "Mean[Gy]", ""),
        ("SpinalCord", "D2cc[Gy]", "smaller_than_volume"),
    ]
    assert float(rows[0]["value"]) == pytest.approx(50, abs=1e-3)
    assert rows[3]["value"] == ""


def test_svg_draws_each_curve(tmp_path: Path) -> None:
    out = tmp_path / "curves.svg"
    result = run("dvh", gradient(tmp_path / "a"), "-s", "PTV", "-s", "Core", "--svg", out)
    assert result.exit_code == 0, result.output
    text = out.read_text(encoding="utf-8")
    assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314
    assert "PTV" in text
    assert "Core" in text


def test_text_has_one_row_a_structure_with_units_in_the_heading(tmp_path: Path) -> None:
    result = run("dvh", export(tmp_path / "a"), "-m", "Mean[Gy]", "-m", "D2cc[Gy]")
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["Structure", "Volume", "Mean", "D2cc"] in lines
    assert ["[cc]", "[Gy]", "[Gy]"] in lines
    assert any(line[:1] == ["PTV"] and line[2:] == ["50.00", "50.00"] for line in lines)
    assert any(line[:1] == ["SpinalCord"] and line[2:] == ["50.00", "?"] for line in lines)
