"""``rtcheck check``: exit codes, order, formats, several plans."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import pydicom
import pytest
from command_line import (
    BROKEN,
    KEPT,
    export,
    export_cut_by_grid,
    json_of,
    one_clear_error,
    rules,
    run,
)

NOT_SAID = ("cord-d2cc", "SpinalCord", "D2cc[Gy]", "<= 45 Gy")


def verdict(result: object, goal: str) -> dict[str, object]:
    return next(v for v in json_of(result)["verdicts"] if v["goal"] == goal)  # type: ignore[arg-type]


def test_every_goal_kept_exits_0(tmp_path: Path) -> None:
    result = run("check", export(tmp_path / "a"), "-p", rules(tmp_path, KEPT))
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("✓ PER PROTOCOL")
    assert "PTV (name pattern)" in result.stdout
    assert "50.00 Gy" in result.stdout
    assert "+1.00 Gy" in result.stdout
    assert "[ ] Signed by a person" in result.stdout
    assert "no substitute" in " ".join(result.stdout.split())
    assert result.stderr == ""


def test_a_deviation_exits_1_and_stands_first(tmp_path: Path) -> None:
    result = run("check", export(tmp_path / "a"), "-p", rules(tmp_path, KEPT, NOT_SAID, BROKEN))
    assert result.exit_code == 1, result.output
    text = result.stdout
    assert text.startswith("✗ DEVIATION UNACCEPTABLE")
    assert "1 could not be evaluated" in text
    sections = ("✗ deviation unacceptable (1)", "? NOT EVALUATED (1)", "✓ per protocol (1)")
    places = [text.index(section) for section in sections]
    assert places == sorted(places), "what a reader must see first stands first"
    assert places[0] < text.index("cord-max") < places[1] < text.index("cord-d2cc") < places[2]
    assert "-5.00 Gy" in text


def test_zero_goals_that_decide_is_not_a_pass(tmp_path: Path) -> None:
    shown = ("mean", "PTV", "Mean[Gy]", "")
    result = run("check", export(tmp_path / "a"), "-p", rules(tmp_path, shown))
    assert result.exit_code == 3
    assert result.stdout.startswith("? NOT EVALUATED")


@pytest.mark.parametrize(
    ("goal", "reason", "words"),
    [
        (NOT_SAID, "smaller_than_volume", "smaller than the volume asked for"),
        (("bad", "Parotid", "Max[Gy]", "<= 60 Gy"), "structure_ambiguous", "'Parotid R'"),
        (("bad", "PTV - Rectum", "Max[Gy]", "<= 60 Gy"), "structure_missing", "Rectum"),
    ],
)
def test_what_cannot_be_said_exits_3_with_its_reason_first(
    goal: tuple[str, str, str, str], reason: str, words: str, tmp_path: Path
) -> None:
    file = rules(tmp_path, KEPT, goal)
    folder = export(tmp_path / "a", "Parotid L", "Parotid R")
    result = run("check", folder, "-p", file, "--json", "-")
    assert result.exit_code == 3, result.output
    found = verdict(result, goal[0])
    assert (found["outcome"], found["reason"]) == ("not_evaluated", reason)
    assert found["value"] is None
    people = result.stderr
    assert people.startswith("? NOT EVALUATED")
    assert people.index("? NOT EVALUATED (1)") < people.index("✓ per protocol")
    assert words in " ".join(people.split())
    assert "To do:" in people


def test_half_outside_the_dose_grid_is_not_evaluated(tmp_path: Path) -> None:
    goal = ("cord-mean", "SpinalCord", "Mean[Gy]", "<= 45 Gy")
    folder = export_cut_by_grid(tmp_path / "a")
    result = run("check", folder, "-p", rules(tmp_path, KEPT, goal), "--json", "-")
    assert result.exit_code == 3, result.output
    found = verdict(result, "cord-mean")
    assert found["reason"] == "dose_does_not_cover"
    # Half of it gets 50 Gy and the rest anything from 0 to the 50 Gy on the grid's faces; where
    # the body ends, within a slice, changes what is half.
    assert 20 < found["low"] < 26
    assert found["high"] == pytest.approx(50, abs=0.2)


def test_no_prescription_is_not_evaluated_until_rx_states_it(tmp_path: Path) -> None:
    goal = ("ptv-d95", "PTV", "D95%[%]", ">= 95 %")
    folder, file = export(tmp_path / "a"), rules(tmp_path, goal)
    (tmp_path / "a" / "RTPLAN.dcm").unlink()
    result = run("check", folder, "-p", file, "--json", "-")
    assert result.exit_code == 3, result.output
    assert verdict(result, "ptv-d95")["reason"] == "no_prescription"
    assert "--rx" in result.stderr
    stated = run("check", folder, "-p", file, "--rx", "PTV=50 Gy/25", "--json", "-")
    assert stated.exit_code == 0, stated.output
    assert verdict(stated, "ptv-d95")["value"] == pytest.approx(100, abs=1e-3)


def test_map_resolves_what_is_ambiguous(tmp_path: Path) -> None:
    goal = ("parotid", "Parotid", "Max[Gy]", "<= 60 Gy")
    folder, file = export(tmp_path / "a", "Parotid L", "Parotid R"), rules(tmp_path, goal)
    assert run("check", folder, "-p", file).exit_code == 3
    result = run("check", folder, "-p", file, "--map", "Parotid=Parotid R")
    assert result.exit_code == 0, result.output
    assert "Parotid R (mapped by the user)" in result.stdout
    assert "Map Parotid" in result.stdout


def test_aliases_file_names_a_clinics_own_structures(tmp_path: Path) -> None:
    goal = ("cord", "SpinalCord", "Max[Gy]", "<= 60 Gy")
    folder = export(tmp_path / "a", "Myelon")
    aliases = tmp_path / "aliases.toml"
    aliases.write_text('SpinalCord = ["Myelon"]\n', encoding="utf-8")
    result = run("check", folder, "-p", rules(tmp_path, goal), "--aliases", aliases, "--json", "-")
    assert result.exit_code == 0, result.output
    assert [f["roi_name"] for f in verdict(result, "cord")["found"]] == ["Myelon"]


def test_json_html_and_csv_files_say_the_same(tmp_path: Path) -> None:
    names = {kind: tmp_path / f"out.{kind}" for kind in ("json", "html", "csv")}
    options = [part for kind, path in names.items() for part in (f"--{kind}", path)]
    result = run("check", export(tmp_path / "a"), "-p", rules(tmp_path, KEPT, BROKEN), *options)
    assert result.exit_code == 1
    document = json.loads(names["json"].read_text(encoding="utf-8"))
    assert (document["schema"], document["exit_code"]) == ("rtcheck-report/1", 1)
    outcomes = {v["goal"]: v["outcome"] for v in document["verdicts"]}
    assert outcomes == {"ptv-mean": "per_protocol", "cord-max": "deviation_unacceptable"}
    with names["csv"].open(encoding="utf-8-sig", newline="") as stream:
        assert {row["goal"]: row["outcome"] for row in csv.DictReader(stream)} == outcomes
    assert "cord-max" in names["html"].read_text(encoding="utf-8")
    assert result.stderr.count("Written: ") == 3
    assert result.stdout.startswith("✗")


def test_loose_files_are_one_plan_and_a_zip_is_another(tmp_path: Path) -> None:
    file = rules(tmp_path, KEPT)
    first, second = export(tmp_path / "a"), export(tmp_path / "b", dose_gy=40)
    loose = sorted(Path(first).iterdir())
    archive = tmp_path / "b.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        for path in Path(second).iterdir():
            stream.write(path, path.name)
    alone = run("check", *loose, "-p", file, "--json", "-")
    assert alone.exit_code == 0, alone.output
    assert json_of(alone)["schema"] == "rtcheck-report/1"
    both = run("check", archive, *loose, "-p", file, "--json", "-")
    assert both.exit_code == 1, "the worst of the plans"
    document = json_of(both)
    assert document["schema"] == "rtcheck-reports/1"
    assert [r["overall"] for r in document["reports"]] == ["deviation_unacceptable", "per_protocol"]
    assert document["exit_code"] == 1


def test_several_plans_in_one_folder_are_checked_apart(tmp_path: Path) -> None:
    export(tmp_path / "x" / "a")
    export(tmp_path / "x" / "b", dose_gy=40)
    file = rules(tmp_path, KEPT)
    result = run("check", tmp_path / "x", "-p", file, "--html", tmp_path / "out.html")
    assert result.exit_code == 1
    assert "holds 2 plans" in result.stderr
    assert "--plan" in result.stderr
    summary = result.stdout[result.stdout.index("Summary: 2 checked") :]
    assert summary.index("✗ deviation unacceptable") < summary.index("✓ per protocol")
    assert {p.name for p in tmp_path.glob("*.html")} == {"out-PHANTOM.html", "out-PHANTOM~2.html"}
    uids = json_of(run("check", tmp_path / "x", "-p", file, "--json", "-"))
    chosen = uids["reports"][0]["plan"]["sop_instance_uids"]["rt_plan"]
    one = run("check", tmp_path / "x", "-p", file, "--plan", chosen, "--json", "-")
    assert json_of(one)["plan"]["sop_instance_uids"]["rt_plan"] == chosen


def test_a_label_cannot_lead_a_page_out_of_its_folder(tmp_path: Path) -> None:
    folders = [Path(export(tmp_path / name)) for name in ("a", "b")]
    for folder in folders:
        dataset = pydicom.dcmread(folder / "RTPLAN.dcm")
        dataset.RTPlanLabel = "../../x:y"
        dataset.save_as(folder / "RTPLAN.dcm")
    out = tmp_path / "out"
    out.mkdir()
    run("check", *folders, "-p", rules(tmp_path, KEPT), "--html", out / "r.html")
    assert {path.name for path in out.iterdir()} == {"r-x_y.html", "r-x_y~2.html"}


def test_an_unreadable_plan_does_not_stop_the_others(tmp_path: Path) -> None:
    good = export(tmp_path / "good")
    (tmp_path / "none").mkdir()
    out = tmp_path / "out.csv"
    result = run(
        "check", tmp_path / "none", good, "-p", rules(tmp_path, KEPT), "--json", "-", "--csv", out
    )
    assert result.exit_code == 3
    document = json_of(result)
    assert [r["overall"] for r in document["reports"]] == ["per_protocol"]
    (unread,) = document["unreadable"]
    assert unread["argument"] == 1
    assert "RTC-D001" in unread["error"]
    with out.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["outcome"] for row in rows] == ["per_protocol", "not_evaluated"]
    assert "RTC-D001" in rows[1]["detail"]
    assert "1 checked, 1 could not be read" in result.stderr


def test_a_deviation_outranks_an_unreadable_plan(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    bad = export(tmp_path / "bad", dose_gy=40)
    assert run("check", tmp_path / "none", bad, "-p", rules(tmp_path, KEPT)).exit_code == 1


def test_several_protocols_judge_one_plan(tmp_path: Path) -> None:
    folder = export(tmp_path / "a", "Parotid L")
    files = rules(tmp_path, KEPT), rules(tmp_path, BROKEN, name="other")
    result = run("check", folder, "-p", files[0], "-p", files[1], "--json", "-")
    assert result.exit_code == 1
    reports = json_of(result)["reports"]
    assert [r["protocol"]["id"] for r in reports] == ["tiny", "other"]
    assert [r["exit_code"] for r in reports] == [0, 1]


def test_geometry_is_named_on_the_report(tmp_path: Path) -> None:
    folder, file = export(tmp_path / "a"), rules(tmp_path, KEPT)
    result = run("check", folder, "-p", file, "--geometry", "prism")
    assert "prism: every contour is extruded" in " ".join(result.stdout.split())
    refused = run("check", folder, "-p", file, "--geometry", "prisms")
    assert refused.exit_code == 2
    assert "linear-rounded" in one_clear_error(refused, "RTC-U001")


def test_truncated_dose_is_not_evaluated_with_its_reason(tmp_path: Path) -> None:
    folder = Path(export(tmp_path / "a"))
    dose = folder / "RTDOSE.dcm"
    dose.write_bytes(dose.read_bytes()[:-5000])
    result = run("check", folder, "-p", rules(tmp_path, KEPT), "--json", "-")
    assert result.exit_code == 3, result.output
    assert "Traceback" not in result.output
    document = json_of(result)
    codes = [f["code"] for f in document["findings"] if f["severity"] == "blocks"]
    assert codes, "a truncated dose is a finding that blocks"
    assert document["verdicts"][0]["outcome"] == "not_evaluated"


def test_names_with_control_characters_do_not_reach_the_terminal(tmp_path: Path) -> None:
    hostile = "PTV\x1b[2J\u202e<b>"
    folder = tmp_path / "a"
    export(folder)
    path = folder / "RTSTRUCT.dcm"
    dataset = pydicom.dcmread(path)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.StructureSetROISequence[0].ROIName = hostile
    dataset.save_as(path)
    result = run("check", folder, "-p", rules(tmp_path, KEPT), "--map", f"PTV={hostile}")
    assert "\x1b" not in result.output
    assert "\u202e" not in result.output
    assert "PTV\\x1b[2J\\u202e<b> (mapped by the user)" in result.stdout
