"""The JSON Schema of rule files, for editors: written from the same table the reader uses."""

from __future__ import annotations

from typing import Any

from rtcheck.protocol.language import PROTOCOL


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a rule file.

    It knows keys and kinds of values; what metrics, limits and expressions may say, and whether
    names are declared, only the reader can judge.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "rtcheck protocol",
        "description": "A radiotherapy protocol: dose constraints with their sources.",
        **PROTOCOL.schema(),
    }
