"""Which rule file a reference means: a shipped protocol's id or a path, perhaps ``@variant``."""

from __future__ import annotations

from pathlib import Path

from rtcheck.errors import ProtocolNotFoundError
from rtcheck.protocol.fields import did_you_mean

_CASES = ".cases.toml"


def protocols_folder() -> Path:
    """Return the folder of the shipped protocols: in the wheel, else in the source checkout."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "_protocols"
    return shipped if shipped.is_dir() else package.parent / "protocols"


def shipped_protocols() -> dict[str, Path]:
    """Return the rule files that come with rtcheck, by id, sorted."""
    files = protocols_folder().glob("*/*.toml")
    return {path.stem: path for path in sorted(files, key=lambda p: p.stem) if not is_cases(path)}


def is_cases(path: Path) -> bool:
    """Return whether a path is that of a cases file."""
    return path.name.endswith(_CASES)


def cases_path(path: Path) -> Path:
    """Return where the cases file of a rule file stands: beside it.

    Examples
    --------
    >>> cases_path(Path("lung/sbrt.toml")).name
    'sbrt.cases.toml'
    """
    return path.with_name(path.stem + _CASES)


def split_reference(text: str) -> tuple[str, str]:
    """Return the name (id or path) and the variant of a reference; no variant is empty.

    Examples
    --------
    >>> split_reference("sorafenib-rt-2012-hcc@metastasis")
    ('sorafenib-rt-2012-hcc', 'metastasis')
    >>> split_reference("me@host/rules.toml")
    ('me@host/rules.toml', '')
    """
    name, at, variant = text.rpartition("@")
    looks_like_a_path = text.endswith(".toml") or "/" in variant or "\\" in variant
    return (text, "") if not at or looks_like_a_path else (name, variant)


def find_protocol(name: str) -> Path:
    """Return the rule file of an id or path.

    Raises
    ------
    ProtocolNotFoundError
        If there is none, with the ids that exist.
    """
    shipped = shipped_protocols()
    if name in shipped:
        return shipped[name]
    path = Path(name)
    if name.endswith(".toml") or "/" in name or "\\" in name:
        if is_cases(path):
            raise ProtocolNotFoundError(
                f"{name!r} is a cases file",
                hint=f"its rules are in {path.name.removesuffix(_CASES)}.toml",
            )
        if not path.exists():
            raise ProtocolNotFoundError(
                f"no file {name!r}", expected="a .toml file or a protocol's id"
            )
        return path
    hint = did_you_mean(name, shipped) if shipped else ""
    listed = ", ".join(shipped)
    raise ProtocolNotFoundError(
        f"no protocol {name!r}",
        expected=f"a path to a .toml file, or one of {listed}",
        hint=hint if hint.startswith("did") else "",
    )
