"""What every HTML page of rtcheck shares: escaping, and a head that lets nothing else run."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from rtcheck.report.words import visible

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def environment(*packages: str) -> Environment:
    """Return the templates of packages, and those of the reports.

    Everything printed is escaped, and made visible first: a name cannot act.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    def printed(value: object) -> object:
        # Markup, a kind of str, is ours and may hold line ends.
        return visible(value) if type(value) is str else value

    return Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in (*packages, "rtcheck.report")]),
        autoescape=True,
        finalize=printed,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def source_of(name: str, package: str = "rtcheck.report") -> str:
    """Return a style sheet or script among the templates, as it is written."""
    return (files(package) / "templates" / name).read_text(encoding="utf-8")


def head_of(style: str, script: str = "", *, images: bool = False) -> dict[str, object]:
    """Return what the head of ``page.html`` asks for.

    Parameters
    ----------
    style, script : str
        Our own. The page may use these and nothing else: what came in with a name could not run
        even if it were not escaped.
    images : bool
        Whether the page holds images, as data.
    """
    from markupsafe import Markup

    policy = ["default-src 'none'", f"style-src {_hash(style)}"]
    policy += [f"script-src {_hash(script)}"] if script else []
    policy += ["img-src data:"] if images else []
    policy += ["base-uri 'none'", "form-action 'none'"]
    return {
        "policy": Markup("; ".join(policy)),  # noqa: S704 - our own words and hashes
        "style": Markup(style),  # noqa: S704 - our own files
        "script": Markup(script),  # noqa: S704 - our own files
    }


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
