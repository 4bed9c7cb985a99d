"""What rtcheck is built with: bounds, lock and lists agree."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
SUPPLY = ROOT / ".ci" / "supply.py"

pytestmark = pytest.mark.skipif(not SUPPLY.exists(), reason="only in a checkout")


@pytest.fixture(scope="module")
def supply() -> ModuleType:
    spec = importlib.util.spec_from_file_location("supply", SUPPLY)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def locked() -> dict[str, str]:
    """Return name to version of the lock; each must have its hash."""
    text = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9-]+)==(\S+) \\\n    --hash=sha256:[0-9a-f]{64}$", text, re.M)
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert len(lines) == 2 * len(pins), "a line of the lock is no pin with its hash"
    return dict(pins)


def bounds(supply: ModuleType) -> list[Requirement]:
    table = supply.project()
    extras = [text for extra in table["optional-dependencies"].values() for text in extra]
    return [Requirement(text) for text in (*table["dependencies"], *extras)]


def test_the_lock_keeps_the_bounds_of_the_project(supply: ModuleType) -> None:
    pins = locked()
    table = supply.project()
    for text in (*table["dependencies"], *table["optional-dependencies"]["dev"]):
        requirement = Requirement(text)
        name = supply.plain(requirement.name)
        assert name in pins, f"{name} is not locked: python .ci/supply.py lock"
        assert requirement.specifier.contains(pins[name]), f"{name} {pins[name]}"


def test_every_dependency_has_a_lower_bound_and_no_upper_one(supply: ModuleType) -> None:
    # An upper bound would need a reason beside it; none is known.
    for requirement in bounds(supply):
        signs = {specifier.operator for specifier in requirement.specifier}
        assert signs == {">="}, str(requirement)


def test_the_minimums_are_those_of_the_run_dependencies(supply: ModuleType) -> None:
    minimums = supply.run_dependencies()
    assert set(minimums) == {
        supply.plain(Requirement(text).name) for text in supply.project()["dependencies"]
    }


def test_a_known_hole_fails_and_an_unreached_service_does_not(
    supply: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = {"name": "a", "version": "1", "vulns": []}
    holed = {"name": "b", "version": "2", "vulns": [{"id": "CVE-2026-1"}]}
    unknown = {"name": "c", "skip_reason": "not found"}
    assert supply.judged([sound, unknown]) == 0
    assert "1 of 2 packages could be looked up" in capsys.readouterr().out
    assert supply.judged([sound, holed, unknown]) == 1
    assert "b 2: CVE-2026-1" in capsys.readouterr().out
