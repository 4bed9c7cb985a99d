"""``rtcheck compare``: which plans, which exit code, which outputs."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from command_line import (
    BROKEN,
    KEPT,
    export,
    in_process,
    json_of,
    one_clear_error,
    rules,
    run,
)


@pytest.fixture
def rivals(tmp_path: Path) -> tuple[str, str]:
    """Return exports at 50 Gy, which breaks the cord's goal, and at 44 Gy, which does not."""
    return export(tmp_path / "high"), export(tmp_path / "low", dose_gy=44.0)


def test_two_exports_side_by_side(rivals: tuple[str, str], tmp_path: Path) -> None:
    result = run("compare", *rivals, "-p", rules(tmp_path, KEPT, BROKEN))
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].startswith("✗ A: ")
    assert lines[1].startswith("✗ B: ")
    assert "gains 1:" in result.stdout
    assert "loses 1:" in result.stdout
    assert "-6.00 Gy (real)" in result.stdout


@pytest.mark.parametrize(
    ("doses", "code"), [((44.0, 44.5), 0), ((44.0, 50.0), 1), ((50.0, 44.0), 1)]
)
def test_the_exit_code_is_the_worst_of_the_plans(
    doses: tuple[float, float], code: int, tmp_path: Path
) -> None:
    plans = [export(tmp_path / str(dose), dose_gy=dose) for dose in doses]
    assert run("compare", *plans, "-p", rules(tmp_path, BROKEN)).exit_code == code


def test_what_is_not_evaluated_in_one_plan_is_never_a_pass(tmp_path: Path) -> None:
    missing = ("rectum-max", "Rectum", "Max[Gy]", "<= 60 Gy")
    plans = [export(tmp_path / "with", "Rectum"), export(tmp_path / "without")]
    result = run("compare", *plans, "-p", rules(tmp_path, KEPT, missing))
    assert result.exit_code == 3
    assert "NOT EVALUATED in at least one plan (1)" in result.stdout


def test_one_folder_with_several_plans(rivals: tuple[str, str], tmp_path: Path) -> None:
    both = tmp_path / "both"
    for folder in rivals:
        shutil.copytree(folder, both / Path(folder).name)
    file = rules(tmp_path, BROKEN)
    document = json_of(run("compare", both, "-p", file, "--json", "-"))
    assert [p["key"] for p in document["plans"]] == ["A", "B"]
    uids = [p["plan"]["sop_instance_uids"]["rt_plan"] for p in document["plans"]]
    chosen = json_of(
        run(
            "compare", both, "-p", file, "--json", "-",
            "--plan", uids[1], "--plan", uids[0], "--reference", uids[1],
        )
    )  # fmt: skip
    assert chosen["reference"] == "B"
    assert run("compare", both, "-p", file, "--plan", uids[0]).exit_code == 2


def test_an_export_that_cannot_be_read_does_not_hide(
    rivals: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    file = rules(tmp_path, ("ptv-min", "PTV", "Min[Gy]", ">= 40 Gy"))
    assert run("compare", *rivals, "-p", file).exit_code == 0
    result = run(
        "compare", rivals[0], tmp_path / "empty", rivals[1], "-p", file, "--csv", tmp_path / "c.csv"
    )
    assert result.exit_code == 3
    assert "RTC-D001" in result.stderr
    assert "NOT EVALUATED: RTC-D001: no DICOM RT" in " ".join(result.stdout.split())
    rows = list(csv.DictReader(io.StringIO((tmp_path / "c.csv").read_text("utf-8-sig"))))
    assert rows[-1]["outcome"] == "not_evaluated"
    alone = run("compare", rivals[0], tmp_path / "empty", "-p", file)
    assert alone.exit_code == 3
    assert alone.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no protocol"),
        (("-p", "FILE", "--reference", "Z"), "called 'Z'"),
        (("-p", "FILE", "--plan", "Z"), "no plan 'Z'"),
        (("-p", "FILE", "--geometry", "none"), "geometry 'none'"),
        (("-p", "FILE", "--json", "-", "--csv", "-"), "both write to"),
        (("-p", "FILE", "--json", "FILE"), "an input would be overwritten"),
        (("-p", "FILE", "--date", "soon"), "soon"),
    ],
)
def test_wrong_usage_is_one_clear_error(
    arguments: tuple[str, ...], said: str, rivals: tuple[str, str], tmp_path: Path
) -> None:
    file = rules(tmp_path, BROKEN)
    result = run("compare", *rivals, *(file if a == "FILE" else a for a in arguments))
    assert result.exit_code == 2
    assert said in one_clear_error(result, "RTC-U001")


def test_one_plan_is_too_few(rivals: tuple[str, str], tmp_path: Path) -> None:
    result = run("compare", rivals[0], "-p", rules(tmp_path, BROKEN))
    assert result.exit_code == 2
    assert "at least two" in one_clear_error(result, "RTC-U001")


def test_options_hold_for_every_plan(rivals: tuple[str, str], tmp_path: Path) -> None:
    file = rules(tmp_path, ("rectum-max", "Rectum", "Max[Gy]", "<= 60 Gy"))
    document = json_of(
        run(
            "compare", *rivals, "-p", file, "--json", "-", "--map", "Rectum=SpinalCord",
            "--rx", "PTV=60 Gy/30", "--geometry", "prism", "--date", "2026-01-02",
        )
    )  # fmt: skip
    assert document["created"] == "2026-01-02"
    assert document["settings"]["geometry"] == "prism"
    assert document["exit_code"] == 0
    for plan in document["plans"]:
        assert plan["plan"]["prescriptions"][0]["source"] == "given by the user"


def test_anonymized_nothing_names_plan_or_place(rivals: tuple[str, str], tmp_path: Path) -> None:
    file, page = rules(tmp_path, BROKEN), tmp_path / "compared.html"
    result = run("compare", *rivals, "-p", file, "--anonymize", "--html", page, "--json", "-")
    uids = [
        str(uid)
        for p in json_of(run("compare", *rivals, "-p", file, "--json", "-"))["plans"]
        for uid in p["plan"]["sop_instance_uids"].values()
        if isinstance(uid, str)
    ]
    assert len(uids) == 4
    for text in (result.stdout, result.stderr, page.read_text(encoding="utf-8")):
        assert not [uid for uid in uids if uid in text]
        assert str(rivals[0]) not in text
    wrong = run("compare", *rivals, "-p", file, "--anonymize", "--reference", "Z")
    assert one_clear_error(wrong, "RTC-U001").count(": ") == 2


def test_the_command_as_a_process(rivals: tuple[str, str], tmp_path: Path) -> None:
    file, page = rules(tmp_path, KEPT, BROKEN), tmp_path / "compared.html"
    options = ("--json", "-", "--html", page, "--verbose")
    done = in_process("compare", *rivals, "-p", file, *options, PYTHONIOENCODING="utf-8")
    assert done.returncode == 1
    assert json.loads(done.stdout)["schema"] == "rtcheck-compare/1"
    people = done.stderr.decode()
    assert "\x1b" not in people
    for words in ("✗ A: ", "Against A", "Written: ", "Time  ", "  read  ", "  goals (2)  "):
        assert words in people
    assert page.read_text(encoding="utf-8").count("<figure>") == 2
