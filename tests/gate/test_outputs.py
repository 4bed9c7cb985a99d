"""What rtcheck writes: where, for whom to read, and what cannot act in it."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bodies import RX, UniformDose, box, written
from click.testing import CliRunner

import rtcheck
from rtcheck.cli.main import main

PACKAGE = Path(rtcheck.__file__).parent
RULES = "sun-2016-hcc-lung-mets"
HOSTILE = "../../../tmp/evil\\..\\x\0y<script>alert(1)</script>&\"'\n]]>"
"""As a plan's label and as a structure's name."""

RUNS = {
    "check": ["check", "{plan}", "-p", RULES],
    "compare": ["compare", "{plan}", "{other}", "-p", RULES],
    "dvh": ["dvh", "{plan}"],
    "inspect": ["inspect", "{plan}"],
}
FILES = {
    "check": ["json", "html", "pdf", "csv", "xlsx", "junit", "md", "dicom-pdf"],
    "compare": ["json", "html", "csv"],
    "dvh": ["json", "csv", "svg"],
    "inspect": ["json"],
}
NEEDS = {"pdf": "weasyprint", "dicom-pdf": "weasyprint", "xlsx": "xlsxwriter"}
POSIX = pytest.mark.skipif(os.name == "nt", reason="file modes are POSIX")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two exports: one with hostile names, one with others."""
    import pydicom

    folder = tmp_path_factory.mktemp("outputs")
    for name in ("plan", "other"):
        contours = {"hostile": box((10, 10, 10)), "PTV": box((20, 20, 20))}
        written(folder / name, contours, UniformDose(RX))
    with pydicom.config.disable_value_validation():
        for path in (folder / "plan").iterdir():
            dataset = pydicom.dcmread(path)
            if dataset.Modality == "RTPLAN":
                dataset.RTPlanLabel = HOSTILE
            for structure in dataset.get("StructureSetROISequence", ()):
                structure.ROIName = "PTV" if structure.ROINumber > 1 else HOSTILE
            dataset.save_as(path)
    return folder


def command(name: str, home: Path, *more: str) -> int:
    """Run a command on the exports and return its exit code, which must be that of a report."""
    arguments = [a.format(plan=home / "plan", other=home / "other") for a in RUNS[name]]
    done = CliRunner().invoke(main, [*arguments, *more])
    assert done.exit_code in (0, 1, 3), done.output
    return done.exit_code


def everything(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


@POSIX
@pytest.mark.parametrize(("name", "kind"), [(n, k) for n, kinds in FILES.items() for k in kinds])
def test_a_file_about_a_plan_is_its_owners_alone(
    name: str, kind: str, home: Path, tmp_path: Path
) -> None:
    if kind in NEEDS:
        pytest.importorskip(NEEDS[kind])
    before = os.umask(0)
    try:
        command(name, home, f"--{kind}", str(tmp_path / "out"))
    finally:
        os.umask(before)
    (only,) = everything(tmp_path)
    assert only.stat().st_mode & 0o777 == 0o600


@POSIX
def test_the_reports_of_the_demo_are_their_owners_alone(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["demo", "-o", str(tmp_path)]).exit_code in (0, 1)
    reports = [path for path in everything(tmp_path) if path.suffix != ".dcm"]
    assert len(reports) >= 2
    assert {path.stat().st_mode & 0o777 for path in reports} == {0o600}


@POSIX
def test_a_batch_writes_for_its_owner_alone_and_nowhere_else(home: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    outside = everything(home)
    arguments = ["batch", str(home), "-p", RULES, "-o", str(tmp_path / "out"), "--jobs", "1"]
    before = os.umask(0)
    try:
        done = CliRunner().invoke(main, arguments)
    finally:
        os.umask(before)
    assert done.exit_code in (0, 1, 3), done.output
    made = everything(tmp_path)
    about_plans = [path for path in made if path.name != ".lock"]  # that names a process
    assert len(about_plans) >= 5
    assert {path.stat().st_mode & 0o077 for path in about_plans} == {0}
    assert all(path.is_relative_to(tmp_path / "out") for path in made)
    assert everything(home) == outside


def test_no_name_out_of_a_file_becomes_a_path(home: Path, tmp_path: Path) -> None:
    """Several plans, so that the label is a part of the file's name."""
    target = tmp_path / "deep" / "er"
    target.mkdir(parents=True)
    arguments = ["check", str(home / "plan"), str(home / "other"), "-p", RULES]
    done = CliRunner().invoke(main, [*arguments, "--html", str(target / "r.html")])
    assert done.exit_code in (0, 1, 3), done.output
    made = everything(tmp_path)
    assert len(made) == 2
    for path in made:
        assert path.parent == target
        assert re.fullmatch(r"[A-Za-z0-9._~-]+\.html", path.name)


@pytest.mark.parametrize("name", ["check", "compare"])
def test_a_page_may_fetch_and_run_nothing_but_its_own(
    name: str, home: Path, tmp_path: Path
) -> None:
    command(name, home, "--html", str(tmp_path / "r.html"))
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    head = page[: page.index("</head>")]
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', head)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    assert "http" not in policy[1]
    assert "<script>alert" not in page
    # The policy stands before anything that it is to hold back.
    assert head.index("Content-Security-Policy") < head.index("<style")


def test_every_template_that_is_a_page_takes_its_head_from_one_place() -> None:
    templates = PACKAGE / "report" / "templates"
    pages = [
        path for path in templates.glob("*.html") if "<html" in path.read_text(encoding="utf-8")
    ]
    assert [path.name for path in pages] == ["page.html"]
    assert "Content-Security-Policy" in pages[0].read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "kind"), [("check", "junit"), ("dvh", "svg")])
def test_xml_reads_back_and_declares_nothing(
    name: str, kind: str, home: Path, tmp_path: Path
) -> None:
    command(name, home, f"--{kind}", str(tmp_path / "r.xml"))
    text = (tmp_path / "r.xml").read_text(encoding="utf-8")
    ElementTree.fromstring(text)  # noqa: S314 - our own
    assert "<!DOCTYPE" not in text
    assert "<!ENTITY" not in text
    assert "<script>alert" not in text


# The package itself ------------------------------------------------------------------------------

OWN_PROCESSES = {"batch/child.py", "metrics/ahead.py"}
"""Where objects go by pickle: between rtcheck and its own children, over pipes or memory that no
other program has. Nothing that was stored or sent is ever unpickled."""

FORBIDDEN_MODULES = {"marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "telnetlib"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "system", "popen", "mktemp"}


def _modules(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.relative_to(PACKAGE).as_posix()
)
def test_nothing_in_the_package_can_run_what_it_reads(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = _modules(tree)
    assert not modules & FORBIDDEN_MODULES
    if path.relative_to(PACKAGE).as_posix() not in OWN_PROCESSES:
        assert "pickle" not in modules
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            assert node.func.id not in FORBIDDEN_CALLS, f"line {node.lineno}"
        elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            called = f"{node.func.value.id}.{node.func.attr}"
            assert called not in {"os.system", "os.popen", "tempfile.mktemp"}, called
        for keyword in node.keywords:
            is_shell = keyword.arg == "shell" and getattr(keyword.value, "value", None) is True
            assert not is_shell, f"line {node.lineno}"
