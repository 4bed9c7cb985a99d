"""What the planning system and dicompyler-core say, in every format of ``check`` and ``dvh``."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from bodies import RX, LinearDose, box, written
from command_line import json_of, one_clear_error, rules, run
from pydicom.dataset import Dataset

MEAN = ("ptv-mean", "PTV", "Mean[Gy]", ">= 49 Gy")
UNION = ("both-mean", "PTV | SpinalCord", "Mean[Gy]", "<= 60 Gy")
SIZE = ("ptv-size", "PTV", "Diameter[cm]", "<= 9 cm")
HOT = ("ptv-max", "PTV", "Max[Gy]", "<= 61 Gy")


def export(folder: Path, stored_gy: tuple[float, float] | None = (40.0, 60.0)) -> str:
    """Write a box of 8 cc with 40 to 60 Gy, and the DVH of an even spread between two doses."""
    contours = {"PTV": box((20, 20, 20)), "SpinalCord": box((10, 10, 15), (30, 0, 0))}
    written(folder, contours, LinearDose(RX, (1.0, 0, 0)))
    if stored_gy is None:
        return str(folder)
    low, high = stored_gy
    edges = np.arange(0, high, 0.1)
    volumes = 8 * np.clip((high - edges) / (high - low), 0, 1)
    dvh = Dataset()
    dvh.DVHType, dvh.DoseUnits, dvh.DoseType, dvh.DVHVolumeUnits = (
        "CUMULATIVE",
        "GY",
        "PHYSICAL",
        "CM3",
    )
    dvh.DVHDoseScaling, dvh.DVHNumberOfBins = "1", len(edges)
    dvh.DVHData = [f"{v:.10g}" for volume in volumes for v in (0.1, volume)]
    roi = Dataset()
    roi.ReferencedROINumber, roi.DVHROIContributionType = 1, "INCLUDED"
    dvh.DVHReferencedROISequence = [roi]
    reference = Dataset()
    structures = pydicom.dcmread(folder / "RTSTRUCT.dcm")
    reference.ReferencedSOPClassUID = structures.SOPClassUID
    reference.ReferencedSOPInstanceUID = structures.SOPInstanceUID
    dose = pydicom.dcmread(folder / "RTDOSE.dcm")
    dose.ReferencedStructureSetSequence = [reference]
    dose.DVHSequence = [dvh]
    dose.save_as(folder / "RTDOSE.dcm")
    return str(folder)


def verdicts(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {v["goal"]: v for v in document["verdicts"]}


def codes(document: dict[str, Any]) -> list[str]:
    return [f["code"] for f in document["findings"]]


def test_check_puts_the_stored_figure_beside_ours(tmp_path: Path) -> None:
    protocol = rules(tmp_path, MEAN, UNION, SIZE)
    result = run("check", export(tmp_path / "a"), "-p", protocol, "--json", "-")
    assert result.exit_code == 0, result.output
    found = verdicts(json_of(result))
    assert found["ptv-mean"]["tps_value"] == pytest.approx(50, abs=0.02)
    assert found["ptv-mean"]["tps_differs"] is False
    assert found["ptv-mean"]["tps_outcome"] == "per_protocol"
    assert "would be" not in result.stderr
    assert found["both-mean"]["tps_value"] is found["ptv-size"]["tps_value"] is None
    assert {v["second_engine"] for v in found.values()} == {None}
    assert "Planning system: 50.00 Gy" in " ".join(result.stderr.split())


def test_a_stored_figure_changes_no_outcome_and_no_exit_code(tmp_path: Path) -> None:
    """30 Gy there would break the goal: it is a finding that warns, and nothing else."""
    protocol = rules(tmp_path, MEAN)
    result = run("check", export(tmp_path / "a", (20.0, 40.0)), "-p", protocol, "--json", "-")
    document = json_of(result)
    assert result.exit_code == 0
    assert verdicts(document)["ptv-mean"]["tps_value"] == pytest.approx(30, abs=0.02)
    (finding,) = (f for f in document["findings"] if f["code"] == "TPS_DVH_DIFFERS")
    assert (finding["severity"], finding["where"]) == ("warns", "PTV")
    assert "Mean[Gy] 50 here and 30 Gy there" in finding["text"]
    assert "says otherwise" in result.stderr
    assert verdicts(document)["ptv-mean"]["tps_outcome"] == "deviation_unacceptable"
    words = " ".join(result.stderr.split())
    assert "By the planning system's figure this would be: deviation unacceptable." in words


def test_every_format_shows_it(tmp_path: Path) -> None:
    folder = export(tmp_path / "a")
    html, table = tmp_path / "r.html", tmp_path / "r.csv"
    run("check", folder, "-p", rules(tmp_path, MEAN), "--html", html, "--csv", table)
    assert "TPS 50.00 Gy" in html.read_text(encoding="utf-8")
    (row,) = csv.DictReader(io.StringIO(table.read_text(encoding="utf-8-sig")))
    assert float(row["tps_value"]) == pytest.approx(50, abs=0.02)
    assert row["second_engine"] == row["second_engine_value"] == ""


def test_without_a_stored_figure_no_format_speaks_of_one(tmp_path: Path) -> None:
    html = tmp_path / "r.html"
    folder = export(tmp_path / "a", None)
    result = run("check", folder, "-p", rules(tmp_path, MEAN), "--html", html)
    assert "lanning system " not in result.stdout.split("rtcheck is an independent")[0]
    assert "Planning system" not in html.read_text(encoding="utf-8")


def test_dvh_has_a_row_for_each_who_was_asked(tmp_path: Path) -> None:
    folder = export(tmp_path / "a", (30.0, 60.0))
    asked = ("-m", "Mean[Gy]", "-m", "Max[Gy]")
    result = run("dvh", folder, "-s", "PTV", "-s", "SpinalCord", *asked, "--json", "-")
    ptv, cord = json_of(result)["structures"]
    assert [m["tps_value"] for m in ptv["metrics"]] == pytest.approx([45, 60], abs=0.02)
    assert [m["tps_differs"] for m in ptv["metrics"]] == [True, False]
    assert [m["tps_value"] for m in cord["metrics"]] == [None, None]
    lines = [line.split() for line in result.stderr.splitlines() if "planning system" in line]
    assert lines[-1] == ["·", "planning", "system", "45.00*", "60.00"]


# dicompyler-core --------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["check", "dvh"])
def test_an_unknown_engine_is_wrong_usage(tmp_path: Path, command: str) -> None:
    rest = ["-p", rules(tmp_path, MEAN)] if command == "check" else []
    result = run(command, export(tmp_path / "a"), *rest, "--second-engine", "plastimatch")
    assert result.exit_code == 2
    assert "expected one of dicompyler" in one_clear_error(result, "RTC-U001")


@pytest.mark.parametrize("command", ["check", "dvh"])
def test_an_engine_that_is_not_installed_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    for module in ("dicompylercore", "dicompylercore.dvhcalc"):
        monkeypatch.setitem(sys.modules, module, None)
    rest = ["-p", rules(tmp_path, MEAN)] if command == "check" else []
    result = run(command, export(tmp_path / "a"), *rest, "--second-engine", "dicompyler")
    assert result.exit_code == 2
    assert "pip install 'rtcheck[dicompyler]'" in one_clear_error(result, "RTC-U001")


def test_check_with_dicompyler_side_by_side(tmp_path: Path) -> None:
    """Its pixels of 2.5 mm see a box of 20 mm as 8 or 9 of them wide."""
    pytest.importorskip("dicompylercore")
    protocol = rules(tmp_path, MEAN, UNION, SIZE, HOT)
    options = ("--second-engine", "dicompyler", "--json", "-", "--html", tmp_path / "r.html")
    result = run("check", export(tmp_path / "a", None), "-p", protocol, *options)
    assert result.exit_code == 0, result.output
    document = json_of(result)
    found = verdicts(document)
    said = found["ptv-mean"]["second_engine"]
    assert (said["name"], said["version"]) == ("dicompyler-core", "0.5.6")
    assert said["value"] == pytest.approx(50, abs=1.25), "half a pixel at 1 Gy a mm"
    union = found["both-mean"]["second_engine"]
    assert union["value"] is None
    assert "no expressions" in union["reason_text"]
    assert found["ptv-size"]["second_engine"] is None, "a diameter is no matter of a histogram"
    assert document["settings"]["second_engine"] == "dicompyler-core 0.5.6"
    assert "whole pixels" in document["settings"]["second_engine_may_differ"]
    text = " ".join(result.stderr.split())
    assert text.count("whole pixels") == 1
    assert "no expressions" in text
    assert "dicompyler-core" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_dvh_with_dicompyler(tmp_path: Path) -> None:
    pytest.importorskip("dicompylercore")
    asked = ("-s", "PTV", "-s", "PTV - SpinalCord", "-m", "D50%[Gy]", "-m", "D20cc[Gy]")
    table = tmp_path / "r.csv"
    options = ("--second-engine", "dicompyler", "--json", "-", "--csv", table)
    result = run("dvh", export(tmp_path / "a", None), *asked, *options)
    ptv, both = json_of(result)["structures"]
    d50, d20cc = (m["second_engine"] for m in ptv["metrics"])
    assert d50["value"] == pytest.approx(50, abs=1.3)
    assert d20cc["value"] is None, "the structure has less than 20 cc there too: no 0 Gy"
    assert {m["second_engine"]["value"] for m in both["metrics"]} == {None}
    rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8-sig"))))
    assert {r["second_engine"] for r in rows} == {"dicompyler-core 0.5.6"}
    assert "· dicompyler-core" in result.stderr


def test_what_dicompyler_cannot_read_has_a_reason(tmp_path: Path) -> None:
    """A point among the contours of an ROI is left out by rtcheck, and breaks dicompyler-core."""
    pytest.importorskip("dicompylercore")
    folder = Path(export(tmp_path / "a", None))
    structures = pydicom.dcmread(folder / "RTSTRUCT.dcm")
    for contour in structures.ROIContourSequence[0].ContourSequence:
        del contour.NumberOfContourPoints
    structures.save_as(folder / "RTSTRUCT.dcm")
    options = ("-s", "PTV", "-m", "Mean[Gy]", "--second-engine", "dicompyler", "--json", "-")
    result = run("dvh", folder, *options)
    assert result.exit_code == 0, result.output
    ((measured,),) = (s["metrics"] for s in json_of(result)["structures"])
    assert measured["value"] == pytest.approx(50, abs=0.05)
    assert measured["second_engine"]["value"] is None
    assert "fails on it (AttributeError)" in measured["second_engine"]["reason_text"]


def test_dicompyler_says_nothing_on_standard_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It logs each plane above the dose grid; that belongs into no one's terminal."""
    pytest.importorskip("dicompylercore")
    contours = {"PTV": box((20, 20, 40), (0, 0, 45))}
    folder = str(written(tmp_path / "a", contours, LinearDose(RX, (0.5, 0, 0))))
    run("dvh", folder, "-m", "Mean[Gy]", "--second-engine", "dicompyler", "--json", "-")
    assert "Dose plane not found" not in "".join(capfd.readouterr())
