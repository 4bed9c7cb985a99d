"""A rule file and its cases to begin with."""

from __future__ import annotations

from pathlib import Path

from rtcheck.errors import ProtocolSyntaxError, UsageError
from rtcheck.protocol.fields import Place
from rtcheck.protocol.language import PROTOCOL

_NAME = "site-example"


def new_protocol(protocol_id: str) -> tuple[str, str]:
    """Return the text of a new rule file and of its cases file, both valid.

    Parameters
    ----------
    protocol_id : str
        Id of the new protocol.

    Raises
    ------
    UsageError
        If the id is none.

    Examples
    --------
    >>> rules, cases = new_protocol("my-lung")
    >>> 'id = "my-lung"' in rules
    True
    """
    try:
        PROTOCOL.keys["id"].kind.check(protocol_id, Place("id"))
    except ProtocolSyntaxError as error:
        raise UsageError(f"protocol id {protocol_id!r}", expected=error.expected) from error
    folder = Path(__file__).parent
    rules, cases = (
        (folder / name).read_text("utf-8").replace(_NAME, protocol_id)
        for name in ("template.toml", "template.cases.toml")
    )
    return rules, cases
