"""The rules of the house that a tool can keep: arrows, names, documents, codes, start-up."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

import rtcheck
from rtcheck import errors
from rtcheck.errors import REASON_SENTENCES, Reason, RtcheckError

HOUSE = Path(rtcheck.__file__).parent
ROOT = HOUSE.parent
TESTS = ROOT / "tests"
MODULES = sorted(
    m.name for m in pkgutil.walk_packages([str(HOUSE)], "rtcheck.") if not m.name.endswith("main__")
)


def run(code: str) -> str:
    """Return what a fresh interpreter prints."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout


def test_no_arrow_goes_back() -> None:
    pytest.importorskip("importlinter")
    if not (ROOT / "pyproject.toml").is_file():
        pytest.skip("an installed package has no contracts")
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert " 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("imported", "kept_out"),
    [
        ("rtcheck", ["numpy", "scipy", "pydicom", "pandas", "rich", "click", "jinja2"]),
        ("rtcheck.errors", ["numpy"]),
        ("rtcheck.units", ["numpy"]),
        ("rtcheck.api", ["scipy", "pandas", "dicompylercore", "rich", "click", "jinja2"]),
        ("rtcheck.metrics", ["scipy", "pydicom"]),
        ("rtcheck.protocol", ["scipy", "pydicom"]),
        ("rtcheck.cli.main", ["numpy", "scipy", "pydicom", "pandas", "jinja2"]),
    ],
)
def test_what_a_run_may_not_need_is_imported_late(imported: str, kept_out: list[str]) -> None:
    code = f"import sys, {imported}; print(*[m for m in {kept_out} if m in sys.modules])"
    assert run(code).split() == []


# Public names -----------------------------------------------------------------------------------


def modules_with_all() -> list[str]:
    return [m for m in ["rtcheck", *MODULES] if hasattr(importlib.import_module(m), "__all__")]


def kind_then_name(name: str) -> tuple[int, str]:
    """Return the order isort keeps: constants, classes, the rest."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


@pytest.mark.parametrize("name", modules_with_all())
def test_all_is_sorted_complete_and_true(name: str) -> None:
    module = importlib.import_module(name)
    names = module.__all__
    assert list(names) == sorted(names, key=kind_then_name)
    assert len(set(names)) == len(names)
    for public in names:
        assert getattr(module, public) is not None
    if name == "rtcheck":
        assert dir(module) == sorted(names)


def test_the_api_is_what_the_package_gives() -> None:
    from rtcheck import api

    assert set(api.__all__) <= set(rtcheck.__all__)
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        _ = rtcheck.chekc


def public_objects() -> list[tuple[str, object]]:
    """Return every public function, class and method of the house, by its full name."""
    found: dict[str, object] = {}
    for name in MODULES:
        module = importlib.import_module(name)
        for key, thing in vars(module).items():
            if key.startswith("_") or getattr(thing, "__module__", "") != name:
                continue
            if inspect.isfunction(thing) or inspect.isclass(thing):
                found[f"{name}.{key}"] = thing
    return sorted(found.items())


OBJECTS = public_objects()
ENGINE = ("plan", "geometry", "dvh", "metrics", "radiobiology", "verdict", "units", "errors", "api")
ENGINE_OBJECTS = [(n, o) for n, o in OBJECTS if n.split(".")[1] in ENGINE]


def test_the_house_is_not_empty() -> None:
    assert len(ENGINE_OBJECTS) > 100


@pytest.mark.parametrize(("name", "thing"), OBJECTS, ids=[n for n, _ in OBJECTS])
def test_every_public_object_is_documented(name: str, thing: object) -> None:
    own = inspect.isclass(thing) and "__doc__" in vars(thing)
    text = inspect.getdoc(thing) if own or inspect.isfunction(thing) else None
    assert text, "no docstring"
    assert not text.startswith(thing.__name__ + "("), "not the one a dataclass makes"
    first = text.splitlines()[0]
    assert first.endswith((".", ":", "::", "?")), "the first line is a sentence"
    assert len(first) <= 100


FUNCTIONS = [(n, o) for n, o in ENGINE_OBJECTS if inspect.isfunction(o)]


@pytest.mark.parametrize(("name", "thing"), FUNCTIONS, ids=[n for n, _ in FUNCTIONS])
def test_functions_that_raise_say_so(name: str, thing: object) -> None:
    """What a function raises itself, in its own words, stands under Raises."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
    raised = {name for name in _raised(tree) if name in vars(errors)}
    if not raised:
        return
    text = inspect.getdoc(thing) or ""
    assert "Raises\n------" in text
    after = text.split("Raises\n------")[1]
    for error in raised:
        parents = [c.__name__ for c in getattr(errors, error).__mro__]
        assert any(p in after for p in parents), error


def _raised(node: ast.AST) -> set[str]:
    """Return the names of what a piece of code raises and does not itself catch."""
    found: set[str] = set()
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        found.add(getattr(node.exc.func, "id", ""))
    for child in ast.iter_child_nodes(node):
        found |= _raised(child)
    if isinstance(node, ast.Try):
        found -= {getattr(h.type, "id", "") for h in node.handlers}
    return found


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is(name: str) -> None:
    text = importlib.import_module(name).__doc__
    assert text
    assert len(text.splitlines()[0]) <= 100


# Errors and reasons -----------------------------------------------------------------------------


def error_classes() -> list[type[RtcheckError]]:
    for name in MODULES:
        importlib.import_module(name)
    found, todo = [], [RtcheckError]
    while todo:
        one = todo.pop()
        found.append(one)
        todo += [c for c in one.__subclasses__() if c.__module__.startswith("rtcheck")]
    return found


def test_every_error_has_its_own_code_and_stands_in_the_tree() -> None:
    classes = error_classes()
    codes = [c.code for c in classes]
    assert len(set(codes)) == len(codes)
    for one in classes:
        assert one.__module__ == "rtcheck.errors", "one place"
        assert f"{one.__name__}" in errors.__doc__
        assert one.code in errors.__doc__
        assert one.exit_code in (2, 3)
        assert one.__doc__


def words_of_tests() -> str:
    return "\n".join(p.read_text(encoding="utf-8") for p in TESTS.rglob("*.py")) + "\n".join(
        p.read_text(encoding="utf-8") for p in (ROOT / "protocols").rglob("*.cases.toml")
    )


def test_every_reason_has_a_sentence_and_a_test() -> None:
    assert set(REASON_SENTENCES) == set(Reason)
    text = words_of_tests()
    untested = [r for r in Reason if f"Reason.{r.name}" not in text and f'"{r.value}"' not in text]
    assert untested == []


def test_every_error_is_raised_in_some_test() -> None:
    text = words_of_tests()
    leaves = [c for c in error_classes() if not c.__subclasses__()]
    assert [c.__name__ for c in leaves if c.__name__ not in text and c.code not in text] == []


# Habits -----------------------------------------------------------------------------------------

FILES = sorted(HOUSE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(HOUSE)) for p in FILES])
def test_a_file_has_one_idea_and_no_debts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 500, "split it"
    assert path.stem not in ("utils", "helpers", "common", "misc")
    for word in ("TODO", "FIXME", "XXX", "NotImplementedError"):
        assert word not in text


MAY_KNOW_THE_PATIENT = ("dicom/identity.py", "dicom/encapsulated_pdf.py")


@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(HOUSE)) for p in FILES])
def test_no_patient_name_or_id_is_read_into_a_message(path: Path) -> None:
    """Phantoms make patients up; of what reads, one file masks and one files in the study."""
    inside = path.relative_to(HOUSE)
    if inside.parts[0] == "phantoms" or inside.as_posix() in MAY_KNOW_THE_PATIENT:
        return
    words = {
        node.attr if isinstance(node, ast.Attribute) else node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    }
    assert not words & {"PatientName", "PatientBirthDate", "OtherPatientIDs"}


def test_the_package_is_typed() -> None:
    assert (HOUSE / "py.typed").is_file()


def test_every_room_is_a_module_that_imports_by_itself() -> None:
    """A room that only works after another was imported hides an arrow."""
    rooms = sorted({m.split(".")[1] for m in MODULES})
    code = "import importlib, sys; importlib.import_module('rtcheck.' + sys.argv[1])"
    for room in rooms:
        assert isinstance(importlib.import_module(f"rtcheck.{room}"), ModuleType)
    subprocess.run(
        [sys.executable, "-c", code, "verdict"],
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
