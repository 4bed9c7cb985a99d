"""The commands batch, cohort and watch."""

from __future__ import annotations

import shutil
from pathlib import Path

import cohorts
import pytest
from click.testing import CliRunner, Result

from rtcheck.cli.main import main
from rtcheck.cli.pace import pace_text

DATE = ("--date", "2026-02-01")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def done(twelve: Path, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cli") / "out"
    result = run("batch", twelve, "-p", tiny, "-o", out, "--jobs", 1, *DATE)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("12 plans: 1 variation acceptable, 11 per protocol."), (
        result.stdout
    )
    return out


def test_dry_run_says_what_would_be_done_and_writes_nothing(
    done: Path, twelve: Path, tiny: Path, tmp_path: Path
) -> None:
    result = run("batch", twelve, "-p", tiny, "-o", tmp_path / "out", "--dry-run", "--jobs", 1)
    assert result.exit_code == 0
    assert result.stdout.startswith("12 plans among 36 files.")
    assert list(tmp_path.iterdir()) == []
    again = run("batch", twelve, "-p", tiny, "-o", done, "--dry-run", "-q", "--jobs", 1, *DATE)
    assert "12 were done before and have not changed" in again.stdout


def test_exit_code_is_that_of_the_worst_plan(tiny: Path, tmp_path: Path) -> None:
    folder = cohorts.cohort(tmp_path / "in", 2)
    cohorts.BREAKS["no dose file"](folder / "patient 00000")
    arguments = ("-p", tiny, "--jobs", 1, "-q", "--no-html")
    result = run("batch", folder, "-o", tmp_path / "a", *arguments)
    assert result.exit_code == 3
    assert result.stdout == "2 plans: 1 NOT EVALUATED, 1 per protocol.\n"
    cohorts.make(folder / "deviating", 45)  # 48.5 Gy at the cord
    assert run("batch", folder, "-o", tmp_path / "b", *arguments).exit_code == 1


def test_an_empty_folder_is_never_a_pass(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    result = run("batch", tmp_path / "in", "-p", tiny, "-o", tmp_path / "out", "--jobs", 1)
    assert result.exit_code != 0
    assert "no DICOM RT object" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--anonymize",), "a batch keeps names and hashes of files"),
        (("--geometry", "cube"), "cube"),
        (("--rx", "PTV"), "PTV"),
        (("--map", "Liver=x"), "Liver"),
        (("--date", "soon"), "soon"),
        (("--protocol-for", "x.toml"), "both --protocol and --protocol-for"),
    ],
)
def test_what_is_wrong_for_all_plans_is_refused_before_any_is_read(
    arguments: tuple[str, ...], words: str, twelve: Path, tiny: Path, tmp_path: Path
) -> None:
    result = run("batch", twelve, "-p", tiny, "-o", tmp_path / "out", "--jobs", 1, *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["batch", "watch"])
def test_a_folder_that_is_not_there_is_said_and_nothing_is_made(
    command: str, tiny: Path, tmp_path: Path
) -> None:
    result = run(command, tmp_path / "gone", "-p", tiny, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "no such file or folder" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_cohort_answers_from_the_tables_alone(done: Path, tmp_path: Path) -> None:
    alone = tmp_path / "tables"
    alone.mkdir()
    for name in ("plans.csv", "verdicts.csv", "curves.csv", "batch.json"):
        shutil.copy(done / name, alone)
    page = tmp_path / "page.html"
    result = run("cohort", alone, "--what-if", "cord-max <= 44.55 Gy", "--html", page)
    assert result.exit_code == 0, result.output
    assert "6 of 12 (50.0 %, 95 % interval 25.4 to 74.6 %) would keep it" in result.stdout
    assert page.read_bytes() == (done / "index.html").read_bytes()
    empty = run("cohort", tmp_path / "nothing")
    assert empty.exit_code == 2
    assert "the folder of a batch" in empty.stderr


def test_watch_checks_a_plan_once_when_it_is_whole_and_stable(tiny: Path, tmp_path: Path) -> None:
    from rtcheck.batch.run import Batch
    from rtcheck.batch.settings import settings_of
    from rtcheck.batch.store import Store
    from rtcheck.batch.watch import Watch

    now = [0.0]
    folder, store = tmp_path / "in", Store(tmp_path / "out")
    made = cohorts.make(tmp_path / "made", 1)
    folder.mkdir()
    settings = settings_of([tiny], created="2026-02-01", html=False)
    with store.locked():
        watching = Watch(Batch([folder], settings, store), 10.0, 600.0, clock=lambda: now[0])

        def look(at_s: float) -> list[str]:
            now[0] = at_s
            return [result.outcome for result in watching.look()]

        assert look(0) == []
        shutil.copy(made / "RTPLAN.dcm", folder)
        shutil.copy(made / "RTSTRUCT.dcm", folder)
        assert look(5) == []
        assert look(60) == []  # stable, and without its dose
        whole = (made / "RTDOSE.dcm").read_bytes()
        (folder / "RTDOSE.dcm").write_bytes(whole[:2000])
        assert look(65) == []
        (folder / "RTDOSE.dcm").write_bytes(whole)
        assert look(70) == []
        assert look(79) == []
        assert look(81) == ["per_protocol"]
        assert look(1000) == []
        cohorts.BREAKS["no structure set"](cohorts.make(folder / "b", 2))
        assert look(1001) == []
        assert look(1500) == []
        assert look(1602) == ["not_evaluated"]  # patience is over: said as it is
        assert (tmp_path / "out" / "plans.csv").read_text(encoding="utf-8").count("\n") == 3


def test_watch_tries_a_plan_that_loses_its_process_once(tiny: Path, tmp_path: Path) -> None:
    """It must not hold up the others again and again."""
    from rtcheck.batch.child import Lost
    from rtcheck.batch.engine import Here
    from rtcheck.batch.run import Batch
    from rtcheck.batch.settings import settings_of
    from rtcheck.batch.store import Store
    from rtcheck.batch.watch import Watch
    from rtcheck.batch.work import Check

    class Hanging(Here):
        def each(self, function, given):
            for one in given:
                yield one, Lost.TIMED_OUT if isinstance(function, Check) else function(one)

    cohorts.make(tmp_path / "in", 1)
    settings, store = settings_of([tiny], created="2026-02-01"), Store(tmp_path / "out")
    with store.locked():
        batch = Batch([tmp_path / "in"], settings, store, Hanging(), limit_s=5.0)
        watching = Watch(batch, settle_s=0.0)
        assert [r.row["error_code"] for r in watching.look()] == ["TIME_LIMIT"]
        assert list(watching.look()) == []
        dose = tmp_path / "in" / "RTDOSE.dcm"
        dose.write_bytes(dose.read_bytes())  # written anew: tried anew
        assert [r.error for r in watching.look()] == [
            "it was not done after 5 s, the limit for a plan"
        ]


def test_watch_command_ends_after_its_looks(tiny: Path, tmp_path: Path) -> None:
    cohorts.make(tmp_path / "in", 1)
    arguments = ("-p", tiny, "-o", tmp_path / "out", "--settle", 0, "--every", 0.1, "--no-html")
    result = run("watch", tmp_path / "in", *arguments, "--looks", 2)
    assert result.exit_code == 0, result.output
    assert result.stdout == "✓ per protocol: P00001\n"
    assert (tmp_path / "out" / "index.html").is_file()


def test_speed_and_time_left_are_of_fresh_plans() -> None:
    assert pace_text(120, 1000, 20, 0, 50.0).endswith("2.0 a second, 7 min 20 s left")
    assert pace_text(20, 40, 20, 0, 5.0) == "Checked 20 of 40 plans"
