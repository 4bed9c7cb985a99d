"""Every command and the script of the README run, in its order, on what its demo writes."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from test_examples import run

from rtcheck.phantoms import write_example

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SET_UP = re.findall(r"<!-- ci: \w+ -->\n```sh\n(.*?)```", README, re.DOTALL)
"""Run by CI itself, in a fresh clone."""

COMMANDS = [
    line.split("  #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    if block not in SET_UP
    for line in block.splitlines()
]


@pytest.fixture(scope="module")
def after_the_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    write_example("lung-mets", "complying", folder / "rtcheck-demo/lung-mets-complying/export")
    return folder


def test_the_readme_has_two_commands_that_set_everything_up() -> None:
    assert len(SET_UP) == 2
    assert all(len(block.splitlines()) == 1 for block in SET_UP)
    assert [command.split()[0] for command in COMMANDS] == ["rtcheck"] * len(COMMANDS)
    assert len(COMMANDS) > 6


@pytest.mark.skipif(shutil.which("rtcheck") is None, reason="rtcheck is not installed here")
def test_the_commands_of_the_readme(after_the_demo: Path) -> None:
    """One test: a command may need what those before it wrote, wherever tests are run."""
    for command in COMMANDS:
        code, output = run(shlex.split(command), after_the_demo)
        assert code == 0, f"{command}: {output}"
        assert output or " new " in command, command


def test_the_script_of_the_readme(after_the_demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(after_the_demo)
    (script,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(script, "README.md", "exec"), names)  # noqa: S102 - our own document
    assert names["report"].overall == "per_protocol"
    assert 0 < names["found"].value < 20
