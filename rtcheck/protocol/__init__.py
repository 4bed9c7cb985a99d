"""The rules: rule files, their records, and the names of structures.

`load_protocol` reads a rule file into a frozen `Protocol`; `match_role` finds which ROIs have a
role; `lint_protocol` finds what is legal and yet probably wrong. The rule
language is one table, in `rtcheck.protocol.language`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtcheck.protocol.aliases import check_mapping, load_aliases, with_aliases
from rtcheck.protocol.find import split_reference
from rtcheck.protocol.goal import Goal, Protocol, Role
from rtcheck.protocol.load import list_protocols, load_protocol
from rtcheck.protocol.names import MatchedBy, MatchResult, match_role, match_roles

if TYPE_CHECKING:
    from rtcheck.protocol.lint import LintMessage, LintSeverity, lint_protocol
    from rtcheck.protocol.schema import json_schema
    from rtcheck.protocol.template import new_protocol

__all__ = [
    "Goal",
    "LintMessage",
    "LintSeverity",
    "MatchResult",
    "MatchedBy",
    "Protocol",
    "Role",
    "check_mapping",
    "json_schema",
    "lint_protocol",
    "list_protocols",
    "load_aliases",
    "load_protocol",
    "match_role",
    "match_roles",
    "new_protocol",
    "split_reference",
    "with_aliases",
]

_HOMES = {"json_schema": "schema", "new_protocol": "template"}


def __getattr__(name: str) -> object:
    # Linting, schema and template are for those who write rules, not for those who check plans.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'lint')}"), name)
