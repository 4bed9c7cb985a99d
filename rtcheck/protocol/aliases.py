"""A clinic's own words: the explicit map of roles to ROIs, and its file of aliases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rtcheck.errors import UsageError
from rtcheck.protocol.fields import Many, Named, Place, Text, did_you_mean
from rtcheck.protocol.goal import Protocol
from rtcheck.protocol.toml import parse_toml, read_bytes


def check_mapping(protocol: Protocol, mapping: Mapping[str, object]) -> None:
    """Return quietly if every role of a map is one of the protocol.

    Raises
    ------
    UsageError
        If not: a mistyped role must not be passed over.
    """
    for name in mapping:
        if name not in protocol.roles:
            raise UsageError(
                f"no role {name!r} in protocol {protocol.id}",
                where="map",
                expected="ROLE=ROI",
                hint=did_you_mean(name, protocol.roles),
            )


def load_aliases(path: str | Path) -> dict[str, tuple[str, ...]]:
    """Return a clinic's own names of roles, from a TOML file of ``ROLE = ["name", ...]``.

    Raises
    ------
    ProtocolNotFoundError, ProtocolSyntaxError
        If the file cannot be read or is not of that form.
    """
    path = Path(path)
    table = parse_toml(read_bytes(path), path.name)
    Named(Many(Text(words="an ROI name")), Text()).check(table, Place(path.name))
    return {role: tuple(names) for role, names in table.items()}


def with_aliases(protocol: Protocol, aliases: Mapping[str, Sequence[str]]) -> Protocol:
    """Return the protocol with a clinic's own names for its roles; other roles are passed over.

    One alias file serves many protocols, so roles that this one does not have are no fault.
    """
    roles = {
        name: replace(role, site_aliases=tuple(aliases.get(name, ())))
        for name, role in protocol.roles.items()
    }
    return replace(protocol, roles=roles)
