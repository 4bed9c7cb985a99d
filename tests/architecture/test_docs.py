"""The reference pages are what the program says, and every convention has its record."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
RECORDS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_reference_pages_are_what_the_program_says() -> None:
    assert _generator().stale_pages() == []


def test_every_finding_of_the_program_has_a_line_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "findings.md").read_text(encoding="utf-8")
    source = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "rtcheck").rglob("*.py"))
    made = set(re.findall(r'(?:Finding|finding|Refusal|add)\(\s*"([A-Z][A-Z_]+)"', source))
    assert {"DOSE_MISSING", "PRESCRIPTION_OVERRULED"} <= made
    assert not {code for code in made if f"`{code}`" not in page}


@pytest.mark.parametrize("path", RECORDS, ids=lambda p: p.stem)
def test_decision_records_have_number_status_and_decision(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.stem[:4]}: ")
    assert "\nStatus: " in text
    assert "\n## Decision\n" in text


def test_decision_records_are_numbered_without_gaps() -> None:
    assert [p.stem[:4] for p in RECORDS] == [f"{i:04}" for i in range(1, len(RECORDS) + 1)]


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "docs/protocols.md", "docs/reports.md"]
)
def test_links_of_the_documents_lead_somewhere(page: str) -> None:
    path = ROOT / page
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert not [link for link in links if not (path.parent / link).exists()]
