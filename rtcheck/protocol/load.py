"""Rule files to `Protocol` records: strict, and every refusal says where and what was expected."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from rtcheck.errors import DuplicateGoalError, ProtocolNotFoundError, ProtocolSyntaxError
from rtcheck.protocol.fields import Place, did_you_mean
from rtcheck.protocol.find import find_protocol, shipped_protocols, split_reference
from rtcheck.protocol.goal import Citation, Goal, Protocol, ProtocolPrescription, Role, Status
from rtcheck.protocol.goals import GoalReader, declared, expression_names
from rtcheck.protocol.language import PROTOCOL
from rtcheck.protocol.otherwise import stands_for
from rtcheck.protocol.schedule import read_options
from rtcheck.protocol.toml import parse_toml, read_bytes


def load_protocol(reference: str | Path) -> Protocol:
    """Return the protocol that a reference means.

    Parameters
    ----------
    reference : str or Path
        The id of a shipped protocol, or the path of a rule file; either may end in ``@variant``.

    Raises
    ------
    ProtocolNotFoundError
        If there is no such protocol or variant.
    ProtocolError, UnitError, MetricError, ExpressionError
        If the rule file is wrong, with file, goal id and key.

    Examples
    --------
    >>> load_protocol("zhai-2025-hcc-thrombosis").site
    'liver'
    """
    name, variant = split_reference(str(reference))
    path = find_protocol(name)
    protocol = read_protocol(read_bytes(path), path)
    if variant and variant not in protocol.variants:
        raise ProtocolNotFoundError(
            f"no variant {variant!r} of protocol {protocol.id!r}",
            hint=did_you_mean(variant, protocol.variants),
        )
    return protocol


def list_protocols() -> list[Protocol]:
    """Return the protocols that come with rtcheck, by id."""
    return [read_protocol(read_bytes(path), path) for path in shipped_protocols().values()]


def read_protocol(content: bytes, path: Path) -> Protocol:
    """Return the protocol that the bytes of a rule file hold; `path` names it in errors."""
    at = Place(path.name)
    table = parse_toml(content, path.name)
    PROTOCOL.check(table, at)
    roles = _read_roles(table.get("structures", {}), at)
    variants = tuple(table.get("variants", ()))
    _no_twins(variants, at.into("variants"))
    sources = {key: Citation(**value) for key, value in table["sources"].items()}
    prescriptions = _read_prescriptions(table.get("prescription", []), roles, variants, at)
    sizes = stands_for(roles, at.into("structures"))
    reader = GoalReader(roles, sources, prescriptions, variants, sizes)
    goals: dict[str, Goal] = {}
    for item in table["goal"]:
        if item["id"] in goals:
            raise DuplicateGoalError(
                f"a second goal {item['id']!r}", where=str(at), expected="one id, one goal"
            )
        goals[item["id"]] = reader.read(item, at.into(f"goal {item['id']!r}"))
    return Protocol(
        id=table["id"],
        version=table["version"],
        title=table["title"],
        status=Status(table["status"]),
        goals=tuple(goals.values()),
        roles=roles,
        sources=sources,
        prescriptions=prescriptions,
        variants=variants,
        checklist=tuple(table.get("checklist", ())),
        site=table.get("site", path.resolve().parent.name),
        sha256=hashlib.sha256(content).hexdigest(),
        path=str(path),
    )


def _no_twins(words: Collection[str], at: Place) -> None:
    twins = sorted(word for word, times in Counter(words).items() if times > 1)
    if twins:
        raise ProtocolSyntaxError(f"{twins[0]!r} twice", where=str(at), expected="each name once")


def _read_roles(tables: Mapping[str, Mapping[str, Any]], at: Place) -> dict[str, Role]:
    roles = {name: _read_role(name, table, at) for name, table in tables.items()}
    for role in list(roles.values()):
        if role.otherwise:
            here = at.into("structures").into(role.name).into("else")
            for name in expression_names(role.otherwise, roles, here):
                # A TG-263 name needs no table of its own to stand in for a missing ROI.
                roles.setdefault(name, Role(name, tg263=name))
    return roles


def _read_role(name: str, table: Mapping[str, Any], at: Place) -> Role:
    here = at.into("structures").into(name)
    excepted = table.get("except", ())
    if excepted and "match" not in table:
        raise ProtocolSyntaxError(
            "except without match", where=str(here), expected="a glob to except from"
        )
    return Role(
        name=name,
        tg263=table.get("tg263", "" if "match" in table else name),
        aliases=tuple(table.get("aliases", ())),
        match=table.get("match", ""),
        except_match=(excepted,) if isinstance(excepted, str) else tuple(excepted),
        each=table.get("each", False),
        otherwise=table.get("else", ""),
    )


def _read_prescriptions(
    tables: list[dict[str, Any]], roles: Mapping[str, Role], variants: Collection[str], at: Place
) -> tuple[ProtocolPrescription, ...]:
    read = []
    for table in tables:
        here = at.into(f"prescription {table['name']!r}")
        declared(table["target"], "structure", roles, here.into("target"))
        if "variant" in table:
            declared(table["variant"], "variant", variants, here.into("variant"))
        options = read_options(table.get("options", []), here)
        for option in options:
            if option.role:
                declared(option.role, "structure", roles, here.into("options").into("for"))
        read.append(
            ProtocolPrescription(table["name"], table["target"], options, table.get("variant", ""))
        )
    _no_twins([p.name for p in read], at.into("prescription"))
    return tuple(read)
